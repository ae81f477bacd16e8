//! A name that stands in `hide` more than once.

use ahash::AHashMap;

use super::{Check, Rule};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::suggest::quoted;

/// See `duplicate_hide.md`.
pub static RULE: Rule = Rule {
    id: "duplicate-hide",
    severity: Severity::Warning,
    summary: "a tool is hidden twice",
    doc: include_str!("duplicate_hide.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let mut first = AHashMap::new();
    for hidden in &context.policy.hide {
        let name = hidden.name.value.as_str();
        let Some(&earlier) = first.get(name) else {
            first.insert(name, hidden.name.span);
            continue;
        };
        let message = format!("{} is in `hide` twice", quoted(name));
        let edits = context.edit.remove(&hidden.pointer);
        let finding = Finding::new(&RULE, hidden.pointer.as_str(), hidden.name.span, message);
        reporter.report(
            finding
                .label(earlier, "first here")
                .help("remove one of them; was another tool meant?")
                .fix(Fix::safe("remove the second", edits)),
        );
    }
}
