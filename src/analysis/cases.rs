//! Questions as cases. That a rule denies no call means that one of its conditions fails; each way
//! of choosing such a condition for each rule is a case, in which every argument just has to be in
//! a set.

use std::collections::BTreeMap;

use super::answer::Answer;
use super::counter;
use super::set::Set;
use super::tree::{Fields, Picker};
use crate::policy::condition::{ArgPath, Condition, Subject};
use crate::policy::limit::CounterKey;
use crate::policy::value::Value;
use crate::source::MAX_DEPTH;

/// What looking at one case takes from the budget.
const STEPS_OF_A_CASE: usize = 10;

/// What arguments and counters have to be, in one case.
#[derive(Debug, Clone)]
pub(super) struct Case<'q> {
    arguments: BTreeMap<&'q ArgPath, Set>,
    /// What counters may hold; more than they can where that is not easily said.
    counters: BTreeMap<&'q CounterKey, Set>,
    /// Whether all counters may be at zero.
    at_rest: bool,
    /// How many of the rules that must not hold are known not to.
    decided: usize,
}

impl<'q> Case<'q> {
    /// Every call.
    pub(super) fn every() -> Self {
        Self {
            arguments: BTreeMap::new(),
            counters: BTreeMap::new(),
            at_rest: true,
            decided: 0,
        }
    }

    /// Lets only what is in `set` stand at `path`. Whether anything may still.
    pub(super) fn narrow(&mut self, path: &'q ArgPath, set: &Set) -> bool {
        if path.fields.len() > MAX_DEPTH {
            // No arguments nest so deep.
            return set.has_missing();
        }
        let known = self.arguments.entry(path).or_insert_with(Set::everything);
        *known = known.and(set);
        !known.is_plainly_empty()
    }

    fn narrow_counter(&mut self, key: &'q CounterKey, set: &Set, at_rest: bool) -> bool {
        self.at_rest &= at_rest;
        let known = self.counters.entry(key).or_insert_with(counter::any);
        *known = known.and(set);
        !known.is_plainly_empty()
    }

    /// Lets `condition` hold, or fail. Whether it still may.
    pub(super) fn let_be(&mut self, condition: &'q Condition, holds: bool) -> bool {
        match &condition.subject {
            Subject::Argument(path) => self.narrow(path, &possible(condition, holds)),
            Subject::Counter(key) => {
                let at_rest = counter::holds_at_rest(&condition.test) == holds;
                self.narrow_counter(key, &counter::possible(&condition.test, holds), at_rest)
            }
        }
    }

    /// Whether it is plain that `condition` fails.
    fn excludes(&self, condition: &Condition) -> bool {
        match &condition.subject {
            Subject::Argument(path) => {
                let known = self.arguments.get(path);
                known.is_some_and(|set| set.and(&possible(condition, true)).is_plainly_empty())
            }
            Subject::Counter(key) => {
                let met = counter::possible(&condition.test, true);
                self.counters
                    .get(key)
                    .is_some_and(|set| set.and(&met).is_plainly_empty())
            }
        }
    }

    /// Arguments that the case allows, with all counters at zero.
    fn arguments(&self, declared: &'q [(ArgPath, Set)], picker: Picker<'_>) -> Answer<Value> {
        let mut fields = Fields::default();
        for (path, set) in &self.arguments {
            fields.ask(path, set);
        }
        for (path, set) in declared {
            fields.declare(path, set);
        }
        match picker.arguments(&fields) {
            // What it takes is a counter that has counted.
            Answer::Yes(_) if !self.at_rest => Answer::Unknown,
            answer => answer,
        }
    }
}

fn possible(condition: &Condition, holds: bool) -> Set {
    if holds {
        Set::meeting(&condition.test)
    } else {
        Set::failing(&condition.test)
    }
}

/// Arguments that `first` allows and with which none of `failing` holds altogether.
pub(super) fn solve<'q>(
    first: Case<'q>,
    failing: &[&'q [Condition]],
    declared: &'q [(ArgPath, Set)],
    picker: Picker<'_>,
) -> Answer<Value> {
    let mut answer = Answer::No;
    let mut open = vec![first];
    while let Some(mut case) = open.pop() {
        if !picker.budget.spend(STEPS_OF_A_CASE) {
            return Answer::Unknown;
        }
        match next_choice(&mut case, failing) {
            Next::Impossible => {}
            Next::Decided => answer = answer.or_else(|| case.arguments(declared, picker)),
            Next::Choose(conditions) => open.extend(alternatives(&case, conditions)),
        }
        if matches!(answer, Answer::Yes(_)) {
            break;
        }
    }
    answer
}

/// What is to be done about a case.
enum Next<'q> {
    Impossible,
    Decided,
    /// One of these conditions has to fail.
    Choose(&'q [Condition]),
}

/// Decides all that leaves no choice.
fn next_choice<'q>(case: &mut Case<'q>, failing: &[&'q [Condition]]) -> Next<'q> {
    while let Some(conditions) = failing.get(case.decided) {
        case.decided += 1;
        match conditions {
            // What has no conditions holds for every call.
            [] => return Next::Impossible,
            [only] if !case.let_be(only, false) => return Next::Impossible,
            [_] => {}
            _ if conditions.iter().any(|condition| case.excludes(condition)) => {}
            _ => return Next::Choose(conditions),
        }
    }
    Next::Decided
}

/// A case for each condition that may fail, the first one last: it is taken up first.
fn alternatives<'q>(case: &Case<'q>, conditions: &'q [Condition]) -> Vec<Case<'q>> {
    let cases = conditions.iter().rev().filter_map(|condition| {
        let mut case = case.clone();
        case.let_be(condition, false).then_some(case)
    });
    cases.collect()
}
