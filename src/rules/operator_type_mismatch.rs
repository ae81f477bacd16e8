//! Operators that can never hold for an argument's declared type.

use super::conditions::Group;
use super::{Check, Rule};
use crate::analysis::{Kind, Set};
use crate::catalog::arguments::Place;
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::condition::{Condition, Test};
use crate::policy::{self, Effect};
use crate::suggest::quoted;

/// See `operator_type_mismatch.md`.
pub static RULE: Rule = Rule {
    id: "operator-type-mismatch",
    severity: Severity::Error,
    summary: "an operator that can never hold for the argument's declared type",
    doc: include_str!("operator_type_mismatch.md"),
    needs_tools: true,
    check: Check::Group(check),
};

fn check(context: &Context<'_>, group: &Group<'_>, reporter: &mut Reporter<'_>) {
    for rule in &group.rules.rules {
        for condition in &rule.conditions {
            if let Some(mismatch) = mismatched(group, condition) {
                reporter.report(finding(context, rule, condition, &mismatch));
            }
        }
    }
}

/// What is declared where a condition can't hold.
pub(super) struct Mismatch {
    /// The kinds of the argument.
    kinds: Vec<Kind>,
    /// Those of its elements, where it is a list and they are the reason.
    elements: Option<Vec<Kind>>,
}

/// What is declared of the argument, if `condition` can hold for nothing of that.
pub(super) fn mismatched(group: &Group<'_>, condition: &Condition) -> Option<Mismatch> {
    let is_empty_list = matches!(&condition.test, Test::In(values) if values.is_empty());
    if matches!(condition.test, Test::Exists(_)) || is_empty_list {
        return None;
    }
    let Place::Declared(argument) = group.place(condition)? else {
        return None;
    };
    let kinds = argument.declared.kinds.filter(|kinds| !kinds.is_empty())?;
    let elements = argument.elements.filter(|elements| {
        let Test::Contains(value) = &condition.test else {
            return false;
        };
        let equal = Set::equal_to(std::slice::from_ref(value));
        kinds.contains(&Kind::List) && equal.and(&Set::of_kinds(elements)).is_plainly_empty()
    });
    let counted = kinds.iter().copied();
    let counted: Vec<Kind> = counted
        .filter(|kind| *kind != Kind::List || elements.is_none())
        .collect();
    let possible = Set::meeting(&condition.test).and(&Set::of_kinds(&counted));
    possible
        .is_plainly_empty()
        .then_some(Mismatch { kinds, elements })
}

fn finding(
    context: &Context<'_>,
    rule: &policy::Rule,
    condition: &Condition,
    mismatch: &Mismatch,
) -> Finding {
    let node = context.at(&condition.pointer);
    let text = |key: &str| {
        let text = node.and_then(|node| node.get(key)?.as_str());
        quoted(text.unwrap_or_default())
    };
    let consequence = match rule.effect {
        Effect::DenyIf => "the rule never denies anything",
        Effect::Require => "every call is denied",
    };
    let holds = match condition.test {
        _ if mismatch.elements.is_some() => "with this value can't hold for it",
        Test::Compare(..) => "compares numbers only",
        Test::Regex(_) => "looks at strings only",
        Test::Contains(_) => "looks into strings and lists only",
        _ => "with this value can't hold for it",
    };
    let kind = match &mismatch.elements {
        Some(elements) => format!("a list whose elements are {}", in_plural(elements)),
        None => named(&mismatch.kinds),
    };
    let (path, op) = (text("path"), text("op"));
    let message = format!("{path} is {kind}, and {op} {holds}: {consequence}");
    Finding::new(&RULE, condition.pointer.as_str(), condition.span, message)
        .help(advice(condition, mismatch))
}

fn advice(condition: &Condition, mismatch: &Mismatch) -> &'static str {
    if mismatch.elements.is_some() {
        return "conditions can't look into the elements of a list: test another argument, or deny the tool";
    }
    match (&condition.test, mismatch.kinds.as_slice()) {
        (Test::Compare(..), kinds) if kinds.contains(&Kind::Text) => {
            "numeric strings are not numbers: use `regex` or `in`, or bound another argument"
        }
        (Test::Regex(_) | Test::Contains(_), kinds) if kinds.contains(&Kind::Number) => {
            "bound a number with `lt`, `lte`, `gt` or `gte`, or list its values with `in`"
        }
        (Test::Regex(_), kinds) if kinds.contains(&Kind::List) => {
            "look for an element of a list with `contains`"
        }
        (_, kinds) if kinds.contains(&Kind::Object) => "look at a field of the object",
        _ => "use an operator, or a value, that fits the type",
    }
}

/// `a string or null`
fn named(kinds: &[Kind]) -> String {
    let names = kinds.iter().map(|kind| kind.called());
    let (null, mut names): (Vec<_>, Vec<_>) = names.partition(|name| *name == "null");
    names.extend(null);
    names.join(" or ")
}

/// `strings or objects`
fn in_plural(kinds: &[Kind]) -> String {
    let names = kinds.iter().map(|kind| match kind {
        Kind::Missing => "missing",
        Kind::Null => "null",
        Kind::Bool => "booleans",
        Kind::Number => "numbers",
        Kind::Text => "strings",
        Kind::List => "lists",
        Kind::Object => "objects",
    });
    names.collect::<Vec<_>>().join(" or ")
}
