//! Risk categories as JSON, in one document or one tool a line: version 1 of a public format.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;

use super::Row;
use crate::render::escape;
use crate::risk::{Category, Evidence, RiskLevel, recommended};

#[derive(Serialize)]
struct ToolV1<'r> {
    server: Option<&'r str>,
    tool: &'r str,
    category: Category,
    severity: RiskLevel,
    confidence: f64,
    evidence: &'r [Evidence],
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_by_argument: Option<&'r str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contradictions: Vec<ContradictionV1<'r>>,
    recommended: Value,
}

#[derive(Serialize)]
struct ContradictionV1<'r> {
    claim: &'r str,
    against: &'r Evidence,
}

#[derive(Serialize)]
struct ReportV1<'r> {
    version: u32,
    tools: Vec<ToolV1<'r>>,
    summary: SummaryV1,
}

#[derive(Serialize)]
struct SummaryV1 {
    tools: usize,
    financial: usize,
    destructive: usize,
    execute: usize,
    write: usize,
    read: usize,
}

impl<'r> ToolV1<'r> {
    fn new(row: &'r Row<'_>) -> Self {
        let found = &row.classification;
        let contradictions = found
            .contradictions
            .iter()
            .map(|contradiction| ContradictionV1 {
                claim: contradiction.claim,
                against: &contradiction.against,
            });
        Self {
            server: row.server,
            tool: row.tool,
            category: found.category,
            severity: found.category.level(),
            // By way of hundredths: a float of 32 bits would show digits that it does not have.
            confidence: f64::from((found.confidence * 100.0).round()) / 100.0,
            evidence: &found.evidence,
            decided_by_argument: found.decided_by_argument.as_deref(),
            contradictions: contradictions.collect(),
            recommended: recommended(row.tool, found.category),
        }
    }
}

/// Writes `rows` as one document.
///
/// # Errors
/// Those of `out`.
pub fn write(rows: &[Row<'_>], out: &mut dyn Write) -> io::Result<()> {
    let count = |category| {
        rows.iter()
            .filter(|row| row.classification.category == category)
            .count()
    };
    let report = ReportV1 {
        version: 1,
        tools: rows.iter().map(ToolV1::new).collect(),
        summary: SummaryV1 {
            tools: rows.len(),
            financial: count(Category::Financial),
            destructive: count(Category::Destructive),
            execute: count(Category::Execute),
            write: count(Category::Write),
            read: count(Category::Read),
        },
    };
    escape::to_json(&report, &mut *out)?;
    out.write_all(b"\n")
}

/// Writes a row as one line.
///
/// # Errors
/// Those of `out`.
pub fn write_line(row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
    escape::to_json(&ToolV1::new(row), &mut *out)?;
    out.write_all(b"\n")
}
