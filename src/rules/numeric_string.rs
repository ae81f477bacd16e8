//! Numbers that are compared with strings, and numbers too large to be told apart.

use super::conditions::Group;
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
    needs_tools: true,
    check: Check::Group(check),
};

/// From here on, float64 has not every whole number.
const FIRST_INEXACT: i128 = 1 << 53;

fn check(context: &Context<'_>, group: &Group<'_>, reporter: &mut Reporter<'_>) {
    let rules = group.rules.rules.iter();
    for condition in rules.flat_map(|rule| &rule.conditions) {
        if let Some((_, finding)) = told(context, group, condition) {
            reporter.report(finding);
        }
    }
}

/// What there is to say of `condition`, if anything is, and of which of its values.
pub(super) fn told(
    context: &Context<'_>,
    group: &Group<'_>,
    condition: &Condition,
) -> Option<(usize, Finding)> {
    let values = match &condition.test {
        Test::Eq(value) | Test::Neq(value) | Test::Contains(value) => std::slice::from_ref(value),
        Test::In(values) | Test::NotIn(values) => values,
        _ => return None,
    };
    let is_string = is_string(group, condition);
    let is_worth_a_look = |value: &Value| {
        let number = value.as_number();
        number.is_some_and(|number| is_string || number.abs() >= FIRST_INEXACT as f64)
    };
    if !values.iter().any(is_worth_a_look) {
        return None;
    }
    let pointer = format!("{}/value", condition.pointer);
    let node = context.at(&pointer)?;
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
        let help = advice(
            written(context, item),
            declared(group, condition).as_deref(),
        );
        let finding = Finding::new(&RULE, pointer, item.span, message).help(help);
        return Some((nth, finding));
    }
    None
}

/// What to do about a number, `text`, that is compared with an argument of these kinds.
fn advice(text: &str, kinds: Option<&[Kind]>) -> String {
    let in_quotes = quoted(&format!("\"{text}\""));
    match kinds {
        Some(kinds) if kinds.contains(&Kind::Text) => format!("write it in quotes: {in_quotes}"),
        Some(_) => {
            "no condition can tell numbers as large as this apart: test another argument".to_owned()
        }
        None => format!("if the argument is a string, write it in quotes: {in_quotes}"),
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
        let are = match condition.test {
            Test::Contains(_) => format!("the elements of {path} are strings"),
            _ => format!("{path} is a string"),
        };
        return Some(match value.printed() == text {
            true => format!("{are}, and {shown} a number: they are compared as text"),
            false => format!("{are}, and the number {shown} equals {printed} only"),
        });
    }
    let number: i128 = text.parse().ok()?;
    (number.abs() >= FIRST_INEXACT).then(|| {
        format!("{shown} is compared as float64, which can't tell it from the numbers next to it")
    })
}

/// The text of a number.
pub(super) fn written<'c>(context: &Context<'c>, item: &Node) -> &'c str {
    &context.file.text[item.span.range()]
}

/// The kinds that what is compared is declared to be of: the argument, or the elements of a list.
fn declared(group: &Group<'_>, condition: &Condition) -> Option<Vec<Kind>> {
    match (group.place(condition)?, &condition.test) {
        (Place::Declared(argument), Test::Contains(_)) => argument.elements,
        (Place::Declared(argument), _) => argument.declared.kinds,
        (Place::Open | Place::Absent(_), _) => None,
    }
}

/// Whether the argument is declared to be a string, which another rule has nothing to say of.
fn is_string(group: &Group<'_>, condition: &Condition) -> bool {
    declared(group, condition).is_some_and(|kinds| {
        kinds.contains(&Kind::Text)
            && kinds
                .iter()
                .all(|kind| matches!(kind, Kind::Text | Kind::Null))
    }) && operator_type_mismatch::mismatched(group, condition).is_none()
}
