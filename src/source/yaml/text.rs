//! What yaml.v3 refuses in the characters themselves, before or beside the grammar.
//!
//! It is an older library than the parser underneath: it reads no control characters, takes three
//! more characters for line breaks, and lets no tab stand where a line's indentation is read.

use super::diagnose::report;
use crate::finding::Finding;
use crate::rules::form::SYNTAX_ERROR;
use crate::span::Span;

/// The first character that yaml.v3 does not read at all, with its offset. A byte-order mark at
/// the very start is read.
pub(super) fn first_unreadable(text: &str) -> Option<(usize, char)> {
    let mut characters = text.char_indices();
    characters.find(|&(at, c)| !(is_readable(c) || at == 0 && c == '\u{feff}'))
}

fn is_readable(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
        && c != '\u{feff}'
}

/// The finding about an unreadable character.
pub(super) fn unreadable((at, c): (usize, char)) -> Finding {
    let what = match c {
        '\u{feff}' => "a byte-order mark may only stand at the start of the file".to_owned(),
        c => format!("U+{:04X} is not allowed in YAML", u32::from(c)),
    };
    Finding::new(&SYNTAX_ERROR, "", Span::new(at, at + c.len_utf8()), what)
        .help("remove it, or write it as an escape inside double quotes")
}

/// Line breaks that only yaml.v3 sees: they end a comment there and go unnoticed elsewhere, so
/// they are let through only inside quotes, where they change nothing. `quoted` is in order.
pub(super) fn hidden_breaks(text: &str, quoted: &[Span], findings: &mut Vec<Finding>) {
    let mut protected = Sweep::new(quoted);
    for (at, c) in text.char_indices() {
        let hidden = match c {
            '\u{85}' => true,
            '\u{2028}' | '\u{2029}' => !protected.covers(at),
            _ => false,
        };
        if hidden {
            report(findings, || hidden_break(at, c));
        }
    }
}

fn hidden_break(at: usize, c: char) -> Finding {
    let message = format!(
        "U+{:04X} ends the line for the engine, and does not look like it",
        u32::from(c)
    );
    let span = Span::new(at, at + c.len_utf8());
    Finding::new(&SYNTAX_ERROR, "", span, message)
        .help("use an ordinary line break, or an escape inside double quotes")
}

/// Tabs in the leading white space of lines. Inside `free` spans (scalars and bracketed
/// collections, in order) the grammar has decided already.
pub(super) fn tabs_in_indentation(text: &str, free: &[Span], findings: &mut Vec<Finding>) {
    let mut free = Sweep::new(free);
    let mut start = 0;
    for line in text.split_inclusive(['\n', '\r']) {
        let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = line[..indentation].find('\t') {
            let at = start + tab;
            if !free.covers(at) {
                report(findings, || tab_in_indentation(at));
            }
        }
        start += line.len();
    }
}

/// The finding about a tab, which is at `at`.
pub(super) fn tab_in_indentation(at: usize) -> Finding {
    let message = "a tab can't stand in front of a line's text";
    Finding::new(&SYNTAX_ERROR, "", Span::new(at, at + 1), message).help("indent with spaces")
}

/// Answers, for rising offsets, whether one of several spans covers them. The spans are in the
/// order of their starts.
struct Sweep<'s> {
    spans: &'s [Span],
    covered_to: usize,
}

impl<'s> Sweep<'s> {
    fn new(spans: &'s [Span]) -> Self {
        Self {
            spans,
            covered_to: 0,
        }
    }

    fn covers(&mut self, at: usize) -> bool {
        while let Some((span, rest)) = self.spans.split_first() {
            if span.start > at {
                break;
            }
            self.covered_to = self.covered_to.max(span.end);
            self.spans = rest;
        }
        at < self.covered_to
    }
}
