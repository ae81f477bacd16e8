//! The same conditions twice.

use ahash::AHashMap;

use super::conditions::{Group, spelled, underlined};
use super::{Check, Rule};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::condition::Condition;
use crate::policy::{self, Effect};
use crate::suggest::quoted;

/// See `duplicate_rule.md`.
pub static RULE: Rule = Rule {
    id: "duplicate-rule",
    severity: Severity::Warning,
    summary: "the same conditions twice",
    doc: include_str!("duplicate_rule.md"),
    needs_tools: false,
    check: Check::Group(check),
};

fn check(context: &Context<'_>, group: &Group<'_>, reporter: &mut Reporter<'_>) {
    let mut rules: AHashMap<_, &policy::Rule> = AHashMap::new();
    for rule in &group.rules.rules {
        check_conditions(context, rule, reporter);
        if let Some(first) = rules.get(&key(rule))
            && !group.counts(rule)
        {
            report_rule(context, rule, first, reporter);
        } else {
            rules.entry(key(rule)).or_insert(rule);
        }
    }
}

/// Two rules with the same key decide the same calls. Order and repetitions do not count.
fn key(rule: &policy::Rule) -> (bool, Vec<String>) {
    let mut conditions: Vec<String> = rule.conditions.iter().map(text).collect();
    conditions.sort();
    conditions.dedup();
    (rule.effect == Effect::Require, conditions)
}

fn text(condition: &Condition) -> String {
    use crate::policy::condition::Test;
    match &condition.test {
        Test::Regex(pattern) => format!("{:?} regex {:?}", condition.subject, pattern.source()),
        test => format!("{:?} {test:?}", condition.subject),
    }
}

/// Whether `rule` has the conditions of an earlier rule of `group`.
pub(super) fn is_repeated(group: &Group<'_>, rule: &policy::Rule) -> bool {
    let rules = group.rules.rules.iter();
    let mut earlier = rules.take_while(|other| other.clause.pointer != rule.clause.pointer);
    let wanted = key(rule);
    earlier.any(|other| key(other) == wanted)
}

fn report_rule(
    context: &Context<'_>,
    rule: &policy::Rule,
    first: &policy::Rule,
    reporter: &mut Reporter<'_>,
) {
    let pointer = rule.clause.pointer.as_str();
    let message = "an earlier rule has the same conditions, so this one never decides anything";
    reporter.report(
        Finding::new(&RULE, pointer, underlined(context, &rule.clause), message)
            .label(underlined(context, &first.clause), "the same conditions")
            .help("remove it, or put the conditions that were meant")
            .fix(Fix::safe("remove it", context.edit.remove(pointer))),
    );
}

fn check_conditions(context: &Context<'_>, rule: &policy::Rule, reporter: &mut Reporter<'_>) {
    let mut seen: AHashMap<String, &Condition> = AHashMap::new();
    for condition in &rule.conditions {
        let Some(first) = seen.get(&text(condition)) else {
            seen.insert(text(condition), condition);
            continue;
        };
        let pointer = condition.pointer.as_str();
        let message = format!(
            "{} stands in this rule twice",
            quoted(&spelled(context, condition))
        );
        reporter.report(
            Finding::new(&RULE, pointer, condition.span, message)
                .label(first.span, "the same condition")
                .help("remove it, or put the condition that was meant")
                .fix(Fix::safe("remove it", context.edit.remove(pointer))),
        );
    }
}
