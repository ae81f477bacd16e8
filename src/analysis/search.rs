//! Finds a string in a set of strings: by trying likely ones, then by walking the product of the
//! languages' automata, shortest strings and printable characters first.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use smallvec::SmallVec;

use super::answer::Answer;
use super::automaton::{Automata, Automaton, State};
use super::budget::Budget;
use super::language::Language;
use super::sample::PREFERRED;
use super::texts::Texts;

/// How many states of the product are walked for one string.
const MAX_STATES: usize = 10_000;
/// How long the strings that are left out one by one may be together, to become an automaton.
const MAX_LEFT_OUT: usize = 10_000;

/// Strings that are in most languages.
const PLAIN: [&str; 6] = ["x", "", "a", "0", "x y", "-"];
/// How often a language is asked about a short string in one step.
const TRIES_A_STEP: usize = 8;
/// How many bytes automata read in one step.
const READS_A_STEP: usize = 16;

/// A string of `texts`.
pub(super) fn find(texts: &Texts, automata: &Automata, budget: &Budget<'_>) -> Answer<String> {
    if let Some(listed) = texts.listed() {
        return listed.first().map(|text| text.to_string()).into();
    }
    if texts.is_plainly_empty() {
        return Answer::No;
    }
    if !budget.spend(steps_to_try(texts)) {
        return Answer::Unknown;
    }
    if let Some(text) = likely(texts, automata) {
        return Answer::Yes(text);
    }
    let Some(walk) = Walk::new(texts, automata, budget) else {
        return Answer::Unknown;
    };
    let every_byte: Vec<u8> = PREFERRED.iter().copied().chain(others()).collect();
    walk.shortest(PREFERRED, budget)
        .or_else(|| walk.shortest(&every_byte, budget))
}

fn others() -> impl Iterator<Item = u8> {
    (0..=u8::MAX).filter(|byte| !PREFERRED.contains(byte))
}

/// What it takes to try likely strings: to ask each language about each of them.
fn steps_to_try(texts: &Texts) -> usize {
    let languages = || texts.inside().iter().chain(texts.outside());
    let first: usize = languages().map(Language::steps_to_ask).sum();
    let strings = PLAIN.len() + texts.samples().count() + texts.inside().len();
    1 + first
        + texts.left_out().count() / TRIES_A_STEP
        + strings * languages().count() / TRIES_A_STEP
}

/// A string that can be found by trying.
fn likely(texts: &Texts, automata: &Automata) -> Option<String> {
    let fits = |text: &String| texts.contains(text);
    let preferred = texts.samples().map(str::to_owned).find(fits);
    let plain = || PLAIN.map(str::to_owned).into_iter().find(fits);
    let parts = || {
        let parts: String = texts.inside().iter().filter_map(Language::part).collect();
        Some(parts).filter(fits)
    };
    let read_off = || {
        let inside = texts.inside().iter();
        inside
            .filter_map(|language| automata.sample(language))
            .map(|sample| sample.to_string())
            .find(fits)
    };
    // With no language to ask, only finitely many strings are left out.
    let numbered = || {
        let free = texts.inside().is_empty() && texts.outside().is_empty();
        free.then(|| (0_u32..).map(|n| format!("x{n}")).find(fits))
            .flatten()
    };
    preferred
        .or_else(plain)
        .or_else(parts)
        .or_else(read_off)
        .or_else(numbered)
}

/// A walk through the product of automata.
struct Walk {
    inside: Vec<Rc<Automaton>>,
    outside: Vec<Rc<Automaton>>,
}

/// Where each automaton is, and where in a character the string ends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place {
    inside: SmallVec<[State; 2]>,
    outside: SmallVec<[State; 4]>,
    utf8: Utf8,
}

impl Walk {
    /// `None` if an automaton is too large, or takes too long to build.
    fn new(texts: &Texts, automata: &Automata, budget: &Budget<'_>) -> Option<Self> {
        let all = |languages: &[Language]| {
            let built = languages
                .iter()
                .map(|language| automata.of(language, budget));
            built.collect::<Option<Vec<_>>>()
        };
        let mut outside = all(texts.outside())?;
        // Most of what is left out is left out by a language as well.
        let languages = Texts::within(texts.inside(), texts.outside());
        let left_out: Vec<_> = texts
            .left_out()
            .filter(|text| languages.contains(text))
            .collect();
        if left_out.iter().map(|text| text.len() + 1).sum::<usize>() > MAX_LEFT_OUT {
            return None;
        }
        if !left_out.is_empty() {
            let escaped: Vec<_> = left_out.into_iter().map(regex_syntax::escape).collect();
            let one_of = format!(r"\A(?:{})\z", escaped.join("|"));
            outside.push(automata.of_expression(one_of, budget)?);
        }
        let inside = all(texts.inside())?;
        Some(Self { inside, outside })
    }

    fn start(&self) -> Place {
        Place {
            inside: self
                .inside
                .iter()
                .map(|automaton| automaton.start())
                .collect(),
            outside: self
                .outside
                .iter()
                .map(|automaton| automaton.start())
                .collect(),
            utf8: Utf8::BOUNDARY,
        }
    }

    /// Where `byte` leads, unless no string of the set begins so.
    fn step(&self, place: &Place, byte: u8) -> Option<Place> {
        let utf8 = place.utf8.step(byte)?;
        let mut inside = SmallVec::new();
        for (automaton, &state) in self.inside.iter().zip(&place.inside) {
            let next = automaton.step(state, byte);
            if automaton.is_lost(next) {
                return None;
            }
            inside.push(next);
        }
        let mut outside = SmallVec::new();
        for (automaton, &state) in self.outside.iter().zip(&place.outside) {
            // What is found stays found.
            outside.push(Some(automaton.step(state, byte)?));
        }
        Some(Place {
            inside,
            outside,
            utf8,
        })
    }

    fn accepts(&self, place: &Place) -> bool {
        let mut inside = self.inside.iter().zip(&place.inside);
        let mut outside = self.outside.iter().zip(&place.outside);
        place.utf8 == Utf8::BOUNDARY
            && inside.all(|(automaton, &state)| automaton.accepts(state))
            && !outside.any(|(automaton, &state)| automaton.accepts(state))
    }

    /// The shortest string of the set made of `bytes`, of which the first ones are preferred.
    fn shortest(&self, bytes: &[u8], budget: &Budget<'_>) -> Answer<String> {
        let bytes = self.told_apart(bytes);
        let automata = 1 + self.inside.len() + self.outside.len();
        let steps_of_a_state = 1 + automata * bytes.len() / READS_A_STEP;
        let start = self.start();
        let mut known = HashMap::from([(start.clone(), 0)]);
        // For each place that was reached, the one before it and the byte between.
        let mut ways: Vec<(usize, u8)> = vec![(0, 0)];
        let mut waiting = VecDeque::from([(start, 0)]);
        while let Some((place, at)) = waiting.pop_front() {
            if self.accepts(&place) {
                return Answer::Yes(spelt(&ways, at));
            }
            if !budget.spend(steps_of_a_state) {
                return Answer::Unknown;
            }
            for &byte in &bytes {
                let Some(next) = self.step(&place, byte) else {
                    continue;
                };
                if known.contains_key(&next) {
                    continue;
                }
                if known.len() == MAX_STATES {
                    return Answer::Unknown;
                }
                known.insert(next.clone(), ways.len());
                waiting.push_back((next, ways.len()));
                ways.push((at, byte));
            }
        }
        Answer::No
    }

    /// One byte of each class that some automaton tells apart.
    fn told_apart(&self, bytes: &[u8]) -> Vec<u8> {
        let mut known = std::collections::HashSet::new();
        let class = |byte: u8| -> SmallVec<[u8; 8]> {
            let automata = self.inside.iter().chain(&self.outside);
            let classes = automata.map(|automaton| automaton.class(byte));
            classes.chain([Utf8::class(byte)]).collect()
        };
        let new = bytes.iter().filter(|&&byte| known.insert(class(byte)));
        new.copied().collect()
    }
}

/// The string that leads to a place.
fn spelt(ways: &[(usize, u8)], mut at: usize) -> String {
    let mut bytes = Vec::new();
    while at != 0 {
        let (before, byte) = ways[at];
        bytes.push(byte);
        at = before;
    }
    bytes.reverse();
    String::from_utf8(bytes).expect("only whole characters are accepted")
}

/// Where a string ends in UTF-8: how many bytes its last character lacks, and between which two
/// the next one has to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Utf8 {
    missing: u8,
    low: u8,
    high: u8,
}

impl Utf8 {
    const BOUNDARY: Utf8 = Utf8::lacking(0, 0x80, 0xBF);

    const fn lacking(missing: u8, low: u8, high: u8) -> Self {
        Self { missing, low, high }
    }

    fn step(self, byte: u8) -> Option<Self> {
        if self.missing > 0 {
            let fits = (self.low..=self.high).contains(&byte);
            return fits.then_some(Self::lacking(self.missing - 1, 0x80, 0xBF));
        }
        Some(match byte {
            0x00..=0x7F => Self::BOUNDARY,
            0xC2..=0xDF => Self::lacking(1, 0x80, 0xBF),
            0xE0 => Self::lacking(2, 0xA0, 0xBF),
            0xED => Self::lacking(2, 0x80, 0x9F),
            0xE1..=0xEF => Self::lacking(2, 0x80, 0xBF),
            0xF0 => Self::lacking(3, 0x90, 0xBF),
            0xF1..=0xF3 => Self::lacking(3, 0x80, 0xBF),
            0xF4 => Self::lacking(3, 0x80, 0x8F),
            _ => return None,
        })
    }

    /// Bytes of one class lead to the same places.
    fn class(byte: u8) -> u8 {
        match byte {
            0x00..=0x7F => 0,
            0x80..=0x8F => 1,
            0x90..=0x9F => 2,
            0xA0..=0xBF => 3,
            0xC2..=0xDF => 4,
            0xE0 => 5,
            0xED => 6,
            0xE1..=0xEF => 7,
            0xF0 => 8,
            0xF1..=0xF3 => 9,
            0xF4 => 10,
            _ => 11,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::re2::Pattern;

    fn found(pattern: &str) -> Language {
        Language::found(&Pattern::new(pattern).expect("a pattern"))
    }

    fn ask(inside: &[&str], outside: &[&str]) -> Answer<String> {
        let languages = |patterns: &[&str]| patterns.iter().map(|p| found(p)).collect::<Vec<_>>();
        find(
            &Texts::within(&languages(inside), &languages(outside)),
            &Automata::default(),
            &Budget::new(100_000),
        )
    }

    #[test]
    fn strings_are_found_between_languages() {
        let yes = |text: &str| Answer::Yes(text.to_owned());
        assert_eq!(
            ask(&["^https://[^/]*example.com/"], &[r"example\.com"]),
            yes("https://examplexcom/")
        );
        assert_eq!(ask(&["^(?:ab)+$"], &["^ab$"]), yes("abab"));
        assert_eq!(
            ask(&["^.$"], &[r"^[\x00-\x7f]$", "^[\\x{80}-\\x{10ffee}]$"]),
            yes("\u{10ffef}")
        );
        assert_eq!(ask(&["^[a-z]+$"], &["[a-y]", "^z?$"]), yes("zz"));
        assert_eq!(ask(&[], &["x|^$|a|0|-"]), yes("b"));
        assert_eq!(ask(&[], &["(?s)^.?$|^..$", "x|b|c|d|[g-z]"]), yes("aaa"));
    }

    #[test]
    fn empty_languages_are_proved_empty() {
        for (inside, outside) in [
            (&["a^"][..], &[][..]),
            (&["^[a-z]+$"], &["[a-z]"]),
            (&["^a", "^b"], &[]),
            (&[], &["(?s)^.*$"]),
            (&["(?i)drop"], &["[dD](?i)rop"]),
            (&[r"\bfoo\b"], &["foo"]),
            (&["^a{3,5}$"], &["^a{2,4}$", "^a{5}$"]),
        ] {
            assert_eq!(
                ask(inside, outside),
                Answer::No,
                "{inside:?} without {outside:?}"
            );
        }
    }

    #[test]
    fn what_is_too_large_is_not_known() {
        assert_eq!(ask(&["(?:a|b)*a(?:a|b){40}c", "c^"], &[]), Answer::Unknown);
        assert_eq!(ask(&[r"a\Ba", "^b$"], &[]), Answer::Unknown);
    }
}
