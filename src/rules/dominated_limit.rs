//! Limits that can never refuse a call, because another one of the tool always does so first.

use super::bounds::{self, Rate};
use super::{Check, Rule};
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::Rules;
use crate::policy::quantity::grouped;
use crate::source::tree::Node;

/// See `dominated_limit.md`.
pub static RULE: Rule = Rule {
    id: "dominated-limit",
    severity: Severity::Warning,
    summary: "a limit of calls that another one of the tool always pre-empts",
    doc: include_str!("dominated_limit.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// More limits of one tool than these are not compared with each other.
const MOST: usize = 64;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for rules in bounds::live_rules(context) {
        dominated(context, rules, reporter);
    }
}

fn dominated(context: &Context<'_>, rules: &Rules, reporter: &mut Reporter<'_>) {
    let rates: Vec<Rate<'_>> = Rate::all(rules).take(MOST).collect();
    for (nth, loose) in rates.iter().enumerate() {
        // Of two that are alike the first counts.
        let tight = rates.iter().enumerate().find(|(other, tight)| {
            *other != nth && preempts(tight, loose) && (*other < nth || !preempts(loose, tight))
        });
        if let Some((_, tight)) = tight {
            report(context, tight, loose, reporter);
        }
    }
}

/// Whether `tight` has refused before `loose` can.
fn preempts(tight: &Rate<'_>, loose: &Rate<'_>) -> bool {
    let (inner, outer) = (tight.limit, loose.limit);
    let conflict = inner.counter == outer.counter && inner.window == outer.window;
    if conflict && inner.max != outer.max {
        // They contradict each other: see counter-conflict.
        return false;
    }
    match tight.within(outer.window) {
        Some(most) => most <= loose.calls,
        None => tight.calls <= loose.calls,
    }
}

fn report(context: &Context<'_>, tight: &Rate<'_>, loose: &Rate<'_>, reporter: &mut Reporter<'_>) {
    let window = loose.limit.window;
    let most = tight.within(window).unwrap_or(tight.calls);
    let message = match window == tight.limit.window {
        true => format!(
            "this limit of {} never refuses a call: another allows no more than {}",
            loose.told(),
            tight.told()
        ),
        false => format!(
            "this limit of {} never refuses a call: {} are at most {} {}",
            loose.told(),
            tight.told(),
            grouped(most),
            bounds::each(window)
        ),
    };
    let pointer = loose.limit.clause.pointer.as_str();
    reporter.report(
        Finding::new(&RULE, pointer, loose.limit.max_span, message)
            .label(tight.limit.max_span, "this one refuses first")
            .help("remove it, or make it the tighter one")
            .fix(Fix::safe("remove the limit", removal(context, pointer))),
    );
}

/// The edits that remove the limit, if nothing else stands in its clause.
fn removal(context: &Context<'_>, pointer: &str) -> Option<Vec<Edit>> {
    let clause = context.at(pointer)?;
    let conditions = clause.get("conditions").and_then(Node::as_sequence);
    let alone = conditions.is_none_or(|conditions| conditions.len() == 1);
    alone.then(|| context.edit.remove(pointer)).flatten()
}
