//! Tools that run any text that an agent hands them.

use super::{Check, Rule, arguments, bounds};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, ListedTool, Reporter};
use crate::risk::Category;
use crate::suggest::quoted;

/// See `execute_without_argument_rule.md`.
pub static RULE: Rule = Rule {
    id: "execute-without-argument-rule",
    severity: Severity::Warning,
    summary: "an Execute tool whose free-form argument no condition looks at",
    doc: include_str!("execute_without_argument_rule.md"),
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for listed in bounds::callable(context, Category::Execute) {
        if let Some(free) = unheld(context, listed) {
            report(listed, &free, reporter);
        }
    }
}

/// What a tool runs whatever it is.
pub(super) enum Free {
    /// What this argument holds.
    Argument(String),
    /// What its arguments hold, which are not known.
    Unknown,
}

/// What of the arguments of an Execute tool is run whatever it is.
pub(super) fn unheld(context: &Context<'_>, listed: &ListedTool<'_>) -> Option<Free> {
    let inside = || {
        arguments::conditions(context, listed)
            .filter(|(_, effect, condition)| arguments::holds_back(*effect, condition))
    };
    let described = arguments::Described::of(listed);
    if described.is_known() {
        let free = described
            .free_form()
            .find(|name| !inside().any(|(path, ..)| path.fields[0] == *name))?;
        return Some(Free::Argument(free.to_owned()));
    }
    // Without its description only the name tells that there is such an argument.
    (arguments::name_says_free_form(listed.name()) && inside().next().is_none())
        .then_some(Free::Unknown)
}

fn report(listed: &ListedTool<'_>, free: &Free, reporter: &mut Reporter<'_>) {
    let what = match free {
        Free::Argument(name) => format!("whatever its argument {} says", quoted(name)),
        Free::Unknown => "whatever its arguments say".to_owned(),
    };
    let name = &listed.tool.name;
    let message = format!(
        "{} runs {what}: no condition looks at it",
        quoted(&name.value)
    );
    let pointer = listed.tool.pointer.as_str();
    reporter.report(
        Finding::new(&RULE, pointer, name.span, message)
            .help("require it to be one of a list (`in`), or to match an anchored `regex`"),
    );
}
