//! What rules about conditions share: which of them hold together, and what they are about.

use crate::analysis::Question;
use crate::catalog::arguments::{Absence, Arguments, Place};
use crate::lint::{Context, ListedTool, Reporter};
use crate::policy::condition::{ArgPath, Condition, Subject};
use crate::policy::value::Value;
use crate::policy::{self, Clause, Effect, Rules};
use crate::schema::places::head;
use crate::span::Span;

/// So many rules of one tool are compared with each other.
const MAX_COMPARED: usize = 100;

/// Of tools with more rules than this, nothing is asked about all of them together.
const MAX_TOGETHER: usize = 1_000;

/// Rules that hold for the same calls.
#[derive(Debug, Clone, Copy)]
pub struct Group<'c> {
    /// The tool that they are for; `None` if they are for every tool.
    pub listed: Option<&'c ListedTool<'c>>,
    /// The rules.
    pub rules: &'c Rules,
    /// What is known of the arguments of all tools that can be called, if these are the rules of
    /// every tool.
    every: Option<&'c [Arguments]>,
}

/// The rules that calls can meet: those of tools that can be called, and those of every tool.
pub(super) fn groups<'c>(context: &'c Context<'_>) -> Vec<Group<'c>> {
    if context.hides_everything().is_some() || context.denies_everything().is_some() {
        return Vec::new();
    }
    let alive = context.tools.iter().filter(|listed| listed.can_be_called());
    let of_tools = alive.map(Group::of);
    let rules = &context.policy.every_tool;
    let is_empty = rules.rules.is_empty() && rules.limits.is_empty();
    let of_all = Group {
        listed: None,
        rules,
        every: context.every_arguments().filter(|_| !is_empty),
    };
    of_tools.chain([of_all]).collect()
}

/// Has `check` look at one group after another, until it has found enough.
pub(crate) fn each_group(
    context: &Context<'_>,
    check: fn(&Context<'_>, &Group<'_>, &mut Reporter<'_>),
    reporter: &mut Reporter<'_>,
) {
    for group in groups(context) {
        if reporter.is_full() {
            return;
        }
        check(context, &group, reporter);
    }
}

impl<'c> Group<'c> {
    /// The rules of one tool.
    pub fn of(listed: &'c ListedTool<'c>) -> Self {
        Self {
            listed: Some(listed),
            rules: &listed.tool.rules,
            every: None,
        }
    }

    /// The arguments of the tool, if that is known.
    pub fn arguments(&self) -> Option<&'c Arguments> {
        self.listed?.arguments()
    }

    /// Whether a limit counts what passes `rule`, so that it does more than its conditions say.
    pub fn counts(&self, rule: &policy::Rule) -> bool {
        let limits = &self.rules.limits;
        limits
            .iter()
            .any(|limit| limit.clause.pointer == rule.clause.pointer)
    }

    /// The rules that are compared with each other: those that do no more than their conditions say.
    pub fn comparable(&self) -> Vec<&'c policy::Rule> {
        if self.rules.rules.len() > MAX_COMPARED {
            return Vec::new();
        }
        let rules = self.rules.rules.iter();
        rules.filter(|rule| !self.counts(rule)).collect()
    }

    /// Whether there are too many rules to ask about all of them together.
    pub fn is_too_large(&self) -> bool {
        self.rules.rules.len() > MAX_TOGETHER
    }

    /// What is declared at the path of `condition`.
    pub fn place(&self, condition: &Condition) -> Option<Place> {
        self.place_of(path(condition)?)
    }

    /// What is declared at `path`. Of rules of every tool only where no tool has it.
    pub fn place_of(&self, path: &ArgPath) -> Option<Place> {
        match self.listed {
            Some(listed) => Some(listed.arguments()?.place(path)),
            None => absent_everywhere(self.every?, path).map(Place::Absent),
        }
    }
}

/// Where `path` leaves the schemas of all of these tools: of those with the most of it, first.
fn absent_everywhere(tools: &[Arguments], path: &ArgPath) -> Option<Absence> {
    let mut nearest: Option<Absence> = None;
    for tool in tools {
        let Place::Absent(absence) = tool.place(path) else {
            return None;
        };
        match &mut nearest {
            Some(known) if known.depth > absence.depth => {}
            Some(known) if known.depth == absence.depth => known.fields.extend(absence.fields),
            _ => nearest = Some(absence),
        }
    }
    nearest
}

/// The argument that a condition looks at.
pub(super) fn path(condition: &Condition) -> Option<&ArgPath> {
    match &condition.subject {
        Subject::Argument(path) => Some(path),
        Subject::Counter(_) => None,
    }
}

/// The arguments that conditions look at.
pub(super) fn paths(conditions: &[Condition]) -> impl Iterator<Item = &ArgPath> {
    conditions.iter().filter_map(path)
}

/// Whether two rules look at the same thing.
pub(super) fn share_a_subject(a: &policy::Rule, b: &policy::Rule) -> bool {
    let subjects = |rule: &policy::Rule| rule.conditions.len().max(1);
    if subjects(a) * subjects(b) > 400 {
        return false;
    }
    a.conditions
        .iter()
        .any(|one| b.conditions.iter().any(|two| one.subject == two.subject))
}

/// Asks on for a call that passes `rule`, or is denied by it.
pub(super) fn decided<'q>(
    question: Question<'q>,
    rule: &'q policy::Rule,
    passes: bool,
) -> Question<'q> {
    match (rule.effect == Effect::Require) == passes {
        true => question.meeting(&rule.conditions),
        false => question.failing(&rule.conditions),
    }
}

/// Whether these are the ways to set a flag, and not numbers alone. What is left out is not set.
pub(super) fn set_a_flag(values: &[Value]) -> bool {
    const WAYS: [&str; 5] = ["true", "1", "yes", "y", "on"];
    let sets = |value: &Value| WAYS.contains(&value.printed().to_ascii_lowercase().as_str());
    values.iter().all(sets) && values.iter().any(|value| value.as_number().is_none())
}

/// What to underline for a whole clause.
pub(super) fn underlined(context: &Context<'_>, clause: &Clause) -> Span {
    context.at(&clause.pointer).map_or(clause.span, head)
}

/// `its operator value`, as in `args.amount gt 100`, from the text of a condition.
pub(super) fn spelled(context: &Context<'_>, condition: &Condition) -> String {
    let Some(node) = context.at(&condition.pointer) else {
        return String::new();
    };
    let part = |key: &str| {
        let value = node.get(key)?;
        Some(match value.as_str() {
            Some(text) if key != "value" => text.to_owned(),
            _ => crate::edit::value_of(value).to_string(),
        })
    };
    let parts = ["path", "op", "value"].into_iter().filter_map(part);
    parts.collect::<Vec<_>>().join(" ")
}
