//! Unquoted values that are not what they look like: the engine's YAML library reads them as
//! something else, or YAML 1.1 and 1.2 disagree about them.

use super::report::Report;
use super::value::scalar_value;
use crate::rules::form::YAML_SCALAR_TRAP;
use crate::schema::words::{json, write};
use crate::source::tree::{Node, Scalar, ScalarKind, Value, join, join_index};
use crate::suggest::quoted;

/// Reports the traps in a condition's value. Goes no deeper than the tree.
pub(super) fn check(node: &Node, pointer: &str, report: &mut Report) {
    match &node.value {
        Value::Scalar(scalar) => {
            if let Some(trap) = trap(scalar) {
                report
                    .stricter(&YAML_SCALAR_TRAP, pointer, node.span, trap.message)
                    .help = Some(trap.help);
            }
        }
        Value::Sequence(items) => {
            for (i, item) in items.iter().enumerate() {
                check(item, &join_index(pointer, i), report);
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                check(&entry.value, &join(pointer, &entry.key), report);
            }
        }
    }
}

/// What a value is read as, and how to write what was meant.
pub(super) struct Trap {
    pub message: String,
    pub help: String,
}

/// The trap that a scalar is, if it is one.
pub(super) fn trap(scalar: &Scalar) -> Option<Trap> {
    if scalar.quoted {
        return None;
    }
    let text = scalar.text.as_str();
    match scalar.kind {
        ScalarKind::Timestamp => Some(read_as(scalar, "a point in time", "")),
        ScalarKind::UInt(_) => Some(Trap {
            message: format!(
                "{} is above {}: the engine takes it for text, and no number equals it",
                quoted(text),
                i64::MAX
            ),
            help: format!(
                "{} for the text, or use a smaller number",
                write(&json(text))
            ),
        }),
        ScalarKind::Int(_) => {
            let disagree = disagreement(text)?;
            Some(read_as(scalar, "the number", disagree))
        }
        ScalarKind::Float(n) if !n.is_finite() => Some(Trap {
            message: format!(
                "{} is read as the number {}, which no argument can be",
                quoted(text),
                value_text(scalar)
            ),
            help: format!("write a number, or {} for the text", quoted(&json(text))),
        }),
        ScalarKind::Float(_) if has_leading_zero(text) || text.contains('_') => {
            Some(read_as(scalar, "the number", ""))
        }
        ScalarKind::String => other_reading(text).map(|other| Trap {
            message: format!(
                "{} without quotes is text to the engine, and {other}",
                quoted(text)
            ),
            help: format!("{} for the text", write(&json(text))),
        }),
        ScalarKind::Null | ScalarKind::Bool(_) | ScalarKind::Float(_) => None,
    }
}

fn read_as(scalar: &Scalar, what: &str, disagree: &str) -> Trap {
    let (text, read) = (scalar.text.as_str(), value_text(scalar));
    let message = match scalar.kind {
        ScalarKind::Timestamp => format!(
            "{} without quotes is {what} to the engine, which equals only the text {}",
            quoted(text),
            quoted(&read)
        ),
        _ => format!("{} is read as {what} {read}{disagree}", quoted(text)),
    };
    let help = match scalar.kind {
        ScalarKind::Timestamp => write(&json(text)),
        _ => format!("{}, or {} for the text", write(&read), quoted(&json(text))),
    };
    Trap { message, help }
}

/// The number as it would be written plainly.
fn value_text(scalar: &Scalar) -> String {
    match scalar.kind {
        ScalarKind::Float(n) if n.is_finite() => n.to_string(),
        _ => scalar_value(scalar).printed(),
    }
}

/// What else an integer is to others, if it is not written in plain digits. Hexadecimal is one
/// thing to everyone.
fn disagreement(text: &str) -> Option<&'static str> {
    let digits = text.trim_start_matches(['+', '-']);
    let prefix = digits.get(..2).unwrap_or_default().to_ascii_lowercase();
    match prefix.as_str() {
        "0o" => Some(", and as text by readers of YAML 1.1"),
        "0b" => Some(", and as text by readers of YAML 1.2"),
        "0x" if !text.contains('_') => None,
        _ if text.contains('_') => Some(", and as text by readers of YAML 1.2"),
        _ if has_leading_zero(text) => Some(" (octal)"),
        _ => None,
    }
}

fn has_leading_zero(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']).as_bytes();
    digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit()
}

/// What other readers take a plain text for.
fn other_reading(text: &str) -> Option<&'static str> {
    match text {
        // `y` and `n` are left alone: hardly any reader takes them for anything but text.
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some("`true` to readers of YAML 1.1"),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some("`false` to readers of YAML 1.1"),
        _ if is_sexagesimal(text) => Some("a number to base 60 to readers of YAML 1.1"),
        _ if ["true", "false", "null"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(text)) =>
        {
            Some("not the word that it looks like")
        }
        _ => None,
    }
}

/// `12:30`, `190:20:30.15`.
fn is_sexagesimal(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let whole = digits.split_once('.').map_or(digits, |(whole, fraction)| {
        if fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
            whole
        } else {
            ""
        }
    });
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or_default();
    let mut others = parts.peekable();
    others.peek().is_some()
        && first.starts_with(|c: char| c.is_ascii_digit())
        && first.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        && others.all(|part| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}
