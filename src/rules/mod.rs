//! The rules: each has an id that never changes, a default severity and a one-line summary.

use crate::finding::Severity;

pub mod form;

/// What a finding can be about.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case name of the problem.
    pub id: &'static str,
    /// Severity unless configuration says otherwise.
    pub severity: Severity,
    /// What it catches, in one sentence.
    pub summary: &'static str,
}
