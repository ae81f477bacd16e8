//! One decision a line, as JSON: version 1 of a public format.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Context, word};
use crate::engine::Decision;
use crate::render::escape;
use crate::replay::Row;

#[derive(Serialize)]
struct DecisionV1<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<&'r str>,
    line: u64,
    ts: Option<Cow<'r, str>>,
    server: Option<&'r str>,
    grant: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'r str>,
    tool: &'r str,
    decision: &'static str,
    rule: &'r str,
    pointer: &'r str,
    message: &'r str,
    policy: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<&'r [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<Box<RawValue>>,
}

/// Writes a decided call as one line.
///
/// # Errors
/// Those of `out`.
pub fn write(row: &Row<'_>, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let explanation = row.explanation();
    let explanation = explanation.as_ref();
    let decision = DecisionV1 {
        trace: context.trace_if_several(row.trace),
        line: row.line,
        ts: row.time(),
        server: row.server,
        grant: row.grant,
        session: row.session,
        tool: row.tool,
        decision: word(row.decision),
        rule: explanation.map_or("", |e| e.rule),
        pointer: explanation.map_or("", |e| e.pointer),
        message: explanation.map_or("", |e| &e.message),
        policy: context.policy(row.policy),
        retry_after_s: match row.decision {
            Decision::Throttle { retry_after_s, .. } => Some(*retry_after_s),
            _ => None,
        },
        needs: match row.decision {
            Decision::Unknown { needs } => Some(needs),
            _ => None,
        },
        args: row
            .args
            .and_then(|args| RawValue::from_string(args.to_owned()).ok()),
    };
    escape::to_json(&decision, &mut *out)?;
    out.write_all(b"\n")
}
