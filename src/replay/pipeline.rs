//! From bytes to decided calls: each is read, judged and settled. Reading and judging may be done
//! by several threads ([`workers`]); calls are settled in the order of the trace, so that the result
//! is the same for any number of threads.

use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::time::Duration;

use super::assign::{Assigned, policy_for};
use super::{Row, workers};
use crate::call::{Stated, ToolCall};
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
    pub(super) options: Options,
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
            workers::replay(self, trace, source, tell)
        }
    }

    /// On this thread alone: a call is settled as soon as it is judged.
    fn replay_inline(
        &mut self,
        trace: usize,
        mut source: Source,
        tell: Tell<'_>,
    ) -> Result<(), Stop> {
        let mut reader = native::Reader::default();
        let mut block = Block::default();
        while source.next_into(&mut block).map_err(Stop::Read)? {
            tell_notes(trace, &block, tell)?;
            let mut broken = block.broken.iter().peekable();
            let mut lines = block.lines();
            while let Some((line, read)) = reader.next(&mut lines) {
                while let Some((number, problem)) = broken.next_if(|(n, _)| *n <= line.number) {
                    tell_unreadable(place(trace, &block, *number), problem, tell)?;
                }
                let place = place(trace, &block, line.number);
                match read {
                    Ok(Some(call)) => {
                        let policy = policy_for(self.policies, &call);
                        let verdict = judge_under(policy, self.policies, self.options, &call);
                        let mut call = Judged::new(&call, self.options, policy, &verdict);
                        self.settle(place, &mut call, tell)?;
                    }
                    Ok(None) => {}
                    Err(problem) => tell_unreadable(place, &problem.to_string(), tell)?,
                }
            }
            for (number, problem) in broken {
                tell_unreadable(place(trace, &block, *number), problem, tell)?;
            }
        }
        Ok(())
    }

    /// Settles a call, and tells what became of it.
    pub(super) fn settle(
        &mut self,
        (trace, line): (usize, u64),
        call: &mut Judged<'_>,
        tell: Tell<'_>,
    ) -> Result<(), Stop> {
        let ts = call.occasion.ts.or_else(|| self.assumed_time());
        call.occasion.ts = ts;
        if ts < self.last_ts && ts.is_some() {
            go_on(tell(Event::OutOfOrder { trace, line }))?;
        }
        if ts > self.last_ts {
            self.last_ts = ts;
        }
        let decision = match call.policy {
            None => Decision::Deny(call.denied_without_policy()),
            Some(policy) => {
                let compiled = &self.policies[policy].policy;
                let counters = &mut self.counters[policy];
                let late = counters.late_calls();
                let replay = self.options.replay;
                let occasion = &call.occasion;
                let Ok(decision) = settle(compiled, counters, call.verdict, occasion, replay)
                else {
                    return Err(Stop::MissingTime {
                        trace,
                        line,
                        tool: call.tool.to_owned(),
                        policy,
                    });
                };
                self.coverage[policy].note(compiled, call.verdict, &decision);
                if counters.late_calls() > late {
                    go_on(tell(Event::Late { trace, line }))?;
                }
                decision
            }
        };
        if matches!(call.verdict, Verdict::Forwarded) {
            go_on(tell(Event::Forwarded { trace, line }))?;
        }
        go_on(tell(Event::Decided(Row {
            trace,
            line,
            ts,
            ts_text: call.ts_text,
            session: call.occasion.session,
            grant: call.occasion.grant,
            server: call.occasion.server,
            tool: call.tool,
            args: call.args,
            stated: call.stated,
            policy: call.policy,
            decision: &decision,
            compiled: call.policy.map(|policy| &self.policies[policy].policy),
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

/// What the policy that is for a call says of it without counters.
#[inline]
pub(super) fn judge_under(
    policy: Option<usize>,
    policies: &[Assigned],
    options: Options,
    call: &ToolCall<'_>,
) -> Verdict {
    match policy {
        Some(policy) => judge(&policies[policy].policy, call, options.thoroughness),
        None => Verdict::Denied(unassigned(call)),
    }
}

/// A call that was judged.
pub(super) struct Judged<'c> {
    /// The time is the one that was recorded, until the call is settled: then it may be assumed.
    pub(super) occasion: Occasion<'c>,
    pub(super) ts_text: Option<&'c str>,
    pub(super) tool: &'c str,
    /// The arguments, if rows carry them.
    pub(super) args: Option<&'c str>,
    pub(super) stated: Option<Stated<&'c str>>,
    pub(super) policy: Option<usize>,
    pub(super) verdict: &'c Verdict,
}

impl<'c> Judged<'c> {
    fn new(
        call: &'c ToolCall<'_>,
        options: Options,
        policy: Option<usize>,
        verdict: &'c Verdict,
    ) -> Self {
        let stated = call.stated.as_ref();
        Self {
            occasion: Occasion::of(call),
            ts_text: call.ts_text,
            tool: &call.tool,
            args: call.args.text().filter(|_| options.keep_args),
            stated: stated.map(|stated| stated.map(|text| Some(&**text))),
            policy,
            verdict,
        }
    }

    /// Why a call that no policy is for is refused.
    fn denied_without_policy(&self) -> Reason {
        match self.verdict {
            Verdict::Denied(reason) => *reason,
            Verdict::Forwarded | Verdict::Judged(_) => Reason::NoPolicy,
        }
    }
}

/// Is told what happens.
pub(super) type Tell<'t> = &'t mut dyn FnMut(Event<'_>) -> ControlFlow<Stop>;

/// The file and the line that a line of a block was recorded at; `trace` is the first file's number.
pub(super) fn place(trace: usize, block: &Block, line: u64) -> (usize, u64) {
    let Origin { file, line } = block.origin(line);
    (trace + file, line)
}

pub(super) fn tell_notes(trace: usize, block: &Block, tell: Tell<'_>) -> Result<(), Stop> {
    for (Origin { file, line }, note) in &block.notes {
        let (trace, line) = (trace + file, *line);
        go_on(tell(Event::Noted { trace, line, note }))?;
    }
    Ok(())
}

pub(super) fn tell_unreadable(
    (trace, line): (usize, u64),
    problem: &str,
    tell: Tell<'_>,
) -> Result<(), Stop> {
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
