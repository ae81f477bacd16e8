//! What a replay has to say about its input: counted while it runs, told once.

use std::collections::BTreeSet;

use super::Trouble;
use super::console::Console;
use crate::replay::Row;
use crate::replay::assign::Assigned;
use crate::replay::pipeline::Event;
use crate::trace::source::Recording;

/// How many unreadable lines of a trace are told one by one.
const TOLD_LINES: u64 = 5;

/// How many servers are told by name.
const TOLD_SERVERS: usize = 8;

/// Counts what is wrong or odd about traces.
pub struct Notices<'n> {
    console: Console,
    /// The names of all files.
    files: &'n [String],
    trace: String,
    calls: u64,
    unreadable: u64,
    /// What was wrong with lines before the first call: without one, it is no trace at all.
    waiting: Vec<String>,
    skipped: u64,
    all_calls: u64,
    /// The policies that decided no call so far.
    idle: BTreeSet<usize>,
    /// The servers of the calls, as long as there are idle policies.
    servers: BTreeSet<Option<String>>,
    late: Oddity,
    forwarded: Oddity,
    out_of_order: Oddity,
    /// Calls whose time, taken as milliseconds, is in the first years after 1970.
    early: Oddity,
}

/// Milliseconds of our time are seconds after 1973; seconds of our time are milliseconds before.
const SECONDS_OF_OUR_TIME: i64 = 100_000_000;

/// Something that happened to some calls.
#[derive(Default)]
struct Oddity {
    calls: u64,
    first: String,
}

impl Oddity {
    fn note(&mut self, trace: &str, line: u64) {
        if self.calls == 0 {
            self.first = format!("{trace}:{line}");
        }
        self.calls += 1;
    }

    /// Tells it, if it happened: `12 calls <what>, first at trace:3`.
    fn tell(&self, console: Console, what: &str) {
        let noun = if self.calls == 1 { "call" } else { "calls" };
        if self.calls > 0 {
            console.warning(format!(
                "{} {noun} {what} (first at {})",
                self.calls, self.first
            ));
        }
    }
}

impl<'n> Notices<'n> {
    /// Nothing noticed yet. Events number `files` and so many `policies`.
    pub fn new(console: Console, files: &'n [String], policies: usize) -> Self {
        Self {
            console,
            files,
            trace: String::new(),
            calls: 0,
            unreadable: 0,
            waiting: Vec::new(),
            skipped: 0,
            all_calls: 0,
            idle: (0..policies).collect(),
            servers: BTreeSet::new(),
            late: Oddity::default(),
            forwarded: Oddity::default(),
            out_of_order: Oddity::default(),
            early: Oddity::default(),
        }
    }

    /// What follows is of this trace.
    pub fn start_trace(&mut self, recording: &Recording) {
        self.trace = recording.name();
        for other in recording.passed_over() {
            let file = other.file.display();
            self.console
                .warning(format!("{file}: {}: the file was passed over", other.why));
        }
        self.calls = 0;
        self.unreadable = 0;
        self.waiting.clear();
    }

    /// A call was decided, reported or not.
    pub fn call(&mut self, row: &Row<'_>) {
        if let (Some(ts), None) = (row.ts, row.call.ts_text)
            && (1..SECONDS_OF_OUR_TIME).contains(&ts.seconds)
        {
            self.early.note(&self.files[row.trace], row.line);
        }
        self.is_a_call();
        if !self.idle.is_empty() {
            self.call_beside_idle_policies(row);
        }
    }

    fn call_beside_idle_policies(&mut self, row: &Row<'_>) {
        if let Some(policy) = row.policy {
            self.idle.remove(&policy);
        }
        let told = self.servers.len() > TOLD_SERVERS;
        let is_new = || {
            !self
                .servers
                .iter()
                .any(|known| known.as_deref() == row.server())
        };
        if !told && is_new() {
            self.servers.insert(row.server().map(str::to_owned));
        }
    }

    /// A line is a call: what was wrong with lines before it is wrong with them alone.
    pub fn is_a_call(&mut self) {
        self.calls += 1;
        if !self.waiting.is_empty() {
            for problem in std::mem::take(&mut self.waiting) {
                self.tell_skipped(&problem);
            }
        }
    }

    /// Something else than a decision happened.
    pub fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::Unreadable {
                trace,
                line,
                problem,
            } => self.unreadable_line(*trace, *line, problem),
            Event::Noted { trace, line, note } => self.noted(*trace, *line, note),
            Event::Late { trace, line } => self.late.note(&self.files[*trace], *line),
            Event::Forwarded { trace, line } => self.forwarded.note(&self.files[*trace], *line),
            Event::OutOfOrder { trace, line } => {
                self.out_of_order.note(&self.files[*trace], *line);
            }
            Event::Decided(_) => {}
        }
    }

    /// There is something to say about how a file is read.
    pub fn noted(&self, trace: usize, line: u64, note: &str) {
        let file = &self.files[trace];
        self.console.warning(format!("{file}:{line}: {note}"));
    }

    /// A line is no call, though it should be one.
    pub fn unreadable_line(&mut self, trace: usize, line: u64, problem: &str) {
        self.unreadable += 1;
        self.skipped += 1;
        if self.unreadable > TOLD_LINES {
            return;
        }
        let problem = format!("{}:{line}: {problem}", self.files[trace]);
        if self.calls > 0 {
            self.tell_skipped(&problem);
        } else {
            self.waiting.push(problem);
        }
    }

    fn tell_skipped(&self, problem: &str) {
        self.console
            .warning(format!("{problem}; the line was skipped"));
    }

    /// The trace has ended. A trace of which nothing could be read is no trace.
    pub fn end_trace(&mut self, recording: &Recording) -> Result<(), Trouble> {
        self.all_calls += self.calls;
        if self.calls == 0
            && let Some(problem) = self.waiting.first()
        {
            return Err(Trouble::with_help(
                format!("no line of `{}` is a tool call: {problem}", self.trace),
                "recordings of other formats are known by their first lines, or --input names the \
                 format; a native trace has one JSON object a line, with at least a `tool`: `jq -c .` \
                 puts objects on lines of their own, `jq -c '.[]'` the objects of a list",
            ));
        }
        if self.calls == 0 {
            let trace = &self.trace;
            self.console.warning(match recording.is_blank() {
                true => format!("`{trace}` is empty: it has no tool calls"),
                false => format!("`{trace}` has no tool calls"),
            });
        }
        if self.unreadable > TOLD_LINES {
            let more = self.unreadable - TOLD_LINES;
            let lines = if more == 1 { "line" } else { "lines" };
            let trace = &self.trace;
            self.console.warning(format!(
                "{more} more unreadable {lines} of `{trace}` skipped"
            ));
        }
        Ok(())
    }

    /// How many lines were skipped.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Whether there was any call, reported or not.
    pub fn had_calls(&self) -> bool {
        self.all_calls > 0
    }

    /// Tells what was counted. `reported` calls were chosen to be; `interval` says whether times
    /// were assumed.
    pub fn finish(&self, policies: &[Assigned], reported: u64, interval: bool) {
        let console = self.console;
        if reported == 0 && self.all_calls > 0 {
            console.warning(format!(
                "none of the {} calls is one that --only, --since and --until choose: nothing was \
                 reported. --only compares the tool's name alone, without the server's",
                self.all_calls
            ));
        }
        if !interval {
            self.early.tell(
                console,
                "at a number of milliseconds in the years 1970 to 1973: are these seconds? `ts` is read \
                 as milliseconds",
            );
        }
        self.out_of_order.tell(
            console,
            "out of time order; each was decided at its own time",
        );
        self.late.tell(
            console,
            "came too late: the counts of their windows may be forgotten, and were begun at zero",
        );
        self.forwarded.tell(
            console,
            "with arguments that are no object, which the engine forwards without looking at them: \
             a hole in enforcement",
        );
        if self.all_calls > 0 {
            self.tell_idle_policies(policies);
        }
    }

    /// A policy that decided nothing is often one for a misspelt name, or one behind another.
    fn tell_idle_policies(&self, policies: &[Assigned]) {
        for assigned in self.idle.iter().map(|&number| &policies[number]) {
            let known = |server: &String| {
                assigned
                    .server
                    .as_ref()
                    .is_none_or(|glob| glob.is_match(server))
            };
            let name = &assigned.name;
            let whose = match &assigned.server {
                Some(glob) => format!(
                    "is for the server `{}`, but no call came under it",
                    glob.glob()
                ),
                None => "decided no call".to_owned(),
            };
            let why = match self.servers.iter().flatten().any(known) {
                true => "its calls are of other grants, or fall to a policy before it".to_owned(),
                false => self.servers_told(),
            };
            self.console
                .warning(format!("the policy `{name}` {whose}: {why}"));
        }
    }

    fn servers_told(&self) -> String {
        let named = self.servers.iter().flatten();
        let named: Vec<_> = named.map(|server| format!("`{server}`")).collect();
        match named.len() {
            0 => "the calls of the trace name no server".to_owned(),
            n if n > TOLD_SERVERS => "the trace has many other servers".to_owned(),
            _ => format!("the trace has {}", named.join(", ")),
        }
    }
}
