//! Questions as cases. That a rule denies no call means that one of its conditions fails; each way
//! of choosing such a condition for each rule is a case, in which every argument just has to be in
//! a set.

use std::collections::BTreeMap;

use super::answer::Answer;
use super::budget::Budget;
use super::counter;
use super::set::Set;
use super::tree::{Fields, Picker};
use crate::policy::condition::{ArgPath, Condition, Subject};
use crate::policy::limit::CounterKey;
use crate::policy::value::Value;
use crate::source::MAX_DEPTH;

/// What looking for the arguments of a case takes from the budget.
const STEPS_OF_A_CASE: usize = 20;
/// How many elements of sets are intersected for one step of the budget.
const ELEMENTS_A_STEP: usize = 8;

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

    /// Lets `literal` hold, or fail. Whether it still may.
    fn let_be(&mut self, literal: &Literal<'q>, holds: bool) -> bool {
        let set = if holds {
            &literal.meeting
        } else {
            &literal.failing
        };
        match literal.subject {
            Subject::Argument(path) => self.narrow(path, set),
            Subject::Counter(key) => self.narrow_counter(key, set, literal.holds_at_rest == holds),
        }
    }

    /// Lets `condition` hold. Whether it still may, or `None` if the budget does not suffice.
    pub(super) fn meet(&mut self, condition: &'q Condition, budget: &Budget<'_>) -> Option<bool> {
        let literal = Literal::new(condition);
        budget
            .spend(self.steps(std::slice::from_ref(&literal)))
            .then(|| self.let_be(&literal, true))
    }

    fn known(&self, literal: &Literal<'_>) -> Option<&Set> {
        match literal.subject {
            Subject::Argument(path) => self.arguments.get(path),
            Subject::Counter(key) => self.counters.get(key),
        }
    }

    /// What it takes to let one of `literals` be.
    fn steps(&self, literals: &[Literal<'_>]) -> usize {
        let elements = |literal: &Literal<'_>| {
            literal.meeting.size() + self.known(literal).map_or(0, Set::size)
        };
        let intersecting = literals
            .iter()
            .map(|literal| 1 + elements(literal) / ELEMENTS_A_STEP);
        let copying = literals.len() * self.arguments.len();
        intersecting.sum::<usize>() + copying
    }

    /// Whether it is plain that `literal` fails.
    fn excludes(&self, literal: &Literal<'_>) -> bool {
        let known = self.known(literal);
        known.is_some_and(|set| set.and(&literal.meeting).is_plainly_empty())
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

/// A condition as the sets that it holds and fails for.
#[derive(Debug)]
pub(super) struct Literal<'q> {
    subject: &'q Subject,
    meeting: Set,
    failing: Set,
    /// Whether a condition on a counter holds at zero.
    holds_at_rest: bool,
}

impl<'q> Literal<'q> {
    fn new(condition: &'q Condition) -> Self {
        let test = &condition.test;
        let (meeting, failing, holds_at_rest) = match condition.subject {
            Subject::Argument(_) => (Set::meeting(test), Set::failing(test), true),
            Subject::Counter(_) => {
                let possible = |holds| counter::possible(test, holds);
                (
                    possible(true),
                    possible(false),
                    counter::holds_at_rest(test),
                )
            }
        };
        Self {
            subject: &condition.subject,
            meeting,
            failing,
            holds_at_rest,
        }
    }

    pub(super) fn all(conditions: &'q [Condition]) -> Vec<Self> {
        conditions.iter().map(Self::new).collect()
    }
}

/// Looks for arguments that a first case allows, and with which no list of literals holds
/// altogether.
#[derive(Debug, Clone, Copy)]
pub(super) struct Solver<'q, 'a> {
    pub(super) failing: &'a [Vec<Literal<'q>>],
    pub(super) declared: &'q [(ArgPath, Set)],
    pub(super) picker: Picker<'a>,
}

/// What is to be done about a case.
enum Next<'q, 'a> {
    Impossible,
    Decided,
    /// One of these literals has to fail.
    Choose(&'a [Literal<'q>]),
    /// The budget is used up.
    Stop,
}

impl<'q, 'a> Solver<'q, 'a> {
    pub(super) fn solve(self, first: Case<'q>) -> Answer<Value> {
        let mut answer = Answer::No;
        let mut open = vec![first];
        while let Some(mut case) = open.pop() {
            match self.next(&mut case) {
                Next::Impossible => {}
                Next::Decided => {
                    answer = answer.or_else(|| case.arguments(self.declared, self.picker));
                }
                Next::Choose(literals) => open.extend(alternatives(&case, literals)),
                Next::Stop => return Answer::Unknown,
            }
            if matches!(answer, Answer::Yes(_)) {
                break;
            }
        }
        answer
    }

    /// Decides all that leaves no choice.
    fn next(self, case: &mut Case<'q>) -> Next<'q, 'a> {
        while let Some(literals) = self.failing.get(case.decided) {
            case.decided += 1;
            if !self.picker.budget.spend(case.steps(literals)) {
                return Next::Stop;
            }
            match &literals[..] {
                // What has no conditions holds for every call.
                [] => return Next::Impossible,
                [only] if !case.let_be(only, false) => return Next::Impossible,
                [_] => {}
                _ if literals.iter().any(|literal| case.excludes(literal)) => {}
                _ => return Next::Choose(literals),
            }
        }
        match self.picker.budget.spend(STEPS_OF_A_CASE) {
            true => Next::Decided,
            false => Next::Stop,
        }
    }
}

/// A case for each literal that may fail, the first one last: it is taken up first.
fn alternatives<'q>(case: &Case<'q>, literals: &[Literal<'q>]) -> Vec<Case<'q>> {
    let cases = literals.iter().rev().filter_map(|literal| {
        let mut case = case.clone();
        case.let_be(literal, false).then_some(case)
    });
    cases.collect()
}
