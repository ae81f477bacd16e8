//! Owns what the integration tests share: the naive evaluator, the generators, and the way to ask
//! mcplint itself for decisions.

// Each test crate uses its own part of this module.
#![allow(dead_code)]

pub mod conditions;
pub mod generate;
pub mod naive;

use std::io::Cursor;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;

use mcplint::engine::{CounterScoping, Decision, Replay, Thoroughness, Unknowns};
use mcplint::policy::Policy;
use mcplint::replay::Row;
use mcplint::replay::assign::Assigned;
use mcplint::replay::pipeline::{self, Event, Session};
use mcplint::source::Syntax;
use mcplint::source::file::SourceFile;
use mcplint::trace::blocks::Blocks;
use mcplint::validate::validate;
use naive::{Expected, Options};
use serde_json::{Value, json};

/// What mcplint decides about each call of `trace` (native JSONL) under `policy`: the objects of
/// `simulate --format jsonl`, in trace order, as far as [`expected_from`] reads them.
pub fn mcplint_decisions(
    policy: &str,
    syntax: Syntax,
    trace: &str,
    options: Options,
) -> Vec<Value> {
    let scoping = match options.counter_scope_policy {
        true => CounterScoping::Policy,
        false => CounterScoping::Tool,
    };
    let unknowns = match options.assume_unknown_deny {
        true => Unknowns::Deny,
        false => Unknowns::Allow,
    };
    let policies = [Assigned::to_all("policy", &valid(policy, syntax), scoping)];
    let pipeline = pipeline::Options {
        replay: Replay {
            unknowns,
            ignore_limits: false,
        },
        interval: None,
        keep_args: false,
        thoroughness: Thoroughness::Deciding,
        threads: NonZeroUsize::MIN,
    };
    let mut decisions = Vec::new();
    let mut tell = |event: Event<'_>| {
        match event {
            Event::Decided(row) => decisions.push(decision(&row)),
            Event::OutOfOrder { .. } | Event::Forwarded { .. } => {}
            other => panic!("every line is a call in its time, but {other:?}"),
        }
        ControlFlow::Continue(())
    };
    let blocks = Blocks::new(Box::new(Cursor::new(trace.as_bytes().to_vec())));
    Session::new(&policies, pipeline)
        .replay(0, blocks, &mut tell)
        .expect("nothing ends the replay");
    decisions
}

fn valid(text: &str, syntax: Syntax) -> Policy {
    let file = SourceFile::new("policy", text, syntax);
    let validated = validate(&file, None);
    validated
        .policy
        .unwrap_or_else(|| panic!("{text}: {:?}", validated.findings))
}

fn decision(row: &Row<'_>) -> Value {
    let mut object = match row.decision {
        Decision::Allow => json!({ "decision": "allow" }),
        Decision::Deny(_) => json!({ "decision": "deny" }),
        Decision::Throttle { retry_after_s, .. } => {
            json!({ "decision": "throttle", "retry_after_s": retry_after_s })
        }
        Decision::Unknown { needs } => json!({ "decision": "unknown", "needs": needs }),
    };
    object["line"] = json!(row.line);
    if let Some(explanation) = &row.explanation() {
        object["rule"] = json!(explanation.rule);
        object["pointer"] = json!(explanation.pointer);
        object["message"] = json!(explanation.message);
    }
    object
}

/// The fields of a decision object that the description of the policy language settles.
pub fn expected_from(decision: &Value) -> Expected {
    let text = |name: &str| decision[name].as_str().unwrap_or_default().to_owned();
    let needs = decision["needs"].as_array().map_or(&[][..], Vec::as_slice);
    let line = decision["line"]
        .as_u64()
        .and_then(|line| usize::try_from(line).ok());
    Expected {
        line: line.expect("a decision names its line"),
        decision: text("decision"),
        rule: text("rule"),
        pointer: text("pointer"),
        message: text("message"),
        retry_after_s: decision["retry_after_s"].as_u64(),
        needs: needs
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
    }
}

/// One message for each place where the lists differ, empty when they agree.
pub fn differences(expected: &[Expected], found: &[Expected]) -> Vec<String> {
    let mut differences = Vec::new();
    if expected.len() != found.len() {
        let (wanted, got) = (expected.len(), found.len());
        differences.push(format!("{wanted} decisions expected, {got} found"));
    }
    for (expected, found) in expected.iter().zip(found) {
        if expected != found {
            differences.push(format!("expected {expected:#?}\nfound {found:#?}"));
        }
    }
    differences
}
