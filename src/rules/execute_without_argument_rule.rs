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
        if let Some(what) = unheld(context, listed) {
            report(listed, &what, reporter);
        }
    }
}

/// What of the arguments is run whatever it is, in words.
fn unheld(context: &Context<'_>, listed: &ListedTool<'_>) -> Option<String> {
    let inside = || {
        arguments::conditions(context, listed)
            .filter(|(_, condition)| arguments::looks_inside(condition))
    };
    let described = arguments::Described::of(listed);
    if described.is_known() {
        let free = described
            .free_form()
            .find(|name| !inside().any(|(path, _)| path.fields[0] == *name))?;
        return Some(format!("whatever its argument {} says", quoted(free)));
    }
    // Without its description only the name tells that there is such an argument.
    (arguments::name_says_free_form(listed.name()) && inside().next().is_none())
        .then(|| "whatever its arguments say".to_owned())
}

fn report(listed: &ListedTool<'_>, what: &str, reporter: &mut Reporter<'_>) {
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
