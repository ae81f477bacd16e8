//! The page's policies: their text, with counts in the margin.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::PolicySource;
use super::{Page, name};
use crate::engine::Exercise;
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
struct Notes(BTreeMap<usize, Exercise>);

impl Notes {
    fn of(number: usize, source: PolicySource<'_>, summary: &Summary) -> Self {
        let mut notes: BTreeMap<usize, Exercise> = BTreeMap::new();
        for clause in summary.coverage.iter().filter(|c| c.policy == number) {
            let note = notes.entry(line_of(source, clause.span)).or_default();
            note.evaluated += clause.exercise.evaluated;
            note.decided += clause.exercise.decided;
        }
        // Defaults and hidden tools are no clauses, but block.
        for rule in &summary.by_rule {
            if let (Some(policy), Some(span)) = (rule.policy, rule.span)
                && policy == number
            {
                let note = notes.entry(line_of(source, span)).or_default();
                note.decided = note.decided.max(rule.calls);
                note.evaluated = note.evaluated.max(rule.calls);
            }
        }
        Self(notes)
    }

    /// The class of a line's row, as an attribute, and what stands in the margin.
    fn at(&self, line: usize) -> (&'static str, String) {
        let Some(note) = self.0.get(&line) else {
            return ("", String::new());
        };
        match (note.decided, note.evaluated) {
            (0, 0) => (" class=\"unused\"", "never".to_owned()),
            (0, looked) => ("", format!("· of {}", grouped(looked))),
            (blocked, looked) => (
                " class=\"blocked\"",
                format!("{} of {}", grouped(blocked), grouped(looked)),
            ),
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
                "<p class=\"soft\">In the margin: how many calls a clause blocked, of how many that came \
                 to it.</p>\n<div class=\"source\"><table>"
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
