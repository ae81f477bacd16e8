//! Event logs of the Intercept engine: what it decided about each call. The arguments themselves are
//! not there, only a hash of them where there were any; nor is the answer.
//!
//! An instance of the engine serves one client, so it is taken for the session. It names its server
//! when it starts.

use std::collections::HashMap;

use super::blocks::Line;
use super::convert::{Converter, Sink};
use super::fields::{self, Unreadable};
use super::format::Shape;
use super::record::{Arguments, Record, Recorded, RecordedDecision};
use crate::call::Outcome;
use crate::json::{Tape, walk};

/// What the engine says when it fails itself. Like a throttle, such a refusal names no rule.
const INTERNAL_ERROR: &str = "Internal policy error";

/// How many running instances are remembered. A log is one instance's, but logs may be joined.
const MOST_INSTANCES: usize = 1024;

/// Whether an object with these keys is an event.
pub(super) fn recognises(shape: &Shape<'_>) -> bool {
    const EVENTS: [&str; 5] = [
        "startup",
        "tool_call",
        "config_reload",
        "heartbeat",
        "shutdown",
    ];
    let kind = shape.text("type");
    kind.is_some_and(|kind| EVENTS.contains(&&*kind)) && shape.has("instance") && shape.has("ts")
}

/// Reads event logs.
#[derive(Debug, Default)]
pub struct Events {
    tape: Tape,
    /// The servers of the instances that are running.
    servers: HashMap<String, String>,
}

impl Converter for Events {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        let Some(event) = fields::object(&mut self.tape, line, sink) else {
            return;
        };
        let [kind, instance, server] = walk::pick(event, ["type", "instance", "server"]);
        let instance = fields::name(instance);
        match (fields::text(kind).as_deref(), instance) {
            (Some("tool_call"), instance) => {
                let server = fields::name(server);
                let known = || self.servers.get(instance.as_ref()?).cloned();
                let server = server.or_else(known);
                if let Ok(mut record) = call(event, line, sink) {
                    (record.session, record.server) = (instance, server);
                    sink.call(record);
                }
            }
            (Some("startup"), Some(instance)) => self.start(instance, fields::name(server)),
            (Some("shutdown"), Some(instance)) => {
                self.servers.remove(&instance);
            }
            (Some(_), _) => {}
            (None, _) => sink.problem(line.number, "the event has no `type`"),
        }
    }
}

impl Events {
    fn start(&mut self, instance: String, server: Option<String>) {
        if self.servers.len() >= MOST_INSTANCES {
            self.servers.clear();
        }
        if let Some(server) = server {
            self.servers.insert(instance, server);
        }
    }
}

fn call(event: &str, line: Line<'_>, sink: &mut Sink) -> Result<Record, Unreadable> {
    let keys = ["ts", "tool", "args_hash", "result", "rule", "message"];
    let [ts, tool, args_hash, result, rule, message] = walk::pick(event, keys);
    let Some(tool) = fields::text(tool) else {
        sink.problem(line.number, "the event has no `tool`");
        return Err(Unreadable);
    };
    let rule = fields::name(rule);
    let decision = match fields::text(result).as_deref() {
        Some("allowed") => RecordedDecision::Allow,
        Some("denied") if rule.is_some() => RecordedDecision::Deny,
        Some("denied") => match fields::text(message).as_deref() {
            Some(INTERNAL_ERROR) => RecordedDecision::Deny,
            _ => RecordedDecision::Throttle,
        },
        _ => {
            let problem = "the event's `result` is neither `allowed` nor `denied`";
            sink.problem(line.number, problem);
            return Err(Unreadable);
        }
    };
    Ok(Record {
        line: line.number,
        ts: fields::time("ts", ts, line, sink)?,
        tool: tool.into_owned(),
        args: fields::name(args_hash).map_or(Arguments::None, Arguments::Hashed),
        outcome: match decision {
            RecordedDecision::Allow => Outcome::Unspecified,
            RecordedDecision::Deny | RecordedDecision::Throttle => Outcome::Denied,
        },
        recorded: Some(Recorded { decision, rule }),
        ..Record::default()
    })
}
