//! RE2 patterns: Go's regular expressions, matched with the `regex` crate.
//!
//! The two syntaxes look alike and differ in what they mean, so a pattern is never handed over as
//! it stands: it is parsed as Go parses it ([`parse`]) and written anew ([`emit`]). A pattern that
//! would mean something else is refused.

use std::sync::{Arc, OnceLock};

use bounds::Bounded;

mod bounds;
mod class;
mod emit;
mod error;
mod parse;
mod patterns;
mod shape;

pub use error::PatternError;
pub use patterns::Patterns;
pub use shape::{Bounds, Shape, Text};

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
    translation: Arc<Expression>,
}

/// An expression in the syntax of the `regex` crate that can be matched.
///
/// What matches it is made once something has to be matched: to make that takes ten times as long as
/// to know that it can be made, and most patterns of a run are never asked.
#[derive(Debug)]
pub struct Expression {
    text: String,
    /// The height of its tree; for a translation, of the pattern's.
    height: u32,
    /// Whether it asks for places that are no edge of a word.
    inside_words: bool,
    /// What its automata take, in bytes.
    size: usize,
    regex: OnceLock<regex::Regex>,
}

impl Pattern {
    /// Reads `source`.
    ///
    /// # Errors
    ///
    /// When Go refuses the pattern, or when it is too large to be compiled within bounds.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        Self::bounded(source, &mut Bounded::default())
    }

    fn bounded(source: &str, bounded: &mut Bounded) -> Result<Self, PatternError> {
        let tree = parse::parse(source)?;
        let text = emit::emit(&tree);
        let height = tree.height();
        let size = with_stack_for(height, || bounded.size(&text, MAX_TRANSLATED_HEIGHT))?;
        Ok(Self {
            source: source.to_owned(),
            translation: Arc::new(Expression::checked(text, height, size)),
        })
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The pattern in the syntax of the `regex` crate, without captures.
    pub fn translated(&self) -> &str {
        self.translation.text()
    }

    /// The same as an expression.
    pub fn translation(&self) -> &Arc<Expression> {
        &self.translation
    }

    /// Whether the pattern is found anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.translation.is_match(text)
    }
}

impl Expression {
    /// Reads `text`, in which what is captured does not matter.
    ///
    /// # Errors
    ///
    /// When it is no expression, nests deeply, or is too large to be compiled within bounds.
    pub fn new(text: String) -> Result<Self, PatternError> {
        let size = Bounded::default().size(&text, SHALLOW)?;
        Ok(Self::checked(text, SHALLOW, size))
    }

    fn checked(text: String, height: u32, size: usize) -> Self {
        Self {
            inside_words: text.contains("\\B"),
            text,
            height,
            size,
            regex: OnceLock::new(),
        }
    }

    /// As it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How large it is when compiled, in bytes: the automata alone, forwards and backwards.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Whether it has been compiled: to match for the first time takes that long.
    pub fn is_compiled(&self) -> bool {
        self.regex.get().is_some()
    }

    /// Whether it is found anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        let regex = self.regex();
        if self.inside_words {
            // `\B` holds between the bytes of a character too. `is_match` may come to such an empty
            // match first and give up; `find` passes over it.
            return regex.find(text).is_some();
        }
        regex.is_match(text)
    }

    fn regex(&self) -> &regex::Regex {
        self.regex.get_or_init(|| {
            with_stack_for(self.height, || {
                regex::RegexBuilder::new(&self.text)
                    .size_limit(bounds::MAX_COMPILED)
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

#[cfg(test)]
mod tests;
