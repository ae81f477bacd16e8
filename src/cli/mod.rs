//! The command line: each subcommand loads, asks, renders and says how it went.

pub mod args;
mod assignment;
mod classify;
mod completions;
pub mod console;
pub mod exit;
mod explain;
pub mod fail_on;
pub mod later;
mod lint;
mod notices;
mod offers;
mod output;
mod policies;
mod progress;
mod schema;
mod simulate;
mod snapshot;
mod test;
pub mod time_point;
mod tool_lists;
mod trace;
mod validate;

use std::io;

use args::{Cli, Command, Lint};
use console::Console;
use exit::Exit;

use crate::config::{Config, ConfigError, Invalid};
use crate::rules::{self, Rule};

/// Does what the command line asks.
pub fn run(cli: &Cli) -> Exit {
    let console = Console::new(&cli.common);
    let common = &cli.common;
    let result = match &cli.command {
        None => lint::run(&Lint::default(), common, console),
        Some(Command::Lint(args)) => lint::run(args, common, console),
        Some(Command::Validate(args)) => validate::run(args, common, console),
        Some(Command::Simulate(args)) => simulate::run(args, common, console),
        Some(Command::Test(args)) => test::run(args, common, console),
        Some(Command::Trace(args::Trace::Convert(args))) => trace::convert(args, common, console),
        Some(Command::Classify(args)) => classify::run(args, common, console),
        Some(Command::Explain(args)) => explain::run(args, common, console),
        Some(Command::Schema(args)) => schema::run(args, common),
        Some(Command::Completions(args)) => completions::run(args, common),
        Some(Command::Man(args)) => completions::man(args, common),
    };
    result.unwrap_or_else(|trouble| trouble.report(console))
}

/// Why mcplint could not do its work.
#[derive(Debug)]
pub enum Trouble {
    /// Nobody reads the result any more: not an error.
    ClosedPipe,
    /// What is wrong, and what to do about it where that can be said.
    Message(String, Option<String>),
    /// The configuration can't be used.
    Configuration(ConfigError),
    /// The baseline can't be used.
    Baseline(Box<crate::suppress::baseline::Invalid>),
    /// It has been told already.
    Told,
}

impl Trouble {
    fn new(message: impl Into<String>) -> Self {
        Trouble::Message(message.into(), None)
    }

    fn with_help(message: impl Into<String>, help: impl Into<String>) -> Self {
        Trouble::Message(message.into(), Some(help.into()))
    }

    fn report(self, console: Console) -> Exit {
        match self {
            Trouble::ClosedPipe => return Exit::Clean,
            Trouble::Message(message, help) => {
                console.error(message);
                if let Some(help) = help {
                    console.help(help);
                }
            }
            Trouble::Configuration(error) => {
                console.error(&error);
                if let ConfigError::Invalid(invalid) = &error {
                    tell_mistakes(invalid, console);
                }
            }
            Trouble::Baseline(invalid) => {
                console.error(format!("`{}` is not a baseline", invalid.file.name));
                console.place(&invalid.file, invalid.span, &invalid.message, None);
            }
            Trouble::Told => {}
        }
        Exit::Trouble
    }
}

/// How many mistakes in a configuration are told one by one.
const TOLD_MISTAKES: usize = 20;

fn tell_mistakes(invalid: &Invalid, console: Console) {
    for mistake in invalid.mistakes.iter().take(TOLD_MISTAKES) {
        let help = mistake.help.as_deref();
        console.place(&invalid.file, mistake.span, &mistake.message, help);
    }
    let more = invalid.mistakes.len().saturating_sub(TOLD_MISTAKES);
    if more > 0 {
        console.error(format!("`{}` has {more} more mistakes", invalid.file.name));
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Trouble::ClosedPipe,
            _ => Trouble::new(format!("can't write the result: {error}")),
        }
    }
}

impl From<ConfigError> for Trouble {
    fn from(error: ConfigError) -> Self {
        Trouble::Configuration(error)
    }
}

/// The rule called `id`, for an option.
fn rule(id: &str) -> Result<&'static Rule, Trouble> {
    rules::find(id).ok_or_else(|| {
        let help = match rules::nearest(id) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`mcplint explain` lists the rules".to_owned(),
        };
        Trouble::with_help(format!("there is no rule `{id}`"), help)
    })
}

/// The configuration that holds for this run; an empty one if there is none.
fn configuration(common: &args::Common) -> Result<Option<Config>, Trouble> {
    if common.no_config {
        return Ok(None);
    }
    if let Some(path) = &common.config {
        output::spare_inputs(common, [path])?;
        return Ok(Some(Config::read(path)?));
    }
    let here = std::env::current_dir()
        .map_err(|error| Trouble::new(format!("can't tell the working directory: {error}")))?;
    let Some(mut config) = Config::search(&here)? else {
        return Ok(None);
    };
    // Paths are shown as a person would write them from here.
    if config.folder == here {
        config.folder = std::path::PathBuf::from(".");
    }
    if let Some(file) = &mut config.file
        && let Ok(below) = std::path::Path::new(&file.name).strip_prefix(&here)
    {
        file.name = below.display().to_string();
    }
    Ok(Some(config))
}
