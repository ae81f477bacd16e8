//! Counting what a replay decided.

use std::collections::BTreeMap;

use foldhash::HashMap;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::Row;
use super::assign::Assigned;
use super::covered::{CoveredClause, covered};
use super::recorded::{Recorded, RecordedCounter};
use super::sessions::{SessionCounter, Sessions};

use crate::call::{name_hash, same};
use crate::engine::{Counters, Coverage, Decision, Peak, Point, Reach, Reason};
use crate::policy::limit::Amount;
use crate::policy::quantity::Quantity;
use crate::span::Span;

/// How many tools are counted one by one. Names come from the trace, so they are bounded.
pub const MAX_TOOLS: usize = 100_000;

/// How long the names of those may be together, in bytes.
const MAX_NAMES: usize = 16 << 20;

/// How often each decision was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Calls in all.
    pub calls: u64,
    /// Allowed.
    pub allow: u64,
    /// Denied.
    pub deny: u64,
    /// Throttled.
    pub throttle: u64,
    /// Not decidable from the recording.
    pub unknown: u64,
}

impl Tally {
    pub(super) fn count(&mut self, decision: &Decision) {
        self.calls += 1;
        *match decision {
            Decision::Allow => &mut self.allow,
            Decision::Deny(_) => &mut self.deny,
            Decision::Throttle { .. } => &mut self.throttle,
            Decision::Unknown { .. } => &mut self.unknown,
        } += 1;
    }

    pub(super) fn add(&mut self, other: &Tally) {
        self.calls += other.calls;
        self.allow += other.allow;
        self.deny += other.deny;
        self.throttle += other.throttle;
        self.unknown += other.unknown;
    }

    /// Denied and throttled.
    pub fn blocked(&self) -> u64 {
        self.deny + self.throttle
    }
}

/// A line of one of the traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TraceLine {
    /// The trace's number, from 0.
    pub trace: usize,
    /// The line, from 1.
    pub line: u64,
}

impl TraceLine {
    pub(super) fn of(row: &Row<'_>) -> Self {
        Self {
            trace: row.trace,
            line: row.line,
        }
    }
}

/// Counts decisions as they are made.
#[derive(Debug, Default)]
pub struct Summarizer {
    total: Tally,
    tools: Vec<CountedTool>,
    /// How long their names are together, in bytes.
    names: usize,
    /// Where a tool is in `tools`, by server and tool.
    numbers: HashTable<usize>,
    hasher: RandomState,
    other_tools: Tally,
    reasons: HashMap<ReasonKey, ReasonCount>,
    sessions: SessionCounter,
    recorded: RecordedCounter,
    needs: BTreeMap<String, u64>,
}

/// A tool and what became of its calls.
#[derive(Debug)]
struct CountedTool {
    /// Empty where the calls have none.
    server: Box<str>,
    tool: Box<str>,
    tally: Tally,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct ReasonKey {
    policy: Option<usize>,
    reason: Reason,
    throttle: bool,
}

#[derive(Debug, Clone, Copy)]
struct ReasonCount {
    calls: u64,
    first: TraceLine,
}

/// What a replay decided, all in all.
#[derive(Debug)]
pub struct Summary {
    /// All calls that were reported.
    pub total: Tally,
    /// By server and tool: most calls first, then by name. `None` for calls without a server.
    pub by_tool: Vec<ToolTally>,
    /// Calls of the tools past [`MAX_TOOLS`] and [`MAX_NAMES`].
    pub other_tools: Tally,
    /// Why calls were blocked: most calls first, then by their first line.
    pub by_rule: Vec<RuleTally>,
    /// The argument paths whose values would decide the unknown calls, with how many need each:
    /// most calls first, then by path. Paths are those of the policies.
    pub needs: Vec<(String, u64)>,
    /// Every limit, in the order of the policies.
    pub limits: Vec<LimitUse>,
    /// Every clause and how often it was exercised.
    pub coverage: Vec<CoveredClause>,
    /// Clauses that no call came to.
    pub unused: Vec<UnusedClause>,
    /// Sessions.
    pub sessions: Sessions,
    /// Recorded against simulated decisions.
    pub recorded: Recorded,
    /// By policy: how much of each tool its limits let through.
    pub reach: Vec<Vec<Reach>>,
}

/// What became of the calls to one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolTally {
    /// The server, if the calls have one.
    pub server: Option<String>,
    /// The tool.
    pub tool: String,
    /// The counts.
    pub tally: Tally,
}

/// A reason why calls were blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleTally {
    /// The rule's name, in the gateway's words.
    pub rule: String,
    /// RFC 6901 pointer of the clause; empty if no clause decided.
    pub pointer: String,
    /// The bytes of the clause.
    pub span: Option<Span>,
    /// Number of the policy.
    pub policy: Option<usize>,
    /// Whether it throttles rather than denies.
    pub throttle: bool,
    /// What was wrong with the amount, where a limit denies for that.
    pub unusable_amount: Option<String>,
    /// How many calls it blocked.
    pub calls: u64,
    /// The first of them.
    pub first: TraceLine,
}

/// How far a limit was used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitUse {
    /// Number of the policy.
    pub policy: usize,
    /// RFC 6901 pointer of the limit.
    pub pointer: String,
    /// Its counter.
    pub counter: String,
    /// Its window: `minute`, `hour` or `day`.
    pub window: String,
    /// The most it allows in a window, if it limits anything.
    pub max: Option<i64>,
    /// The most that a window held. `None` if nothing was consumed.
    pub peak: Option<Peak>,
    /// How many calls it throttled.
    pub throttled: u64,
    /// The smallest maximum that would have throttled none. `None` if no call came to it.
    pub enough: Option<u64>,
    /// How many calls other maxima would have throttled.
    pub curve: Vec<Point>,
    /// Whether the curve is exact, or the most that could be: amounts differ from call to call.
    pub curve_is_exact: bool,
}

/// A clause that no call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedClause {
    /// Number of the policy.
    pub policy: usize,
    /// RFC 6901 pointer of the clause.
    pub pointer: String,
    /// The clause's name.
    pub rule: String,
    /// The bytes of the clause.
    pub span: Span,
}

impl Summarizer {
    /// Counts a decided call.
    pub fn count(&mut self, row: &Row<'_>) {
        self.total.count(row.decision);
        self.tool(row.server().unwrap_or(""), row.tool())
            .count(row.decision);
        let at = TraceLine::of(row);
        if let Some(reason) = row.decision.reason() {
            let throttle = matches!(row.decision, Decision::Throttle { .. });
            let key = ReasonKey {
                policy: row.policy,
                reason,
                throttle,
            };
            self.reasons
                .entry(key)
                .or_insert(ReasonCount {
                    calls: 0,
                    first: at,
                })
                .calls += 1;
        }
        if let Decision::Unknown { needs } = row.decision {
            for path in needs {
                *self.needs.entry(path.clone()).or_default() += 1;
            }
        }
        self.sessions.count(row);
        self.recorded.count(row);
    }

    /// The tally of a tool, without allocating for a tool that is known.
    fn tool(&mut self, server: &str, tool: &str) -> &mut Tally {
        let hash = name_hash(&self.hasher, [server.as_bytes(), tool.as_bytes()]);
        let tools = &self.tools;
        let is = |number: &usize| {
            let known = &tools[*number];
            same(known.tool.as_bytes(), tool.as_bytes())
                && same(known.server.as_bytes(), server.as_bytes())
        };
        let number = match self.numbers.find(hash, is) {
            Some(number) => *number,
            None if self.tools.len() == MAX_TOOLS || self.names > MAX_NAMES => {
                return &mut self.other_tools;
            }
            None => self.add(hash, server, tool),
        };
        &mut self.tools[number].tally
    }

    #[cold]
    fn add(&mut self, hash: u64, server: &str, tool: &str) -> usize {
        let number = self.tools.len();
        self.names += server.len() + tool.len();
        self.tools.push(CountedTool {
            server: server.into(),
            tool: tool.into(),
            tally: Tally::default(),
        });
        let (tools, hasher) = (&self.tools, &self.hasher);
        let rehash = |number: &usize| {
            let CountedTool { server, tool, .. } = &tools[*number];
            name_hash(hasher, [server.as_bytes(), tool.as_bytes()])
        };
        self.numbers.insert_unique(hash, number, rehash);
        number
    }

    /// The summary of everything that was counted.
    pub fn finish(
        self,
        policies: &[Assigned],
        counters: &[Counters],
        coverage: &[Coverage],
    ) -> Summary {
        let limits = self.limits(policies, counters);
        let by_rule = self.by_rule(policies);
        let coverage = covered(policies, coverage);
        Summary {
            total: self.total,
            by_rule,
            needs: most_first(self.needs),
            limits,
            unused: unused(&coverage),
            coverage,
            sessions: self.sessions.finish(),
            recorded: self.recorded.finish(policies),
            reach: policies.iter().map(|p| p.reach.clone()).collect(),
            other_tools: self.other_tools,
            by_tool: by_tool(self.tools),
        }
    }

    fn by_rule(&self, policies: &[Assigned]) -> Vec<RuleTally> {
        let mut rules: Vec<_> = self
            .reasons
            .iter()
            .map(|(key, count)| {
                let place = key.reason.place(key.policy.map(|p| &policies[p].policy));
                RuleTally {
                    rule: place.rule.to_owned(),
                    pointer: place.pointer.to_owned(),
                    span: place.span,
                    policy: key.policy,
                    throttle: key.throttle,
                    unusable_amount: unusable_amount(key, policies),
                    calls: count.calls,
                    first: count.first,
                }
            })
            .collect();
        rules.sort_by(|a, b| b.calls.cmp(&a.calls).then(a.first.cmp(&b.first)));
        rules
    }

    fn limits(&self, policies: &[Assigned], counters: &[Counters]) -> Vec<LimitUse> {
        let throttled: BTreeMap<_, _> = self
            .reasons
            .iter()
            .filter(|(key, _)| key.throttle)
            .map(|(key, count)| ((key.policy, key.reason), count.calls))
            .collect();
        let mut limits = Vec::new();
        for (number, (assigned, counters)) in policies.iter().zip(counters).enumerate() {
            let peaks = counters.peaks();
            for (id, limit) in assigned.policy.limits() {
                let by_this = (Some(number), Reason::Clause(id));
                let demand = counters.demand(id);
                limits.push(LimitUse {
                    policy: number,
                    pointer: limit.clause.pointer.clone(),
                    counter: limit.counter.name.clone(),
                    window: limit.window.to_string(),
                    max: limit.max.number(),
                    peak: peaks.of(&assigned.policy, id),
                    throttled: throttled.get(&by_this).copied().unwrap_or(0),
                    enough: demand.peak().map(Quantity::ceiling),
                    curve: demand.curve(),
                    curve_is_exact: matches!(limit.amount, Amount::Fixed(1..)),
                });
            }
        }
        limits
    }
}

/// The places that no call came to.
fn unused(clauses: &[CoveredClause]) -> Vec<UnusedClause> {
    let never = clauses.iter().filter(|c| c.exercise.evaluated == 0);
    never
        .map(|clause| UnusedClause {
            policy: clause.policy,
            pointer: clause.pointer.clone(),
            rule: clause.rule.clone(),
            span: clause.span,
        })
        .collect()
}

fn unusable_amount(key: &ReasonKey, policies: &[Assigned]) -> Option<String> {
    let Reason::UnusableAmount(id) = key.reason else {
        return None;
    };
    let limit = policies[key.policy?].policy.limit(id)?;
    Some(limit.unusable_amount.clone())
}

fn most_first(counts: BTreeMap<String, u64>) -> Vec<(String, u64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
    counts
}

fn by_tool(tools: Vec<CountedTool>) -> Vec<ToolTally> {
    let mut rows: Vec<_> = tools
        .into_iter()
        .map(|counted| ToolTally {
            server: (!counted.server.is_empty()).then(|| counted.server.into()),
            tool: counted.tool.into(),
            tally: counted.tally,
        })
        .collect();
    rows.sort_by(|a, b| {
        let calls = b.tally.calls.cmp(&a.tally.calls);
        calls.then_with(|| (&a.server, &a.tool).cmp(&(&b.server, &b.tool)))
    });
    rows
}
