//! One counter, two maximums.

use ahash::AHashMap;

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
    conflicts(tools.flat_map(|listed| &listed.tool.rules.limits), reporter);
    conflicts(context.policy.every_tool.limits.iter(), reporter);
}

/// Reports each limit whose counter had another maximum before.
fn conflicts<'c>(limits: impl Iterator<Item = &'c Limit>, reporter: &mut Reporter<'_>) {
    let mut first: AHashMap<(&str, Window), &Limit> = AHashMap::new();
    for limit in limits {
        let key = (limit.counter.name.as_str(), limit.window);
        let known = *first.entry(key).or_insert(limit);
        if known.max != limit.max {
            reporter.report(finding(known, limit));
        }
    }
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
