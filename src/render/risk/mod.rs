//! Risk categories of tools on their way out, one file for each format.

pub mod csv;
pub mod explain;
pub mod json;
pub mod text;

use crate::risk::{Classification, Evidence};

/// A tool and what it was found to be.
#[derive(Debug)]
pub struct Row<'t> {
    /// The server that offers it, where that is known; not escaped.
    pub server: Option<&'t str>,
    /// Its name; not escaped.
    pub tool: &'t str,
    /// Its category, and why.
    pub classification: Classification,
}

/// `name: delete`, not escaped.
fn evidence(evidence: &Evidence) -> String {
    format!("{}: {}", evidence.source.word(), evidence.text)
}

/// At most `longest` characters of a text.
fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some(_) => text.chars().take(longest - 1).chain(['…']).collect(),
    }
}
