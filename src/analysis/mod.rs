//! The algebra of conditions: can they hold, does one imply another, and which call gets through?
//!
//! What a call may have at an argument path is a [`Set`]: exact for every kind of value, since it
//! follows the engine's semantics of missing arguments, printed forms, float64 and patterns. A
//! condition is the set it holds for and the set it fails for. Conditions on several paths are
//! independent, but that a field is there only if its parent is an object. So a [`Question`] comes
//! down to finitely many cases with one set for each path, and the answer to a tree of them.
//!
//! Whatever is said with certainty is true of every call, and every witness was confirmed by the
//! engine. Where a bound is hit - on cases, on the size of automata - the answer is "don't know".
//!
//! A call here has an object of arguments, any at all: what an engine forwards or refuses unread, and
//! limits, are no matter of conditions. Counters are taken to be at zero where a call is shown, and
//! may hold anything where something is proved.
//!
//! Simple questions build no automata: a string is first looked for by trying likely ones.

mod answer;
mod automaton;
mod budget;
mod cases;
mod containment;
mod counter;
mod declared;
mod language;
mod lists;
mod numbers;
mod objects;
mod printed;
mod question;
mod sample;
mod search;
mod set;
mod texts;
mod tree;
mod witness;

pub use answer::{Answer, Proof};
pub use declared::{Declarations, Declared};
pub use language::Language;
pub use question::Question;
pub use set::{Kind, Set};
pub use witness::Witness;

use automaton::Automata;
use budget::Budget;

use crate::policy::condition::Condition;

/// How much work it may take to find one string.
const MAX_TEXT_STEPS: u32 = 100_000;
/// How much work all questions together may take, those of one policy: some seconds.
const MAX_STEPS_IN_ALL: u32 = 3_000_000;

/// Answers questions, and keeps the automata that it builds for them. After much work it knows no
/// answer any more, so there should be one for each policy.
#[derive(Debug)]
pub struct Analysis {
    automata: Automata,
    budget: Budget<'static>,
}

impl Default for Analysis {
    fn default() -> Self {
        Self {
            automata: Automata::default(),
            budget: Budget::new(MAX_STEPS_IN_ALL),
        }
    }
}

impl Analysis {
    /// Nothing is kept yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers `question`.
    pub fn ask(&self, question: &Question<'_>) -> Answer<Witness> {
        question.answer(&self.automata, &self.budget)
    }

    /// Is there a call that meets all of `conditions`?
    pub fn satisfiable(&self, conditions: &[Condition]) -> Answer<Witness> {
        self.ask(&Question::new().meeting(conditions))
    }

    /// Does every call meet all of `conditions`?
    pub fn always(&self, conditions: &[Condition]) -> Proof<Witness> {
        self.ask(&Question::new().failing(conditions)).into()
    }

    /// Does every call that meets all of `these` meet all of `those`?
    pub fn implies(&self, these: &[Condition], those: &[Condition]) -> Proof<Witness> {
        self.ask(&Question::new().meeting(these).failing(those))
            .into()
    }

    /// Is every string of `narrow` in `wide`?
    pub fn is_within(&self, narrow: &Language, wide: &Language) -> Proof<String> {
        let outside = Set::strings(std::slice::from_ref(narrow), std::slice::from_ref(wide));
        self.string_in(&outside).into()
    }

    /// Is every string in `language`? Else, one that is not.
    pub fn matches_everything(&self, language: &Language) -> Proof<String> {
        self.string_in(&Set::strings(&[], std::slice::from_ref(language)))
            .into()
    }

    /// Is no string in `language`? Else, one that is.
    pub fn matches_nothing(&self, language: &Language) -> Proof<String> {
        self.string_in(&Set::strings(std::slice::from_ref(language), &[]))
            .into()
    }

    /// Is there a string in `strings`? One of its samples, if one belongs to it; else a short one.
    pub fn string_in(&self, strings: &Set) -> Answer<String> {
        strings.pick_text(&self.automata, &self.budget.part(MAX_TEXT_STEPS))
    }
}

#[cfg(test)]
mod tests;
