//! Tools that change things, as often as an agent likes.

use super::{Check, Rule, bounds};
use crate::finding::Severity;
use crate::lint::{Context, Reporter};
use crate::risk::Category;

/// See `write_without_limit.md`.
pub static RULE: Rule = Rule {
    id: "write-without-limit",
    severity: Severity::Warning,
    summary: "a Write tool that can be called without limit",
    doc: include_str!("write_without_limit.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// What is recommended, in calls a minute.
const RECOMMENDED: u64 = 30;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let danger = "changes things";
    let harm = "an agent in a loop changes them without end";
    bounds::report_unlimited(
        context,
        Category::Write,
        RECOMMENDED,
        (danger, harm),
        reporter,
    );
}
