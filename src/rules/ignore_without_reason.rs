//! Ignores that don't say why. They are found where ignores are applied: [`crate::suppress`].

use super::{Check, Rule};
use crate::finding::Severity;

/// See `ignore_without_reason.md`.
pub static RULE: Rule = Rule {
    id: "ignore-without-reason",
    severity: Severity::Warning,
    summary: "an ignore that does not say why",
    doc: include_str!("ignore_without_reason.md"),
    needs_tools: false,
    check: Check::Ignores,
};
