//! Findings of `validate` and `lint` on their way out: the finished report, and one file for each
//! format that writes it.
//!
//! The report arrives filtered, and sorted by path, position and rule; renderers keep its order.

mod account;
mod excerpt;
pub mod github;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod sarif;
pub mod text;

pub(in crate::render) use account::Place;
pub use account::{Account, Unread};

use crate::finding::{Finding, Severity};
use crate::source::position::LineIndex;

/// The findings of one file, with what it takes to show them.
#[derive(Debug, Clone, Copy)]
pub struct FileFindings<'a> {
    /// The path as the user gave it or would write it; not escaped.
    pub name: &'a str,
    /// The whole text.
    pub text: &'a str,
    /// The lines of `text`.
    pub lines: &'a LineIndex,
    /// What was found there, in order of position and rule.
    pub findings: &'a [Finding],
}

/// All that one run has to say.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// The files in order of their path. Text and JSON need not be told of files without findings.
    pub files: &'a [FileFindings<'a>],
    /// How many files were looked at.
    pub files_checked: usize,
    /// How many findings the configuration told us to ignore.
    pub ignored: usize,
}

impl Report<'_> {
    /// How many findings are of exactly this severity.
    pub fn count(&self, severity: Severity) -> usize {
        let findings = self.files.iter().flat_map(|file| file.findings);
        findings.filter(|found| found.severity == severity).count()
    }
}

#[cfg(test)]
mod tests;
