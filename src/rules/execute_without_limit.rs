//! Tools that run what they are given, as often as an agent likes.

use super::{Check, Rule, bounds};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::limit::Window;
use crate::risk::Category;
use crate::suggest::quoted;

/// See `execute_without_limit.md`.
pub static RULE: Rule = Rule {
    id: "execute-without-limit",
    severity: Severity::Error,
    summary: "an Execute tool that can be called without limit",
    doc: include_str!("execute_without_limit.md"),
    check: Check::Policy(check),
};

/// What is recommended, in calls a minute.
const RECOMMENDED: u64 = 10;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for listed in bounds::callable(context, Category::Execute) {
        if bounds::has_limit(&listed.tool.rules) {
            continue;
        }
        let name = &listed.tool.name;
        let message = format!(
            "{} runs things and has no limit of its own: an agent gone wrong may call it without end",
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
