//! What a verb says of a tool, with what it is done to.

use std::ops::Range;

use super::vocabulary::{Form, Kind, Rule, Terms, VOCABULARY, Verb};
use super::words::Words;
use super::{Category, Evidence, Source};

/// What a part of a definition says.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub category: Category,
    /// How much the verb says, with its object.
    pub kind: Kind,
    pub evidence: Evidence,
}

/// What kind of server is meant, by all that is known of it: see `[servers]`.
#[derive(Debug)]
pub(super) struct Setting<'t> {
    words: Vec<&'t str>,
    beginning: &'t [&'t str],
}

impl<'t> Setting<'t> {
    /// What the words of the server's name, of the tool's and of the description tell.
    pub fn new(server: &[&'t str], name: &[&'t str], description: &'t [&'t str]) -> Self {
        const BEGINNING: usize = 40;
        Self {
            words: server.iter().chain(name).copied().collect(),
            beginning: &description[..description.len().min(BEGINNING)],
        }
    }

    fn is(&self, kind: &str) -> bool {
        // Of money descriptions speak plainly; of browsers and databases they speak by the way.
        VOCABULARY.tells_of(kind, &self.words)
            || kind == "money" && VOCABULARY.tells_of(kind, self.beginning)
    }

    fn is_about(&self, terms: &Terms<()>) -> bool {
        terms.find(&self.words).is_some() || terms.find(self.beginning).is_some()
    }
}

/// A verb in its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub at: usize,
    /// How many words it has.
    pub length: usize,
    pub verb: Verb,
}

impl Head {
    /// The verb that begins at `at`, in whatever form.
    pub fn at(words: &[&str], at: usize) -> Option<Self> {
        let (length, verb) = VOCABULARY.verb(words, at)?;
        Some(Self { at, length, verb })
    }

    /// The place after its last word.
    pub fn end(self) -> usize {
        self.at + self.length
    }
}

/// A part of a definition: a name or a description.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'p> {
    pub text: &'p Words<'p>,
    /// The words of `text`, or the first of them.
    pub words: &'p [&'p str],
    pub setting: &'p Setting<'p>,
    pub source: Source,
}

impl Part<'_> {
    /// What `head` says of `object`: by the first rule that fits, or else by itself.
    pub fn claim(&self, head: Head, object: Range<usize>) -> Claim {
        let nouns = &self.words[object.clone()];
        let mut rules = VOCABULARY.rules(head.verb);
        let decided = rules.find_map(|rule| Some((rule.category, self.fit(rule, nouns)?)));
        let Some((category, (place, length))) = decided else {
            let meant = meant(nouns, head.verb);
            return Claim {
                category: meant.category,
                kind: head.verb.kind.max(meant.kind),
                evidence: self.evidence(head.at..head.end()),
            };
        };
        let first = if length == 0 {
            head.at
        } else {
            object.start + place
        };
        // `open_orders`, `bill_items`: what may be a noun may be one here too, though not where it runs.
        let noun = head.verb.kind == Kind::NounToo && category != Category::Execute;
        Claim {
            category,
            kind: if noun { Kind::NounToo } else { Kind::Plain },
            evidence: self.evidence(head.at.min(first)..head.end().max(first + length)),
        }
    }

    /// The words of `range` as evidence.
    pub fn evidence(&self, range: Range<usize>) -> Evidence {
        Evidence::new(self.source, self.text.quote(range))
    }

    /// Where the noun stands among `nouns` by which `rule` fits, and how many words it has.
    fn fit(&self, rule: &Rule, nouns: &[&str]) -> Option<(usize, usize)> {
        let found = match rule.objects.is_empty() {
            true => (0, 0),
            false => rule.objects.find(nouns)?,
        };
        let here = rule
            .server
            .as_ref()
            .is_none_or(|kind| self.setting.is(kind));
        let fits = here
            && (!rule.last || ends_with(nouns, &rule.objects))
            && !ends_with(nouns, &rule.except)
            && !self.setting.is_about(&rule.not_about);
        fits.then_some(found)
    }
}

/// The verb that is meant: for `perform a search`, to search.
fn meant(object: &[&str], verb: Verb) -> Verb {
    if verb.kind != Kind::Vague || verb.category != Category::Execute {
        return verb;
    }
    let verbs = (0..object.len()).filter_map(|at| VOCABULARY.verb(object, at));
    let mut verbs = verbs.map(|(_, verb)| verb).filter(|other| {
        other.form == Form::Base && (other.kind == Kind::Plain || other.category == Category::Read)
    });
    verbs.next().map_or(verb, |other| Verb {
        kind: Kind::NounToo,
        ..other
    })
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
