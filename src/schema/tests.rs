use super::*;
use crate::source::json;

/// A limit, a rule or a tool put into an otherwise clean policy.
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

#[test]
fn dump() {
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
        r#"{"version":"1","default":"deny","all_tools":{"rate_limit":"5/hour","limits":[{"counter":"c","window":"minute","max":1,"scope":"grant","increment_from":"args.x"}]}}"#.into(),
    ];
    for t in ["null", "\"deny\"", "[]", r#"{"rules":[]}"#, r#"{"action":"deny","reason":"Ask first."}"#, r#"{"reason":"x"}"#,
        r#"{"action":"deny","deny_if":[]}"#, r#"{"action":"allow"}"#, r#"{"action":"ask"}"#,
        r#"{"rate_limit":{"max":10,"window":60}}"#, r#"{"rate_limit":{"max":10,"window":120}}"#, r#"{"rate_limit":"5/hour","limits":[]}"#,
        r#"{"rate_limit":5}"#, r#"{"validate":{"required_args":true}}"#, r#"{"denyif":[],"conditions":[],"requires":{}}"#, r#"{"limits":{"counter":"x"}, "require":null, "deny_if":{}}"#] {
        cases.push(tool(t));
    }
    for r in ["5", "{}", r#"{"condition":[],"reason":"x"}"#, r#"{"conditions":null,"on_deny":5}"#, r#"{"conditions":{},"on_deny":null}"#,
        r#"{"name":"a","action":"deny","state":{},"rate_limit":"5/day"}"#] { cases.push(rule(r)); }
    for c in ["{}", "[]", r#"{"path":"amount","op":"=>","value":1}"#, r#"{"path":"args","op":">=","value":1}"#, r#"{"path":"args.a..b","op":"GT","value":1}"#,
        r#"{"path":"args.","op":"greater_than","value":1}"#, r#"{"path":"state.x.y","op":"regexp","value":1}"#, r#"{"path":"$.amount","op":5,"value":1}"#,
        r#"{"path":5,"op":"gt","value":"100"}"#, r#"{"path":"args.x","op":"lte","value":[]}"#, r#"{"path":"args.x","op":"in","value":"eur"}"#,
        r#"{"path":"args.x","op":"not_in","value":{}}"#, r#"{"path":"args.x","op":"regex","value":5}"#, r#"{"path":"args.x","op":"exists","value":"true"}"#,
        r#"{"path":"args.x","op":"exists","value":1}"#, r#"{"path":"args.x","op":"exists"}"#, r#"{"field":"args.x","operator":"exists","value":true,"window":5}"#] { cases.push(condition(c)); }
    for l in ["{}", "null", r#"{"counter":"","window":"Minute","max":0,"scope":"Grant"}"#, r#"{"counter":5,"window":"minutes","max":"10","scope":"session"}"#,
        r#"{"counter":"c","window":"fortnight","max":-5,"scope":null}"#, r#"{"counter":"c","window":60,"max":2.5,"scope":"grant"}"#,
        r#"{"counter":"c","window":"daily","max":9223372036854775808,"scope":"grant"}"#,
        r#"{"counter":"c","window":"day","max":1e400,"scope":"grant"}"#,
        r#"{"counter":"c","window":7,"max":1e30,"scope":"grant"}"#,
        r#"{"counter":"c","window":"day","max":0.5,"scope":"grant","increment":2,"increment_from":"amount"}"#,
        r#"{"counter":"c","window":"day","max":true,"scope":"grant","increment_from":1}"#,
        r#"{"counter":"c","window":"day","maximum":3,"scope":"grant"}"#,
        ] { cases.push(limit(l)); }
    for text in &cases {
        println!("\n{text}");
        let p = json::parse(text);
        let lowered = crate::dialect::gateway::lower(&p.root.unwrap());
        assert!(lowered.policy.is_none());
        for f in lowered.findings {
            println!("  {} {:?} «{}»\n     {}", f.rule.id, f.pointer, &text[f.span.range()], f.message);
            if let Some(h) = f.help { println!("     = {h}"); }
        }
    }
}
