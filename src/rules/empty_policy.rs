//! Policies that decide nothing: everything is allowed, or nothing is.

use super::{Check, Rule};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, ListedTool, Reporter};
use crate::policy::{Posture, Rules};

/// See `empty_policy.md`.
pub static RULE: Rule = Rule {
    id: "empty-policy",
    severity: Severity::Warning,
    summary: "a policy that allows nothing at all, or everything",
    doc: include_str!("empty_policy.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if context.hides_everything().is_some() {
        return;
    }
    let (message, help) = if allows_everything(context) {
        (
            "the policy allows every call: there is no rule, no limit and nothing hidden",
            "without a policy the server would be as open; say what is wanted of it",
        )
    } else if allows_nothing(context) {
        (
            "the policy allows no call: no tool that it lists can be called",
            "list the tools that are wanted under `tools`; `{}` allows one without conditions",
        )
    } else {
        return;
    };
    let given = context
        .root
        .get("default")
        .filter(|node| node.as_str().is_some());
    let (pointer, span) = given.map_or(("", context.head()), |node| ("/default", node.span));
    reporter.report(Finding::new(&RULE, pointer, span, message).help(help));
}

fn allows_everything(context: &Context<'_>) -> bool {
    let decides = |rules: &Rules| !rules.rules.is_empty() || !rules.limits.is_empty();
    let policy = context.policy;
    policy.default == Posture::Allow
        && policy.hide.is_empty()
        && !decides(&policy.every_tool)
        && !policy.tools.iter().any(|tool| decides(&tool.rules))
}

fn allows_nothing(context: &Context<'_>) -> bool {
    context.denies_everything().is_some()
        || context.policy.default == Posture::Deny
            && !context.tools.iter().any(ListedTool::can_be_called)
}
