//! The words of messages: what somebody meant by a word that is not one of the format's, and how
//! values and advice are written.

use crate::policy::condition::OPERATORS;
use crate::policy::limit::Window;
use crate::source::tree::{Node, ScalarKind};
use crate::suggest::{nearest, quoted};

/// Other words for the words of the format, as people write them.
pub(crate) type Synonyms = &'static [(&'static str, &'static str)];

pub(crate) const KEYS_BY_OTHER_NAMES: Synonyms = &[
    ("message", "on_deny"),
    ("reason", "on_deny"),
    ("field", "path"),
    ("argument", "path"),
    ("operator", "op"),
    ("maximum", "max"),
    ("limit", "max"),
    ("limit", "limits"),
    ("count", "max"),
    ("period", "window"),
    ("interval", "window"),
    ("hidden", "hide"),
];

pub(crate) const POSTURES_BY_OTHER_NAMES: Synonyms = &[("block", "deny"), ("permit", "allow")];

pub(crate) const WINDOWS_BY_OTHER_NAMES: Synonyms = &[
    ("m", "minute"),
    ("1m", "minute"),
    ("60s", "minute"),
    ("min", "minute"),
    ("h", "hour"),
    ("1h", "hour"),
    ("hourly", "hour"),
    ("d", "day"),
    ("1d", "day"),
    ("24h", "day"),
    ("daily", "day"),
];

pub(crate) const OPERATORS_BY_OTHER_NAMES: Synonyms = &[
    ("=", "eq"),
    ("==", "eq"),
    ("===", "eq"),
    ("is", "eq"),
    ("equals", "eq"),
    ("!=", "neq"),
    ("!==", "neq"),
    ("<>", "neq"),
    ("is_not", "neq"),
    ("ne", "neq"),
    ("not_eq", "neq"),
    ("not_equals", "neq"),
    ("<", "lt"),
    ("less_than", "lt"),
    ("<=", "lte"),
    ("=<", "lte"),
    ("le", "lte"),
    (">", "gt"),
    ("greater_than", "gt"),
    (">=", "gte"),
    ("=>", "gte"),
    ("ge", "gte"),
    ("less_than_or_equal", "lte"),
    ("at_most", "lte"),
    ("max", "lte"),
    ("greater_than_or_equal", "gte"),
    ("at_least", "gte"),
    ("min", "gte"),
    ("one_of", "in"),
    ("any_of", "in"),
    ("none_of", "not_in"),
    ("not in", "not_in"),
    ("nin", "not_in"),
    ("matches_regex", "regex"),
    ("pattern", "regex"),
    ("like", "regex"),
    ("match", "regex"),
    ("matches", "regex"),
    ("includes", "contains"),
    ("include", "contains"),
    ("has", "contains"),
    ("present", "exists"),
    ("is_set", "exists"),
];

/// What `op` has to be.
pub(crate) const AN_OPERATOR: &str = "an operator, such as `eq` or `lte`";

/// Advice about a window that there is not.
pub(crate) const WINDOW_HELP: &str =
    "the windows are `minute`, `hour` and `day`: nothing longer, and no multiples";

/// Whether `kind` is the `type` of a policy for payments out of a wallet, such as
/// `daily-spending-limit`. A JSON Schema has a `type` too.
pub(crate) fn is_wallet_type(kind: &str) -> bool {
    const WORDS: [&str; 6] = [
        "spend",
        "spending",
        "wallet",
        "payment",
        "transfer",
        "transaction",
    ];
    let mut words = kind.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| WORDS.contains(&word.to_ascii_lowercase().as_str()))
}

/// Advice about an operator that there is not.
pub(crate) fn operators_help() -> String {
    format!("the operators are {}", listed(OPERATORS, "and"))
}

/// The word out of `words` that was meant by `text`.
pub(crate) fn meant(
    text: &str,
    words: impl Iterator<Item = &'static str> + Clone,
    synonyms: Synonyms,
) -> Option<&'static str> {
    synonyms
        .iter()
        .filter(|(other, _)| other.eq_ignore_ascii_case(text))
        .find_map(|(_, word)| words.clone().find(|known| known == word))
        .or_else(|| nearest(text, words))
}

/// Where a path that does not start with `args.` seems to lead.
pub(crate) fn argument_in(path: &str) -> Option<&str> {
    const OTHER_ROOTS: [&str; 6] = [
        "$.args.",
        "$.arguments.",
        "params.arguments.",
        "arguments.",
        "Args.",
        "$.",
    ];
    let fields = OTHER_ROOTS
        .iter()
        .find_map(|root| path.strip_prefix(root))
        .unwrap_or(path);
    let is_path =
        !matches!(fields, "" | "args") && fields.split('.').all(|field| !field.is_empty());
    is_path.then_some(fields)
}

/// The window of so many seconds.
pub(crate) fn window_of(node: &Node) -> Option<Window> {
    match node.as_scalar()?.kind {
        ScalarKind::Int(seconds) => window_of_seconds(seconds),
        _ => None,
    }
}

/// The window of so many seconds.
fn window_of_seconds(seconds: i64) -> Option<Window> {
    [Window::Minute, Window::Hour, Window::Day]
        .into_iter()
        .find(|window| window.seconds() == seconds)
}

/// What a `rate_limit` says, in the spelling of either dialect.
pub(crate) enum Rate {
    /// So many calls, from 1, in a window that there is.
    Exact(i64, Window),
    /// A window of so many seconds, which there is not.
    OtherWindow(i64),
    /// Something else.
    Unclear,
}

/// Reads `{ "max": 10, "window": 60 }`, in seconds, or the shorthand `10/minute`.
pub(crate) fn rate_of(node: &Node) -> Rate {
    if let Some((max, window)) = node.as_str().and_then(|text| text.split_once('/')) {
        return match (max.parse(), Window::parse(window)) {
            (Ok(max), Some(window)) if max >= 1 => Rate::Exact(max, window),
            _ => Rate::Unclear,
        };
    }
    let number = |key| match node.get(key)?.as_scalar()?.kind {
        ScalarKind::Int(n) if n >= 1 => Some(n),
        _ => None,
    };
    match (number("max"), number("window")) {
        (Some(max), Some(seconds)) => match window_of_seconds(seconds) {
            Some(window) => Rate::Exact(max, window),
            None => Rate::OtherWindow(seconds),
        },
        _ => Rate::Unclear,
    }
}

/// A value in words: its type, and what was written if that is short.
pub(crate) fn shown(node: &Node) -> String {
    match node.as_scalar() {
        Some(scalar) => match scalar.kind {
            ScalarKind::Null => "null".into(),
            ScalarKind::Bool(_) => quoted(&scalar.text),
            ScalarKind::String if scalar.text.is_empty() => "the empty string".into(),
            _ => {
                let kind = node.describe().trim_start_matches("a ");
                format!("the {kind} {}", quoted(&scalar.text))
            }
        },
        None => node.describe().into(),
    }
}

/// A scalar as JSON, short enough to be shown.
pub(crate) fn literal(node: &Node) -> Option<String> {
    let scalar = node.as_scalar()?;
    match scalar.kind {
        ScalarKind::Null => None,
        ScalarKind::String | ScalarKind::Timestamp => Some(json(&scalar.text)),
        _ => Some(scalar.text.clone()),
    }
}

/// `text` as a JSON string.
pub(crate) fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Advice to write this text.
pub(crate) fn write(text: &str) -> String {
    format!("write {}", quoted(text))
}

/// Advice to leave the quotes out.
pub(crate) fn unquoted(text: impl std::fmt::Display) -> String {
    format!("write `{text}` without quotes")
}

pub(crate) fn did_you_mean(word: &str) -> String {
    format!("did you mean {}?", quoted(word))
}

/// `a`, `b` and `c`.
pub(crate) fn listed<'a>(words: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((end, [])) => end.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
        None => String::new(),
    }
}
