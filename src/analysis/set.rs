//! Sets of what a call may have at an argument path: nothing, or a value of some kind.

use super::answer::Answer;
use super::automaton::Automata;
use super::budget::Budget;
use super::language::Language;
use super::lists::Lists;
use super::numbers::Numbers;
use super::printed::Printed;
use super::search;
use super::texts::Texts;
use crate::policy::condition::Test;
use crate::policy::value::Value;

/// What a call may have at a path. Which fields an object has is said by the sets of their paths.
#[derive(Debug, Clone)]
pub struct Set {
    missing: bool,
    null: bool,
    no: bool,
    yes: bool,
    numbers: Numbers,
    texts: Texts,
    lists: Lists,
    objects: Printed,
}

/// A kind of argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// There is none.
    Missing,
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    Text,
    /// A list.
    List,
    /// An object.
    Object,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 7] = [
        Kind::Missing,
        Kind::Null,
        Kind::Bool,
        Kind::Number,
        Kind::Text,
        Kind::List,
        Kind::Object,
    ];

    /// What messages call an argument of this kind: `a string`.
    pub fn called(self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::Null => "null",
            Kind::Bool => "a boolean",
            Kind::Number => "a number",
            Kind::Text => "a string",
            Kind::List => "a list",
            Kind::Object => "an object",
        }
    }
}

impl Set {
    /// Anything at all, or nothing.
    pub fn everything() -> Self {
        Self {
            missing: true,
            null: true,
            no: true,
            yes: true,
            numbers: Numbers::all(),
            texts: Texts::all(),
            lists: Lists::all(),
            objects: Printed::all(),
        }
    }

    /// What no call has.
    pub fn none() -> Self {
        Self {
            missing: false,
            null: false,
            no: false,
            yes: false,
            numbers: Numbers::none(),
            texts: Texts::none(),
            lists: Lists::none(),
            objects: Printed::none(),
        }
    }

    /// Any value.
    pub fn present() -> Self {
        Self {
            missing: false,
            ..Self::everything()
        }
    }

    /// Whatever is of one of `kinds`.
    pub fn of_kinds(kinds: &[Kind]) -> Self {
        let everything = Self::everything();
        let taken = kinds.iter();
        taken.fold(Self::none(), |set, kind| set.taking(*kind, &everything))
    }

    /// The whole numbers.
    pub fn whole_numbers() -> Self {
        Self {
            numbers: Numbers::whole(),
            ..Self::none()
        }
    }

    /// The strings that are in all of `inside` and in none of `outside`.
    pub fn strings(inside: &[Language], outside: &[Language]) -> Self {
        Self {
            texts: Texts::within(inside, outside),
            ..Self::none()
        }
    }

    /// The same set, where of strings one of `samples` is the witness if one belongs to it.
    #[must_use]
    pub fn preferring(mut self, samples: &[&str]) -> Self {
        self.texts = self.texts.preferring(samples);
        self
    }

    /// The same set, but of the values of `kind` those of `other`.
    #[must_use]
    pub fn taking(mut self, kind: Kind, other: &Self) -> Self {
        match kind {
            Kind::Missing => self.missing = other.missing,
            Kind::Null => self.null = other.null,
            Kind::Bool => (self.no, self.yes) = (other.no, other.yes),
            Kind::Number => self.numbers = other.numbers.clone(),
            Kind::Text => self.texts = other.texts.clone(),
            Kind::List => self.lists = other.lists.clone(),
            Kind::Object => self.objects = other.objects.clone(),
        }
        self
    }

    /// What a test holds for.
    pub fn meeting(test: &Test) -> Self {
        match test {
            Test::Eq(value) => Self::equal_to(std::slice::from_ref(value)),
            Test::In(values) => Self::equal_to(values),
            Test::Neq(_) | Test::NotIn(_) => Self::failing(&positive(test)).and(&Self::present()),
            Test::Compare(ordering, number) => Self {
                numbers: Numbers::compared(*ordering, *number),
                ..Self::none()
            },
            Test::Regex(pattern) => Self::strings(&[Language::found(pattern)], &[]),
            Test::Contains(value) => Self {
                texts: match value {
                    Value::Text(part) => Texts::within(&[Language::containing(part)], &[]),
                    _ => Texts::none(),
                },
                lists: Lists::with(value),
                ..Self::none()
            },
            Test::Exists(true) => Self {
                null: false,
                ..Self::present()
            },
            Test::Exists(false) => Self::of_kinds(&[Kind::Missing, Kind::Null]),
        }
    }

    /// What a test does not hold for.
    pub fn failing(test: &Test) -> Self {
        match test {
            Test::Eq(value) => Self::equal_to(std::slice::from_ref(value)).complement_of_equal(),
            Test::In(values) => Self::equal_to(values).complement_of_equal(),
            Test::Neq(_) | Test::NotIn(_) => Self {
                missing: true,
                ..Self::meeting(&positive(test))
            },
            Test::Compare(ordering, number) => Self {
                numbers: Numbers::compared(*ordering, *number).complement(),
                ..Self::everything()
            },
            Test::Regex(pattern) => Self {
                texts: Texts::within(&[], &[Language::found(pattern)]),
                ..Self::everything()
            },
            Test::Contains(value) => Self {
                texts: match value {
                    Value::Text(part) => Texts::within(&[], &[Language::containing(part)]),
                    _ => Texts::all(),
                },
                lists: Lists::without(value),
                ..Self::everything()
            },
            Test::Exists(wanted) => Self::meeting(&Test::Exists(!wanted)),
        }
    }

    /// What equals one of `values`.
    pub fn equal_to(values: &[Value]) -> Self {
        let printed: Vec<String> = values.iter().map(Value::printed).collect();
        let is_one = |text: &str| printed.iter().any(|printed| printed == text);
        let framed = |open: &str| {
            let fits = |text: &&String| text.starts_with(open) && text.ends_with(']');
            Printed::only(printed.iter().filter(fits).map(String::as_str))
        };
        Self {
            missing: false,
            null: is_one("<nil>"),
            no: is_one("false"),
            yes: is_one("true"),
            numbers: Numbers::equal_to(values),
            lists: Lists::of(framed("[")),
            objects: framed("map["),
            texts: Texts::of(Printed::only(printed)),
        }
    }

    /// The list of just these values. [`Set::equal_to`] has all lists that print alike.
    pub fn list(items: &[Value]) -> Self {
        Self {
            lists: Lists::only(items),
            ..Self::none()
        }
    }

    /// What prints as `text`.
    pub(super) fn printing(text: &str) -> Self {
        Self::equal_to(&[Value::Opaque(text.to_owned())])
    }

    /// The complement of what [`Set::equal_to`] makes.
    fn complement_of_equal(self) -> Self {
        Self {
            missing: !self.missing,
            null: !self.null,
            no: !self.no,
            yes: !self.yes,
            numbers: self.numbers.complement(),
            texts: self.texts.complement_of_printed(),
            lists: self.lists.complement_of_printed(),
            objects: self.objects.complement(),
        }
    }

    /// What is in both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            missing: self.missing && other.missing,
            null: self.null && other.null,
            no: self.no && other.no,
            yes: self.yes && other.yes,
            numbers: self.numbers.and(&other.numbers),
            texts: self.texts.and(&other.texts),
            lists: self.lists.and(&other.lists),
            objects: self.objects.and(&other.objects),
        }
    }

    /// Whether `argument` is in it, as far as fields of objects do not matter. `None`: missing.
    pub fn contains(&self, argument: Option<&Value>) -> bool {
        match argument {
            None => self.missing,
            Some(Value::Null) => self.null,
            Some(Value::Bool(false)) => self.no,
            Some(Value::Bool(true)) => self.yes,
            Some(Value::Int(n)) => self.numbers.contains(*n as f64),
            Some(Value::Float(n)) => self.numbers.contains(*n),
            Some(Value::Text(text)) => self.texts.contains(text),
            Some(list @ Value::List(items)) => self.lists.contains(items, &list.printed()),
            Some(object @ Value::Map(_)) => self.objects.contains(&object.printed()),
            // No argument is like that.
            Some(Value::Opaque(_)) => false,
        }
    }

    /// Whether it is empty, as far as that can be seen at once.
    pub fn is_plainly_empty(&self) -> bool {
        !(self.missing || self.null || self.no || self.yes)
            && self.numbers.is_empty()
            && self.texts.is_plainly_empty()
            && self.lists.is_plainly_empty()
            && self.objects.is_empty()
    }

    /// How many values, runs of numbers and languages describe it.
    pub(super) fn size(&self) -> usize {
        self.numbers.size() + self.texts.size() + self.lists.size() + self.objects.size()
    }

    /// Whether the argument may be missing.
    pub(super) fn has_missing(&self) -> bool {
        self.missing
    }

    /// The printed forms of its objects.
    pub(super) fn objects(&self) -> &Printed {
        &self.objects
    }

    /// A string of it.
    pub(super) fn pick_text(&self, automata: &Automata, budget: &Budget<'_>) -> Answer<String> {
        search::find(&self.texts, automata, budget)
    }

    /// A value of it that is no object.
    pub(super) fn pick(&self, automata: &Automata, budget: &Budget<'_>) -> Answer<Value> {
        let flags = [(self.no, Value::Bool(false)), (self.yes, Value::Bool(true))];
        let flag = || {
            flags
                .into_iter()
                .find(|(has, _)| *has)
                .map(|(_, value)| value)
        };
        let null = || self.null.then_some(Value::Null);
        Answer::from(
            self.numbers
                .pick()
                .filter(|n| n.is_finite())
                .map(Value::Float),
        )
        .or_else(|| self.pick_text(automata, budget).map(Value::Text))
        .or_else(|| flag().into())
        .or_else(|| self.lists.pick(budget))
        .or_else(|| null().into())
        .or_else(|| self.numbers.pick().map(Value::Float).into())
    }
}

/// The test of which `test` is the negation for values that are present.
fn positive(test: &Test) -> Test {
    match test {
        Test::Neq(value) => Test::Eq(value.clone()),
        Test::NotIn(values) => Test::In(values.clone()),
        other => other.clone(),
    }
}
