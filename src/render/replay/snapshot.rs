//! How a replay differs from its snapshot, for people.

use std::fmt::Write as _;

use super::{Context, counted, rule_named, tool_named};
use crate::policy::quantity::grouped;
use crate::render::escape::printable;
use crate::replay::snapshot::{Decided, Difference, Differences, Kind};

/// How many kinds of difference are shown.
const KINDS: usize = 20;

/// The differences, a line each: first how many of each kind, then where the first ones are.
pub fn text(differences: &Differences, context: &Context<'_>) -> String {
    let mut text = String::new();
    let mut line = |what: String| {
        writeln!(text, "  {}", printable(&what)).expect("a String takes all that is written");
    };
    for (kind, calls) in differences.kinds.iter().take(KINDS) {
        line(of_kind(kind, *calls));
    }
    let more = differences.kinds.iter().skip(KINDS);
    let more = more.map(|(_, calls)| calls).sum::<u64>() + differences.other_kinds;
    if more > 0 {
        line(format!("… and {} more calls of other kinds", grouped(more)));
    }
    let told = differences.first.len() as u64;
    let heading = match told < differences.calls {
        true => format!("the first {told}:"),
        false => "one by one:".to_owned(),
    };
    line(heading);
    for difference in &differences.first {
        line(format!("  {}", one(difference, context)));
    }
    text
}

/// `allow -> deny: 12 calls of fs/write_file`
fn of_kind(kind: &Kind, calls: u64) -> String {
    let tool = tool_named(kind.server.as_deref(), &kind.tool);
    let what = match (&kind.before, &kind.after) {
        (Some(before), Some(after)) if before == after => format!("{before} by another rule"),
        (Some(before), Some(after)) => format!("{before} -> {after}"),
        (None, Some(after)) => format!("not in the snapshot, now {after}"),
        (Some(before), None) => format!("no longer in the trace, was {before}"),
        (None, None) => String::new(),
    };
    format!("{what}: {} of {tool}", counted(calls, "call", "calls"))
}

/// `trace.jsonl:12 fs/write_file: allow -> deny by (hidden)`
fn one(difference: &Difference, context: &Context<'_>) -> String {
    let at = context.trace_line(difference.at);
    let tool = tool_named(difference.server.as_deref(), &difference.tool);
    let change = match (&difference.before, &difference.after) {
        (Some(before), Some(after)) => format!("{} -> {}", decided(before), decided(after)),
        (None, Some(after)) => format!("new, {}", decided(after)),
        (Some(before), None) => format!("gone, was {}", decided(before)),
        (None, None) => String::new(),
    };
    format!("{at} {tool}: {change}")
}

fn decided(decided: &Decided) -> String {
    match decided.rule.as_str() {
        "" => decided.decision.clone(),
        rule => format!("{} by {}", decided.decision, rule_named(rule)),
    }
}
