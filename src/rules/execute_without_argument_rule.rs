//! Tools that run any text that an agent hands them.

use std::cell::LazyCell;

use super::site::{Site, sites};
use super::{Check, Rule, arguments, bounds, matches_everything, unanchored_regex};
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
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let sites = LazyCell::new(|| sites(context));
    for listed in bounds::callable(context, Category::Execute) {
        if let Some(free) = unheld(context, listed)
            && !is_told(context, listed, &free, &sites)
        {
            report(listed, &free, reporter);
        }
    }
}

/// Whether another rule says of a pattern on this argument that it leaves it open.
fn is_told(
    context: &Context<'_>,
    listed: &ListedTool<'_>,
    free: &Free,
    sites: &[Site<'_>],
) -> bool {
    let analysis = &context.analysis;
    let is_on_it = |site: &&Site<'_>| {
        let is_its = std::ptr::eq(site.rules, &listed.tool.rules)
            || std::ptr::eq(site.rules, &context.policy.every_tool);
        let is_path = match free {
            Free::Argument(name) => site.path.fields[0] == *name,
            Free::Unknown => true,
        };
        is_its && is_path
    };
    let mut on_it = sites.iter().filter(is_on_it);
    on_it.any(|site| {
        matches_everything::is_reported(site, analysis)
            || unanchored_regex::is_reported(site, analysis)
    })
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
            .filter(|(_, effect, condition)| arguments::holds_back(context, *effect, condition))
    };
    let described = arguments::Described::of(listed);
    if described.is_known() {
        let mut free = described.free_form().into_iter();
        let free = free.find(|name| !inside().any(|(path, ..)| path.fields[0] == *name))?;
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
