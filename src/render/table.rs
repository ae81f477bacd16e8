//! Columns of text: first column to the left, the others to the right.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

/// Rows of equally many cells. Cells hold no colours: they are measured.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    left: usize,
}

impl Table {
    /// An empty table whose first `left` columns are aligned to the left.
    pub fn new(left: usize) -> Self {
        Self {
            rows: Vec::new(),
            left,
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Writes the rows, indented by two columns; `heading` is put around the first one.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, heading: impl Fn(&str) -> String, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            let line = self.line(row, &widths);
            let line = if number == 0 { heading(&line) } else { line };
            writeln!(out, "  {line}")?;
        }
        Ok(())
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let padding = " ".repeat(width - cell.width());
            if column > 0 {
                line.push_str("  ");
            }
            if column < self.left {
                line.push_str(cell);
                line.push_str(&padding);
            } else {
                line.push_str(&padding);
                line.push_str(cell);
            }
        }
        line.trim_end().to_owned()
    }
}
