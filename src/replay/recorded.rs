//! What calls came to when they were recorded, against what they come to in the replay.

use foldhash::HashMap;

use super::Row;
use super::assign::Assigned;
use super::summary::TraceLine;
use crate::call::Ruling;
use crate::engine::Reason;

/// How many kinds of disagreement are told apart: recorded rules are named by the trace.
const MAX_KINDS: usize = 1_000;

/// How often recorded and simulated decisions met.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Calls by their recorded ruling, then by the simulated one, both in the order of
    /// [`Ruling::ALL`].
    pub matrix: [[u64; 4]; 4],
    /// Where they differ, by rule: most calls first, then by their first line.
    pub disagreements: Vec<Disagreement>,
    /// Calls that differ in further ways.
    pub other: u64,
}

impl Recorded {
    /// The calls of which both decisions are known.
    pub fn calls(&self) -> u64 {
        self.matrix.iter().flatten().sum()
    }

    /// The calls that came to the same.
    pub fn same(&self) -> u64 {
        (0..self.matrix.len()).map(|n| self.matrix[n][n]).sum()
    }
}

/// Calls that were decided one way and are simulated another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// What they came to.
    pub recorded: Ruling,
    /// The rule that decided then, if it was recorded.
    pub recorded_rule: Option<String>,
    /// What they come to.
    pub simulated: Ruling,
    /// The rule that decides now; empty if none refuses.
    pub rule: String,
    /// RFC 6901 pointer of its clause; empty if none decides.
    pub pointer: String,
    /// Number of the policy.
    pub policy: Option<usize>,
    /// How many there are.
    pub calls: u64,
    /// The first of them.
    pub first: TraceLine,
}

/// Compares decisions as they are made.
#[derive(Debug, Default)]
pub struct RecordedCounter {
    matrix: [[u64; 4]; 4],
    kinds: HashMap<Kind, (u64, TraceLine)>,
    other: u64,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Kind {
    recorded: Ruling,
    recorded_rule: Option<Box<str>>,
    simulated: Ruling,
    reason: Option<Reason>,
    policy: Option<usize>,
}

impl RecordedCounter {
    /// Compares a decided call, if it says what it came to.
    pub fn count(&mut self, row: &Row<'_>) {
        let Some(stated) = row.stated() else {
            return;
        };
        let Some(recorded) = stated.recorded else {
            return;
        };
        let simulated = row.decision.ruling();
        self.matrix[recorded as usize][simulated as usize] += 1;
        if recorded == simulated {
            return;
        }
        let kind = Kind {
            recorded,
            recorded_rule: stated.recorded_rule.as_deref().map(Into::into),
            simulated,
            reason: row.decision.reason(),
            policy: row.policy,
        };
        if let Some((calls, _)) = self.kinds.get_mut(&kind) {
            *calls += 1;
        } else if self.kinds.len() < MAX_KINDS {
            self.kinds.insert(kind, (1, TraceLine::of(row)));
        } else {
            self.other += 1;
        }
    }

    /// What was counted.
    pub fn finish(self, policies: &[Assigned]) -> Recorded {
        let mut disagreements: Vec<_> = self
            .kinds
            .into_iter()
            .map(|(kind, (calls, first))| {
                let policy = kind.policy.map(|number| &policies[number].policy);
                let place = kind.reason.map(|reason| reason.place(policy));
                Disagreement {
                    recorded: kind.recorded,
                    recorded_rule: kind.recorded_rule.map(Into::into),
                    simulated: kind.simulated,
                    rule: place.map_or("", |place| place.rule).to_owned(),
                    pointer: place.map_or("", |place| place.pointer).to_owned(),
                    policy: kind.policy,
                    calls,
                    first,
                }
            })
            .collect();
        disagreements.sort_by(|a, b| b.calls.cmp(&a.calls).then(a.first.cmp(&b.first)));
        Recorded {
            matrix: self.matrix,
            disagreements,
            other: self.other,
        }
    }
}
