//! Names that look like other names.

use unicode_security::MixedScript;
use unicode_security::mixed_script::AugmentedScriptSet;

use super::{Check, Rule};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::look_alikes::skeleton;
use crate::render::escape::{is_dangerous, printable};
use crate::suggest::quoted;

/// See `confusable_name.md`.
pub static RULE: Rule = Rule {
    id: "confusable-name",
    severity: Severity::Error,
    summary: "a name with hidden characters, or with letters that look like others",
    doc: include_str!("confusable_name.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for name in context.names() {
        let Some(deceit) = deceives(name.text) else {
            continue;
        };
        let shown = quoted(&printable(name.text));
        let (what, help) = match deceit {
            Deceit::Padded if is_offered(context, name.text) => continue,
            Deceit::Padded => (
                "begins or ends with a space: names are compared exactly".to_owned(),
                format!("write {} if that is meant", quoted(name.text.trim())),
            ),
            Deceit::Hidden(c) => (
                format!("has a character that can't be seen, U+{:04X}", u32::from(c)),
                "type the name anew, or copy it from the server's list of tools".to_owned(),
            ),
            Deceit::LooksLike(other) => (
                format!("looks like {} and is another name", quoted(&other)),
                format!("write {} in plain letters if that is meant", quoted(&other)),
            ),
            Deceit::Mixed => (
                "mixes letters of several scripts, which may look alike".to_owned(),
                "type the name anew, or copy it from the server's list of tools".to_owned(),
            ),
        };
        let message = format!("the name {shown} {what}");
        reporter.report(Finding::new(&RULE, name.pointer, name.span, message).help(help));
    }
}

/// Whether the server offers a tool by just this name.
fn is_offered(context: &Context<'_>, name: &str) -> bool {
    context
        .offer
        .is_some_and(|offer| offer.named(name).is_some())
}

/// How a name deceives those who read it.
pub(super) enum Deceit {
    /// It begins or ends with a space.
    Padded,
    /// It has a character that can't be seen, or turns the text around.
    Hidden(char),
    /// It is read as this name, which has plain letters.
    LooksLike(String),
    /// Its letters are of several scripts.
    Mixed,
}

/// How `name` deceives. Plain ASCII does not, and neither does a name in one other script that could
/// not be taken for one in plain letters, or with Latin letters among Chinese, Japanese or Korean ones,
/// or whose words are each in a script of their own that shows.
pub(super) fn deceives(name: &str) -> Option<Deceit> {
    if name.trim_matches(' ').len() < name.len() {
        return Some(Deceit::Padded);
    }
    if name.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return None;
    }
    if let Some(hidden) = name.chars().find(|&c| is_hidden(c)) {
        return Some(Deceit::Hidden(hidden));
    }
    if skeleton(name).is_ascii() {
        return Some(Deceit::LooksLike(name.chars().map(plain).collect()));
    }
    let is_plain = name.is_single_script() || words(name).all(shows_its_script);
    (!is_plain).then_some(Deceit::Mixed)
}

/// The words of a name: what stands between ASCII characters that are no letters, and between a small
/// letter and a capital one.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let parts = name.split(|c: char| c.is_ascii() && !c.is_ascii_alphabetic());
    parts.flat_map(|mut part| {
        std::iter::from_fn(move || {
            let letters = part.char_indices().zip(part.chars().skip(1));
            let humps = letters.filter(|((_, c), next)| c.is_lowercase() && next.is_uppercase());
            let hump = humps.map(|((at, c), _)| at + c.len_utf8()).next();
            let (word, rest) = part.split_at(hump.unwrap_or(part.len()));
            part = rest;
            (!word.is_empty()).then_some(word)
        })
    })
}

/// Whether one sees which script `word`, one of several in a name, is in: it is in one alone, or in one
/// that goes with Latin letters, and has letters that look like no Latin ones if it is not in plain ones.
fn shows_its_script(word: &str) -> bool {
    let is_alike = !word.is_ascii() && skeleton(word).is_ascii();
    !is_alike && (word.is_single_script() || goes_with_latin(word))
}

/// Whether the letters of `name` that are not Latin are Chinese, Japanese or Korean: those are mixed
/// with Latin ones as a matter of course, and don't look like them (UTS 39, "highly restrictive").
fn goes_with_latin(name: &str) -> bool {
    let is_latin = |c: &char| format!("a{c}").as_str().is_single_script();
    let others: String = name.chars().filter(|c| !is_latin(c)).collect();
    let scripts = AugmentedScriptSet::for_str(&others);
    !others.is_empty() && (scripts.hanb || scripts.jpan || scripts.kore)
}

/// The plain letters that `c` looks like, as one would write them.
fn plain(c: char) -> String {
    if c.is_ascii() {
        return c.to_string();
    }
    let alike = skeleton(&c.to_string());
    match alike.as_str() {
        "rn" => "m".to_owned(),
        "l" if c.is_uppercase() => "I".to_owned(),
        _ => alike,
    }
}

fn is_hidden(c: char) -> bool {
    is_dangerous(c)
        || (c.is_whitespace() && c != ' ')
        || matches!(
            c,
            '\u{fe00}'..='\u{fe0f}' | '\u{3164}' | '\u{115f}' | '\u{1160}'
        )
}
