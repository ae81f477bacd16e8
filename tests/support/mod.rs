//! Owns what the integration tests share: the naive evaluator, the generators, and the way to ask
//! mcplint itself for decisions.

// Each test crate uses its own part of this module.
#![allow(dead_code)]

pub mod generate;
pub mod naive;

use std::fs;
use std::process::Command;

use naive::{Expected, Options};
use serde_json::Value;

/// What mcplint decides about each call of `trace` (native JSONL) under a gateway policy: the objects
/// of `simulate --format jsonl`, in trace order.
pub fn mcplint_decisions(policy_json: &str, trace: &str, options: Options) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (policy, calls) = (
        folder.path().join("policy.json"),
        folder.path().join("trace.jsonl"),
    );
    fs::write(&policy, policy_json).expect("write the policy");
    fs::write(&calls, trace).expect("write the trace");

    let mut command = Command::new(env!("CARGO_BIN_EXE_mcplint"));
    command.args([
        "simulate",
        "--no-config",
        "--input",
        "native",
        "--format",
        "jsonl",
    ]);
    command.arg("--policy").arg(&policy);
    if options.counter_scope_policy {
        command.arg("--counter-scope=policy");
    }
    if options.assume_unknown_deny {
        command.arg("--assume-unknown=deny");
    }
    let output = command.arg(&calls).output().expect("run mcplint");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "mcplint ended with {}: {errors}",
        output.status
    );
    String::from_utf8(output.stdout)
        .expect("decisions are UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("each decision is a line of JSON"))
        .collect()
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
