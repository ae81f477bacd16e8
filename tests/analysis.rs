//! Checks what the analysis claims against the engine: what it calls impossible, no generated call
//! does; what it says always holds, every generated call bears out; and its witnesses get through.

mod support;

use std::collections::BTreeMap;
use std::fmt::Debug;

use mcplint::analysis::{
    Analysis, Answer, Declarations, Kind, Language, Proof, Question, Set, Witness,
};
use mcplint::policy::Rules;
use mcplint::policy::condition::{ArgPath, Condition};
use mcplint::policy::re2::Pattern;
use mcplint::policy::value::Value;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use support::conditions::{
    Calls, Dice, Judge, any_test, anything, conditions, declarations, json, look_up, neighbours,
    on, path_of, pattern, rules, short_strings, world,
};

const CASES: u32 = if cfg!(debug_assertions) {
    1_000
} else {
    10_000
};
/// Calls that each claim is checked with.
const CALLS: usize = 60;

fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig {
        // More of them with `PROPTEST_CASES`.
        cases: CASES.max(default.cases),
        failure_persistence: None,
        ..default
    }
}

/// `Yes` and `Fails` say yes to what was looked for.
fn found(proof: Proof<Witness>) -> Answer<Witness> {
    match proof {
        Proof::Holds => Answer::No,
        Proof::Fails(witness) => Answer::Yes(witness),
        Proof::Unknown => Answer::Unknown,
    }
}

/// Checks an answer to "is there a call that `is_one`?".
fn check(
    answer: &Answer<Witness>,
    calls: &Calls,
    seed: u64,
    is_one: impl Fn(&str, &Value) -> bool,
) -> Result<(), TestCaseError> {
    let mut dice = Dice(seed | 1);
    match answer {
        Answer::Yes(witness) => {
            let text = witness.to_string();
            let arguments = argument(&serde_json::from_str(&text).unwrap_or_default());
            // Numbers beyond float64 are checked as text only.
            let beyond = witness.to_json().is_none();
            prop_assert!(beyond || is_one(&text, &arguments), "not confirmed: {text}");
        }
        Answer::No => {
            for _ in 0..CALLS {
                let call = calls.roll(&mut dice);
                let text = json(&call);
                prop_assert!(!is_one(&text, &call), "there is one: {text}");
            }
        }
        Answer::Unknown => {}
    }
    Ok(())
}

/// Arguments as values that policies have.
fn argument(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => {
            Value::Float(n.to_string().parse().expect("a JSON number is a float"))
        }
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(items) => Value::List(items.iter().map(argument).collect()),
        serde_json::Value::Object(fields) => {
            let mut entries: Vec<_> = fields
                .iter()
                .map(|(k, v)| (k.clone(), argument(v)))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Map(entries)
        }
    }
}

/// Conditions, and rules, about which questions are asked together.
#[derive(Debug, Clone)]
struct Case {
    these: Vec<Condition>,
    those: Vec<Condition>,
    seed: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let lists = |world| (conditions(&world, 4), conditions(&world, 2));
    (world().prop_flat_map(lists), any::<u64>()).prop_map(|((these, those), seed)| Case {
        these,
        those,
        seed,
    })
}

#[derive(Debug, Clone)]
struct PolicyCase {
    narrow: Rules,
    wide: Rules,
    declared: Declarations,
    wanted: (&'static str, Vec<Kind>),
    seed: u64,
}

fn policy_case() -> impl Strategy<Value = PolicyCase> {
    let paths = vec!["args.a", "args.o", "args.o.k"];
    let kinds = proptest::sample::subsequence(Kind::ALL.to_vec(), 1..=7);
    let wanted = (proptest::sample::select(paths), kinds);
    let both = world().prop_flat_map(|world| (rules(&world), rules(&world)));
    (both, declarations(), wanted, any::<u64>()).prop_map(
        |((narrow, wide), declared, wanted, seed)| PolicyCase {
            narrow,
            wide,
            declared,
            wanted,
            seed,
        },
    )
}

fn all_conditions<'r>(rules: &[&'r Rules]) -> Vec<&'r Condition> {
    let rules = rules.iter().flat_map(|rules| &rules.rules);
    rules.flat_map(|rule| &rule.conditions).collect()
}

/// Whether `arguments` are as declared.
fn conforms(arguments: &Value, declared: &Declarations) -> bool {
    declared.iter().all(|(path, declared)| {
        let (_, parents) = path.fields.split_last().expect("a path has a field");
        let parents = ArgPath {
            fields: parents.to_vec(),
        };
        let in_object = matches!(look_up(arguments, &parents), Some(Value::Map(_)));
        !in_object || declared.set().contains(look_up(arguments, path))
    })
}

proptest! {
    #![proptest_config(config())]

    /// The sets of a test are what the engine says.
    #[test]
    fn sets_agree_with_the_engine(test in any_test()) {
        let path = path_of("args.a");
        let judge = Judge::requiring(&[on("args.a", test.clone())]);
        let (meeting, failing) = (Set::meeting(&test), Set::failing(&test));
        let all = anything().into_iter().chain(neighbours(&test));
        let arguments = all.map(|value| Value::Map(vec![("a".to_owned(), value)]));
        for arguments in arguments.chain([Value::Map(Vec::new())]) {
            let argument = look_up(&arguments, &path);
            let allowed = judge.allows(&json(&arguments));
            prop_assert_eq!(meeting.contains(argument), allowed, "{:?}", argument);
            prop_assert_eq!(failing.contains(argument), !allowed, "{:?}", argument);
        }
    }

    /// What is said about the strings between two patterns is true of all short ones.
    #[test]
    fn languages_agree_with_patterns(inside in pattern(), outside in pattern()) {
        let has_no_automaton = inside.contains("\\B") || outside.contains("\\B");
        let language = |pattern: &str| Language::found(&Pattern::new(pattern).expect("RE2"));
        let (inside, outside) = (language(&inside), language(&outside));
        let is_one = |text: &str| inside.contains(text) && !outside.contains(text);
        match Analysis::new().is_within(&inside, &outside) {
            Proof::Fails(text) => prop_assert!(is_one(&text), "not confirmed: {text:?}"),
            Proof::Holds => {
                let found = short_strings().into_iter().find(|text| is_one(text));
                prop_assert_eq!(found, None);
            }
            Proof::Unknown => prop_assert!(has_no_automaton, "small automata are not too large"),
        }
    }

    #[test]
    fn claims_about_conditions_are_true(case in case()) {
        let analysis = Analysis::new();
        let calls = Calls::about(case.these.iter().chain(&case.those));
        let (these, those) = (Judge::requiring(&case.these), Judge::requiring(&case.those));

        let answer = analysis.satisfiable(&case.these);
        check(&answer, &calls, case.seed, |call, _| these.allows(call))?;
        let answer = found(analysis.always(&case.those));
        check(&answer, &calls, case.seed, |call, _| !those.allows(call))?;
        let answer = found(analysis.implies(&case.these, &case.those));
        check(&answer, &calls, case.seed, |call, _| these.allows(call) && !those.allows(call))?;
    }

    #[test]
    fn claims_about_rules_are_true(case in policy_case()) {
        let analysis = Analysis::new();
        let calls = Calls::about(all_conditions(&[&case.narrow, &case.wide]));
        let (narrow, wide) = (Judge::of(&[&case.narrow]), Judge::of(&[&case.wide]));
        let both = Judge::of(&[&case.narrow, &case.wide]);

        let path = path_of(case.wanted.0);
        let set = Set::of_kinds(&case.wanted.1);
        let question = Question::new().passing(&case.narrow).passing(&case.wide);
        let question = question.with(&path, &set).as_declared(&case.declared);
        check(&analysis.ask(&question), &calls, case.seed, |call, arguments| {
            both.allows(call)
                && set.contains(look_up(arguments, &path))
                && conforms(arguments, &case.declared)
        })?;

        let proof = analysis.permits_no_more(&[&case.narrow], &[&case.wide], None);
        check(&found(proof), &calls, case.seed, |call, _| narrow.allows(call) && !wide.allows(call))?;
    }
}

/// How often each answer is given, for the same questions as above.
#[test]
fn answers_are_seldom_unknown() {
    let mut counts = BTreeMap::new();
    let mut runner = TestRunner::deterministic();
    for _ in 0..1_000 {
        let case = sample(&case(), &mut runner);
        let analysis = Analysis::new();
        count(
            &mut counts,
            "satisfiable",
            &analysis.satisfiable(&case.these),
        );
        count(&mut counts, "always", &found(analysis.always(&case.those)));
        count(
            &mut counts,
            "implies",
            &found(analysis.implies(&case.these, &case.those)),
        );
        let case = sample(&policy_case(), &mut runner);
        let proof = analysis.permits_no_more(&[&case.narrow], &[&case.wide], None);
        count(&mut counts, "permits_no_more", &found(proof));
    }
    for (question, [yes, no, unknown]) in &counts {
        assert!(*unknown <= 5, "{question}: {counts:?}");
        assert!(*yes >= 100 && *no >= 10, "{question}: {counts:?}");
    }
}

fn sample<S: Strategy>(strategy: &S, runner: &mut TestRunner) -> S::Value
where
    S::Value: Debug,
{
    strategy
        .new_tree(runner)
        .expect("nothing is filtered out")
        .current()
}

fn count(
    counts: &mut BTreeMap<&'static str, [u32; 3]>,
    question: &'static str,
    answer: &Answer<Witness>,
) {
    let place = match answer {
        Answer::Yes(_) => 0,
        Answer::No => 1,
        Answer::Unknown => 2,
    };
    counts.entry(question).or_default()[place] += 1;
}
