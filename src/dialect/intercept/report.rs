//! What is found on the way, and whether the engine would refuse the file for it.

use crate::finding::Finding;
use crate::rules::Rule;
use crate::span::Span;

/// More findings than this are left out: who has so many has one mistake in many copies.
const MAX_FINDINGS: usize = 10_000;

/// Collects findings.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
    /// Whether the engine refuses the file.
    pub refused: bool,
}

impl Report {
    /// Something that the engine refuses as well. The finding is returned to be filled in.
    pub fn refuse(
        &mut self,
        rule: &'static Rule,
        pointer: impl Into<String>,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.refused = true;
        self.stricter(rule, pointer, span, message)
    }

    /// Something that the engine passes over in silence.
    pub fn stricter(
        &mut self,
        rule: &'static Rule,
        pointer: impl Into<String>,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Finding {
        // The one that is too many is written over by the next.
        self.findings.truncate(MAX_FINDINGS);
        self.findings
            .push(Finding::new(rule, pointer, span, message));
        self.findings.last_mut().expect("it was just added")
    }

    /// Whether nothing more will be kept.
    pub fn is_full(&self) -> bool {
        self.findings.len() >= MAX_FINDINGS
    }

    /// What was found, in no particular order.
    pub fn into_findings(mut self) -> Vec<Finding> {
        self.findings.truncate(MAX_FINDINGS);
        self.findings
    }
}
