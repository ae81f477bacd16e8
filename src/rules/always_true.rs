//! Conditions that every call meets.

use super::conditions::{self, Group, paths, underlined};
use super::{Check, Rule, never_true};
use crate::analysis::Question;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::condition::{Condition, Test};
use crate::policy::{self, Effect};

/// See `always_true.md`.
pub static RULE: Rule = Rule {
    id: "always-true",
    severity: Severity::Warning,
    summary: "conditions that every call meets: a `deny_if` that shuts the tool off, a `require` that does nothing",
    doc: include_str!("always_true.md"),
    needs_tools: true,
    check: Check::Group(check),
};

fn check(context: &Context<'_>, group: &Group<'_>, reporter: &mut Reporter<'_>) {
    for rule in &group.rules.rules {
        if group.counts(rule) {
            continue;
        }
        if rule.conditions.is_empty() {
            report_empty(context, rule, reporter);
        } else if always_holds(context, group, rule) {
            report_declared(context, rule, reporter);
        }
    }
}

/// A `require` without conditions. A `deny_if` without is how a tool is shut off.
fn report_empty(context: &Context<'_>, rule: &policy::Rule, reporter: &mut Reporter<'_>) {
    let pointer = rule.clause.pointer.as_str();
    let message = "a `require` without conditions is met by every call: it does nothing";
    reporter.report(
        Finding::new(
            &RULE,
            pointer,
            underlined(context, &rule.clause),
            message,
        )
        .help("add what is required, or remove it; `deny_if` without conditions denies every call")
        .fix(Fix::risky("remove it", removal(context, pointer))),
    );
}

fn removal(context: &Context<'_>, pointer: &str) -> Option<Vec<Edit>> {
    let (list, _) = pointer.rsplit_once('/')?;
    let is_alone = context.at(list)?.as_sequence()?.len() == 1;
    context.edit.remove(if is_alone { list } else { pointer })
}

/// Whether every call that follows the tool's schema meets the conditions of `rule`.
pub(super) fn always_holds(context: &Context<'_>, group: &Group<'_>, rule: &policy::Rule) -> bool {
    let Some(arguments) = group.arguments() else {
        return false;
    };
    let is_in_doubt = |condition: &Condition| {
        let enforces_schema = rule.effect == Effect::Require && !chooses(&condition.test);
        enforces_schema
            || conditions::path(condition).is_none()
            || never_true::is_misread(group, condition)
    };
    if rule.conditions.iter().any(is_in_doubt) {
        return false;
    }
    let declarations = arguments.declarations(paths(&rule.conditions));
    let follows = Question::new().as_declared(&declarations);
    let fails = follows.clone().failing(&rule.conditions);
    // Where no call follows the schema, nothing is to be said of the rule.
    context.analysis.ask(&fails).is_no() && context.analysis.ask(&follows).yes().is_some()
}

/// Whether a test picks out values. Others may be in a `require` to enforce the schema: that an
/// argument is there, is a number, or is within bounds.
fn chooses(test: &Test) -> bool {
    match test {
        Test::Eq(_) | Test::Neq(_) | Test::In(_) | Test::Contains(_) => true,
        Test::NotIn(values) => !values.is_empty(),
        Test::Compare(..) | Test::Regex(_) | Test::Exists(_) => false,
    }
}

fn report_declared(context: &Context<'_>, rule: &policy::Rule, reporter: &mut Reporter<'_>) {
    let pointer = rule.clause.pointer.as_str();
    let span = underlined(context, &rule.clause);
    let (message, help) = match rule.effect {
        Effect::DenyIf => (
            "every call that follows the tool's schema meets these conditions, and is denied",
            "narrow the conditions; to shut the tool off, hide it",
        ),
        Effect::Require => (
            "every call that follows the tool's schema meets these conditions: they hold nothing back",
            "leave out of the list what is not to be allowed, or remove the rule",
        ),
    };
    reporter.report(Finding::new(&RULE, pointer, span, message).help(help));
}
