//! What the name of a tool says.

use std::ops::Range;

use super::claim::{Claim, Head, Part, Setting};
use super::vocabulary::{Form, Kind, VOCABULARY};
use super::words::Words;
use super::{Category, Source};

/// What the name of a tool says. `None` if it has no verb and is no name of information.
pub(super) fn claim(name: &Words<'_>, setting: &Setting<'_>) -> Option<Claim> {
    let words = name.list();
    let part = Part {
        text: name,
        words: &words,
        setting,
        source: Source::Name,
    };
    let Some(head) = head(&words) else {
        return alone(part).or_else(|| information(part));
    };
    let mut claim = part.claim(head, object(&words, head));
    for other in joined(&words, head) {
        let second = part.claim(other, object(&words, other));
        if second.category > claim.category {
            claim = second;
        }
    }
    if may_be_noun(&words, head) {
        claim.kind = Kind::NounToo;
    }
    if is_looked_at(&words, head, &claim) {
        return information(part);
    }
    Some(claim)
}

/// Whether the verb that a name ends with may be a noun all the same: `pipelines_run`, or
/// `archive_list`, where another may be the verb.
fn may_be_noun(words: &[&str], head: Head) -> bool {
    let reads = head.verb.category == Category::Read;
    let other = || Head::at(words, 0).is_some_and(|first| first.verb.kind == Kind::NounToo);
    head.at > 0
        && head.end() == words.len()
        && (head.verb.kind == Kind::NounToo || reads && other())
}

/// Whether a name ends with a noun that shows that nothing is done: `order_history`,
/// `deploy_status`.
fn is_looked_at(words: &[&str], head: Head, claim: &Claim) -> bool {
    let last = words[words.len() - 1];
    let noun = claim.kind == Kind::NounToo && claim.category != Category::Read;
    let runs = head.verb.category == Category::Execute;
    words.len() > 1
        && (noun && VOCABULARY.information.has(last) || runs && VOCABULARY.of_a_run.has(last))
}

/// The verb of a name: the one it begins with; else the first plain verb; else one that may be a
/// noun, at the end or after the name of a product.
pub(super) fn head(words: &[&str]) -> Option<Head> {
    let is_filler = |word: &&&str| VOCABULARY.grammar.filler.has(word);
    let start = words.iter().take_while(is_filler).count();
    let start = if start == words.len() { 0 } else { start };
    let heads: Vec<Head> = (0..words.len())
        .filter_map(|at| Head::at(words, at))
        .filter(|head| head.verb.form == Form::Base)
        .collect();
    if let Some(last) = heads.last().filter(|head| is_unmistakable(words, **head)) {
        return Some(*last);
    }
    let first = heads.iter().find(|head| head.at == start).copied();
    let mut plain = heads.iter().filter(|head| head.verb.kind == Kind::Plain);
    let found = match (first, plain.next().copied()) {
        (Some(first), _) if first.verb.kind == Kind::Plain => Some(first),
        (Some(first), Some(plain)) if first.verb.kind == Kind::NounToo => {
            Some(first_or(words, first, plain))
        }
        (_, Some(plain)) => Some(plain),
        (first, None) => agent(words).or(first).or_else(|| noun_too(words, &heads)),
    };
    found.or_else(|| run_together(words))
}

/// Whether a name ends with `head`, and that can't be a noun there.
fn is_unmistakable(words: &[&str], head: Head) -> bool {
    head.end() == words.len() && VOCABULARY.unmistakable.has(words[head.at])
}

/// `first` begins the name and may be a noun, as in `report_create`; then `plain` is its verb. But
/// `run_search_indexer` runs what searches.
fn first_or(words: &[&str], first: Head, plain: Head) -> Head {
    let ends = plain.end() == words.len();
    let runs = first.verb.category == Category::Execute && plain.verb.category == Category::Read;
    let is_agent = |next: Head| next.verb.form == Form::Agent;
    if runs && Head::at(words, plain.end()).is_some_and(is_agent) {
        return first;
    }
    if ends || plain.at == first.end() || plain.verb.category > Category::Read {
        plain
    } else {
        first
    }
}

/// The verb in the noun that a name ends with: `purchase_analyzer` analyzes.
fn agent(words: &[&str]) -> Option<Head> {
    let head = Head::at(words, words.len().checked_sub(1)?)?;
    (head.verb.form == Form::Agent && head.verb.kind == Kind::Plain).then_some(head)
}

/// A verb that may be a noun: at the end, unless it is most often a thing there, or near the
/// beginning.
fn noun_too(words: &[&str], heads: &[Head]) -> Option<Head> {
    const NEAR: usize = 2;
    let is_thing = |head: &&Head| VOCABULARY.things.has(words[head.at]);
    let ends = |head: &&Head| head.end() == words.len();
    let last = heads.iter().find(|head| ends(head) && !is_thing(head));
    let early = || heads.iter().find(|head| head.at <= NEAR && !ends(head));
    last.or_else(early).copied()
}

/// The verb of a name whose words are written as one: `sendmessage`.
fn run_together(words: &[&str]) -> Option<Head> {
    const VERBS: [&str; 14] = [
        "get", "list", "search", "fetch", "create", "update", "delete", "remove", "send",
        "execute", "transfer", "read", "write", "find",
    ];
    words.iter().enumerate().find_map(|(at, word)| {
        let verb = VERBS
            .iter()
            .find(|verb| word.len() >= verb.len() + 3 && word.starts_with(**verb))?;
        let (_, verb) = VOCABULARY.verb(&[verb], 0)?;
        Some(Head {
            at,
            length: 1,
            verb,
        })
    })
}

/// The words a name's verb is about: those after it up to a preposition (`write_to_terminal` begins
/// with one), or else those before it.
pub(super) fn object(words: &[&str], head: Head) -> Range<usize> {
    let is_preposition = |word: &&&str| VOCABULARY.grammar.preposition.has(word);
    let first = words.get(head.end()).filter(|word| is_preposition(word));
    let start = head.end() + usize::from(first.is_some());
    let after = words[start..].iter();
    let length = after.take_while(|word| !is_preposition(word)).count();
    if length > 0 {
        start..start + length
    } else {
        0..head.at
    }
}

/// The plain verbs joined to `head` by `or` and `and`: `create_or_update_file`.
fn joined<'w>(words: &'w [&'w str], head: Head) -> impl Iterator<Item = Head> + 'w {
    let rest = head.end()..words.len();
    rest.filter(|&at| VOCABULARY.grammar.conjunction.has(words[at]))
        .filter_map(|at| Head::at(words, at + 1))
        .filter(|head| head.verb.kind == Kind::Plain && head.verb.form == Form::Base)
}

/// A name that is nothing but that of what runs anything: `sql`, `python_tool`.
fn alone(name: Part<'_>) -> Option<Claim> {
    let (length, ()) = VOCABULARY.alone.at(name.words, 0)?;
    let is_filler = |word: &&str| VOCABULARY.grammar.filler.has(word);
    let whole = name.words[length..].iter().all(is_filler);
    whole.then(|| Claim {
        category: Category::Execute,
        kind: Kind::NounToo,
        evidence: name.evidence(0..length),
    })
}

/// A name that ends with a noun for something to read.
fn information(name: Part<'_>) -> Option<Claim> {
    let last = name.words.len().checked_sub(1)?;
    let known = VOCABULARY.information.has(name.words[last]);
    known.then(|| Claim {
        category: Category::Read,
        kind: Kind::NounToo,
        evidence: name.evidence(last..last + 1),
    })
}
