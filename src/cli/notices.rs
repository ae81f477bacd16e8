//! What a replay has to say about its input: counted while it runs, told once.

use std::collections::BTreeSet;

use super::Trouble;
use super::console::Console;
use crate::replay::assign::Assigned;
use crate::replay::pipeline::Event;
use crate::trace::Location;

/// How many unreadable lines of a trace are told one by one.
const TOLD_LINES: u64 = 5;

/// How many servers are told by name.
const TOLD_SERVERS: usize = 8;

/// Counts what is wrong or odd about traces.
pub struct Notices {
    console: Console,
    trace: String,
    calls: u64,
    unreadable: u64,
    first_problem: Option<String>,
    skipped: u64,
    all_calls: u64,
    servers: BTreeSet<Option<String>>,
    late: Oddity,
    forwarded: Oddity,
    out_of_order: Oddity,
}

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

impl Notices {
    /// Nothing noticed yet.
    pub fn new(console: Console) -> Self {
        Self {
            console,
            trace: String::new(),
            calls: 0,
            unreadable: 0,
            first_problem: None,
            skipped: 0,
            all_calls: 0,
            servers: BTreeSet::new(),
            late: Oddity::default(),
            forwarded: Oddity::default(),
            out_of_order: Oddity::default(),
        }
    }

    /// What follows is of this trace.
    pub fn start_trace(&mut self, location: &Location) {
        self.trace = location.name();
        self.calls = 0;
        self.unreadable = 0;
        self.first_problem = None;
    }

    /// A call was decided, reported or not.
    pub fn call(&mut self, server: Option<&str>) {
        self.calls += 1;
        let told = self.servers.len() > TOLD_SERVERS;
        // Looking up is cheap, and almost always enough.
        if !told && !self.servers.iter().any(|known| known.as_deref() == server) {
            self.servers.insert(server.map(str::to_owned));
        }
    }

    /// Something else than a decision happened.
    pub fn note(&mut self, event: &Event<'_>) {
        match event {
            Event::Unreadable { line, problem, .. } => self.unreadable_line(*line, problem),
            Event::Late { line, .. } => self.late.note(&self.trace, *line),
            Event::Forwarded { line, .. } => self.forwarded.note(&self.trace, *line),
            Event::OutOfOrder { line, .. } => self.out_of_order.note(&self.trace, *line),
            Event::Decided(_) => {}
        }
    }

    fn unreadable_line(&mut self, line: u64, problem: &str) {
        self.unreadable += 1;
        self.skipped += 1;
        let told = format!("{}:{line}: {problem}", self.trace);
        if self.unreadable <= TOLD_LINES {
            self.console
                .warning(format!("{told}; the line was skipped"));
        }
        self.first_problem.get_or_insert(told);
    }

    /// The trace has ended. A trace of which nothing could be read is no trace.
    pub fn end_trace(&mut self) -> Result<(), Trouble> {
        self.all_calls += self.calls;
        if self.calls == 0
            && let Some(problem) = self.first_problem.take()
        {
            return Err(Trouble::with_help(
                format!("no line of `{}` is a tool call: {problem}", self.trace),
                "a native trace has one JSON object a line, with at least a `tool`",
            ));
        }
        if self.calls == 0 {
            self.console
                .warning(format!("`{}` is empty: it has no tool calls", self.trace));
        }
        if self.unreadable > TOLD_LINES {
            let more = self.unreadable - TOLD_LINES;
            self.console.warning(format!(
                "{more} more lines of `{}` were skipped",
                self.trace
            ));
        }
        Ok(())
    }

    /// How many lines were skipped.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// Tells what was counted.
    pub fn finish(&self, policies: &[Assigned]) {
        let console = self.console;
        self.out_of_order.tell(
            console,
            "came earlier in time than one before; each is decided by its own time",
        );
        self.late.tell(
            console,
            "came so late that the counts of their windows were forgotten: they were counted from zero",
        );
        self.forwarded.tell(
            console,
            "had arguments that the engine can't read: it forwards such calls without looking at \
             them, a hole in enforcement",
        );
        if self.all_calls > 0 {
            self.tell_idle_policies(policies);
        }
    }

    /// A policy for a server that the traces do not speak of is often a misspelt name.
    fn tell_idle_policies(&self, policies: &[Assigned]) {
        if self.servers.len() > TOLD_SERVERS {
            return;
        }
        for assigned in policies {
            let Some(glob) = &assigned.server else {
                continue;
            };
            if self
                .servers
                .iter()
                .flatten()
                .any(|server| glob.is_match(server))
            {
                continue;
            }
            let seen: Vec<_> = self
                .servers
                .iter()
                .flatten()
                .map(|server| format!("`{server}`"))
                .collect();
            let seen = if seen.is_empty() {
                "the calls of the trace name no server".to_owned()
            } else {
                format!("the trace has {}", seen.join(", "))
            };
            self.console.warning(format!(
                "the policy `{}` is for the server `{}`, which no call is made to: {seen}",
                assigned.name,
                glob.glob()
            ));
        }
    }
}
