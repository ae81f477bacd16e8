//! Witnesses: arguments of a call, which the engine itself has confirmed.

use std::fmt;

use crate::call::{Args, Outcome, ToolCall};
use crate::engine::{CompiledPolicy, CounterScoping, Counters, Decision, Replay, decide};
use crate::json::{Object, Tape};
use crate::policy::condition::{ArgPath, Condition};
use crate::policy::value::Value;
use crate::policy::{Clause, Effect, Policy, Posture, Rule, Rules, Semantics, Tool};
use crate::span::{Span, Spanned};

/// The arguments of a call that is an answer. Printed as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Witness {
    /// An object.
    arguments: Value,
}

impl Witness {
    pub(super) fn new(arguments: Value) -> Self {
        Self { arguments }
    }

    /// What it has at `path`, if it has anything.
    pub fn argument(&self, path: &ArgPath) -> Option<&Value> {
        self.at(&path.fields)
    }

    /// Whether there is an object that `path` could name a field of.
    pub(super) fn has_parent(&self, path: &ArgPath) -> bool {
        let parents = path
            .fields
            .split_last()
            .map_or(&[][..], |(_, parents)| parents);
        matches!(self.at(parents), Some(Value::Map(_)))
    }

    fn at(&self, fields: &[String]) -> Option<&Value> {
        fields
            .iter()
            .try_fold(&self.arguments, |value, name| match value {
                Value::Map(entries) => entries
                    .iter()
                    .find(|(key, _)| key == name)
                    .map(|(_, value)| value),
                _ => None,
            })
    }

    /// The arguments as a JSON object. `None` if one is a number beyond float64, which only the
    /// printed form can tell.
    pub fn to_json(&self) -> Option<serde_json::Value> {
        json(&self.arguments)
    }

    /// Whether the engine finds that the call meets each list of `holds` and fails each of `fails`.
    pub(super) fn is_confirmed(&self, holds: &[Vec<Condition>], fails: &[Vec<Condition>]) -> bool {
        let required = holds
            .iter()
            .map(|conditions| rule(Effect::Require, conditions));
        let denied = fails
            .iter()
            .map(|conditions| rule(Effect::DenyIf, conditions));
        let policy = CompiledPolicy::new(
            &policy(required.chain(denied).collect()),
            CounterScoping::Tool,
        );
        let text = self.to_string();
        let mut tape = Tape::default();
        let Ok(Some(arguments)) = tape.read(&text, Span::new(0, text.len())) else {
            return false;
        };
        let call = call(arguments);
        let decision = decide(
            &policy,
            &mut Counters::new(&policy),
            &call,
            Replay::default(),
        );
        matches!(decision, Ok(Decision::Allow))
    }
}

/// The name of the only tool there is when a witness is checked.
const TOOL: &str = "tool";

fn policy(rules: Vec<Rule>) -> Policy {
    let tool = Tool {
        name: Spanned::new(TOOL.to_owned(), Span::default()),
        pointer: String::new(),
        span: Span::default(),
        rules: Rules {
            rules,
            limits: Vec::new(),
        },
    };
    Policy {
        default: Posture::Deny,
        default_span: Span::default(),
        hide: Vec::new(),
        tools: vec![tool],
        every_tool: Rules::default(),
        semantics: Semantics::GATEWAY,
    }
}

fn rule(effect: Effect, conditions: &[Condition]) -> Rule {
    Rule {
        effect,
        conditions: conditions.to_vec(),
        clause: Clause {
            pointer: String::new(),
            span: Span::default(),
            name: String::new(),
            message: String::new(),
        },
    }
}

fn call(arguments: Object<'_>) -> ToolCall<'_> {
    ToolCall {
        line: 1,
        ts: None,
        ts_text: None,
        session: None,
        grant: None,
        server: None,
        tool: TOOL.into(),
        args: Args::Object(arguments),
        outcome: Outcome::Unspecified,
        in_batch: false,
        stated: None,
    }
}

/// Recursion is bounded as in [`write_json`].
fn json(value: &Value) -> Option<serde_json::Value> {
    Some(match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(b) => (*b).into(),
        Value::Int(n) => (*n).into(),
        Value::Float(n) if is_plain_whole(*n) => (*n as i64).into(),
        Value::Float(n) => serde_json::Number::from_f64(*n)?.into(),
        Value::Text(text) | Value::Opaque(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(json).collect::<Option<Vec<_>>>()?.into(),
        Value::Map(entries) => {
            let fields = entries
                .iter()
                .map(|(key, value)| Some((key.clone(), json(value)?)));
            fields.collect::<Option<serde_json::Map<_, _>>>()?.into()
        }
    })
}

/// Whether `n` is a whole number that float64 and 64 bits both hold exactly.
fn is_plain_whole(n: f64) -> bool {
    n.fract() == 0.0 && n.abs() < 2_f64.powi(53) && !(n == 0.0 && n.is_sign_negative())
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_json(&self.arguments, f)
    }
}

/// Recursion is bounded by the length of paths: lists hold no lists.
fn write_json(value: &Value, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::Null => f.write_str("null"),
        Value::Bool(b) => write!(f, "{b}"),
        Value::Int(n) => write!(f, "{n}"),
        Value::Float(n) => write_number(*n, f),
        Value::Text(text) | Value::Opaque(text) => write_string(text, f),
        Value::List(items) => {
            f.write_str("[")?;
            for (i, item) in items.iter().enumerate() {
                f.write_str(if i > 0 { "," } else { "" })?;
                write_json(item, f)?;
            }
            f.write_str("]")
        }
        Value::Map(entries) => {
            f.write_str("{")?;
            for (i, (key, value)) in entries.iter().enumerate() {
                f.write_str(if i > 0 { "," } else { "" })?;
                write_string(key, f)?;
                f.write_str(":")?;
                write_json(value, f)?;
            }
            f.write_str("}")
        }
    }
}

/// The shortest digits that read back as the same number.
fn write_number(n: f64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let size = n.abs();
    if n.is_infinite() {
        // Any number too large for float64 would do.
        f.write_str(if n < 0.0 { "-1e999" } else { "1e999" })
    } else if n == 0.0 || (1e-6..1e17).contains(&size) {
        write!(f, "{n}")
    } else {
        write!(f, "{n:e}")
    }
}

fn write_string(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(&serde_json::Value::from(text).to_string())
}
