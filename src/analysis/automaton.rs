//! Automata for languages: built when a question needs them, kept for the next, bounded in size.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};

use super::budget::Budget;
use super::language::Language;
use super::sample::sample;

/// How large an automaton may get, and what it is made from, in bytes.
const MAX_SIZE: usize = 2 << 20;
/// How much of what it is made from, and of itself, is made in one step, in bytes.
const BYTES_A_STEP: usize = 128;
/// How many pairs of a state and one of what the automaton is made from are looked at in one step.
const PAIRS_A_STEP: usize = 128;
/// How much may be noted of the states of an automaton while it is made, in bytes.
const MAX_DETERMINIZED: usize = 512 << 10;
/// What it takes to find out that an automaton is too large.
const STEPS_IN_VAIN: usize = 50_000;
/// How large all that are kept may be together.
const MAX_KEPT: usize = 16 << 20;
/// The deepest expression that is translated: what any thread's stack has room for.
const MAX_NESTING: u32 = 100;
/// `\B`, as patterns are translated.
const NOT_WORD_BOUNDARY: &str = r"(?-u:\B)";

/// Reads a string byte by byte and knows whether it belongs to a language.
#[derive(Debug)]
pub(super) struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
}

/// Where an automaton is in a string. `None`: what it looks for was found, and stays found.
pub(super) type State = Option<StateID>;

impl Automaton {
    /// `None` if it gets too large, or the budget does not suffice.
    fn new(expression: &str, budget: &Budget<'_>) -> Option<Self> {
        // It is found between the bytes of a character, where no match may end; how the `regex`
        // crate then goes on is its own affair.
        if expression.contains(NOT_WORD_BOUNDARY) {
            return None;
        }
        let nfa = nfa(expression);
        let size = nfa.as_ref().map_or(MAX_SIZE, NFA::memory_usage);
        if !budget.spend(1 + size / BYTES_A_STEP) {
            return None;
        }
        let config = dense::Config::new()
            .accelerate(false)
            .start_kind(StartKind::Unanchored)
            .dfa_size_limit(Some(MAX_SIZE))
            .determinize_size_limit(Some(MAX_DETERMINIZED));
        let nfa = nfa?;
        let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa);
        let steps = dfa
            .as_ref()
            .map_or(STEPS_IN_VAIN, |dfa| steps_to_determinize(&nfa, dfa));
        if !budget.spend(steps) {
            return None;
        }
        let dfa = dfa.ok()?;
        let start = dfa.start_state(&start::Config::new().anchored(Anchored::No));
        let start = start.ok()?;
        Some(Self { dfa, start })
    }

    pub(super) fn start(&self) -> State {
        Some(self.start)
    }

    /// Goes on by one byte.
    pub(super) fn step(&self, state: State, byte: u8) -> State {
        let next = self.dfa.next_state(state?, byte);
        (!self.dfa.is_match_state(next)).then_some(next)
    }

    /// Whether the string may end here and be in the language.
    pub(super) fn accepts(&self, state: State) -> bool {
        state.is_none_or(|state| self.dfa.is_match_state(self.dfa.next_eoi_state(state)))
    }

    /// Whether nothing that follows can bring the string into the language.
    pub(super) fn is_lost(&self, state: State) -> bool {
        state.is_some_and(|state| self.dfa.is_dead_state(state) || self.dfa.is_quit_state(state))
    }

    /// Bytes of one class lead to the same states.
    pub(super) fn class(&self, byte: u8) -> u8 {
        self.dfa.byte_classes().get(byte)
    }

    fn size(&self) -> usize {
        self.dfa.memory_usage()
    }
}

/// What it took to make `dfa`: each of its states stands for some of those of `nfa`. No more than
/// the limit of an automaton that gets too large, which was not reached.
fn steps_to_determinize(nfa: &NFA, dfa: &dense::DFA<Vec<u32>>) -> usize {
    let states = dfa.memory_usage() / (size_of::<StateID>() << dfa.stride2());
    let pairs = states * nfa.states().len();
    dfa.memory_usage() / BYTES_A_STEP + (pairs / PAIRS_A_STEP).min(STEPS_IN_VAIN)
}

/// What an automaton is made from.
fn nfa(expression: &str) -> Option<NFA> {
    let config = thompson::Config::new()
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(MAX_SIZE));
    thompson::Compiler::new()
        .syntax(syntax::Config::new().nest_limit(MAX_NESTING))
        .configure(config)
        .build(expression)
        .ok()
}

/// What an analysis knows of languages, by their expressions.
#[derive(Debug, Default)]
pub(super) struct Automata(RefCell<Kept>);

/// `None` stands for what is too large.
#[derive(Debug, Default)]
struct Kept {
    automata: HashMap<String, Option<Rc<Automaton>>>,
    samples: HashMap<String, Option<Rc<str>>>,
    size: usize,
}

impl Automata {
    /// The automaton of `language`, unless it is too large.
    pub(super) fn of(&self, language: &Language, budget: &Budget<'_>) -> Option<Rc<Automaton>> {
        self.of_expression(language.expression(), budget)
    }

    /// The automaton that looks for `expression`, unless it is too large.
    pub(super) fn of_expression(
        &self,
        expression: String,
        budget: &Budget<'_>,
    ) -> Option<Rc<Automaton>> {
        let mut kept = self.0.borrow_mut();
        if let Some(known) = kept.automata.get(&expression) {
            return known.clone();
        }
        let built = Automaton::new(&expression, budget).map(Rc::new);
        if built.is_none() && budget.is_spent() {
            // Another question may have the steps for it.
            return None;
        }
        kept.make_room(expression.len() + built.as_ref().map_or(0, |built| built.size()));
        kept.automata.insert(expression, built.clone());
        built
    }

    /// A string that is probably in `language`.
    pub(super) fn sample(&self, language: &Language) -> Option<Rc<str>> {
        let mut kept = self.0.borrow_mut();
        let expression = language.expression();
        if let Some(known) = kept.samples.get(&expression) {
            return known.clone();
        }
        let sample: Option<Rc<str>> = sample(&expression).map(Into::into);
        kept.make_room(expression.len() + sample.as_ref().map_or(0, |sample| sample.len()));
        kept.samples.insert(expression, sample.clone());
        sample
    }
}

impl Kept {
    /// Makes room for `size` bytes, if need be by forgetting everything.
    fn make_room(&mut self, size: usize) {
        if self.size + size > MAX_KEPT {
            *self = Self::default();
        }
        self.size += size;
    }
}
