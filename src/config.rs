//! mcplint's own settings: `mcplint.toml`.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::risk::{Category, OverrideError, Overrides};

/// The name of the configuration file.
pub const FILE_NAME: &str = "mcplint.toml";

/// A configuration and where it was found.
#[derive(Debug, Default)]
pub struct Config {
    /// The folder that paths in it are relative to.
    pub folder: PathBuf,
    /// The settings.
    pub settings: Settings,
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
    /// Categories of tools, over what their definitions say.
    #[serde(default)]
    pub risk: RiskTable,
}

/// The `[risk]` table: globs over tool names with the category of the tools that match, in the
/// order of the file.
#[derive(Debug, Default)]
pub struct RiskTable(pub Vec<(String, Category)>);

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
    /// It is not a configuration: the parser's own account, with the place.
    Invalid(PathBuf, Box<toml::de::Error>),
    /// A key of its `[risk]` table is no glob.
    Override(PathBuf, OverrideError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigError::Io(path, error) => write!(f, "can't read `{}`: {error}", path.display()),
            ConfigError::Invalid(path, _) => {
                write!(f, "`{}` is not a valid configuration", path.display())
            }
            ConfigError::Override(path, error) => {
                write!(
                    f,
                    "`{}` is not a valid configuration: {error}",
                    path.display()
                )
            }
        }
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// The place that is wrong and what is wrong with it, in several lines.
    pub fn excerpt(&self) -> Option<String> {
        match self {
            ConfigError::Io(..) | ConfigError::Override(..) => None,
            ConfigError::Invalid(_, error) => Some(error.to_string()),
        }
    }
}

impl Config {
    /// Reads the configuration at `path`.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Io(path.to_owned(), error))?;
        let settings: Settings = toml::from_str(&text)
            .map_err(|error| ConfigError::Invalid(path.to_owned(), Box::new(error)))?;
        let table = settings
            .risk
            .0
            .iter()
            .map(|(glob, category)| (glob.as_str(), *category));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let overrides = Overrides::new(table, &name)
            .map_err(|error| ConfigError::Override(path.to_owned(), error))?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self {
            folder,
            settings,
            overrides,
        })
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
