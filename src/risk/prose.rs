//! What the description of a tool says.

use std::ops::Range;

use super::claim::{Claim, Head, Part, Setting};
use super::vocabulary::{Form, Kind, VOCABULARY};
use super::words::{Gap, Words};
use super::{Category, Evidence, Source};

/// An object is looked for among so many words after its verb.
const LONGEST_OBJECT: usize = 10;

/// So many words of a clause are looked at for its verb.
const LONGEST_WAY: usize = 25;

/// So many words after a verb are looked at for verbs joined to it.
const LONGEST_LIST: usize = 40;

/// So many clauses of a description are looked at for a verb.
const MOST_CLAUSES: usize = 24;

/// What the main verb of a description says, and the verbs joined to it. `None` if none is found.
/// `words` are those of `text`.
pub(super) fn claim(text: &Words<'_>, words: &[&str], setting: &Setting<'_>) -> Option<Claim> {
    let mut vague: Option<Claim> = None;
    for clause in text.clauses().take(MOST_CLAUSES) {
        let Some(head) = clause_head(&words[clause.clone()]) else {
            continue;
        };
        let head = Head {
            at: head.at + clause.start,
            ..head
        };
        let part = Part {
            text,
            words: &words[..clause.end],
            setting,
            source: Source::Description,
        };
        // Once something is said, only what is told of the tool adds to it: not what to do with it.
        if vague.is_some() && head.verb.form != Form::Third && !is_list(part, head) {
            continue;
        }
        let found = sentence(part, head);
        if found.kind != Kind::Vague || found.category == Category::Read && vague.is_none() {
            return Some(found);
        }
        vague.get_or_insert(found);
    }
    listed(text).or(vague).or_else(|| unknown(text, words))
}

/// What the worst of the verbs says that a parenthesis lists: `Manage tags (list, add, remove)`.
fn listed(text: &Words<'_>) -> Option<Claim> {
    const LEAST: usize = 2;
    let (inside, original) = text.parenthesis()?;
    let mut verbs = Vec::new();
    for item in inside.split([',', '/', '|']) {
        let item = item.trim();
        let item = ["and ", "or "]
            .iter()
            .find_map(|word| item.strip_prefix(word))
            .unwrap_or(item);
        verbs.push(VOCABULARY.verb(&[item], 0)?.1);
    }
    let worst = verbs.iter().max_by_key(|verb| verb.category)?;
    (verbs.len() >= LEAST).then(|| Claim {
        category: worst.category,
        kind: Kind::NounToo,
        evidence: Evidence::new(Source::Description, original),
    })
}

/// What a sentence says that begins with a verb nobody knows: `frob the bar`. Most of what only
/// reads is called by a few verbs, which are known.
fn unknown(text: &Words<'_>, words: &[&str]) -> Option<Claim> {
    let grammar = &VOCABULARY.grammar;
    let imperative = words.len() > 2
        && grammar.article.has(words[1])
        && !grammar.article.has(words[0])
        && !grammar.filler.has(words[0])
        && !grammar.preposition.has(words[0]);
    imperative.then(|| Claim {
        category: Category::Write,
        kind: Kind::Vague,
        evidence: Evidence::new(Source::Description, text.quote(0..1)),
    })
}

/// The main verb of a clause: its first word after what leads up to it, or what follows
/// `tool that`, `tool to`.
fn clause_head(words: &[&str]) -> Option<Head> {
    let start = way(words);
    let first = verb_at(words, start);
    if first.is_some() {
        return first;
    }
    let grammar = &VOCABULARY.grammar;
    let mut of_tool = start > 0;
    for at in start..words.len().min(LONGEST_WAY) {
        if grammar.negation.has(words[at]) {
            return None;
        }
        if of_tool && grammar.link.has(words[at]) {
            let next = at + 1 + way(&words[at + 1..]);
            let head = verb_at(words, next);
            if head.is_some() {
                return head;
            }
        }
        of_tool |= grammar.tool.has(words[at]);
    }
    None
}

/// How many words lead up to the verb: `use this tool to`, names with underscores, numbers.
fn way(words: &[&str]) -> usize {
    let mut at = 0;
    while at < words.len() {
        let filler = VOCABULARY.grammar.filler.at(words, at);
        let identifier = words[at].contains('_') || words[at].bytes().all(|b| b.is_ascii_digit());
        match filler
            .map(|(length, ())| length)
            .or(identifier.then_some(1))
        {
            Some(length) if at + length < words.len() => at += length,
            _ => break,
        }
    }
    at
}

/// The verb at `at`, if one is there and is one there.
fn verb_at(words: &[&str], at: usize) -> Option<Head> {
    let head = Head::at(words, at)?;
    (head.verb.form != Form::Agent && is_said(words, head)).then_some(head)
}

/// Whether what may be a verb is one here: `orders a pizza`, not `order details`.
fn is_said(words: &[&str], head: Head) -> bool {
    let Some(next) = words.get(head.end()) else {
        return head.verb.kind == Kind::Plain;
    };
    if VOCABULARY.grammar.negation.has(next) {
        return false;
    }
    let reads = head.verb.category == Category::Read;
    let noun = VOCABULARY.of_a_run.has(next)
        || VOCABULARY.grammar.after_noun.has(next)
        || !reads && head.verb.form == Form::Base && *next == "for";
    head.verb.kind != Kind::NounToo || !noun
}

/// Whether a list of verbs begins with `head`: `create, modify, delete`.
fn is_list(part: Part<'_>, head: Head) -> bool {
    let verbs = coordinated(part, head);
    verbs.first().is_some_and(|(_, adjacent)| *adjacent)
}

/// What the verb `head` says, and the verbs that are joined to it.
fn sentence(part: Part<'_>, head: Head) -> Claim {
    let about = object(part, head);
    let mut worst = part.claim(head, about.clone());
    let by_object = worst.kind > head.verb.kind;
    for (other, adjacent) in coordinated(part, head) {
        // `execute an INSERT, UPDATE or DELETE query`: these are part of what is executed.
        if by_object && other.at < about.end {
            continue;
        }
        let second = part.claim(other, object(part, other));
        let vague = worst.kind == Kind::Vague && second.category >= worst.category;
        let counts = adjacent || second.category >= Category::Destructive;
        if vague || counts && second.category > worst.category {
            worst = second;
        }
    }
    worst
}

/// The plain verbs joined to `head` by commas and conjunctions, and whether only such stand between.
fn coordinated(part: Part<'_>, head: Head) -> Vec<(Head, bool)> {
    let words = part.words;
    let mut found = Vec::new();
    let mut adjacent = true;
    let mut at = head.end();
    while at < words.len().min(head.at + LONGEST_LIST) {
        let conjunction = VOCABULARY.grammar.conjunction.has(words[at]);
        let place = if conjunction { at + 1 } else { at };
        let linked = conjunction || part.text.gap(at) == Gap::Comma;
        let verb = Head::at(words, place).filter(|next| {
            linked && next.verb.kind == Kind::Plain && next.verb.form == head.verb.form
        });
        adjacent &= verb.is_some();
        at = verb.map_or(at + 1, Head::end);
        // After a list, `adjacent` is false for good.
        found.extend(verb.map(|verb| (verb, adjacent)));
    }
    found
}

/// The words that the verb of a sentence is about: up to a preposition, or to another verb.
fn object(part: Part<'_>, head: Head) -> Range<usize> {
    let start = head.end();
    let within = start..part.words.len().min(start + LONGEST_OBJECT);
    let length = within
        .take_while(|&at| {
            !VOCABULARY.grammar.preposition.has(part.words[at])
                && (at == start || part.text.gap(at) < Gap::Clause && !is_verb_next(part, head, at))
        })
        .count();
    start..start + length
}

/// Whether a conjunction stands at `at` and a verb like `head` after it: `run it and capture output`,
/// but not `execute an INSERT, UPDATE or DELETE`, which is a list of what is executed.
fn is_verb_next(part: Part<'_>, head: Head, at: usize) -> bool {
    head.verb.kind != Kind::Vague
        && part.words[at] != "or"
        && VOCABULARY.grammar.conjunction.has(part.words[at])
        && at > head.end()
        && Head::at(part.words, at + 1)
            .is_some_and(|next| next.verb.kind == Kind::Plain && next.verb.form == head.verb.form)
}

/// Whether what begins at `at` is said not to be so: a negation stands before it in its clause.
pub(super) fn is_denied(text: &Words<'_>, words: &[&str], at: usize) -> bool {
    const FAR: usize = 5;
    (at.saturating_sub(FAR)..at)
        .rev()
        .take_while(|&before| text.gap(before + 1) < Gap::Clause)
        .any(|before| VOCABULARY.grammar.negation.has(words[before]))
}

/// What a description in another language says: by the first of its verbs that is known.
pub(super) fn foreign(description: Option<&str>) -> Option<Claim> {
    const FAR: usize = 90;
    let text = description?.trim_start();
    let beginning: String = text.chars().take(FAR).collect::<String>().to_lowercase();
    let place = |word: &str| {
        let at = beginning.find(word)?;
        (!word.is_ascii() && !word.starts_with(|c: char| c.is_alphabetic() && c < '\u{2e80}')
            || at == 0)
            .then_some(at)
    };
    let found = VOCABULARY
        .foreign
        .iter()
        .filter_map(|&(word, category)| Some((place(word)?, word, category)));
    let (_, word, category) = found.min_by_key(|(at, _, _)| *at)?;
    Some(Claim {
        category,
        kind: Kind::Plain,
        evidence: Evidence::new(Source::Description, word),
    })
}
