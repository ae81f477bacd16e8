//! Checks the folders of `fixtures/scenarios`: each holds a policy, a few calls and the decisions the
//! description of the policy language calls for, written by hand. mcplint must give them, and so must
//! the naive evaluator, which knows the gateway dialect only.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use mcplint::source::Syntax;
use serde_json::Value;
use support::naive::{Expected, Options, decide_all};
use support::{differences, expected_from, mcplint_decisions};

struct Scenario {
    name: String,
    about: String,
    policy: String,
    syntax: Syntax,
    trace: String,
    options: Options,
    expected: Vec<Expected>,
}

impl Scenario {
    fn read(folder: &Path) -> Scenario {
        let file = |name: &str| {
            let path = folder.join(name);
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let (policy, syntax) = if folder.join("policy.yaml").exists() {
            ("policy.yaml", Syntax::Yaml)
        } else {
            ("policy.json", Syntax::Json)
        };
        let flags = fs::read_to_string(folder.join("flags")).unwrap_or_default();
        let name = folder
            .file_name()
            .expect("a folder has a name")
            .to_string_lossy()
            .into_owned();
        let expected = file("expected.jsonl")
            .lines()
            .map(|line| {
                let decision: Value = serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("{name}: expected.jsonl: {error}"));
                expected_from(&decision)
            })
            .collect();
        Scenario {
            about: file("about").trim().to_owned(),
            policy: file(policy),
            syntax,
            trace: file("trace.jsonl"),
            options: options(&flags),
            expected,
            name,
        }
    }

    fn failures(&self, found: &[Expected]) -> Option<String> {
        let differences = differences(&self.expected, found);
        (!differences.is_empty())
            .then(|| format!("{}: {}\n{}", self.name, self.about, differences.join("\n")))
    }
}

fn options(flags: &str) -> Options {
    let mut options = Options::default();
    for flag in flags.lines() {
        match flag {
            "--counter-scope=policy" => options.counter_scope_policy = true,
            "--assume-unknown=deny" => options.assume_unknown_deny = true,
            _ => panic!("unknown flag `{flag}`"),
        }
    }
    options
}

fn scenarios() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scenarios");
    let mut folders: Vec<PathBuf> = fs::read_dir(root)
        .expect("the scenarios are there")
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    folders.sort();
    folders
        .iter()
        .map(|folder| Scenario::read(folder))
        .collect()
}

/// Runs `scenarios` through `decide` and reports all that differ, by name.
fn check(scenarios: &[Scenario], decide: impl Fn(&Scenario) -> Vec<Expected>) {
    let failures: Vec<String> = scenarios
        .iter()
        .filter_map(|scenario| scenario.failures(&decide(scenario)))
        .collect();
    let (failed, all) = (failures.len(), scenarios.len());
    assert!(
        failures.is_empty(),
        "{failed} of {all} scenarios fail\n\n{}",
        failures.join("\n\n")
    );
}

#[test]
fn the_naive_evaluator_decides_the_scenarios_as_written() {
    let mut gateway = scenarios();
    gateway.retain(|scenario| scenario.syntax == Syntax::Json);
    check(&gateway, |scenario| {
        let policy = serde_json::from_str(&scenario.policy)
            .unwrap_or_else(|error| panic!("{}: policy.json: {error}", scenario.name));
        decide_all(&policy, &scenario.trace, scenario.options)
    });
}

#[test]
fn mcplint_decides_the_scenarios_as_written() {
    check(&scenarios(), |scenario| {
        let Scenario {
            policy,
            syntax,
            trace,
            options,
            ..
        } = scenario;
        mcplint_decisions(policy, *syntax, trace, *options)
            .iter()
            .map(expected_from)
            .collect()
    });
}
