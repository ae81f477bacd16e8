//! Tools that run what they are given, as often as an agent likes.

use super::{Check, Rule, bounds};
use crate::finding::Severity;
use crate::lint::{Context, Reporter};
use crate::risk::Category;

/// See `execute_without_limit.md`.
pub static RULE: Rule = Rule {
    id: "execute-without-limit",
    severity: Severity::Error,
    summary: "an Execute tool that can be called without limit",
    doc: include_str!("execute_without_limit.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// What is recommended, in calls a minute.
const RECOMMENDED: u64 = 10;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let danger = "runs things";
    let harm = "an agent gone wrong may call it without end";
    bounds::report_unlimited(
        context,
        Category::Execute,
        RECOMMENDED,
        (danger, harm),
        reporter,
    );
}
