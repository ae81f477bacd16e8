//! Which files of a folder are policies.

use std::io;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;

/// What discovery takes for policies, at any depth of the folder.
pub const PATTERNS: [&str; 4] = [
    "**/*.policy.{json,yaml,yml}",
    "**/policy.{json,yaml,yml}",
    "**/policies/**/*.{json,yaml,yml}",
    "**/.mcplint/**/*.{json,yaml,yml}",
];

/// The policies below `folder`, sorted by path. What `.gitignore` excludes is passed over.
///
/// # Errors
/// What the system says of a folder that can't be read.
pub fn discover(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let patterns = set(&PATTERNS.map(str::to_owned)).expect("the patterns are globs");
    // A folder that is itself called `policies` counts as such, also from within.
    let inside = folder
        .canonicalize()?
        .file_name()
        .map(PathBuf::from)
        .unwrap_or_default();
    walk(folder, |below| patterns.is_match(inside.join(below)))
}

/// The files below `folder` whose path from there matches `pattern`, sorted by path.
///
/// # Errors
/// A bad glob, as [`io::ErrorKind::InvalidInput`]; or what the system says.
pub fn matching(folder: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let set = set(&[pattern.to_owned()])
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    walk(folder, |below| set.is_match(below))
}

fn set(patterns: &[String]) -> Result<GlobSet, globset::Error> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(GlobBuilder::new(pattern).literal_separator(true).build()?);
    }
    set.build()
}

fn walk(folder: &Path, wanted: impl Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let walker = WalkBuilder::new(folder)
        .hidden(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    for entry in walker {
        let entry = entry.map_err(io::Error::other)?;
        let is_file = entry.file_type().is_some_and(|kind| !kind.is_dir());
        let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        if is_file && wanted(below) {
            found.push(shown(folder, below));
        }
    }
    found.sort();
    Ok(found)
}

/// The path as a person would write it: `policies/a.json`, not `./policies/a.json`.
fn shown(folder: &Path, below: &Path) -> PathBuf {
    if folder == Path::new(".") {
        below.to_owned()
    } else {
        folder.join(below)
    }
}
