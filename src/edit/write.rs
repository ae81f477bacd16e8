//! Values as text, in the syntax and style of a file.

use serde_json::Value;

use super::style::Style;
use crate::source::Syntax;

/// How a text is quoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    None,
    Single,
    Double,
}

impl Quotes {
    /// The quotes of a scalar as it is written. `None` for a block scalar.
    pub fn of(written: &str) -> Option<Self> {
        match written.chars().next()? {
            '"' => Some(Quotes::Double),
            '\'' => Some(Quotes::Single),
            '|' | '>' => None,
            _ => Some(Quotes::None),
        }
    }
}

/// `text` as a scalar in `quotes`, or in double ones where it can't do without.
pub(super) fn text(text: &str, quotes: Quotes, syntax: Syntax, in_flow: bool) -> Option<String> {
    let written = match (syntax, quotes) {
        (Syntax::Json, _) | (_, Quotes::Double) => double_quoted(text),
        (_, Quotes::None) if is_plain(text, in_flow) => text.to_owned(),
        (_, Quotes::Single) if text.chars().all(|c| !c.is_control() && c != '\u{feff}') => {
            format!("'{}'", text.replace('\'', "''"))
        }
        _ => double_quoted(text),
    };
    // YAML has no room for these even in quotes, and JSON's escapes are not all YAML's.
    let fine = syntax == Syntax::Json || !text.contains(['\u{feff}', '\u{85}', '\u{7f}']);
    fine.then_some(written)
}

/// A new key.
pub(super) fn key(key: &str, style: &Style, syntax: Syntax) -> Option<String> {
    text(key, style.quotes(key, true), syntax, true)
}

fn double_quoted(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

/// Whether YAML reads `text` without quotes as that text, whichever version of it.
pub(super) fn is_plain(text: &str, in_flow: bool) -> bool {
    const WORDS: [&str; 10] = [
        "null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf",
    ];
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let harmless = |c: char| {
        c.is_ascii_alphanumeric() || " _-./*()+@$!'?".contains(c) || (c == ',' && !in_flow)
    };
    starts
        && !text.ends_with(' ')
        && text.chars().all(harmless)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// `value` in brackets, beginning at `column` of a line that is indented by `indent`: on one line if
/// it fits, and else with each part on a line of its own.
pub(super) fn flow(
    value: &Value,
    indent: &str,
    column: usize,
    style: &Style,
    syntax: Syntax,
) -> String {
    let line = one_line(value, style, syntax);
    let fits = column.saturating_add(line.chars().count()) <= style.width;
    let must_break = style.expanded && holds_object(value);
    let parts = parts(value);
    if parts.is_empty() || (fits && !must_break) {
        return line;
    }
    let (open, close) = brackets(value);
    let inner = format!("{indent}{}", style.unit);
    let mut text = open.to_string();
    for (nth, (key, value)) in parts.into_iter().enumerate() {
        if nth > 0 {
            text.push(',');
        }
        text += &style.newline;
        text += &inner;
        let lead = key.map_or(String::new(), |key| {
            format!(
                "{}:{}",
                key_or_double(key, style, syntax),
                style.colon_space
            )
        });
        let column = (inner.chars().count() + lead.chars().count()).min(style.width);
        text += &lead;
        text += &flow(value, &inner, column, style, syntax);
    }
    text += &style.newline;
    text += indent;
    text.push(close);
    text
}

fn holds_object(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => items.iter().any(holds_object),
        _ => false,
    }
}

fn parts(value: &Value) -> Vec<(Option<&str>, &Value)> {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (Some(key.as_str()), value))
            .collect(),
        Value::Array(items) => items.iter().map(|item| (None, item)).collect(),
        _ => Vec::new(),
    }
}

fn brackets(value: &Value) -> (char, char) {
    if value.is_object() {
        ('{', '}')
    } else {
        ('[', ']')
    }
}

fn key_or_double(key: &str, style: &Style, syntax: Syntax) -> String {
    self::key(key, style, syntax).unwrap_or_else(|| double_quoted(key))
}

/// `value` in brackets on one line, as long as that may be.
pub(super) fn one_line(value: &Value, style: &Style, syntax: Syntax) -> String {
    let parts = parts(value);
    let (open, close) = match value {
        Value::String(content) => {
            return text(content, style.quotes(content, true), syntax, true)
                .unwrap_or_else(|| double_quoted(content));
        }
        Value::Object(_) | Value::Array(_) => brackets(value),
        scalar => return scalar.to_string(),
    };
    if parts.is_empty() {
        return format!("{open}{close}");
    }
    let space = if value.is_object() {
        style.brace_space
    } else {
        style.bracket_space
    };
    let written: Vec<String> = parts
        .into_iter()
        .map(|(key, value)| {
            let value = one_line(value, style, syntax);
            key.map_or(value.clone(), |key| {
                format!(
                    "{}:{}{value}",
                    key_or_double(key, style, syntax),
                    yaml_space(style, syntax)
                )
            })
        })
        .collect();
    format!(
        "{open}{space}{}{space}{close}",
        written.join(&format!(",{}", style.comma_space))
    )
}

/// YAML wants a space behind the colon of a plain key.
fn yaml_space(style: &Style, syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Json => style.colon_space,
        Syntax::Yaml => " ",
    }
}

/// A member, or an element with its dash, of a YAML block that is indented by `indent`; the first
/// line comes without it.
pub(super) fn block_part(
    key: Option<&str>,
    value: &Value,
    indent: &str,
    style: &Style,
) -> Option<String> {
    match key {
        None => Some(format!("- {}", block_item(value, indent, style)?)),
        Some(key) => {
            let key = self::key(key, style, Syntax::Yaml)?;
            let nested = match value {
                Value::Object(_) => &style.unit,
                _ => &style.dash_indent,
            };
            let inner = format!("{indent}{nested}");
            let parts = parts(value);
            if parts.is_empty() {
                return Some(format!("{key}: {}", scalar(value, style)?));
            }
            let mut text = format!("{key}:");
            for (key, value) in parts {
                text += &format!(
                    "{}{inner}{}",
                    style.newline,
                    block_part(key, value, &inner, style)?
                );
            }
            Some(text)
        }
    }
}

/// What stands behind a dash.
fn block_item(value: &Value, indent: &str, style: &Style) -> Option<String> {
    let Value::Object(members) = value else {
        return match value {
            Value::Array(_) => Some(one_line(value, style, Syntax::Yaml)),
            _ => scalar(value, style),
        };
    };
    if members.is_empty() {
        return Some("{}".to_owned());
    }
    let inner = format!("{indent}  ");
    let written: Option<Vec<String>> = members
        .iter()
        .map(|(key, value)| block_part(Some(key), value, &inner, style))
        .collect();
    Some(written?.join(&format!("{}{inner}", style.newline)))
}

fn scalar(value: &Value, style: &Style) -> Option<String> {
    match value {
        Value::String(content) => text(content, style.quotes(content, false), Syntax::Yaml, false),
        other => Some(other.to_string()),
    }
}
