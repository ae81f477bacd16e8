//! Compares mcplint with the decisions and validation errors that the Intercept engine itself
//! printed. The vectors are not part of this repository: without the folder `../shared/data/vectors`,
//! or the one that `MCPLINT_VECTORS` names, there is nothing to compare with, which is said.

// Nobody else tells why there is nothing to run.
#![allow(clippy::print_stderr)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use mcplint::dialect::{self, Dialect, Lowered};
use mcplint::engine::{self, CompiledPolicy, CounterScoping, Counters, Decision, Replay};
use mcplint::finding::{Finding, Severity};
use mcplint::policy::Policy;
use mcplint::schema::Kind;
use mcplint::source::tree::{Node, join};
use mcplint::source::yaml;
use mcplint::trace::blocks::Line;
use mcplint::trace::native::Reader;
use serde_json::{Map, Value};

/// Where the engine's result depends on the processor, and mcplint refuses instead.
const PLATFORM: &str = "platform-";

/// What the engine passes over in silence, and mcplint does not.
const STRICTER: [&str; 5] = [
    "unknown-key",
    "duplicate-key",
    "extra-yaml-document",
    "yaml-scalar-trap",
    "other-dialect-key",
];

fn main() {
    let arguments = Arguments::from_args();
    let folder = std::env::var_os("MCPLINT_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/vectors"),
        PathBuf::from,
    );
    let mut trials = Vec::new();
    for (kind, check) in [
        ("intercept", decisions as fn(&Value) -> Result<(), Failed>),
        ("intercept-validate", validation),
    ] {
        for path in vectors(&folder.join(kind)) {
            trials.push(trial(kind, &path, check));
        }
    }
    if trials.is_empty() {
        eprintln!(
            "no vectors in {}: nothing to compare with",
            folder.display()
        );
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn vectors(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<_> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    paths.sort();
    paths
}

fn trial(kind: &str, path: &Path, check: fn(&Value) -> Result<(), Failed>) -> Trial {
    let text = fs::read_to_string(path).expect("a readable vector");
    let vector: Value = serde_json::from_str(&text).expect("a vector is JSON");
    let name = text_of(&vector["name"]);
    let number = path.file_stem().unwrap_or_default().to_string_lossy();
    let trial_name = format!("{kind}::{number}::{name}");
    let ignored = name.starts_with(PLATFORM);
    Trial::test(trial_name, move || check(&vector)).with_ignored_flag(ignored)
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What reading and lowering gave: all findings, the policy, the tree.
struct Checked {
    findings: Vec<Finding>,
    policy: Option<Policy>,
    root: Option<Node>,
}

fn check(text: &str) -> Checked {
    let parsed = yaml::parse(text);
    let mut findings = parsed.findings;
    let lowered = match &parsed.root {
        Some(root) => dialect::lower(root, Dialect::Intercept),
        None => Lowered::default(),
    };
    findings.extend(lowered.findings);
    Checked {
        findings,
        policy: lowered.policy,
        root: parsed.root,
    }
}

fn decisions(vector: &Value) -> Result<(), Failed> {
    let checked = check(text_of(&vector["policy_yaml"]));
    let policy = checked
        .policy
        .ok_or_else(|| format!("no policy: {:#?}", checked.findings))?;
    let policy = CompiledPolicy::new(&policy, CounterScoping::default());
    let mut counters = Counters::new(&policy);
    let calls = vector["calls"].as_array().ok_or("no calls")?;
    let expected = vector["expected"].as_array().ok_or("no expectations")?;
    let mut differences = Vec::new();
    for (i, (call, expected)) in calls.iter().zip(expected).enumerate() {
        let decided = decide(&policy, &mut counters, call)?;
        if let Some(difference) = difference(&decided, expected) {
            differences.push(format!("call {}: {call}\n  {difference}", i + 1));
        }
    }
    if differences.is_empty() {
        Ok(())
    } else {
        Err(differences.join("\n").into())
    }
}

/// A decision in the words of the vectors.
struct Decided {
    decision: &'static str,
    rule: String,
    message: String,
}

fn decide(
    policy: &CompiledPolicy,
    counters: &mut Counters,
    call: &Value,
) -> Result<Decided, Failed> {
    let line = record(call);
    let mut reader = Reader::default();
    let call = reader
        .read(Line::alone(&line))
        .map_err(|error| error.to_string())?
        .ok_or("the line is blank")?;
    let decision = engine::decide(policy, counters, &call, Replay::default())
        .map_err(|_| "a call without a time")?;
    let explanation = decision.explain(Some(policy), &call.tool);
    let (rule, message) = explanation.map_or_else(Default::default, |explanation| {
        (
            explanation.rule.to_owned(),
            explanation.message.into_owned(),
        )
    });
    Ok(Decided {
        decision: match decision {
            Decision::Allow => "allow",
            Decision::Deny(_) => "deny",
            Decision::Throttle { .. } => "throttle",
            Decision::Unknown { .. } => "unknown",
        },
        rule,
        message,
    })
}

/// A vector's call as a line of a native trace.
fn record(call: &Value) -> String {
    let mut record: Map<String, Value> = call.as_object().cloned().unwrap_or_default();
    if record.remove("upstream_error") == Some(true.into()) {
        record.insert("result".into(), "rpc_error".into());
    }
    Value::Object(record).to_string()
}

fn difference(decided: &Decided, expected: &Value) -> Option<String> {
    let decision = match &expected["throttled"] {
        Value::Bool(true) => "throttle",
        _ => text_of(&expected["decision"]),
    };
    let (rule, message) = (text_of(&expected["rule"]), text_of(&expected["message"]));
    // Where the engine names no rule, mcplint names the one whose limit had no room.
    let rule_fits = rule == decided.rule || (rule.is_empty() && decision != "allow");
    let fits = decided.decision == decision && decided.message == message && rule_fits;
    (!fits).then(|| {
        format!(
            "expected {decision} by `{rule}`: {message:?}, got {} by `{}`: {:?}",
            decided.decision, decided.rule, decided.message
        )
    })
}

fn validation(vector: &Value) -> Result<(), Failed> {
    let checked = check(text_of(&vector["policy_yaml"]));
    let errors: Vec<&str> = vector["errors"]
        .as_array()
        .map_or_else(Vec::new, |errors| errors.iter().map(text_of).collect());
    let found: Vec<&Finding> = checked
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    if errors.is_empty() {
        accepted(&checked, &found)
    } else if vector["load_error"] == true {
        refused(&found)
    } else {
        refused(&found)?;
        if checked.policy.is_some() {
            return Err("a refused file was lowered".into());
        }
        places(&found, &errors)
    }
}

fn accepted(checked: &Checked, found: &[&Finding]) -> Result<(), Failed> {
    if let Some(finding) = found.iter().find(|f| !STRICTER.contains(&f.rule.id)) {
        return Err(format!("the engine accepts the file: {finding:#?}").into());
    }
    if checked.policy.is_none() {
        return Err("no policy".into());
    }
    let in_order = found.is_empty();
    let root = checked.root.as_ref().ok_or("no tree")?;
    if in_order && !Kind::Intercept.accepts(root) {
        return Err("the schema objects to a policy in order".into());
    }
    Ok(())
}

fn refused(found: &[&Finding]) -> Result<(), Failed> {
    if found.iter().all(|f| STRICTER[..1].contains(&f.rule.id)) {
        return Err("the engine refuses the file".into());
    }
    Ok(())
}

/// Each error about a rule has a finding there, or deeper.
fn places(found: &[&Finding], errors: &[&str]) -> Result<(), Failed> {
    let wanted: BTreeSet<String> = errors.iter().filter_map(|error| place(error)).collect();
    let missed: Vec<_> = wanted
        .iter()
        .filter(|place| {
            let deeper = format!("{place}/");
            !found
                .iter()
                .any(|f| f.pointer == **place || f.pointer.starts_with(&deeper))
        })
        .collect();
    if missed.is_empty() {
        return Ok(());
    }
    Err(format!("nothing at {missed:?} for {errors:#?}").into())
}

/// The pointer of the rule that an error of the engine is about.
fn place(error: &str) -> Option<String> {
    let rest = error.strip_prefix("tools.")?;
    let (tool, rest) = rest.split_once(".rules[")?;
    let (index, _) = rest.split_once(']')?;
    Some(format!("{}/rules/{index}", join("/tools", tool)))
}
