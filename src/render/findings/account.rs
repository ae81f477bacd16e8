//! What a run has to answer for beside its findings: formats that other programs keep tell it too.

use std::path::{Path, PathBuf};

use crate::finding::Severity;
use crate::rules::Rule;
use crate::source::path::below;
use crate::suppress::Suppressed;

/// What formats for other programs tell of a run, beside the [`Report`](super::Report).
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// The folder that paths are relative to, absolute: the root of the repository, as a rule.
    pub root: &'a Path,
    /// Every rule that ran, in the order of the list, with the severity that the configuration
    /// gives it.
    pub rules: &'a [(&'static Rule, Severity)],
    /// The findings of each file of the report that were ignored; as many and in the same order.
    pub suppressed: &'a [Vec<&'a Suppressed>],
    /// What could not be read.
    pub unread: &'a [Unread],
    /// Whether everything was read that was to be.
    pub complete: bool,
}

/// A file that was to be checked and could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Its path, as it was given.
    pub path: PathBuf,
    /// Why, in a sentence that names it.
    pub message: String,
}

/// Where a file is, as platforms want to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::render) enum Place {
    /// Below the root: from there, with slashes.
    Below(String),
    /// Somewhere else: the absolute path, with slashes.
    Elsewhere(String),
    /// Standard input.
    Nowhere,
}

impl Place {
    /// Where the file that is called `name` is.
    pub(in crate::render) fn of(root: &Path, name: &str) -> Self {
        if name == "-" {
            return Place::Nowhere;
        }
        let path = below(root, Path::new(name));
        if path != ".." && !path.starts_with("../") {
            return Place::Below(path);
        }
        let absolute = std::path::absolute(name).unwrap_or_else(|_| PathBuf::from(name));
        let absolute = absolute.to_string_lossy().into_owned();
        Place::Elsewhere(match cfg!(windows) {
            true => absolute.replace('\\', "/"),
            false => absolute,
        })
    }

    /// The path with slashes, from the root where it is below that.
    pub(in crate::render) fn path(&self) -> Option<&str> {
        match self {
            Place::Below(path) | Place::Elsewhere(path) => Some(path),
            Place::Nowhere => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_have_a_place_below_the_root_or_elsewhere() {
        let root = Path::new("/work tree");
        let below = |path: &str| Place::Below(path.to_owned());
        assert_eq!(Place::of(root, "/work tree/a/../b.json"), below("b.json"));
        assert_eq!(Place::of(root, "-"), Place::Nowhere);
        if cfg!(unix) {
            let elsewhere = Place::Elsewhere("/other/b.json".to_owned());
            assert_eq!(Place::of(root, "/other/b.json"), elsewhere);
        }
    }
}
