//! The report as annotations of a pull request: workflow commands, which GitHub's runner reads from
//! the log of a step.
//!
//! GitHub shows so many annotations of each kind of a step and drops the others in silence; the most
//! severe come first, and those past the bound are counted.

use std::io;
use std::path::Path;

use super::account::{Account, Place};
use super::{FileFindings, Report};
use crate::finding::{Finding, Severity};
use crate::policy::quantity::grouped;
use crate::render::escape::{WORKFLOW_LINE_FEED, workflow_data, workflow_property};
use crate::source::position::LineIndex;
use crate::span::Span;

/// How many annotations of each kind GitHub shows for a step.
pub(in crate::render) const MOST_OF_A_KIND: usize = 10;

/// Writes the most severe findings of `report` as annotations, and how many more there are.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write(
    report: &Report<'_>,
    account: &Account<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    // Files that could not be read have no line, and are errors like others.
    let unread = account.unread.iter().take(MOST_OF_A_KIND);
    for unread in unread.clone() {
        let place = Place::of(account.root, &unread.path.to_string_lossy());
        let annotation = Annotation {
            severity: Severity::Error,
            title: "mcplint",
            place: place.path().map(|path| (path, None)),
            message: &unread.message,
            help: None,
        };
        annotation.write(out)?;
    }
    let mut left_out = account.unread.len().saturating_sub(MOST_OF_A_KIND);
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let room = match severity {
            Severity::Error => MOST_OF_A_KIND - unread.len(),
            Severity::Warning | Severity::Note => MOST_OF_A_KIND,
        };
        let found = report.files.iter().flat_map(|file| {
            let of_severity = file.findings.iter();
            of_severity
                .filter(move |finding| finding.severity == severity)
                .map(move |finding| (file, finding))
        });
        for (file, finding) in found.take(room) {
            write_finding(file, finding, account.root, out)?;
        }
        left_out += report.count(severity).saturating_sub(room);
    }
    if left_out > 0 {
        let more = grouped(left_out as u64);
        writeln!(
            out,
            "and {more} more, which GitHub would not show; --format text has all of them"
        )?;
    }
    Ok(())
}

fn write_finding(
    file: &FileFindings<'_>,
    finding: &Finding,
    root: &Path,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let place = Place::of(root, file.name);
    let annotation = Annotation {
        severity: finding.severity,
        title: &format!("mcplint ({})", finding.rule.id),
        place: place.path().map(|path| {
            let region = Region::new(file.text, file.lines, finding.span);
            (path, Some(region))
        }),
        message: &finding.message,
        help: finding.help.as_deref(),
    };
    annotation.write(out)
}

/// A remark that GitHub shows beside a line of a file.
pub(in crate::render) struct Annotation<'a> {
    pub severity: Severity,
    pub title: &'a str,
    /// The file, from the root of the repository, and the lines of it that are meant.
    pub place: Option<(&'a str, Option<Region>)>,
    pub message: &'a str,
    pub help: Option<&'a str>,
}

/// The lines that an annotation is about, and the columns where they are on one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) struct Region {
    line: usize,
    end_line: usize,
    columns: Option<(usize, usize)>,
}

impl Region {
    /// A whole line, from 1.
    pub(in crate::render) fn line(line: usize) -> Self {
        Self {
            line,
            end_line: line,
            columns: None,
        }
    }

    /// What `span` of `text` covers. Nobody reads columns of several lines.
    pub(in crate::render) fn new(text: &str, lines: &LineIndex, span: Span) -> Self {
        let start = lines.position(text, span.start);
        let end = lines.position(text, span.end);
        Self {
            line: start.line,
            end_line: end.line,
            columns: (start.line == end.line).then_some((start.column, end.column)),
        }
    }
}

impl Annotation<'_> {
    /// Writes the command on a line of its own.
    pub(in crate::render) fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let command = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        write!(out, "::{command} ")?;
        if let Some((path, region)) = self.place {
            write!(out, "file={},", workflow_property(path))?;
            if let Some(region) = region {
                write!(out, "line={},endLine={},", region.line, region.end_line)?;
            }
            if let Some((column, end_column)) = region.and_then(|region| region.columns) {
                write!(out, "col={column},endColumn={end_column},")?;
            }
        }
        let title = workflow_property(self.title);
        write!(out, "title={title}::{}", workflow_data(self.message))?;
        if let Some(help) = self.help {
            write!(out, "{WORKFLOW_LINE_FEED}help: {}", workflow_data(help))?;
        }
        writeln!(out)
    }
}
