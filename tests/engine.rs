//! Checks mcplint's gateway decisions against the naive evaluator, on random policies and traces.

mod support;

use std::collections::BTreeMap;

use mcplint::source::Syntax;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use support::generate::{Case, case};
use support::naive::{Expected, decide_all};
use support::{differences, expected_from, mcplint_decisions};

const CASES: u32 = if cfg!(debug_assertions) {
    1_000
} else {
    10_000
};

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mcplint_decides_as_the_naive_evaluator(case in case()) {
        let expected = decide_all(&case.policy, &case.trace(), case.options);
        let found: Vec<Expected> =
            mcplint_decisions(&case.policy.to_string(), Syntax::Json, &case.trace(), case.options)
                .iter()
                .map(expected_from)
                .collect();
        let differences = differences(&expected, &found);
        prop_assert!(differences.is_empty(), "{}", differences.join("\n"));
    }
}

#[test]
fn every_outcome_is_frequent() {
    let mut runner = TestRunner::deterministic();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..500 {
        let Case {
            policy,
            records,
            options,
        } = case()
            .new_tree(&mut runner)
            .expect("nothing is filtered out")
            .current();
        for decision in decide_all(&policy, &records.join("\n"), options) {
            *kinds.entry(kind(&decision)).or_default() += 1;
            *outcomes.entry(decision.decision).or_default() += 1;
        }
    }
    let all: usize = outcomes.values().sum();
    for outcome in ["allow", "deny", "throttle", "unknown"] {
        let count = outcomes.get(outcome).copied().unwrap_or_default();
        assert!(
            count * 10 >= all,
            "{outcome} is too rare: {outcomes:?} {kinds:?}"
        );
    }
    for kind in [
        "(hidden)",
        "(default deny)",
        "(invalid arguments)",
        "require",
        "deny_if",
        "amount",
    ] {
        let count = kinds.get(kind).copied().unwrap_or_default();
        assert!(count * 200 >= all, "{kind} is too rare: {kinds:?}");
    }
}

/// Which part of a policy decided.
fn kind(decision: &Expected) -> String {
    let parts = ["require", "deny_if", "all_tools"];
    let part = parts
        .into_iter()
        .find(|part| decision.rule.contains(&format!("/{part}/")));
    if decision.message.ends_with("is not a usable amount") {
        "amount".to_owned()
    } else {
        part.map_or_else(|| decision.rule.clone(), str::to_owned)
    }
}
