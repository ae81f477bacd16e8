//! Unquoted values that are not what they look like: YAML as it is read here takes them for
//! something else, or YAML 1.1 and 1.2 disagree about them.

use super::Dialect;
use crate::schema::words::{json, write};
use crate::source::tree::{Node, Scalar, ScalarKind, Value, push_token};
use crate::source::yaml::timestamp_text;
use crate::span::Span;
use crate::suggest::quoted;

/// What a value is read as, and how to write what was meant.
pub(super) struct Trap {
    /// RFC 6901 pointer of the value.
    pub pointer: String,
    /// Where it stands.
    pub span: Span,
    pub message: String,
    pub help: String,
}

impl Trap {
    /// The same trap where `node`, the value, is what a counter is compared with.
    pub fn of_a_counter(self, node: &Node) -> Self {
        let Some(scalar) = node.as_scalar() else {
            return self;
        };
        match scalar.kind {
            ScalarKind::Float(n) if !n.is_finite() => Self {
                message: format!(
                    "{} is read as the number {}, which the engine can't count to{}",
                    quoted(&scalar.text),
                    value_text(scalar),
                    match n == f64::NEG_INFINITY {
                        true => "",
                        false => ": every call is denied",
                    }
                ),
                help: "write the most that is allowed, or leave the limit out".to_owned(),
                ..self
            },
            _ => self,
        }
    }
}

/// Tells `found` of each trap at and below `node`, which is at `pointer`. Goes no deeper than the
/// tree. JSON has no traps.
pub(super) fn each(
    node: &Node,
    pointer: &mut String,
    dialect: Dialect,
    found: &mut impl FnMut(Trap),
) {
    match &node.value {
        Value::Scalar(scalar) => {
            if let Some((message, help)) = trap(scalar, dialect) {
                found(Trap {
                    pointer: pointer.clone(),
                    span: node.span,
                    message,
                    help,
                });
            }
        }
        Value::Sequence(items) => {
            for (i, item) in items.iter().enumerate() {
                below(item, pointer, &i.to_string(), dialect, found);
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                below(&entry.value, pointer, &entry.key, dialect, found);
            }
        }
    }
}

fn below(
    node: &Node,
    pointer: &mut String,
    token: &str,
    dialect: Dialect,
    found: &mut impl FnMut(Trap),
) {
    let length = pointer.len();
    push_token(pointer, token);
    each(node, pointer, dialect, found);
    pointer.truncate(length);
}

/// Message and help about the trap that a scalar is, if it is one.
fn trap(scalar: &Scalar, dialect: Dialect) -> Option<(String, String)> {
    if scalar.quoted {
        return None;
    }
    let text = scalar.text.as_str();
    match scalar.kind {
        ScalarKind::Timestamp => Some(point_in_time(text, dialect)),
        ScalarKind::Int(_) => {
            let disagree = disagreement(text)?;
            Some(number(scalar, disagree))
        }
        ScalarKind::Float(n) if n.is_finite() && (has_leading_zero(text) || text.contains('_')) => {
            Some(number(scalar, ""))
        }
        ScalarKind::String => {
            let other = other_reading(text)?;
            let message = match dialect {
                Dialect::Intercept => {
                    format!(
                        "{} without quotes is text to the engine, and {other}",
                        quoted(text)
                    )
                }
                Dialect::Gateway => {
                    format!(
                        "{} without quotes is read as text, and is {other}",
                        quoted(text)
                    )
                }
            };
            Some((message, format!("{} for the text", write(&json(text)))))
        }
        // The gateway's numbers are those of JSON, and are checked as such.
        ScalarKind::UInt(_) | ScalarKind::Float(_) if dialect == Dialect::Gateway => None,
        ScalarKind::UInt(_) => Some((
            format!(
                "{} is above {}: the engine takes it for text, and no number equals it",
                quoted(text),
                i64::MAX
            ),
            format!(
                "{} for the text, or use a smaller number",
                write(&json(text))
            ),
        )),
        ScalarKind::Float(n) if !n.is_finite() => Some((
            format!(
                "{} is read as the number {}, which no argument can be",
                quoted(text),
                value_text(scalar)
            ),
            format!("write a number, or {} for the text", quoted(&json(text))),
        )),
        ScalarKind::Null | ScalarKind::Bool(_) | ScalarKind::Float(_) => None,
    }
}

fn point_in_time(text: &str, dialect: Dialect) -> (String, String) {
    let written = quoted(text);
    let message = match dialect {
        Dialect::Intercept => format!(
            "{written} without quotes is a point in time to the engine, which equals only the text \
             {}",
            quoted(&timestamp_text(text).unwrap_or_else(|| text.to_owned()))
        ),
        Dialect::Gateway => {
            format!("{written} without quotes is a point in time to YAML, which JSON does not have")
        }
    };
    (message, write(&json(text)))
}

fn number(scalar: &Scalar, disagree: &str) -> (String, String) {
    let (text, read) = (scalar.text.as_str(), value_text(scalar));
    (
        format!("{} is read as the number {read}{disagree}", quoted(text)),
        format!("{}, or {} for the text", write(&read), quoted(&json(text))),
    )
}

/// The number as it would be written plainly.
fn value_text(scalar: &Scalar) -> String {
    match scalar.kind {
        ScalarKind::Int(n) => n.to_string(),
        ScalarKind::Float(n) if n == f64::INFINITY => "+Inf".into(),
        ScalarKind::Float(n) if n == f64::NEG_INFINITY => "-Inf".into(),
        ScalarKind::Float(n) => n.to_string(),
        _ => scalar.text.clone(),
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
