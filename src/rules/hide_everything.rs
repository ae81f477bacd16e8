//! `hide: ["*"]`: nothing else in the policy counts.

use super::{Check, Rule};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};

/// See `hide_everything.md`.
pub static RULE: Rule = Rule {
    id: "hide-everything",
    severity: Severity::Warning,
    summary: "`*` in `hide` hides every tool",
    doc: include_str!("hide_everything.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let Some(hidden) = context.hides_everything() else {
        return;
    };
    let rest = !context.tools.is_empty() || context.policy.hide.len() > 1;
    let message = match rest {
        true => {
            "`*` hides every tool: nothing can be called, and the rest of the policy has no effect"
        }
        false => "`*` hides every tool: nothing can be called",
    };
    let finding = Finding::new(&RULE, hidden.pointer.as_str(), hidden.name.span, message);
    reporter.report(finding.help(
        "name the tools to hide; `default: deny` keeps all others from being called already",
    ));
}
