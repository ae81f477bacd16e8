//! Denials that don't say why.

use ahash::AHashSet;
use serde_json::json;

use super::{Check, Rule};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::{self, Effect, Rules};
use crate::schema::places::head;
use crate::source::tree::Node;

/// See `missing_on_deny.md`.
pub static RULE: Rule = Rule {
    id: "missing-on-deny",
    severity: Severity::Note,
    summary: "a rule that denies without a reason for the agent",
    doc: include_str!("missing_on_deny.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let seen = context
        .tools
        .iter()
        .filter(|listed| listed.hidden.is_none());
    let of_tools = seen.map(|listed| &listed.tool.rules);
    for rules in of_tools.chain([&context.policy.every_tool]) {
        for rule in silent(context, rules) {
            report(context, rule, reporter);
        }
    }
}

/// The rules without a message of their own. Limits have one that says when to try again.
fn silent<'a>(
    context: &'a Context<'_>,
    rules: &'a Rules,
) -> impl Iterator<Item = &'a policy::Rule> {
    let limits: AHashSet<&str> = rules
        .limits
        .iter()
        .map(|l| l.clause.pointer.as_str())
        .collect();
    rules.rules.iter().filter(move |rule| {
        let pointer = rule.clause.pointer.as_str();
        let message = context.at(pointer).and_then(|node| node.get("on_deny"));
        let says = message
            .and_then(Node::as_scalar)
            .is_some_and(|text| !text.text.trim().is_empty());
        !says && !limits.contains(pointer)
    })
}

fn report(context: &Context<'_>, rule: &policy::Rule, reporter: &mut Reporter<'_>) {
    let Some(node) = context.at(&rule.clause.pointer) else {
        return;
    };
    let message = match rule.effect {
        Effect::DenyIf => "this denial gives the agent no reason, so the agent will try again",
        Effect::Require => {
            "a call that fails this gives the agent no reason, so the agent will try again"
        }
    };
    let text = json!("Not permitted by policy. Do not retry.");
    let pointer = rule.clause.pointer.as_str();
    let edits = context.edit.insert(pointer, "on_deny", &text);
    reporter.report(
        Finding::new(&RULE, pointer, head(node), message)
            .help("say in `on_deny` what is not allowed, and what to do instead")
            .fix(Fix::risky("add an `on_deny` to be reworded", edits)),
    );
}
