//! Calls to decisions: one pure function over a compiled policy, the counters and a call.
//!
//! Deciding has two halves. [`judge`] needs the policy and the call alone, so that it can run on
//! any thread; [`settle`] then asks the counters, which see the calls in the order of the trace.
//! [`decide`] is both. Nothing here reads a clock, a file or the environment.

mod compile;
mod condition;
mod counters;
mod coverage;
mod decision;
mod demand;
mod judge;
mod names;
mod owners;
mod reach;
mod settle;

pub use compile::{ClauseId, CompiledPolicy, CounterScoping};
pub use counters::{Counters, Peak, Peaks};
pub use coverage::{Coverage, Exercise};
pub use decision::{Decision, Explanation, Place, Reason};
pub use demand::{Demand, MAX_POINTS, Point};
pub use judge::{Thoroughness, Verdict, judge, unassigned};
pub use reach::{Most, Reach, reach};
pub use settle::{MissingTime, Occasion, Replay, Unknowns, settle};

use crate::call::ToolCall;

/// Decides one call, and remembers what it consumed.
///
/// # Errors
/// [`MissingTime`] if a limit has to be asked and the call does not say when it was made.
pub fn decide(
    policy: &CompiledPolicy,
    counters: &mut Counters,
    call: &ToolCall<'_>,
    replay: Replay,
) -> Result<Decision, MissingTime> {
    let verdict = judge(policy, call, Thoroughness::Deciding);
    settle(policy, counters, &verdict, &Occasion::of(call), replay)
}
