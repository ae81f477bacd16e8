//! `mcplint simulate`: replay recorded calls through a policy.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::thread::available_parallelism;

use globset::GlobMatcher;

use super::args::{AssumeUnknown, Common, ReplayFormat, Simulate};
use super::console::Console;
use super::exit::Exit;
use super::notices::Notices;
use super::policies::{Loaded, Loader};
use super::progress::Progress;
use super::{Trouble, assignment, configuration, output};
use crate::engine::{Replay, Unknowns};
use crate::render::replay::{Context, PolicySource, csv, github, json, jsonl, markdown, text};
use crate::replay::Row;
use crate::replay::assign::name_glob;
use crate::replay::pipeline::{Event, Options, Session, Stop};
use crate::replay::summary::{Summarizer, Summary, Tally};
use crate::trace::blocks::Blocks;
use crate::trace::{self, Location};

/// The most threads that are used unless more are asked for: past this, settling in order is what
/// takes the time.
const MAX_DEFAULT_THREADS: usize = 8;

pub fn run(args: &Simulate, common: &Common, console: Console) -> Result<Exit, Trouble> {
    one_standard_input(args)?;
    let config = configuration(common)?;
    let loader = Loader::new(common, config.as_ref());
    let loaded = assignment::load(&args.policies, config.as_ref(), &loader, common, console)?;
    let policies = assignment::assign(&loaded, args.counter_scope.into())?;
    let locations: Vec<_> = args
        .traces
        .iter()
        .map(|trace| Location::new(trace))
        .collect();
    for location in &locations {
        location
            .check()
            .map_err(|error| cannot_read(location, &error))?;
    }
    let policy_files = loaded.iter().map(|(policy, _)| policy.file.name.as_str());
    let inputs = args.traces.iter().map(String::as_str).chain(policy_files);
    output::spare_inputs(common, inputs)?;
    let context = Context {
        traces: locations.iter().map(Location::name).collect(),
        policies: loaded
            .iter()
            .map(|(policy, _)| policy_source(policy))
            .collect(),
        style: output::style(common),
    };
    let format = output::format(args.format, ReplayFormat::Text, ReplayFormat::Github);
    let mut run = Run {
        args,
        format,
        only: only(args)?,
        context: &context,
        out: output::open(common)?,
        jsonl: jsonl::Writer::default(),
        summarizer: Summarizer::default(),
        notices: Notices::new(console),
    };
    run.begin()?;
    let progress = Progress::new(&locations, common.quiet);
    let mut session = Session::new(&policies, options(args));
    for (number, location) in locations.iter().enumerate() {
        let stream = trace::open(location, progress.watcher())
            .map_err(|error| cannot_read(location, &error))?;
        run.notices.start_trace(location);
        session
            .replay(number, Blocks::new(stream), &mut |event| run.take(event))
            .map_err(|stop| stopped(stop, location, &context))?;
        run.notices.end_trace()?;
    }
    drop(progress);
    let Run {
        summarizer,
        notices,
        mut out,
        ..
    } = run;
    let skipped = notices.skipped();
    let summary = summarizer.finish(&policies, &session.counters, &session.coverage);
    notices.finish(&policies, summary.total.calls, args.interval.is_some());
    write_summary(format, &summary, skipped, &context, &mut out)?;
    out.flush()?;
    Ok(verdict(args, &summary.total, console))
}

/// Writes the summary in the formats that are one; the others have a line for each decision.
fn write_summary(
    format: ReplayFormat,
    summary: &Summary,
    skipped: u64,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ReplayFormat::Text => text::write(summary, skipped, context, out),
        ReplayFormat::Json => json::write(summary, skipped, context, out),
        ReplayFormat::Markdown => markdown::write(summary, skipped, context, out),
        ReplayFormat::Github => github::write(summary, skipped, context, &output::root(), out),
        ReplayFormat::Jsonl | ReplayFormat::Csv => Ok(()),
    }
}

/// What takes the events of a replay.
struct Run<'r> {
    args: &'r Simulate,
    format: ReplayFormat,
    only: Vec<GlobMatcher>,
    context: &'r Context<'r>,
    out: Box<dyn Write>,
    jsonl: jsonl::Writer,
    summarizer: Summarizer,
    notices: Notices,
}

impl Run<'_> {
    fn begin(&mut self) -> io::Result<()> {
        match self.format {
            ReplayFormat::Csv => csv::write_header(self.args.show_args, &mut self.out),
            _ => Ok(()),
        }
    }

    fn take(&mut self, event: Event<'_>) -> ControlFlow<Stop> {
        match event {
            Event::Unreadable { line, problem, .. } if self.args.strict => {
                return ControlFlow::Break(Stop::Unreadable {
                    line,
                    problem: problem.to_owned(),
                });
            }
            Event::Decided(row) => {
                self.notices.call(&row);
                if self.is_reported(&row) {
                    self.summarizer.count(&row);
                    if let Err(error) = self.write(&row) {
                        return ControlFlow::Break(Stop::Write(error));
                    }
                }
            }
            other => self.notices.note(&other),
        }
        ControlFlow::Continue(())
    }

    fn write(&mut self, row: &Row<'_>) -> io::Result<()> {
        match self.format {
            ReplayFormat::Jsonl => self.jsonl.write(row, self.context, &mut self.out),
            ReplayFormat::Csv => csv::write(row, self.args.show_args, self.context, &mut self.out),
            ReplayFormat::Text
            | ReplayFormat::Json
            | ReplayFormat::Markdown
            | ReplayFormat::Github => Ok(()),
        }
    }

    /// Whether a call is one of those that were asked for. A call without a time is in no span.
    fn is_reported(&self, row: &Row<'_>) -> bool {
        let named = self.only.is_empty() || self.only.iter().any(|glob| glob.is_match(row.tool));
        let since = self
            .args
            .since
            .is_none_or(|since| row.ts.is_some_and(|ts| ts >= since.0));
        let until = self
            .args
            .until
            .is_none_or(|until| row.ts.is_some_and(|ts| ts < until.0));
        named && since && until
    }
}

fn options(args: &Simulate) -> Options {
    let unknowns = match args.assume_unknown {
        AssumeUnknown::Allow => Unknowns::Allow,
        AssumeUnknown::Deny => Unknowns::Deny,
    };
    let processors = || available_parallelism().map_or(1, NonZeroUsize::get);
    let default = || processors().min(MAX_DEFAULT_THREADS);
    Options {
        replay: Replay {
            unknowns,
            ignore_limits: args.ignore_limits,
        },
        interval: args.interval,
        keep_args: args.show_args,
        threads: NonZeroUsize::new(args.threads.map_or_else(default, usize::from))
            .unwrap_or(NonZeroUsize::MIN),
    }
}

/// Standard input can be read once.
fn one_standard_input(args: &Simulate) -> Result<(), Trouble> {
    let traces = args.traces.iter().filter(|trace| *trace == "-");
    let is_input = |policy: &&String| *policy == "-" || policy.ends_with("=-");
    let policies = args.policies.iter().filter(is_input);
    if traces.count() + policies.count() > 1 {
        return Err(Trouble::new(
            "`-` is given more than once, and standard input can be read only once",
        ));
    }
    Ok(())
}

fn only(args: &Simulate) -> Result<Vec<GlobMatcher>, Trouble> {
    let globs = args.only.iter().map(|pattern| name_glob(pattern));
    globs
        .collect::<Result<_, _>>()
        .map_err(|error| Trouble::new(format!("--only: {error}")))
}

fn policy_source(policy: &Loaded) -> PolicySource<'_> {
    PolicySource {
        name: &policy.file.name,
        text: &policy.file.text,
        lines: &policy.file.lines,
    }
}

fn cannot_read(location: &Location, error: &io::Error) -> Trouble {
    Trouble::new(format!(
        "can't read the trace `{}`: {error}",
        location.name()
    ))
}

fn stopped(stop: Stop, location: &Location, context: &Context<'_>) -> Trouble {
    let name = location.name();
    match stop {
        Stop::Read(error) => cannot_read(location, &error),
        Stop::Write(error) => error.into(),
        Stop::Unreadable { line, problem } => Trouble::with_help(
            format!("{name}:{line}: {problem}"),
            "without --strict such lines are counted and passed over",
        ),
        Stop::MissingTime { line, tool, policy } => Trouble::with_help(
            format!(
                "{name}:{line}: the call to `{tool}` has no `ts`, and `{}` has limits to ask",
                context.policies[policy].name
            ),
            "--interval 1s assumes that much time between calls, --ignore-limits decides without limits",
        ),
    }
}

fn verdict(args: &Simulate, total: &Tally, console: Console) -> Exit {
    let mut exit = Exit::Clean;
    for condition in args
        .fail_on
        .iter()
        .filter(|condition| condition.is_met(total))
    {
        let count = condition.count(total);
        console.error(format!(
            "--fail-on {condition}: {count} of {} calls",
            total.calls
        ));
        exit = Exit::Findings;
    }
    exit
}
