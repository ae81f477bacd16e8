//! What a test is there to deny, in a type of argument that the test does not look into: a command in
//! a list, a number as text, a name as a field of an object.

use super::holds::Holds;
use crate::analysis::{Analysis, Kind, Language, Set};
use crate::catalog::arguments::{Argument, Arguments, Place};
use crate::policy::condition::{ArgPath, Ordering, Test};
use crate::policy::value::Value;

/// So many fields of an object are tried.
const MAX_FIELDS: usize = 4;

/// What a call has at some paths.
pub(super) type Guise = Vec<(ArgPath, Set)>;

/// A test of the argument at a path.
pub(super) struct Tested<'t> {
    pub analysis: &'t Analysis,
    pub path: &'t ArgPath,
    pub test: &'t Test,
}

impl Tested<'_> {
    /// The guises that an argument of any type may take, where nothing is known of it: those that
    /// many servers read as the type that was meant.
    pub fn usual_guises(&self) -> Vec<Guise> {
        match self.test {
            Test::Compare(..) => {
                let number = self.sought(Kind::Text).map(|value| self.exactly(&value));
                let any = vec![(self.path.clone(), Set::of_kinds(&[Kind::Text]))];
                number.into_iter().chain([any]).collect()
            }
            Test::Regex(_) | Test::Contains(_) => self.in_list().into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The guises of the types that the schema gives the argument, each with its type.
    pub fn declared_guises(
        &self,
        argument: &Argument,
        arguments: &Arguments,
    ) -> Vec<(Kind, Guise)> {
        let kinds = argument.declared.kinds.as_deref().unwrap_or_default();
        let mut found = Vec::new();
        for &kind in kinds {
            let guises = match kind {
                Kind::List => self.in_declared_list(argument).into_iter().collect(),
                Kind::Object => self.in_fields(arguments),
                Kind::Text | Kind::Number | Kind::Bool => {
                    let value = self.sought(kind);
                    value.iter().map(|value| self.exactly(value)).collect()
                }
                Kind::Missing | Kind::Null => Vec::new(),
            };
            found.extend(guises.into_iter().map(|guise| (kind, guise)));
        }
        found
    }

    fn exactly(&self, value: &Value) -> Guise {
        vec![(self.path.clone(), only(value))]
    }

    fn in_list(&self) -> Option<Guise> {
        let value = self.denied()?;
        let elements = match self.test {
            // The words of a command are elements, which are looked at; what a shell runs is one.
            Test::Contains(Value::Text(part))
                if holds(self.path) == Holds::Command && is_word(part) =>
            {
                let shell = ["sh", "-c"].map(|word| Value::Text(word.to_owned()));
                shell.into_iter().chain([value]).collect()
            }
            _ => vec![value],
        };
        Some(vec![(self.path.clone(), Set::list(&elements))])
    }

    fn in_declared_list(&self, argument: &Argument) -> Option<Guise> {
        let value = self.denied()?;
        let fits = |kinds: &Vec<Kind>| Set::of_kinds(kinds).contains(Some(&value));
        argument
            .elements
            .as_ref()
            .is_none_or(fits)
            .then(|| self.in_list())?
    }

    /// In each field of the object that may hold it.
    fn in_fields(&self, arguments: &Arguments) -> Vec<Guise> {
        let Some(value) = self.denied() else {
            return Vec::new();
        };
        let below = |field: &str| {
            let mut path = self.path.clone();
            path.fields.push(field.to_owned());
            path
        };
        let fields = match arguments.place(&below("value")) {
            Place::Absent(absence) => absence.fields,
            Place::Open | Place::Declared(_) => vec!["value".to_owned()],
        };
        let fits = |path: &ArgPath| match arguments.place(path) {
            Place::Declared(argument) => argument.declared.set().contains(Some(&value)),
            Place::Open => true,
            Place::Absent(_) => false,
        };
        let paths = fields.iter().take(MAX_FIELDS).map(|field| below(field));
        paths
            .filter(fits)
            .map(|path| {
                let object = (self.path.clone(), Set::of_kinds(&[Kind::Object]));
                vec![object, (path, only(&value))]
            })
            .collect()
    }

    /// What the test is there to deny, where it looks at another type than `kind`.
    fn sought(&self, kind: Kind) -> Option<Value> {
        match (self.test, kind) {
            (Test::Compare(ordering, number), Kind::Text) => {
                Some(Value::Text(beyond(*ordering, *number).to_string()))
            }
            (Test::Regex(_) | Test::Contains(Value::Text(_)), Kind::Number) => self.number(),
            (Test::Regex(_) | Test::Contains(Value::Text(_)), Kind::Bool) => {
                let holds = |value: bool| self.catches(&value.to_string());
                [true, false]
                    .into_iter()
                    .find(|value| holds(*value))
                    .map(Value::Bool)
            }
            _ => None,
        }
    }

    /// A number that the test finds when it is written as text.
    fn number(&self) -> Option<Value> {
        let digits = Set::strings(&[Language::shape("[1-9][0-9]{0,14}").ok()?], &[]);
        let text = Set::meeting(self.test).and(&digits);
        let text = self.analysis.string_in(&text).yes()?;
        text.parse().ok().map(Value::Int)
    }

    fn catches(&self, text: &str) -> bool {
        Set::meeting(self.test).contains(Some(&Value::Text(text.to_owned())))
    }

    /// A value that the test denies, and that it does not find as the element of a list.
    fn denied(&self) -> Option<Value> {
        match self.test {
            Test::Compare(ordering, number) => Some(Value::Float(beyond(*ordering, *number))),
            Test::Regex(_) => {
                let text = Set::meeting(self.test).and(&Set::of_kinds(&[Kind::Text]));
                self.analysis.string_in(&text).yes().map(Value::Text)
            }
            Test::Contains(Value::Text(part)) if is_fragment(part, self.path) => {
                Some(Value::Text(around(part, holds(self.path))))
            }
            Test::Eq(value) => Some(value.clone()),
            Test::In(values) => values.first().cloned(),
            _ => None,
        }
    }
}

/// This value, and none that only prints alike.
fn only(value: &Value) -> Set {
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| Set::of_kinds(&[*kind]).contains(Some(value)));
    let kinds = kind.as_slice();
    Set::equal_to(std::slice::from_ref(value)).and(&Set::of_kinds(kinds))
}

fn holds(path: &ArgPath) -> Holds {
    Holds::by_name(path.fields.last().map_or("", String::as_str))
}

/// Whether `part` is looked for within a text, and is no word that could be one of a list of them.
fn is_fragment(part: &str, path: &ArgPath) -> bool {
    let is_text = !matches!(holds(path), Holds::Name | Holds::Unknown);
    !part.is_empty() && (is_text || !is_word(part) || part.contains(['.', '@']))
}

/// Whether `part` begins and ends with letters or digits.
fn is_word(part: &str) -> bool {
    part.starts_with(char::is_alphanumeric) && part.ends_with(char::is_alphanumeric)
}

/// A text that has `part` in it, and more.
fn around(part: &str, holds: Holds) -> String {
    let before = match part.chars().next() {
        Some('@' | ' ') => "x",
        Some(first) if first.is_alphanumeric() && holds == Holds::Url => "https://",
        _ => "",
    };
    let after = match part.chars().next_back() {
        _ if part.starts_with('@') => "",
        Some(last) if !last.is_alphanumeric() => "x",
        _ if part.starts_with('/') || holds == Holds::Url => "/x",
        _ => " x",
    };
    format!("{before}{part}{after}")
}

/// A number that the comparison denies.
fn beyond(ordering: Ordering, number: f64) -> f64 {
    match ordering {
        Ordering::Greater | Ordering::GreaterOrEqual => number.trunc() + 1.0,
        Ordering::Less | Ordering::LessOrEqual => number.trunc() - 1.0,
    }
}
