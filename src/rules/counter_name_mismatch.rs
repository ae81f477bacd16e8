//! Counters that are named after another tool than the one they limit.

use serde_json::json;

use super::{Check, Rule, bounds};
use crate::dialect::Dialect;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::lint::{Context, ListedTool, Offer, Reporter};
use crate::policy::limit::Limit;
use crate::source::tree::join;
use crate::suggest::quoted;

/// See `counter_name_mismatch.md`.
pub static RULE: Rule = Rule {
    id: "counter-name-mismatch",
    severity: Severity::Warning,
    summary: "a counter that is named after another tool, or nearly as another counter",
    doc: include_str!("counter_name_mismatch.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// What may follow a tool's name in that of its counter.
const ENDINGS: &[&str] = &[
    "",
    "rate",
    "rates",
    "calls",
    "count",
    "limit",
    "cap",
    "sum",
    "total",
    "spend",
    "minute",
    "hour",
    "day",
    "daily",
    "hourly",
    "per_minute",
    "per_hour",
    "per_day",
    "a_day",
];

/// Shorter names are near to each other by chance.
const SHORTEST: usize = 6;

/// More counters than these are not compared with each other.
const MOST: usize = 300;

type Use<'c, 'a> = (&'c ListedTool<'a>, &'c Limit);

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for (listed, limit, mistake) in mistakes(context) {
        match mistake {
            Mistake::OtherTool(other) => {
                report_other_tool(context, listed, limit, other, reporter);
            }
            Mistake::Typo(near) => {
                let message = format!(
                    "counter {} is one letter away from counter {}",
                    quoted(&limit.counter.name),
                    quoted(&near.counter.name)
                );
                report(context, limit, message, Some(near), None, reporter);
            }
        }
    }
}

/// What is wrong with the name of a counter.
#[derive(Debug, Clone, Copy)]
enum Mistake<'c> {
    /// It is named after this tool.
    OtherTool(&'c str),
    /// It is nearly the name of this limit's counter.
    Typo(&'c Limit),
}

/// The limits whose counter is named by mistake, as far as can be told.
pub(super) fn mistaken<'c>(context: &'c Context<'_>) -> impl Iterator<Item = &'c Limit> {
    mistakes(context).into_iter().map(|(_, limit, _)| limit)
}

fn mistakes<'c, 'a>(context: &'c Context<'a>) -> Vec<(&'c ListedTool<'a>, &'c Limit, Mistake<'c>)> {
    let uses = bounds::open_tools(context).flat_map(|listed| {
        let limits = listed.tool.rules.limits.iter();
        limits.map(move |limit| (listed, limit))
    });
    // A counter named after its own tool is right whatever else it is like.
    let is_right = |(listed, limit): &Use<'_, '_>| begins_with(&limit.counter.name, listed.name());
    let (right, strange): (Vec<Use<'_, '_>>, Vec<Use<'_, '_>>) =
        uses.take(MOST).partition(is_right);
    let mistake = |nth: usize| {
        let (listed, limit) = strange[nth];
        let name = limit.counter.name.as_str();
        let other = tool_names(context).find(|tool| ending(name, tool).is_some());
        other.map(Mistake::OtherTool).or_else(|| {
            // Those of other tools that are named after these are near by their tools' names.
            let same_tool = right
                .iter()
                .filter(|(other, _)| other.name() == listed.name());
            let mut known = same_tool.chain(&strange[..nth]);
            let near = known.find(|(_, known)| is_typo(&known.counter.name, name))?;
            Some(Mistake::Typo(near.1))
        })
    };
    let found = strange.iter().enumerate();
    found
        .filter_map(|(nth, &(listed, limit))| Some((listed, limit, mistake(nth)?)))
        .collect()
}

/// The tools of the policy, and those that its server offers, if they are known.
fn tool_names<'c>(context: &'c Context<'_>) -> impl Iterator<Item = &'c str> {
    let listed = context.tools.iter().map(ListedTool::name);
    let offered = context.offer.into_iter().flat_map(Offer::tools);
    listed.chain(offered.map(|tool| tool.name.as_str()))
}

fn begins_with(counter: &str, tool: &str) -> bool {
    counter.to_lowercase().starts_with(&tool.to_lowercase())
}

/// What follows the name of `tool` in that of a counter, if it is named after the tool.
fn ending<'c>(counter: &'c str, tool: &str) -> Option<&'c str> {
    let (start, rest) = counter.split_at_checked(tool.len())?;
    let known = ENDINGS.contains(
        &rest
            .trim_start_matches(['_', '-', '.'])
            .to_lowercase()
            .as_str(),
    );
    (start.eq_ignore_ascii_case(tool) && known).then_some(rest)
}

/// Whether two names differ in one letter. Digits tell things apart on purpose.
fn is_typo(a: &str, b: &str) -> bool {
    let letters = |name: &str| name.bytes().all(|byte| !byte.is_ascii_digit());
    let close = a.len().min(b.len()) >= SHORTEST && a.len().abs_diff(b.len()) <= 4;
    close && a.len() <= 64 && letters(a) && letters(b) && strsim::osa_distance(a, b) == 1
}

fn report_other_tool(
    context: &Context<'_>,
    listed: &ListedTool<'_>,
    limit: &Limit,
    other: &str,
    reporter: &mut Reporter<'_>,
) {
    let name = &limit.counter.name;
    let message = format!(
        "counter {} of {} is named after another tool, {}",
        quoted(name),
        quoted(listed.name()),
        quoted(other)
    );
    let rest = ending(name, other).unwrap_or_default();
    let better = format!("{}{rest}", listed.name().to_lowercase());
    let taken = listed.tool.rules.limits.iter();
    let taken = taken.into_iter().any(|limit| limit.counter.name == better);
    let edits = (!taken)
        .then(|| renaming(context, limit, &better))
        .flatten();
    let fix = Fix::safe(format!("call it {}", quoted(&better)), edits);
    report(context, limit, message, None, fix, reporter);
}

/// The edits that give a gateway's counter another name. Intercept's are named in conditions too.
fn renaming(context: &Context<'_>, limit: &Limit, better: &str) -> Option<Vec<Edit>> {
    if context.dialect != Dialect::Gateway {
        return None;
    }
    let pointer = join(&limit.clause.pointer, "counter");
    context.edit.replace(&pointer, &json!(better))
}

fn report(
    context: &Context<'_>,
    limit: &Limit,
    message: String,
    near: Option<&Limit>,
    fix: Option<Fix>,
    reporter: &mut Reporter<'_>,
) {
    let place = |limit: &Limit| {
        let pointers = ["counter", "state/counter"];
        let mut pointers = pointers
            .map(|key| format!("{}/{key}", limit.clause.pointer))
            .into_iter();
        let found = pointers.find_map(|at| Some((context.at(&at)?.span, at)));
        found.unwrap_or((limit.clause.span, limit.clause.pointer.clone()))
    };
    let (span, pointer) = place(limit);
    let mut finding = Finding::new(&RULE, pointer, span, message)
        .help("name each counter after the tool that it limits")
        .fix(fix);
    if let Some(near) = near {
        finding = finding.label(place(near).0, "the other one");
    }
    reporter.report(finding);
}
