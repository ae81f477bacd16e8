//! mcplint's own settings: `mcplint.toml`.

mod mistakes;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use toml::Spanned;
use toml::de::DeTable;

use crate::finding::Severity;
use crate::lint::{Level, Levels};
use crate::risk::{Category, Overrides};
use crate::source::Syntax;
use crate::source::file::SourceFile;
use crate::source::path;
use crate::span::Span;
use crate::suggest::quoted;
use crate::suppress::Configured;
use mistakes::apart;

pub use mistakes::Mistake;

/// The JSON Schema of the configuration, for editors.
pub const SCHEMA: &str = include_str!("config.schema.json");

/// The name of the configuration file.
pub const FILE_NAME: &str = "mcplint.toml";

/// A configuration and where it was found.
#[derive(Debug, Default)]
pub struct Config {
    /// The folder that paths in it are relative to.
    pub folder: PathBuf,
    /// The settings.
    pub settings: Settings,
    /// Its text, for what there is to say about it. `None` where there is no configuration.
    pub file: Option<SourceFile>,
    /// The `[risk]` table, ready to use.
    pub overrides: Overrides,
}

/// What `mcplint.toml` may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// What makes findings fail a run.
    pub fail_level: Option<FailLevel>,
    /// The largest policy that is read, in bytes.
    pub max_policy_bytes: Option<u64>,
    /// Which policy is for which calls; the first that fits a call decides it.
    #[serde(default)]
    pub policy: Vec<PolicyEntry>,
    /// How much the findings of a rule matter, by its id.
    #[serde(default)]
    rules: BTreeMap<Spanned<String>, LevelName>,
    /// What is not to be reported.
    #[serde(default)]
    ignore: Vec<Spanned<IgnoreEntry>>,
    /// Known findings, from the configuration's folder.
    pub baseline: Option<String>,
    /// How many calls a day limits may allow.
    #[serde(default)]
    pub max_calls_per_day: CallsPerDay,
    /// Categories of tools, over what their definitions say.
    #[serde(default)]
    risk: RiskTable,
}

/// The most calls a day that a limit may allow a tool, by the tool's risk category; what is not
/// given is ten times what the category's recommendation allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallsPerDay {
    /// For tools that only read.
    pub read: Option<u64>,
    /// For tools that change things.
    pub write: Option<u64>,
    /// For tools that run what they are given.
    pub execute: Option<u64>,
    /// For tools that destroy things.
    pub destructive: Option<u64>,
    /// For tools that move money.
    pub financial: Option<u64>,
}

/// A level as it is written.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum LevelName {
    Error,
    Warning,
    Note,
    Off,
}

impl From<LevelName> for Level {
    fn from(name: LevelName) -> Self {
        match name {
            LevelName::Error => Level::Report(Severity::Error),
            LevelName::Warning => Level::Report(Severity::Warning),
            LevelName::Note => Level::Report(Severity::Note),
            LevelName::Off => Level::Off,
        }
    }
}

/// An `[[ignore]]` entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IgnoreEntry {
    rule: Spanned<String>,
    path: Option<Spanned<String>>,
    at: Option<Spanned<String>>,
    reason: Option<String>,
}

/// The `[risk]` table: globs over tool names with the category of the tools that match, in the
/// order of the file.
#[derive(Debug, Default)]
struct RiskTable(Vec<(Spanned<String>, Category)>);

impl<'de> Deserialize<'de> for RiskTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = RiskTable;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("globs over tool names, each with a category")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RiskTable, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(RiskTable(entries))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// A `[[policy]]` entry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyEntry {
    /// Glob of the policy's path, from the configuration's folder.
    pub path: String,
    /// Glob over the trace's `server`; every server if absent.
    pub server: Option<String>,
    /// Globs over the trace's `grant`; every grant if empty.
    #[serde(default)]
    pub grants: Vec<String>,
    /// The tools that the server offers: a `tools/list` result, from the configuration's folder.
    pub tools: Option<String>,
}

/// What makes findings fail a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FailLevel {
    /// An error.
    #[default]
    Error,
    /// A warning or worse.
    Warning,
    /// Any finding.
    Note,
    /// Nothing.
    Never,
}

/// Why a configuration can't be used.
#[derive(Debug)]
pub enum ConfigError {
    /// It can't be read.
    Io(PathBuf, io::Error),
    /// It is not a configuration.
    Invalid(Box<Invalid>),
}

/// What is wrong with a configuration, and where.
#[derive(Debug)]
pub struct Invalid {
    /// Its text.
    pub file: SourceFile,
    /// What is wrong in it, by place: at least one thing.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Io(path, error) => write!(f, "can't read `{}`: {error}", path.display()),
            ConfigError::Invalid(invalid) => {
                write!(f, "`{}` is not a valid configuration", invalid.file.name)
            }
        }
    }
}

impl std::error::Error for ConfigError {}

impl Settings {
    /// The settings and the `[risk]` table of a configuration; `origin` is how evidence names it.
    ///
    /// # Errors
    /// What is wrong, by place.
    fn parse(text: &str, origin: &str) -> Result<(Self, Overrides), Vec<Mistake>> {
        let table = DeTable::parse(text).map_err(|error| vec![Mistake::from_toml(&error)])?;
        let mut mistakes = Vec::new();
        for part in apart(table.get_ref()) {
            match Self::from_table(Spanned::new(table.span(), part)) {
                Ok(settings) => mistakes.extend(settings.mistakes(origin)),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        mistakes.sort_by_key(|mistake| (mistake.span.start, mistake.span.end));
        mistakes.dedup_by_key(|mistake| mistake.span);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let settings = Self::from_table(table).map_err(|mistake| vec![mistake])?;
        let overrides = settings
            .overrides(origin)
            .map_err(|mistake| vec![mistake])?;
        Ok((settings, overrides))
    }

    fn from_table(table: Spanned<DeTable<'_>>) -> Result<Self, Mistake> {
        Self::deserialize(toml::Deserializer::from(table))
            .map_err(|error| Mistake::from_toml(&error))
    }

    /// What is wrong with settings that have the right form.
    fn mistakes(&self, origin: &str) -> Vec<Mistake> {
        let levels = self.rules.keys().filter_map(|id| Mistake::rule(id).err());
        let ignores = self
            .ignore
            .iter()
            .flat_map(|entry| entry.get_ref().mistakes());
        let risk = self.overrides(origin).err();
        levels.chain(ignores).chain(risk).collect()
    }

    /// The `[risk]` table; `origin` is how evidence names the configuration.
    fn overrides(&self, origin: &str) -> Result<Overrides, Mistake> {
        let table = &self.risk.0;
        let globs = table
            .iter()
            .map(|(glob, category)| (glob.get_ref().as_str(), *category));
        Overrides::new(globs, origin).map_err(|error| {
            let place = table.iter().find(|(glob, _)| *glob.get_ref() == error.glob);
            let range = place.map(|(glob, _)| glob.span()).unwrap_or_default();
            Mistake::at(&Spanned::new(range, ()), error.to_string(), None)
        })
    }

    fn levels(&self) -> Result<Levels, Mistake> {
        let mut levels = Levels::default();
        for (id, &level) in &self.rules {
            levels
                .configured
                .insert(Mistake::rule(id)?.id, level.into());
        }
        Ok(levels)
    }

    fn ignores(&self) -> Result<Vec<Configured>, Mistake> {
        self.ignore.iter().map(configured).collect()
    }
}

impl IgnoreEntry {
    fn mistakes(&self) -> impl Iterator<Item = Mistake> {
        let rule = Mistake::rule(&self.rule).err();
        let path = self.glob().err();
        let at = self.at.as_ref().and_then(not_a_pointer);
        [rule, path, at].into_iter().flatten()
    }

    fn glob(&self) -> Result<Option<GlobMatcher>, Mistake> {
        let glob = |path: &Spanned<String>| {
            path_glob(path.get_ref()).map_err(|error| Mistake::at(path, error.to_string(), None))
        };
        self.path.as_ref().map(glob).transpose()
    }
}

fn not_a_pointer(at: &Spanned<String>) -> Option<Mistake> {
    let is_pointer = at.get_ref().is_empty() || at.get_ref().starts_with('/');
    let message = format!("{} is not a JSON Pointer", quoted(at.get_ref()));
    let help = "it starts with `/`, as in `/tools/run_command`".to_owned();
    (!is_pointer).then(|| Mistake::at(at, message, Some(help)))
}

fn configured(entry: &Spanned<IgnoreEntry>) -> Result<Configured, Mistake> {
    let range = entry.span();
    let entry = entry.get_ref();
    let reason = entry.reason.clone();
    Ok(Configured {
        rule: Mistake::rule(&entry.rule)?,
        path: entry.glob()?,
        at: entry.at.as_ref().map(|at| at.get_ref().clone()),
        reason: reason.filter(|reason| !reason.trim().is_empty()),
        span: Span::new(range.start, range.end),
    })
}

/// What compares paths with a `path` of the configuration, from its folder.
///
/// # Errors
/// If `pattern` is no glob.
pub fn path_glob(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    let bare = pattern.strip_prefix("./").unwrap_or(pattern);
    let glob = GlobBuilder::new(bare).literal_separator(true).build()?;
    Ok(glob.compile_matcher())
}

impl Config {
    /// Reads the configuration at `path`.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Io(path.to_owned(), error))?;
        let file = SourceFile::new(path.display().to_string(), text, Syntax::Yaml);
        // Evidence names the file alone: where it lies is known to who wrote it.
        let origin = path.file_name().unwrap_or_default().to_string_lossy();
        match Settings::parse(&file.text, &origin) {
            Ok((settings, overrides)) => Ok(Self {
                folder: path.parent().map(Path::to_owned).unwrap_or_default(),
                settings,
                file: Some(file),
                overrides,
            }),
            Err(mistakes) => Err(ConfigError::Invalid(Box::new(Invalid { file, mistakes }))),
        }
    }

    /// How much the findings of each rule matter.
    pub fn levels(&self) -> Levels {
        let levels = self.settings.levels().ok();
        levels.expect("the settings were checked when they were read")
    }

    /// What is not to be reported.
    pub fn ignores(&self) -> Vec<Configured> {
        let ignores = self.settings.ignores().ok();
        ignores.expect("the settings were checked when they were read")
    }

    /// Whether a `[[policy]]` names the file at `path`.
    pub fn names(&self, path: &Path) -> bool {
        let below = path::below(&self.folder, path);
        let mut globs = self.settings.policy.iter().map(|p| path_glob(&p.path));
        globs.any(|glob| glob.is_ok_and(|glob| glob.is_match(&below)))
    }

    /// The nearest configuration at or above `start`, up to the root of the repository. `None` if
    /// there is none.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn search(start: &Path) -> Result<Option<Self>, ConfigError> {
        for folder in start.ancestors() {
            let path = folder.join(FILE_NAME);
            if path.is_file() {
                return Self::read(&path).map(Some);
            }
            if folder.join(".git").exists() {
                break;
            }
        }
        Ok(None)
    }
}
