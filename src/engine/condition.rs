//! Does this condition hold for this call? In three values, because a recording may know only the
//! names of a call's arguments.

use std::fmt::{self, Write};
use std::sync::LazyLock;

use foldhash::HashSet;
use memchr::memmem;
use smallvec::SmallVec;

use super::names::Names;
use crate::call::Args;
use crate::json::{self, Object, walk};
use crate::policy::condition::{ArgPath, Ordering};
use crate::policy::re2::Pattern;
use crate::policy::value::{Value, print_float};
use crate::source::MAX_DEPTH;

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
    In(Needles),
    NotIn(Needles),
    Compare(Ordering, f64),
    Regex(Pattern),
    Contains(Box<Sought>),
    Exists(bool),
}

/// What a call has at an argument path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Argument<'c> {
    Missing,
    /// The value, as recorded.
    Present(json::Text<'c>),
    /// The value was not recorded. `perhaps_missing` where it is not known to be there: only a
    /// parent is, or nothing is known of the arguments.
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
            Argument::Present(text) => match self {
                PreparedTest::Contains(sought) if sought.is_surely_not_in(text) => Truth::False,
                _ => self.of_value(&text.value()).into(),
            },
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
            None => needle.prints(|out| write!(out, "{count}")),
        };
        match self {
            PreparedTest::Eq(needle) => equals(needle),
            PreparedTest::Neq(needle) => !equals(needle),
            PreparedTest::In(list) => list.hold_count(count),
            PreparedTest::NotIn(list) => !list.hold_count(count),
            PreparedTest::Compare(ordering, number) => ordering.holds(count as f64, *number),
            PreparedTest::Regex(_) | PreparedTest::Contains(_) => false,
            PreparedTest::Exists(wanted) => *wanted,
        }
    }

    fn of_value(&self, value: &walk::Value<'_>) -> bool {
        match self {
            PreparedTest::Eq(needle) => needle.equals(value),
            PreparedTest::Neq(needle) => !needle.equals(value),
            PreparedTest::In(list) => list.hold(value),
            PreparedTest::NotIn(list) => !list.hold(value),
            PreparedTest::Compare(ordering, number) => match value {
                walk::Value::Number(text) => ordering.holds(float(text), *number),
                _ => false,
            },
            PreparedTest::Regex(pattern) => match value {
                walk::Value::String(text) => pattern.is_match(text),
                _ => false,
            },
            PreparedTest::Contains(sought) => sought.is_in(value),
            PreparedTest::Exists(wanted) => (*value != walk::Value::Null) == *wanted,
        }
    }
}

/// A value of a policy, prepared for comparing with arguments.
#[derive(Debug, Clone)]
pub(super) struct Needle {
    /// The value as float64, if it is a number.
    number: Option<f64>,
    /// What Go prints for it.
    printed: Box<str>,
}

impl Needle {
    pub(super) fn new(value: &Value) -> Self {
        Self {
            number: value.as_number(),
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

    /// Whether what `write` writes is the printed form, compared as it is written.
    fn prints(&self, write: impl FnOnce(&mut Remaining<'_>) -> fmt::Result) -> bool {
        let mut remaining = Remaining(&self.printed);
        write(&mut remaining).is_ok() && remaining.0.is_empty()
    }
}

/// What a text or a list may contain, prepared for looking.
#[derive(Debug, Clone)]
pub(super) struct Sought {
    /// As an element of a list.
    element: Needle,
    /// As a part of a text, if it is one itself.
    part: Option<memmem::Finder<'static>>,
    /// Whether it is a text none of whose characters has a short escape in JSON.
    stands_as_it_is: bool,
}

impl Sought {
    pub(super) fn new(value: &Value) -> Self {
        const SHORT_ESCAPES: [char; 8] = ['"', '\\', '/', '\u{8}', '\u{c}', '\n', '\r', '\t'];
        let text = match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        };
        Self {
            element: Needle::new(value),
            part: text.map(|text| memmem::Finder::new(text).into_owned()),
            stands_as_it_is: text.is_some_and(|text| !text.contains(SHORT_ESCAPES)),
        }
    }

    /// Whether the text of a string shows that this is no part of it, without reading its escapes:
    /// what has no short escape of its own stands there as it is, unless there are `\u` escapes. A
    /// text without any is read as it stands, so that nothing is to be gained.
    fn is_surely_not_in(&self, text: json::Text<'_>) -> bool {
        static UNICODE_ESCAPE: LazyLock<memmem::Finder<'static>> =
            LazyLock::new(|| memmem::Finder::new("\\u"));

        let raw = text.raw().as_bytes();
        let part = self.part.as_ref().filter(|_| self.stands_as_it_is);
        part.is_some_and(|part| {
            !text.is_plain()
                && raw.first() == Some(&b'"')
                && part.find(raw).is_none()
                && UNICODE_ESCAPE.find(raw).is_none()
        })
    }

    fn is_in(&self, value: &walk::Value<'_>) -> bool {
        match value {
            walk::Value::String(text) => {
                (self.part.as_ref()).is_some_and(|part| part.find(text.as_bytes()).is_some())
            }
            walk::Value::Array(list) => walk::elements(list)
                .any(|item| self.element.equals(&walk::Value::of(&list[item.range()]))),
            _ => false,
        }
    }
}

/// The values of a list, looked up rather than compared one by one: an allow-list may be long.
#[derive(Debug, Clone)]
pub(super) struct Needles {
    /// The numbers, ascending.
    numbers: Vec<f64>,
    /// What Go prints for them.
    printed_numbers: HashSet<Box<str>>,
    /// What Go prints for everything else.
    printed: HashSet<Box<str>>,
}

impl Needles {
    pub(super) fn new(values: &[Value]) -> Self {
        // Adding zero makes -0 and 0 one number to `total_cmp`, as they are to `==`. A NaN equals
        // nothing, so it is left out.
        let numbers = values.iter().filter_map(Value::as_number).map(|n| n + 0.0);
        let mut numbers: Vec<_> = numbers.filter(|n| !n.is_nan()).collect();
        numbers.sort_unstable_by(f64::total_cmp);
        let (of_numbers, others): (Vec<_>, Vec<_>) =
            values.iter().partition(|value| value.as_number().is_some());
        let printed = |values: Vec<&Value>| values.iter().map(|v| v.printed().into()).collect();
        Self {
            numbers,
            printed_numbers: printed(of_numbers),
            printed: printed(others),
        }
    }

    fn is_empty(&self) -> bool {
        self.printed_numbers.is_empty() && self.printed.is_empty()
    }

    /// Whether one of them equals `value`; see [`Needle::equals`].
    fn hold(&self, value: &walk::Value<'_>) -> bool {
        match value {
            walk::Value::String(text) => self.hold_printed(text),
            walk::Value::Number(text) => {
                let number = float(text);
                self.hold_number(number) || self.hold_text_of(|out| print_float(number, out))
            }
            _ => {
                let mut printed = String::new();
                print(value, &mut printed).expect("writing to a string never fails");
                self.hold_printed(&printed)
            }
        }
    }

    /// Whether one of them equals a counter's value.
    fn hold_count(&self, count: i64) -> bool {
        self.hold_number(count as f64) || self.hold_text_of(|out| write!(out, "{count}"))
    }

    fn hold_printed(&self, printed: &str) -> bool {
        self.printed.contains(printed) || self.printed_numbers.contains(printed)
    }

    fn hold_number(&self, number: f64) -> bool {
        let order = |known: &f64| known.total_cmp(&(number + 0.0));
        self.numbers.binary_search_by(order).is_ok()
    }

    /// Whether something that is no number prints as the number that `write` writes.
    fn hold_text_of(&self, write: impl FnOnce(&mut String) -> fmt::Result) -> bool {
        if self.printed.is_empty() {
            return false;
        }
        let mut printed = String::new();
        write(&mut printed).expect("writing to a string never fails");
        self.printed.contains(printed.as_str())
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
fn print(value: &walk::Value<'_>, out: &mut impl Write) -> fmt::Result {
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
    children: Names<Field>,
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
        if path.fields.len() > MAX_DEPTH {
            // No arguments nest so deep: it is missing in every call, and needs no place below.
            self.paths.push(path.clone());
            return self.paths.len() - 1;
        }
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
    #[inline]
    pub(super) fn find<'c>(&self, args: &Args<'c>) -> Arguments<'c> {
        let mut found = Arguments::new();
        found.resize(self.paths.len(), Argument::Missing);
        match args {
            Args::Object(object) if !self.paths.is_empty() => self.root.find(*object, &mut found),
            Args::NamesOnly(names) => {
                let names: HashSet<&str> = names.iter().map(|name| &**name).collect();
                for (path, argument) in self.paths.iter().zip(&mut found) {
                    if names.contains(path.fields[0].as_str()) {
                        let perhaps_missing = path.fields.len() > 1;
                        *argument = Argument::Unrecorded { perhaps_missing };
                    }
                }
            }
            Args::Hashed(_) => found.fill(Argument::Unrecorded {
                perhaps_missing: true,
            }),
            Args::Object(_) | Args::None | Args::NotAnObject(_) => {}
        }
        found
    }
}

impl Fields {
    fn child(&mut self, name: &str) -> &mut Field {
        self.children.of(name)
    }

    /// Depth is bounded by that of the object, whose text was checked.
    fn find<'c>(&self, object: Object<'c>, found: &mut Arguments<'c>) {
        let mut left = self.children.len();
        for argument in object.fields() {
            let Some(field) = self.children.get(&argument.key()) else {
                continue;
            };
            if let Some(path) = field.path {
                found[path] = Argument::Present(argument.text());
            }
            if field.below.children.len() > 0
                && let Some(object) = argument.object()
            {
                field.below.find(object, found);
            }
            // Keys are unique: what was found is found.
            left -= 1;
            if left == 0 {
                return;
            }
        }
    }
}
