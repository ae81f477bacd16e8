//! Does this condition hold for this call? In three values, because a recording may know only the
//! names of a call's arguments.

use std::fmt::{self, Write};

use ahash::{AHashMap, AHashSet};
use smallvec::SmallVec;

use crate::call::Args;
use crate::json::walk;
use crate::policy::condition::{ArgPath, Ordering};
use crate::policy::re2::Pattern;
use crate::policy::value::{Value, print_float};

/// Kleene's three values, ordered: `false` beats `unknown` beats `true` in an AND.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Truth {
    False,
    Unknown,
    True,
}

impl From<bool> for Truth {
    fn from(b: bool) -> Self {
        if b { Truth::True } else { Truth::False }
    }
}

/// A condition's test with its values prepared for comparing.
#[derive(Debug, Clone)]
pub(super) enum PreparedTest {
    Eq(Needle),
    Neq(Needle),
    In(Vec<Needle>),
    NotIn(Vec<Needle>),
    Compare(Ordering, f64),
    Regex(Pattern),
    Contains(Needle),
    Exists(bool),
}

/// What a call has at an argument path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Argument<'c> {
    Missing,
    /// The text of the value, as recorded.
    Present(&'c str),
    /// The value was not recorded. `perhaps_missing` where only a parent is known to be there.
    Unrecorded {
        perhaps_missing: bool,
    },
}

impl PreparedTest {
    /// Whether the test holds for an argument.
    pub(super) fn of_argument(&self, argument: Argument<'_>) -> Truth {
        match argument {
            // Every operator but `exists` fails on a missing argument, the negative ones too.
            Argument::Missing => matches!(self, PreparedTest::Exists(false)).into(),
            Argument::Present(text) => self.of_value(&walk::Value::of(text)).into(),
            Argument::Unrecorded { perhaps_missing } => match self {
                PreparedTest::In(list) if list.is_empty() => Truth::False,
                PreparedTest::NotIn(list) if list.is_empty() && !perhaps_missing => Truth::True,
                _ => Truth::Unknown,
            },
        }
    }

    /// Whether the test holds for a counter's value. Counters are integers and always there.
    pub(super) fn of_counter(&self, count: i64) -> bool {
        let equals = |needle: &Needle| match needle.number {
            Some(number) => count as f64 == number,
            None => needle.prints_as(format_args!("{count}")),
        };
        match self {
            PreparedTest::Eq(needle) => equals(needle),
            PreparedTest::Neq(needle) => !equals(needle),
            PreparedTest::In(list) => list.iter().any(equals),
            PreparedTest::NotIn(list) => !list.iter().any(equals),
            PreparedTest::Compare(ordering, number) => ordering.holds(count as f64, *number),
            PreparedTest::Regex(_) | PreparedTest::Contains(_) => false,
            PreparedTest::Exists(wanted) => *wanted,
        }
    }

    fn of_value(&self, value: &walk::Value<'_>) -> bool {
        match self {
            PreparedTest::Eq(needle) => needle.equals(value),
            PreparedTest::Neq(needle) => !needle.equals(value),
            PreparedTest::In(list) => list.iter().any(|needle| needle.equals(value)),
            PreparedTest::NotIn(list) => !list.iter().any(|needle| needle.equals(value)),
            PreparedTest::Compare(ordering, number) => match value {
                walk::Value::Number(text) => ordering.holds(float(text), *number),
                _ => false,
            },
            PreparedTest::Regex(pattern) => match value {
                walk::Value::String(text) => pattern.is_match(text),
                _ => false,
            },
            PreparedTest::Contains(needle) => match value {
                walk::Value::String(text) => needle
                    .text
                    .as_deref()
                    .is_some_and(|part| text.contains(part)),
                walk::Value::Array(list) => walk::elements(list)
                    .any(|item| needle.equals(&walk::Value::of(&list[item.range()]))),
                _ => false,
            },
            PreparedTest::Exists(wanted) => (*value != walk::Value::Null) == *wanted,
        }
    }
}

/// A value of a policy, prepared for comparing with arguments.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    /// The value as float64, if it is a number.
    number: Option<f64>,
    /// The text, if it is a string.
    text: Option<Box<str>>,
    /// What Go prints for it.
    printed: Box<str>,
}

impl Needle {
    pub(super) fn new(value: &Value) -> Self {
        Self {
            number: value.as_number(),
            text: match value {
                Value::Text(text) => Some(text.as_str().into()),
                _ => None,
            },
            printed: value.printed().into(),
        }
    }

    /// Both numbers: equal as float64. Otherwise: their printed forms are equal.
    fn equals(&self, value: &walk::Value<'_>) -> bool {
        match (self.number, value) {
            (Some(number), walk::Value::Number(text)) => float(text) == number,
            (_, walk::Value::String(text)) => **text == *self.printed,
            _ => self.prints(|out| print(value, out)),
        }
    }

    fn prints_as(&self, printed: fmt::Arguments<'_>) -> bool {
        self.prints(|out| out.write_fmt(printed))
    }

    /// Whether what `write` writes is the printed form, compared as it is written.
    fn prints(&self, write: impl FnOnce(&mut Remaining<'_>) -> fmt::Result) -> bool {
        let mut remaining = Remaining(&self.printed);
        write(&mut remaining).is_ok() && remaining.0.is_empty()
    }
}

/// What of an expected text has not been written yet. Writing anything else is an error.
struct Remaining<'n>(&'n str);

impl Write for Remaining<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
        Ok(())
    }
}

/// Prints an argument as Go's `%v` does. Depth is bounded by that of a checked text.
fn print(value: &walk::Value<'_>, out: &mut Remaining<'_>) -> fmt::Result {
    match value {
        walk::Value::Null => out.write_str("<nil>"),
        walk::Value::Bool(b) => write!(out, "{b}"),
        walk::Value::Number(text) => print_float(float(text), out),
        walk::Value::String(text) => out.write_str(text),
        walk::Value::Array(list) => {
            out.write_str("[")?;
            for (i, item) in walk::elements(list).enumerate() {
                if i > 0 {
                    out.write_str(" ")?;
                }
                print(&walk::Value::of(&list[item.range()]), out)?;
            }
            out.write_str("]")
        }
        walk::Value::Object(object) => {
            out.write_str("map[")?;
            let mut members: Vec<_> = walk::members(object)
                .map(|(key, value)| (walk::decode(&object[key.range()]), value))
                .collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            for (i, (key, value)) in members.iter().enumerate() {
                write!(out, "{}{key}:", if i > 0 { " " } else { "" })?;
                print(&walk::Value::of(&object[value.range()]), out)?;
            }
            out.write_str("]")
        }
    }
}

/// A JSON number as float64, correctly rounded; infinite beyond its range.
pub(super) fn float(number: &str) -> f64 {
    number.parse().expect("a checked JSON number is a float")
}

/// The argument paths that a tool's clauses ask for, numbered, as a tree of field names.
#[derive(Debug, Default)]
pub(super) struct Paths {
    paths: Vec<ArgPath>,
    root: Fields,
}

#[derive(Debug, Default)]
struct Fields {
    children: AHashMap<Box<str>, Field>,
}

#[derive(Debug, Default)]
struct Field {
    path: Option<usize>,
    below: Fields,
}

/// What a call has at each of a tool's paths.
pub(super) type Arguments<'c> = SmallVec<[Argument<'c>; 8]>;

impl Paths {
    /// The number of `path`, which is new if nothing has asked for it.
    pub(super) fn number(&mut self, path: &ArgPath) -> usize {
        let (last, parents) = path.fields.split_last().expect("a path has a field");
        let mut fields = &mut self.root;
        for name in parents {
            fields = &mut fields.child(name).below;
        }
        *fields.child(last).path.get_or_insert_with(|| {
            self.paths.push(path.clone());
            self.paths.len() - 1
        })
    }

    /// How many paths there are.
    pub(super) fn len(&self) -> usize {
        self.paths.len()
    }

    /// The path numbered `number`.
    pub(super) fn path(&self, number: usize) -> &ArgPath {
        &self.paths[number]
    }

    /// Finds what `args` has at every path, in one walk.
    pub(super) fn find<'c>(&self, args: &'c Args<'_>) -> Arguments<'c> {
        let mut found = SmallVec::from_elem(Argument::Missing, self.paths.len());
        match args {
            Args::Object(text) if !self.paths.is_empty() => self.root.find(text, &mut found),
            Args::NamesOnly(names) => {
                let names: AHashSet<&str> = names.iter().map(|name| &**name).collect();
                for (path, argument) in self.paths.iter().zip(&mut found) {
                    if names.contains(path.fields[0].as_str()) {
                        let perhaps_missing = path.fields.len() > 1;
                        *argument = Argument::Unrecorded { perhaps_missing };
                    }
                }
            }
            Args::Object(_) | Args::None | Args::NotAnObject(_) => {}
        }
        found
    }
}

impl Fields {
    fn child(&mut self, name: &str) -> &mut Field {
        self.children.entry(name.into()).or_default()
    }

    /// Depth is bounded by that of the object, whose text was checked.
    fn find<'c>(&self, object: &'c str, found: &mut Arguments<'c>) {
        let mut left = self.children.len();
        for (key, value) in walk::members(object) {
            let key = walk::decode(&object[key.range()]);
            let Some(field) = self.children.get(&*key) else {
                continue;
            };
            let value = &object[value.range()];
            if let Some(path) = field.path {
                found[path] = Argument::Present(value);
            }
            if !field.below.children.is_empty() && value.starts_with('{') {
                field.below.find(value, found);
            }
            // Keys are unique: what was found is found.
            left -= 1;
            if left == 0 {
                return;
            }
        }
    }
}
