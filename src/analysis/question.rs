//! Questions: is there a call that meets these conditions, but not those?

use std::collections::BTreeMap;

use ahash::AHashSet;

use super::answer::Answer;
use super::automaton::Automata;
use super::budget::Budget;
use super::cases::{Case, Literal, Solver};
use super::counter;
use super::declared::Declarations;
use super::set::Set;
use super::tree::Picker;
use super::witness::Witness;
use crate::policy::condition::{ArgPath, Condition, Subject, Test};
use crate::policy::{Effect, Rules};
use crate::source::MAX_DEPTH;

/// How much work one question may take: cases, states of automata and ways of reading a text.
const MAX_STEPS: u32 = 50_000;
/// About how many conditions one question may be.
const MAX_CONDITIONS: usize = 1_000;

/// A question about calls.
#[derive(Debug, Clone, Default)]
pub struct Question<'q> {
    holds: Vec<&'q [Condition]>,
    fails: Vec<&'q [Condition]>,
    wanted: BTreeMap<ArgPath, Set>,
    declared: Vec<(ArgPath, Set)>,
}

impl<'q> Question<'q> {
    /// Is there a call?
    pub fn new() -> Self {
        Self::default()
    }

    /// … that meets all of `conditions`?
    #[must_use]
    pub fn meeting(mut self, conditions: &'q [Condition]) -> Self {
        self.holds.push(conditions);
        self
    }

    /// … that fails at least one of `conditions`?
    #[must_use]
    pub fn failing(mut self, conditions: &'q [Condition]) -> Self {
        self.fails.push(conditions);
        self
    }

    /// … that none of `rules` denies? Limits are left out, and counters at zero.
    #[must_use]
    pub fn passing(mut self, rules: &'q Rules) -> Self {
        for rule in &rules.rules {
            self = match rule.effect {
                Effect::Require => self.meeting(&rule.conditions),
                Effect::DenyIf => self.failing(&rule.conditions),
            };
        }
        self
    }

    /// … that has one of `set` at `path`?
    #[must_use]
    pub fn with(mut self, path: &ArgPath, set: &Set) -> Self {
        let wanted = self
            .wanted
            .entry(path.clone())
            .or_insert_with(Set::everything);
        *wanted = wanted.and(set);
        self
    }

    /// … that is as the tool's schema declares?
    #[must_use]
    pub fn as_declared(mut self, declarations: &Declarations) -> Self {
        // No arguments nest deeper.
        let reachable = declarations
            .iter()
            .filter(|(path, _)| path.fields.len() <= MAX_DEPTH);
        let sets = reachable.map(|(path, declared)| (path.clone(), declared.set()));
        self.declared.extend(sets);
        self
    }

    pub(super) fn answer(&self, automata: &Automata) -> Answer<Witness> {
        self.without_idle().answer_whole(automata)
    }

    /// The same question without the conditions that fail anyway, because no other part of it asks
    /// for an argument that they look at: answers leave it out.
    fn without_idle(&self) -> Self {
        let mut asked: AHashSet<&str> = AHashSet::new();
        let paths = self.declared.iter().map(|(path, _)| path);
        asked.extend(paths.chain(self.wanted.keys()).filter_map(argument));
        asked.extend(arguments(&self.holds));
        let mut kept = Vec::new();
        let mut idle = self.fails.clone();
        loop {
            let (new, rest) = idle.iter().partition(|list| !is_idle(list, &asked));
            idle = rest;
            if Vec::is_empty(&new) {
                break;
            }
            asked.extend(arguments(&new));
            kept.extend(new);
        }
        Self {
            fails: kept,
            ..self.clone()
        }
    }

    fn answer_whole(&self, automata: &Automata) -> Answer<Witness> {
        let conditions = self.holds.iter().chain(&self.fails);
        if conditions.map(|list| list.len()).sum::<usize>() > MAX_CONDITIONS {
            return Answer::Unknown;
        }
        let Some(first) = self.first_case() else {
            return Answer::No;
        };
        let mut failing: Vec<_> = self.fails.iter().map(|list| Literal::all(list)).collect();
        // What leaves no choice is decided first, then what leaves little.
        failing.sort_by_key(Vec::len);
        let solver = Solver {
            failing: &failing,
            declared: &self.declared,
            picker: Picker {
                automata,
                budget: &Budget::new(MAX_STEPS),
            },
        };
        match solver.solve(first).map(Witness::new) {
            Answer::Yes(witness) if !self.is_answered_by(&witness) => {
                debug_assert!(false, "the engine does not confirm {witness} for {self:?}");
                Answer::Unknown
            }
            answer => answer,
        }
    }

    /// What has to hold for certain. `None` if that can't be.
    fn first_case(&self) -> Option<Case<'_>> {
        let mut case = Case::every();
        let mut possible = self.wanted.iter().all(|(path, set)| case.narrow(path, set));
        for conditions in &self.holds {
            possible = possible && case.meet(conditions);
        }
        possible.then_some(case)
    }

    /// Whether `witness` is what was asked for. The engine tells about conditions.
    fn is_answered_by(&self, witness: &Witness) -> bool {
        let is_declared = |path: &ArgPath, set: &Set| {
            let argument = witness.argument(path);
            !witness.has_parent(path) && argument.is_none() || set.contains(argument)
        };
        self.wanted
            .iter()
            .all(|(path, set)| set.contains(witness.argument(path)))
            && self
                .declared
                .iter()
                .all(|(path, set)| is_declared(path, set))
            && self.is_confirmed(witness)
    }

    /// The engine's own opinion, with all counters at zero.
    fn is_confirmed(&self, witness: &Witness) -> bool {
        let on_arguments = |conditions: &[Condition]| {
            let is_argument = |c: &&Condition| matches!(c.subject, Subject::Argument(_));
            conditions
                .iter()
                .filter(is_argument)
                .cloned()
                .collect::<Vec<_>>()
        };
        let possible = |conditions: &&[Condition]| conditions.iter().all(holds_at_rest);
        let holds: Vec<_> = self
            .holds
            .iter()
            .map(|conditions| on_arguments(conditions))
            .collect();
        let fails = self.fails.iter().filter(|conditions| possible(conditions));
        let fails: Vec<_> = fails.map(|conditions| on_arguments(conditions)).collect();
        self.holds.iter().all(possible) && witness.is_confirmed(&holds, &fails)
    }
}

/// The argument that `path` leads into.
fn argument(path: &ArgPath) -> Option<&str> {
    path.fields.first().map(String::as_str)
}

/// The arguments that conditions look at.
fn arguments<'q>(lists: &[&'q [Condition]]) -> impl Iterator<Item = &'q str> {
    let conditions = lists.iter().flat_map(|list| list.iter());
    conditions.filter_map(|condition| match &condition.subject {
        Subject::Argument(path) => argument(path),
        Subject::Counter(_) => None,
    })
}

/// Whether some of `conditions` fails where a call has no other arguments than those of `asked`: a
/// missing one meets nothing but `exists false`.
fn is_idle(conditions: &[Condition], asked: &AHashSet<&str>) -> bool {
    conditions.iter().any(|condition| match &condition.subject {
        Subject::Argument(path) => {
            condition.test != Test::Exists(false)
                && argument(path).is_some_and(|name| !asked.contains(name))
        }
        Subject::Counter(_) => false,
    })
}

fn holds_at_rest(condition: &Condition) -> bool {
    match condition.subject {
        Subject::Argument(_) => true,
        Subject::Counter(_) => counter::holds_at_rest(&condition.test),
    }
}
