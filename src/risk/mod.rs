//! What a tool can do, at worst: one of five categories, with the words that say so.
//!
//! [`classify`] is a pure function of a tool's definition. Its vocabulary is data
//! (`vocabulary.toml`); `docs/risk.md` has the rulings that it follows.

mod arguments;
mod claim;
mod flow;
mod judge;
mod name;
mod operation;
mod overrides;
mod prose;
mod recommend;
mod vocabulary;
mod words;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalog::{Annotations, RawValue, Tool};

pub use flow::{Flow, flow};
pub use operation::{Operation, operation};
pub use overrides::{OverrideError, Overrides};
pub use recommend::recommended;

/// What a tool is for. Ordered by severity: the worst that applies is a tool's category.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Category {
    /// Retrieves or works something out; no side effect.
    Read,
    /// Creates or changes, and can be put right.
    Write,
    /// Runs code or commands, or sets off something whose effect its arguments decide.
    Execute,
    /// Deletes, overwrites or ends what can't be brought back.
    Destructive,
    /// Moves money, or commits to moving it.
    Financial,
}

/// How bad it is if a tool is misused: a function of its category.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum RiskLevel {
    /// Something is disclosed.
    Low,
    /// Something has to be put right.
    Medium,
    /// Something happens that nobody foresaw.
    High,
    /// Something is gone for good.
    Critical,
}

impl Category {
    /// All categories, the least severe first.
    pub const ALL: [Category; 5] = [
        Category::Read,
        Category::Write,
        Category::Execute,
        Category::Destructive,
        Category::Financial,
    ];

    /// How severe it is.
    pub fn level(self) -> RiskLevel {
        match self {
            Category::Read => RiskLevel::Low,
            Category::Write => RiskLevel::Medium,
            Category::Execute => RiskLevel::High,
            Category::Destructive | Category::Financial => RiskLevel::Critical,
        }
    }

    /// The word for it in configuration and output.
    pub fn word(self) -> &'static str {
        match self {
            Category::Read => "read",
            Category::Write => "write",
            Category::Execute => "execute",
            Category::Destructive => "destructive",
            Category::Financial => "financial",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl RiskLevel {
    /// The word for it in output.
    pub fn word(self) -> &'static str {
        match self {
            RiskLevel::Low => "low",
            RiskLevel::Medium => "medium",
            RiskLevel::High => "high",
            RiskLevel::Critical => "critical",
        }
    }
}

impl fmt::Display for RiskLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// What is known of a tool: its name at least.
#[derive(Debug, Clone, Copy, Default)]
pub struct ToolView<'t> {
    /// The server that offers it.
    pub server: Option<&'t str>,
    /// Its name.
    pub name: &'t str,
    /// What it is for, in the server's words.
    pub description: Option<&'t str>,
    /// The JSON Schema of its arguments.
    pub input_schema: Option<&'t RawValue>,
    /// What the server claims of it.
    pub annotations: Option<&'t Annotations>,
}

impl<'t> ToolView<'t> {
    /// A tool of which only the name is known.
    pub fn named(name: &'t str) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }
}

impl<'t> From<&'t Tool> for ToolView<'t> {
    fn from(tool: &'t Tool) -> Self {
        Self {
            server: tool.server.as_deref(),
            name: &tool.name,
            description: tool.description.as_deref(),
            input_schema: tool.input_schema.as_ref(),
            annotations: Some(&tool.annotations),
        }
    }
}

/// Where a piece of evidence was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The tool's name.
    Name,
    /// The tool's description.
    Description,
    /// The name of its server.
    Server,
    /// The schema of its arguments.
    Schema,
    /// What its server claims of it.
    Annotations,
    /// The `[risk]` table of the configuration.
    Override,
}

impl Source {
    /// The word for it in output.
    pub fn word(self) -> &'static str {
        match self {
            Source::Name => "name",
            Source::Description => "description",
            Source::Server => "server",
            Source::Schema => "schema",
            Source::Annotations => "annotations",
            Source::Override => "override",
        }
    }
}

/// Words of a tool's definition that decided its category, or took part in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Where they stand.
    pub source: Source,
    /// The words, quoted: short, and as they are written there. Not escaped.
    pub text: String,
}

impl Evidence {
    /// `text`, as found in `source`; the beginning of it, if it is long.
    pub fn new(source: Source, text: impl Into<String>) -> Self {
        const LONGEST: usize = 120;
        let mut text = text.into();
        if let Some((end, _)) = text.char_indices().nth(LONGEST) {
            text.truncate(end);
            text.push('…');
        }
        Self { source, text }
    }
}

/// A claim of the server that the rest of the definition does not bear out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The claim: `readOnlyHint: true` or `destructiveHint: false`.
    pub claim: &'static str,
    /// What speaks against it.
    pub against: Evidence,
}

/// A tool's category, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// What it is for, at worst.
    pub category: Category,
    /// How sure that is, from 0 to 1 in steps of a hundredth.
    pub confidence: f32,
    /// What it follows from, the weightiest first. Never empty.
    pub evidence: Vec<Evidence>,
    /// The argument that decides what a call does, where one does: `operation`, `cli_command`.
    pub decided_by_argument: Option<String>,
    /// Claims of the server that do not fit.
    pub contradictions: Vec<Contradiction>,
}

/// The category of `tool`, by its definition alone. Takes time in proportion to the beginning of the
/// definition that is looked at, which is bounded, whatever the definition holds.
pub fn classify(tool: &ToolView<'_>) -> Classification {
    judge::classify(tool)
}
