//! What a tool's input schema declares about its arguments, as far as questions take it into
//! account. It knows nothing of schemas: whoever reads one fills this in.

use std::collections::BTreeMap;

use super::language::Language;
use super::set::{Kind, Set};
use crate::policy::condition::{ArgPath, Ordering, Test};
use crate::policy::value::Value;

/// Declared arguments. What is not declared may be anything.
pub type Declarations = BTreeMap<ArgPath, Declared>;

/// What is declared about one argument. A nested one is bound to it only in an object: where the
/// parent is missing or no object, its field is missing whatever is declared.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Its kinds; `None` if any will do. [`Kind::Missing`] is of no account here.
    pub kinds: Option<Vec<Kind>>,
    /// Whether its numbers have to be whole.
    pub whole: bool,
    /// Whether it has to be there.
    pub required: bool,
    /// The only values it may have (`enum`, `const`). Lists and objects count by their printed form.
    pub values: Option<Vec<Value>>,
    /// The least number.
    pub minimum: Option<f64>,
    /// A number that its numbers are greater than.
    pub exclusive_minimum: Option<f64>,
    /// The greatest number.
    pub maximum: Option<f64>,
    /// A number that its numbers are less than.
    pub exclusive_maximum: Option<f64>,
    /// Languages that its strings have to be in.
    pub languages: Vec<Language>,
}

impl Declared {
    /// The values that are as declared.
    pub fn set(&self) -> Set {
        let mut set = self
            .kinds
            .as_deref()
            .map_or_else(Set::everything, Set::of_kinds);
        if let Some(values) = &self.values {
            set = set.and(&one_of(values));
        }
        if self.whole {
            set = restricted(&set, Kind::Number, &Set::whole_numbers());
        }
        let bounds = [
            (Ordering::GreaterOrEqual, self.minimum),
            (Ordering::Greater, self.exclusive_minimum),
            (Ordering::LessOrEqual, self.maximum),
            (Ordering::Less, self.exclusive_maximum),
        ];
        for (ordering, bound) in bounds {
            if let Some(bound) = bound {
                let within = Set::meeting(&Test::Compare(ordering, bound));
                set = restricted(&set, Kind::Number, &within);
            }
        }
        if !self.languages.is_empty() {
            set = restricted(&set, Kind::Text, &Set::strings(&self.languages, &[]));
        }
        let missing = if self.required {
            Set::none()
        } else {
            Set::everything()
        };
        set.taking(Kind::Missing, &missing)
    }
}

/// What of `set` is in `allowed`, if it is of `kind`.
fn restricted(set: &Set, kind: Kind, allowed: &Set) -> Set {
    set.and(&Set::everything().taking(kind, allowed))
}

/// These very values: unlike in conditions, `1` is not `"1"` here.
fn one_of(values: &[Value]) -> Set {
    Kind::ALL.into_iter().fold(Set::none(), |all, kind| {
        let alike = values.iter().filter(|value| kind_of(value) == Some(kind));
        let alike: Vec<_> = alike.cloned().collect();
        all.taking(kind, &Set::equal_to(&alike))
    })
}

/// The kind of a value, if an argument can be like it.
fn kind_of(value: &Value) -> Option<Kind> {
    Some(match value {
        Value::Null => Kind::Null,
        Value::Bool(_) => Kind::Bool,
        Value::Int(_) | Value::Float(_) => Kind::Number,
        Value::Text(_) => Kind::Text,
        Value::List(_) => Kind::List,
        Value::Map(_) => Kind::Object,
        Value::Opaque(_) => return None,
    })
}
