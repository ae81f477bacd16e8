//! What the configuration says of tools, over what their definitions say.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

use super::{Category, Classification, Evidence, Source, ToolView, classify};

/// The `[risk]` table: globs over tool names, in order. The first that fits a tool decides.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    glob: String,
    matcher: GlobMatcher,
    category: Category,
    origin: String,
}

/// A key of the `[risk]` table that is no glob.
#[derive(Debug)]
pub struct OverrideError {
    /// The key.
    pub glob: String,
    /// What is wrong with it.
    pub reason: globset::Error,
}

impl fmt::Display for OverrideError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` under `[risk]`: {}", self.glob, self.reason.kind())
    }
}

impl std::error::Error for OverrideError {}

impl Overrides {
    /// The overrides of `table`; `origin` is how evidence names it: `mcplint.toml`.
    ///
    /// # Errors
    /// The first key that is no glob.
    pub fn new<'t>(
        table: impl IntoIterator<Item = (&'t str, Category)>,
        origin: &str,
    ) -> Result<Self, OverrideError> {
        let entries = table.into_iter().map(|(glob, category)| {
            let built = GlobBuilder::new(glob).backslash_escape(true).build();
            let matcher = built.map_err(|reason| OverrideError {
                glob: glob.to_owned(),
                reason,
            })?;
            Ok(Entry {
                glob: glob.to_owned(),
                matcher: matcher.compile_matcher(),
                category,
                origin: origin.to_owned(),
            })
        });
        Ok(Self {
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    /// The category of `tool`: what the first override that fits says, or else its definition. An
    /// override leaves what was found in the definition as further evidence.
    pub fn classify(&self, tool: &ToolView<'_>) -> Classification {
        let mut found = classify(tool);
        let mut entries = self.entries.iter();
        if let Some(entry) = entries.find(|entry| entry.matcher.is_match(tool.name)) {
            let text = format!(
                "\"{}\" = \"{}\" in {}",
                entry.glob, entry.category, entry.origin
            );
            found
                .evidence
                .insert(0, Evidence::new(Source::Override, text));
            found.category = entry.category;
            found.confidence = 1.0;
        }
        found
    }
}
