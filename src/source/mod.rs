//! Texts and where things are in them: from a file's bytes to a tree of [`tree::Node`]s.

pub mod discover;
pub mod file;
pub mod json;
pub mod path;
pub mod position;
pub mod tree;
pub mod yaml;

use crate::finding::Finding;
use crate::span::Span;
use tree::Node;

/// Nesting deeper than this is refused, in policies and in traces.
pub const MAX_DEPTH: usize = 128;

/// The syntax of a policy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// RFC 8259.
    Json,
    /// YAML as the Intercept engine's library reads it: 1.2 with remains of 1.1.
    Yaml,
}

/// What reading a text gave: the tree, if there is one, and everything that is wrong with it.
#[derive(Debug, Default)]
pub struct Parsed {
    /// The root of the (first) document. `None` when the text could not be read as a tree.
    pub root: Option<Node>,
    /// Comments, in order (YAML only), `#` included.
    pub comments: Vec<Span>,
    /// Syntax errors, duplicate keys, extra documents.
    pub findings: Vec<Finding>,
}

/// Reads `text` as `syntax`.
pub fn parse(text: &str, syntax: Syntax) -> Parsed {
    match syntax {
        Syntax::Json => json::parse(text),
        Syntax::Yaml => yaml::parse(text),
    }
}
