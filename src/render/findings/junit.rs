//! The report as JUnit XML, for whatever shows tests: a suite for each file, in which every finding
//! is a test that failed, every ignored one a test that was skipped, and a file without either is a
//! test that passed.

use std::io;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::account::Account;
use super::{FileFindings, Report};
use crate::finding::Finding;
use crate::render::escape::xml_text;
use crate::suppress::Suppressed;

/// Writes the report as one XML document.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write(
    report: &Report<'_>,
    account: &Account<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut document = Document::new("mcplint");
    for unread in account.unread {
        let name = xml_text(&unread.path.to_string_lossy());
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status
            .set_type("unreadable-file")
            .set_message(xml_text(&unread.message));
        document.add_test_suite(suite(&name, [case(&name, "unreadable-file", status)]));
    }
    for (nth, file) in report.files.iter().enumerate() {
        let suppressed = account.suppressed.get(nth).map_or(&[][..], Vec::as_slice);
        document.add_test_suite(suite_of(file, suppressed));
    }
    let text = document.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn suite_of(file: &FileFindings<'_>, suppressed: &[&Suppressed]) -> TestSuite {
    let name = xml_text(file.name);
    let failed = file.findings.iter().map(|finding| {
        let place = place(file, finding, &name);
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status
            .set_type(finding.rule.id)
            .set_message(xml_text(&finding.message))
            .set_description(description(finding, &place));
        at_line(case(&name, &title(finding, &place), status), file, finding)
    });
    let skipped = suppressed.iter().map(|suppressed| {
        let finding = &suppressed.finding;
        let place = place(file, finding, &name);
        let mut status = TestCaseStatus::skipped();
        status.set_type(finding.rule.id);
        status.set_message(match &suppressed.reason {
            Some(reason) => format!("ignored: {}", xml_text(reason)),
            None => "ignored".to_owned(),
        });
        at_line(case(&name, &title(finding, &place), status), file, finding)
    });
    let cases: Vec<_> = failed.chain(skipped).collect();
    if cases.is_empty() {
        return suite(
            &name,
            [case(&name, "no findings", TestCaseStatus::success())],
        );
    }
    suite(&name, cases)
}

fn suite(name: &str, cases: impl IntoIterator<Item = TestCase>) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.add_test_cases(cases);
    suite
}

/// A test of the file `class`.
fn case(class: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case.extra.insert("file".into(), class.into());
    case
}

/// The test with the line of its finding, which some that show tests make a link of.
fn at_line(mut case: TestCase, file: &FileFindings<'_>, finding: &Finding) -> TestCase {
    let line = file.lines.line(finding.span.start);
    case.extra.insert("line".into(), line.to_string().into());
    case
}

/// What tells the tests of a file apart: `default-allow at p.json:3:5`.
fn title(finding: &Finding, place: &str) -> String {
    format!("{} at {place}", finding.rule.id)
}

/// `p.json:3:5`, with a name that XML can hold.
fn place(file: &FileFindings<'_>, finding: &Finding, name: &str) -> String {
    let at = file.lines.position(file.text, finding.span.start);
    format!("{name}:{}:{}", at.line, at.column)
}

fn description(finding: &Finding, place: &str) -> String {
    let mut text = format!(
        "{place}: {}[{}]: {}",
        finding.severity,
        finding.rule.id,
        xml_text(&finding.message)
    );
    if let Some(help) = &finding.help {
        text += &format!("\nhelp: {}", xml_text(help));
    }
    text
}
