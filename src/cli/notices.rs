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
    /// What was wrong with lines before the first call: without one, it is no trace at all.
    waiting: Vec<String>,
    skipped: u64,
    all_calls: u64,
    policies: BTreeSet<usize>,
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
            waiting: Vec::new(),
            skipped: 0,
            all_calls: 0,
            policies: BTreeSet::new(),
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
        self.waiting.clear();
    }

    /// A call was decided, reported or not: one to `server`, by `policy`.
    pub fn call(&mut self, server: Option<&str>, policy: Option<usize>) {
        self.calls += 1;
        for problem in std::mem::take(&mut self.waiting) {
            self.tell_skipped(&problem);
        }
        if let Some(policy) = policy
            && !self.policies.contains(&policy)
        {
            self.policies.insert(policy);
        }
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
        if self.unreadable > TOLD_LINES {
            return;
        }
        let problem = format!("{}:{line}: {problem}", self.trace);
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
    pub fn end_trace(&mut self) -> Result<(), Trouble> {
        self.all_calls += self.calls;
        if self.calls == 0
            && let Some(problem) = self.waiting.first()
        {
            return Err(Trouble::with_help(
                format!("no line of `{}` is a tool call: {problem}", self.trace),
                "a native trace has one JSON object a line, with at least a `tool`; `jq -c .` puts \
                 objects on lines of their own, `jq -c '.[]'` the objects of a list",
            ));
        }
        if self.calls == 0 {
            self.console
                .warning(format!("`{}` is empty: it has no tool calls", self.trace));
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

    /// Tells what was counted.
    pub fn finish(&self, policies: &[Assigned]) {
        let console = self.console;
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

    /// A policy for a server that the traces do not speak of is often a misspelt name.
    fn tell_idle_policies(&self, policies: &[Assigned]) {
        for (number, assigned) in policies.iter().enumerate() {
            let Some(glob) = &assigned.server else {
                continue;
            };
            let known = |server: &String| glob.is_match(server);
            if self.policies.contains(&number) || self.servers.iter().flatten().any(known) {
                continue;
            }
            self.console.warning(format!(
                "the policy `{}` is for the server `{}`, but no call came under it: {}",
                assigned.name,
                glob.glob(),
                self.servers_told()
            ));
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
