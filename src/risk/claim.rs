//! What one part of a definition says of a tool: its name, or its description.

use std::ops::Range;

use super::vocabulary::{Form, Kind, Terms, VOCABULARY, Verb};
use super::words::{Gap, Words};
use super::{Category, Evidence, Source};

/// An object is looked for among so many words after its verb.
const LONGEST_OBJECT: usize = 10;

/// So many words of a clause are looked at for its verb.
const LONGEST_WAY: usize = 25;

/// So many clauses of a description are looked at for a verb.
const MOST_CLAUSES: usize = 24;

/// What a part of a definition says.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub category: Category,
    /// How much the verb says by itself; [`Kind::Plain`] where its object decides.
    pub kind: Kind,
    pub evidence: Evidence,
}

/// What kind of server is meant, by all that is known of it: see `[servers]`.
#[derive(Debug)]
pub(super) struct Setting<'t> {
    words: Vec<&'t str>,
}

impl<'t> Setting<'t> {
    pub fn new(server: &[&'t str], name: &[&'t str]) -> Self {
        Self {
            words: server.iter().chain(name).copied().collect(),
        }
    }

    fn is(&self, kind: &str) -> bool {
        VOCABULARY.tells_of(kind, &self.words)
    }
}

/// A verb in its place.
#[derive(Debug, Clone, Copy)]
struct Head {
    at: usize,
    length: usize,
    verb: Verb,
}

impl Head {
    fn at(words: &[&str], at: usize) -> Option<Self> {
        let (length, verb) = VOCABULARY.verb(words, at)?;
        Some(Self { at, length, verb })
    }

    fn end(self) -> usize {
        self.at + self.length
    }
}

/// What the name of a tool says. `None` if it has no verb and is no name of information.
pub(super) fn of_name(name: &Words<'_>, setting: &Setting<'_>) -> Option<Claim> {
    let words = name.list();
    let Some(head) = name_head(&words) else {
        return information(name, &words);
    };
    let mut claim = claim(
        name,
        &words,
        head,
        name_object(&words, head),
        setting,
        Source::Name,
    );
    for other in joined(&words, head) {
        let second = self::claim(
            name,
            &words,
            other,
            name_object(&words, other),
            setting,
            Source::Name,
        );
        if second.category > claim.category {
            claim = second;
        }
    }
    if claim.kind == Kind::NounToo && is_information(&words, head) {
        return information(name, &words);
    }
    Some(claim)
}

/// The verb of a name: the one it begins with; else the first plain verb; else one that may be a
/// noun, at the end or after the name of a product.
fn name_head(words: &[&str]) -> Option<Head> {
    let start = words
        .iter()
        .take_while(|word| VOCABULARY.grammar.filler.has(word))
        .count();
    let start = if start == words.len() { 0 } else { start };
    let heads: Vec<Head> = (0..words.len())
        .filter_map(|at| Head::at(words, at))
        .filter(|head| head.verb.form == Form::Base)
        .collect();
    let first = heads.iter().find(|head| head.at == start).copied();
    let plain = heads
        .iter()
        .find(|head| head.verb.kind == Kind::Plain)
        .copied();
    let noun = || {
        let last = heads.iter().rfind(|head| head.end() == words.len());
        last.or_else(|| heads.iter().find(|head| head.at <= 2))
            .copied()
    };
    match first {
        Some(first) if first.verb.kind == Kind::Plain => Some(first),
        Some(first) if plain.is_none() => Some(first),
        // `report_create`, `order_delete`: what it begins with is a noun.
        Some(first) if first.verb.kind == Kind::NounToo => match plain {
            Some(plain) if plain.end() == words.len() || plain.verb.category > Category::Read => {
                Some(plain)
            }
            _ => Some(first),
        },
        _ => plain.or(first).or_else(noun),
    }
    .or_else(|| run_together(words))
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

/// The words a name's verb is about: those after it up to a preposition, or else those before it.
fn name_object(words: &[&str], head: Head) -> Range<usize> {
    let start = head.end();
    let after = words[start..].iter();
    let length = after
        .take_while(|word| !VOCABULARY.grammar.preposition.has(word))
        .count();
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

fn is_information(words: &[&str], head: Head) -> bool {
    let last = words.len().saturating_sub(1);
    head.at < last
        && VOCABULARY.information.has(words[last])
        && head.verb.category != Category::Read
}

/// A name that ends with a noun for something to read.
fn information(name: &Words<'_>, words: &[&str]) -> Option<Claim> {
    let last = words.len().checked_sub(1)?;
    let known = VOCABULARY.information.has(words[last]);
    known.then(|| Claim {
        category: Category::Read,
        kind: Kind::NounToo,
        evidence: Evidence::new(Source::Name, name.quote(last..last + 1)),
    })
}

/// What the main verb of a description says, and the verbs joined to it. `None` if none is found.
pub(super) fn of_description(text: &Words<'_>, setting: &Setting<'_>) -> Option<Claim> {
    let words = text.list();
    let clauses = text.clauses().take(MOST_CLAUSES);
    let mut vague = None;
    for clause in clauses {
        let Some(head) = clause_head(&words[clause.clone()]) else {
            continue;
        };
        let head = Head {
            at: head.at + clause.start,
            ..head
        };
        let found = sentence(text, &words[..clause.end], head, setting);
        if found.kind != Kind::Vague {
            return Some(found);
        }
        vague.get_or_insert(found);
    }
    vague
}

/// The main verb of a clause: its first word after what leads up to it, or what follows
/// `tool that`, `tool to`.
fn clause_head(words: &[&str]) -> Option<Head> {
    let grammar = &VOCABULARY.grammar;
    let mut at = 0;
    while at < words.len() {
        let passed = grammar.filler.at(words, at).map(|(length, ())| length);
        let identifier = words[at].contains('_') || words[at].bytes().all(|b| b.is_ascii_digit());
        match passed.or(identifier.then_some(1)) {
            Some(length) if at + length < words.len() => at += length,
            _ => break,
        }
    }
    let first = Head::at(words, at).filter(|head| is_said(words, *head));
    if first.is_some() {
        return first;
    }
    let mut tool = at > 0;
    for place in at..words.len().min(LONGEST_WAY) {
        if grammar.negation.has(words[place]) {
            return None;
        }
        if tool && grammar.link.has(words[place]) {
            let mut next = place + 1;
            while let Some((length, ())) = grammar.filler.at(words, next) {
                next += length;
            }
            let head = Head::at(words, next).filter(|head| is_said(words, *head));
            if head.is_some() {
                return head;
            }
        }
        tool |= grammar.tool.has(words[place]);
    }
    None
}

/// Whether what may be a verb is one here: `orders a pizza`, not `order details`.
fn is_said(words: &[&str], head: Head) -> bool {
    let grammar = &VOCABULARY.grammar;
    let Some(next) = words.get(head.end()) else {
        return head.verb.kind == Kind::Plain;
    };
    match (head.verb.kind, head.verb.form) {
        (Kind::NounToo, Form::Base) => {
            !(VOCABULARY.information.has(next)
                || matches!(*next, "of" | "is" | "are" | "was")
                || matches!(*next, "and" | "or" | "for") && head.verb.category != Category::Read)
        }
        (Kind::NounToo, _) => grammar.article.has(next) || grammar.preposition.has(next),
        _ => true,
    }
}

/// What the verb `head` says, and the verbs that are joined to it.
fn sentence(text: &Words<'_>, words: &[&str], head: Head, setting: &Setting<'_>) -> Claim {
    let mut worst = claim(
        text,
        words,
        head,
        object(text, words, head),
        setting,
        Source::Description,
    );
    for (other, adjacent) in coordinated(text, words, head) {
        let second = claim(
            text,
            words,
            other,
            object(text, words, other),
            setting,
            Source::Description,
        );
        let counts = adjacent
            || second.category >= Category::Destructive
            || (second.category == Category::Execute && worst.category != Category::Read)
            || worst.kind == Kind::Vague;
        if counts
            && (second.category > worst.category
                || worst.kind < second.kind && worst.category <= second.category)
        {
            worst = second;
        }
    }
    worst
}

/// The plain verbs joined to `head` by commas and conjunctions, and whether only such stand between.
fn coordinated(text: &Words<'_>, words: &[&str], head: Head) -> Vec<(Head, bool)> {
    let grammar = &VOCABULARY.grammar;
    let mut found = Vec::new();
    let mut adjacent = true;
    let mut at = head.end();
    while at < words.len().min(head.at + 40) {
        let conjunction = grammar.conjunction.has(words[at]);
        let place = if conjunction { at + 1 } else { at };
        let linked = conjunction || text.gap(at) == Gap::Comma;
        let verb = Head::at(words, place).filter(|next| {
            linked && next.verb.kind == Kind::Plain && next.verb.form == head.verb.form
        });
        match verb {
            Some(verb) => {
                found.push((verb, adjacent));
                at = verb.end();
            }
            None => {
                adjacent = false;
                at += 1;
            }
        }
    }
    found
}

/// The words that the verb of a sentence is about.
fn object(text: &Words<'_>, words: &[&str], head: Head) -> Range<usize> {
    let start = head.end();
    let length = (start..words.len().min(start + LONGEST_OBJECT))
        .take_while(|&at| {
            !VOCABULARY.grammar.preposition.has(words[at])
                && (at == start || text.gap(at) < Gap::Clause)
        })
        .count();
    start..start + length
}

/// What `head` says of `object`: by the first rule that fits, or else by itself.
fn claim(
    text: &Words<'_>,
    words: &[&str],
    head: Head,
    object: Range<usize>,
    setting: &Setting<'_>,
    source: Source,
) -> Claim {
    let nouns = &words[object.clone()];
    let decided = VOCABULARY.rules(head.verb).find_map(|rule| {
        let found = rule.objects.find(nouns)?;
        let fits = !ends_with(nouns, &rule.except)
            && rule.server.as_ref().is_none_or(|kind| setting.is(kind));
        fits.then_some((rule.category, found))
    });
    let Some((category, (place, length))) = decided else {
        return Claim {
            category: head.verb.category,
            kind: head.verb.kind,
            evidence: Evidence::new(source, text.quote(head.at..head.end())),
        };
    };
    let first = object.start + place;
    let range = head.at.min(first)..head.end().max(first + length);
    Claim {
        category,
        kind: Kind::Plain,
        evidence: Evidence::new(source, text.quote(range)),
    }
}

/// Whether the noun that an object ends with is one of `terms`: in `list of payments`, `list`.
fn ends_with(object: &[&str], terms: &Terms<()>) -> bool {
    let head = object
        .iter()
        .position(|word| *word == "of")
        .unwrap_or(object.len());
    head.checked_sub(1)
        .is_some_and(|last| terms.has(object[last]))
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
        .filter_map(|(word, category)| Some((place(word)?, word, *category)));
    let (_, word, category) = found.min_by_key(|(at, _, _)| *at)?;
    Some(Claim {
        category,
        kind: Kind::Plain,
        evidence: Evidence::new(Source::Description, word.as_str()),
    })
}
