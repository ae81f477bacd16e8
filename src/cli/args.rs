//! Every flag of the command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum};

use super::fail_on::FailOn;
use super::later::Later;
use super::time_point::TimePoint;
use crate::config::FailLevel;
use crate::dialect::Dialect;
use crate::engine::Unknowns;
use crate::finding::Severity;
use crate::render::escape::printable;
use crate::risk::RiskLevel;
use crate::trace::format::Format;

/// Validates the policies that stand between AI agents and MCP tools, and replays recorded tool
/// calls through them.
#[derive(Debug, Parser)]
#[command(
    name = "mcplint",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
#[command(
    after_help = "Exit codes: 0 nothing that fails the run, 1 findings from --fail-level on or a \
                        --fail-on condition met, 2 mcplint could not do its work."
)]
pub struct Cli {
    /// What to do; `lint` if nothing is said
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of every command.
    #[command(flatten)]
    pub common: Common,
}

/// The command line. Ends the process where that is to print help, or to say what is wrong with it.
pub fn parse() -> Cli {
    Cli::try_parse().unwrap_or_else(|mut error| {
        if let Some(ContextValue::String(given)) = error.get(ContextKind::InvalidSubcommand)
            && Path::new(given).exists()
        {
            let command = format!(
                "to look at that file, write `mcplint lint {}`",
                printable(given)
            );
            let tip = ContextValue::StyledStrs(vec![command.into()]);
            error.insert(ContextKind::Suggested, tip);
        }
        error.exit()
    })
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Is each policy well-formed? Schema and semantics, no risk rules
    Validate(Later<Validate>),
    /// Is each policy well-formed, and does it protect? All rules [default]
    Lint(Later<Lint>),
    /// Replay recorded calls through a policy
    Simulate(Later<Simulate>),
    /// Policy unit tests: recorded calls that say what they should come to
    Test(Later<Test>),
    /// Work on recordings themselves
    #[command(subcommand)]
    Trace(Trace),
    /// Risk category of each tool, with the evidence
    Classify(Later<Classify>),
    /// What a rule is about; or what a tool can do at worst and the policy to have for it
    Explain(Later<Explain>),
    /// Print the JSON Schema of a policy format, of the configuration, or of a trace's lines
    Schema(Later<Schema>),
    /// Print completions for a shell
    Completions(Later<Completions>),
    /// Print the manual page, or write the pages of all commands into a folder
    Man(Later<Man>),
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Use this configuration instead of searching for mcplint.toml
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "no_config")]
    pub config: Option<PathBuf>,
    /// Use no configuration
    #[arg(long, global = true)]
    pub no_config: bool,
    /// Read every policy as this dialect instead of telling by its keys
    #[arg(long, global = true, value_name = "DIALECT")]
    pub dialect: Option<Dialect>,
    /// Write the result to this file instead of standard output (-)
    #[arg(short, long, global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = false
    )]
    pub color: ColorWhen,
    /// Say less on standard error
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more on standard error
    #[arg(short, long, global = true)]
    pub verbose: bool,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// `mcplint validate`
#[derive(Debug, Args)]
pub struct Validate {
    /// Policies, or folders to search for them; - is standard input. Without any: what the
    /// configuration names, or else what is found below the working directory
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// What is reported, and how.
    #[command(flatten)]
    pub findings: Findings,
}

/// `mcplint lint`
#[derive(Debug, Default, Args)]
pub struct Lint {
    /// Policies, or folders to search for them; - is standard input. Without any: what the
    /// configuration names, or else what is found below the working directory
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// What is reported, and how.
    #[command(flatten)]
    pub findings: Findings,
    /// Run only this rule (may be repeated)
    #[arg(long, value_name = "RULE", help_heading = "Which rules")]
    pub only_rule: Vec<String>,
    /// Do not run this rule (may be repeated)
    #[arg(long, value_name = "RULE", help_heading = "Which rules")]
    pub skip_rule: Vec<String>,
    /// Report only what is not in this file of known findings
    #[arg(long, value_name = "FILE", help_heading = "Known findings")]
    pub baseline: Option<PathBuf>,
    /// Write all findings to a file of known ones, and report none
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        default_missing_value = crate::suppress::baseline::FILE_NAME,
        conflicts_with_all = ["fix", "diff"],
        help_heading = "Known findings"
    )]
    pub write_baseline: Option<PathBuf>,
    /// Put right what can be put right without changing what is decided; `unsafe`: also what
    /// changes it
    #[arg(
        long,
        value_name = "SAFETY",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "safe",
        help_heading = "Fixes"
    )]
    pub fix: Option<FixSafety>,
    /// Show what --fix would change, and change nothing
    #[arg(long, help_heading = "Fixes")]
    pub diff: bool,
}

/// Which fixes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FixSafety {
    /// Those that change nothing that is decided
    Safe,
    /// All of them
    Unsafe,
}

/// What is reported of policies, and how.
#[derive(Debug, Args)]
pub struct Findings {
    /// How to write the findings [default: text, or github where GITHUB_ACTIONS is true]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<FindingFormat>,
    /// Pass over files that do not look like a policy
    #[arg(long)]
    pub only_policies: bool,
    /// The tools that the server offers: a tools/list result (may be repeated)
    #[arg(long, value_name = "FILE")]
    pub tools: Vec<PathBuf>,
    /// Show findings of this severity or worse
    #[arg(long, value_name = "LEVEL", default_value = "note", value_parser = severity)]
    pub min_severity: Severity,
    /// Exit with 1 if there is a finding of this severity or worse [default: that of the
    /// configuration, or error]
    #[arg(long, value_name = "LEVEL")]
    pub fail_level: Option<FailLevel>,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            format: None,
            only_policies: false,
            tools: Vec::new(),
            min_severity: Severity::Note,
            fail_level: None,
        }
    }
}

fn severity(text: &str) -> Result<Severity, String> {
    match text {
        "error" => Ok(Severity::Error),
        "warning" => Ok(Severity::Warning),
        "note" => Ok(Severity::Note),
        _ => Err("one of error, warning, note is wanted".to_owned()),
    }
}

/// How to write findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FindingFormat {
    /// For people
    Text,
    /// One document
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a pull request, as commands to GitHub's runner
    Github,
    /// JUnit XML, for what shows tests
    Junit,
    /// Tables, for the summary of a step
    Markdown,
}

/// What calls are decided by, in a replay and in a test.
#[derive(Debug, Args)]
pub struct Deciding {
    /// The policy for every call, or for one server's. Without it: what the configuration names,
    /// or else the one policy below the working directory
    #[arg(long = "policy", value_name = "[SERVER=]FILE")]
    pub policies: Vec<String>,
    /// Whether tools of a policy that use one counter name share a count
    #[arg(
        long,
        value_name = "SCOPE",
        default_value = "tool",
        help_heading = "How to decide"
    )]
    pub counter_scope: CounterScope,
    /// What a call that can't be decided means to the limits
    #[arg(
        long,
        value_name = "DECISION",
        default_value = "allow",
        help_heading = "How to decide"
    )]
    pub assume_unknown: AssumeUnknown,
}

/// `mcplint simulate`
#[derive(Debug, Args)]
pub struct Simulate {
    /// Recordings of tool calls, or folders whose files are one trace each; - is standard input.
    /// Gzip and Zstandard are read as they are
    #[arg(value_name = "TRACE", required = true)]
    pub traces: Vec<String>,
    /// What calls are decided by.
    #[command(flatten)]
    pub deciding: Deciding,
    /// How to write the result [default: text, or github where GITHUB_ACTIONS is true]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<ReplayFormat>,
    /// What the traces are
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub input: InputFormat,
    /// Exit with 1 if so many calls, or so many per cent of them, are decided so: deny, throttle,
    /// unknown, block (denied or throttled), or if so many lines are skipped
    #[arg(long, value_name = "DECISION[=N|=N%]")]
    pub fail_on: Vec<FailOn>,
    /// Report only calls from this time on; earlier ones still use up limits
    #[arg(long, value_name = "TIME", help_heading = "Which calls to report")]
    pub since: Option<TimePoint>,
    /// Report only calls before this time
    #[arg(long, value_name = "TIME", help_heading = "Which calls to report")]
    pub until: Option<TimePoint>,
    /// Report only calls to tools that match; others still use up limits
    #[arg(long, value_name = "GLOB", help_heading = "Which calls to report")]
    pub only: Vec<String>,
    /// Assume that a call without a timestamp came so long after the one before (1s, 500ms)
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, help_heading = "How to decide")]
    pub interval: Option<Duration>,
    /// Decide as if there were no limits
    #[arg(long, help_heading = "How to decide")]
    pub ignore_limits: bool,
    /// Write argument values, which are left out otherwise (jsonl, csv)
    #[arg(long)]
    pub show_args: bool,
    /// Keep the decisions in this file; if it is there, exit with 1 if they are not what it has
    #[arg(long, value_name = "FILE", help_heading = "Snapshots")]
    pub snapshot: Option<PathBuf>,
    /// Write the snapshot anew
    #[arg(long, requires = "snapshot", help_heading = "Snapshots")]
    pub update_snapshot: bool,
    /// End with exit code 2 at a line that can't be read, instead of counting it, and where there is no
    /// call at all
    #[arg(long)]
    pub strict: bool,
    /// How many threads read the traces [default: as many as there are processors, up to 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,
}

/// How to write a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReplayFormat {
    /// A report for people
    Text,
    /// The summary as one document
    Json,
    /// One decision a line
    Jsonl,
    /// One decision a line, for spreadsheets
    Csv,
    /// Tables, for the summary of a step
    Markdown,
    /// A page for a browser, in one file
    Html,
    /// Annotations of a pull request, as commands to GitHub's runner
    Github,
}

/// What a trace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    /// Tell by its shape
    Auto,
    /// mcplint's own: one JSON object a line, one call each
    Native,
    /// Messages of MCP sessions, one a line
    #[value(name = "jsonrpc")]
    JsonRpc,
    /// OpenTelemetry traces in the JSON encoding of OTLP
    Otel,
    /// Session transcripts of Claude Code
    ClaudeCode,
    /// Rollouts of Codex
    Codex,
    /// Event logs of the Intercept engine
    Intercept,
    /// Logs of a gateway's proxy
    Gateway,
}

impl InputFormat {
    /// The format that was asked for, if one was.
    pub fn format(self) -> Option<Format> {
        Some(match self {
            InputFormat::Auto => return None,
            InputFormat::Native => Format::Native,
            InputFormat::JsonRpc => Format::JsonRpc,
            InputFormat::Otel => Format::Otel,
            InputFormat::ClaudeCode => Format::ClaudeCode,
            InputFormat::Codex => Format::Codex,
            InputFormat::Intercept => Format::Intercept,
            InputFormat::Gateway => Format::Gateway,
        })
    }
}

/// Whether tools share counters of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CounterScope {
    /// Each tool has its own
    Tool,
    /// The tools of a policy share them
    Policy,
}

/// What a call that can't be decided means to the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AssumeUnknown {
    /// It counts as allowed
    Allow,
    /// It does not count
    Deny,
}

impl From<AssumeUnknown> for Unknowns {
    fn from(assumed: AssumeUnknown) -> Self {
        match assumed {
            AssumeUnknown::Allow => Unknowns::Allow,
            AssumeUnknown::Deny => Unknowns::Deny,
        }
    }
}

/// `mcplint test`
#[derive(Debug, Args)]
pub struct Test {
    /// Traces whose records have `expect`, or folders to search for *.jsonl; - is standard input.
    /// Without any: policies/tests/ and .mcplint/tests/, at any depth
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// What calls are decided by.
    #[command(flatten)]
    pub deciding: Deciding,
    /// How to write the result [default: text; github where GITHUB_ACTIONS is true]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<TestFormat>,
    /// Write argument values, which are left out otherwise
    #[arg(long)]
    pub show_args: bool,
    /// Show what calls come to instead of what is expected, and write it to the files
    #[arg(long, conflicts_with_all = ["format", "coverage", "min_coverage"])]
    pub update: bool,
    /// Show how often each clause was evaluated, fired and decided
    #[arg(long, help_heading = "Coverage")]
    pub coverage: bool,
    /// Exit with 1 if fewer of the clauses fired
    #[arg(long, value_name = "PERCENT", value_parser = percent, help_heading = "Coverage")]
    pub min_coverage: Option<f64>,
    /// Assume that a call without a timestamp came so long after the one before (1s, 500ms)
    #[arg(
        long,
        value_name = "TIME",
        default_value = "0s",
        value_parser = humantime::parse_duration,
        help_heading = "How to decide"
    )]
    pub interval: Duration,
}

/// How to write what tests came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TestFormat {
    /// For people
    Text,
    /// One document
    Json,
    /// For the test reports of CI systems
    Junit,
    /// Annotations of a GitHub workflow
    Github,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').unwrap_or(text).parse().ok();
    let percent = number.filter(|percent| (0.0..=100.0).contains(percent));
    percent.ok_or_else(|| "a percentage is a number from 0 to 100".to_owned())
}

/// `mcplint trace`
#[derive(Debug, Subcommand)]
pub enum Trace {
    /// Write recordings of any format as native JSONL, one call a line
    Convert(Later<Convert>),
}

/// `mcplint trace convert`
#[derive(Debug, Args)]
pub struct Convert {
    /// Recordings of tool calls, or folders whose files are one trace each; - is standard input.
    /// Gzip and Zstandard are read as they are
    #[arg(value_name = "TRACE", required = true)]
    pub traces: Vec<String>,
    /// What the traces are
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    pub input: InputFormat,
    /// Replace argument values by tokens that keep type and equality
    #[arg(long)]
    pub redact: bool,
    /// Make the tokens with the key in this file, so that those of several runs can be compared
    #[arg(long, value_name = "FILE", requires = "redact")]
    pub redact_key_file: Option<PathBuf>,
    /// End with exit code 2 at a line that can't be read, instead of counting it
    #[arg(long)]
    pub strict: bool,
}

/// `mcplint classify`
#[derive(Debug, Args)]
pub struct Classify {
    /// Tool lists: a tools/list result, a list of tools, or one tool a line; - is standard input
    #[arg(value_name = "TOOLS", required = true)]
    pub tools: Vec<PathBuf>,
    /// How to write the categories
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: RiskFormat,
    /// Show tools of this severity or worse
    #[arg(long, value_name = "LEVEL", default_value = "low")]
    pub min_severity: RiskLevel,
}

/// How to write categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RiskFormat {
    /// A table for people, by category
    Text,
    /// One document
    Json,
    /// One tool a line
    Jsonl,
    /// One tool a line, for spreadsheets
    Csv,
}

/// `mcplint explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// A tool's name, or the id of a rule
    #[arg(value_name = "TOOL|RULE")]
    pub subject: Option<String>,
    /// What the tool is for, in its server's words
    #[arg(long, value_name = "TEXT", conflicts_with = "tools")]
    pub description: Option<String>,
    /// A tool list that the tool is in; - is standard input
    #[arg(long, value_name = "FILE")]
    pub tools: Option<PathBuf>,
}

/// `mcplint schema`
#[derive(Debug, Args)]
pub struct Schema {
    /// Which format
    #[arg(value_name = "NAME", default_value = "gateway")]
    pub name: SchemaName,
}

/// Which schema to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// Gateway policies
    Gateway,
    /// Policies of the Intercept engine
    Intercept,
    /// mcplint.toml
    Config,
    /// A line of a trace in mcplint's own format
    Trace,
}

/// `mcplint completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// Which shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `mcplint man`
#[derive(Debug, Args)]
pub struct Man {
    /// Where the pages of all commands go
    #[arg(value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}
