//! Lists of `in` and `not_in` that are empty, or hold the same twice or things of several types.

use super::conditions::{self, Group};
use super::{Check, Rule, numeric_string};
use crate::analysis::Set;
use crate::catalog::arguments::Place;
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
    needs_tools: true,
    check: Check::Group(check),
};

fn check(context: &Context<'_>, group: &Group<'_>, reporter: &mut Reporter<'_>) {
    for rule in &group.rules.rules {
        for condition in &rule.conditions {
            if let Test::In(values) | Test::NotIn(values) = &condition.test {
                check_list(context, group, rule, condition, values, reporter);
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
    let list = List {
        context,
        pointer: &pointer,
        items,
        values,
        elsewhere: numeric_string::told(context, group, condition).map(|(nth, _)| nth),
    };
    list.report_repeated(reporter);
    if !are_declared(group, condition, values) {
        list.report_mixed(reporter);
    }
}

/// A list with its elements, as they are written and as they are read.
struct List<'l, 'c> {
    context: &'l Context<'c>,
    pointer: &'l str,
    items: &'l [Node],
    values: &'l [Value],
    /// The element of which numeric-string tells.
    elsewhere: Option<usize>,
}

impl List<'_, '_> {
    fn report_repeated(&self, reporter: &mut Reporter<'_>) {
        let mut seen = ahash::AHashMap::new();
        for (nth, value) in self.values.iter().enumerate() {
            let first = *seen.entry((kind(value), value.printed())).or_insert(nth);
            // Of numbers that are only read as the same, numeric-string says why.
            if first == nth || self.is_told_of(first) && self.shown(first) != self.shown(nth) {
                continue;
            }
            let pointer = join_index(self.pointer, nth);
            let message = format!("{} is in this list already", self.shown(nth));
            let fix = Fix::safe("remove it", self.context.edit.remove(&pointer));
            reporter.report(
                Finding::new(&RULE, pointer, self.items[nth].span, message)
                    .label(self.items[first].span, "here")
                    .help("remove it, or put the value that was meant")
                    .fix(fix),
            );
        }
    }

    fn report_mixed(&self, reporter: &mut Reporter<'_>) {
        let Some(nth) = stranger(self.values) else {
            return;
        };
        if self.is_told_of(0) || self.is_told_of(nth) {
            return;
        }
        let (stranger, usual) = (kind(&self.values[nth]), kind(&self.values[0]));
        let message = format!(
            "{} in this list is {stranger}, the first element {usual}",
            self.shown(nth)
        );
        reporter.report(
            Finding::new(&RULE, join_index(self.pointer, nth), self.items[nth].span, message)
                .label(self.items[0].span, usual)
                .help("write all of them as what the argument is; values that are not both numbers are compared as text"),
        );
    }

    fn is_told_of(&self, nth: usize) -> bool {
        self.elsewhere == Some(nth)
    }

    /// An element as its author wrote it: numbers are printed otherwise.
    fn shown(&self, nth: usize) -> String {
        match &self.values[nth] {
            Value::Int(_) | Value::Float(_) => {
                quoted(numeric_string::written(self.context, &self.items[nth]))
            }
            value => quoted(&value.printed()),
        }
    }
}

/// Whether the argument is declared to be of one kind or of another, and each of `values` is of one of
/// them.
fn are_declared(group: &Group<'_>, condition: &Condition, values: &[Value]) -> bool {
    let Some(Place::Declared(argument)) = group.place(condition) else {
        return false;
    };
    argument.declared.kinds.is_some_and(|kinds| {
        let all = Set::of_kinds(&kinds);
        values.iter().all(|value| all.contains(Some(value)))
    })
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
    let is_one = |value: &Value| value.printed() == values[0].printed();
    (!conditions::set_a_flag(values) || values.iter().all(is_one)).then_some(nth)
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
