//! Checks the folders `fixtures/scenarios/intercept-*`: each holds a policy, a few calls and the
//! decisions that the engine gives.

use std::fs;
use std::path::{Path, PathBuf};

use mcplint::dialect::{self, Dialect};
use mcplint::engine::{self, CompiledPolicy, CounterScoping, Counters, Decision, Replay};
use mcplint::schema::Kind;
use mcplint::source::yaml;
use mcplint::trace::native::Reader;
use serde_json::{Value, json};

fn scenarios() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios");
    let entries = fs::read_dir(root).expect("the scenarios are there");
    let folders = entries.map(|entry| entry.expect("a readable folder").path());
    let mut folders: Vec<_> = folders
        .filter(|folder| name(folder).starts_with("intercept-"))
        .collect();
    folders.sort();
    folders
}

fn name(folder: &Path) -> String {
    let name = folder.file_name().expect("a folder has a name");
    name.to_string_lossy().into_owned()
}

fn file(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The decisions about a scenario's calls, as lines of `expected.jsonl`.
fn decided(folder: &Path) -> Vec<Value> {
    let parsed = yaml::parse(&file(folder, "policy.yaml"));
    assert_eq!(parsed.findings, []);
    let root = parsed.root.expect("the policy is YAML");
    let lowered = dialect::lower(&root, Dialect::Intercept);
    let policy = lowered
        .policy
        .unwrap_or_else(|| panic!("{:#?}", lowered.findings));
    if lowered.findings.is_empty() {
        assert!(Kind::Intercept.accepts(&root), "the schema objects");
    }
    let policy = CompiledPolicy::new(&policy, CounterScoping::default());
    let mut counters = Counters::new(&policy);
    let trace = file(folder, "trace.jsonl");
    (1..)
        .zip(trace.lines())
        .map(|(line, text)| decide(&policy, &mut counters, line, text))
        .collect()
}

fn decide(policy: &CompiledPolicy, counters: &mut Counters, line: u64, text: &str) -> Value {
    let call = Reader::default()
        .read(line, text)
        .expect("a call")
        .expect("not blank");
    let decision = engine::decide(policy, counters, &call, Replay::default()).expect("a time");
    let explanation = decision.explain(Some(policy), &call.tool);
    let (rule, pointer, message) = explanation.map_or_else(Default::default, |e| {
        (e.rule, e.pointer, e.message.into_owned())
    });
    let (word, retry) = match decision {
        Decision::Allow => ("allow", None),
        Decision::Deny(_) => ("deny", None),
        Decision::Throttle { retry_after_s, .. } => ("throttle", Some(retry_after_s)),
        Decision::Unknown { .. } => ("unknown", None),
    };
    let mut shown = json!({
        "line": line, "decision": word, "rule": rule, "pointer": pointer, "message": message,
    });
    if let Some(seconds) = retry {
        shown["retry_after_s"] = seconds.into();
    }
    shown
}

#[test]
fn the_scenarios_are_decided_as_the_engine_decides_them() {
    let mut failures = Vec::new();
    for folder in scenarios() {
        let expected: Vec<Value> = file(&folder, "expected.jsonl")
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"))
            .collect();
        let found = decided(&folder);
        if found != expected {
            let lines: Vec<_> = found.iter().map(Value::to_string).collect();
            let about = file(&folder, "about");
            failures.push(format!(
                "{}: {about}found:\n{}",
                name(&folder),
                lines.join("\n")
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
