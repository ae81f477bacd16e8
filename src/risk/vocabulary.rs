//! The vocabulary: `vocabulary.toml`, ready to look words up in.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::{LazyLock, OnceLock};

use ahash::{AHashMap, AHashSet};
use serde::Deserialize;
use smallvec::SmallVec;

use super::Category;

/// The vocabulary that is built in.
pub(super) static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| Vocabulary::new(&FILE));

/// As it is written: the words point into it.
static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("vocabulary.toml")).expect("the vocabulary is tested")
});

/// How much a verb says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// What it is done to decides.
    Vague,
    /// It may be a noun.
    NounToo,
    /// It is a verb and says what is done.
    Plain,
}

/// How a verb is inflected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `delete`
    Base,
    /// `deletes`
    Third,
    /// `deleting`
    Gerund,
    /// `analyzer`: only where a name ends with it.
    Agent,
}

/// A verb in one of its forms.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verb {
    /// Its place in [`Vocabulary::rules_of`].
    pub id: usize,
    pub category: Category,
    pub kind: Kind,
    pub form: Form,
}

/// What a verb is done to, and what that makes of it.
#[derive(Debug)]
pub(super) struct Rule {
    pub objects: List,
    /// Whether the object has to end with one of `objects`.
    pub last: bool,
    /// Nouns at the end of the object that take the rule away.
    pub except: List,
    /// The kind of server it is for.
    pub server: Option<&'static str>,
    /// Words that show another sense.
    pub not_about: List,
    pub category: Category,
}

/// A turn of phrase that raises a category.
#[derive(Debug)]
pub(super) struct Phrase {
    pub terms: List,
    pub from: AHashSet<&'static str>,
    pub category: Category,
}

/// A word of the vocabulary, or a form of one.
type Word = Cow<'static, str>;

/// The rows that begin with one word, without it, and what they stand for. Mostly there is one.
type Rows<T> = SmallVec<[(Vec<Word>, T); 1]>;

/// Words, and rows of words, with what they stand for. Found by their first word.
#[derive(Debug)]
pub(super) struct Terms<T>(AHashMap<Word, Rows<T>>);

impl<T> Terms<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self(AHashMap::with_capacity(capacity))
    }

    fn insert(&mut self, first: Word, rest: Vec<Word>, value: T) {
        let list = self.0.entry(first).or_default();
        if list.iter().any(|(known, _)| *known == rest) {
            return;
        }
        // The longest first: it says the most.
        let at = list.partition_point(|(known, _)| known.len() >= rest.len());
        list.insert(at, (rest, value));
    }

    /// The longest term that begins at `at`, and how many words it has.
    pub fn at(&self, words: &[&str], at: usize) -> Option<(usize, &T)> {
        let list = self.0.get(*words.get(at)?)?;
        let fits = |rest: &[Word]| {
            rest.iter()
                .enumerate()
                .all(|(n, word)| words.get(at + 1 + n).is_some_and(|w| w == word))
        };
        let (rest, value) = list.iter().find(|(rest, _)| fits(rest))?;
        Some((rest.len() + 1, value))
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `word` is a term.
    pub fn has(&self, word: &str) -> bool {
        self.at(&[word], 0).is_some()
    }
}

impl Terms<()> {
    /// Where the first term stands that `words` have, and how many words it has.
    pub fn find(&self, words: &[&str]) -> Option<(usize, usize)> {
        (0..words.len()).find_map(|at| Some((at, self.at(words, at)?.0)))
    }
}

/// Terms that are made ready when they are first looked for: most runs look for few of them.
#[derive(Debug)]
pub(super) struct List {
    text: &'static str,
    with_plurals: bool,
    terms: OnceLock<Terms<()>>,
}

impl List {
    /// Words as they are.
    pub fn of(text: &'static str) -> Self {
        Self {
            text,
            with_plurals: false,
            terms: OnceLock::new(),
        }
    }

    /// Nouns, in the singular and the plural.
    pub fn nouns(text: &'static str) -> Self {
        Self {
            with_plurals: true,
            ..Self::of(text)
        }
    }

    fn terms(&self) -> Terms<()> {
        let mut terms = Terms::with_capacity(0);
        for entry in self.text.split_whitespace() {
            let (first, rest) = row(entry);
            if self.with_plurals {
                let (mut first, mut rest) = (first.clone(), rest.clone());
                let last = rest.last_mut().unwrap_or(&mut first);
                *last = third(last).into();
                terms.insert(first, rest, ());
            }
            terms.insert(first, rest, ());
        }
        terms
    }
}

impl Deref for List {
    type Target = Terms<()>;

    fn deref(&self) -> &Terms<()> {
        self.terms.get_or_init(|| self.terms())
    }
}

/// Everything that the classifier knows of words.
#[derive(Debug)]
pub(super) struct Vocabulary {
    verbs: Terms<Verb>,
    rules: Vec<Rule>,
    /// The rules of each verb, in order.
    rules_of: Vec<Vec<usize>>,
    pub phrases: Vec<Phrase>,
    pub information: List,
    pub of_a_run: List,
    /// Names of what runs anything it is told.
    pub alone: List,
    pub things: List,
    pub unmistakable: List,
    pub grammar: Grammar,
    pub arguments: Arguments,
    servers: AHashMap<&'static str, List>,
    /// Words of other languages, the most severe first.
    pub foreign: Vec<(&'static str, Category)>,
}

/// How a description gets to its verb.
#[derive(Debug)]
pub(super) struct Grammar {
    pub filler: List,
    pub article: List,
    pub tool: List,
    pub link: List,
    pub conjunction: List,
    pub preposition: List,
    pub negation: List,
    pub after_noun: List,
}

/// Arguments that say what a call does.
#[derive(Debug)]
pub(super) struct Arguments {
    pub selector: AHashSet<&'static str>,
    pub free_text: AHashSet<&'static str>,
    pub amount: AHashSet<&'static str>,
    pub counterpart: AHashSet<&'static str>,
}

type ByCategory = AHashMap<Category, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    verbs: ByCategory,
    nouns_too: ByCategory,
    vague: ByCategory,
    rule: Vec<RuleEntry>,
    phrase: Vec<PhraseEntry>,
    nouns: NounEntry,
    grammar: GrammarEntry,
    arguments: ArgumentEntry,
    servers: AHashMap<String, String>,
    foreign: ByCategory,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    verbs: String,
    objects: String,
    #[serde(default)]
    last: bool,
    #[serde(default)]
    except: String,
    server: Option<String>,
    #[serde(default)]
    not_about: String,
    category: Category,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhraseEntry {
    phrases: String,
    from: String,
    category: Category,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NounEntry {
    information: String,
    of_a_run: String,
    alone: String,
    things: String,
    unmistakable: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrammarEntry {
    filler: String,
    article: String,
    tool: String,
    link: String,
    conjunction: String,
    preposition: String,
    negation: String,
    after_noun: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArgumentEntry {
    selector: String,
    free_text: String,
    amount: String,
    counterpart: String,
}

/// About how many verbs there are, and a fourth of their forms.
const MANY_VERBS: usize = 2048;

impl Vocabulary {
    fn new(file: &'static File) -> Self {
        let mut verbs = Terms::with_capacity(MANY_VERBS);
        let mut ids: AHashMap<&str, usize> = AHashMap::with_capacity(MANY_VERBS);
        let kinds = [
            (Kind::Plain, &file.verbs),
            (Kind::NounToo, &file.nouns_too),
            (Kind::Vague, &file.vague),
        ];
        for (kind, lists) in kinds {
            for category in Category::ALL {
                let Some(list) = lists.get(&category) else {
                    continue;
                };
                for verb in list.split_whitespace() {
                    let id = ids.len();
                    let id = *ids.entry(verb).or_insert(id);
                    add_forms(
                        &mut verbs,
                        verb,
                        Verb {
                            id,
                            category,
                            kind,
                            form: Form::Base,
                        },
                    );
                }
            }
        }
        let mut rules_of = vec![Vec::new(); ids.len()];
        for (number, rule) in file.rule.iter().enumerate() {
            for verb in rule.verbs.split_whitespace() {
                if let Some(&id) = ids.get(verb) {
                    rules_of[id].push(number);
                }
            }
        }
        Self {
            verbs,
            rules: file.rule.iter().map(Rule::new).collect(),
            rules_of,
            phrases: file.phrase.iter().map(Phrase::new).collect(),
            information: List::of(&file.nouns.information),
            of_a_run: List::of(&file.nouns.of_a_run),
            alone: List::of(&file.nouns.alone),
            things: List::of(&file.nouns.things),
            unmistakable: List::of(&file.nouns.unmistakable),
            grammar: Grammar::new(&file.grammar),
            arguments: Arguments::new(&file.arguments),
            servers: file
                .servers
                .iter()
                .map(|(kind, words)| (kind.as_str(), List::of(words)))
                .collect(),
            foreign: foreign(&file.foreign),
        }
    }

    /// The verb that begins at `at`, in whatever form, and how many words it has.
    pub fn verb(&self, words: &[&str], at: usize) -> Option<(usize, Verb)> {
        self.verbs
            .at(words, at)
            .map(|(length, verb)| (length, *verb))
    }

    /// The rules for `verb`, in order.
    pub fn rules(&self, verb: Verb) -> impl Iterator<Item = &Rule> {
        self.rules_of[verb.id]
            .iter()
            .map(|&number| &self.rules[number])
    }

    /// Whether `words` tell of a server of this kind.
    pub fn tells_of(&self, kind: &str, words: &[&str]) -> bool {
        self.servers
            .get(kind)
            .is_some_and(|terms| terms.find(words).is_some())
    }
}

impl Rule {
    fn new(entry: &'static RuleEntry) -> Self {
        Self {
            objects: List::nouns(&entry.objects),
            last: entry.last,
            except: List::nouns(&entry.except),
            server: entry.server.as_deref(),
            not_about: List::of(&entry.not_about),
            category: entry.category,
        }
    }
}

impl Phrase {
    fn new(entry: &'static PhraseEntry) -> Self {
        Self {
            terms: List::of(&entry.phrases),
            from: set(&entry.from),
            category: entry.category,
        }
    }
}

impl Grammar {
    fn new(entry: &'static GrammarEntry) -> Self {
        Self {
            filler: List::of(&entry.filler),
            article: List::of(&entry.article),
            tool: List::of(&entry.tool),
            link: List::of(&entry.link),
            conjunction: List::of(&entry.conjunction),
            preposition: List::of(&entry.preposition),
            negation: List::of(&entry.negation),
            after_noun: List::of(&entry.after_noun),
        }
    }
}

impl Arguments {
    fn new(entry: &'static ArgumentEntry) -> Self {
        Self {
            selector: set(&entry.selector),
            free_text: set(&entry.free_text),
            amount: set(&entry.amount),
            counterpart: set(&entry.counterpart),
        }
    }
}

fn set(text: &'static str) -> AHashSet<&'static str> {
    text.split_whitespace().collect()
}

fn foreign(lists: &'static ByCategory) -> Vec<(&'static str, Category)> {
    let mut words = Vec::new();
    for category in Category::ALL.into_iter().rev() {
        let list = lists.get(&category).map_or("", String::as_str);
        words.extend(list.split_whitespace().map(|word| (word, category)));
    }
    words
}

/// A row of words: `turn_on` is two.
fn row(entry: &'static str) -> (Word, Vec<Word>) {
    match entry.split_once('_') {
        Some((first, rest)) => (first.into(), rest.split('_').map(Word::from).collect()),
        None => (entry.into(), Vec::new()),
    }
}

/// Adds a verb in all its forms; the first word of several is the one that changes.
fn add_forms(verbs: &mut Terms<Verb>, verb: &'static str, entry: Verb) {
    let (first, rest) = row(verb);
    let forms = [
        (Form::Third, third(&first).into()),
        (Form::Gerund, gerund(&first).into()),
        (Form::Agent, agent(&first).into()),
    ];
    for (form, word) in [(Form::Base, first)].into_iter().chain(forms) {
        verbs.insert(word, rest.clone(), Verb { form, ..entry });
    }
}

/// `delete` to `deletes`, `box` to `boxes`, `query` to `queries`.
fn third(word: &str) -> String {
    let consonant_y = word
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    match consonant_y {
        Some(stem) => format!("{stem}ies"),
        None if ["s", "x", "z", "ch", "sh"]
            .iter()
            .any(|end| word.ends_with(end)) =>
        {
            format!("{word}es")
        }
        None => format!("{word}s"),
    }
}

/// `analyze` to `analyzer`, `run` to `runner`.
fn agent(word: &str) -> String {
    let gerund = gerund(word);
    let stem = gerund.strip_suffix("ing").unwrap_or(word);
    format!("{stem}er")
}

/// `delete` to `deleting`, `drop` to `dropping`, `see` to `seeing`.
fn gerund(word: &str) -> String {
    if let Some(stem) = word
        .strip_suffix('e')
        .filter(|stem| !stem.ends_with(['e', 'y', 'o']))
    {
        return format!("{stem}ing");
    }
    let vowel = |byte: &u8| b"aeiou".contains(byte);
    let bytes = word.as_bytes();
    let short = bytes.len() <= 4 || word == "submit" || word == "transfer";
    match bytes {
        [.., a, b, c] if short && !vowel(a) && vowel(b) && !vowel(c) && !b"wxy".contains(c) => {
            format!("{word}{}ing", char::from(*c))
        }
        _ => format!("{word}ing"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_stands_in_one_list() {
        let file = &*FILE;
        let mut seen = AHashMap::default();
        for (kind, lists) in [
            ("verbs", &file.verbs),
            ("nouns_too", &file.nouns_too),
            ("vague", &file.vague),
        ] {
            for (category, list) in lists {
                for verb in list.split_whitespace() {
                    let before = seen.insert(verb.to_owned(), (kind, *category));
                    assert_eq!(before, None, "`{verb}` stands in {kind}.{category} too");
                }
            }
        }
    }

    #[test]
    fn every_rule_is_for_verbs_that_are_known() {
        let file = &*FILE;
        let lists = [&file.verbs, &file.nouns_too, &file.vague];
        let known: AHashSet<&str> = lists
            .iter()
            .flat_map(|lists| lists.values())
            .flat_map(|list| list.split_whitespace())
            .collect();
        let unknown: Vec<_> = file
            .rule
            .iter()
            .flat_map(|rule| rule.verbs.split_whitespace())
            .filter(|verb| !known.contains(verb))
            .collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        for rule in &file.rule {
            assert!(
                rule.server
                    .as_ref()
                    .is_none_or(|kind| file.servers.contains_key(kind))
            );
        }
    }

    #[test]
    fn verbs_are_known_in_their_forms() {
        for (word, form) in [
            ("deletes", Form::Third),
            ("deleting", Form::Gerund),
            ("dropping", Form::Gerund),
            ("queries", Form::Third),
            ("paying", Form::Gerund),
        ] {
            assert_eq!(
                VOCABULARY.verb(&[word], 0).map(|(_, verb)| verb.form),
                Some(form),
                "{word}"
            );
        }
        let (length, verb) = VOCABULARY
            .verb(&["turns", "on", "a", "light"], 0)
            .expect("a verb");
        assert_eq!((length, verb.category), (2, Category::Execute));
    }
}
