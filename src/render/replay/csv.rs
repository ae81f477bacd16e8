//! One decision a line, as comma-separated values for spreadsheets.

use std::borrow::Cow;
use std::io::{self, Write};

use super::{Context, word};
use crate::engine::Decision;
use crate::render::spreadsheet::{cell, record};
use crate::replay::Row;

const COLUMNS: [&str; 14] = [
    "trace",
    "line",
    "ts",
    "server",
    "grant",
    "session",
    "tool",
    "decision",
    "rule",
    "pointer",
    "message",
    "policy",
    "retry_after_s",
    "needs",
];

/// Writes the names of the columns; `args` is the last, if asked for.
///
/// # Errors
/// Those of `out`.
pub fn write_header(with_args: bool, out: &mut dyn Write) -> io::Result<()> {
    let args = with_args.then_some("args");
    record(COLUMNS.into_iter().chain(args).map(Cow::Borrowed), out)
}

/// Writes a decided call as one line.
///
/// # Errors
/// Those of `out`.
pub fn write(
    row: &Row<'_>,
    with_args: bool,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let explanation = row.explanation();
    let explanation = explanation.as_ref();
    let trace = context.trace(row.trace);
    let retry_after_s = match row.decision {
        Decision::Throttle { retry_after_s, .. } => retry_after_s.to_string(),
        _ => String::new(),
    };
    let needs = match row.decision {
        Decision::Unknown { needs } => needs.join(" "),
        _ => String::new(),
    };
    let cells = [
        cell(trace),
        row.line.to_string().into(),
        row.time().unwrap_or_default(),
        cell(row.server().unwrap_or("")),
        cell(row.grant().unwrap_or("")),
        cell(row.session().unwrap_or("")),
        cell(row.tool()),
        word(row.decision).into(),
        cell(explanation.map_or("", |e| e.rule)),
        cell(explanation.map_or("", |e| e.pointer)),
        cell(explanation.map_or("", |e| &e.message)),
        cell(context.policy_name(row.policy).unwrap_or("")),
        retry_after_s.into(),
        cell(&needs),
    ];
    let args = with_args.then(|| cell(row.args.unwrap_or("")));
    record(cells.into_iter().chain(args), out)
}
