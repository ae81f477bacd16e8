//! YAML text to a tree.

use super::Parsed;

/// Reads `text`.
pub fn parse(_text: &str) -> Parsed {
    Parsed::default()
}
