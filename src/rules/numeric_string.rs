//! Numbers that are compared with strings, and numbers too large to be told apart.

use super::conditions::{Group, groups};
use super::{Check, Rule, operator_type_mismatch};
use crate::analysis::Kind;
use crate::catalog::arguments::Place;
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::condition::{Condition, Test};
use crate::policy::value::Value;
use crate::source::tree::{Node, join_index};
use crate::suggest::quoted;

/// See `numeric_string.md`.
pub static RULE: Rule = Rule {
    id: "numeric-string",
    severity: Severity::Warning,
    summary: "a number compared with a string argument, or an id above 2^53",
    doc: include_str!("numeric_string.md"),
    check: Check::Policy(check),
};

/// From here on, float64 has not every whole number.
const FIRST_INEXACT: i128 = 1 << 53;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for group in groups(context) {
        if reporter.is_full() {
            return;
        }
        let rules = group.rules.rules.iter();
        for condition in rules.flat_map(|rule| &rule.conditions) {
            check_condition(context, &group, condition, reporter);
        }
    }
}

fn check_condition(
    context: &Context<'_>,
    group: &Group<'_>,
    condition: &Condition,
    reporter: &mut Reporter<'_>,
) {
    let values = match &condition.test {
        Test::Eq(value) | Test::Neq(value) => std::slice::from_ref(value),
        Test::In(values) | Test::NotIn(values) => values,
        _ => return,
    };
    let is_string = is_string(group, condition);
    let is_worth_a_look = |value: &Value| {
        let number = value.as_number();
        number.is_some_and(|number| is_string || number.abs() >= FIRST_INEXACT as f64)
    };
    if !values.iter().any(is_worth_a_look) {
        return;
    }
    let pointer = format!("{}/value", condition.pointer);
    let Some(node) = context.at(&pointer) else {
        return;
    };
    let listed = matches!(condition.test, Test::In(_) | Test::NotIn(_));
    let items = match listed {
        true => node.as_sequence().unwrap_or_default(),
        false => std::slice::from_ref(node),
    };
    for (nth, (item, value)) in items.iter().zip(values).enumerate() {
        if value.as_number().is_none() {
            continue;
        }
        let Some(message) = said(context, condition, item, value, is_string) else {
            continue;
        };
        let pointer = match listed {
            true => join_index(&pointer, nth),
            false => pointer.clone(),
        };
        let help = format!(
            "write it in quotes: {}",
            quoted(&format!("\"{}\"", written(context, item)))
        );
        return reporter.report(Finding::new(&RULE, pointer, item.span, message).help(help));
    }
}

/// What is wrong with comparing with the number `value`, if anything is.
fn said(
    context: &Context<'_>,
    condition: &Condition,
    item: &Node,
    value: &Value,
    is_string: bool,
) -> Option<String> {
    let text = written(context, item);
    let shown = quoted(text);
    let path = super::conditions::path(condition)?;
    if is_string {
        let path = quoted(&path.to_string());
        let printed = quoted(&value.printed());
        return Some(match value.printed() == text {
            true => format!("{path} is a string, and {shown} a number: they are compared as text"),
            false => format!("{path} is a string, and the number {shown} equals {printed} only"),
        });
    }
    let number: i128 = text.parse().ok()?;
    (number.abs() >= FIRST_INEXACT).then(|| {
        format!("{shown} is compared as float64, which can't tell it from the numbers next to it")
    })
}

fn written<'c>(context: &Context<'c>, item: &Node) -> &'c str {
    &context.file.text[item.span.range()]
}

/// Whether the argument is declared to be a string, which another rule has nothing to say of.
fn is_string(group: &Group<'_>, condition: &Condition) -> bool {
    let Some(Place::Declared(argument)) = group.place(condition) else {
        return false;
    };
    argument.declared.kinds.is_some_and(|kinds| {
        kinds.contains(&Kind::Text)
            && kinds
                .iter()
                .all(|kind| matches!(kind, Kind::Text | Kind::Null))
    }) && operator_type_mismatch::mismatched(group, condition).is_none()
}
