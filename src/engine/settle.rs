//! The half of a decision that asks the counters, in the order of the trace.

use foldhash::HashSet;
use smallvec::SmallVec;

use super::compile::{CompiledAmount, CompiledLimit, CompiledPolicy, CompiledSubject, Tool};
use super::counters::{Charged, Counters};
use super::decision::{Decision, Reason};
use super::judge::{Judged, Measured, OpenRule, Verdict};
use super::owners::Owner;
use crate::call::{Outcome, ToolCall};
use crate::policy::limit::{Max, Window};
use crate::policy::quantity::Quantity;
use crate::time::Timestamp;

/// Who made a call, when, and how it ended: what the counters need to know of it.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'c> {
    /// When it was made.
    pub ts: Option<Timestamp>,
    /// The server it was made to.
    pub server: Option<&'c str>,
    /// The identity it was made under.
    pub grant: Option<&'c str>,
    /// The conversation it belongs to, which stands in for a grant that was not recorded.
    pub session: Option<&'c str>,
    /// How it ended.
    pub outcome: Outcome,
}

impl<'c> Occasion<'c> {
    /// The occasion of `call`.
    pub fn of(call: &'c ToolCall<'_>) -> Self {
        Self {
            ts: call.ts,
            server: call.server.as_deref(),
            grant: call.grant.as_deref(),
            session: call.session.as_deref(),
            outcome: call.outcome,
        }
    }
}

/// How a trace is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replay {
    /// What a call that can't be decided means to the limits.
    pub unknowns: Unknowns,
    /// Decide as if there were no limits.
    pub ignore_limits: bool,
}

/// What a call that can't be decided means to the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unknowns {
    /// It counts, as if it had been allowed.
    #[default]
    Allow,
    /// It does not count, as if it had been denied.
    Deny,
}

/// A limit had to be asked about a call without a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissingTime;

/// Decides a call that was judged, and remembers what it consumed.
///
/// # Errors
/// [`MissingTime`] if a limit has to be asked and the call does not say when it was made.
#[inline]
pub fn settle(
    policy: &CompiledPolicy,
    counters: &mut Counters,
    verdict: &Verdict,
    occasion: &Occasion<'_>,
    replay: Replay,
) -> Result<Decision, MissingTime> {
    let judged = match verdict {
        Verdict::Denied(reason) => return Ok(Decision::Deny(*reason)),
        Verdict::Forwarded => return Ok(Decision::Allow),
        Verdict::Judged(judged) => judged,
    };
    let tool = policy.tool(judged.tool);
    let asks_counters = !replay.ignore_limits && (tool.has_limits() || !judged.open().is_empty());
    if !asks_counters || (judged.open().is_empty() && judged.denied_by().is_some()) {
        return Ok(without_counters(tool, judged));
    }
    let ts = occasion.ts.ok_or(MissingTime)?;
    let owner = counters.owner(occasion, ts);
    let mut settlement = Settlement {
        tool,
        judged,
        counters,
        owner,
        ts,
        passed: SmallVec::new(),
    };
    Ok(settlement.decide(occasion.outcome, replay.unknowns))
}

fn without_counters(tool: Tool<'_>, judged: &Judged) -> Decision {
    let failed = judged
        .open()
        .iter()
        .find(|open| open.fails_at.is_some())
        .map(|open| open.rule);
    match failed.or(judged.denied_by()) {
        Some(rule) => Decision::Deny(Reason::Clause(tool.rule(rule).clause)),
        None => unknown_or_allow(tool, judged, &[]),
    }
}

fn unknown_or_allow(tool: Tool<'_>, judged: &Judged, amounts: &[usize]) -> Decision {
    if judged.needs().is_empty() && amounts.is_empty() {
        return Decision::Allow;
    }
    let mut named = HashSet::default();
    let paths = judged
        .needs()
        .iter()
        .chain(amounts)
        .map(|&path| tool.path(path));
    let needs = paths
        .filter(|path| named.insert(*path))
        .map(ToString::to_string)
        .collect();
    Decision::Unknown { needs }
}

/// One call before the counters.
struct Settlement<'s> {
    tool: Tool<'s>,
    judged: &'s Judged,
    counters: &'s mut Counters,
    owner: Owner,
    ts: Timestamp,
    /// The limits that had room, in order.
    passed: SmallVec<[Passed<'s>; 4]>,
}

/// A limit that had room.
struct Passed<'s> {
    limit: &'s CompiledLimit,
    /// What was consumed, if the limit charges: to be given back if a later one refuses.
    amount: Quantity,
    /// What its window held then.
    window: Charged,
}

/// Why a limit refuses.
enum Refusal {
    /// There is no room for this amount.
    NoRoom(Quantity),
    Unusable,
}

impl<'s> Settlement<'s> {
    #[inline]
    fn decide(&mut self, outcome: Outcome, unknowns: Unknowns) -> Decision {
        if self.judged.may_deny()
            && let Some(decision) = self.rules()
        {
            return decision;
        }
        let (refused, unrecorded) = self.reserve();
        let rules_unknown = !self.judged.needs().is_empty();
        let decision = match &refused {
            // Whatever the missing values are, the rules or this limit deny.
            Some((limit, Refusal::Unusable)) if unrecorded.is_empty() => {
                Decision::Deny(Reason::UnusableAmount(limit.clause))
            }
            Some((limit, Refusal::NoRoom(_))) if unrecorded.is_empty() && !rules_unknown => {
                let retry_after_s = self.seconds_left(limit.window);
                Decision::Throttle {
                    reason: Reason::Clause(limit.clause),
                    retry_after_s,
                }
            }
            // What is refused in any case is unknown all the same: by a rule or by a limit.
            _ => unknown_or_allow(self.tool, self.judged, &unrecorded),
        };
        let unknown = matches!(decision, Decision::Unknown { .. });
        let counts = outcome != Outcome::RpcError && !(unknown && unknowns == Unknowns::Deny);
        if refused.is_none() {
            self.note_needs();
        }
        if refused.is_none() && counts {
            self.remember();
        } else {
            self.give_back();
        }
        if let Some((limit, Refusal::NoRoom(amount))) = refused {
            self.refuse(limit, &amount, counts);
        }
        decision
    }

    /// Lets the limits that a call passed know what it needed of them.
    fn note_needs(&mut self) {
        for Passed { limit, window, .. } in &self.passed {
            self.counters.note_demand(limit.clause, &window.asked);
        }
    }

    /// Lets a limit know what it had no room for.
    #[cold]
    fn refuse(&mut self, limit: &CompiledLimit, amount: &Quantity, stays: bool) {
        let (counter, window) = (limit.counter, limit.window);
        let need = self
            .counters
            .refuse(counter, self.owner, window, self.ts, amount, stays);
        self.counters.note_demand(limit.clause, &need);
    }

    /// The first denial by a rule, now that counters can be read.
    fn rules(&self) -> Option<Decision> {
        for open in self.judged.open() {
            let rule = self.tool.rule(open.rule);
            if let Some(window) = self.failing_counter(*open) {
                return Some(Decision::Throttle {
                    reason: Reason::Clause(rule.clause),
                    retry_after_s: self.seconds_left(window),
                });
            }
            if open.fails_at.is_some() {
                return Some(Decision::Deny(Reason::Clause(rule.clause)));
            }
        }
        let rule = self.tool.rule(self.judged.denied_by()?);
        Some(Decision::Deny(Reason::Clause(rule.clause)))
    }

    /// If the first condition of a rule that fails reads a counter: that counter's window.
    fn failing_counter(&self, open: OpenRule) -> Option<Window> {
        let conditions = &self.tool.rule(open.rule).conditions;
        let before = open.fails_at.unwrap_or(conditions.len());
        conditions[..before].iter().find_map(|condition| {
            let CompiledSubject::Counter(counter) = condition.subject else {
                return None;
            };
            let (count, window) = self.counters.read(counter, self.owner, self.ts);
            (!condition.test.of_counter(count)).then_some(window)
        })
    }

    /// Reserves on every limit in order, up to the first that refuses. Also gives the paths of the
    /// amounts that were not recorded.
    fn reserve(&mut self) -> (Option<(&'s CompiledLimit, Refusal)>, SmallVec<[usize; 1]>) {
        let mut amounts = self.judged.amounts().iter();
        let mut unrecorded = SmallVec::new();
        for limit in self.tool.limits() {
            let amount = match limit.amount {
                CompiledAmount::Fixed(n) => Quantity::Whole(n),
                CompiledAmount::Exact(_) | CompiledAmount::Truncated(_) => {
                    match amounts
                        .next()
                        .expect("one for each limit with an argument's amount")
                    {
                        Measured::Usable(amount) => amount.clone(),
                        Measured::Unusable => {
                            return (Some((limit, Refusal::Unusable)), unrecorded);
                        }
                        Measured::Unrecorded(path) => {
                            unrecorded.push(*path);
                            continue;
                        }
                    }
                }
            };
            match limit.max {
                Max::NotEnforced => {}
                Max::OutOfRange => return (Some((limit, Refusal::Unusable)), unrecorded),
                Max::AtMost(max) => {
                    if let Err(amount) = self.charge(limit, amount, max) {
                        return (Some((limit, Refusal::NoRoom(amount))), unrecorded);
                    }
                }
            }
        }
        (None, unrecorded)
    }

    /// Adds `amount` to a limit's counter, or gives it back if there is no room for it.
    fn charge(
        &mut self,
        limit: &'s CompiledLimit,
        amount: Quantity,
        max: i64,
    ) -> Result<(), Quantity> {
        let charged = limit.charges.then_some(&amount);
        let (counter, window) = (limit.counter, limit.window);
        let charged = self
            .counters
            .charge(counter, self.owner, window, self.ts, charged, max);
        let Some(window) = charged else {
            return Err(amount);
        };
        self.passed.push(Passed {
            limit,
            amount,
            window,
        });
        Ok(())
    }

    fn give_back(&mut self) {
        while let Some(Passed { limit, amount, .. }) = self.passed.pop() {
            if limit.charges {
                self.counters
                    .give_back(limit.counter, self.owner, limit.window, self.ts, &amount);
            }
        }
    }

    /// Lets the counters see what stands now: these counts will not be given back.
    fn remember(&mut self) {
        let mut charged = self.passed.iter().filter(|passed| passed.limit.charges);
        while let Some(Passed { limit, window, .. }) = charged.next() {
            let again = |later: &Passed<'_>| later.limit.counter == limit.counter;
            if !charged.clone().any(again) {
                let (counter, count) = (limit.counter, &window.count);
                self.counters
                    .note_peak(counter, self.owner, limit.window, self.ts, count);
            }
        }
    }

    /// Seconds until the window ends, rounded up: from 1 to the window's length.
    fn seconds_left(&self, window: Window) -> u32 {
        let end = window.start(self.ts.seconds) + window.seconds();
        u32::try_from(end - self.ts.seconds).expect("a window ends after each of its seconds")
    }
}
