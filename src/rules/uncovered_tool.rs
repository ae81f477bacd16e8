//! Tools that the server offers and the policy does not speak of.

use ahash::AHashSet;

use super::{Check, Rule};
use crate::catalog::Tool;
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::Posture;
use crate::risk::{Category, ToolView};
use crate::suggest::quoted;

/// See `uncovered_tool.md`.
pub static RULE: Rule = Rule {
    id: "uncovered-tool",
    severity: Severity::Note,
    summary: "tools that the server offers and the policy does not mention",
    doc: include_str!("uncovered_tool.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// How many tools are told by name.
const TOLD: usize = 5;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let Some(offer) = context.offer else {
        return;
    };
    let mut seen = AHashSet::new();
    let mut uncovered: Vec<&Tool> = offer
        .tools()
        .filter(|tool| context.hidden(&tool.name).is_none() && context.tool(&tool.name).is_none())
        .filter(|tool| seen.insert(tool.name.as_str()))
        .collect();
    let risk = |tool: &Tool| {
        context
            .options
            .risk
            .classify(&ToolView::from(tool))
            .category
    };
    // The riskiest come first, so that they are named.
    uncovered.sort_by_cached_key(|tool| std::cmp::Reverse(risk(tool)));
    if let Some(riskiest) = uncovered.first() {
        reporter.report(finding(context, &uncovered, risk(riskiest)));
    }
}

fn finding(context: &Context<'_>, uncovered: &[&Tool], worst: Category) -> Finding {
    let mut names: Vec<_> = uncovered
        .iter()
        .take(TOLD)
        .map(|tool| quoted(&tool.name))
        .collect();
    let more = uncovered.len() - names.len();
    if more > 0 {
        names.push(format!("{more} more"));
    }
    let last = names.pop().unwrap_or_default();
    let list = match names.as_slice() {
        [] => last,
        names => format!("{} and {last}", names.join(", ")),
    };
    let (what, is) = match uncovered.len() {
        1 => ("1 tool".to_owned(), "is"),
        n => (format!("{n} tools"), "are"),
    };
    let (severity, fate, help) = match context.policy.default {
        Posture::Allow => (
            Severity::Error,
            "may be called without any condition",
            "list the tools that are wanted, hide the others, and write `default: deny`",
        ),
        Posture::Deny => (
            match worst {
                Category::Destructive | Category::Financial => Severity::Warning,
                _ => Severity::Note,
            },
            "always denied",
            "list those that are wanted, and hide the others: an agent that sees a tool tries it",
        ),
    };
    let message = match context.policy.default {
        Posture::Allow => {
            format!("{what} of the server that the policy does not mention {fate}: {list}")
        }
        Posture::Deny => {
            format!("{what} of the server that the policy does not mention {is} {fate}: {list}")
        }
    };
    let tools = context.root.entry("tools");
    let (pointer, span) = tools.map_or(("", context.head()), |entry| ("/tools", entry.key_span));
    Finding::new(&RULE, pointer, span, message)
        .severity(severity)
        .help(help)
}
