//! Tools that are hidden and have rules all the same.

use super::{Check, Rule};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::suggest::quoted;

/// See `hidden_and_listed.md`.
pub static RULE: Rule = Rule {
    id: "hidden-and-listed",
    severity: Severity::Warning,
    summary: "a tool is hidden and listed under `tools`",
    doc: include_str!("hidden_and_listed.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if context.hides_everything().is_some() {
        return;
    }
    for listed in &context.tools {
        let Some(hidden) = listed.hidden else {
            continue;
        };
        let message = format!(
            "{} is hidden, so what is listed for it never applies",
            quoted(listed.name())
        );
        let tool = listed.tool;
        // Rules and limits guard the tool when it is shown again.
        let guards = tool.rules.rules.len() + tool.rules.limits.len();
        let edits = (guards == 0).then(|| context.edit.remove(&tool.pointer));
        let finding = Finding::new(&RULE, tool.pointer.as_str(), tool.name.span, message);
        reporter.report(
            finding
                .label(hidden.name.span, "hidden here")
                .help("remove it from `tools` if it is to stay hidden, or from `hide` if it is to be called")
                .fix(Fix::safe("remove it from `tools`: it stays hidden", edits.flatten())),
        );
    }
}
