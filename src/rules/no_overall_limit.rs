//! Nothing bounds what an agent may do with all tools together.

use serde_json::json;

use super::{Check, Rule};
use crate::dialect::Dialect;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::lint::{Context, ListedTool, Reporter};
use crate::policy::Posture;

/// See `no_overall_limit.md`.
pub static RULE: Rule = Rule {
    id: "no-overall-limit",
    severity: Severity::Note,
    summary: "no limit holds for all tools together",
    doc: include_str!("no_overall_limit.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let overall = &context.policy.every_tool;
    let callable = context.hides_everything().is_none()
        && (context.policy.default == Posture::Allow
            || context.tools.iter().any(ListedTool::can_be_called));
    if !overall.limits.is_empty() || !overall.rules.is_empty() || !callable {
        return;
    }
    let place = context.root.entry("tools");
    let span = place.map_or(context.head(), |entry| entry.key_span);
    let (key, edits) = match context.dialect {
        Dialect::Gateway => ("`all_tools`", gateway(context)),
        Dialect::Intercept => ("the tool `\"*\"`", intercept(context)),
    };
    let message =
        "no limit holds for all tools together: an agent gone wrong may use up each of them";
    reporter.report(
        Finding::new(&RULE, "", span, message)
            .help(format!(
                "write one under {key}, at a rate that no honest run reaches"
            ))
            .fix(Fix::risky("limit all tools to 60 calls a minute", edits)),
    );
}

fn gateway(context: &Context<'_>) -> Option<Vec<Edit>> {
    let limit = json!({"counter": "all_calls", "window": "minute", "max": 60, "scope": "grant"});
    if context.root.get("all_tools").is_some() {
        return context.edit.push_to("/all_tools", "limits", &limit);
    }
    let body = json!({"limits": [limit]});
    context.edit.insert_after("", "default", "all_tools", &body)
}

fn intercept(context: &Context<'_>) -> Option<Vec<Edit>> {
    let body = json!({"rules": [{"name": "all calls", "rate_limit": "60/minute"}]});
    match context.root.get("tools") {
        Some(_) => context.edit.insert("/tools", "*", &body),
        None => context.edit.insert("", "tools", &json!({"*": body})),
    }
}
