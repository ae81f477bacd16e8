//! Sets of strings: finite ones, what those leave, and regular languages.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::language::Language;
use super::printed::Printed;

/// A set of strings: those of `printed` that are in all languages of `inside` and in none of
/// `outside`.
#[derive(Debug, Clone)]
pub(super) struct Texts {
    /// Where it is finite, the languages have been asked already and are not kept.
    printed: Printed,
    inside: Vec<Language>,
    outside: Vec<Language>,
    /// Whether it is plain that a language of `inside` lies within one of `outside`.
    excluded: bool,
    /// Strings to try first when one is picked.
    samples: Vec<Arc<str>>,
}

impl Texts {
    pub(super) fn of(printed: Printed) -> Self {
        Self {
            printed,
            inside: Vec::new(),
            outside: Vec::new(),
            excluded: false,
            samples: Vec::new(),
        }
    }

    pub(super) fn all() -> Self {
        Self::of(Printed::all())
    }

    pub(super) fn none() -> Self {
        Self::of(Printed::none())
    }

    pub(super) fn within(inside: &[Language], outside: &[Language]) -> Self {
        Self {
            inside: inside.to_vec(),
            outside: outside.to_vec(),
            excluded: is_excluded(inside, outside),
            ..Self::all()
        }
    }

    /// The same set, of which one of `samples` is picked if one belongs to it.
    pub(super) fn preferring(mut self, samples: &[&str]) -> Self {
        self.samples
            .extend(samples.iter().map(|&sample| sample.into()));
        self
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        let mut both = Self {
            printed: self.printed.and(&other.printed),
            inside: union(&self.inside, &other.inside),
            outside: union(&self.outside, &other.outside),
            excluded: self.excluded
                || other.excluded
                || is_excluded(&self.inside, &other.outside)
                || is_excluded(&other.inside, &self.outside),
            samples: [&self.samples[..], &other.samples[..]].concat(),
        };
        if let Printed::Only(texts) = &both.printed {
            let kept = texts.iter().filter(|text| both.languages_contain(text));
            both.printed = Printed::only(kept.cloned());
            both.inside.clear();
            both.outside.clear();
            both.excluded = false;
        }
        both
    }

    /// The complement of a set that is described by texts alone.
    pub(super) fn complement_of_printed(self) -> Self {
        debug_assert!(
            self.inside.is_empty() && self.outside.is_empty(),
            "texts alone"
        );
        Self::of(self.printed.complement())
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        self.printed.contains(text) && self.languages_contain(text)
    }

    fn languages_contain(&self, text: &str) -> bool {
        self.inside.iter().all(|language| language.contains(text))
            && !self.outside.iter().any(|language| language.contains(text))
    }

    /// Whether it is empty, as far as that can be seen without automata.
    pub(super) fn is_plainly_empty(&self) -> bool {
        self.printed.is_empty() || self.excluded
    }

    /// How many texts and languages it names.
    pub(super) fn size(&self) -> usize {
        self.printed.size() + self.inside.len() + self.outside.len()
    }

    /// All strings, where the set is finite.
    pub(super) fn listed(&self) -> Option<&BTreeSet<Box<str>>> {
        match &self.printed {
            Printed::Only(texts) => Some(texts),
            Printed::AllBut(_) => None,
        }
    }

    /// The strings that are left out, one by one.
    pub(super) fn left_out(&self) -> impl Iterator<Item = &str> {
        let texts = match &self.printed {
            Printed::Only(_) => None,
            Printed::AllBut(texts) => Some(texts),
        };
        texts
            .into_iter()
            .flat_map(|texts| texts.iter())
            .map(|text| &**text)
    }

    pub(super) fn inside(&self) -> &[Language] {
        &self.inside
    }

    pub(super) fn outside(&self) -> &[Language] {
        &self.outside
    }

    pub(super) fn samples(&self) -> impl Iterator<Item = &str> {
        self.samples.iter().map(|sample| &**sample)
    }
}

/// Whether it is plain that one of `inside` lies within one of `outside`.
fn is_excluded(inside: &[Language], outside: &[Language]) -> bool {
    inside.iter().any(|inside| {
        outside
            .iter()
            .any(|outside| inside.is_plainly_within(outside))
    })
}

fn union(ours: &[Language], theirs: &[Language]) -> Vec<Language> {
    let mut all = ours.to_vec();
    for language in theirs {
        let same = |known: &Language| {
            known.is_plainly_within(language) && language.is_plainly_within(known)
        };
        if !all.iter().any(same) {
            all.push(language.clone());
        }
    }
    all
}
