//! The tree of a JSON or YAML document: every key and value with its bytes.
//!
//! One node type serves both syntaxes. A scalar keeps its own text beside what it resolves to,
//! because the dialects need both: Intercept reads `name: 5` as the text `5`.

use crate::span::Span;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub value: Value,
    /// Its bytes in the file. For an alias, those of the anchored text.
    pub span: Span,
}

/// What a [`Node`] holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A null, boolean, number, timestamp or string.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// An object, in the order of the file. Keys are unique.
    Mapping(Vec<Entry>),
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key's text, unescaped.
    pub key: String,
    /// The key's bytes, quotes included.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// A scalar: its text, and what the text means.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text: unescaped for strings, as written for everything else.
    pub text: String,
    /// What it resolves to.
    pub kind: ScalarKind,
    /// Whether it was written in quotes (JSON strings always are) or as a block scalar.
    pub quoted: bool,
}

/// What a scalar resolves to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ScalarKind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction or exponent that fits 64 signed bits.
    Int(i64),
    /// A number without fraction or exponent above `i64::MAX` that fits 64 unsigned bits.
    UInt(u64),
    /// Any other number.
    Float(f64),
    /// A YAML timestamp. JSON has none.
    Timestamp,
    /// Text.
    String,
}

impl Node {
    /// The members, if this is an object.
    pub fn as_mapping(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The elements, if this is a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The scalar, if this is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self.as_scalar()? {
            Scalar {
                text,
                kind: ScalarKind::String,
                ..
            } => Some(text),
            _ => None,
        }
    }

    /// The member called `key`, if this is an object that has one.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The member called `key` together with its key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_mapping()?.iter().find(|entry| entry.key == key)
    }

    /// The node at an RFC 6901 pointer.
    pub fn at(&self, pointer: &str) -> Option<&Node> {
        tokens(pointer).try_fold(self, |node, token| match &node.value {
            Value::Mapping(_) => node.get(&token),
            Value::Sequence(items) => items.get(token.parse::<usize>().ok()?),
            Value::Scalar(_) => None,
        })
    }

    /// The entry that an RFC 6901 pointer names, if its last step is a key.
    pub fn entry_at(&self, pointer: &str) -> Option<&Entry> {
        let (parent, _) = pointer.rsplit_once('/')?;
        self.at(parent)?.entry(&tokens(pointer).last()?)
    }

    /// What this node is, for messages: `a string`, `an object`, …
    pub fn describe(&self) -> &'static str {
        match &self.value {
            Value::Mapping(_) => "an object",
            Value::Sequence(_) => "a list",
            Value::Scalar(scalar) => match scalar.kind {
                ScalarKind::Null => "null",
                ScalarKind::Bool(_) => "a boolean",
                ScalarKind::Int(_) | ScalarKind::UInt(_) | ScalarKind::Float(_) => "a number",
                ScalarKind::Timestamp => "a timestamp",
                ScalarKind::String => "a string",
            },
        }
    }
}

/// The unescaped reference tokens of an RFC 6901 pointer.
pub(crate) fn tokens(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer
        .split('/')
        .skip(1)
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
}

/// Appends one reference token to an RFC 6901 pointer, escaped.
pub fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

/// `pointer` with one more reference token.
pub fn join(pointer: &str, token: &str) -> String {
    let mut longer = pointer.to_owned();
    push_token(&mut longer, token);
    longer
}

/// `pointer` with a list index as one more reference token.
pub fn join_index(pointer: &str, index: usize) -> String {
    format!("{pointer}/{index}")
}
