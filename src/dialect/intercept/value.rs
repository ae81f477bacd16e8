//! Values of conditions, as Go holds what its YAML library reads.

use std::cmp::Ordering;

use crate::policy::value::Value;
use crate::source::tree::{Entry, Node, Scalar, ScalarKind, Value as Tree};
use crate::source::yaml::timestamp_text;

/// The value of `node`. Goes no deeper than the tree, which the readers bound.
pub(super) fn value(node: &Node) -> Value {
    match &node.value {
        Tree::Scalar(scalar) => scalar_value(scalar),
        Tree::Sequence(items) => Value::List(items.iter().map(value).collect()),
        Tree::Mapping(entries) => Value::Map(map(entries)),
    }
}

/// The value of `scalar`.
pub(super) fn scalar_value(scalar: &Scalar) -> Value {
    resolved(&scalar.text, scalar.kind)
}

fn resolved(text: &str, kind: ScalarKind) -> Value {
    match kind {
        ScalarKind::Null => Value::Null,
        ScalarKind::Bool(flag) => Value::Bool(flag),
        ScalarKind::Int(n) => Value::Int(n),
        // A uint64, which the engine does not count among the numbers.
        ScalarKind::UInt(n) => Value::Opaque(n.to_string()),
        ScalarKind::Float(n) => Value::Float(n),
        ScalarKind::Timestamp => {
            Value::Opaque(timestamp_text(text).unwrap_or_else(|| text.to_owned()))
        }
        ScalarKind::String => Value::Text(text.to_owned()),
    }
}

/// Members in the order in which Go prints them. Where all keys are strings that is by their bytes;
/// other keys are kept as what they are: numbers are ordered as numbers. Of mixed kinds Go promises
/// no order.
fn map(entries: &[Entry]) -> Vec<(String, Value)> {
    let texts = entries.iter().all(|e| e.key_kind == ScalarKind::String);
    let mut members: Vec<_> = entries
        .iter()
        .map(|entry| {
            let key = resolved(&entry.key, entry.key_kind);
            (key, value(&entry.value))
        })
        .collect();
    members.sort_by(
        |(a, _), (b, _)| match (texts, a.as_number(), b.as_number()) {
            (false, Some(a), Some(b)) => a.total_cmp(&b),
            (false, Some(_), None) => Ordering::Less,
            (false, None, Some(_)) => Ordering::Greater,
            _ => a.printed().cmp(&b.printed()),
        },
    );
    let printed = members
        .into_iter()
        .map(|(key, value)| (key.printed(), value));
    printed.collect()
}
