//! What the analysis says about rules as people write them: which call gets through, and which
//! string.

use super::{Analysis, Answer, Declarations, Declared, Kind, Language, Proof, Question, Set};
use crate::policy::condition::{ArgPath, Condition, Ordering, Subject, Test};
use crate::policy::limit::{CounterKey, CounterScope};
use crate::policy::re2::Pattern;
use crate::policy::{Policy, Rules};
use crate::source::Syntax;
use crate::source::file::SourceFile;
use crate::span::Span;
use crate::validate::validate;
use serde_json::{Value, json};

fn policy(tool: &Value) -> Policy {
    let text = json!({ "version": "1", "default": "deny", "tools": { "t": tool } }).to_string();
    let validated = validate(&SourceFile::new("policy", &text, Syntax::Json), None);
    validated
        .policy
        .unwrap_or_else(|| panic!("{text}: {:?}", validated.findings))
}

/// The rules of a tool with these lists of conditions, each condition as `[path, op, value]`.
fn rules(require: &Value, deny_if: &Value) -> Rules {
    let lists = |rules: &Value| -> Vec<Value> {
        let rules = rules.as_array().into_iter().flatten();
        let written = |rule: &Value| {
            let conditions = rule.as_array().into_iter().flatten();
            let conditions: Vec<_> = conditions
                .map(|c| json!({ "path": c[0], "op": c[1], "value": c[2] }))
                .collect();
            json!({ "conditions": conditions })
        };
        rules.map(written).collect()
    };
    let tool = json!({ "require": lists(require), "deny_if": lists(deny_if) });
    policy(&tool).tools.remove(0).rules
}

fn conditions(list: &Value) -> Vec<Condition> {
    rules(&json!([list]), &json!([])).rules.remove(0).conditions
}

fn path(text: &str) -> ArgPath {
    ArgPath::parse(text).expect("a path")
}

fn found(pattern: &str) -> Language {
    Language::found(&Pattern::new(pattern).expect("RE2"))
}

/// The arguments of a call that passes `rules` with one of `set` at `at`.
fn bypass(rules: &Rules, at: &str, set: &Set) -> Answer<String> {
    match Analysis::new().ask(&Question::new().passing(rules).with(&path(at), set)) {
        Answer::Yes(witness) => Answer::Yes(witness.to_string()),
        Answer::No => Answer::No,
        Answer::Unknown => Answer::Unknown,
    }
}

fn yes(text: &str) -> Answer<String> {
    Answer::Yes(text.to_owned())
}

#[test]
fn a_denied_amount_is_left_out_or_written_as_a_string() {
    let open = rules(&json!([]), &json!([[["args.amount", "gt", 10000]]]));
    let of = |kind| Set::of_kinds(&[kind]);
    assert_eq!(bypass(&open, "args.amount", &of(Kind::Missing)), yes("{}"));
    let large = of(Kind::Text).preferring(&["99999"]);
    assert_eq!(
        bypass(&open, "args.amount", &large),
        yes(r#"{"amount":"99999"}"#)
    );

    let exists = rules(
        &json!([[["args.amount", "exists", true]]]),
        &json!([[["args.amount", "gt", 10000]]]),
    );
    assert_eq!(
        bypass(&exists, "args.amount", &of(Kind::Missing)),
        Answer::No
    );
    assert_eq!(
        bypass(&exists, "args.amount", &large),
        yes(r#"{"amount":"99999"}"#)
    );

    let guarded = rules(
        &json!([[["args.amount", "lte", 1e9]]]),
        &json!([[["args.amount", "gt", 10000]]]),
    );
    assert_eq!(bypass(&guarded, "args.amount", &large), Answer::No);
    let other = Set::everything().taking(Kind::Number, &Set::none());
    assert_eq!(bypass(&guarded, "args.amount", &other), Answer::No);
}

#[test]
fn strings_get_through_what_is_not_anchored() {
    let host = rules(
        &json!([[["args.url", "regex", "github\\.com"]]]),
        &json!([]),
    );
    let evil = Language::url_at("evil.example").expect("short");
    let set = Set::strings(std::slice::from_ref(&evil), &[]);
    assert_eq!(
        bypass(&host, "args.url", &set),
        yes(r#"{"url":"http://evil.example/github.com"}"#)
    );
    let sample = set.preferring(&["https://evil.example/?next=https://github.com/"]);
    let url = r#"{"url":"https://evil.example/?next=https://github.com/"}"#;
    assert_eq!(bypass(&host, "args.url", &sample), yes(url));
    let bound = rules(
        &json!([[["args.url", "regex", "^https://github\\.com/"]]]),
        &json!([]),
    );
    assert_eq!(bypass(&bound, "args.url", &sample), Answer::No);

    let prefix = rules(
        &json!([[["args.path", "regex", "^/data/"]]]),
        &json!([[["args.path", "contains", "secret"]]]),
    );
    let up = Set::strings(&[Language::with_parent_step()], &[]);
    assert_eq!(
        bypass(&prefix, "args.path", &up),
        yes(r#"{"path":"/data/.."}"#)
    );
    let no_up = rules(
        &json!([[["args.path", "regex", "^/data/"]]]),
        &json!([[["args.path", "contains", ".."]]]),
    );
    assert_eq!(bypass(&no_up, "args.path", &up), Answer::No);

    let lines = rules(
        &json!([[["args.cmd", "regex", "(?m)^ls [a-z]*$"]]]),
        &json!([]),
    );
    let two = Set::strings(&[Language::with_newline()], &[]);
    assert_eq!(bypass(&lines, "args.cmd", &two), yes(r#"{"cmd":"ls \n"}"#));
    let one = rules(&json!([[["args.cmd", "regex", "^ls [a-z]*$"]]]), &json!([]));
    assert_eq!(bypass(&one, "args.cmd", &two), Answer::No);
}

#[test]
fn a_list_of_forbidden_commands_has_gaps() {
    let forbidden = json!([
        [["args.cmd", "contains", "rm -rf"]],
        [["args.cmd", "contains", "sudo"]],
        [["args.cmd", "regex", "(?i)curl.*\\|.*sh"]],
    ]);
    let rules = rules(&json!([[["args.cmd", "exists", true]]]), &forbidden);
    let set = Set::strings(&[found("^rm ")], &[]).preferring(&["rm -rf /", "rm -r -f /"]);
    assert_eq!(
        bypass(&rules, "args.cmd", &set),
        yes(r#"{"cmd":"rm -r -f /"}"#)
    );
}

#[test]
fn implications_follow_the_engine() {
    let analysis = Analysis::new();
    for (these, those, holds) in [
        (
            json!([["args.a", "eq", "a"]]),
            json!([["args.a", "in", ["a", "b"]]]),
            true,
        ),
        (
            json!([["args.a", "gt", 10]]),
            json!([["args.a", "gte", 10]]),
            true,
        ),
        (
            json!([["args.a", "gte", 10]]),
            json!([["args.a", "gt", 10]]),
            false,
        ),
        (
            json!([["args.a", "regex", "^abc$"]]),
            json!([["args.a", "contains", "b"]]),
            true,
        ),
        (
            json!([["args.a", "regex", "^https://x\\.com/"]]),
            json!([["args.a", "regex", "^https?://x.com"]]),
            true,
        ),
        (
            json!([["args.a", "regex", "^https?://x.com"]]),
            json!([["args.a", "regex", "^https://x\\.com/"]]),
            false,
        ),
        // The number 5 meets the one and not the other.
        (
            json!([["args.a", "eq", 5]]),
            json!([["args.a", "regex", "^5$"]]),
            false,
        ),
        (
            json!([["args.a.b", "exists", true]]),
            json!([["args.a", "exists", true]]),
            true,
        ),
        (
            json!([["args.a.b", "exists", true]]),
            json!([["args.a", "neq", "x"]]),
            true,
        ),
        (
            json!([["args.a", "neq", 1]]),
            json!([["args.a", "exists", true]]),
            false,
        ),
        (
            json!([["args.a", "not_in", [1, null]]]),
            json!([["args.a", "exists", true]]),
            true,
        ),
        (
            json!([["args.a", "contains", "rm -rf"]]),
            json!([["args.a", "contains", "rm"]]),
            false,
        ),
        (
            json!([["args.a", "contains", "rm -rf"], ["args.a", "regex", ""]]),
            json!([["args.a", "contains", "rm"]]),
            true,
        ),
    ] {
        let proof = analysis.implies(&conditions(&these), &conditions(&those));
        assert_eq!(proof.holds(), holds, "{these} implies {those}: {proof:?}");
        assert!(proof != Proof::Unknown);
    }
}

#[test]
fn contradictions_are_seen_and_seeming_ones_are_not() {
    let analysis = Analysis::new();
    for (list, possible) in [
        (json!([["args.a", "gt", 3], ["args.a", "lt", 3]]), false),
        (json!([["args.a", "gt", 3], ["args.a", "eq", "5"]]), true),
        (
            json!([["args.a", "gt", 3], ["args.a", "regex", "5"]]),
            false,
        ),
        (
            json!([["args.a", "gt", 999999], ["args.a", "eq", "1000000"]]),
            false,
        ),
        (
            json!([["args.a", "gt", 999999], ["args.a", "eq", "1e+06"]]),
            true,
        ),
        (
            json!([["args.a", "eq", "x"], ["args.a.b", "exists", true]]),
            false,
        ),
        (
            json!([["args.a", "eq", "map[b:1]"], ["args.a.b", "gt", 0]]),
            true,
        ),
        (
            json!([["args.a", "eq", "map[b:1]"], ["args.a.b", "gt", 1]]),
            false,
        ),
        (
            json!([
                ["args.a", "contains", 1],
                ["args.a", "contains", 2],
                ["args.a", "eq", [1, 2]]
            ]),
            true,
        ),
        (
            json!([["args.a", "contains", 3], ["args.a", "eq", [1, 2]]]),
            false,
        ),
        (
            json!([["args.a", "exists", false], ["args.a", "neq", 1]]),
            true,
        ),
        (
            json!([["args.a", "exists", false], ["args.a.b", "neq", 1]]),
            false,
        ),
        (json!([["args.a", "in", []]]), false),
    ] {
        let answer = analysis.satisfiable(&conditions(&list));
        assert_eq!(!answer.is_no(), possible, "{list}: {answer:?}");
        assert!(answer != Answer::Unknown);
    }
}

#[test]
fn paths_may_be_deeper_than_any_arguments() {
    let analysis = Analysis::new();
    for (depth, possible) in [(1, true), (120, true), (129, false), (1_000, false)] {
        let path = format!("args{}", ".a".repeat(depth));
        let there = conditions(&json!([[path, "exists", true]]));
        assert_eq!(
            analysis.satisfiable(&there).yes().is_some(),
            possible,
            "{depth}"
        );
        let away = conditions(&json!([[path, "exists", false]]));
        assert!(analysis.satisfiable(&away).yes().is_some());
    }
}

#[test]
fn declared_arguments_are_as_declared() {
    let declared = |kinds: &[Kind], whole| Declared {
        kinds: Some(kinds.to_vec()),
        whole,
        required: true,
        ..Declared::default()
    };
    let schema = Declarations::from([
        (path("args.n"), declared(&[Kind::Number], true)),
        (
            path("args.o"),
            Declared {
                required: false,
                ..declared(&[Kind::Object], false)
            },
        ),
        (path("args.o.k"), declared(&[Kind::Text], false)),
    ]);
    let analysis = Analysis::new();
    let ask = |list: &Value| {
        let conditions = conditions(list);
        analysis.ask(&Question::new().meeting(&conditions).as_declared(&schema))
    };
    assert!(ask(&json!([["args.n", "gt", 1], ["args.n", "lt", 2]])).is_no());
    assert!(ask(&json!([["args.n", "exists", false]])).is_no());
    assert!(ask(&json!([["args.n", "regex", "."]])).is_no());
    assert!(ask(&json!([["args.o.k", "gt", 1]])).is_no());
    assert!(
        ask(&json!([
            ["args.o", "exists", true],
            ["args.o.k", "exists", false]
        ]))
        .is_no()
    );
    // Where there is no parent, its required field is missing all the same.
    assert!(ask(&json!([["args.o.k", "exists", false]])).yes().is_some());
}

#[test]
fn counters_are_at_zero_or_not_known() {
    let on = |test| {
        let key = CounterKey {
            scope: CounterScope::Tool("t".to_owned()),
            name: "n".to_owned(),
        };
        Condition {
            subject: Subject::Counter(key),
            test,
            pointer: String::new(),
            span: Span::default(),
        }
    };
    let at_most = |n| on(Test::Compare(Ordering::LessOrEqual, n));
    let above = |n| on(Test::Compare(Ordering::Greater, n));
    let analysis = Analysis::new();
    assert!(analysis.satisfiable(&[at_most(5.0)]).yes().is_some());
    assert_eq!(analysis.satisfiable(&[above(5.0)]), Answer::Unknown);
    assert!(analysis.satisfiable(&[above(5.0), at_most(5.0)]).is_no());
    assert!(analysis.implies(&[at_most(5.0)], &[at_most(6.0)]).holds());
    assert_eq!(
        analysis.implies(&[at_most(6.0)], &[at_most(5.0)]),
        Proof::Unknown
    );
    assert!(analysis.always(&[on(Test::Exists(true))]).holds());
}

#[test]
fn one_policy_permits_no_more_than_another() {
    let analysis = Analysis::new();
    let strict = rules(
        &json!([[["args.n", "lte", 10]]]),
        &json!([[["args.to", "regex", "evil"], ["args.n", "gt", 1]]]),
    );
    let loose = rules(
        &json!([[["args.n", "lt", 11]]]),
        &json!([[["args.to", "contains", "evil"], ["args.n", "gt", 5]]]),
    );
    // A list that contains "evil" is no string: the pattern lets it through.
    let proof = analysis.permits_no_more(&[&strict], &[&loose], None);
    let json = proof.counterexample().and_then(|witness| witness.to_json());
    assert_eq!(json, Some(json!({ "n": 6, "to": ["evil"] })));
    let string = Declared {
        kinds: Some(vec![Kind::Text]),
        ..Declared::default()
    };
    let declared = Declarations::from([(path("args.to"), string)]);
    assert!(
        analysis
            .permits_no_more(&[&strict], &[&loose], Some(&declared))
            .holds()
    );
    assert!(
        analysis
            .permits_no_more(&[&loose], &[&strict], None)
            .counterexample()
            .is_some()
    );
}

/// Seven pigeons, six holes, no two in one: too many cases to be sure, but not too much work.
#[test]
fn what_would_take_too_long_is_not_known() {
    let (pigeons, holes) = (7, 6);
    let name = |pigeon: usize| format!("args.p{pigeon}");
    let all: Vec<usize> = (1..=holes).collect();
    let require: Vec<_> = (0..pigeons)
        .map(|p| json!([[name(p), "in", all]]))
        .collect();
    let mut deny = Vec::new();
    for hole in &all {
        for p in 0..pigeons {
            deny.extend((0..p).map(|q| json!([[name(p), "eq", hole], [name(q), "eq", hole]])));
        }
    }
    let rules = rules(&json!(require), &json!(deny));
    let answer = Analysis::new().ask(&Question::new().passing(&rules));
    assert_eq!(answer, Answer::Unknown);
}

#[test]
fn languages_are_compared() {
    let analysis = Analysis::new();
    assert!(analysis.matches_everything(&found(".*")).holds());
    assert!(analysis.matches_everything(&found("x?")).holds());
    assert_eq!(
        analysis.matches_everything(&found("^.*$")).counterexample(),
        Some("\n".to_owned())
    );
    assert!(analysis.matches_nothing(&found("a^")).holds());
    assert!(
        analysis
            .matches_nothing(&found("[^\\x00-\\x{10FFFF}]"))
            .holds()
    );
    assert!(
        analysis
            .is_within(&found("^a+$"), &found("^[ab]*$"))
            .holds()
    );
    let outside = analysis.is_within(&found("example.com"), &found("example\\.com"));
    assert_eq!(outside.counterexample(), Some("examplexcom".to_owned()));
    assert!(analysis.matches_everything(&found("^\\pL{1,30}$")) != Proof::Holds);
}

/// Policies that are made to be hard are given up on soon.
#[test]
fn hostile_conditions_take_little_time_and_stack() {
    let analysis = Analysis::new();
    let start = std::time::Instant::now();
    let ask = |require: &Value, deny_if: &Value| {
        let rules = rules(require, deny_if);
        analysis.ask(&Question::new().passing(&rules))
    };
    let many = |make: &dyn Fn(usize) -> Value, n: usize| (0..n).map(make).collect::<Vec<_>>();
    // Patterns whose automata are large, and many at once.
    let large = |i: usize| json!([["args.a", "regex", format!("(a|b)*a(a|b){{{}}}c", 10 + i)]]);
    ask(
        &json!(many(&large, 30)),
        &json!([[["args.a", "contains", "c"]]]),
    );
    let small = |i: usize| json!([["args.a", "regex", format!("^.{{{i}}}(x|y{i})+$")]]);
    ask(
        &json!([[["args.a", "regex", "^[xy]+$"]]]),
        &json!(many(&small, 300)),
    );
    // Printed forms that may be read in many ways.
    let words = vec!["a"; 2_000].join(" ");
    let list = format!("[{words}]");
    ask(
        &json!([[["args.a", "eq", list], ["args.a", "contains", "b"]]]),
        &json!([]),
    );
    let fields = many(&|i| json!(format!("k{i:03}:a:b c")), 500);
    let fields: Vec<_> = fields.iter().filter_map(Value::as_str).collect();
    let object = format!("map[{}]", fields.join(" "));
    ask(
        &json!([[["args.a", "eq", object], ["args.a.z", "exists", true]]]),
        &json!([]),
    );
    let mut nested = "1".to_owned();
    for _ in 0..120 {
        let before: String = (0..60).map(|i| format!("!{i:02}:x ")).collect();
        nested = format!("map[{before}a:{nested}]");
    }
    let path = format!("args{}", ".a".repeat(121));
    let nested = ask(
        &json!([[["args.a", "eq", nested], [path, "exists", true]]]),
        &json!([]),
    );
    assert_eq!(nested, Answer::Unknown);
    let wide = many(
        &|i| {
            json!([
                ["args.a", "neq", i],
                ["args.b", "neq", i],
                ["args.c", "neq", i]
            ])
        },
        200,
    );
    ask(&json!([[["args.a", "exists", true]]]), &json!(wide));
    let long: Vec<_> = (0..5_000).collect();
    let lists = many(
        &|i| {
            json!([
                ["args.a", "not_in", long],
                ["args.b", "not_in", long],
                ["args.c", "eq", i]
            ])
        },
        20,
    );
    ask(&json!([]), &json!(lists));
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// How many steps it takes to find a way past rules, and whether that was found out.
fn steps(rules: &Rules) -> (u32, bool) {
    let analysis = Analysis::new();
    let before = analysis.budget.left();
    let missing = Set::of_kinds(&[Kind::Missing]);
    let question = Question::new()
        .passing(rules)
        .with(&path("args.x"), &missing);
    let answer = analysis.ask(&question);
    let known = !matches!(answer, Answer::Unknown);
    (before - analysis.budget.left(), known)
}

#[test]
fn long_lists_take_steps_by_their_length() {
    let lists = |rules: usize| -> Value {
        let list = |nth: usize| (nth * 200..nth * 200 + 200).collect::<Vec<_>>();
        (0..rules)
            .map(|nth| json!([["args.x", "in", list(nth)]]))
            .collect()
    };
    let (few, known) = steps(&rules(&json!([]), &lists(10)));
    assert!(known && few > 10 * 200 / 8, "{few}");
    let (many, known) = steps(&rules(&json!([]), &lists(40)));
    assert!(
        known && many < 20 * few,
        "{many} for four times as many as with {few}"
    );
}

#[test]
fn what_all_questions_take_is_bounded() {
    let analysis = Analysis::new();
    let hostile = |nth: usize| {
        let pattern = format!("[a-z]{{1,300}}.*[a-z]{{1,{}}}$", 300 + nth);
        rules(
            &json!([]),
            &json!([[["args.x", "regex", pattern], ["args.x", "regex", "^$|b"]]]),
        )
    };
    let text = Set::of_kinds(&[Kind::Text]);
    let mut asked = 0;
    while !analysis.budget.is_spent() {
        let rules = hostile(asked);
        let conditions = &rules.rules[0].conditions;
        let question = Question::new()
            .meeting(conditions)
            .with(&path("args.x"), &text);
        analysis.ask(&question);
        asked += 1;
        assert!(asked < 700, "{} steps are left", analysis.budget.left());
    }
    assert_eq!(analysis.ask(&Question::new()), Answer::Unknown);
    let anything = Set::of_kinds(&[Kind::Text]);
    assert!(matches!(analysis.string_in(&anything), Answer::Unknown));
}
