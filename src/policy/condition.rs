//! Conditions: a subject, a test, and what they are written as.

use std::fmt;

use super::limit::CounterKey;
use super::re2::Pattern;
use super::value::Value;
use crate::span::Span;

/// A test of one thing about a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What is looked at.
    pub subject: Subject,
    /// What has to be true of it.
    pub test: Test,
    /// RFC 6901 pointer of the condition.
    pub pointer: String,
    /// The bytes of the condition.
    pub span: Span,
}

/// What a condition looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An argument of the call.
    Argument(ArgPath),
    /// A counter's value before the call.
    Counter(CounterKey),
}

/// A path into a call's arguments: the field names after `args.`. Only objects are walked; a list
/// index or a key that holds a dot can't be reached.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArgPath {
    /// Field names, outermost first. Never empty; a field may be the empty string.
    pub fields: Vec<String>,
}

impl ArgPath {
    /// Parses `args.<field>[.<field>…]`. `None` if it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let fields = text.strip_prefix("args.")?;
        Some(Self {
            fields: fields.split('.').map(str::to_owned).collect(),
        })
    }
}

impl fmt::Display for ArgPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "args.{}", self.fields.join("."))
    }
}

/// What has to be true of the subject. A missing subject meets nothing but `Exists(false)`.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Both numbers and equal as float64, or the printed forms are equal.
    Eq(Value),
    /// Present, and not `Eq`.
    Neq(Value),
    /// Some element is `Eq`.
    In(Vec<Value>),
    /// Present, and no element is `Eq`.
    NotIn(Vec<Value>),
    /// A JSON number compared with a number.
    Compare(Ordering, f64),
    /// A string in which the pattern is found.
    Regex(Pattern),
    /// A string with this substring, or a list with an element that is `Eq`.
    Contains(Value),
    /// Present and not null, compared with the flag.
    Exists(bool),
}

/// The comparing operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordering {
    /// `lt`
    Less,
    /// `lte`
    LessOrEqual,
    /// `gt`
    Greater,
    /// `gte`
    GreaterOrEqual,
}

impl Ordering {
    /// Whether `left <op> right`, as IEEE 754 compares them.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Ordering::Less => left < right,
            Ordering::LessOrEqual => left <= right,
            Ordering::Greater => left > right,
            Ordering::GreaterOrEqual => left >= right,
        }
    }
}

/// The operators, as they are written.
pub const OPERATORS: [&str; 11] = [
    "eq", "neq", "in", "not_in", "lt", "lte", "gt", "gte", "regex", "contains", "exists",
];
