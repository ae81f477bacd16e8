//! Questions: is there a call that meets these conditions, but not those?

use std::collections::BTreeMap;

use ahash::{AHashMap, AHashSet};

use super::answer::Answer;
use super::automaton::Automata;
use super::budget::Budget;
use super::cases::{Case, Literal, Solver};
use super::counter;
use super::declared::Declarations;
use super::language::steps_to_match;
use super::set::Set;
use super::tree::Picker;
use super::witness::Witness;
use crate::policy::condition::{ArgPath, Condition, Subject, Test};
use crate::policy::value::Value;
use crate::policy::{Effect, Rules};
use crate::source::MAX_DEPTH;

/// How much work one question may take: cases, states of automata and ways of reading a text.
const MAX_STEPS: u32 = 200_000;
/// About how many conditions one question may be.
const MAX_CONDITIONS: usize = 1_000;
/// For how much of the values that conditions compare with the sets are made in one step.
const WEIGHT_A_STEP: usize = 2;

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

    pub(super) fn answer(&self, automata: &Automata, budget: &Budget<'_>) -> Answer<Witness> {
        let budget = budget.part(MAX_STEPS);
        // Nothing is begun that can't be ended.
        if !budget.spend(1 + self.fails.len() / 8) {
            return Answer::Unknown;
        }
        self.without_idle().answer_whole(automata, &budget)
    }

    /// The same question without the conditions that fail anyway, because no other part of it asks
    /// for an argument that they look at: answers leave it out.
    fn without_idle(&self) -> Self {
        let declared = self.declared.iter().map(|(path, _)| path);
        let wanted = declared.chain(self.wanted.keys()).filter_map(argument);
        let mut asked: Vec<&str> = wanted.chain(arguments(&self.holds)).collect();
        let mut known: AHashSet<&str> = AHashSet::new();
        let mut waiting: AHashMap<&str, Vec<&'q [Condition]>> = AHashMap::new();
        let mut fails = Vec::new();
        let mut open = self.fails.clone();
        loop {
            known.extend(&asked);
            let woken = asked.drain(..).filter_map(|name| waiting.remove(name));
            open.extend(woken.flatten());
            if open.is_empty() {
                break;
            }
            for list in open.drain(..) {
                match idle_without(list, &known) {
                    Some(name) => waiting.entry(name).or_default().push(list),
                    None => {
                        asked.extend(arguments(&[list]));
                        fails.push(list);
                    }
                }
            }
        }
        Self {
            fails,
            ..self.clone()
        }
    }

    fn answer_whole(&self, automata: &Automata, budget: &Budget<'_>) -> Answer<Witness> {
        let lists = self.holds.iter().chain(&self.fails);
        let conditions = || lists.clone().copied().flatten();
        if conditions().count() > MAX_CONDITIONS
            || !budget.spend(conditions().map(steps_to_read).sum())
        {
            return Answer::Unknown;
        }
        let first = match self.first_case(budget) {
            Answer::Yes(case) => case,
            Answer::No => return Answer::No,
            Answer::Unknown => return Answer::Unknown,
        };
        let mut failing: Vec<_> = self.fails.iter().map(|list| Literal::all(list)).collect();
        // What leaves no choice is decided first, then what leaves little.
        failing.sort_by_key(Vec::len);
        let solver = Solver {
            failing: &failing,
            declared: &self.declared,
            picker: Picker { automata, budget },
        };
        match solver.solve(first).map(Witness::new) {
            Answer::Yes(witness) if !self.is_answered_by(&witness) => {
                debug_assert!(false, "the engine does not confirm {witness} for {self:?}");
                Answer::Unknown
            }
            answer => answer,
        }
    }

    /// What has to hold for certain, if it can.
    fn first_case(&self, budget: &Budget<'_>) -> Answer<Case<'_>> {
        let mut case = Case::every();
        if !self.wanted.iter().all(|(path, set)| case.narrow(path, set)) {
            return Answer::No;
        }
        for condition in self.holds.iter().copied().flatten() {
            match case.meet(condition, budget) {
                Some(true) => {}
                Some(false) => return Answer::No,
                None => return Answer::Unknown,
            }
        }
        Answer::Yes(case)
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

/// An argument without which some of `conditions` fails, and that is not among the `known` ones: a
/// missing one meets nothing but `exists false`.
fn idle_without<'q>(conditions: &'q [Condition], known: &AHashSet<&str>) -> Option<&'q str> {
    let mut needed = conditions
        .iter()
        .filter_map(|condition| match &condition.subject {
            Subject::Argument(path) if condition.test != Test::Exists(false) => argument(path),
            Subject::Argument(_) | Subject::Counter(_) => None,
        });
    needed.find(|name| !known.contains(name))
}

/// What it takes to make the sets of a condition, and to let the engine try it.
fn steps_to_read(condition: &Condition) -> usize {
    let weight: usize = match &condition.test {
        Test::Eq(value) | Test::Neq(value) | Test::Contains(value) => value.weight(),
        Test::In(values) | Test::NotIn(values) => values.iter().map(Value::weight).sum(),
        Test::Regex(pattern) => return 1 + steps_to_match(pattern.translation()),
        Test::Compare(..) | Test::Exists(_) => 1,
    };
    1 + weight / WEIGHT_A_STEP
}

fn holds_at_rest(condition: &Condition) -> bool {
    match condition.subject {
        Subject::Argument(_) => true,
        Subject::Counter(_) => counter::holds_at_rest(&condition.test),
    }
}
