//! RE2 patterns.

/// A compiled RE2 pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: regex::Regex,
}

/// Why a pattern is not RE2, or can't be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// One lower-case sentence, without the pattern.
    pub message: String,
    /// What to write instead, where something can be said.
    pub help: Option<String>,
}

impl Pattern {
    /// Compiles `source`.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        let regex = regex::Regex::new(source).map_err(|e| PatternError {
            message: e.to_string(),
            help: None,
        })?;
        Ok(Self {
            source: source.to_owned(),
            regex,
        })
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the pattern is found anywhere in `text`.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}
