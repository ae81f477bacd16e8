//! The page's policies: their text, with counts in the margin.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::PolicySource;
use super::{Page, name};
use crate::policy::quantity::grouped;
use crate::render::escape::html;
use crate::replay::summary::Summary;
use crate::span::Span;

/// How many bytes of policies are shown, all in all.
const SOURCE_BYTES: usize = 256 * 1024;

/// The line that a clause of `source` begins on, from 1.
pub(super) fn line_of(source: PolicySource<'_>, span: Span) -> usize {
    source.lines.line(span.start)
}

/// What the margin says, by line.
struct Notes(BTreeMap<usize, Note>);

#[derive(Default)]
struct Note {
    blocked: u64,
    unused: bool,
}

impl Notes {
    fn of(number: usize, source: PolicySource<'_>, summary: &Summary) -> Self {
        let mut notes: BTreeMap<usize, Note> = BTreeMap::new();
        for rule in &summary.by_rule {
            if let (Some(policy), Some(span)) = (rule.policy, rule.span)
                && policy == number
            {
                notes.entry(line_of(source, span)).or_default().blocked += rule.calls;
            }
        }
        for clause in summary.unused.iter().filter(|c| c.policy == number) {
            notes
                .entry(line_of(source, clause.span))
                .or_default()
                .unused = true;
        }
        Self(notes)
    }

    /// The class of a line's row, as an attribute, and what stands in the margin.
    fn at(&self, line: usize) -> (&'static str, String) {
        match self.0.get(&line) {
            Some(note) if note.blocked > 0 => (" class=\"blocked\"", grouped(note.blocked)),
            Some(_) => (" class=\"unused\"", "not used".to_owned()),
            None => ("", String::new()),
        }
    }
}

impl Page<'_> {
    pub(super) fn policies(&mut self, summary: &Summary) {
        let mut left = SOURCE_BYTES;
        for (number, source) in self.context.policies.iter().enumerate() {
            put!(
                self,
                "<section>\n<h2><code>{}</code></h2>",
                name(source.name)
            );
            if source.text.len() > left {
                put!(
                    self,
                    "<p class=\"soft\">Too long to be shown here.</p>\n</section>"
                );
                continue;
            }
            left -= source.text.len();
            put!(
                self,
                "<p class=\"soft\">In the margin: how many calls a clause blocked, or that no call came to \
                 it.</p>\n<div class=\"source\"><table>"
            );
            let notes = Notes::of(number, *source, summary);
            for (line, text) in (1..).zip(source.text.lines()) {
                let (class, note) = notes.at(line);
                put!(
                    self,
                    "<tr id=\"p{number}-{line}\"{class}><td>{line}</td><td>{note}</td><td>{}</td></tr>",
                    html(&text.replace('\t', "    "))
                );
            }
            put!(self, "</table></div>\n</section>");
        }
    }
}
