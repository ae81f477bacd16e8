//! Lists of `in` and `not_in` that are empty, or hold the same twice or things of several types.

use super::conditions::{self, Group, groups};
use super::{Check, Rule, numeric_string};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::condition::{Condition, Test};
use crate::policy::value::Value;
use crate::policy::{self, Effect};
use crate::source::tree::{Node, join_index};
use crate::suggest::quoted;

/// See `odd_list.md`.
pub static RULE: Rule = Rule {
    id: "odd-list",
    severity: Severity::Warning,
    summary: "an `in` or `not_in` list that is empty, repeats an element or mixes types",
    doc: include_str!("odd_list.md"),
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for group in groups(context) {
        if reporter.is_full() {
            return;
        }
        for rule in &group.rules.rules {
            for condition in &rule.conditions {
                if let Test::In(values) | Test::NotIn(values) = &condition.test {
                    check_list(context, &group, rule, condition, values, reporter);
                }
            }
        }
    }
}

fn check_list(
    context: &Context<'_>,
    group: &Group<'_>,
    rule: &policy::Rule,
    condition: &Condition,
    values: &[Value],
    reporter: &mut Reporter<'_>,
) {
    if !is_odd(values) {
        return;
    }
    let pointer = format!("{}/value", condition.pointer);
    let Some(list) = context.at(&pointer) else {
        return;
    };
    let items = list.as_sequence().unwrap_or_default();
    if items.len() != values.len() {
        return;
    }
    if values.is_empty() {
        return reporter.report(empty(rule, condition, pointer, list));
    }
    let mut seen = ahash::AHashMap::new();
    for (nth, value) in values.iter().enumerate() {
        let first = *seen.entry((kind(value), value.printed())).or_insert(nth);
        if first != nth {
            let pointer = join_index(&pointer, nth);
            let message = format!("{} is in this list already", quoted(&value.printed()));
            let fix = Fix::safe("remove it", context.edit.remove(&pointer));
            reporter.report(
                Finding::new(&RULE, pointer, items[nth].span, message)
                    .label(items[first].span, "here")
                    .help("remove it, or put the value that was meant")
                    .fix(fix),
            );
        }
    }
    // Where the argument is a string, numeric-string tells which of them are wrong.
    let told_otherwise = || {
        let mut numbers = values.iter().filter_map(Value::as_number);
        numbers.next().is_some() && numeric_string::is_string(group, condition)
    };
    if let Some(nth) = stranger(values).filter(|_| !told_otherwise()) {
        reporter.report(mixed(&pointer, items, values, nth));
    }
}

/// Whether there is anything to say of a list.
fn is_odd(values: &[Value]) -> bool {
    let mut seen = ahash::AHashSet::new();
    let is_repeated = |value: &Value| !seen.insert((kind(value), value.printed()));
    values.is_empty() || stranger(values).is_some() || values.iter().any(is_repeated)
}

/// The first element that is of another type than the first of all. The ways to set a flag are listed
/// on purpose, and of a date that is read as text yaml-scalar-trap tells.
fn stranger(values: &[Value]) -> Option<usize> {
    let is_text = |value: &Value| matches!(value, Value::Text(_) | Value::Opaque(_));
    let differs = |value: &Value| {
        let both_texts = is_text(value) && is_text(&values[0]);
        kind(value) != kind(&values[0]) && !both_texts
    };
    let nth = values.iter().position(differs)?;
    (!conditions::set_a_flag(values)).then_some(nth)
}

fn empty(rule: &policy::Rule, condition: &Condition, pointer: String, list: &Node) -> Finding {
    let message = match (&condition.test, rule.effect) {
        (Test::In(_), Effect::Require) => "nothing is in an empty list: every call is denied",
        (Test::In(_), Effect::DenyIf) => {
            "nothing is in an empty list: the rule never denies anything"
        }
        (_, Effect::Require) => {
            "`not_in` an empty list holds for any value: it only asks that there is one"
        }
        (_, Effect::DenyIf) => "`not_in` an empty list holds for any value: all of them are denied",
    };
    Finding::new(&RULE, pointer, list.span, message)
        .help("list the values, or say what is meant with `exists`")
}

fn mixed(pointer: &str, items: &[Node], values: &[Value], nth: usize) -> Finding {
    let message = format!(
        "{} in this list is {}, the first element {}",
        quoted(&values[nth].printed()),
        kind(&values[nth]),
        kind(&values[0])
    );
    Finding::new(&RULE, join_index(pointer, nth), items[nth].span, message)
        .label(items[0].span, kind(&values[0]))
        .help("write all of them as what the argument is; values that are not both numbers are compared as text")
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Text(_) => "a string",
        Value::Opaque(_) => "text to the engine",
        Value::List(_) => "a list",
        Value::Map(_) => "an object",
    }
}
