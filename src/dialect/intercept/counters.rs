//! The counters that rules define: which ones there are, and whether conditions can read them.

use ahash::{AHashMap, AHashSet};

use super::document::{Rule, Tool, is_null};
use super::rate_limit::{RateLimit, shorthand};
use super::report::Report;
use crate::finding::{Finding, Label};
use crate::rules::form::INVALID_RULE;
use crate::span::Span;
use crate::suggest::quoted;

/// The counters that the tools of a file define.
pub(super) struct Counters<'a> {
    of_tools: AHashMap<&'a str, AHashSet<String>>,
    /// Tools with a counter whose name can't be told, which has been reported.
    unclear: AHashSet<&'a str>,
}

impl<'a> Counters<'a> {
    pub fn of(tools: &[Tool<'a>]) -> Self {
        let of_tools = tools.iter().map(|tool| {
            let names = tool.rules.iter().filter_map(counter_of);
            (tool.entry.key.as_str(), names.map(|c| c.name).collect())
        });
        let unclear = tools
            .iter()
            .filter(|tool| tool.rules.iter().any(is_unclear));
        Self {
            of_tools: of_tools.collect(),
            unclear: unclear.map(|tool| tool.entry.key.as_str()).collect(),
        }
    }

    /// Whether the counter that `path` reads is defined. Paths without a counter's name pass.
    pub fn define(&self, path: &str) -> bool {
        let Some((tool, counter)) = self.owner(path) else {
            return true;
        };
        self.of_tools
            .get(tool)
            .is_some_and(|names| names.contains(counter))
    }

    /// Whether `path` reads a counter of a tool that has one by a name that can't be told.
    pub fn are_unclear(&self, path: &str) -> bool {
        self.owner(path)
            .is_some_and(|(tool, _)| self.unclear.contains(tool))
    }

    /// The tool and the name of the counter that `path` reads.
    fn owner<'p>(&self, path: &'p str) -> Option<(&'p str, &'p str)> {
        let mut parts = path.splitn(3, '.').skip(1);
        let (scope, counter) = (parts.next()?, parts.next()?);
        // The scope of the wildcard's counters, unless a tool has taken the name.
        let tool = match scope {
            "_global" if !self.of_tools.contains_key("_global") => "*",
            scope => scope,
        };
        Some((tool, counter))
    }
}

/// Whether a rule has a counter by a name that can't be told.
fn is_unclear(rule: &Rule<'_>) -> bool {
    match (&rule.state, rule.object.node.entry("state")) {
        (Some(state), _) => state.counter.given().is_none(),
        (None, Some(entry)) => !is_null(&entry.value),
        (None, None) => rule.object.has_misspelt("state"),
    }
}

/// The counter that a rule defines, and where.
struct Definition {
    name: String,
    pointer: String,
    span: Span,
}

/// A shorthand that can be written out defines a counter; one that can't leaves the rule's own
/// `state` block in force.
fn counter_of(rule: &Rule<'_>) -> Option<Definition> {
    let (name, (pointer, span)) = match (shorthand(rule), &rule.state) {
        (Some(Ok(limit)), _) => (limit.counter(), rule.object.place(rule.rate_limit)),
        (_, Some(state)) => (
            state.counter.text?.to_owned(),
            state.object.place(state.counter),
        ),
        (_, None) => return None,
    };
    Some(Definition {
        name,
        pointer,
        span,
    })
}

/// Two rules of a tool can't have one counter, whatever their windows are.
pub(super) fn check_duplicates(tool: &Tool<'_>, report: &mut Report) {
    let mut first: AHashMap<String, Span> = AHashMap::default();
    for found in tool.rules.iter().filter_map(counter_of) {
        match first.get(&found.name) {
            // A counter without a name is reported as that.
            Some(_) if found.name.is_empty() => {}
            Some(earlier) => {
                let message = format!(
                    "another rule of tool {} has the counter {} already",
                    quoted(&tool.entry.key),
                    quoted(&found.name)
                );
                let finding = report.refuse(&INVALID_RULE, found.pointer, found.span, message);
                finding.labels.push(Label {
                    span: *earlier,
                    text: "defined here first".into(),
                });
                finding.help = Some(if found.name.starts_with("_rate_") {
                    "keep one limit for each window".into()
                } else {
                    "give each rule of a tool a counter of its own".into()
                });
            }
            None => {
                first.insert(found.name, found.span);
            }
        }
    }
}

/// Where a rule's own counter is read: the scope is the tool's name, or `_global` for `*`.
pub(super) fn own_path(tool: &Tool<'_>, counter: &str) -> String {
    let scope = match tool.entry.key.as_str() {
        "*" => "_global",
        name => name,
    };
    format!("state.{scope}.{counter}")
}

/// The engine writes a shorthand out before it validates it, and may then not find the counter.
pub(super) fn check_own(
    tool: &Tool<'_>,
    rule: &Rule<'_>,
    limit: RateLimit,
    counters: &Counters<'_>,
    report: &mut Report,
) {
    let path = own_path(tool, &limit.counter());
    if counters.define(&path) {
        return;
    }
    let name = tool.entry.key.as_str();
    let (pointer, span) = rule.object.place(rule.rate_limit);
    let finding = undefined(&path, pointer, span, report);
    finding.help = Some(if name == "*" {
        "a tool called `_global` has taken the name that the counters of `\"*\"` go by".into()
    } else {
        format!(
            "the engine takes what stands before the first dot of {} for the tool: it can't limit \
             tools with a dot in their name, except all together under `\"*\"`",
            quoted(name)
        )
    });
}

pub(super) fn undefined<'r>(
    path: &str,
    pointer: String,
    span: Span,
    report: &'r mut Report,
) -> &'r mut Finding {
    let message = format!(
        "no rule has a `state` block for the counter {}",
        quoted(path)
    );
    report.refuse(&INVALID_RULE, pointer, span, message)
}
