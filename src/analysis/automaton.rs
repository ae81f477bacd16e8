//! Automata for languages: built when a question needs them, kept for the next, bounded in size.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};

use super::language::Language;

/// How large an automaton may get, and what it is made from, in bytes.
const MAX_SIZE: usize = 2 << 20;
/// How large all that are kept may be together.
const MAX_KEPT: usize = 16 << 20;
/// The deepest expression that is translated: what any thread's stack has room for.
const MAX_NESTING: u32 = 100;

/// Reads a string byte by byte and knows whether it belongs to a language.
#[derive(Debug)]
pub(super) struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
}

/// Where an automaton is in a string. `None`: what it looks for was found, and stays found.
pub(super) type State = Option<StateID>;

impl Automaton {
    fn new(expression: &str) -> Option<Self> {
        // Without `\B` no part of a match can end inside of a character, and matching as the `regex`
        // crate does keeps automata small. With it, such an end must not hide a proper one.
        let kind = match expression.contains(r"\B") {
            true => MatchKind::All,
            false => MatchKind::LeftmostFirst,
        };
        let config = dense::Config::new()
            .accelerate(false)
            .match_kind(kind)
            .start_kind(StartKind::Unanchored)
            .dfa_size_limit(Some(MAX_SIZE))
            .determinize_size_limit(Some(MAX_SIZE));
        let dfa = dense::Builder::new()
            .configure(config)
            .syntax(syntax::Config::new().nest_limit(MAX_NESTING))
            .thompson(thompson::Config::new().nfa_size_limit(Some(MAX_SIZE)))
            .build(expression)
            .ok()?;
        let start = dfa.start_state(&start::Config::new().anchored(Anchored::No));
        let start = start.ok()?;
        Some(Self { dfa, start })
    }

    pub(super) fn start(&self) -> State {
        Some(self.start)
    }

    /// Goes on by one byte.
    pub(super) fn step(&self, state: State, byte: u8) -> State {
        // A state tells of a match one byte late, so a match that is seen on a byte which continues
        // a character is an empty one in its middle, where patterns do not match.
        let next = self.dfa.next_state(state?, byte);
        let found = self.dfa.is_match_state(next) && !(0x80..0xC0).contains(&byte);
        (!found).then_some(next)
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

/// The automata of an analysis, by expression. `None` stands for one that is too large.
#[derive(Debug, Default)]
pub(super) struct Automata(RefCell<Kept>);

#[derive(Debug, Default)]
struct Kept {
    automata: HashMap<String, Option<Rc<Automaton>>>,
    size: usize,
}

impl Automata {
    /// The automaton of `language`, unless it is too large.
    pub(super) fn of(&self, language: &Language) -> Option<Rc<Automaton>> {
        self.of_expression(language.expression())
    }

    /// The automaton that looks for `expression`, unless it is too large.
    pub(super) fn of_expression(&self, expression: String) -> Option<Rc<Automaton>> {
        let mut kept = self.0.borrow_mut();
        if let Some(known) = kept.automata.get(&expression) {
            return known.clone();
        }
        let built = Automaton::new(&expression).map(Rc::new);
        let size = expression.len() + built.as_ref().map_or(0, |built| built.size());
        if kept.size + size > MAX_KEPT {
            *kept = Kept::default();
        }
        kept.size += size;
        kept.automata.insert(expression, built.clone());
        built
    }
}
