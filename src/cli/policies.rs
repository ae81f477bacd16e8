//! Which policies a command is about, and loading them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Trouble;
use super::args::Common;
use super::console::Console;
use crate::config::Config;
use crate::dialect::Dialect;
use crate::render::FileFindings;
use crate::rules::masked_lines;
use crate::source::discover::{Miss, PATTERNS, discover, matching, near_misses};
use crate::source::file::{MAX_BYTES, SourceFile};
use crate::trace::foreign::Other;
use crate::trace::format::{LOOKED_AT, Look};
use crate::validate::{Validated, validate};

/// A policy file and what validating it gave.
#[derive(Debug)]
pub struct Loaded {
    pub file: SourceFile,
    pub validated: Validated,
    /// The file's text without its secrets, where it has any.
    masked: Option<String>,
}

impl Loaded {
    /// The text as reports may show it.
    pub fn shown_text(&self) -> &str {
        self.masked.as_deref().unwrap_or(&self.file.text)
    }

    /// The findings, as renderers take them.
    pub fn shown(&self) -> FileFindings<'_> {
        FileFindings {
            name: &self.file.name,
            text: self.shown_text(),
            lines: &self.file.lines,
            findings: &self.validated.findings,
        }
    }
}

/// Loads policies under the settings of a run.
pub struct Loader {
    dialect: Option<Dialect>,
    max_bytes: u64,
}

impl Loader {
    pub fn new(common: &Common, config: Option<&Config>) -> Self {
        Self {
            dialect: common.dialect,
            max_bytes: max_bytes(config),
        }
    }

    pub fn load(&self, path: &Path) -> Result<Loaded, Trouble> {
        let file =
            SourceFile::read(path, self.max_bytes).map_err(|e| Trouble::new(e.to_string()))?;
        let validated = validate(&file, self.dialect);
        let masked = match masked_lines(&file.text) {
            Cow::Owned(masked) => Some(masked),
            Cow::Borrowed(_) => None,
        };
        Ok(Loaded {
            file,
            validated,
            masked,
        })
    }
}

/// The largest policy that is read, in bytes.
pub fn max_bytes(config: Option<&Config>) -> u64 {
    let configured = config.and_then(|config| config.settings.max_policy_bytes);
    configured.unwrap_or(MAX_BYTES)
}

/// The files that `paths` name: files as they are, folders searched; it is told which folders gave
/// none, and the second value says whether all did. Without any paths, the files of the
/// configuration, or else what is found below the working directory. A file that is named twice is
/// taken once.
pub fn files(
    paths: &[PathBuf],
    config: Option<&Config>,
    console: Console,
) -> Result<(Vec<PathBuf>, bool), Trouble> {
    let mut files = Vec::new();
    let mut complete = true;
    if paths.is_empty() {
        match config.filter(|config| !config.settings.policy.is_empty()) {
            Some(config) => {
                for entry in &config.settings.policy {
                    files.extend(configured(config, &entry.path)?);
                }
            }
            None => files.extend(searched(Path::new("."))?),
        }
    }
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        match searched(path) {
            Ok(found) => files.extend(found),
            Err(trouble) => {
                trouble.report(console);
                complete = false;
            }
        }
    }
    let mut seen = HashSet::new();
    files.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok((files, complete))
}

/// The files that a path glob of the configuration names: at least one.
pub fn configured(config: &Config, pattern: &str) -> Result<Vec<PathBuf>, Trouble> {
    let folder = if config.folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        &config.folder
    };
    // A plain path is taken as it is, also where no search would go.
    let plain = folder.join(pattern);
    if plain.is_file() {
        let shown = if folder == Path::new(".") {
            PathBuf::from(pattern)
        } else {
            plain
        };
        return Ok(vec![shown]);
    }
    let found = matching(folder, pattern).map_err(|error| {
        Trouble::new(format!(
            "the path `{pattern}` of the configuration: {error}"
        ))
    })?;
    if found.is_empty() {
        return Err(Trouble::new(format!(
            "the path `{pattern}` of the configuration names no file below `{}`",
            folder.display()
        )));
    }
    Ok(found)
}

/// What discovery finds below `folder`: at least one file.
pub fn searched(folder: &Path) -> Result<Vec<PathBuf>, Trouble> {
    let found = discover(folder)
        .map_err(|error| Trouble::new(format!("can't search `{}`: {error}", folder.display())))?;
    if found.is_empty() {
        return Err(Trouble::with_help(
            format!("no policies found below `{}`", folder.display()),
            format!(
                "name the files, or call them by one of {}{}",
                PATTERNS.join(", "),
                came_close(folder)
            ),
        ));
    }
    Ok(found)
}

/// How many files that came close to a policy are told.
const TOLD_NEAR: usize = 5;

/// What to say of the files below `folder` that discovery nearly took.
fn came_close(folder: &Path) -> String {
    let mut told = String::new();
    for (path, miss) in near_misses(folder, TOLD_NEAR) {
        let why = match miss {
            Miss::Ignored => "is excluded by a `.gitignore`",
            Miss::CalledOtherwise => "is called otherwise",
        };
        told += &format!("; `{}` {why}", path.display());
    }
    told
}

/// Refuses a policy where recorded calls are wanted: of one in YAML there would be to say of each line
/// that it is no call.
pub fn refuse_as_calls(path: &Path) -> Result<(), Trouble> {
    let kind = path.extension().and_then(OsStr::to_str);
    if !matches!(kind, Some("json" | "yaml" | "yml")) || !path.is_file() {
        return Ok(());
    }
    let mut start = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(LOOKED_AT as u64).read_to_end(&mut start));
    let look = Look::of(&String::from_utf8_lossy(&start));
    if read.is_err() || look != Look::Other(Other::Policy) {
        return Ok(());
    }
    let shown = path.display();
    Err(Trouble::with_help(
        format!("can't read the trace `{shown}`: {}", Other::Policy),
        format!("policies are named with --policy: `--policy {shown}`"),
    ))
}
