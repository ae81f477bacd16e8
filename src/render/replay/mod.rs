//! Replays to bytes: decisions as they are made, summaries at the end.

pub mod csv;
pub mod github;
pub mod html;
pub mod json;
pub mod jsonl;
pub mod markdown;
pub mod snapshot;
pub mod text;

use crate::engine::Decision;
use crate::policy::quantity::grouped;
use crate::replay::summary::{Summary, Tally};
use crate::source::position::LineIndex;

use super::{FileFindings, Style};

/// What reports need to name things.
#[derive(Debug)]
pub struct Context<'c> {
    /// The traces' names, by number.
    pub traces: Vec<String>,
    /// The policies, by number.
    pub policies: Vec<PolicySource<'c>>,
    /// How text is to look.
    pub style: Style,
    /// Whether text is to have the parts that few ask for.
    pub verbose: bool,
}

/// A policy as it was read.
#[derive(Debug, Clone, Copy)]
pub struct PolicySource<'c> {
    /// Its name.
    pub name: &'c str,
    /// Its text.
    pub text: &'c str,
    /// Where the text's lines begin.
    pub lines: &'c LineIndex,
}

impl<'c> PolicySource<'c> {
    /// The policy as what draws findings wants it.
    fn without_findings(self) -> FileFindings<'c> {
        FileFindings {
            name: self.name,
            text: self.text,
            lines: self.lines,
            findings: &[],
        }
    }
}

impl Context<'_> {
    /// The name of policy `number`.
    fn policy(&self, number: Option<usize>) -> Option<&str> {
        Some(self.policies.get(number?)?.name)
    }

    /// The trace's name, where there are several.
    fn trace_if_several(&self, number: usize) -> Option<&str> {
        if self.traces.len() > 1 {
            self.traces.get(number).map(String::as_str)
        } else {
            None
        }
    }
}

/// One line, without a line feed, that says what became of the calls.
fn total_line(summary: &Summary, skipped: u64) -> String {
    let Tally {
        calls,
        allow,
        deny,
        throttle,
        unknown,
    } = summary.total;
    let noun = if calls == 1 { "call" } else { "calls" };
    let mut line = format!(
        "{} {noun}: {} allowed, {} denied, {} throttled",
        grouped(calls),
        grouped(allow),
        grouped(deny),
        grouped(throttle)
    );
    if unknown > 0 {
        line += &format!(", {} unknown", grouped(unknown));
    }
    if skipped > 0 {
        let noun = if skipped == 1 { "line" } else { "lines" };
        line += &format!("; {} {noun} skipped", grouped(skipped));
    }
    line
}

/// The name of a rule in a sentence. Those of Intercept's rules are free text, between backticks to show
/// where it ends; the names that the gateway's log has, such as `(hidden)` and `/tools/x/deny_if/always`,
/// show it by themselves.
pub(in crate::render) fn rule_named(rule: &str) -> String {
    let in_brackets = rule.starts_with('(') && rule.ends_with(')');
    let is_place = rule.starts_with('/') && !rule.contains(char::is_whitespace);
    match in_brackets || is_place {
        true => rule.to_owned(),
        false => format!("`{rule}`"),
    }
}

/// The word for a decision.
fn word(decision: &Decision) -> &'static str {
    decision.ruling().word()
}
