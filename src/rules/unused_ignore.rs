//! Ignores that match nothing. They are found where ignores are applied: [`crate::suppress`].

use super::{Check, Rule};
use crate::finding::Severity;

/// See `unused_ignore.md`.
pub static RULE: Rule = Rule {
    id: "unused-ignore",
    severity: Severity::Warning,
    summary: "an ignore that matches nothing",
    doc: include_str!("unused_ignore.md"),
    needs_tools: false,
    check: Check::Ignores,
};
