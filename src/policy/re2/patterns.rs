//! The patterns of one policy: each is read once, and all together are bounded.

use ahash::AHashMap;

use super::bounds::{ADVICE, Bounded, MAX_COMPILED};
use super::{Pattern, PatternError};

/// How large the patterns of one policy may be together when compiled, in bytes of their automata.
const MAX_TOGETHER: usize = 128 << 20;

/// Reads patterns, and knows those that it has read.
#[derive(Debug, Default)]
pub struct Patterns {
    known: AHashMap<String, Result<Pattern, PatternError>>,
    size: usize,
    bounded: Bounded,
}

impl Patterns {
    /// Reads `source`.
    ///
    /// # Errors
    ///
    /// Those of [`Pattern::new`], and for each further pattern once there are too many large ones.
    pub fn read(&mut self, source: &str) -> Result<Pattern, PatternError> {
        if let Some(known) = self.known.get(source) {
            return known.clone();
        }
        if self.size > MAX_TOGETHER {
            let message = format!(
                "the patterns before this one take more than {} MiB when compiled",
                MAX_TOGETHER >> 20
            );
            return Err(PatternError::ours(message, Some(ADVICE.to_owned())));
        }
        let read = Pattern::bounded(source, &mut self.bounded);
        self.size += match &read {
            Ok(pattern) => pattern.translation().size(),
            // It takes as long to find out that a pattern is too large as to read the largest.
            Err(error) if error.go.is_none() => MAX_COMPILED,
            Err(_) => 0,
        };
        self.known.insert(source.to_owned(), read.clone());
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_bounded_together() {
        let mut patterns = Patterns::default();
        let refused = (0..100).find_map(|n| patterns.read(&format!(r"\pL{{100}}{n}")).err());
        let message = refused.expect("they take more").message;
        assert!(message.starts_with("the patterns before this one take more than"));
        assert!(patterns.read(r"\pL{100}0").is_ok());
        assert!(patterns.known.len() < 60);
    }

    #[test]
    fn patterns_that_are_too_large_count_as_well() {
        let mut patterns = Patterns::default();
        for n in 0..100 {
            assert!(
                patterns
                    .read(&format!(r"(?:\pL\PL\pM\PM){{1000}}{n}"))
                    .is_err()
            );
        }
        assert!(patterns.known.len() < 4);
    }
}
