//! A replay's summary as one JSON document: version 1 of a public format.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::Context;
use crate::render::escape;
use crate::replay::summary::{LimitUse, RuleTally, Summary, Tally, ToolTally, TraceLine};

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
}

#[derive(Serialize)]
struct FirstBlockedV1<'s> {
    session: &'s str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'s str>,
    line: u64,
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
    let name = |policy: usize| context.policy(Some(policy)).unwrap_or("");
    let trace = |at: TraceLine| context.trace_if_several(at.trace);
    let others = (summary.other_tools.calls > 0).then(|| ToolV1 {
        server: None,
        tool: "(other tools)",
        tally: tally(&summary.other_tools),
    });
    let document =
        SummaryV1 {
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
            sessions: SessionsV1 {
                total: summary.sessions.total,
                blocked: summary.sessions.blocked,
                first_blocked: summary.sessions.first_blocked.as_ref().map(|first| {
                    FirstBlockedV1 {
                        session: &first.session,
                        trace: trace(first.at),
                        line: first.at.line,
                    }
                }),
            },
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
        policy: context.policy(rule.policy),
        decision: if rule.throttle { "throttle" } else { "deny" },
        calls: rule.calls,
        first_trace: context.trace_if_several(rule.first.trace),
        first_line: rule.first.line,
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
    }
}

/// The text of a number as JSON.
fn number(digits: String) -> Box<RawValue> {
    RawValue::from_string(digits).expect("a quantity prints as a JSON number")
}
