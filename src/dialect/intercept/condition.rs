//! Conditions: a path, an operator and a value, checked one by one.

use super::document::{Field, Object, Reader, value_span};
use super::fields::{choice, required};
use super::report::{AbsentKey, Report};
use super::unknown::Part;
use super::value::{scalar_value, value};
use crate::policy::condition::{OPERATORS, Ordering, Test};
use crate::policy::value::Value;
use crate::rules::form::INVALID_CONDITION;
use crate::schema::words::{
    OPERATORS_BY_OTHER_NAMES, argument_in, did_you_mean, json, literal, operators_help, shown,
    unquoted, write,
};
use crate::source::tree::{Node, ScalarKind, join};
use crate::suggest::quoted;

/// A condition as it is written.
pub(super) struct Condition<'a> {
    pub object: Object<'a>,
    pub path: Field<'a>,
    /// What has to hold. `None` if that can't be told, which has been reported.
    pub test: Option<Test>,
}

/// Reads the condition at `pointer` and reports what is wrong with it.
pub(super) fn read<'a>(
    reader: &mut Reader<'_>,
    node: &'a Node,
    pointer: String,
) -> Option<Condition<'a>> {
    let object = reader.object(node, pointer, Part::Condition, None)?;
    let path = reader.text(&object, "path");
    let op = reader.text(&object, "op");
    check_path(&object, path, reader.report);
    let op = operator(&object, op, reader.report);
    let value = object.node.get("value");
    let pointer = join(&object.pointer, "value");
    let test = op.and_then(|op| test(op, value, &object, reader.report));
    // A value that is refused needs no second finding about how it is read.
    let fits = op.is_none() || test.is_some();
    if let Some(value) = value.filter(|_| fits) {
        let counts = path.given().is_some_and(|path| path.starts_with("state."))
            && matches!(test, Some(Test::Compare(..)));
        reader.report.traps(value, &pointer, counts);
    }
    Some(Condition { object, path, test })
}

fn check_path(object: &Object<'_>, path: Field<'_>, report: &mut Report) {
    let Some(text) = required(object, path, "path: args.<field>", None, report) else {
        return;
    };
    if text.starts_with("args.") || text.starts_with("state.") {
        return;
    }
    let message = format!(
        "`path` must start with `args.` or `state.`, not {}",
        quoted(text)
    );
    let help = match argument_in(text) {
        Some(fields) => did_you_mean(&format!("args.{fields}")),
        None => "name an argument: `args.<field>`".into(),
    };
    let (pointer, span) = object.place(path);
    report
        .refuse(&INVALID_CONDITION, pointer, span, message)
        .help = Some(help);
}

fn operator<'a>(object: &Object<'_>, op: Field<'a>, report: &mut Report) -> Option<&'a str> {
    let text = required(object, op, "op: eq", Some(operators_help()), report)?;
    let synonyms = OPERATORS_BY_OTHER_NAMES;
    let known = choice(object, op, &INVALID_CONDITION, &OPERATORS, synonyms, report);
    known.then_some(text)
}

/// The test of a known operator. A value that is not there is null.
fn test(op: &str, node: Option<&Node>, object: &Object<'_>, report: &mut Report) -> Option<Test> {
    let operand = || node.map_or(Value::Null, value);
    let made = match op {
        "eq" => Some(Test::Eq(operand())),
        "neq" => Some(Test::Neq(operand())),
        "contains" => Some(Test::Contains(operand())),
        "in" | "not_in" => match operand() {
            Value::List(values) if op == "in" => Some(Test::In(values)),
            Value::List(values) => Some(Test::NotIn(values)),
            _ => None,
        },
        "exists" => match operand() {
            Value::Bool(flag) => Some(Test::Exists(flag)),
            _ => None,
        },
        "regex" => match operand() {
            Value::Text(source) => return regex(&source, node?, object, report),
            _ => None,
        },
        _ => ordering(op).and_then(|ordering| {
            let number = node?.as_scalar().map(scalar_value)?.as_number()?;
            Some(Test::Compare(ordering, number))
        }),
    };
    if made.is_none() {
        unfit(op, node, object, report);
    }
    made
}

fn ordering(op: &str) -> Option<Ordering> {
    Some(match op {
        "lt" => Ordering::Less,
        "lte" => Ordering::LessOrEqual,
        "gt" => Ordering::Greater,
        "gte" => Ordering::GreaterOrEqual,
        _ => return None,
    })
}

fn regex(source: &str, node: &Node, object: &Object<'_>, report: &mut Report) -> Option<Test> {
    let error = match report.patterns.read(source) {
        Ok(pattern) => return Some(Test::Regex(pattern)),
        Err(error) => error,
    };
    let pointer = join(&object.pointer, "value");
    report
        .refuse(&INVALID_CONDITION, pointer, value_span(node), error.message)
        .help = error.help;
    None
}

/// Reports a value that its operator can't work with.
fn unfit(op: &str, node: Option<&Node>, object: &Object<'_>, report: &mut Report) {
    let needs = match op {
        "in" | "not_in" => "a list",
        "regex" => "a pattern in quotes",
        "exists" => "`true` or `false`",
        _ => "a number",
    };
    let Some(node) = node else {
        if object.has_misspelt("value") {
            report.refused = true;
            return;
        }
        let absent = AbsentKey {
            key: "value",
            member: match op {
                "in" | "not_in" => "value: [ … ]",
                "exists" => "value: true",
                _ => "value: …",
            },
            why: format!(", and `{op}` needs {needs}"),
            help: None,
        };
        report.absent(object, absent);
        return;
    };
    let message = match node.as_scalar().map(|scalar| scalar.kind) {
        Some(ScalarKind::UInt(n)) if needs == "a number" => {
            format!(
                "`{op}` can't compare with {n}: the engine's whole numbers end at {}",
                i64::MAX
            )
        }
        _ => format!("`{op}` needs {needs}, not {}", shown(node)),
    };
    let pointer = join(&object.pointer, "value");
    let mut span = value_span(node);
    if span.is_empty() {
        span = object.node.entry("value").map_or(span, |e| e.key_span);
    }
    report
        .refuse(&INVALID_CONDITION, pointer, span, message)
        .help = instead(op, node);
}

/// What to write instead of a value that does not fit.
fn instead(op: &str, node: &Node) -> Option<String> {
    let scalar = node.as_scalar()?;
    let text = scalar.text.trim();
    match op {
        "in" | "not_in" => literal(node).map(|value| write(&format!("[{value}]"))),
        "regex" => (scalar.kind != ScalarKind::Null).then(|| write(&json(text))),
        "exists" => match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(unquoted("true")),
            "false" | "no" | "off" | "0" => Some(unquoted("false")),
            _ => None,
        },
        _ => (scalar.quoted && text.parse::<serde_json::Number>().is_ok()).then(|| unquoted(text)),
    }
}
