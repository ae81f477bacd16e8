//! Markdown documents that are no larger than what GitHub takes as the summary of a step.

use std::io;

/// GitHub takes 1 MiB for each step, and drops a summary that is larger; other tools of the step may
/// write there too.
const MOST_BYTES: usize = 900 * 1024;

/// A document in Markdown. Whoever adds to it has escaped what comes from outside.
#[derive(Debug)]
pub(super) struct Document {
    text: String,
    full: bool,
}

impl Document {
    /// A document that has only a heading.
    pub(super) fn new(heading: &str) -> Self {
        Self {
            text: format!("## {heading}\n"),
            full: false,
        }
    }

    /// Adds a line, if there is room for it. Where there was none for one, there is none for what
    /// follows.
    pub(super) fn line(&mut self, line: &str) -> bool {
        self.full |= self.text.len() + line.len() > MOST_BYTES;
        if !self.full {
            self.text.push_str(line);
            self.text.push('\n');
        }
        !self.full
    }

    /// Adds a paragraph of ours, for which there always is room.
    pub(super) fn end(&mut self, line: &str) {
        self.text.push('\n');
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Writes all of it.
    pub(super) fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())
    }
}

/// At most `longest` characters of `text`.
pub(super) fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_a_bound() {
        let mut document = Document::new("x");
        let line = "y".repeat(1_000);
        let lines = (0..10_000).take_while(|_| document.line(&line)).count();
        assert_eq!(lines, MOST_BYTES / 1_001);
        assert!(!document.line("z"), "what does not fit ends it");
        document.end("and more");
        let mut out = Vec::new();
        document.write(&mut out).expect("a vector takes all");
        assert!(out.len() < 1024 * 1024 && out.ends_with(b"\nand more\n"));
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(cut("naïve", 3), "naï…");
        assert_eq!(cut("naïve", 5), "naïve");
    }
}
