//! Counters that nothing is ever counted on.

use super::{Check, Rule, bounds, counter_scope_mismatch};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::Rules;
use crate::policy::condition::{Ordering, Subject, Test};
use crate::policy::limit::{Amount, CounterScope, Limit, Max};
use crate::schema::places::head;
use crate::source::tree::join;
use crate::span::Span;
use crate::suggest::quoted;

/// See `limit_never_enforced.md`.
pub static RULE: Rule = Rule {
    id: "limit-never-enforced",
    severity: Severity::Error,
    summary: "a `state` block whose rule has no `lt` or `lte` on its own counter",
    doc: include_str!("limit_never_enforced.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for rules in bounds::live_rules(context) {
        for limit in rules.limits.iter().filter(|l| l.max == Max::NotEnforced) {
            if !tests_another(rules, limit) {
                report(context, rules, limit, reporter);
            }
        }
        for limit in &rules.limits {
            if let (Max::AtMost(_), Amount::Fixed(amount @ ..=0)) = (limit.max, &limit.amount) {
                report_idle(context, limit, *amount, reporter);
            }
        }
    }
}

/// A limit whose counter never goes up.
fn report_idle(context: &Context<'_>, limit: &Limit, amount: i64, reporter: &mut Reporter<'_>) {
    let pointer = format!("{}/state/increment", limit.clause.pointer);
    let span = context
        .at(&pointer)
        .map_or(limit.max_span, |node| node.span);
    let message = format!(
        "counter {} never goes up: each call adds {amount}, so the limit is never reached",
        quoted(&limit.counter.name)
    );
    reporter.report(
        Finding::new(&RULE, pointer, span, message)
            .label(limit.max_span, "this limit")
            .help("leave `increment` out: then each call adds 1"),
    );
}

/// Whether the rule of `limit` tests the counter of other calls instead, which
/// counter-scope-mismatch says.
fn tests_another(rules: &Rules, limit: &Limit) -> bool {
    let mut own = rules.rules.iter();
    let rule = own.find(|rule| rule.clause.pointer == limit.clause.pointer);
    let mut conditions = rule.iter().flat_map(|rule| &rule.conditions);
    conditions.any(|condition| {
        let bounds = matches!(
            condition.test,
            Test::Compare(Ordering::Less | Ordering::LessOrEqual, _)
        );
        bounds && counter_scope_mismatch::reads_another(condition, &limit.counter.scope)
    })
}

fn report(context: &Context<'_>, rules: &Rules, limit: &Limit, reporter: &mut Reporter<'_>) {
    let pointer = join(&limit.clause.pointer, "state");
    let entry = context.entry_at(&pointer);
    let span = entry.map_or(limit.max_span, |entry| entry.key_span);
    let path = path(limit);
    let message = format!(
        "counter {} never counts: no `lt` or `lte` of this rule tests {}",
        quoted(&limit.counter.name),
        quoted(&path),
    );
    let mut finding = Finding::new(&RULE, pointer, span, message).help(format!(
        "put a condition on {} with `lte` and the most that {} may hold into this rule",
        quoted(&path),
        bounds::each(limit.window)
    ));
    if let Some(span) = tested_instead(context, rules, limit) {
        finding = finding.label(span, "this does not limit it");
    }
    reporter.report(finding);
}

/// How conditions write the counter of `limit`.
fn path(limit: &Limit) -> String {
    let scope = match &limit.counter.scope {
        CounterScope::Tool(tool) => tool,
        CounterScope::AllTools => "_global",
    };
    format!("state.{scope}.{}", limit.counter.name)
}

/// The condition that was perhaps meant to be the limit: one of the same rule on a counter, or one of
/// another rule on this one.
fn tested_instead(context: &Context<'_>, rules: &Rules, limit: &Limit) -> Option<Span> {
    let mut conditions = rules.rules.iter().flat_map(|rule| {
        let here = rule.clause.pointer == limit.clause.pointer;
        rule.conditions
            .iter()
            .map(move |condition| (here, condition))
    });
    let (_, condition) = conditions.find(|(here, condition)| match &condition.subject {
        Subject::Counter(key) => *here || *key == limit.counter,
        Subject::Argument(_) => false,
    })?;
    Some(context.at(&condition.pointer).map_or(condition.span, head))
}
