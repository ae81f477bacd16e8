//! Risk categories for people: a table for each category, the most severe first.

use std::io::{self, Write};

use super::{Row, evidence, shortened};
use crate::render::Style;
use crate::render::escape::printable;
use crate::render::paint::Paint;
use crate::render::table::Table;
use crate::risk::{Category, RiskLevel};

/// So many characters of a name are shown.
const LONGEST_NAME: usize = 50;

/// Writes `rows`, which are those of `all` tools that are wanted.
///
/// # Errors
/// Those of `out`.
pub fn write(rows: &[Row<'_>], all: usize, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style.color);
    let mut counts = Vec::new();
    for category in Category::ALL.into_iter().rev() {
        let rows: Vec<_> = rows
            .iter()
            .filter(|row| row.classification.category == category)
            .collect();
        if rows.is_empty() {
            continue;
        }
        let heading = format!("{} ({})", capitalised(category.word()), category.level());
        writeln!(out, "{}", painted(paint, category.level(), &heading))?;
        table(&rows, style.width).write(|line| paint.dim(line), out)?;
        writeln!(out)?;
        counts.push(format!("{} {category}", rows.len()));
    }
    let tools = if all == 1 {
        "1 tool".to_owned()
    } else {
        format!("{all} tools")
    };
    if counts.is_empty() {
        return writeln!(out, "{tools}: none to show");
    }
    writeln!(out, "{tools}: {}", counts.join(", "))
}

fn table(rows: &[&Row<'_>], width: usize) -> Table {
    let mut table = Table::new(3);
    table.row(["tool", "sure", "evidence"].map(str::to_owned).into());
    let names: Vec<_> = rows.iter().map(|row| name(row)).collect();
    let longest = names
        .iter()
        .map(|name| name.chars().count())
        .max()
        .unwrap_or(0);
    let room = width.saturating_sub(longest + 10).max(30);
    for (row, name) in rows.iter().zip(names) {
        let found = &row.classification;
        let sure = format!("{:.0}%", found.confidence * 100.0);
        table.row(vec![name, sure, shortened(&proof(row), room)]);
    }
    table
}

fn name(row: &Row<'_>) -> String {
    let server = row
        .server
        .map(|server| format!("{server}/"))
        .unwrap_or_default();
    shortened(&printable(&format!("{server}{}", row.tool)), LONGEST_NAME)
}

/// What decided, on one line.
fn proof(row: &Row<'_>) -> String {
    let found = &row.classification;
    let mut parts: Vec<_> = found.evidence.iter().map(evidence).collect();
    if let Some(argument) = &found.decided_by_argument {
        parts.insert(0, format!("decided by its argument `{argument}`"));
    }
    let claims = found
        .contradictions
        .iter()
        .map(|c| format!("claims {}", c.claim));
    parts.extend(claims);
    printable(&parts.join("; ")).into_owned()
}

fn painted(paint: Paint, level: RiskLevel, text: &str) -> String {
    match level {
        RiskLevel::Critical => paint.red(text),
        RiskLevel::High => paint.yellow(text),
        RiskLevel::Medium => paint.blue(text),
        RiskLevel::Low => paint.green(text),
    }
}

/// `Read` for `read`.
pub(super) fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
