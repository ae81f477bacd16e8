//! Replays to bytes: decisions as they are made, summaries at the end.

pub mod csv;
pub mod github;
pub mod html;
pub mod json;
pub mod jsonl;
mod kind;
pub mod markdown;
pub mod snapshot;
pub mod text;

use kind::{Kind, kinds};

use super::{FileFindings, Style};
use crate::engine::{Decision, Peak};
use crate::policy::quantity::grouped;
use crate::replay::summary::{LimitUse, RuleTally, Summary, Tally, TraceLine};
use crate::source::position::LineIndex;
use crate::span::Span;

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

    /// The first line of a clause that says something: an opening brace alone does not.
    fn telling_line(self, span: Span) -> Span {
        let clause = self.text.get(span.range()).unwrap_or("");
        let mut start = span.start;
        for line in clause.split_inclusive('\n') {
            if line.contains(char::is_alphanumeric) {
                let indent = line.len() - line.trim_start().len();
                return Span::new(start + indent, start + line.trim_end().len());
            }
            start += line.len();
        }
        span
    }
}

impl<'c> Context<'c> {
    /// Policy `number`.
    fn policy(&self, number: Option<usize>) -> Option<PolicySource<'c>> {
        self.policies.get(number?).copied()
    }

    /// Its name.
    fn policy_name(&self, number: Option<usize>) -> Option<&'c str> {
        Some(self.policy(number)?.name)
    }

    /// The name of trace `number`.
    fn trace(&self, number: usize) -> &str {
        self.traces.get(number).map_or("", String::as_str)
    }

    /// The trace's name, where there are several.
    fn trace_if_several(&self, number: usize) -> Option<&str> {
        if self.traces.len() > 1 {
            self.traces.get(number).map(String::as_str)
        } else {
            None
        }
    }

    /// `trace.jsonl:12`
    fn trace_line(&self, at: TraceLine) -> String {
        format!("{}:{}", self.trace(at.trace), at.line)
    }
}

/// One line, without a line feed, that says what became of the calls.
fn total_line(summary: &Summary, skipped: u64) -> String {
    let total = &summary.total;
    let parts = kinds(total).iter();
    let parts: Vec<_> = parts.map(|kind| counted_as(kind, total)).collect();
    let calls = counted(total.calls, "call", "calls");
    let mut line = format!("{calls}: {}", parts.join(", "));
    if skipped > 0 {
        line += &format!("; {} skipped", counted(skipped, "line", "lines"));
    }
    line
}

/// `2,000 denied`
fn counted_as(kind: &Kind, total: &Tally) -> String {
    format!("{} {}", grouped((kind.of)(total)), kind.word)
}

/// `1 call`, `2,000 calls`
fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

/// The limits that were used, each with its fullest window.
fn used(limits: &[LimitUse]) -> Vec<(&LimitUse, &Peak)> {
    let used = limits.iter();
    used.filter_map(|limit| Some((limit, limit.peak.as_ref()?)))
        .collect()
}

/// `fs/write_file`, or `write_file` where the calls have no server.
fn tool_named(server: Option<&str>, tool: &str) -> String {
    match server {
        Some(server) => format!("{server}/{tool}"),
        None => tool.to_owned(),
    }
}

/// The decision that a reason leads to.
fn blocking(reason: &RuleTally) -> &'static str {
    match reason.throttle {
        true => "throttle",
        false => "deny",
    }
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
