//! A replay's summary as one JSON document: version 1 of a public format.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Context, blocking};
use crate::call::Ruling;
use crate::engine::Reach;
use crate::render::escape;
use crate::replay::covered::CoveredClause;
use crate::replay::recorded::Recorded;
use crate::replay::sessions::{FirstBlocked, Sessions};
use crate::replay::summary::{LimitUse, RuleTally, Summary, Tally, ToolTally};

#[derive(Serialize)]
struct SummaryV1<'s> {
    version: u32,
    #[serde(flatten)]
    total: TallyV1,
    skipped: u64,
    by_tool: Vec<ToolV1<'s>>,
    by_rule: Vec<RuleV1<'s>>,
    limits: Vec<LimitV1<'s>>,
    unused: Vec<UnusedV1<'s>>,
    sessions: SessionsV1<'s>,
    coverage: Vec<ClauseV1<'s>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<RecordedV1<'s>>,
    reach: Vec<ReachV1<'s>>,
}

#[derive(Serialize)]
struct TallyV1 {
    calls: u64,
    allow: u64,
    deny: u64,
    throttle: u64,
    unknown: u64,
}

#[derive(Serialize)]
struct ToolV1<'s> {
    server: Option<&'s str>,
    tool: &'s str,
    #[serde(flatten)]
    tally: TallyV1,
}

#[derive(Serialize)]
struct RuleV1<'s> {
    rule: &'s str,
    pointer: &'s str,
    policy: Option<&'s str>,
    decision: &'static str,
    calls: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_trace: Option<&'s str>,
    first_line: u64,
}

#[derive(Serialize)]
struct LimitV1<'s> {
    pointer: &'s str,
    policy: &'s str,
    counter: &'s str,
    window: &'s str,
    max: Option<i64>,
    /// With all of its digits, which a float may not have.
    peak: Box<RawValue>,
    peak_grant: Option<&'s str>,
    peak_window: Option<String>,
    throttled: u64,
    enough: Option<u64>,
    curve: Vec<PointV1>,
    curve_is_exact: bool,
}

#[derive(Serialize)]
struct PointV1 {
    max: u64,
    throttled: u64,
}

#[derive(Serialize)]
struct ClauseV1<'s> {
    pointer: &'s str,
    rule: &'s str,
    policy: &'s str,
    evaluated: u64,
    fired: u64,
    decided: u64,
}

#[derive(Serialize)]
struct UnusedV1<'s> {
    pointer: &'s str,
    policy: &'s str,
}

#[derive(Serialize)]
struct SessionsV1<'s> {
    total: u64,
    blocked: u64,
    first_blocked: Option<FirstBlockedV1<'s>>,
    first_blocks: Vec<FirstBlockedV1<'s>>,
    after_block: TallyV1,
    not_followed: u64,
}

#[derive(Serialize)]
struct FirstBlockedV1<'s> {
    session: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'s str>,
    line: u64,
    /// Which of the session's calls it is.
    call: u32,
    tool: &'s str,
    rule: &'s str,
}

#[derive(Serialize)]
struct RecordedV1<'s> {
    calls: u64,
    same: u64,
    /// By recorded, then by simulated decision.
    matrix: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    disagreements: Vec<DisagreementV1<'s>>,
    #[serde(skip_serializing_if = "is_zero")]
    other_disagreements: u64,
}

#[derive(Serialize)]
struct DisagreementV1<'s> {
    recorded: &'static str,
    recorded_rule: Option<&'s str>,
    simulated: &'static str,
    rule: &'s str,
    pointer: &'s str,
    policy: Option<&'s str>,
    calls: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_trace: Option<&'s str>,
    first_line: u64,
}

#[derive(Serialize)]
struct ReachV1<'s> {
    policy: &'s str,
    /// `null` for each tool that the policy does not list.
    tool: Option<&'s str>,
    calls_per_hour: Option<u64>,
    calls_per_day: Option<u64>,
    amounts: Vec<AmountV1<'s>>,
}

#[derive(Serialize)]
struct AmountV1<'s> {
    path: &'s str,
    per_hour: Option<u64>,
    per_day: Option<u64>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Writes `summary`; `skipped` lines could not be read.
///
/// # Errors
/// Those of `out`.
pub fn write(
    summary: &Summary,
    skipped: u64,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = |policy: usize| context.policy_name(Some(policy)).unwrap_or("");
    let others = (summary.other_tools.calls > 0).then(|| ToolV1 {
        server: None,
        tool: "(other tools)",
        tally: tally(&summary.other_tools),
    });
    let document = SummaryV1 {
        version: 1,
        total: tally(&summary.total),
        skipped,
        by_tool: summary.by_tool.iter().map(tool).chain(others).collect(),
        by_rule: summary.by_rule.iter().map(|r| rule(r, context)).collect(),
        limits: summary
            .limits
            .iter()
            .map(|l| limit(l, name(l.policy)))
            .collect(),
        unused: summary
            .unused
            .iter()
            .map(|u| UnusedV1 {
                pointer: &u.pointer,
                policy: name(u.policy),
            })
            .collect(),
        coverage: summary
            .coverage
            .iter()
            .map(|c| clause(c, name(c.policy)))
            .collect(),
        sessions: sessions(&summary.sessions, context),
        recorded: (summary.recorded.calls() > 0).then(|| recorded(&summary.recorded, context)),
        reach: (summary.reach.iter().enumerate())
            .flat_map(|(policy, tools)| tools.iter().map(move |t| reach(t, name(policy))))
            .collect(),
    };
    escape::to_json(&document, &mut *out)?;
    out.write_all(b"\n")
}

fn tally(tally: &Tally) -> TallyV1 {
    let Tally {
        calls,
        allow,
        deny,
        throttle,
        unknown,
    } = *tally;
    TallyV1 {
        calls,
        allow,
        deny,
        throttle,
        unknown,
    }
}

fn tool(tool: &ToolTally) -> ToolV1<'_> {
    ToolV1 {
        server: tool.server.as_deref(),
        tool: &tool.tool,
        tally: tally(&tool.tally),
    }
}

fn rule<'s>(rule: &'s RuleTally, context: &'s Context<'_>) -> RuleV1<'s> {
    RuleV1 {
        rule: &rule.rule,
        pointer: &rule.pointer,
        policy: context.policy_name(rule.policy),
        decision: blocking(rule),
        calls: rule.calls,
        first_trace: context.trace_if_several(rule.first.trace),
        first_line: rule.first.line,
    }
}

fn clause<'s>(clause: &'s CoveredClause, policy: &'s str) -> ClauseV1<'s> {
    ClauseV1 {
        pointer: &clause.pointer,
        rule: &clause.rule,
        policy,
        evaluated: clause.exercise.evaluated,
        fired: clause.exercise.fired,
        decided: clause.exercise.decided,
    }
}

fn sessions<'s>(sessions: &'s Sessions, context: &'s Context<'_>) -> SessionsV1<'s> {
    let first_block = |first: &'s FirstBlocked| FirstBlockedV1 {
        session: &first.session,
        trace: context.trace_if_several(first.at.trace),
        line: first.at.line,
        call: first.nth,
        tool: &first.tool,
        rule: &first.rule,
    };
    SessionsV1 {
        total: sessions.total,
        blocked: sessions.blocked,
        first_blocked: sessions.first_blocked().map(first_block),
        first_blocks: sessions.first_blocks.iter().map(first_block).collect(),
        after_block: tally(&sessions.after_block),
        not_followed: sessions.not_followed,
    }
}

fn recorded<'s>(recorded: &'s Recorded, context: &'s Context<'_>) -> RecordedV1<'s> {
    let words = Ruling::ALL.map(Ruling::word);
    let row = |calls: &[u64; 4]| words.into_iter().zip(*calls).collect();
    let disagreements = recorded.disagreements.iter().map(|d| DisagreementV1 {
        recorded: d.recorded.word(),
        recorded_rule: d.recorded_rule.as_deref(),
        simulated: d.simulated.word(),
        rule: &d.rule,
        pointer: &d.pointer,
        policy: context.policy_name(d.policy),
        calls: d.calls,
        first_trace: context.trace_if_several(d.first.trace),
        first_line: d.first.line,
    });
    RecordedV1 {
        calls: recorded.calls(),
        same: recorded.same(),
        matrix: words
            .into_iter()
            .zip(recorded.matrix.iter().map(row))
            .collect(),
        disagreements: disagreements.collect(),
        other_disagreements: recorded.other,
    }
}

fn reach<'s>(reach: &'s Reach, policy: &'s str) -> ReachV1<'s> {
    let amounts = reach.amounts.iter().map(|(path, most)| AmountV1 {
        path,
        per_hour: most.per_hour,
        per_day: most.per_day,
    });
    ReachV1 {
        policy,
        tool: reach.tool.as_deref(),
        calls_per_hour: reach.calls.per_hour,
        calls_per_day: reach.calls.per_day,
        amounts: amounts.collect(),
    }
}

fn limit<'s>(limit: &'s LimitUse, policy: &'s str) -> LimitV1<'s> {
    let peak = limit.peak.as_ref();
    LimitV1 {
        pointer: &limit.pointer,
        policy,
        counter: &limit.counter,
        window: &limit.window,
        max: limit.max,
        peak: number(peak.map_or("0".to_owned(), |p| p.count.to_string())),
        peak_grant: peak.and_then(|p| p.owner.as_deref()),
        peak_window: peak.map(|p| p.start.to_string()),
        throttled: limit.throttled,
        enough: limit.enough,
        curve: limit
            .curve
            .iter()
            .map(|point| PointV1 {
                max: point.max,
                throttled: point.throttled,
            })
            .collect(),
        curve_is_exact: limit.curve_is_exact,
    }
}

/// The text of a number as JSON.
fn number(digits: String) -> Box<RawValue> {
    RawValue::from_string(digits).expect("a quantity prints as a JSON number")
}
