//! Argument paths as a tree of fields, and the arguments that fit it: `args.a.b` is there only if
//! `args.a` is an object.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Answer;
use super::automaton::Automata;
use super::budget::Budget;
use super::objects::readings;
use super::printed::Printed;
use super::set::{Kind, Set};
use crate::policy::condition::ArgPath;
use crate::policy::value::Value;

/// What is asked and declared of a field and of those below it.
#[derive(Debug, Default)]
pub(super) struct Fields<'q> {
    /// What it has to be, wherever it may stand.
    asked: Option<Set>,
    /// What it has to be in an object.
    declared: Option<Set>,
    below: BTreeMap<&'q str, Fields<'q>>,
}

impl<'q> Fields<'q> {
    /// Asks for `set` at `path`.
    pub(super) fn ask(&mut self, path: &'q ArgPath, set: &Set) {
        narrow(&mut self.at(path).asked, set);
    }

    /// Declares `set` at `path`.
    pub(super) fn declare(&mut self, path: &'q ArgPath, set: &Set) {
        narrow(&mut self.at(path).declared, set);
    }

    fn at(&mut self, path: &'q ArgPath) -> &mut Self {
        path.fields
            .iter()
            .fold(self, |fields, name| fields.below.entry(name).or_default())
    }

    /// Whether it, and so everything below, may be missing where its parent is no object.
    fn may_be_absent(&self) -> bool {
        let itself = self.asked.as_ref().is_none_or(Set::has_missing);
        itself && self.below.values().all(Fields::may_be_absent)
    }

    /// Whether everything below may be missing.
    fn may_be_bare(&self) -> bool {
        self.below.values().all(Fields::may_be_absent)
    }
}

fn narrow(known: &mut Option<Set>, set: &Set) {
    *known = Some(
        known
            .as_ref()
            .map_or_else(|| set.clone(), |known| known.and(set)),
    );
}

/// Finds arguments that fit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picker<'a> {
    pub(super) automata: &'a Automata,
    pub(super) budget: &'a Budget<'a>,
}

impl Picker<'_> {
    /// Arguments that fit `root`: an object.
    pub(super) fn arguments(self, root: &Fields<'_>) -> Answer<Value> {
        self.object(root, &Printed::all())
    }

    /// What fits `fields` in an object and is in `within`. `None`: it is missing.
    ///
    /// Recursion is bounded by the length of paths.
    fn field(self, fields: &Fields<'_>, within: &Set) -> Answer<Option<Value>> {
        let sets = [&fields.asked, &fields.declared].into_iter().flatten();
        let set = sets.fold(within.clone(), |all, set| all.and(set));
        let bare = fields.may_be_bare();
        if set.has_missing() && bare {
            return Answer::Yes(None);
        }
        let plain = match bare {
            true => set.pick(self.automata, self.budget),
            false => Answer::No,
        };
        plain
            .or_else(|| self.object(fields, set.objects()))
            .map(Some)
    }

    /// An object with fields that fit `fields`, which prints as one of `printed`.
    fn object(self, fields: &Fields<'_>, printed: &Printed) -> Answer<Value> {
        match printed {
            Printed::Only(texts) => {
                Answer::any(texts.iter().map(|text| self.printing(fields, text)))
            }
            Printed::AllBut(left_out) => self.fresh(fields, left_out),
        }
    }

    fn printing(self, fields: &Fields<'_>, text: &str) -> Answer<Value> {
        readings(text, self.budget, |reading| self.reading(fields, reading))
    }

    /// An object with just these keys, whose values print so.
    fn reading(self, fields: &Fields<'_>, reading: &[(&str, &str)]) -> Answer<Value> {
        let has = |key: &str| reading.iter().any(|(known, _)| *known == key);
        let absent = fields.below.iter().filter(|(key, _)| !has(key));
        let mut unknown = false;
        for (_, field) in absent {
            match self.field(field, &Set::of_kinds(&[Kind::Missing])) {
                Answer::Yes(_) => {}
                Answer::No => return Answer::No,
                Answer::Unknown => unknown = true,
            }
        }
        let mut entries = Vec::with_capacity(reading.len());
        for (key, text) in reading {
            let value = match fields.below.get(key) {
                None => Answer::Yes(Some(Value::Text((*text).to_owned()))),
                Some(field) => self.field(field, &Set::printing(text)),
            };
            match value {
                Answer::Yes(Some(value)) => entries.push(((*key).to_owned(), value)),
                Answer::Yes(None) | Answer::No => return Answer::No,
                Answer::Unknown => unknown = true,
            }
        }
        if unknown {
            Answer::Unknown
        } else {
            Answer::Yes(Value::Map(entries))
        }
    }

    /// An object that prints as none of `left_out`. Fields that nobody asks about make it differ.
    fn fresh(self, fields: &Fields<'_>, left_out: &BTreeSet<Box<str>>) -> Answer<Value> {
        let mut entries = BTreeMap::new();
        let mut unknown = false;
        for (key, field) in &fields.below {
            match self.field(field, &Set::everything()) {
                Answer::Yes(None) => {}
                Answer::Yes(Some(value)) => {
                    entries.insert((*key).to_owned(), value);
                }
                Answer::No => return Answer::No,
                Answer::Unknown => unknown = true,
            }
        }
        if unknown {
            return Answer::Unknown;
        }
        let mut names = (0_u32..).map(|n| format!("x{n}"));
        loop {
            let object = Value::Map(entries.clone().into_iter().collect());
            if !left_out.contains(object.printed().as_str()) {
                return Answer::Yes(object);
            }
            let Some(name) = names.find(|name| !fields.below.contains_key(name.as_str())) else {
                return Answer::Unknown;
            };
            entries.insert(name, Value::Bool(true));
        }
    }
}
