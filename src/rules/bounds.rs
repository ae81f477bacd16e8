//! What bounds the calls of a tool: the questions about limits that several rules ask.

use serde_json::json;

use super::{open_calls, unknown_tool};
use crate::dialect::Dialect;
use crate::finding::{Edit, Fix};
use crate::lint::{Context, EVERY_TOOL, ListedTool, Reporter};
use crate::policy::Rules;
use crate::policy::condition::{Condition, Ordering, Subject, Test};
use crate::policy::limit::{Amount, Limit, Max, Window};
use crate::policy::quantity::grouped;
use crate::risk::Category;
use crate::suggest::quoted;

/// Below this confidence a category is a guess, and nothing is said because of it.
const SURE: f32 = 0.5;

/// The category of the worst call that the conditions of a tool leave, if it is more than a guess.
pub(super) fn category(context: &Context<'_>, listed: &ListedTool<'_>) -> Option<Category> {
    let risk = context.risk(listed);
    (risk.confidence >= SURE).then(|| open_calls::worst(context, listed, risk.category))
}

/// The listed tools that can be called. A gateway takes `*` for a name, which star-tool says.
pub(super) fn open_tools<'c, 'a>(
    context: &'c Context<'a>,
) -> impl Iterator<Item = &'c ListedTool<'a>> {
    let tools = context.tools.iter();
    tools.filter(|listed| listed.can_be_called() && listed.name() != EVERY_TOOL)
}

/// Those of the [`open_tools`] whose names are of tools, as far as that is known, and that some call
/// gets through to.
pub(super) fn real_tools<'c, 'a>(
    context: &'c Context<'a>,
) -> impl Iterator<Item = &'c ListedTool<'a>> {
    let is_real = |listed: &&ListedTool<'_>| {
        !unknown_tool::matches_nothing(context, listed.name())
            && !open_calls::are_none(context, listed)
    };
    open_tools(context).filter(is_real)
}

/// The listed tools of `category` that can be called by who follows the schemas.
pub(super) fn within_reach<'c, 'a>(
    context: &'c Context<'a>,
    wanted: Category,
) -> impl Iterator<Item = &'c ListedTool<'a>> {
    callable(context, wanted).filter(|listed| !open_calls::none_fits(context, listed))
}

/// The listed tools of `category` that can be called.
pub(super) fn callable<'c, 'a>(
    context: &'c Context<'a>,
    wanted: Category,
) -> impl Iterator<Item = &'c ListedTool<'a>> {
    real_tools(context).filter(move |listed| category(context, listed) == Some(wanted))
}

/// Whether something is counted and refused when there is too much of it.
pub(super) fn has_limit(rules: &Rules) -> bool {
    rules.limits.iter().any(|l| l.max != Max::NotEnforced)
}

/// Reports each tool of `category` that has no limit of its own, with a fix that limits it to
/// `recommended` calls a minute. The words say what it does, and what follows.
pub(super) fn report_unlimited(
    context: &Context<'_>,
    category: Category,
    recommended: u64,
    (does, harm): (&str, &str),
    reporter: &mut Reporter<'_>,
) {
    for listed in callable(context, category).filter(|listed| !has_limit(&listed.tool.rules)) {
        let name = &listed.tool.name;
        let message = format!(
            "{} {does} and has no limit of its own: {harm}",
            quoted(&name.value)
        );
        let finding = reporter.finding(listed.tool.pointer.as_str(), name.span, message);
        let fix = limiting(context, listed, recommended, Window::Minute);
        let help = match is_bounded_a_day(context) {
            true => format!("limit its calls; {recommended} a minute are recommended"),
            false => format!(
                "limit its calls; {recommended} a minute are recommended, and {} a day beside that \
                 (burst-only-limit)",
                grouped(a_day_at(recommended))
            ),
        };
        reporter.report(finding.help(help).fix(fix));
    }
}

/// Whether a limit of all tools together bounds the calls of a day, and so those of each tool.
pub(super) fn is_bounded_a_day(context: &Context<'_>) -> bool {
    Rate::all(&context.policy.every_tool).any(|rate| rate.limit.window == Window::Day)
}

/// The calls a day that go with `calls` a minute: an hour of them at the full rate.
pub(super) fn a_day_at(calls: u64) -> u64 {
    const MINUTES: u64 = 60;
    calls.saturating_mul(MINUTES)
}

/// The rules of each tool that can be called, then those of all tools.
pub(super) fn live_rules<'c>(context: &'c Context<'_>) -> impl Iterator<Item = &'c Rules> {
    let callable = open_tools(context);
    callable
        .map(|listed| &listed.tool.rules)
        .chain([&context.policy.every_tool])
}

/// The condition of an Intercept rule that is `limit`, and what it compares with.
pub(super) fn own_condition<'c>(
    rules: &'c Rules,
    limit: &Limit,
) -> Option<(&'c Condition, Ordering, f64)> {
    own_conditions(rules, limit).next()
}

/// The conditions that look like the limit in the Intercept rule of `limit`, which the first of them is.
pub(super) fn own_conditions<'c>(
    rules: &'c Rules,
    limit: &Limit,
) -> impl Iterator<Item = (&'c Condition, Ordering, f64)> {
    let mut all = rules.rules.iter();
    let rule = all.find(|rule| rule.clause.pointer == limit.clause.pointer);
    let conditions = rule.into_iter().flat_map(|rule| &rule.conditions);
    conditions.filter_map(|condition| match (&condition.subject, &condition.test) {
        (
            Subject::Counter(key),
            &Test::Compare(ordering @ (Ordering::Less | Ordering::LessOrEqual), number),
        ) if *key == limit.counter => Some((condition, ordering, number)),
        _ => None,
    })
}

/// A limit of calls: one that counts the same for each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rate<'a> {
    /// The limit.
    pub limit: &'a Limit,
    /// How many calls it lets through in a window.
    pub calls: u64,
}

impl<'a> Rate<'a> {
    /// The limits of calls in `rules`, in order. Those that refuse every call are left out.
    pub fn all(rules: &'a Rules) -> impl Iterator<Item = Rate<'a>> {
        rules.limits.iter().filter_map(Rate::of)
    }

    fn of(limit: &'a Limit) -> Option<Self> {
        let (Max::AtMost(max), Amount::Fixed(amount)) = (limit.max, &limit.amount) else {
            return None;
        };
        let max = u64::try_from(max).ok()?;
        let calls = max.checked_div(u64::try_from(*amount).ok()?)?;
        (calls > 0).then_some(Self { limit, calls })
    }

    /// How many calls it lets through in a day.
    pub fn a_day(self) -> u64 {
        self.within(Window::Day).unwrap_or(self.calls)
    }

    /// How many calls it lets through in a longer window, or one as long.
    pub fn within(self, window: Window) -> Option<u64> {
        let times = u64::try_from(window.seconds() / self.limit.window.seconds()).ok()?;
        (times > 0).then(|| self.calls.saturating_mul(times))
    }

    /// `10 a minute`
    pub fn told(self) -> String {
        format!("{} {}", grouped(self.calls), each(self.limit.window))
    }
}

/// `a minute`, `an hour`, `a day`
pub(super) fn each(window: Window) -> String {
    match window {
        Window::Hour => format!("an {window}"),
        Window::Minute | Window::Day => format!("a {window}"),
    }
}

/// The limit of calls that lets the fewest through in a day.
pub(super) fn tightest(rules: &Rules) -> Option<Rate<'_>> {
    Rate::all(rules).min_by_key(|rate| rate.a_day())
}

/// The fix that gives `listed` a limit of calls.
pub(super) fn limiting(
    context: &Context<'_>,
    listed: &ListedTool<'_>,
    max: u64,
    window: Window,
) -> Option<Fix> {
    let name = quoted(listed.name());
    let title = format!("limit {name} to {} calls {}", grouped(max), each(window));
    Fix::risky(title, limit_edits(context, listed, max, window))
}

fn limit_edits(
    context: &Context<'_>,
    listed: &ListedTool<'_>,
    max: u64,
    window: Window,
) -> Option<Vec<Edit>> {
    let name = listed.name();
    let pointer = &listed.tool.pointer;
    match context.dialect {
        Dialect::Gateway => {
            let kind = match window {
                Window::Minute => "rate".to_owned(),
                Window::Hour | Window::Day => window.to_string(),
            };
            let counter = format!("{}_{kind}", name.to_lowercase());
            let limit = json!({"counter": counter, "window": window.to_string(), "max": max, "scope": "grant"});
            context.edit.push_to(pointer, "limits", &limit)
        }
        // The validator takes a dot in the name for the end of it.
        Dialect::Intercept if name.contains('.') => None,
        Dialect::Intercept => {
            let limit = json!({
                "name": format!("{name} calls a {window}"),
                "rate_limit": format!("{max}/{window}"),
            });
            context.edit.push_to(pointer, "rules", &limit)
        }
    }
}
