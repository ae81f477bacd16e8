//! Limits, and amounts that they count, that are no whole numbers: the engine cuts off the fraction.

use serde_json::json;

use super::arguments::{self, Described};
use super::bounds::Rate;
use super::{Check, Rule, bounds};
use crate::analysis::{Declarations, Question, Set, Witness};
use crate::catalog::arguments::Place;
use crate::dialect::Dialect;
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, ListedTool, Reporter};
use crate::policy::condition::{ArgPath, Condition, Ordering, Test};
use crate::policy::limit::{Limit, Max};
use crate::policy::quantity::grouped;
use crate::policy::value::Value;
use crate::risk::Category;
use crate::source::tree::join;
use crate::suggest::quoted;

/// See `fractional_limit.md`.
pub static RULE: Rule = Rule {
    id: "fractional-limit",
    severity: Severity::Warning,
    summary: "a limit, or an amount of money that it counts, with a fraction that the engine cuts off",
    doc: include_str!("fractional_limit.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if context.dialect != Dialect::Intercept {
        return;
    }
    for rules in bounds::live_rules(context) {
        for limit in &rules.limits {
            let own = bounds::own_condition(rules, limit);
            if let Some((condition, ordering, number)) = own.filter(|(.., n)| is_cut_off(*n)) {
                report(condition, ordering, number, limit, reporter, context);
            }
        }
    }
    for listed in bounds::callable(context, Category::Financial) {
        check_amounts(context, listed, reporter);
    }
}

/// What is lost of a cap does not matter up to this part of it.
const NEGLIGIBLE: u64 = 10;

/// Looks at the caps of a tool that moves money: calls that count as nothing pass them for ever.
fn check_amounts(context: &Context<'_>, listed: &ListedTool<'_>, reporter: &mut Reporter<'_>) {
    let mut seen: Vec<&ArgPath> = Vec::new();
    for (limit, max, path) in caps(listed) {
        if seen.contains(&path) {
            continue;
        }
        seen.push(path);
        if let Some(call) = uncounted(context, listed, path) {
            report_uncounted(context, limit, max, &call, reporter);
        }
    }
}

/// The caps on what arguments of a tool come to, where fractions matter: with their maxima, and where
/// the arguments are.
fn caps<'l>(
    listed: &'l ListedTool<'_>,
) -> impl Iterator<Item = (&'l Limit, i64, &'l ArgPath)> + use<'l> {
    let limits = listed.tool.rules.limits.iter();
    limits.filter_map(|limit| match (limit.max, limit.amount.path()) {
        (Max::AtMost(max), Some(path)) if !is_negligible(listed, limit, max) => {
            Some((limit, max, path))
        }
        _ => None,
    })
}

/// Whether this rule tells of a cap on the amount at `path` that amounts below 1 pass.
pub(super) fn wants_whole(context: &Context<'_>, listed: &ListedTool<'_>, path: &ArgPath) -> bool {
    let is_capped = || caps(listed).any(|(.., capped)| capped == path);
    let moves_money = || {
        let mut callable = bounds::callable(context, Category::Financial);
        callable.any(|callable| std::ptr::eq(callable, listed))
    };
    context.dialect == Dialect::Intercept
        && is_capped()
        && moves_money()
        && uncounted(context, listed, path).is_some()
}

/// Whether limits of calls keep down what is lost: less than 1 in each.
fn is_negligible(listed: &ListedTool<'_>, limit: &Limit, max: i64) -> bool {
    let rates = Rate::all(&listed.tool.rules);
    let calls = rates.map(|rate| rate.within(limit.window).unwrap_or(rate.calls));
    let most = u64::try_from(max).unwrap_or_default() / NEGLIGIBLE;
    calls.min().is_some_and(|calls| calls <= most)
}

/// A call with an amount of money below 1 that gets through, if amounts have fractions: by the
/// tool's schema, or by what the policy compares them with.
fn uncounted(context: &Context<'_>, listed: &ListedTool<'_>, path: &ArgPath) -> Option<Witness> {
    let described = Described::of(listed);
    if described.counts_smallest_units(path) || described.is_whole(path) {
        return None;
    }
    let arguments = listed.arguments();
    let declarations = match arguments.map(|arguments| arguments.place(path)) {
        Some(Place::Declared(_)) => arguments?.declarations([path]),
        _ if is_compared_with_fractions(context, listed, path) => Declarations::new(),
        _ => return None,
    };
    let compared = |ordering, number| Set::meeting(&Test::Compare(ordering, number));
    let fraction = compared(Ordering::Greater, 0.0).and(&compared(Ordering::Less, 1.0));
    let most = fraction.and(&Set::equal_to(&[Value::Float(0.99)]));
    [most, fraction].iter().find_map(|amount| {
        let question = Question::new()
            .passing(&listed.tool.rules)
            .passing(&context.policy.every_tool)
            .with(path, amount)
            .as_declared(&declarations);
        context.analysis.ask(&question).yes()
    })
}

fn is_compared_with_fractions(
    context: &Context<'_>,
    listed: &ListedTool<'_>,
    path: &ArgPath,
) -> bool {
    let mut conditions = arguments::conditions(context, listed);
    conditions.any(|(at, _, condition)| match condition.test {
        Test::Compare(_, number) => at == path && number.is_finite() && number.fract() != 0.0,
        _ => false,
    })
}

fn report_uncounted(
    context: &Context<'_>,
    limit: &Limit,
    max: i64,
    call: &Witness,
    reporter: &mut Reporter<'_>,
) {
    let pointer = format!("{}/state/increment_from", limit.clause.pointer);
    let span = context
        .at(&pointer)
        .map_or(limit.max_span, |node| node.span);
    let message = format!(
        "the engine cuts fractions off what it counts: {} counts as 0, so any number of such calls passes \
         this cap of {}",
        quoted(&call.to_string()),
        grouped(u64::try_from(max).unwrap_or_default()),
    );
    reporter.report(
        Finding::new(&RULE, pointer, span, message)
            .help("require at least 1 with `gte`, and limit the calls, too: each counts up to 1 less than it costs"),
    );
}

/// Whether a limit has a fraction. Below 0 nothing is let through, whatever is cut off.
fn is_cut_off(number: f64) -> bool {
    number.fract() != 0.0 && number > 0.0
}

fn report(
    condition: &Condition,
    ordering: Ordering,
    number: f64,
    limit: &Limit,
    reporter: &mut Reporter<'_>,
    context: &Context<'_>,
) {
    let Max::AtMost(max) = limit.max else {
        return;
    };
    let op = match ordering {
        Ordering::Less => "lt",
        _ => "lte",
    };
    let window = bounds::each(limit.window);
    let message = match ordering {
        _ if max < 1 => {
            format!("`{op} {number}` lets nothing through: the engine cuts off the fraction")
        }
        Ordering::Less => format!(
            "`{op} {number}` lets {max} {window} through, not {}: the engine cuts off the fraction",
            max.saturating_add(1)
        ),
        _ => {
            format!("`{op} {number}` lets {max} {window} through: the engine cuts off the fraction")
        }
    };
    let pointer = join(&condition.pointer, "value");
    let whole = number.trunc();
    // Larger numbers have no fraction.
    let edits = context.edit.replace(&pointer, &json!(whole as i64));
    let edits = edits.filter(|_| max > 0);
    reporter.report(
        Finding::new(&RULE, pointer, limit.max_span, message)
            .help("write a whole number")
            .fix(Fix::safe(
                format!("write {whole}, which is what counts"),
                edits,
            )),
    );
}
