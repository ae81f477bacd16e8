//! Fields that have to be there, and fields that say one word out of several.

use super::document::{Field, Object};
use super::report::{AbsentKey, Report};
use crate::rules::Rule;
use crate::rules::form::{MISSING_KEY, WRONG_TYPE};
use crate::schema::words::{
    AN_OPERATOR, Synonyms, WINDOW_HELP, did_you_mean, listed, meant, operators_help, write,
};
use crate::suggest::quoted;

/// The text of a field that has to be there. `member` is what to write; `help` is other advice.
pub(super) fn required<'a>(
    object: &Object<'_>,
    field: Field<'a>,
    member: &'static str,
    help: Option<String>,
    report: &mut Report,
) -> Option<&'a str> {
    let key = field.key;
    let text = field.text?;
    if !text.is_empty() {
        return Some(text);
    }
    if object.has_misspelt(key) {
        report.refused = true;
    } else if field.entry.is_some() {
        let (pointer, span) = object.place(field);
        let message = format!("`{key}` of {} is empty", object.part.this());
        report.refuse(&MISSING_KEY, pointer, span, message).help =
            Some(help.unwrap_or_else(|| write(member)));
    } else {
        let why = String::new();
        report.absent(
            object,
            AbsentKey {
                key,
                member,
                why,
                help,
            },
        );
    }
    None
}

/// Whether a field is one of `words`; reports it if it is not, as broken `rule` unless only the
/// letter case is wrong.
pub(super) fn choice(
    object: &Object<'_>,
    field: Field<'_>,
    rule: &'static Rule,
    words: &[&'static str],
    synonyms: Synonyms,
    report: &mut Report,
) -> bool {
    let Some(text) = field.given() else {
        return true;
    };
    if words.contains(&text) {
        return true;
    }
    let key = field.key;
    let (pointer, span) = object.place(field);
    let same_word = |word: &&&str| word.eq_ignore_ascii_case(text.trim());
    if let Some(word) = words.iter().find(same_word) {
        let message = format!("`{key}` must be written `{word}`, not {}", quoted(text));
        report.refuse(&WRONG_TYPE, pointer, span, message).help = Some(write(word));
        return false;
    }
    let one_of = match key {
        "op" => AN_OPERATOR.into(),
        _ => listed(words.iter().copied(), "or"),
    };
    let message = format!("`{key}` must be {one_of}, not {}", quoted(text));
    let help = match (meant(text, words.iter().copied(), synonyms), key) {
        (Some(word), _) => Some(did_you_mean(word)),
        (None, "op") => Some(operators_help()),
        (None, "window") => Some(WINDOW_HELP.into()),
        (None, _) => None,
    };
    report.refuse(rule, pointer, span, message).help = help;
    false
}
