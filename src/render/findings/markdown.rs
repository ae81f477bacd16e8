//! The report in Markdown, for the summary of a step or a comment: how many findings there are, and a
//! table for each file that has some.

use std::io;

use super::account::Account;
use super::text::summary;
use super::{FileFindings, Report};
use crate::finding::Finding;
use crate::policy::quantity::grouped;
use crate::render::document::{Document, cut};
use crate::render::escape::{markdown, markdown_code};

/// How many findings are shown; the others are counted.
const ROWS: usize = 500;
/// How many characters of a message are shown.
const LONGEST_MESSAGE: usize = 1_000;
/// How many characters of a file's name are shown.
const LONGEST_NAME: usize = 200;

/// Writes the report.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write(
    report: &Report<'_>,
    account: &Account<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut document = Document::new(&format!("mcplint: {}", markdown(&summary(report))));
    if !account.unread.is_empty() {
        document.line("");
    }
    for unread in account.unread.iter().take(ROWS) {
        document.line(&format!(
            "- {}",
            markdown(&cut(&unread.message, LONGEST_MESSAGE))
        ));
    }
    let mut left_out = account.unread.len().saturating_sub(ROWS);
    let mut room = ROWS;
    for file in report.files {
        if !file.findings.is_empty() {
            let shown = table(file, room, &mut document);
            left_out += file.findings.len() - shown;
            room -= shown;
        }
    }
    if left_out > 0 {
        let more = grouped(left_out as u64);
        document.end(&format!(
            "… and {more} more, which have no room here; `--format text` has all of them"
        ));
    }
    document.write(out)
}

/// Adds at most `room` findings of a file, as far as the document has room. How many were added.
fn table(file: &FileFindings<'_>, room: usize, document: &mut Document) -> usize {
    let name = markdown_code(&cut(file.name, LONGEST_NAME));
    let head = format!("\n### {name}\n\n| severity | rule | line | message |\n|---|---|---|---|");
    if room == 0 || !document.line(&head) {
        return 0;
    }
    let rows = file.findings.iter().take(room);
    rows.take_while(|finding| document.line(&row(file, finding)))
        .count()
}

fn row(file: &FileFindings<'_>, finding: &Finding) -> String {
    let at = file.lines.position(file.text, finding.span.start);
    let (severity, rule) = (finding.severity, finding.rule.id);
    let message = markdown(&cut(&finding.message, LONGEST_MESSAGE));
    let help = finding.help.as_deref();
    let help = help.map(|help| format!("<br>help: {}", markdown(&cut(help, LONGEST_MESSAGE))));
    format!(
        "| {severity} | `{rule}` | {}:{} | {message}{} |",
        at.line,
        at.column,
        help.unwrap_or_default()
    )
}
