//! Every rule of form against small policies: which rule, where, and in which words.

use super::*;
use crate::rules::ALL;
use crate::source::json;

fn found(text: &str) -> Vec<Finding> {
    let parsed = json::parse(text);
    assert_eq!(parsed.findings, [], "{text}");
    check_gateway(&parsed.root.expect("the text is JSON"))
}

/// Rule, pointer and underlined text of each finding.
fn places(text: &str) -> Vec<(&'static str, String, String)> {
    found(text)
        .into_iter()
        .map(|f| (f.rule.id, f.pointer, text[f.span.range()].to_owned()))
        .collect()
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

/// An otherwise clean policy with this body of its one tool.
fn tool(body: &str) -> String {
    format!(r#"{{"version":"1","default":"deny","tools":{{"Send":{body}}}}}"#)
}

fn limit(body: &str) -> String {
    tool(&format!(r#"{{"limits":[{body}]}}"#))
}

fn rule(body: &str) -> String {
    tool(&format!(r#"{{"deny_if":[{body}]}}"#))
}

fn condition(body: &str) -> String {
    rule(&format!(r#"{{"conditions":[{body}]}}"#))
}

/// The fields of a limit that is in order but for `key`.
fn limit_with(key: &str, value: &str) -> String {
    let fields = [
        ("counter", "\"c\""),
        ("window", "\"day\""),
        ("max", "3"),
        ("scope", "\"grant\""),
    ];
    let fields = fields
        .map(|(name, usual)| format!("\"{name}\":{}", if name == key { value } else { usual }));
    limit(&format!("{{{}}}", fields.join(",")))
}

const CONDITION: &str = "/tools/Send/deny_if/0/conditions/0";
const LIMIT: &str = "/tools/Send/limits/0";

#[test]
fn a_policy_in_order_is_silent() {
    let text = r#"{
        "$schema": "https://example.com/gateway.schema.json",
        "version": "1", "default": "allow", "hide": ["*", "a/b~c"],
        "all_tools": {"limits": [{"counter": "all", "window": "hour", "max": 1e3, "scope": "grant"}]},
        "tools": {
            "*": {}, "rules": {}, " ": {},
            "pay": {
                "require": [{"conditions": [], "on_deny": ""}],
                "deny_if": [{"conditions": [
                    {"path": "args.a", "op": "eq", "value": null},
                    {"path": "args.a.b", "op": "neq", "value": {"type": [1, "x"]}},
                    {"path": "args.a", "op": "in", "value": []},
                    {"path": "args.a", "op": "not_in", "value": [null, 1]},
                    {"path": "args.a", "op": "lt", "value": 1.5},
                    {"path": "args.a", "op": "lte", "value": -1},
                    {"path": "args.a", "op": "gt", "value": 1e300},
                    {"path": "args.a", "op": "gte", "value": 18446744073709551615},
                    {"path": "args.a", "op": "regex", "value": ""},
                    {"path": "args.a", "op": "contains", "value": true},
                    {"path": "args.line\nbreak", "op": "exists", "value": false}
                ]}],
                "limits": [{"counter": "c", "window": "day", "max": 9223372036854775807,
                            "scope": "grant", "increment_from": "args.amount"}]
            }
        }
    }"#;
    assert_eq!(found(text), []);
    assert_eq!(found(r#"{"version":"1","default":"deny"}"#), []);
}

#[test]
fn the_examples_of_the_schema_are_in_order() {
    let Json::Array(examples) = &Kind::Gateway.json()["examples"] else {
        panic!("the schema has examples");
    };
    for example in examples {
        assert_eq!(found(&example.to_string()), []);
    }
}

#[test]
fn every_property_of_the_schema_explains_itself() {
    fn visit(schema: &Json, path: &str) {
        if let Some(properties) = schema.get("properties").and_then(Json::as_object) {
            for (key, property) in properties {
                let here = format!("{path}/{key}");
                let text = property["description"].as_str().unwrap_or_default();
                let refers = property.get("$ref").is_some();
                assert!(refers || text.ends_with('.'), "{here} has no description");
                visit(property, &here);
            }
        }
    }
    let schema = Kind::Gateway.json();
    visit(schema, "");
    for (name, definition) in schema["definitions"].as_object().expect("an object") {
        let text = definition["description"].as_str().unwrap_or_default();
        assert!(text.ends_with('.'), "{name} has no description");
        visit(definition, name);
    }
}

#[test]
fn the_root_has_to_be_an_object() {
    assert_places("[1]", &[("wrong-type", "", "[")]);
    assert_places(" null", &[("wrong-type", "", "null")]);
}

#[test]
fn a_tool_has_a_name() {
    assert_places(
        r#"{"version":"1","default":"deny","tools":{"":{},"a":{}}}"#,
        &[("wrong-type", "/tools/", "\"\"")],
    );
}

#[test]
fn unknown_key() {
    let places = [
        (
            r#"{"version":"1","default":"deny","hidden":[]}"#.to_owned(),
            "/hidden",
            "\"hidden\"",
        ),
        (tool(r#"{"a/b":1}"#), "/tools/Send/a~1b", "\"a/b\""),
        (
            rule(r#"{"conditions":[],"x":1}"#),
            "/tools/Send/deny_if/0/x",
            "\"x\"",
        ),
    ];
    for (text, pointer, underlined) in places {
        assert_places(&text, &[("unknown-key", pointer, underlined)]);
    }
}

#[test]
fn a_misspelt_key_is_not_reported_as_missing_too() {
    assert_places(
        r#"{"verison":"1","Default":"deny"}"#,
        &[
            ("unknown-key", "/verison", "\"verison\""),
            ("unknown-key", "/Default", "\"Default\""),
        ],
    );
    let help: Vec<_> = found(r#"{"verison":"1","Default":"deny"}"#)
        .into_iter()
        .map(|finding| finding.help)
        .collect();
    assert_eq!(help[0].as_deref(), Some("did you mean `version`?"));
    assert_eq!(help[1].as_deref(), Some("did you mean `default`?"));
}

#[test]
fn missing_key() {
    assert_places("{\n}", &[("missing-key", "", "{")]);
    let text = r#"{"version":"1","default":"deny","all_tools":{"limits":[{"counter":"c","max":1,"scope":"grant"}]}}"#;
    assert_places(text, &[("missing-key", "/all_tools/limits/0", "{")]);
    assert_places(
        &condition(r#"{"path":"args.x","op":"eq"}"#),
        &[("missing-key", CONDITION, "{")],
    );
}

#[test]
fn wrong_type() {
    for (key, value) in [
        ("window", "\"Minute\""),
        ("scope", "\"GRANT\""),
        ("max", "\"10\""),
        ("counter", "7"),
    ] {
        let pointer = format!("{LIMIT}/{key}");
        assert_places(&limit_with(key, value), &[("wrong-type", &pointer, value)]);
    }
    assert_places(
        r#"{"version":"1","default":"Deny","hide":{"a":1}}"#,
        &[
            ("wrong-type", "/default", "\"Deny\""),
            ("wrong-type", "/hide", "{"),
        ],
    );
}

#[test]
fn unsupported_version() {
    for version in ["1", "1.0", "\"2\"", "\"\"", "null", "true", "\"1 \""] {
        let text = format!(r#"{{"version":{version},"default":"deny"}}"#);
        assert_places(&text, &[("unsupported-version", "/version", version)]);
    }
}

#[test]
fn invalid_limit() {
    let values = [
        ("max", "0"),
        ("max", "-1"),
        ("max", "2.5"),
        ("max", "9223372036854775808"),
        ("max", "1e400"),
        ("window", "\"week\""),
        ("scope", "\"session\""),
        ("counter", "\"\""),
    ];
    for (key, value) in values {
        let pointer = format!("{LIMIT}/{key}");
        assert_places(
            &limit_with(key, value),
            &[("invalid-limit", &pointer, value)],
        );
    }
}

#[test]
fn invalid_condition() {
    let operands = [
        ("lt", "\"1\""),
        ("gte", "null"),
        ("in", "1"),
        ("not_in", "\"a\""),
        ("regex", "1"),
        ("exists", "\"true\""),
    ];
    for (op, value) in operands {
        let text = condition(&format!(
            r#"{{"path":"args.x","op":"{op}","value":{value}}}"#
        ));
        assert_places(
            &text,
            &[("invalid-condition", &format!("{CONDITION}/value"), value)],
        );
    }
    for path in [
        "amount",
        "args",
        "args.",
        "args..x",
        "args.x.",
        "state.a.b",
        "",
    ] {
        let text = condition(&format!(r#"{{"path":"{path}","op":"eq","value":1}}"#));
        let underlined = format!("\"{path}\"");
        assert_places(
            &text,
            &[(
                "invalid-condition",
                &format!("{CONDITION}/path"),
                &underlined,
            )],
        );
    }
    let text = condition(r#"{"path":"args.x","op":"equal","value":"1"}"#);
    assert_places(
        &text,
        &[("invalid-condition", &format!("{CONDITION}/op"), "\"equal\"")],
    );
}

#[test]
fn other_dialect_key() {
    for key in ["action", "reason", "validate", "rate_limit", "rules"] {
        let pointer = format!("/tools/Send/{key}");
        let underlined = format!("\"{key}\"");
        let text = tool(&format!(r#"{{"{key}":5}}"#));
        assert_places(&text, &[("other-dialect-key", &pointer, &underlined)]);
    }
    assert_places(
        r#"{"type":"daily-spending-limit","maxAmount":"9","window":"24h","action":"block"}"#,
        &[("other-dialect-key", "/type", "\"type\"")],
    );
    let wallet = r#""type":"daily-spending-limit","maxAmount":"9","window":"24h","action":"block""#;
    let (alone, mixed) = (
        format!("{{{wallet}}}"),
        format!(r#"{{{wallet},"limits":[]}}"#),
    );
    assert_places(
        &tool(&alone),
        &[("other-dialect-key", "/tools/Send/type", "\"type\"")],
    );
    assert_places(
        &tool(&mixed),
        &[
            ("other-dialect-key", "/tools/Send/type", "\"type\""),
            ("unknown-key", "/tools/Send/maxAmount", "\"maxAmount\""),
            ("unknown-key", "/tools/Send/window", "\"window\""),
            ("other-dialect-key", "/tools/Send/action", "\"action\""),
        ],
    );
    assert_places(
        &tool(r#"{"type":"object"}"#),
        &[("unknown-key", "/tools/Send/type", "\"type\"")],
    );
    let text = tool(r#"{"action":"deny","reason":"Ask."}"#);
    let findings = found(&text);
    assert_eq!(findings.len(), 1);
    assert_eq!(&text[findings[0].labels[0].span.range()], "\"reason\"");
}

#[test]
fn five_mistakes_make_five_findings() {
    let text = r#"{
  "version": 1,
  "defualt": "deny",
  "tools": {
    "create_charge": {
      "deny_if": [{ "conditions": [{ "path": "amount", "op": "gt", "value": 5 }] }],
      "limits": [
        { "counter": "create_charge_rate", "window": "minute", "max": 0, "scope": "grant" },
        { "counter": "create_charge_day", "window": "day", "max": 10 }
      ]
    }
  }
}"#;
    assert_places(
        text,
        &[
            ("unsupported-version", "/version", "1"),
            ("unknown-key", "/defualt", "\"defualt\""),
            (
                "invalid-condition",
                "/tools/create_charge/deny_if/0/conditions/0/path",
                "\"amount\"",
            ),
            ("invalid-limit", "/tools/create_charge/limits/0/max", "0"),
            ("missing-key", "/tools/create_charge/limits/1", "{"),
        ],
    );
}

#[test]
fn many_mistakes_take_little_time_and_are_cut_off() {
    let names = (0..50_000).map(|i| format!("\"t{i}\":{{\"x\":1}}"));
    let text = tool("{}").replace(r#""Send":{}"#, &names.collect::<Vec<_>>().join(","));
    assert_eq!(found(&text).len(), MAX_OBJECTIONS);
    let long = "x".repeat(1_000_000);
    let text = condition(&format!(
        r#"{{"path":"args.{long}","op":"{long}","value":1,"{long}":1}}"#
    ));
    let findings = found(&text);
    assert_eq!(findings.len(), 2);
    assert!(findings.iter().all(|finding| finding.message.len() < 200));
}

#[test]
fn a_document_of_millions_of_values_is_refused() {
    let hide = "0,".repeat(MAX_VALUES);
    let text = format!(r#"{{"version":"1","default":"deny","hide":[{hide}0]}}"#);
    assert_places(&text, &[("wrong-type", "", "{")]);
}

/// The words of every message. Read the snapshot as a user would before accepting it.
#[test]
fn messages() {
    let mut cases = vec![
        "[]".to_string(), "null".into(), "{}".into(),
        r#"{"version":1,"default":"deny"}"#.into(),
        r#"{"version":"2","default":"Deny"}"#.into(),
        r#"{"version":null,"default":false}"#.into(),
        r#"{"verison":"1","default":"block"}"#.into(),
        r#"{"version":"1","default":"deny","Hide":["x"]}"#.into(),
        r#"{"version":"1","default":"deny","hide":"x"}"#.into(),
        r#"{"version":"1","default":"deny","hide":["",5,null]}"#.into(),
        r#"{"version":"1","default":"deny","hide":null,"all_tools":null,"tools":null}"#.into(),
        r#"{"version":"1","default":"deny","all_tools":[],"tools":["a","b"]}"#.into(),
        r#"{"version":"1","default":"deny","limits":[],"create_charge":{}}"#.into(),
        r#"{"version":"1","default":"deny","description":"x","$schema":5}"#.into(),
        r#"{"version":"1","default":"deny","type":"x"}"#.into(),
        r#"{"type":"daily-spending-limit","maxAmount":"1000.00","window":"24h"}"#.into(),
        tool(r#"{"type":"daily-spending-limit","maxAmount":"1000.00","window":"24h"}"#),
        r#"{"version":"1","default":"deny","all_tools":{"rate_limit":"5/hour","limits":[{"counter":"c","window":"minute","max":1,"scope":"grant","increment_from":"args.x"}]}}"#.into(),
    ];
    for t in [
        "null",
        "\"deny\"",
        "[]",
        r#"{"rules":[]}"#,
        r#"{"action":"deny","reason":"Ask first."}"#,
        r#"{"reason":"x"}"#,
        r#"{"action":"deny","deny_if":[]}"#,
        r#"{"action":"allow"}"#,
        r#"{"action":"ask"}"#,
        r#"{"rate_limit":{"max":10,"window":60}}"#,
        r#"{"rate_limit":{"max":10,"window":120}}"#,
        r#"{"rate_limit":"5/hour","limits":[]}"#,
        r#"{"rate_limit":5}"#,
        r#"{"validate":{"required_args":true}}"#,
        r#"{"denyif":[],"conditions":[],"requires":{}}"#,
        r#"{"limits":{"counter":"x"}, "require":null, "deny_if":{}}"#,
    ] {
        cases.push(tool(t));
    }
    for r in [
        "5",
        "{}",
        r#"{"condition":[],"reason":"x"}"#,
        r#"{"conditions":null,"on_deny":5}"#,
        r#"{"conditions":{},"on_deny":null}"#,
        r#"{"name":"a","action":"deny","state":{},"rate_limit":"5/day"}"#,
    ] {
        cases.push(rule(r));
    }
    for c in [
        "{}",
        "[]",
        r#"{"path":"amount","op":"=>","value":1}"#,
        r#"{"path":"args","op":">=","value":1}"#,
        r#"{"path":"args.a..b","op":"GT","value":1}"#,
        r#"{"path":"args.","op":"greater_than","value":1}"#,
        r#"{"path":"state.x.y","op":"regexp","value":1}"#,
        r#"{"path":"$.amount","op":5,"value":1}"#,
        r#"{"path":5,"op":"gt","value":"100"}"#,
        r#"{"path":"args.x","op":"lte","value":[]}"#,
        r#"{"path":"args.x","op":"in","value":"eur"}"#,
        r#"{"path":"args.x","op":"not_in","value":{}}"#,
        r#"{"path":"args.x","op":"regex","value":5}"#,
        r#"{"path":"args.x","op":"exists","value":"true"}"#,
        r#"{"path":"args.x","op":"exists","value":1}"#,
        r#"{"path":"args.x","op":"exists"}"#,
        r#"{"field":"args.x","operator":"exists","value":true,"window":5}"#,
    ] {
        cases.push(condition(c));
    }
    for l in [
        "{}",
        "null",
        r#"{"counter":"","window":"Minute","max":0,"scope":"Grant"}"#,
        r#"{"counter":5,"window":"minutes","max":"10","scope":"session"}"#,
        r#"{"counter":"c","window":"fortnight","max":-5,"scope":null}"#,
        r#"{"counter":"c","window":60,"max":2.5,"scope":"grant"}"#,
        r#"{"counter":"c","window":"daily","max":9223372036854775808,"scope":"grant"}"#,
        r#"{"counter":"c","window":"day","max":1e400,"scope":"grant"}"#,
        r#"{"counter":"c","window":7,"max":1e30,"scope":"grant"}"#,
        r#"{"counter":"c","window":"day","max":0.5,"scope":"grant","increment":2,"increment_from":"amount"}"#,
        r#"{"counter":"c","window":"day","max":true,"scope":"grant","increment_from":1}"#,
        r#"{"counter":"c","window":"day","maximum":3,"scope":"grant"}"#,
    ] {
        cases.push(limit(l));
    }
    let mut shown = String::new();
    for text in &cases {
        shown += &format!("\n{text}\n");
        for finding in found(text) {
            assert!(ALL.contains(&finding.rule));
            shown += &format!(
                "  {} {}\n    {}\n",
                finding.rule.id, finding.pointer, finding.message
            );
            if let Some(help) = finding.help {
                shown += &format!("    = {help}\n");
            }
        }
    }
    insta::assert_snapshot!(shown);
}
