//! The gateway dialect: from a tree to a policy.
//!
//! The schema has the first word. Whatever it objects to, lowering passes over without a second
//! finding; it goes on to find what a schema can't say (patterns that are not RE2, numbers that are
//! none). A part that was passed over leaves the whole without a policy: a policy never lacks a
//! rule that its file has.

use ahash::AHashSet;

use super::{Dialect, Lowered, traps};
use crate::finding::Finding;
use crate::policy::condition::{ArgPath, Condition, Ordering, Subject, Test};
use crate::policy::limit::{Amount, CounterKey, CounterScope, Limit, Max, Refusal, Window};
use crate::policy::re2::{Pattern, Patterns};
use crate::policy::value::Value;
use crate::policy::{Clause, Effect, Hidden, Policy, Posture, Rule, Rules, Semantics, Tool};
use crate::rules::form::{INVALID_CONDITION, INVALID_LIMIT, WRONG_TYPE, YAML_SCALAR_TRAP};
use crate::schema;
use crate::source::tree::{Entry, Node, ScalarKind, Value as Tree, join, join_index};
use crate::span::Spanned;
use crate::suggest::quoted;

/// Findings about the scalars of YAML beyond this number are left out: who has so many has one
/// mistake in many copies.
const MAX_FINDINGS: usize = 10_000;

/// Checks `root` against the gateway schema and lowers it.
pub fn lower(root: &Node) -> Lowered {
    let mut findings = schema::check_gateway(root);
    let mut lowering = Lowering::default();
    let policy = lowering.policy(root);
    lowering.traps(root);
    if policy.is_none() && findings.is_empty() && lowering.findings.is_empty() {
        debug_assert!(false, "the schema let something pass that can't be lowered");
        let message = "this policy can't be read";
        lowering.report(Finding::new(&WRONG_TYPE, "", root.span, message));
    }
    let known: AHashSet<String> = findings.iter().map(|known| known.pointer.clone()).collect();
    lowering
        .findings
        .retain(|finding| !known.contains(&finding.pointer));
    findings.append(&mut lowering.findings);
    schema::sort(&mut findings);
    Lowered::new(policy, findings)
}

/// What lowering finds on its way. Each method gives `None` for a part that can't be lowered, after
/// it has looked at all of it.
#[derive(Default)]
struct Lowering {
    findings: Vec<Finding>,
    patterns: Patterns,
}

impl Lowering {
    fn report(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Reports what a file in YAML does not say as it seems to.
    fn traps(&mut self, root: &Node) {
        traps::each(root, &mut String::new(), Dialect::Gateway, &mut |trap| {
            if self.findings.len() < MAX_FINDINGS {
                let finding =
                    Finding::new(&YAML_SCALAR_TRAP, trap.pointer, trap.span, trap.message);
                self.report(finding.help(trap.help));
            }
        });
    }

    fn policy(&mut self, root: &Node) -> Option<Policy> {
        let hide = root.get("hide").map_or(Some(Vec::new()), hidden);
        let every_tool = match root.get("all_tools") {
            Some(body) => self.limits(body, &CounterScope::AllTools, "/all_tools"),
            None => Some(Vec::new()),
        };
        let tools = match root.get("tools") {
            Some(tools) => all(tools.as_mapping()?.iter().map(|entry| self.tool(entry))),
            None => Some(Vec::new()),
        };
        let default = root.get("default")?;
        Some(Policy {
            default: posture(default)?,
            default_span: default.span,
            hide: hide?,
            tools: tools?,
            every_tool: Rules {
                rules: Vec::new(),
                limits: every_tool?,
            },
            semantics: Semantics::GATEWAY,
        })
    }

    fn tool(&mut self, entry: &Entry) -> Option<Tool> {
        let pointer = join("/tools", &entry.key);
        let body = &entry.value;
        body.as_mapping()?;
        let require = self.rules(body, Effect::Require, &pointer);
        let deny_if = self.rules(body, Effect::DenyIf, &pointer);
        let limits = self.limits(body, &CounterScope::Tool(entry.key.clone()), &pointer);
        let mut rules = require?;
        rules.extend(deny_if?);
        Some(Tool {
            name: Spanned::new(entry.key.clone(), entry.key_span),
            pointer,
            span: body.span,
            rules: Rules {
                rules,
                limits: limits?,
            },
        })
    }

    /// The rules of one effect of a tool.
    fn rules(&mut self, tool: &Node, effect: Effect, tool_pointer: &str) -> Option<Vec<Rule>> {
        let key = match effect {
            Effect::Require => "require",
            Effect::DenyIf => "deny_if",
        };
        let Some(list) = tool.get(key) else {
            return Some(Vec::new());
        };
        let list_pointer = join(tool_pointer, key);
        let items = list.as_sequence()?.iter().enumerate();
        all(items.map(|(i, node)| self.rule(node, effect, &list_pointer, i)))
    }

    fn rule(&mut self, node: &Node, effect: Effect, list: &str, index: usize) -> Option<Rule> {
        let pointer = join_index(list, index);
        let under = join(&pointer, "conditions");
        let items = node.get("conditions")?.as_sequence()?;
        let conditions = all(items
            .iter()
            .enumerate()
            .map(|(i, node)| self.condition(node, join_index(&under, i))));
        let name = join(list, &rule_name(items)?);
        let on_deny = match node.get("on_deny") {
            Some(text) => text.as_str()?,
            None => "",
        };
        let message = match on_deny {
            "" => format!("Denied by rule `{name}`"),
            text => text.to_owned(),
        };
        Some(Rule {
            effect,
            conditions: conditions?,
            clause: Clause {
                pointer,
                span: node.span,
                name,
                message,
            },
        })
    }

    fn condition(&mut self, node: &Node, pointer: String) -> Option<Condition> {
        let value = node.get("value")?;
        let test = self.test(node.get("op")?.as_str()?, value, &join(&pointer, "value"));
        Some(Condition {
            subject: Subject::Argument(argument_path(node.get("path")?)?),
            test: test?,
            pointer,
            span: node.span,
        })
    }

    fn test(&mut self, op: &str, value: &Node, pointer: &str) -> Option<Test> {
        Some(match op {
            "eq" => Test::Eq(self.value(value, pointer)?),
            "neq" => Test::Neq(self.value(value, pointer)?),
            "in" => Test::In(self.values(value, pointer)?),
            "not_in" => Test::NotIn(self.values(value, pointer)?),
            "lt" => self.compare(Ordering::Less, value, pointer)?,
            "lte" => self.compare(Ordering::LessOrEqual, value, pointer)?,
            "gt" => self.compare(Ordering::Greater, value, pointer)?,
            "gte" => self.compare(Ordering::GreaterOrEqual, value, pointer)?,
            "regex" => Test::Regex(self.pattern(value, pointer)?),
            "contains" => Test::Contains(self.value(value, pointer)?),
            "exists" => match value.as_scalar()?.kind {
                ScalarKind::Bool(flag) => Test::Exists(flag),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn compare(&mut self, ordering: Ordering, value: &Node, pointer: &str) -> Option<Test> {
        match self.value(value, pointer)? {
            Value::Float(n) => Some(Test::Compare(ordering, n)),
            _ => None,
        }
    }

    fn pattern(&mut self, value: &Node, pointer: &str) -> Option<Pattern> {
        let error = match self.patterns.read(value.as_str()?) {
            Ok(pattern) => return Some(pattern),
            Err(error) => error,
        };
        let finding = Finding::new(&INVALID_CONDITION, pointer, value.span, error.message);
        self.report(match error.help {
            Some(help) => finding.help(help),
            None => finding,
        });
        None
    }

    fn values(&mut self, list: &Node, pointer: &str) -> Option<Vec<Value>> {
        let items = list.as_sequence()?.iter().enumerate();
        all(items.map(|(i, item)| self.value(item, &join_index(pointer, i))))
    }

    /// A value to compare with. Numbers are floats, as JSON numbers are. Goes no deeper than the
    /// tree, which the readers bound.
    fn value(&mut self, node: &Node, pointer: &str) -> Option<Value> {
        let scalar = match &node.value {
            Tree::Scalar(scalar) => scalar,
            Tree::Sequence(_) => return self.values(node, pointer).map(Value::List),
            Tree::Mapping(entries) => return self.object(entries, pointer).map(Value::Map),
        };
        Some(match scalar.kind {
            ScalarKind::Null => Value::Null,
            ScalarKind::Bool(flag) => Value::Bool(flag),
            ScalarKind::Int(n) => Value::Float(n as f64),
            ScalarKind::UInt(n) => Value::Float(n as f64),
            ScalarKind::Float(n) if n.is_finite() => Value::Float(n),
            ScalarKind::Float(_) => {
                let message = format!(
                    "{} is not a number that a policy can compare with",
                    quoted(&scalar.text)
                );
                self.report(Finding::new(
                    &INVALID_CONDITION,
                    pointer,
                    node.span,
                    message,
                ));
                return None;
            }
            ScalarKind::Timestamp | ScalarKind::String => Value::Text(scalar.text.clone()),
        })
    }

    fn object(&mut self, entries: &[Entry], pointer: &str) -> Option<Vec<(String, Value)>> {
        let mut members = all(entries.iter().map(|entry| {
            let value = self.value(&entry.value, &join(pointer, &entry.key))?;
            Some((entry.key.clone(), value))
        }))?;
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        Some(members)
    }

    /// The limits of a tool, or of all of them.
    fn limits(&mut self, owner: &Node, scope: &CounterScope, pointer: &str) -> Option<Vec<Limit>> {
        let Some(list) = owner.get("limits") else {
            return owner.as_mapping().map(|_| Vec::new());
        };
        let list_pointer = join(pointer, "limits");
        let items = list.as_sequence()?.iter().enumerate();
        all(items.map(|(i, node)| self.limit(node, scope, &list_pointer, i)))
    }

    fn limit(
        &mut self,
        node: &Node,
        scope: &CounterScope,
        list: &str,
        index: usize,
    ) -> Option<Limit> {
        let pointer = join_index(list, index);
        let max_node = node.get("max")?;
        let max = self.max(max_node, &join(&pointer, "max"));
        let name = node.get("counter")?.as_str()?.to_owned();
        let window = Window::parse(node.get("window")?.as_str()?)?;
        let amount = match node.get("increment_from") {
            Some(path) => Amount::Exact(argument_path(path)?),
            None => Amount::Fixed(1),
        };
        let max = max?;
        Some(Limit {
            window,
            max: Max::AtMost(max),
            refusal: Refusal::TryAgain,
            unusable_amount: match amount.path() {
                Some(path) => format!("Limit {name}: {path} is not a usable amount"),
                None => String::new(),
            },
            amount,
            clause: Clause {
                pointer,
                span: node.span,
                name: join(list, &name),
                message: format!("Limit {name}: {max} per {window} reached."),
            },
            max_span: max_node.span,
            counter: CounterKey {
                scope: scope.clone(),
                name,
            },
        })
    }

    fn max(&mut self, node: &Node, pointer: &str) -> Option<i64> {
        /// 2^63, the first float that is too large.
        const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
        let scalar = node.as_scalar()?;
        match scalar.kind {
            ScalarKind::Int(n) if n >= 1 => Some(n),
            // `10.0` and `1e3` are whole numbers too.
            ScalarKind::Float(n) if (1.0..TOO_LARGE).contains(&n) && n.fract() == 0.0 => {
                Some(n as i64)
            }
            ScalarKind::Int(_) | ScalarKind::UInt(_) | ScalarKind::Float(_) => {
                let written = quoted(&scalar.text);
                let message = format!(
                    "`max` must be a whole number from 1 to {}, not {written}",
                    i64::MAX
                );
                self.report(Finding::new(&INVALID_LIMIT, pointer, node.span, message));
                None
            }
            _ => None,
        }
    }
}

/// All the items, if none is missing. Looks at every one all the same.
fn all<T>(items: impl Iterator<Item = Option<T>>) -> Option<Vec<T>> {
    let mut complete = Some(Vec::new());
    for item in items {
        match (item, &mut complete) {
            (Some(item), Some(list)) => list.push(item),
            _ => complete = None,
        }
    }
    complete
}

fn hidden(list: &Node) -> Option<Vec<Hidden>> {
    let items = list.as_sequence()?.iter().enumerate();
    items
        .map(|(i, node)| {
            Some(Hidden {
                name: Spanned::new(node.as_str()?.to_owned(), node.span),
                pointer: join_index("/hide", i),
            })
        })
        .collect()
}

fn posture(node: &Node) -> Option<Posture> {
    match node.as_str()? {
        "allow" => Some(Posture::Allow),
        "deny" => Some(Posture::Deny),
        _ => None,
    }
}

/// The path of an argument whose fields all have names.
fn argument_path(node: &Node) -> Option<ArgPath> {
    ArgPath::parse(node.as_str()?).filter(|path| path.fields.iter().all(|field| !field.is_empty()))
}

/// What a rule is called within its list: the path and operator of its first condition.
fn rule_name(conditions: &[Node]) -> Option<String> {
    match conditions.first() {
        Some(first) => {
            let path = first.get("path")?.as_str()?;
            let op = first.get("op")?.as_str()?;
            Some(format!("{path}-{op}"))
        }
        None => Some("always".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::json;

    fn lowered(text: &str) -> Lowered {
        lower(&json::parse(text).root.expect("the text is JSON"))
    }

    fn policy(text: &str) -> Policy {
        let lowered = lowered(text);
        assert_eq!(lowered.findings, []);
        lowered.policy.expect("a policy without findings")
    }

    const EVERYTHING: &str = r#"{
        "version": "1",
        "default": "deny",
        "hide": ["drop"],
        "all_tools": {"limits": [{"counter": "calls/all", "window": "minute", "max": 60, "scope": "grant"}]},
        "tools": {
            "pay~/x": {
                "deny_if": [
                    {"conditions": [
                        {"path": "args.a/b", "op": "gt", "value": 5},
                        {"path": "args.c.d", "op": "regex", "value": "^x"}
                    ], "on_deny": ""},
                    {"conditions": [], "on_deny": "No."}
                ],
                "require": [
                    {"conditions": [{"path": "args.r", "op": "exists", "value": true}]},
                    {"conditions": []}
                ],
                "limits": [
                    {"counter": "n", "window": "hour", "max": 1e3, "scope": "grant"},
                    {"counter": "spend", "window": "day", "max": 100, "scope": "grant", "increment_from": "args.amount"}
                ]
            },
            "*": {}
        }
    }"#;

    #[test]
    fn rules_keep_their_order_names_and_messages() {
        let policy = policy(EVERYTHING);
        let clauses: Vec<_> = policy.tools[0]
            .rules
            .rules
            .iter()
            .map(|rule| {
                let clause = &rule.clause;
                (&*clause.pointer, &*clause.name, &*clause.message)
            })
            .collect();
        assert_eq!(
            clauses,
            [
                (
                    "/tools/pay~0~1x/require/0",
                    "/tools/pay~0~1x/require/args.r-exists",
                    "Denied by rule `/tools/pay~0~1x/require/args.r-exists`"
                ),
                (
                    "/tools/pay~0~1x/require/1",
                    "/tools/pay~0~1x/require/always",
                    "Denied by rule `/tools/pay~0~1x/require/always`"
                ),
                (
                    "/tools/pay~0~1x/deny_if/0",
                    "/tools/pay~0~1x/deny_if/args.a~1b-gt",
                    "Denied by rule `/tools/pay~0~1x/deny_if/args.a~1b-gt`"
                ),
                (
                    "/tools/pay~0~1x/deny_if/1",
                    "/tools/pay~0~1x/deny_if/always",
                    "No."
                ),
            ]
        );
    }

    #[test]
    fn limits_say_whose_calls_they_count_and_what_a_call_adds() {
        let policy = policy(EVERYTHING);
        let [calls] = &policy.every_tool.limits[..] else {
            panic!("one limit for all tools");
        };
        assert_eq!(calls.clause.name, "/all_tools/limits/calls~1all");
        assert_eq!(calls.clause.pointer, "/all_tools/limits/0");
        assert_eq!(calls.counter.scope, CounterScope::AllTools);
        assert_eq!(&EVERYTHING[calls.max_span.range()], "60");

        let [rate, spend] = &policy.tools[0].rules.limits[..] else {
            panic!("two limits of the tool");
        };
        assert_eq!(
            (rate.max, &rate.amount),
            (Max::AtMost(1000), &Amount::Fixed(1))
        );
        assert_eq!(rate.counter.scope, CounterScope::Tool("pay~/x".into()));
        assert_eq!(spend.window, Window::Day);
        assert_eq!(
            spend.amount.path().map(ToString::to_string).as_deref(),
            Some("args.amount")
        );
        assert_eq!(
            spend.unusable_amount,
            "Limit spend: args.amount is not a usable amount"
        );
        assert_eq!(spend.clause.name, "/tools/pay~0~1x/limits/spend");
    }

    #[test]
    fn the_rest_of_a_policy_is_taken_over() {
        let policy = policy(EVERYTHING);
        assert_eq!(policy.default, Posture::Deny);
        assert_eq!(&EVERYTHING[policy.default_span.range()], "\"deny\"");
        assert_eq!(policy.hide[0].name.value, "drop");
        assert_eq!(policy.hide[0].pointer, "/hide/0");
        assert_eq!(policy.tools[1].name.value, "*");
        assert_eq!(policy.semantics, Semantics::GATEWAY);
        let conditions = &policy.tools[0].rules.rules[2].conditions;
        assert_eq!(conditions[0].test, Test::Compare(Ordering::Greater, 5.0));
        assert_eq!(
            conditions[1].pointer,
            "/tools/pay~0~1x/deny_if/0/conditions/1"
        );
    }

    fn condition(op: &str, value: &str) -> String {
        format!(
            r#"{{"version":"1","default":"deny","tools":{{"t":{{"deny_if":[{{"conditions":[
            {{"path":"args.x","op":"{op}","value":{value}}}]}}]}}}}}}"#
        )
    }

    #[test]
    fn values_are_what_json_says() {
        let policy = policy(&condition(
            "eq",
            r#"{"b":[1,1e2,18446744073709551615,"1",null],"a":true}"#,
        ));
        let expected = Value::Map(vec![
            ("a".into(), Value::Bool(true)),
            (
                "b".into(),
                Value::List(vec![
                    Value::Float(1.0),
                    Value::Float(100.0),
                    Value::Float(18_446_744_073_709_551_615.0),
                    Value::Text("1".into()),
                    Value::Null,
                ]),
            ),
        ]);
        assert_eq!(
            policy.tools[0].rules.rules[0].conditions[0].test,
            Test::Eq(expected)
        );
    }

    #[test]
    fn finds_what_a_schema_cannot_say() {
        for (op, value, underlined) in [
            ("regex", r#""a(b""#, r#""a(b""#),
            ("gt", "1e400", "1e400"),
            ("in", r#"[1, -1e999]"#, "-1e999"),
            ("eq", r#"{"a": [1e999]}"#, "1e999"),
        ] {
            let text = condition(op, value);
            let lowered = lowered(&text);
            let [finding] = &lowered.findings[..] else {
                panic!("one finding: {:?}", lowered.findings);
            };
            assert_eq!(finding.rule, &INVALID_CONDITION);
            assert_eq!(&text[finding.span.range()], underlined);
            assert!(
                finding
                    .pointer
                    .starts_with("/tools/t/deny_if/0/conditions/0/value")
            );
            assert_eq!(lowered.policy, None);
        }
    }

    #[test]
    fn goes_on_past_what_the_schema_reported() {
        let text = r#"{"version":"1","default":"deny","hide":5,"tools":{"a":null,"t":{"deny_if":[
            7, {"conditions":[{"path":"args.x","op":"regex","value":"("}], "on_deny": 1}]}}}"#;
        let rules: Vec<_> = lowered(text).findings.iter().map(|f| f.rule.id).collect();
        assert_eq!(
            rules,
            [
                "wrong-type",
                "wrong-type",
                "wrong-type",
                "invalid-condition",
                "wrong-type"
            ]
        );
    }

    /// Puts something odd in every place of a policy, one at a time. Whatever comes of it, a policy
    /// and an error exclude each other, and each finding has a place of its own in the text.
    #[test]
    fn no_change_slips_through() {
        const ODD: [&str; 13] = [
            "null",
            "true",
            "0",
            "-1",
            "2.5",
            "1e400",
            "\"\"",
            "\"x\"",
            "\"Deny\"",
            "[]",
            "{}",
            "[null]",
            r#"{"a":{}}"#,
        ];
        let root = json::parse(EVERYTHING).root.expect("the text is JSON");
        let mut spans = vec![];
        collect_spans(&root, &mut spans);
        for span in spans {
            for odd in ODD {
                let text = format!(
                    "{}{odd}{}",
                    &EVERYTHING[..span.start],
                    &EVERYTHING[span.end..]
                );
                let Some(root) = json::parse(&text).root else {
                    continue;
                };
                let lowered = lower(&root);
                assert_eq!(
                    lowered.policy.is_none(),
                    !lowered.findings.is_empty(),
                    "{text}"
                );
                let mut seen = AHashSet::default();
                for finding in &lowered.findings {
                    assert!(root.at(&finding.pointer).is_some(), "{finding:?}");
                    assert!(
                        text.get(finding.span.range())
                            .is_some_and(|t| !t.is_empty())
                    );
                    assert!(seen.insert((finding.pointer.clone(), finding.message.clone())));
                }
            }
        }
    }

    /// The bytes of every key and value.
    fn collect_spans(node: &Node, spans: &mut Vec<crate::span::Span>) {
        spans.push(node.span);
        for item in node.as_sequence().unwrap_or_default() {
            collect_spans(item, spans);
        }
        for entry in node.as_mapping().unwrap_or_default() {
            spans.push(entry.key_span);
            collect_spans(&entry.value, spans);
        }
    }
}
