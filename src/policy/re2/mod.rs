//! RE2 patterns: Go's regular expressions, matched with the `regex` crate.
//!
//! The two syntaxes look alike and differ in what they mean, so a pattern is never handed over as
//! it stands: it is parsed as Go parses it ([`parse`]) and written anew ([`emit`]). A pattern that
//! would mean something else is refused.

use std::sync::{Arc, OnceLock};

use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};

mod class;
mod emit;
mod error;
mod parse;
mod shape;

pub use error::PatternError;
pub use shape::{Bounds, Shape, Text};

/// How large a compiled pattern may get, in bytes.
const MAX_COMPILED: usize = 4 << 20;
/// How large the cache of a search may get, in bytes.
const MAX_CACHE: usize = 1 << 20;
/// The pattern's own height is limited; this counts the levels of its translation.
const MAX_TRANSLATED_HEIGHT: u32 = 10_000;

/// The highest tree that is compiled on any thread's stack.
const SHALLOW: u32 = 100;
/// Enough for the highest tree without optimisation, in bytes: four times what was measured.
const DEEP_STACK: usize = 16 << 20;

/// An RE2 pattern that can be matched.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    /// Shared, because a clone of a `Regex` begins with an empty cache.
    matcher: Arc<Matcher>,
}

/// A translation, and what matches it once something has to be matched: to make that takes ten times
/// as long as to know that it can be made, and most patterns of a run are never asked.
#[derive(Debug)]
struct Matcher {
    translated: String,
    /// The height of the pattern's tree.
    height: u32,
    /// Whether it asks for places that are no edge of a word.
    inside_words: bool,
    regex: OnceLock<regex::Regex>,
}

impl Pattern {
    /// Reads `source`.
    ///
    /// # Errors
    ///
    /// When Go refuses the pattern, or when it is too large to be compiled within bounds.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        let tree = parse::parse(source)?;
        let translated = emit::emit(&tree);
        with_stack_for(tree.height(), || check(&translated))?;
        let matcher = Matcher {
            inside_words: translated.contains("\\B"),
            height: tree.height(),
            translated,
            regex: OnceLock::new(),
        };
        Ok(Self {
            source: source.to_owned(),
            matcher: Arc::new(matcher),
        })
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The pattern in the syntax of the `regex` crate, without captures.
    pub fn translated(&self) -> &str {
        &self.matcher.translated
    }

    /// Whether the pattern is found anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        let regex = self.matcher.regex();
        if self.matcher.inside_words {
            // `\B` holds between the bytes of a character too. `is_match` may come to such an empty
            // match first and give up; `find` passes over it.
            return regex.find(text).is_some();
        }
        regex.is_match(text)
    }
}

impl Matcher {
    fn regex(&self) -> &regex::Regex {
        self.regex.get_or_init(|| {
            with_stack_for(self.height, || {
                regex::RegexBuilder::new(&self.translated)
                    .size_limit(MAX_COMPILED)
                    .dfa_size_limit(MAX_CACHE)
                    .nest_limit(MAX_TRANSLATED_HEIGHT)
                    .build()
                    .map_err(|_| PatternError::ours("the pattern can't be compiled", None))
            })
            .expect("both of its automata were built within the bounds before")
        })
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// Does what compiling takes. The `regex` crate recurses, so a tree that is high gets a thread whose
/// stack is known to be large enough.
fn with_stack_for<T: Send>(
    height: u32,
    compile: impl FnOnce() -> Result<T, PatternError> + Send,
) -> Result<T, PatternError> {
    if height <= SHALLOW {
        return compile();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK);
        let compiling = thread.spawn_scoped(scope, compile).ok();
        let compiled = compiling.and_then(|compiling| compiling.join().ok());
        compiled.unwrap_or_else(|| {
            let message = "the pattern nests too deeply to be compiled here";
            Err(PatternError::ours(message, None))
        })
    })
}

/// Makes sure that a translation can be compiled within bounds: a regex takes its automaton forwards
/// and backwards, and all else that it has it does without where that gets too large.
fn check(translated: &str) -> Result<(), PatternError> {
    let parser = regex_syntax::ParserBuilder::new()
        .nest_limit(MAX_TRANSLATED_HEIGHT)
        .build()
        .parse(translated);
    let hir = parser.map_err(|_| {
        let message = "the pattern can't be translated";
        PatternError::ours(message, Some(ADVICE.to_owned()))
    })?;
    // The translation has no groups but the whole match, which is not looked for backwards.
    for (reverse, captures) in [(false, WhichCaptures::All), (true, WhichCaptures::None)] {
        let config = thompson::Config::new()
            .utf8(true)
            .nfa_size_limit(Some(MAX_COMPILED))
            .shrink(false)
            .which_captures(captures)
            .reverse(reverse);
        let built: Result<NFA, _> = thompson::Compiler::new()
            .configure(config)
            .build_from_hir(&hir);
        built.map_err(|_| {
            let message = format!(
                "the pattern takes more than {} MiB when compiled",
                MAX_COMPILED >> 20
            );
            PatternError::ours(message, Some(ADVICE.to_owned()))
        })?;
    }
    Ok(())
}

const ADVICE: &str = "repeat less, or use smaller classes";

#[cfg(test)]
mod tests;
