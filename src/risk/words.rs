//! Names and sentences as words.
//!
//! Words are lower case and stand at the same bytes as in the original, so that evidence can be
//! quoted as it is written there.

use std::ops::Range;

/// More of a name, or of a description, is not looked at, in bytes: what a tool is for stands at
/// the beginning, and a hostile definition must not take time.
const LONGEST_NAME: usize = 256;
const LONGEST_DESCRIPTION: usize = 1000;

/// More words than this are not looked at.
const MOST_WORDS: usize = 160;

/// A parenthesis longer than this, in bytes, is taken for part of the sentence.
const LONGEST_PARENTHESIS: usize = 240;

/// What stands between a word and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Space, or a hyphen.
    Space,
    /// A comma or a slash.
    Comma,
    /// A colon, a dash, a bracket, a bullet: the next clause.
    Clause,
    /// A full stop or an empty line: the next sentence.
    Sentence,
}

/// The words of a text.
#[derive(Debug)]
pub(super) struct Words<'t> {
    /// The original, cut to what is looked at.
    original: &'t str,
    lower: String,
    spans: Vec<(Range<usize>, Gap)>,
}

impl<'t> Words<'t> {
    /// The words of a tool's name, whatever case it is written in. What a client puts in front
    /// (`mcp__github__`) is left out.
    pub fn of_name(name: &'t str) -> Self {
        let name = without_client_prefix(name);
        let original = cut(name, LONGEST_NAME);
        let lower = original.to_ascii_lowercase();
        let bytes = original.as_bytes();
        let mut spans: Vec<(Range<usize>, Gap)> = Vec::new();
        let mut start = 0;
        for at in 0..=bytes.len() {
            let ends = at == bytes.len() || !is_letter(bytes[at]);
            if (ends || hump(bytes, at)) && start < at {
                spans.push((start..at, Gap::Space));
                start = at;
            }
            if ends {
                start = at + 1;
            }
        }
        spans.truncate(MOST_WORDS);
        Self {
            original,
            lower,
            spans,
        }
    }

    /// The words of a description's beginning. Parentheses are left out: they hold examples.
    pub fn of_description(description: &'t str) -> Self {
        let original = cut(description, LONGEST_DESCRIPTION);
        let mut scanner = Scanner {
            bytes: original.as_bytes(),
            at: 0,
            gap: Gap::Sentence,
        };
        let mut spans = Vec::with_capacity(original.len() / 5);
        while spans.len() < MOST_WORDS {
            let Some(span) = scanner.next_word() else {
                break;
            };
            spans.push(span);
        }
        Self {
            original,
            lower: original.to_ascii_lowercase(),
            spans,
        }
    }

    /// The words in lower case.
    pub fn list(&self) -> Vec<&str> {
        self.spans
            .iter()
            .map(|(span, _)| &self.lower[span.clone()])
            .collect()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// What stands before the word `at`.
    pub fn gap(&self, at: usize) -> Gap {
        self.spans.get(at).map_or(Gap::Sentence, |(_, gap)| *gap)
    }

    /// The words from `range` as they are written, with what stands between them.
    pub fn quote(&self, range: Range<usize>) -> &'t str {
        let words = self.spans.get(range).unwrap_or(&[]);
        match (words.first(), words.last()) {
            (Some((first, _)), Some((last, _))) => &self.original[first.start..last.end],
            _ => "",
        }
    }

    /// The bounds of clauses: each begins after a [`Gap::Clause`] or more.
    pub fn clauses(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut start = 0;
        std::iter::from_fn(move || {
            if start >= self.spans.len() {
                return None;
            }
            let rest = self.spans[start + 1..].iter();
            let length = rest.take_while(|(_, gap)| *gap < Gap::Clause).count() + 1;
            let clause = start..start + length;
            start = clause.end;
            Some(clause)
        })
    }
}

/// `mcp__server__tool` without what the client added.
fn without_client_prefix(name: &str) -> &str {
    let rest = name.strip_prefix("mcp__");
    rest.and_then(|rest| rest.split_once("__"))
        .map_or(name, |(_, tool)| tool)
}

/// The first `most` bytes of `text`, less the rest of a character.
fn cut(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Letters and digits; all that is not ASCII is taken for a letter.
fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii()
}

/// Whether a word of a camel-case name begins at `at`: `getIssue`, `StartAHORun`.
fn hump(bytes: &[u8], at: usize) -> bool {
    let upper = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
    let lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
    at > 0 && upper(at) && (!upper(at - 1) || lower(at + 1))
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    gap: Gap,
}

impl Scanner<'_> {
    fn next_word(&mut self) -> Option<(Range<usize>, Gap)> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            if is_letter(byte) || byte == b'_' {
                break;
            }
            self.separator(byte);
        }
        let start = self.at;
        while let Some(&byte) = self.bytes.get(self.at) {
            let inside =
                byte == b'\'' && self.bytes.get(self.at + 1).is_some_and(|b| is_letter(*b));
            if !is_letter(byte) && byte != b'_' && !inside {
                break;
            }
            self.at += 1;
        }
        Some((start..self.at, std::mem::replace(&mut self.gap, Gap::Space)))
    }

    /// Whether the line after a line feed begins with a capital: few wrapped sentences do.
    fn begins_upper(&self) -> bool {
        let rest = &self.bytes[self.at + 1..];
        let first = rest.iter().find(|byte| !byte.is_ascii_whitespace());
        first.is_some_and(u8::is_ascii_uppercase)
    }

    /// Whether a full stop follows a single letter, as in `e.g.`
    fn abbreviates(&self) -> bool {
        let letter = |back: usize| {
            self.at
                .checked_sub(back)
                .is_some_and(|at| is_letter(self.bytes[at]))
        };
        letter(1) && !letter(2)
    }

    /// Passes over what stands between words, and keeps the deepest cut in it.
    fn separator(&mut self, byte: u8) {
        let next = self.bytes.get(self.at + 1).copied().unwrap_or(b' ');
        let spaced = next.is_ascii_whitespace();
        let gap = match byte {
            b'.' if spaced && self.abbreviates() => Gap::Space,
            b'.' | b'!' | b'?' if spaced => Gap::Sentence,
            b'\n' if next == b'\n' || next == b'\r' => Gap::Sentence,
            b'\n' if matches!(next, b'-' | b'*' | b'#') => Gap::Sentence,
            b'\n' if self.begins_upper() => Gap::Clause,
            b'-' if spaced && self.at > 0 && self.bytes[self.at - 1].is_ascii_whitespace() => {
                Gap::Clause
            }
            b':' | b';' | b'|' | b'[' | b']' | b')' => Gap::Clause,
            b',' | b'/' | b'&' => Gap::Comma,
            _ => Gap::Space,
        };
        self.gap = self.gap.max(gap);
        self.at += 1;
        if byte == b'(' {
            let rest = &self.bytes[self.at..self.bytes.len().min(self.at + LONGEST_PARENTHESIS)];
            match rest.iter().position(|&byte| byte == b')') {
                Some(length) => self.at += length + 1,
                None => self.gap = self.gap.max(Gap::Clause),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_whatever_their_case() {
        for (name, words) in [
            ("StartAHORun", "start aho run"),
            ("run-aws-code", "run aws code"),
            ("API-post-search", "api post search"),
            ("mcp__github__create_issue", "create issue"),
            ("getJiraIssueV2", "get jira issue v2"),
            ("calendar.create_event", "calendar create event"),
            ("top_movers_sp500", "top movers sp500"),
            ("HTTPGet", "http get"),
            ("listS3Buckets", "list s3 buckets"),
            ("__", ""),
        ] {
            assert_eq!(Words::of_name(name).list().join(" "), words, "{name}");
        }
    }

    #[test]
    fn descriptions_are_cut_into_clauses() {
        let text = "Delete a file (or a folder), e.g. a.txt. This can't be undone!\n\n- Note: x";
        let words = Words::of_description(text);
        let clauses: Vec<_> = words
            .clauses()
            .map(|clause| words.list()[clause].join(" "))
            .collect();
        assert_eq!(
            clauses,
            [
                "delete a file e g a txt",
                "this can't be undone",
                "note",
                "x"
            ]
        );
        assert_eq!(words.quote(0..3), "Delete a file");
    }
}
