//! `mcplint simulate`: replay recorded calls through a policy.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::Path;
use std::thread::available_parallelism;

use globset::GlobMatcher;

use super::args::{Common, ReplayFormat, Simulate};
use super::console::Console;
use super::exit::Exit;
use super::notices::Notices;
use super::policies::{Loaded, refuse_as_calls};
use super::progress::Progress;
use super::snapshot::Snapshot;
use super::{Trouble, assignment, configuration, output};
use crate::engine::{Replay, Thoroughness};
use crate::render::replay::{
    Context, PolicySource, csv, github, html, json, jsonl, markdown, text,
};
use crate::replay::Row;
use crate::replay::assign::name_glob;
use crate::replay::pipeline::{Event, Options, Session, Stop};
use crate::replay::summary::{Summarizer, Summary, Tally};
use crate::replay::timeline::Timeline;
use crate::trace::foreign::Foreign;
use crate::trace::format::Format;
use crate::trace::source::Recording;

/// The most threads that are used unless more are asked for: past this, settling in order is what
/// takes the time.
const MAX_DEFAULT_THREADS: usize = 8;

pub fn run(args: &Simulate, common: &Common, console: Console) -> Result<Exit, Trouble> {
    one_standard_input(args)?;
    for trace in &args.traces {
        refuse_as_calls(Path::new(trace))?;
    }
    let config = configuration(common)?;
    let (loaded, policies) = assignment::load(&args.deciding, config.as_ref(), common, console)?;
    let recordings = recordings(&args.traces, args.input.format(), args.strict)?;
    let policy_files = loaded.iter().map(|policy| policy.file.name.as_str());
    let inputs = args.traces.iter().map(String::as_str).chain(policy_files);
    output::spare_inputs(common, inputs.clone())?;
    output::spare_inputs(common, &args.snapshot)?;
    let snapshot = Snapshot::of(args, inputs)?;
    let context = Context {
        traces: recordings.iter().flat_map(Recording::names).collect(),
        policies: loaded.iter().map(policy_source).collect(),
        style: output::style(common),
        verbose: common.verbose,
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
        timeline: Timeline::default(),
        snapshot,
        notices: Notices::new(console, &context.traces, policies.len()),
    };
    run.begin()?;
    let progress = Progress::new(&recordings, common.quiet);
    let mut session = Session::new(&policies, options(args, format));
    let mut first_file = 0;
    for recording in &recordings {
        let source = recording
            .open(&progress.watcher())
            .map_err(|error| cannot_read(&recording.name(), &error))?;
        run.notices.start_trace(recording);
        session
            .replay(first_file, source, &mut |event| run.take(event))
            .map_err(|stop| stopped(stop, recording, &context))?;
        run.notices.end_trace(recording)?;
        first_file += recording.names().len();
    }
    drop(progress);
    let Run {
        summarizer,
        timeline,
        notices,
        mut out,
        snapshot,
        ..
    } = run;
    let skipped = notices.skipped();
    let summary = summarizer.finish(&policies, &session.counters, &session.coverage);
    notices.finish(&policies, summary.total.calls, args.interval.is_some());
    write_summary(format, &summary, &timeline, skipped, &context, &mut out)?;
    out.flush()?;
    if args.strict && !notices.had_calls() {
        return Err(Trouble::with_help(
            "the trace has no tool calls: nothing was checked",
            "without --strict that is a warning",
        ));
    }
    let changed = snapshot.finish(&context, console)?;
    Ok(match verdict(args, &summary.total, skipped, console) {
        Exit::Clean if changed => Exit::Findings,
        exit => exit,
    })
}

/// Writes the summary in the formats that are one; the others have a line for each decision.
fn write_summary(
    format: ReplayFormat,
    summary: &Summary,
    timeline: &Timeline,
    skipped: u64,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ReplayFormat::Text => text::write(summary, skipped, context, out),
        ReplayFormat::Json => json::write(summary, skipped, context, out),
        ReplayFormat::Markdown => markdown::write(summary, skipped, context, out),
        ReplayFormat::Html => html::write(summary, timeline, skipped, context, out),
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
    timeline: Timeline,
    notices: Notices<'r>,
    snapshot: Snapshot,
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
            Event::Unreadable {
                trace,
                line,
                problem,
            } if self.args.strict => {
                return ControlFlow::Break(Stop::Unreadable {
                    trace,
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
                    if let Err(error) = self.snapshot.take(&row) {
                        return ControlFlow::Break(Stop::Snapshot(error));
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
            ReplayFormat::Html => {
                self.timeline.count(row.ts, row.decision);
                Ok(())
            }
            ReplayFormat::Text
            | ReplayFormat::Json
            | ReplayFormat::Markdown
            | ReplayFormat::Github => Ok(()),
        }
    }

    /// Whether a call is one of those that were asked for. A call without a time is in no span.
    fn is_reported(&self, row: &Row<'_>) -> bool {
        let named = self.only.is_empty() || self.only.iter().any(|glob| glob.is_match(row.tool()));
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

fn options(args: &Simulate, format: ReplayFormat) -> Options {
    let processors = || available_parallelism().map_or(1, NonZeroUsize::get);
    let default = || processors().min(MAX_DEFAULT_THREADS);
    Options {
        replay: Replay {
            unknowns: args.deciding.assume_unknown.into(),
            ignore_limits: args.ignore_limits,
        },
        interval: args.interval,
        keep_args: args.show_args,
        thoroughness: match format {
            ReplayFormat::Jsonl | ReplayFormat::Csv => Thoroughness::Deciding,
            _ => Thoroughness::Every,
        },
        threads: NonZeroUsize::new(args.threads.map_or_else(default, usize::from))
            .unwrap_or(NonZeroUsize::MIN),
    }
}

/// Standard input can be read once.
fn one_standard_input(args: &Simulate) -> Result<(), Trouble> {
    let traces = args.traces.iter().filter(|trace| *trace == "-");
    let is_input = |policy: &&String| *policy == "-" || policy.ends_with("=-");
    let policies = args.deciding.policies.iter().filter(is_input);
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

pub fn policy_source(policy: &Loaded) -> PolicySource<'_> {
    PolicySource {
        name: &policy.file.name,
        text: policy.shown_text(),
        lines: &policy.file.lines,
    }
}

/// Looks for the recordings that are named, which are to be read as `format`. If `strict`, every
/// file of a folder has to be one.
pub(super) fn recordings(
    arguments: &[String],
    format: Option<Format>,
    strict: bool,
) -> Result<Vec<Recording>, Trouble> {
    let mut recordings = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let recording =
            Recording::find(argument, format).map_err(|error| cannot_read(argument, &error))?;
        if let Some(other) = recording.passed_over().first().filter(|_| strict) {
            return Err(Trouble::with_help(
                format!("{}: {}", other.file.display(), other.why),
                "without --strict such files are passed over",
            ));
        }
        recordings.push(recording);
    }
    Ok(recordings)
}

pub(super) fn cannot_read(name: &str, error: &io::Error) -> Trouble {
    let message = format!("can't read the trace `{name}`: {error}");
    match Foreign::of(error) {
        Some(Foreign { asked: Some(_), .. }) => Trouble::with_help(
            message,
            "without --input the format is told by how the recording begins",
        ),
        _ => Trouble::new(message),
    }
}

fn stopped(stop: Stop, recording: &Recording, context: &Context<'_>) -> Trouble {
    let place = |trace: usize, line| format!("{}:{line}", context.traces[trace]);
    match stop {
        Stop::Read(error) => cannot_read(&recording.name(), &error),
        Stop::Write(error) => error.into(),
        Stop::Snapshot(error) => Trouble::new(format!("the snapshot: {error}")),
        Stop::Unreadable {
            trace,
            line,
            problem,
        } => unreadable(&place(trace, line), &problem),
        Stop::MissingTime {
            trace,
            line,
            tool,
            policy,
        } => Trouble::with_help(
            format!(
                "{}: the call to `{tool}` has no `ts`, and `{}` has limits to ask",
                place(trace, line),
                context.policies[policy].name
            ),
            "--interval 1s assumes that much time between calls, --ignore-limits decides without limits",
        ),
    }
}

/// A line that can't be read, where every line has to be.
pub(super) fn unreadable(place: &str, problem: &str) -> Trouble {
    Trouble::with_help(
        format!("{place}: {problem}"),
        "without --strict such lines are counted and passed over",
    )
}

fn verdict(args: &Simulate, total: &Tally, skipped: u64, console: Console) -> Exit {
    let mut exit = Exit::Clean;
    for condition in args
        .fail_on
        .iter()
        .filter(|condition| condition.is_met(total, skipped))
    {
        let (count, all) = (
            condition.count(total, skipped),
            condition.of(total, skipped),
        );
        let noun = condition.noun();
        console.error(format!("--fail-on {condition}: {count} of {all} {noun}"));
        exit = Exit::Findings;
    }
    exit
}
