//! The report as one JSON document, version 1: a contract with other programs, and so with its own
//! structs, whatever becomes of [`Finding`].
//!
//! Lines and columns start at 1 and count Unicode scalar values. The end is exclusive, as in SARIF:
//! `end_column` is the column just after the last character. Every finding stands on a line of its
//! own, so that two reports can be compared with `diff`.

use std::io;

use serde::Serialize;

use super::{FileFindings, Report};
use crate::finding::{Finding, Fix, Safety, Severity};
use crate::render::escape::to_json;
use crate::span::Span;

#[derive(Serialize)]
struct FindingV1<'a> {
    rule: &'a str,
    severity: Severity,
    message: &'a str,
    file: &'a str,
    pointer: &'a str,
    #[serde(flatten)]
    place: PlaceV1,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<LabelV1<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixV1<'a>>,
}

#[derive(Serialize)]
struct FixV1<'a> {
    title: &'a str,
    safety: Safety,
    edits: Vec<EditV1<'a>>,
}

/// Offsets are bytes; the end is exclusive.
#[derive(Serialize)]
struct EditV1<'a> {
    start: usize,
    end: usize,
    replacement: &'a str,
}

#[derive(Serialize)]
struct LabelV1<'a> {
    #[serde(flatten)]
    place: PlaceV1,
    text: &'a str,
}

#[derive(Serialize)]
struct PlaceV1 {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct SummaryV1 {
    files: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    ignored: usize,
}

/// Writes `report` as one JSON document and a line feed.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"{\"version\":1,\"findings\":[")?;
    let mut before: &[u8] = b"\n ";
    for file in report.files {
        for finding in file.findings {
            out.write_all(before)?;
            to_json(&finding_v1(file, finding), &mut *out)?;
            before = b",\n ";
        }
    }
    out.write_all(b"],\n \"summary\":")?;
    to_json(&summary_v1(report), &mut *out)?;
    out.write_all(b"}\n")
}

fn finding_v1<'a>(file: &FileFindings<'a>, finding: &'a Finding) -> FindingV1<'a> {
    let labels = finding.labels.iter().map(|label| LabelV1 {
        place: place_v1(file, label.span),
        text: &label.text,
    });
    FindingV1 {
        rule: finding.rule.id,
        severity: finding.severity,
        message: &finding.message,
        file: file.name,
        pointer: &finding.pointer,
        place: place_v1(file, finding.span),
        help: finding.help.as_deref(),
        labels: labels.collect(),
        fix: finding.fix.as_ref().map(fix_v1),
    }
}

fn fix_v1(fix: &Fix) -> FixV1<'_> {
    let edits = fix.edits.iter().map(|edit| EditV1 {
        start: edit.span.start,
        end: edit.span.end,
        replacement: &edit.replacement,
    });
    FixV1 {
        title: &fix.title,
        safety: fix.safety,
        edits: edits.collect(),
    }
}

fn place_v1(file: &FileFindings<'_>, span: Span) -> PlaceV1 {
    let start = file.lines.position(file.text, span.start);
    let end = file.lines.position(file.text, span.end);
    PlaceV1 {
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}

fn summary_v1(report: &Report<'_>) -> SummaryV1 {
    SummaryV1 {
        files: report.files_checked,
        errors: report.count(Severity::Error),
        warnings: report.count(Severity::Warning),
        notes: report.count(Severity::Note),
        ignored: report.ignored,
    }
}
