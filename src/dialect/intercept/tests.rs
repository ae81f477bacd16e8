//! Whole files: what is found in them, and what they are lowered to.

use std::fmt::Write;

use ahash::AHashSet;

use super::*;
use crate::finding::{Finding, Severity};
use crate::policy::condition::{ArgPath, Ordering, Subject, Test};
use crate::policy::limit::{Amount, CounterKey, CounterScope, Max, Window};
use crate::policy::value::Value;
use crate::policy::{Effect, Policy, Posture, Semantics};
use crate::schema::Kind;
use crate::source::tree::Value as Tree;
use crate::source::yaml;

fn lowered(text: &str) -> Lowered {
    let parsed = yaml::parse(text);
    assert_eq!(parsed.findings, [], "{text}");
    lower(&parsed.root.expect("the text is YAML"))
}

fn policy(text: &str) -> Policy {
    let lowered = lowered(text);
    assert_eq!(lowered.findings, [], "{text}");
    lowered.policy.expect("a policy without findings")
}

/// A policy with these rules of tool `t`, one a line.
fn rules(rules: &[&str]) -> String {
    let mut text = String::from("version: '1'\ntools:\n  t:\n    rules:\n");
    for rule in rules {
        writeln!(text, "      - {rule}").expect("writing to a string never fails");
    }
    text
}

fn condition(fields: &str) -> String {
    rules(&[&format!("{{name: r, conditions: [{{{fields}}}]}}")])
}

fn value(text: &str) -> String {
    condition(&format!("path: args.x, op: eq, value: {text}"))
}

fn state(condition: &str, state: &str) -> String {
    rules(&[&format!(
        "{{name: r, conditions: [{{path: state.t.n, {condition}}}], state: {{counter: n, window: day{state}}}}}"
    )])
}

/// Rule, pointer and underlined text of each finding.
fn places(text: &str) -> Vec<(&'static str, String, String)> {
    let place = |f: &Finding| {
        (
            f.rule.id,
            f.pointer.clone(),
            text[f.span.range()].to_owned(),
        )
    };
    lowered(text).findings.iter().map(place).collect()
}

#[track_caller]
fn assert_places(text: &str, expected: &[(&str, &str, &str)]) {
    let found = places(text);
    let found: Vec<_> = found
        .iter()
        .map(|(rule, pointer, underlined)| (*rule, pointer.as_str(), underlined.as_str()))
        .collect();
    assert_eq!(found, expected, "{text}");
}

const EVERYTHING: &str = r#"
version: 1
description: all there is
x-anchors: {anything: [1]}
default: deny
hide: [drop, "*x"]
tools:
  pay~/x:
    rules:
      - name: "no \"free\" ones"
        conditions:
          - {path: args.amount, op: gt, value: 0}
          - {path: args.to.name, op: regex, value: '^\d'}
      - {name: spend, conditions: [{path: state.pay~/x.spend, op: lt, value: 2.5}],
         state: {counter: spend, window: day, increment_from: args.amount}, on_deny: "Enough."}
      - {name: 5, rate_limit: +05/hour}
      - {name: steps, conditions: [{path: args.n, op: in, value: [1, "2", ~]}],
         state: {counter: steps, window: minute, increment: -2}}
  closed: {rules: [{name: no, action: deny, on_deny: ""}]}
  bare:
  "*":
    rules:
      - {name: all, rate_limit: 9223372036854775807/day, on_deny: slow down}
"#;

#[test]
fn rules_and_limits_keep_their_order_names_and_messages() {
    let policy = policy(EVERYTHING);
    let own = &policy.tools[0].rules;
    let told: Vec<_> = own
        .rules
        .iter()
        .map(|rule| &rule.clause)
        .chain(own.limits.iter().map(|limit| &limit.clause))
        .map(|clause| (&*clause.pointer, &*clause.name, &*clause.message))
        .collect();
    let rate = "Rate limit of 5 per hour reached. Try again later.";
    assert_eq!(
        told,
        [
            (
                "/tools/pay~0~1x/rules/0",
                "no \"free\" ones",
                r#"Denied by rule "no \"free\" ones""#
            ),
            ("/tools/pay~0~1x/rules/1", "spend", "Enough."),
            ("/tools/pay~0~1x/rules/2", "5", rate),
            (
                "/tools/pay~0~1x/rules/3",
                "steps",
                "Denied by rule \"steps\""
            ),
            ("/tools/pay~0~1x/rules/1", "spend", "Enough."),
            ("/tools/pay~0~1x/rules/2", "5", rate),
            (
                "/tools/pay~0~1x/rules/3",
                "steps",
                "Rate limit exceeded for steps"
            ),
        ]
    );
    let closed = &policy.tools[1].rules.rules[0];
    assert_eq!(closed.effect, Effect::DenyIf);
    assert_eq!(closed.conditions, []);
    assert_eq!(closed.clause.message, "Denied by rule \"no\"");
}

#[test]
fn limits_say_what_they_count_and_how_much_is_allowed() {
    let policy = policy(EVERYTHING);
    let limits = &policy.tools[0].rules.limits;
    let shown: Vec<_> = limits
        .iter()
        .map(|l| {
            (
                &*l.counter.name,
                l.window,
                l.max,
                &l.amount,
                &EVERYTHING[l.max_span.range()],
            )
        })
        .collect();
    let amount = Amount::Truncated(ArgPath::parse("args.amount").expect("a path"));
    let block = "{counter: steps, window: minute, increment: -2}";
    assert_eq!(
        shown,
        [
            ("spend", Window::Day, Max::AtMost(1), &amount, "2.5"),
            (
                "_rate_hour",
                Window::Hour,
                Max::AtMost(5),
                &Amount::Fixed(1),
                "+05/hour"
            ),
            (
                "steps",
                Window::Minute,
                Max::NotEnforced,
                &Amount::Fixed(-2),
                block
            ),
        ]
    );
    let all = &policy.every_tool.limits[0];
    assert_eq!(all.counter.scope, CounterScope::AllTools);
    assert_eq!(all.max, Max::OutOfRange, "as float64 it is 2^63");
    assert_eq!(all.unusable_amount, "Internal policy error");
}

#[test]
fn the_rest_of_a_policy_is_taken_over() {
    let policy = policy(EVERYTHING);
    assert_eq!(policy.default, Posture::Deny);
    assert_eq!(&EVERYTHING[policy.default_span.range()], "deny");
    assert_eq!(policy.semantics, Semantics::INTERCEPT);
    let hidden: Vec<_> = policy
        .hide
        .iter()
        .map(|h| (&*h.name.value, &*h.pointer))
        .collect();
    assert_eq!(hidden, [("drop", "/hide/0"), ("*x", "/hide/1")]);
    let names: Vec<_> = policy.tools.iter().map(|tool| &*tool.name.value).collect();
    assert_eq!(
        names,
        ["pay~/x", "closed", "bare", "*"],
        "`*` is listed under its name"
    );
    assert_eq!(
        policy.tools[3].rules.rules,
        [],
        "its rules hold for every call"
    );
    let conditions = &policy.tools[0].rules.rules[0].conditions;
    assert_eq!(conditions[0].test, Test::Compare(Ordering::Greater, 0.0));
    assert_eq!(
        conditions[1].pointer,
        "/tools/pay~0~1x/rules/0/conditions/1"
    );
    let listed = Value::List(vec![Value::Int(1), Value::Text("2".into()), Value::Null]);
    let Value::List(listed) = listed else { return };
    assert_eq!(
        policy.tools[0].rules.rules[3].conditions[0].test,
        Test::In(listed)
    );
}

#[test]
fn without_a_default_tools_are_allowed() {
    for default in ["", "default:\n", "default: ''\n", "default: allow\n"] {
        let text = format!("version: '1'\n{default}tools: {{'*': {{}}}}\n");
        let policy = policy(&text);
        assert_eq!(policy.default, Posture::Allow);
        assert_eq!(policy.tools, []);
    }
}

#[test]
fn the_first_limit_on_the_own_counter_is_the_one() {
    let max = |condition: &str| policy(&state(condition, "")).tools[0].rules.limits[0].max;
    assert_eq!(max("op: lte, value: 3"), Max::AtMost(3));
    assert_eq!(max("op: lte, value: 2.9"), Max::AtMost(2));
    assert_eq!(max("op: lt, value: 3"), Max::AtMost(2));
    assert_eq!(max("op: lt, value: 0.9"), Max::AtMost(-1));
    assert_eq!(max("op: lt, value: -1.5"), Max::AtMost(-2));
    assert_eq!(
        max("op: lte, value: 9007199254740993"),
        Max::AtMost(9_007_199_254_740_992)
    );
    assert_eq!(max("op: lte, value: 1e19"), Max::OutOfRange);
    assert_eq!(max("op: lt, value: -9223372036854775808"), Max::OutOfRange);
    assert_eq!(max("op: gte, value: 3"), Max::NotEnforced);
    assert_eq!(
        max("op: lt, value: 5}, {path: state.t.n, op: lte, value: 1"),
        Max::AtMost(4)
    );
}

#[test]
fn counters_are_known_by_the_key_that_the_engine_stores_them_under() {
    let text = "version: '1'\ntools:\n  a:\n    rules: [{name: r, conditions: [{path: state.a.b.n, op: lt, value: 1}], state: {counter: b.n, window: day}}]\n  a.b:\n    rules: [{name: r, conditions: [{path: state.a.b.n, op: lt, value: 1}], state: {counter: n, window: day}}]\n  _global:\n    rules: [{name: r, conditions: [{path: state.foo, op: exists, value: true}], state: {counter: n, window: day}}]\n";
    let policy = policy(text);
    let key = |tool: usize| &policy.tools[tool].rules.limits[0].counter;
    assert_eq!(key(0), key(1));
    assert_eq!(key(0).scope, CounterScope::Tool("a".into()));
    assert_eq!(key(2).scope, CounterScope::AllTools);
    let read = &policy.tools[2].rules.rules[0].conditions[0].subject;
    let unused = CounterKey {
        scope: CounterScope::Tool("foo".into()),
        name: String::new(),
    };
    assert_eq!(*read, Subject::Counter(unused));
}

#[test]
fn values_are_what_the_engine_holds() {
    for (text, expected) in [
        ("1000000", Value::Int(1_000_000)),
        ("0x1F", Value::Int(31)),
        ("1.0", Value::Float(1.0)),
        ("1e3", Value::Float(1000.0)),
        ("TRUE", Value::Bool(true)),
        ("", Value::Null),
        ("1.2.3", Value::Text("1.2.3".into())),
        (
            "{b: 1, a: []}",
            Value::Map(vec![
                ("a".into(), Value::List(vec![])),
                ("b".into(), Value::Int(1)),
            ]),
        ),
        // Keys that are not strings are printed as what they are, and sorted as such.
        (
            "{10: x, 0x9: y, 1.5: z}",
            Value::Map(vec![
                ("1.5".into(), Value::Text("z".into())),
                ("9".into(), Value::Text("y".into())),
                ("10".into(), Value::Text("x".into())),
            ]),
        ),
    ] {
        let policy = policy(&value(text));
        let test = &policy.tools[0].rules.rules[0].conditions[0].test;
        assert_eq!(*test, Test::Eq(expected), "{text}");
    }
}

/// What is no number to an argument is none to a counter, and said in other words.
#[test]
fn counters_are_not_spoken_of_as_arguments() {
    for (op, number, words) in [
        ("lte", ".inf", "can't count to: every call is denied"),
        ("gte", "-.inf", "can't count to"),
        ("lt", ".nan", "can't count to: every call is denied"),
        ("eq", ".inf", "which no argument can be"),
    ] {
        let lowered = lowered(&state(&format!("op: {op}, value: {number}"), ""));
        assert!(lowered.policy.is_some(), "the engine runs the file");
        let [finding] = lowered.findings.as_slice() else {
            panic!("one finding: {:?}", lowered.findings);
        };
        assert!(finding.message.ends_with(words), "{}", finding.message);
    }
}

/// The engine accepts these: there is a policy beside the finding.
#[test]
fn values_that_are_not_what_they_look_like() {
    const AT: &str = "/tools/t/rules/0/conditions/0/value";
    for (text, held) in [
        ("2024-01-02", "2024-01-02 00:00:00 +0000 UTC"),
        ("017", "15"),
        ("0o17", "15"),
        ("0b101", "5"),
        ("1_000", "1000"),
        ("089", "89"),
        (".inf", "+Inf"),
        ("-.INF", "-Inf"),
        (".nan", "NaN"),
        ("18446744073709551615", "18446744073709551615"),
        ("yes", "yes"),
        ("Off", "Off"),
        ("12:30", "12:30"),
        ("-1:30.5", "-1:30.5"),
        ("tRUE", "tRUE"),
    ] {
        let file = value(text);
        assert_places(&file, &[("yaml-scalar-trap", AT, text)]);
        let policy = lowered(&file).policy.expect("the engine runs the file");
        let Test::Eq(value) = &policy.tools[0].rules.rules[0].conditions[0].test else {
            panic!("an `eq`");
        };
        assert_eq!(value.printed(), held);
    }
    for text in [
        "'yes'",
        "\"017\"",
        "y",
        "on-call",
        "12:99",
        "10.0.0.1:80",
        "0",
        "-0",
        "+7",
        "0x1F",
        "1e3",
        "0.5",
        "00:1f",
        "1:2:x",
        "a:1",
        "True",
        "~",
    ] {
        assert_places(&value(text), &[]);
    }
    let nested = value("[1, {a: no}]");
    assert_places(&nested, &[("yaml-scalar-trap", &format!("{AT}/1/a"), "no")]);
}

#[test]
fn increments_that_count_something_else() {
    const AT: &str = "/tools/t/rules/0/state/increment";
    let limited =
        |increment: &str| state("op: lte, value: 3", &format!(", increment: {increment}"));
    for (text, counted) in [("0", 1), ("2.7", 2), ("0.9", 1), ("-0.5", 1), ("010", 8)] {
        let file = limited(text);
        assert_places(&file, &[("yaml-scalar-trap", AT, text)]);
        let policy = lowered(&file).policy.expect("the engine runs the file");
        assert_eq!(
            policy.tools[0].rules.limits[0].amount,
            Amount::Fixed(counted)
        );
    }
    for (text, counted) in [("", 1), ("~", 1), ("-3", -3), ("2.0", 2)] {
        let amount = &policy(&limited(text)).tools[0].rules.limits[0].amount;
        assert_eq!(*amount, Amount::Fixed(counted));
    }
    assert_eq!(
        policy(&limited("-1e30")).tools[0].rules.limits[0].max,
        Max::OutOfRange
    );
    assert_places(&limited("\"5\""), &[("wrong-type", AT, "\"5\"")]);
    assert_places(&limited("[1]"), &[("wrong-type", AT, "[")]);
    assert_places(&limited("1e30"), &[("invalid-limit", AT, "1e30")]);
}

#[test]
fn null_entries_are_dropped_in_the_open() {
    let text = "version: '1'\nhide: [a, ~]\ntools:\n  ~: {rules: [{}]}\n  t:\n    rules:\n      - null\n      - {name: r, conditions: [~, {path: args.x, op: in, value: [~]}]}\n";
    assert_places(
        text,
        &[
            ("yaml-scalar-trap", "/hide/1", "~"),
            ("yaml-scalar-trap", "/tools/~0", "~"),
            ("yaml-scalar-trap", "/tools/t/rules/0", "null"),
            ("yaml-scalar-trap", "/tools/t/rules/1/conditions/0", "~"),
        ],
    );
    let policy = lowered(text).policy.expect("the engine runs the file");
    assert_eq!(policy.tools.len(), 1);
    assert_eq!(
        policy.tools[0].rules.rules[0].clause.pointer,
        "/tools/t/rules/1"
    );
}

#[test]
fn keys_that_the_engine_ignores() {
    let text = "version: '1'\nall_tools: {}\nother: 1\ntools:\n  t:\n    limits: []\n    require: []\n    deny_if: []\n    on_deny: x\n    rules:\n      - {name: r, conditions: [{path: args.x, op: eq, valeu: 1}], acton: deny}\n";
    assert_places(
        text,
        &[
            ("other-dialect-key", "/all_tools", "all_tools"),
            ("unknown-key", "/other", "other"),
            ("other-dialect-key", "/tools/t/limits", "limits"),
            ("other-dialect-key", "/tools/t/require", "require"),
            ("other-dialect-key", "/tools/t/deny_if", "deny_if"),
            ("unknown-key", "/tools/t/on_deny", "on_deny"),
            (
                "unknown-key",
                "/tools/t/rules/0/conditions/0/valeu",
                "valeu",
            ),
            ("unknown-key", "/tools/t/rules/0/acton", "acton"),
        ],
    );
    assert!(lowered(text).policy.is_some(), "the engine runs the file");
    let misspelt = rules(&["{nmae: r, contitions: []}"]);
    assert_places(
        &misspelt,
        &[
            ("unknown-key", "/tools/t/rules/0/nmae", "nmae"),
            ("unknown-key", "/tools/t/rules/0/contitions", "contitions"),
        ],
    );
    assert!(
        lowered(&misspelt).policy.is_none(),
        "a name is missing, if not twice"
    );
}

#[test]
fn a_wallet_policy_is_told_by_its_type() {
    let wallet = "type: daily-spending-limit, maxAmount: '9', action: block";
    let tool = |body: &str| format!("version: '1'\ntools:\n  t: {{{body}}}\n");
    assert_places(
        &tool(wallet),
        &[("other-dialect-key", "/tools/t/type", "type")],
    );
    assert_places(
        &tool("type: daily-spending-limit, maxAmount: '9', rules: []"),
        &[
            ("other-dialect-key", "/tools/t/type", "type"),
            ("unknown-key", "/tools/t/maxAmount", "maxAmount"),
        ],
    );
    assert_places(
        &tool("type: object"),
        &[("unknown-key", "/tools/t/type", "type")],
    );
    assert_places(
        "version: '1'\ntype: daily-spending-limit\n",
        &[("other-dialect-key", "/type", "type")],
    );
}

/// What the messages are about: whole files, rules of a tool, conditions, values of `eq`.
const FILES: &[&str] = &[
    "",
    "[]",
    "version: 2",
    "version: [1]",
    "version: '1'\ndefault: Deny",
    "version: '1'\ndefault: block",
    "version: '1'\nhide: secrets",
    "version: '1'\nhide: [a, '', a, {}]",
    "version: '1'\ntools: [a]",
    "version: '1'\ntools: {t: []}",
    "version: '1'\ntools: {t: deny}",
    "version: '1'\nall_tools: {}",
    "version: '1'\ntoools: {}",
    "version: '1'\nhide: [~]\ntools: {~: {}}",
    "version: '1'\ntools: {a.b: {rules: [{name: r, rate_limit: 1/day}]}}",
    "version: '1'\ntools: {_global: {}, '*': {rules: [{name: r, rate_limit: 1/day}]}}",
    "version: '1'\ntools: {t: {deny_if: [], reason: x, rate_limit: 5/day}}",
    "version: '1'\ntype: daily-spending-limit\ntools: {t: {type: daily-spending-limit}}",
];

const RULES: &[&str] = &[
    "r",
    "{}",
    "{name: '', action: audit}",
    "{name: r, action: Deny}",
    "{name: r, action: deny, conditions: [{path: args.x, op: eq}]}",
    "{name: r, rate_limit: 5}",
    "{name: r, rate_limit: 0/hour}",
    "{name: r, rate_limit: 5 /hour}",
    "{name: r, rate_limit: 5/Hour}",
    "{name: r, rate_limit: {max: 5, window: 60}}",
    "{name: r, rate_limit: 5/day, action: deny, state: {}, conditions: [{path: args.x, op: eq}]}",
    "{name: r, action: deny, state: {counter: '', window: week, increment_from: amount}}",
    "{name: r, action: deny, state: {window: Day, increment: many}}",
    "{name: r, acton: deny}",
    "~",
    "{name: r, conditions: {path: args.x}}",
    "{name: r, conditions: [{path: state.t.n, op: lt, value: 1}]}",
];

const CONDITIONS: &[&str] = &[
    "op: eq",
    "path: amount, op: eq",
    "path: ''",
    "path: args.x, op: equals",
    "path: args.x, op: EQ",
    "path: args.x, op: like",
    "path: args.x, op: in, value: a",
    "path: args.x, op: in",
    "path: args.x, op: lt, value: \"5\"",
    "path: args.x, op: lt, value: 18446744073709551615",
    "path: args.x, op: lt, value: 2024-01-02",
    "path: args.x, op: exists, value: yes",
    "path: args.x, op: regex, value: 5",
    "path: args.x, op: regex, value: (?=a)",
];

const VALUES: &[&str] = &[
    "2024-01-02",
    "017",
    "0o17",
    "0b101",
    "1_000",
    "089",
    ".inf",
    "18446744073709551615",
    "yes",
    "12:30",
    "tRUE",
];

/// Everything that is said, for reading. What stands here is shown to people.
#[test]
fn messages() {
    let mut said = String::new();
    let texts = FILES
        .iter()
        .map(ToString::to_string)
        .chain(RULES.iter().map(|rule| rules(&[rule])))
        .chain([rules(&[
            "{name: a, rate_limit: 1/day}",
            "{name: b, rate_limit: 2/day}",
        ])])
        .chain(CONDITIONS.iter().map(|fields| condition(fields)))
        .chain(VALUES.iter().map(|text| value(text)))
        .chain([state("op: lt, value: 5", ", increment: 2.7")]);
    for text in texts {
        for finding in lowered(&text).findings {
            let Finding {
                rule,
                pointer,
                message,
                help,
                ..
            } = finding;
            let help = help.map_or(String::new(), |help| format!("\n    {help}"));
            writeln!(said, "{} {pointer}\n    {message}{help}", rule.id).expect("a string");
        }
        said.push('\n');
    }
    insta::assert_snapshot!(said);
}

#[test]
fn errors_stand_where_they_are() {
    assert_places("", &[("missing-key", "", "")]);
    assert_places("5", &[("wrong-type", "", "5")]);
    assert_places(
        &rules(&["{name: '', conditions: [{}]}"]),
        &[
            ("missing-key", "/tools/t/rules/0/name", "''"),
            ("missing-key", "/tools/t/rules/0/conditions/0", "{"),
        ],
    );
    assert_places(
        &rules(&[
            "{name: a, rate_limit: 1/day}",
            "{name: b, rate_limit: 2/day}",
        ]),
        &[("invalid-rule", "/tools/t/rules/1/rate_limit", "2/day")],
    );
    assert_places(
        &rules(&["{name: a, require: []}"]),
        &[("other-dialect-key", "/tools/t/rules/0/require", "require")],
    );
    assert_places(
        &rules(&["{name: a, rate_limit: {max: 5, window: 60}}"]),
        &[(
            "other-dialect-key",
            "/tools/t/rules/0/rate_limit",
            "rate_limit",
        )],
    );
    assert_places(
        "{version: '1', tools: {t: {action: deny, reason: x}}}",
        &[("other-dialect-key", "/tools/t/action", "action")],
    );
    assert_places(
        &rules(&[
            "{name: a, conditions: [{path: state.t.c, op: lt, value: 1}], state: {window: day}}",
        ]),
        &[("missing-key", "/tools/t/rules/0/state", "state")],
    );
    assert_places(
        &condition("path: args.x, op: lt, value: 2024-01-02"),
        &[(
            "invalid-condition",
            "/tools/t/rules/0/conditions/0/value",
            "2024-01-02",
        )],
    );
}

#[test]
fn the_schema_has_the_keys_and_the_examples_that_are_in_order() {
    use super::unknown::Part;
    let schema: serde_json::Value = serde_json::from_str(Kind::Intercept.text()).expect("JSON");
    for (part, pointer) in [
        (Part::Policy, ""),
        (Part::Tool, "/definitions/tool"),
        (Part::Rule, "/definitions/rule"),
        (Part::Condition, "/definitions/condition"),
        (Part::State, "/definitions/state"),
    ] {
        let properties = schema.pointer(&format!("{pointer}/properties"));
        let properties = properties.and_then(|p| p.as_object()).expect("an object");
        let mut keys: Vec<_> = properties.keys().map(String::as_str).collect();
        let mut known = part.keys().to_vec();
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(keys, known);
        for property in properties.values() {
            let text = property["description"].as_str().unwrap_or_default();
            assert!(
                text.ends_with('.') || property.get("$ref").is_some(),
                "{property}"
            );
        }
    }
    for example in schema["examples"].as_array().expect("examples") {
        policy(&example.to_string());
    }
}

/// Puts something odd in every place of a policy, one at a time. There is a policy unless something
/// is found that the engine refuses as well; each finding has a place in the text; and where nothing
/// is found, the schema agrees.
#[test]
fn no_change_slips_through() {
    const ODD: [&str; 20] = [
        "~",
        "true",
        "0",
        "-1",
        "2.5",
        "1e400",
        "''",
        "x",
        "Deny",
        "[]",
        "{}",
        "[~]",
        "{a: {}}",
        "2024-01-02",
        "017",
        "18446744073709551615",
        "state.t.n",
        "args.",
        "deny",
        "5/hour",
    ];
    const STRICTER: [&str; 3] = ["unknown-key", "yaml-scalar-trap", "other-dialect-key"];
    let root = yaml::parse(EVERYTHING).root.expect("the text is YAML");
    let mut spans = vec![];
    collect_spans(&root, &mut spans);
    for span in spans {
        for odd in ODD {
            let text = format!(
                "{}{odd}{}",
                &EVERYTHING[..span.start],
                &EVERYTHING[span.end..]
            );
            let parsed = yaml::parse(&text);
            let Some(root) = parsed.root.filter(|_| parsed.findings.is_empty()) else {
                continue;
            };
            let Lowered { policy, findings } = lower(&root);
            assert!(findings.iter().all(|f| f.severity == Severity::Error));
            let refused = findings.iter().any(|f| !STRICTER.contains(&f.rule.id));
            // A misspelt key can stand for one that is missing.
            let misspelt = findings.iter().any(|f| f.rule.id == "unknown-key");
            assert!(
                policy.is_none() == refused || (misspelt && policy.is_none()),
                "{text}"
            );
            if findings.is_empty() {
                assert!(Kind::Intercept.accepts(&root), "{text}");
            }
            let mut seen = AHashSet::default();
            for finding in &findings {
                assert!(root.at(&finding.pointer).is_some(), "{finding:?}\n{text}");
                assert!(text.get(finding.span.range()).is_some());
                assert!(
                    seen.insert((finding.pointer.clone(), finding.message.clone())),
                    "{finding:?}\n{text}"
                );
            }
        }
    }
}

/// The bytes of every key and value.
fn collect_spans(node: &Node, spans: &mut Vec<crate::span::Span>) {
    spans.push(node.span);
    match &node.value {
        Tree::Scalar(_) => {}
        Tree::Sequence(items) => items.iter().for_each(|item| collect_spans(item, spans)),
        Tree::Mapping(entries) => {
            for entry in entries {
                spans.push(entry.key_span);
                collect_spans(&entry.value, spans);
            }
        }
    }
}

/// One mistake in very many copies takes no more than a moment, and is not told in all its copies.
#[test]
fn hostile_files_are_judged_quickly() {
    let many = |n: usize, item: &dyn Fn(usize) -> String| {
        let items: Vec<String> = (0..n).map(item).collect();
        items.join(",")
    };
    let keys = many(300_000, &|i| format!(r#""k{i}":0"#));
    let hidden = many(300_000, &|i| format!("\"{}\"", i / 2));
    let broken = many(100_000, &|_| {
        r#"{"conditions":[{"path":"state.t.n"}]}"#.into()
    });
    let counters = many(100_000, &|i| {
        format!(r#"{{"name":"r","action":"deny","state":{{"counter":"{i}","window":"day"}}}}"#)
    });
    for text in [
        format!(r#"{{"version":"1",{keys}}}"#),
        format!(r#"{{"version":"1","tools":{{"t":{{"rules":[{{{keys}}}]}}}}}}"#),
        format!(r#"{{"version":"1","tools":{{{keys}}}}}"#),
        format!(r#"{{"version":"1","hide":[{hidden}]}}"#),
        format!(r#"{{"version":"1","tools":{{"t":{{"rules":[{broken}]}}}}}}"#),
        format!(r#"{{"version":"1","tools":{{"t":{{"rules":[{counters}]}}}}}}"#),
    ] {
        let root = crate::source::json::parse(&text)
            .root
            .expect("the text is JSON");
        let start = std::time::Instant::now();
        let findings = lower(&root).findings.len();
        let took = start.elapsed();
        assert!(findings <= 10_000);
        assert!(took.as_secs() < 5, "{took:?} for {}", &text[..60]);
    }
}
