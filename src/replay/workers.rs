//! Reading and judging on several threads: each takes a block of lines, and the calls are settled in
//! the order of the trace.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::assign::Assigned;
use super::pipeline::{
    Judged, Options, Session, Stop, Tell, judge_call, place, tell_notes, tell_unreadable,
};
use crate::call::{Args, Outcome, Stated, ToolCall};
use crate::engine::Verdict;
use crate::time::Timestamp;
use crate::trace::blocks::Block;
use crate::trace::native;
use crate::trace::source::Source;

/// Replays one trace for a session; see [`Session::replay`].
pub(super) fn replay(
    session: &mut Session<'_>,
    trace: usize,
    source: Source,
    tell: Tell<'_>,
) -> Result<(), Stop> {
    let workers = session.options.threads.get();
    let (policies, options) = (session.policies, session.options);
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
        settle_in_order(session, trace, full, empty_sender, tell)
    })
}

fn settle_in_order(
    session: &mut Session<'_>,
    trace: usize,
    full: Receiver<NumberedBlock>,
    empty: Sender<JudgedBlock>,
    tell: Tell<'_>,
) -> Result<(), Stop> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (number, read) in full {
        early.insert(number, read);
        while let Some(read) = early.remove(&next) {
            next += 1;
            let judged = read.map_err(Stop::Read)?;
            settle_block(session, trace, &judged, tell)?;
            // Nobody is left to take it once the trace has ended.
            let _unused = empty.send(judged);
        }
    }
    Ok(())
}

fn settle_block(
    session: &mut Session<'_>,
    trace: usize,
    judged: &JudgedBlock,
    tell: Tell<'_>,
) -> Result<(), Stop> {
    let block = &judged.block;
    tell_notes(trace, block, tell)?;
    let mut problems = judged.problems.iter().peekable();
    for entry in &judged.entries {
        while let Some((line, problem)) = problems.next_if(|(line, _)| *line < entry.line) {
            tell_unreadable(place(trace, block, *line), problem, tell)?;
        }
        let settled = Judged {
            call: &judged.call(entry),
            args: judged.text(entry.args),
            policy: entry.policy,
            verdict: &entry.verdict,
        };
        session.settle(place(trace, block, entry.line), settled, tell)?;
    }
    problems
        .try_for_each(|(line, problem)| tell_unreadable(place(trace, block, *line), problem, tell))
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
    /// Its line's number in the block; see [`place`].
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
    /// A call of the block, without what is asked for no more when it was judged.
    fn call<'c>(&'c self, entry: &'c Entry) -> ToolCall<'c> {
        let text = |text| self.text(text).map(Cow::Borrowed);
        let stated = entry.stated.as_ref();
        ToolCall {
            line: entry.line,
            ts: entry.ts,
            ts_text: self.text(entry.ts_text),
            session: text(entry.session),
            grant: text(entry.grant),
            server: text(entry.server),
            tool: text(entry.tool).unwrap_or_default(),
            args: Args::None,
            outcome: entry.outcome,
            in_batch: false,
            stated: stated.map(|stated| Box::new(stated.map(|place| text(*place)))),
        }
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
        let mut lines = block.lines();
        while let Some((line, read)) = self.reader.next(&mut lines) {
            match read {
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
        let (policy, verdict) = judge_call(policies, self.options, call);
        let args = self.options.args_of(call);
        Entry {
            line: call.line,
            ts: call.ts,
            ts_text: call.ts_text.map_or(Text::NONE, |text| self.borrowed(text)),
            session: self.keep(call.session.as_ref()),
            grant: self.keep(call.grant.as_ref()),
            server: self.keep(call.server.as_ref()),
            tool: self.keep(Some(&call.tool)),
            args: args.map_or(Text::NONE, |text| self.borrowed(text)),
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
