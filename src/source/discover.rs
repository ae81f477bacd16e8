//! Which files of a folder are policies.

use std::ffi::OsStr;
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

/// Whether the file's name, or the folder that it is in, says that it is a policy, as discovery has it.
pub fn is_called_policy(path: &Path) -> bool {
    set(&PATTERNS.map(str::to_owned))
        .expect("the patterns are globs")
        .is_match(path)
}

/// The policies below `folder`, sorted by path. What a `.gitignore` excludes is passed over, in a
/// repository and outside of one.
///
/// # Errors
/// What the system says of a folder that can't be read.
pub fn discover(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let inside = place(folder)?;
    let is_called = called_policies_in(folder, &inside);
    walk(folder, is_called)
}

/// Whether a path below `folder`, which is `inside` its repository, is called as policies are.
fn called_policies_in(folder: &Path, inside: &Path) -> impl Fn(&Path) -> bool {
    let patterns = set(&PATTERNS.map(str::to_owned)).expect("the patterns are globs");
    move |below| {
        patterns.is_match(inside.join(below))
            || (folder.is_relative() && patterns.is_match(folder.join(below)))
    }
}

/// Why [`discover`] does not take a file that comes close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss {
    /// It is called as policies are, and a `.gitignore` excludes it.
    Ignored,
    /// Its name speaks of policies, but not in one of the ways that are looked for.
    CalledOtherwise,
}

/// Up to `most` files below `folder` that come close to what [`discover`] takes, where that found
/// nothing. They are looked for as far as is worth it to tell somebody, and no error stops that.
pub fn near_misses(folder: &Path, most: usize) -> Vec<(PathBuf, Miss)> {
    const MAX_DEPTH: usize = 6;
    const MAX_ENTRIES: usize = 10_000;
    const NOT_ENTERED: [&str; 3] = [".git", "node_modules", "target"];
    let inside = place(folder).unwrap_or_default();
    let is_called = called_policies_in(folder, &inside);
    let entries = WalkBuilder::new(folder)
        .standard_filters(false)
        .max_depth(Some(MAX_DEPTH))
        .filter_entry(|entry| !NOT_ENTERED.iter().any(|name| entry.file_name() == *name))
        .sort_by_file_name(Ord::cmp)
        .build();
    let files = entries.take(MAX_ENTRIES).flatten();
    let files = files.filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let misses = files.filter_map(|entry| {
        let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let miss = match is_called(below) {
            true => Miss::Ignored,
            false if speaks_of_policies(below) => Miss::CalledOtherwise,
            false => return None,
        };
        Some((shown(folder, below), miss))
    });
    misses.take(most).collect()
}

/// Whether the name of a file of data says that it is a policy, or has some.
fn speaks_of_policies(path: &Path) -> bool {
    let lower = |part: Option<&OsStr>| part.map(|part| part.to_string_lossy().to_lowercase());
    let name = lower(path.file_stem()).unwrap_or_default();
    let kind = lower(path.extension()).unwrap_or_default();
    let is_data = ["json", "yaml", "yml", "jsonc", "json5", "toml"].contains(&kind.as_str());
    is_data && (name.contains("policy") || name.contains("policies"))
}

/// Where `folder` is in its repository, so that `policies/team` counts as part of `policies` also
/// from within; outside of one, and at its root, the folder's own name.
fn place(folder: &Path) -> io::Result<PathBuf> {
    let whole = folder.canonicalize()?;
    let below = repository(&whole)
        .and_then(|root| whole.strip_prefix(root).ok())
        .filter(|below| !below.as_os_str().is_empty());
    let name = || whole.file_name().map(PathBuf::from).unwrap_or_default();
    Ok(below.map_or_else(name, Path::to_owned))
}

/// The root of the repository that `folder`, an absolute path, is in.
fn repository(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|above| above.join(".git").exists())
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
    let in_repository = folder
        .canonicalize()
        .is_ok_and(|folder| repository(&folder).is_some());
    let walker = WalkBuilder::new(folder)
        .hidden(false)
        // The same files with and without a repository around them, as in an unpacked archive. Only
        // a repository says how far up to look: above the folder there may be a home's `.gitignore`.
        .require_git(false)
        .parents(in_repository)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    for entry in walker {
        let entry = entry.map_err(io::Error::other)?;
        let is_file = entry.file_type().is_some_and(|kind| {
            // A link is followed to a file, and told of if it leads nowhere.
            let target = || {
                entry
                    .path()
                    .metadata()
                    .map_or(true, |target| target.is_file())
            };
            kind.is_file() || (kind.is_symlink() && target())
        });
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
