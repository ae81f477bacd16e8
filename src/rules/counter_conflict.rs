//! One counter, two maximums.

use ahash::{AHashMap, AHashSet};

use super::{Check, Rule, bounds};
use crate::dialect::Dialect;
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::limit::{Limit, Window};
use crate::suggest::quoted;

/// See `counter_conflict.md`.
pub static RULE: Rule = Rule {
    id: "counter-conflict",
    severity: Severity::Error,
    summary: "the same counter name and window with different `max`",
    doc: include_str!("counter_conflict.md"),
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if context.dialect != Dialect::Gateway {
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
