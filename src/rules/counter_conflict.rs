//! One counter, two maximums.

use ahash::{AHashMap, AHashSet};

use super::{Check, Rule, bounds};
use crate::dialect::Dialect;
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::Rules;
use crate::policy::condition::{Condition, Ordering};
use crate::policy::limit::{Amount, Limit, Max, Window};
use crate::source::tree::join;
use crate::suggest::quoted;

/// See `counter_conflict.md`.
pub static RULE: Rule = Rule {
    id: "counter-conflict",
    severity: Severity::Error,
    summary: "the same counter name and window with different `max`, or two limits on it in one rule",
    doc: include_str!("counter_conflict.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if context.dialect == Dialect::Intercept {
        for rules in bounds::live_rules(context) {
            check_conditions(context, rules, reporter);
        }
        return;
    }
    let tools = bounds::open_tools(context);
    let of_tools = conflicts(tools.flat_map(|listed| &listed.tool.rules.limits));
    let of_all = conflicts(context.policy.every_tool.limits.iter());
    for (known, limit) in of_tools.into_iter().chain(of_all) {
        reporter.report(finding(known, limit));
    }
}

/// The names of the counters of tools that this rule has something to say of.
pub(super) fn names<'c>(context: &'c Context<'_>) -> AHashSet<&'c str> {
    let limits = bounds::open_tools(context).flat_map(|listed| &listed.tool.rules.limits);
    let conflicts = conflicts(limits).into_iter();
    conflicts
        .map(|(_, limit)| limit.counter.name.as_str())
        .collect()
}

/// Each limit whose counter had another maximum before, behind the limit that gave it.
fn conflicts<'c>(limits: impl Iterator<Item = &'c Limit>) -> Vec<(&'c Limit, &'c Limit)> {
    let mut first: AHashMap<(&str, Window), &Limit> = AHashMap::new();
    let pairs = limits.map(|limit| {
        let key = (limit.counter.name.as_str(), limit.window);
        (*first.entry(key).or_insert(limit), limit)
    });
    pairs
        .filter(|(known, limit)| known.max != limit.max)
        .collect()
}

fn finding(known: &Limit, limit: &Limit) -> Finding {
    let max = |limit: &Limit| limit.max.number().unwrap_or_default();
    let message = format!(
        "counter {} may hold {} {} here and {} there: which of them holds is left to the gateway",
        quoted(&limit.counter.name),
        max(limit),
        bounds::each(limit.window),
        max(known),
    );
    let pointer = format!("{}/max", limit.clause.pointer);
    Finding::new(&RULE, pointer, limit.max_span, message)
        .label(known.max_span, format!("{} here", max(known)))
        .help("give them the same `max`, or two names")
}

/// Looks for Intercept rules with several conditions on their own counter: the first is the limit, and
/// the others look at the counter only as it is before the call.
fn check_conditions(context: &Context<'_>, rules: &Rules, reporter: &mut Reporter<'_>) {
    for limit in &rules.limits {
        let mut own = bounds::own_conditions(rules, limit);
        let (Some((first, ..)), Max::AtMost(max)) = (own.next(), limit.max) else {
            continue;
        };
        let tightest = own.min_by_key(|(_, ordering, number)| highest(*ordering, *number));
        let Some((late, ordering, number)) = tightest else {
            continue;
        };
        // What it would be if it were the limit.
        let meant = match ordering {
            Ordering::Less => (number.trunc() as i64).saturating_sub(1),
            _ => number.trunc() as i64,
        };
        let most = match limit.amount {
            Amount::Fixed(amount) if amount < 1 => continue,
            Amount::Fixed(amount) => {
                let before = highest(ordering, number);
                let after = (before - before.rem_euclid(amount)).saturating_add(amount);
                after.min(max)
            }
            Amount::Exact(_) | Amount::Truncated(_) => max,
        };
        if most > meant.max(0) && number >= 0.0 {
            reporter.report(late_finding(context, limit, first, late, (most, meant)));
        }
    }
}

/// The highest count for which a condition holds.
fn highest(ordering: Ordering, number: f64) -> i64 {
    match ordering {
        Ordering::Less => (number.ceil() as i64).saturating_sub(1),
        _ => number.floor() as i64,
    }
}

fn late_finding(
    context: &Context<'_>,
    limit: &Limit,
    first: &Condition,
    late: &Condition,
    (most, meant): (i64, i64),
) -> Finding {
    let message = format!(
        "only the first `lt` or `lte` on counter {} is its limit: this one looks at the count before the \
         call, and lets it go up to {most} {}, not {meant}",
        quoted(&limit.counter.name),
        bounds::each(limit.window),
    );
    let pointer = join(&late.pointer, "value");
    let span = context.at(&pointer).map_or(late.span, |node| node.span);
    let edits = context.edit.remove(&first.pointer);
    Finding::new(&RULE, pointer, span, message)
        .label(limit.max_span, "this is the limit")
        .help("keep the tighter one of them")
        .fix(Fix::risky("remove the looser one", edits))
}
