//! From bytes to decided calls: each is read, judged and settled. Reading and judging may be done
//! by several threads ([`workers`]); calls are settled in the order of the trace, so that the result
//! is the same for any number of threads.

use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::time::Duration;

use super::assign::{Assigned, policy_for};
use super::{Row, workers};
use crate::call::ToolCall;
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

impl Options {
    /// The arguments of a call, if rows carry them.
    pub(super) fn args_of<'c>(&self, call: &ToolCall<'c>) -> Option<&'c str> {
        call.args.text().filter(|_| self.keep_args)
    }
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
                        let (policy, verdict) = judge_call(self.policies, self.options, &call);
                        let judged = Judged {
                            call: &call,
                            args: self.options.args_of(&call),
                            policy,
                            verdict: &verdict,
                        };
                        self.settle(place, judged, tell)?;
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
        judged: Judged<'_>,
        tell: Tell<'_>,
    ) -> Result<(), Stop> {
        let Judged {
            call,
            args,
            policy,
            verdict,
        } = judged;
        let ts = call.ts.or_else(|| self.assumed_time());
        if ts < self.last_ts && ts.is_some() {
            go_on(tell(Event::OutOfOrder { trace, line }))?;
        }
        if ts > self.last_ts {
            self.last_ts = ts;
        }
        let decision = match policy {
            None => Decision::Deny(denied_without_policy(verdict)),
            Some(policy) => {
                let compiled = &self.policies[policy].policy;
                let counters = &mut self.counters[policy];
                let late = counters.late_calls();
                let replay = self.options.replay;
                let occasion = Occasion {
                    ts,
                    ..Occasion::of(call)
                };
                let Ok(decision) = settle(compiled, counters, verdict, &occasion, replay) else {
                    return Err(Stop::MissingTime {
                        trace,
                        line,
                        tool: call.tool.clone().into_owned(),
                        policy,
                    });
                };
                self.coverage[policy].note(compiled, verdict, &decision);
                if counters.late_calls() > late {
                    go_on(tell(Event::Late { trace, line }))?;
                }
                decision
            }
        };
        if matches!(verdict, Verdict::Forwarded) {
            go_on(tell(Event::Forwarded { trace, line }))?;
        }
        go_on(tell(Event::Decided(Row {
            trace,
            line,
            ts,
            call,
            args,
            policy,
            decision: &decision,
            compiled: policy.map(|policy| &self.policies[policy].policy),
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

/// The policy that is for a call, and what it says of the call without counters.
#[inline]
pub(super) fn judge_call(
    policies: &[Assigned],
    options: Options,
    call: &ToolCall<'_>,
) -> (Option<usize>, Verdict) {
    let policy = policy_for(policies, call);
    let verdict = match policy {
        Some(policy) => judge(&policies[policy].policy, call, options.thoroughness),
        None => Verdict::Denied(unassigned(call)),
    };
    (policy, verdict)
}

/// A call that was judged.
#[derive(Clone, Copy)]
pub(super) struct Judged<'c> {
    pub(super) call: &'c ToolCall<'c>,
    /// Its arguments, if rows carry them.
    pub(super) args: Option<&'c str>,
    /// The policy that is for it.
    pub(super) policy: Option<usize>,
    pub(super) verdict: &'c Verdict,
}

/// Why a call that no policy is for is refused.
fn denied_without_policy(verdict: &Verdict) -> Reason {
    match verdict {
        Verdict::Denied(reason) => *reason,
        Verdict::Forwarded | Verdict::Judged(_) => Reason::NoPolicy,
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
