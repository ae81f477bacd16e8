//! What is wrong with a configuration: all of it at once, as far as one thing can be wrong without
//! another.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::rules::{self, Rule};
use crate::span::Span;
use crate::suggest::{nearest, quoted};

/// Something wrong in a configuration.
#[derive(Debug)]
pub struct Mistake {
    /// The bytes that are wrong.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Mistake {
    /// What is wrong with what stands at `place`.
    pub(super) fn at<T>(place: &Spanned<T>, message: String, help: Option<String>) -> Self {
        let range = place.span();
        let span = Span::new(range.start, range.end);
        Self {
            span,
            message,
            help,
        }
    }

    /// The parser's own account, with what was probably meant.
    pub(super) fn from_toml(error: &toml::de::Error) -> Self {
        let place = Spanned::new(error.span().unwrap_or_default(), ());
        let message = error.message();
        let unknown = [
            ("unknown field `", "is not a key here"),
            ("unknown variant `", "is no value for this key"),
        ];
        for (start, what) in unknown {
            let rest = message.strip_prefix(start);
            if let Some((word, expected)) = rest.and_then(|rest| rest.split_once('`')) {
                let message = format!("{} {what}", quoted(word));
                return Self::at(&place, message, Some(instead(word, expected)));
            }
        }
        // The parser's account may have several lines.
        Self::at(&place, message.trim().replace('\n', ": "), None)
    }

    /// The rule called `id`, or that there is none.
    pub(super) fn rule(id: &Spanned<String>) -> Result<&'static Rule, Self> {
        rules::find(id.get_ref()).ok_or_else(|| {
            let help = rules::nearest(id.get_ref()).map(|near| format!("did you mean `{near}`?"));
            let message = format!("there is no rule {}", quoted(id.get_ref()));
            Self::at(id, message, help)
        })
    }
}

/// What to write instead of `word`; `expected` has the known words between backticks.
fn instead(word: &str, expected: &str) -> String {
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of {}", known.join(", ")),
    }
}

/// A table for each thing in `table` that is right or wrong by itself: an entry of a list, a key of a
/// table, any other setting.
pub(super) fn apart<'i>(table: &DeTable<'i>) -> Vec<DeTable<'i>> {
    let mut parts = Vec::new();
    for (key, value) in table {
        let mut add = |alone| {
            let mut part = DeTable::new();
            part.insert(key.clone(), Spanned::new(value.span(), alone));
            parts.push(part);
        };
        match value.get_ref() {
            DeValue::Array(entries) if !entries.is_empty() => {
                for entry in entries.iter() {
                    let mut alone = DeArray::new();
                    alone.push(entry.clone());
                    add(DeValue::Array(alone));
                }
            }
            DeValue::Table(entries) if !entries.is_empty() => {
                for (inner, entry) in entries {
                    let mut alone = DeTable::new();
                    alone.insert(inner.clone(), entry.clone());
                    add(DeValue::Table(alone));
                }
            }
            other => add(other.clone()),
        }
    }
    parts
}
