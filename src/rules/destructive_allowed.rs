//! Tools whose effect can't be undone, open to agents.

use serde_json::json;

use super::{Check, Rule, bounds};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::risk::Category;
use crate::suggest::quoted;

/// See `destructive_allowed.md`.
pub static RULE: Rule = Rule {
    id: "destructive-allowed",
    severity: Severity::Error,
    summary: "a Destructive tool that can be called",
    doc: include_str!("destructive_allowed.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for listed in bounds::within_reach(context, Category::Destructive) {
        let name = &listed.tool.name;
        let shown = quoted(&name.value);
        let message = format!(
            "{shown} can be called, and what it destroys can't be brought back: limits only slow that down"
        );
        let edits = context.edit.push_to("", "hide", &json!(name.value));
        reporter.report(
            Finding::new(&RULE, listed.tool.pointer.as_str(), name.span, message)
                .help("hide it, or deny every call: a `deny_if` without conditions, in Intercept a rule with `action: deny`")
                .fix(Fix::risky(format!("hide {shown}"), edits)),
        );
    }
}
