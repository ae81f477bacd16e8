//! From byte offsets to lines and columns.

use crate::span::Span;

/// A place for people: both numbers start at 1, columns count Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in Unicode scalar values.
    pub column: usize,
}

/// Where the lines of a text begin.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<usize>,
}

impl LineIndex {
    /// Indexes `text`. Lines end with `\n`, `\r\n` or a lone `\r`, as YAML and editors count them.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') {
                continue;
            }
            starts.push(at + 1);
        }
        Self { starts }
    }

    /// The line of the byte at `offset`, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset)
    }

    /// The bytes of the line of `offset` in `text`, without what ends it.
    pub fn span(&self, text: &str, offset: usize) -> Span {
        let line = self.line(offset);
        let start = self.starts[line - 1];
        let end = match self.starts.get(line) {
            Some(&next) if text[..next].ends_with("\r\n") => next - 2,
            Some(&next) => next - 1,
            None => text.len(),
        };
        Span::new(start, end.max(start))
    }

    /// The position of the byte at `offset` of `text`, the text that was indexed. A leading
    /// byte-order mark has no column. An offset past the end counts as the end.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|&start| start <= offset) - 1;
        let before = &text[self.starts[line]..offset];
        let marks = usize::from(line == 0 && before.starts_with('\u{feff}'));
        Position {
            line: line + 1,
            column: before.chars().count() + 1 - marks,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_however_they_end_and_columns_in_characters() {
        let text = "\u{feff}a\r\nbé\u{1f600}c\rd\n";
        let index = LineIndex::new(text);
        let at = |needle: &str| {
            let p = index.position(text, text.find(needle).expect("needle is in the text"));
            (p.line, p.column)
        };
        assert_eq!(at("a"), (1, 1));
        assert_eq!(at("c"), (2, 4));
        assert_eq!(at("d"), (3, 1));
        let end = index.position(text, 999);
        assert_eq!((end.line, end.column), (4, 1));
    }
}
