//! RE2 patterns: Go's regular expressions, matched with the `regex` crate.
//!
//! The two syntaxes look alike and differ in what they mean, so a pattern is never handed over as
//! it stands: it is parsed as Go parses it ([`parse`]) and written anew ([`emit`]). A pattern that
//! would mean something else is refused.

use std::sync::Arc;

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

/// A compiled RE2 pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    /// Shared, because a clone of a `Regex` begins with an empty cache.
    regex: Arc<regex::Regex>,
    /// Whether it asks for places that are no edge of a word.
    inside_words: bool,
}

impl Pattern {
    /// Compiles `source`.
    ///
    /// # Errors
    ///
    /// When Go refuses the pattern, or when it is too large to be compiled within bounds.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        let tree = parse::parse(source)?;
        let regex = compile(&emit::emit(&tree), tree.height())?;
        Ok(Self {
            source: source.to_owned(),
            inside_words: regex.as_str().contains("\\B"),
            regex: Arc::new(regex),
        })
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The pattern in the syntax of the `regex` crate, without captures.
    pub fn translated(&self) -> &str {
        self.regex.as_str()
    }

    /// Whether the pattern is found anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        if self.inside_words {
            // `\B` holds between the bytes of a character too. `is_match` may come to such an empty
            // match first and give up; `find` passes over it.
            return self.regex.find(text).is_some();
        }
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// Compiles a translation. The `regex` crate recurses while it does, so a tree that is high gets a
/// thread whose stack is known to be large enough.
fn compile(translated: &str, height: u32) -> Result<regex::Regex, PatternError> {
    if height <= SHALLOW {
        return build(translated);
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK);
        let compiling = thread.spawn_scoped(scope, || build(translated)).ok();
        let compiled = compiling.and_then(|compiling| compiling.join().ok());
        compiled.unwrap_or_else(|| {
            let message = "the pattern nests too deeply to be compiled here";
            Err(PatternError::ours(message, None))
        })
    })
}

fn build(translated: &str) -> Result<regex::Regex, PatternError> {
    regex::RegexBuilder::new(translated)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_CACHE)
        .nest_limit(MAX_TRANSLATED_HEIGHT)
        .build()
        .map_err(|error| refused(&error))
}

fn refused(error: &regex::Error) -> PatternError {
    let message = match error {
        regex::Error::CompiledTooBig(limit) => {
            format!(
                "the pattern takes more than {} MiB when compiled",
                limit >> 20
            )
        }
        _ => "the pattern can't be translated".to_owned(),
    };
    let help = "repeat less, or use smaller classes".to_owned();
    PatternError::ours(message, Some(help))
}

#[cfg(test)]
mod tests;
