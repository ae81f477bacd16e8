//! Rules and limits of tools that no call gets through to.

use super::{Check, Rule};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, ListedTool, Reporter};
use crate::policy::Clause;
use crate::schema::places::head;
use crate::suggest::quoted;

/// See `limit_on_dead_tool.md`.
pub static RULE: Rule = Rule {
    id: "limit-on-dead-tool",
    severity: Severity::Warning,
    summary: "limits or rules on a tool that is always denied",
    doc: include_str!("limit_on_dead_tool.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if context.hides_everything().is_some() || context.denies_everything().is_some() {
        return;
    }
    // Of hidden tools, hidden-and-listed says that nothing of them applies.
    for listed in context
        .tools
        .iter()
        .filter(|listed| listed.hidden.is_none())
    {
        if let Some(denier) = listed.always_denied
            && let Some(first) = dead(listed, denier).next()
        {
            report(context, listed, denier, first, reporter);
        }
    }
}

/// What never applies, limits first. `denier`, the rule that denies every call, is not among it.
fn dead<'a>(
    listed: &ListedTool<'a>,
    denier: &'a Clause,
) -> impl Iterator<Item = &'a Clause> + use<'a> {
    let rules = &listed.tool.rules;
    let clauses = rules.limits.iter().map(|limit| &limit.clause);
    let clauses = clauses.chain(rules.rules.iter().map(|rule| &rule.clause));
    clauses.filter(move |clause| clause.pointer != denier.pointer)
}

fn report(
    context: &Context<'_>,
    listed: &ListedTool<'_>,
    denier: &Clause,
    first: &Clause,
    reporter: &mut Reporter<'_>,
) {
    let name = quoted(listed.name());
    let what = match listed.tool.rules.limits.is_empty() {
        true => "this rule never applies",
        false => "this limit never applies",
    };
    let place = context.at(&first.pointer).map_or(first.span, head);
    reporter.report(
        Finding::new(
            &RULE,
            first.pointer.as_str(),
            place,
            format!("{name} is always denied: {what}"),
        )
        .label(denier.span, "this denies every call")
        .help("let the tool be called, or remove what it needs no more; leave it if the tool is shut off for a while"),
    );
}
