//! Fields that have to be there, and fields that say one word out of several.

use super::document::{Field, Object};
use super::report::Report;
use crate::rules::Rule;
use crate::rules::form::{MISSING_KEY, WRONG_TYPE};
use crate::schema::words::{Synonyms, did_you_mean, listed, meant, write};
use crate::suggest::quoted;

/// The text of a field that has to be there. `help` is what to write, or other advice.
pub(super) fn required<'a>(
    object: &Object<'_>,
    field: Field<'a>,
    help: &str,
    report: &mut Report,
) -> Option<&'a str> {
    let (noun, key) = (object.part.this(), field.key);
    let text = field.text?;
    if !text.is_empty() {
        return Some(text);
    }
    if object.has_misspelt(key) {
        report.refused = true;
        return None;
    }
    let finding = if field.entry.is_some() {
        let (pointer, span) = object.place(field);
        report.refuse(
            &MISSING_KEY,
            pointer,
            span,
            format!("`{key}` of {noun} is empty"),
        )
    } else {
        let message = format!("{noun} has no `{key}`");
        report.refuse(&MISSING_KEY, &object.pointer, object.head, message)
    };
    let verb = if field.entry.is_some() {
        "write"
    } else {
        "add"
    };
    finding.help = Some(match help.split_once(':') {
        Some((start, _)) if start == key => format!("{verb} `{help}`"),
        _ => help.to_owned(),
    });
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
    let listed = listed(words.iter().copied(), "or");
    let message = match words.len() {
        ..=3 => format!("`{key}` must be {listed}, not {}", quoted(text)),
        _ => format!("there is no {} as `{key}`", quoted(text)),
    };
    let help = match meant(text, words.iter().copied(), synonyms) {
        Some(word) => Some(did_you_mean(word)),
        None => (words.len() > 3).then(|| format!("`{key}` can be {listed}")),
    };
    report.refuse(rule, pointer, span, message).help = help;
    false
}
