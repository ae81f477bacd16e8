//! Tools that change things, as often as an agent likes.

use super::{Check, Rule, bounds};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::limit::Window;
use crate::risk::Category;
use crate::suggest::quoted;

/// See `write_without_limit.md`.
pub static RULE: Rule = Rule {
    id: "write-without-limit",
    severity: Severity::Warning,
    summary: "a Write tool that can be called without limit",
    doc: include_str!("write_without_limit.md"),
    check: Check::Policy(check),
};

/// What is recommended, in calls a minute.
const RECOMMENDED: u64 = 30;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for listed in bounds::callable(context, Category::Write) {
        if bounds::has_limit(&listed.tool.rules) {
            continue;
        }
        let name = &listed.tool.name;
        let message = format!(
            "{} changes things and has no limit of its own: an agent in a loop changes them without end",
            quoted(&name.value)
        );
        reporter.report(
            Finding::new(&RULE, listed.tool.pointer.as_str(), name.span, message)
                .help(format!(
                    "limit its calls; {RECOMMENDED} a minute are recommended"
                ))
                .fix(bounds::limiting(
                    context,
                    listed,
                    RECOMMENDED,
                    Window::Minute,
                )),
        );
    }
}
