//! Policy unit tests as JUnit XML: a suite for each file, a test for each expectation.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Block, Report, Unchecked, sentence};
use crate::render::escape::xml_text;
use crate::replay::expectation::{Case, Failure};

/// Writes `report` as one XML document.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut document = Document::new("mcplint test");
    for (name, tested) in report.files {
        let name = xml_text(name);
        let mut suite = TestSuite::new(&name);
        suite.add_test_cases(tested.cases.iter().map(|case| test(report, &name, case)));
        document.add_test_suite(suite);
    }
    for problems in report.unchecked.chunk_by(|a, b| a.file == b.file) {
        let mut suite = TestSuite::new(xml_text(&problems[0].file));
        suite.add_test_cases(problems.iter().map(unchecked));
        document.add_test_suite(suite);
    }
    let text = document.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn test(report: &Report<'_>, file: &str, case: &Case) -> TestCase {
    let status = match &case.failure {
        None => TestCaseStatus::success(),
        Some(failure) => failed(report, file, case, failure),
    };
    let name = format!("{file}:{} {}", case.line, xml_text(&case.tool));
    let mut test = TestCase::new(name, status);
    test.set_classname(file);
    test
}

/// What could not be checked, as a test that ended in an error.
fn unchecked(unchecked: &Unchecked) -> TestCase {
    let file = xml_text(&unchecked.file);
    let line = unchecked
        .line
        .map_or(String::new(), |line| format!(":{line}"));
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status
        .set_type("unchecked")
        .set_message(xml_text(&unchecked.problem));
    let mut test = TestCase::new(format!("{file}{line}"), status);
    test.set_classname(file);
    test
}

fn failed(report: &Report<'_>, file: &str, case: &Case, failure: &Failure) -> TestCaseStatus {
    let actual = &failure.actual;
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status
        .set_type("expectation")
        .set_message(xml_text(&sentence(case, actual)))
        .set_description(description(report, file, case, failure));
    status
}

/// The call, what was expected and what came; lines that people read beside the test.
fn description(report: &Report<'_>, file: &str, case: &Case, failure: &Failure) -> String {
    let arguments = &failure.arguments;
    let arguments = match &arguments.text {
        Some(text) if report.show_args => text.clone(),
        _ => arguments.names.join(", "),
    };
    let mut lines = vec![
        format!("{file}:{}", case.line),
        format!("grant: {}", failure.grant.as_deref().unwrap_or("(none)")),
        format!("arguments: {arguments}"),
    ];
    let told = [
        ("expected", Block::expected(case)),
        ("actual", Block::actual(case, &failure.actual)),
    ];
    for (what, block) in &told {
        lines.extend(block.lines.lines().map(|line| format!("{what} {line}")));
    }
    if let Some(policy) = report.policy(&failure.actual) {
        lines.push(format!("policy: {policy}#{}", failure.actual.pointer));
    }
    let lines: Vec<_> = lines.iter().map(|line| xml_text(line)).collect();
    lines.join("\n")
}
