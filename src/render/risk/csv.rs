//! Risk categories as comma-separated values for spreadsheets, one tool a line.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Row, evidence};
use crate::render::spreadsheet::{cell, record};

const COLUMNS: [&str; 8] = [
    "server",
    "tool",
    "category",
    "severity",
    "confidence",
    "evidence",
    "decided_by_argument",
    "contradictions",
];

/// Writes the names of the columns.
///
/// # Errors
/// Those of `out`.
pub fn write_header(out: &mut dyn Write) -> io::Result<()> {
    record(COLUMNS.into_iter().map(Cow::Borrowed), out)
}

/// Writes a row as one line.
///
/// # Errors
/// Those of `out`.
pub fn write(row: &Row<'_>, out: &mut dyn Write) -> io::Result<()> {
    let found = &row.classification;
    let proof: Vec<_> = found.evidence.iter().map(evidence).collect();
    let claims: Vec<_> = found.contradictions.iter().map(|c| c.claim).collect();
    let proof = proof.join("; ");
    let cells = [
        cell(row.server.unwrap_or("")),
        cell(row.tool),
        found.category.word().into(),
        found.category.level().word().into(),
        format!("{:.2}", found.confidence).into(),
        cell(&proof),
        cell(found.decided_by_argument.as_deref().unwrap_or("")),
        claims.join("; ").into(),
    ];
    record(cells.into_iter(), out)
}
