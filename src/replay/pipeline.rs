//! From bytes to decided calls: blocks of lines are read and judged by workers, then settled in
//! the order of the trace, so that the result is the same for any number of threads.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use super::Row;
use super::assign::{Assigned, policy_for};
use crate::call::{Args, Outcome, Stated, ToolCall};
use crate::engine::{
    Counters, Coverage, Decision, Occasion, Reason, Replay, Thoroughness, Verdict, judge, settle,
    unassigned,
};
use crate::time::Timestamp;
use crate::trace::blocks::{Block, Origin};
use crate::trace::native;
use crate::trace::source::Source;

/// How a trace is read and decided.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How calls are settled.
    pub replay: Replay,
    /// How much time to assume between a call without a timestamp and the one before it.
    pub interval: Option<Duration>,
    /// Whether rows carry the arguments.
    pub keep_args: bool,
    /// How many rules are looked at, for what is known of those that do not decide.
    pub thoroughness: Thoroughness,
    /// How many threads read and judge.
    pub threads: NonZeroUsize,
}

/// Why a replay ended early.
#[derive(Debug)]
pub enum Stop {
    /// The trace could not be read.
    Read(io::Error),
    /// The result could not be written.
    Write(io::Error),
    /// The snapshot could not be read, or the new one not be written.
    Snapshot(io::Error),
    /// A limit had to be asked about a call that does not say when it was made.
    MissingTime {
        /// The trace's number, from 0.
        trace: usize,
        /// The call's line.
        line: u64,
        /// The call's tool.
        tool: String,
        /// The policy with the limit.
        policy: usize,
    },
    /// A line is no call, and every line has to be one.
    Unreadable {
        /// The trace's number, from 0.
        trace: usize,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
}

/// What a replay has to say, in the order of the trace.
#[derive(Debug)]
pub enum Event<'e> {
    /// A call was decided.
    Decided(Row<'e>),
    /// A line is no call.
    Unreadable {
        /// The trace's number, from 0.
        trace: usize,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: &'e str,
    },
    /// There is something to say about how the recording was read.
    Noted {
        /// The trace's number, from 0.
        trace: usize,
        /// The line, from 1.
        line: u64,
        /// One sentence.
        note: &'e str,
    },
    /// A call came so late that the count of its window may have been forgotten.
    Late {
        /// The trace's number, from 0.
        trace: usize,
        /// The line, from 1.
        line: u64,
    },
    /// A call was allowed without being looked at, as the engine would have done.
    Forwarded {
        /// The trace's number, from 0.
        trace: usize,
        /// The line, from 1.
        line: u64,
    },
    /// A call came earlier in time than one before it.
    OutOfOrder {
        /// The trace's number, from 0.
        trace: usize,
        /// The line, from 1.
        line: u64,
    },
}

/// Policies, and what was consumed and looked at under each of them.
#[derive(Debug)]
pub struct Session<'p> {
    /// The policies.
    pub policies: &'p [Assigned],
    /// What was consumed, by policy.
    pub counters: Vec<Counters>,
    /// What was looked at, by policy.
    pub coverage: Vec<Coverage>,
    options: Options,
    last_ts: Option<Timestamp>,
}

impl<'p> Session<'p> {
    /// Nothing replayed yet.
    pub fn new(policies: &'p [Assigned], options: Options) -> Self {
        Self {
            policies,
            counters: policies.iter().map(|p| Counters::new(&p.policy)).collect(),
            coverage: policies.iter().map(|p| Coverage::new(&p.policy)).collect(),
            options,
            last_ts: None,
        }
    }

    /// Replays one trace and tells `tell` what happens. Its files are numbered from `trace` on.
    ///
    /// # Errors
    /// See [`Stop`].
    pub fn replay(
        &mut self,
        trace: usize,
        source: impl Into<Source>,
        tell: &mut dyn FnMut(Event<'_>) -> ControlFlow<Stop>,
    ) -> Result<(), Stop> {
        let source = source.into();
        if self.options.threads.get() == 1 {
            self.replay_inline(trace, source, tell)
        } else {
            self.replay_threaded(trace, source, tell)
        }
    }

    fn replay_inline(
        &mut self,
        trace: usize,
        mut source: Source,
        tell: &mut dyn FnMut(Event<'_>) -> ControlFlow<Stop>,
    ) -> Result<(), Stop> {
        let mut judge = Judge::new(self.policies, self.options);
        let mut judged = JudgedBlock::default();
        while source.next_into(&mut judged.block).map_err(Stop::Read)? {
            judge.fill(&mut judged);
            self.settle_block(trace, &judged, tell)?;
        }
        Ok(())
    }

    fn replay_threaded(
        &mut self,
        trace: usize,
        source: Source,
        tell: &mut dyn FnMut(Event<'_>) -> ControlFlow<Stop>,
    ) -> Result<(), Stop> {
        let workers = self.options.threads.get();
        let (policies, options) = (self.policies, self.options);
        let shared = Mutex::new(Shared {
            source,
            next: 0,
            ended: false,
        });
        // The empty blocks are the bound on memory: a worker takes one before it reads.
        let (empty_sender, empty) = channel();
        for _ in 0..2 * workers {
            let _unused = empty_sender.send(JudgedBlock::default());
        }
        let empty = Mutex::new(empty);
        let (full_sender, full) = channel();
        std::thread::scope(|scope| {
            for _ in 0..workers {
                let (shared, empty, full) = (&shared, &empty, full_sender.clone());
                scope.spawn(move || work(policies, options, shared, empty, &full));
            }
            drop(full_sender);
            // Dropping the sender at the end of this scope is what stops workers that wait.
            self.settle_in_order(trace, full, empty_sender, tell)
        })
    }

    fn settle_in_order(
        &mut self,
        trace: usize,
        full: Receiver<NumberedBlock>,
        empty: Sender<JudgedBlock>,
        tell: &mut dyn FnMut(Event<'_>) -> ControlFlow<Stop>,
    ) -> Result<(), Stop> {
        let mut early = BTreeMap::new();
        let mut next = 0;
        for (number, read) in full {
            early.insert(number, read);
            while let Some(read) = early.remove(&next) {
                next += 1;
                let judged = read.map_err(Stop::Read)?;
                self.settle_block(trace, &judged, tell)?;
                // Nobody is left to take it once the trace has ended.
                let _unused = empty.send(judged);
            }
        }
        Ok(())
    }

    fn settle_block(
        &mut self,
        trace: usize,
        judged: &JudgedBlock,
        tell: &mut dyn FnMut(Event<'_>) -> ControlFlow<Stop>,
    ) -> Result<(), Stop> {
        for (Origin { file, line }, note) in &judged.block.notes {
            let (trace, line) = (trace + file, *line);
            go_on(tell(Event::Noted { trace, line, note }))?;
        }
        let mut problems = judged.problems.iter().peekable();
        for entry in &judged.entries {
            while let Some(problem) = problems.next_if(|(line, _)| *line < entry.line) {
                tell_unreadable(trace, judged, problem, tell)?;
            }
            self.settle_entry(trace, judged, entry, tell)?;
        }
        problems.try_for_each(|problem| tell_unreadable(trace, judged, problem, tell))
    }

    fn settle_entry(
        &mut self,
        trace: usize,
        judged: &JudgedBlock,
        entry: &Entry,
        tell: &mut dyn FnMut(Event<'_>) -> ControlFlow<Stop>,
    ) -> Result<(), Stop> {
        let (trace, line) = judged.place(trace, entry.line);
        let ts = entry.ts.or_else(|| self.assumed_time());
        if ts < self.last_ts && ts.is_some() {
            go_on(tell(Event::OutOfOrder { trace, line }))?;
        }
        self.last_ts = self.last_ts.max(ts);
        let tool = judged.text(entry.tool).unwrap_or("");
        let occasion = Occasion {
            ts,
            server: judged.text(entry.server),
            grant: judged.text(entry.grant),
            session: judged.text(entry.session),
            outcome: entry.outcome,
        };
        let decision = match entry.policy {
            None => Decision::Deny(entry.denied_without_policy()),
            Some(policy) => {
                let compiled = &self.policies[policy].policy;
                let counters = &mut self.counters[policy];
                let late = counters.late_calls();
                let decision = settle(
                    compiled,
                    counters,
                    &entry.verdict,
                    &occasion,
                    self.options.replay,
                )
                .map_err(|_| Stop::MissingTime {
                    trace,
                    line,
                    tool: tool.to_owned(),
                    policy,
                })?;
                self.coverage[policy].note(compiled, &entry.verdict, &decision);
                if counters.late_calls() > late {
                    go_on(tell(Event::Late { trace, line }))?;
                }
                decision
            }
        };
        if matches!(entry.verdict, Verdict::Forwarded) {
            go_on(tell(Event::Forwarded { trace, line }))?;
        }
        go_on(tell(Event::Decided(Row {
            trace,
            line,
            ts,
            ts_text: judged.text(entry.ts_text),
            session: occasion.session,
            grant: occasion.grant,
            server: occasion.server,
            tool,
            args: judged.text(entry.args),
            stated: entry
                .stated
                .as_ref()
                .map(|stated| stated.map(|text| judged.text(*text))),
            policy: entry.policy,
            decision: &decision,
            compiled: entry.policy.map(|policy| &self.policies[policy].policy),
        })))
    }

    /// The time of a call that does not say when it was made.
    fn assumed_time(&self) -> Option<Timestamp> {
        let interval = self.options.interval?;
        Some(
            self.last_ts
                .map_or(Timestamp::EPOCH, |last| last.plus(interval)),
        )
    }
}

fn tell_unreadable(
    trace: usize,
    judged: &JudgedBlock,
    (line, problem): &(u64, String),
    tell: &mut dyn FnMut(Event<'_>) -> ControlFlow<Stop>,
) -> Result<(), Stop> {
    let (trace, line) = judged.place(trace, *line);
    go_on(tell(Event::Unreadable {
        trace,
        line,
        problem,
    }))
}

fn go_on(flow: ControlFlow<Stop>) -> Result<(), Stop> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(stop) => Err(stop),
    }
}

/// What workers share: the next block is read by one of them at a time.
struct Shared {
    source: Source,
    next: u64,
    ended: bool,
}

/// A block with its place in the trace, or why there is none.
type NumberedBlock = (u64, io::Result<JudgedBlock>);

fn work(
    policies: &[Assigned],
    options: Options,
    shared: &Mutex<Shared>,
    empty: &Mutex<Receiver<JudgedBlock>>,
    full: &Sender<NumberedBlock>,
) {
    let mut judge = Judge::new(policies, options);
    loop {
        let taken = empty.lock().map(|empty| empty.recv());
        let Ok(Ok(mut judged)) = taken else {
            return;
        };
        let Ok(mut shared) = shared.lock() else {
            return;
        };
        if shared.ended {
            return;
        }
        let number = shared.next;
        shared.next += 1;
        let more = shared.source.next_into(&mut judged.block);
        shared.ended = !matches!(more, Ok(true));
        drop(shared);
        let read = match more {
            Ok(true) => {
                judge.fill(&mut judged);
                Ok(judged)
            }
            Ok(false) => return,
            Err(error) => Err(error),
        };
        if full.send((number, read)).is_err() {
            return;
        }
    }
}

/// A block whose calls were judged.
#[derive(Debug, Default)]
struct JudgedBlock {
    block: Block,
    /// Texts that had to be decoded, one after the other.
    decoded: String,
    entries: Vec<Entry>,
    problems: Vec<(u64, String)>,
}

/// A judged call. Its texts are in the block.
#[derive(Debug)]
struct Entry {
    /// Its line's number in the block; see [`JudgedBlock::place`].
    line: u64,
    ts: Option<Timestamp>,
    ts_text: Text,
    session: Text,
    grant: Text,
    server: Text,
    tool: Text,
    args: Text,
    outcome: Outcome,
    stated: Option<Box<Stated<Text>>>,
    policy: Option<usize>,
    verdict: Verdict,
}

impl Entry {
    /// Why a call that no policy is for is refused.
    fn denied_without_policy(&self) -> Reason {
        match self.verdict {
            Verdict::Denied(reason) => reason,
            Verdict::Forwarded | Verdict::Judged(_) => Reason::NoPolicy,
        }
    }
}

/// A text in a [`JudgedBlock`]: an offset into its lines, or past their end into what was decoded.
#[derive(Debug, Clone, Copy)]
struct Text {
    start: u32,
    length: u32,
}

impl Text {
    const NONE: Text = Text {
        start: u32::MAX,
        length: 0,
    };

    fn new(start: usize, length: usize) -> Self {
        let small = |n| u32::try_from(n).expect("a block is bounded by its longest line");
        Text {
            start: small(start),
            length: small(length),
        }
    }
}

impl JudgedBlock {
    /// The file and the line that a line of the block was recorded at; `trace` is the first file's
    /// number.
    fn place(&self, trace: usize, line: u64) -> (usize, u64) {
        let Origin { file, line } = self.block.origin(line);
        (trace + file, line)
    }

    fn text(&self, text: Text) -> Option<&str> {
        if text.start == u32::MAX {
            return None;
        }
        let (start, length) = (text.start as usize, text.length as usize);
        let (from, start) = match start.checked_sub(self.block.text.len()) {
            Some(past) => (&self.decoded, past),
            None => (&self.block.text, start),
        };
        from.get(start..start + length)
    }
}

/// Reads and judges blocks. Each worker has one.
struct Judge<'p> {
    policies: &'p [Assigned],
    options: Options,
    reader: native::Reader,
}

impl<'p> Judge<'p> {
    fn new(policies: &'p [Assigned], options: Options) -> Self {
        Self {
            policies,
            options,
            reader: native::Reader::default(),
        }
    }

    /// Reads the lines of a block and judges its calls.
    fn fill(&mut self, judged: &mut JudgedBlock) {
        judged.entries.clear();
        judged.decoded.clear();
        judged.problems.clear();
        let JudgedBlock {
            block,
            decoded,
            entries,
            problems,
        } = judged;
        problems.extend(
            block
                .broken
                .iter()
                .map(|(line, problem)| (*line, problem.clone().into_owned())),
        );
        let mut texts = Texts {
            lines: &block.text,
            decoded,
            options: self.options,
        };
        for line in block.lines() {
            match self.reader.read(line) {
                Ok(Some(call)) => entries.push(texts.entry(self.policies, &call)),
                Ok(None) => {}
                Err(problem) => problems.push((line.number, problem.to_string())),
            }
        }
        problems.sort_by_key(|(line, _)| *line);
    }
}

/// Turns texts of calls into places in a block.
struct Texts<'b> {
    lines: &'b str,
    decoded: &'b mut String,
    options: Options,
}

impl Texts<'_> {
    /// Judges a call.
    fn entry(&mut self, policies: &[Assigned], call: &ToolCall<'_>) -> Entry {
        let policy = policy_for(policies, call);
        let verdict = match policy {
            Some(policy) => judge(&policies[policy].policy, call, self.options.thoroughness),
            None => Verdict::Denied(unassigned(call)),
        };
        Entry {
            line: call.line,
            ts: call.ts,
            ts_text: call.ts_text.map_or(Text::NONE, |text| self.borrowed(text)),
            session: self.keep(call.session.as_ref()),
            grant: self.keep(call.grant.as_ref()),
            server: self.keep(call.server.as_ref()),
            tool: self.keep(Some(&call.tool)),
            args: match &call.args {
                Args::Object(object) if self.options.keep_args => self.borrowed(object.text()),
                Args::NotAnObject(text) if self.options.keep_args => self.borrowed(text),
                _ => Text::NONE,
            },
            outcome: call.outcome,
            stated: call
                .stated
                .as_ref()
                .map(|stated| Box::new(stated.map(|text| Some(self.keep(Some(text)))))),
            policy,
            verdict,
        }
    }

    fn keep(&mut self, text: Option<&Cow<'_, str>>) -> Text {
        match text {
            None => Text::NONE,
            Some(Cow::Borrowed(text)) => self.borrowed(text),
            Some(Cow::Owned(text)) => {
                let start = self.lines.len() + self.decoded.len();
                self.decoded.push_str(text);
                Text::new(start, text.len())
            }
        }
    }

    /// The place of a text that is part of the lines.
    fn borrowed(&self, text: &str) -> Text {
        let start = text.as_ptr().addr() - self.lines.as_ptr().addr();
        debug_assert!(start + text.len() <= self.lines.len());
        Text::new(start, text.len())
    }
}
