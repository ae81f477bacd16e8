//! Comma-separated values that are safe to open in a spreadsheet.
//!
//! Control characters and their like are escaped as in text, and a cell that a spreadsheet would
//! run as a formula (`=`, `+`, `-`, `@` at its start) begins with an apostrophe.

use std::borrow::Cow;
use std::io::{self, Write};

use super::escape::printable;

/// A text from outside as a cell.
pub(super) fn cell(text: &str) -> Cow<'_, str> {
    let text = printable(text);
    match text.as_bytes().first() {
        Some(b'=' | b'+' | b'-' | b'@') => Cow::Owned(format!("'{text}")),
        _ => text,
    }
}

/// Writes cells as one line.
pub(super) fn record<'c>(
    cells: impl Iterator<Item = Cow<'c, str>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .from_writer(Vec::new());
    writer.write_record(cells.map(|cell| cell.into_owned()))?;
    let line = writer.into_inner().map_err(|error| error.into_error())?;
    out.write_all(&line)
}
