//! Tools that nobody has thought of are open.

use serde_json::json;

use super::{Check, Rule};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::Posture;

/// See `default_allow.md`.
pub static RULE: Rule = Rule {
    id: "default-allow",
    severity: Severity::Error,
    summary: "every tool that the policy does not list may be called",
    doc: include_str!("default_allow.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let opens = context.policy.default == Posture::Allow
        && context.hides_everything().is_none()
        && context.denies_everything().is_none();
    if opens {
        reporter.report(finding(context));
    }
}

fn finding(context: &Context<'_>) -> Finding {
    let title = "deny what is not listed";
    let help = "write `default: deny` and list the tools that are wanted; a replay of recorded calls \
                tells which are used";
    let given = context
        .root
        .get("default")
        .filter(|node| node.as_str().is_some());
    match given {
        Some(node) => {
            let message = "every tool that the policy does not list may be called, and so may every \
                           tool that the server adds later";
            let edits = context.edit.replace("/default", &json!("deny"));
            Finding::new(&RULE, "/default", node.span, message).fix(Fix::risky(title, edits))
        }
        None => {
            let message = "without `default`, every tool that the policy does not list may be called, \
                           and so may every tool that the server adds later";
            let edit = &context.edit;
            let edits = edit.insert_after("", "version", "default", &json!("deny"));
            Finding::new(&RULE, "", context.head(), message).fix(Fix::risky(title, edits))
        }
    }
    .help(help)
}
