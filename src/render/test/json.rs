//! Policy unit tests as one JSON document: version 1 of a public format.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Counts, Report, Unchecked, per_cent};
use crate::render::escape;
use crate::replay::covered::{CoveredClause, share};
use crate::replay::expectation::{Actual, Case, Failure};

#[derive(Serialize)]
struct ReportV1<'r> {
    version: u32,
    #[serde(flatten)]
    counts: CountsV1,
    files: Vec<FileV1<'r>>,
    failures: Vec<FailureV1<'r>>,
    unchecked: Vec<UncheckedV1<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<CoverageV1<'r>>,
}

#[derive(Serialize)]
struct CountsV1 {
    total: usize,
    passed: usize,
    failed: usize,
}

#[derive(Serialize)]
struct FileV1<'r> {
    file: &'r str,
    #[serde(flatten)]
    counts: CountsV1,
}

#[derive(Serialize)]
struct UncheckedV1<'r> {
    file: &'r str,
    line: Option<u64>,
    problem: &'r str,
}

#[derive(Serialize)]
struct FailureV1<'r> {
    file: &'r str,
    line: u64,
    server: Option<&'r str>,
    grant: Option<&'r str>,
    session: Option<&'r str>,
    tool: &'r str,
    arg_keys: &'r [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Box<RawValue>>,
    expected: ExpectedV1<'r>,
    actual: ActualV1<'r>,
}

#[derive(Serialize)]
struct ExpectedV1<'r> {
    decision: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'r str>,
}

#[derive(Serialize)]
struct ActualV1<'r> {
    decision: &'static str,
    rule: &'r str,
    pointer: &'r str,
    message: &'r str,
    policy: Option<&'r str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    needs: &'r [String],
}

#[derive(Serialize)]
struct CoverageV1<'r> {
    fired: usize,
    clauses: usize,
    percent: f64,
    by_clause: Vec<ClauseV1<'r>>,
}

#[derive(Serialize)]
struct ClauseV1<'r> {
    pointer: &'r str,
    rule: &'r str,
    policy: &'r str,
    evaluated: u64,
    fired: u64,
    decided: u64,
}

/// Writes `report`.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let files = report.files.iter().map(|(file, tested)| FileV1 {
        file,
        counts: counts(Counts::of(tested)),
    });
    let failures = report
        .failures()
        .map(|(file, case, found)| failure(report, file, case, found));
    let document = ReportV1 {
        version: 1,
        counts: counts(report.counts()),
        files: files.collect(),
        failures: failures.collect(),
        unchecked: report.unchecked.iter().map(unchecked).collect(),
        coverage: report.coverage.map(|clauses| coverage(report, clauses)),
    };
    escape::to_json(&document, &mut *out)?;
    out.write_all(b"\n")
}

fn counts(counts: Counts) -> CountsV1 {
    CountsV1 {
        total: counts.total,
        passed: counts.passed(),
        failed: counts.failed,
    }
}

fn unchecked(unchecked: &Unchecked) -> UncheckedV1<'_> {
    UncheckedV1 {
        file: &unchecked.file,
        line: unchecked.line,
        problem: &unchecked.problem,
    }
}

fn failure<'r>(
    report: &Report<'r>,
    file: &'r str,
    case: &'r Case,
    failure: &'r Failure,
) -> FailureV1<'r> {
    let text = failure.arguments.text.as_ref();
    let text = text.filter(|_| report.show_args).cloned();
    FailureV1 {
        file,
        line: case.line,
        server: failure.server.as_deref(),
        grant: failure.grant.as_deref(),
        session: failure.session.as_deref(),
        tool: &case.tool,
        arg_keys: &failure.arguments.names,
        args: text.and_then(|text| RawValue::from_string(text).ok()),
        expected: ExpectedV1 {
            decision: case.expected.ruling.word(),
            rule: case.expected.rule.as_deref(),
        },
        actual: actual(report, &failure.actual),
    }
}

fn actual<'r>(report: &Report<'r>, actual: &'r Actual) -> ActualV1<'r> {
    ActualV1 {
        decision: actual.ruling.word(),
        rule: &actual.rule,
        pointer: &actual.pointer,
        message: &actual.message,
        policy: report.policy(actual),
        needs: &actual.needs,
    }
}

fn coverage<'r>(report: &Report<'r>, clauses: &'r [CoveredClause]) -> CoverageV1<'r> {
    let (fired, all) = share(clauses);
    let by_clause = clauses.iter().map(|clause| ClauseV1 {
        pointer: &clause.pointer,
        rule: &clause.rule,
        policy: report.policies.get(clause.policy).map_or("", |p| p.name),
        evaluated: clause.exercise.evaluated,
        fired: clause.exercise.fired,
        decided: clause.exercise.decided,
    });
    CoverageV1 {
        fired,
        clauses: all,
        percent: per_cent(fired, all),
        by_clause: by_clause.collect(),
    }
}
