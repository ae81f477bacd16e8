//! Patterns where names stand.

use globset::GlobBuilder;

use super::{Check, Rule};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Name, Offer, Part, Reporter};
use crate::policy::Posture;
use crate::suggest::quoted;

/// See `glob_as_name.md`.
pub static RULE: Rule = Rule {
    id: "glob-as-name",
    severity: Severity::Error,
    summary: "a pattern where only exact names count",
    doc: include_str!("glob_as_name.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

/// How many of the tools that a pattern seems to mean are told.
const TOLD: usize = 5;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for name in context.names() {
        if is_pattern(name.text, context.offer) {
            reporter.report(finding(context, &name));
        }
    }
}

/// Whether a name is meant as a pattern: it has signs that names of tools don't have, and there is
/// no tool of that very name.
pub(super) fn is_pattern(name: &str, offer: Option<Offer<'_>>) -> bool {
    name.contains(['*', '?', '[', ']', '{', '}', '^', '$', '|', '\\'])
        && offer.is_none_or(|offer| offer.named(name).is_none())
}

fn finding(context: &Context<'_>, name: &Name<'_>) -> Finding {
    let consequence = match (name.part, context.policy.default) {
        (Part::Hide, _) => "it hides nothing",
        (Part::Tools, Posture::Deny) => "it allows nothing",
        (Part::Tools, Posture::Allow) => "its rules apply to nothing",
    };
    let message = format!(
        "{} looks like a pattern, but names are exact: {consequence}",
        quoted(name.text)
    );
    Finding::new(&RULE, name.pointer, name.span, message).help(help(context.offer, name.text))
}

fn help(offer: Option<Offer<'_>>, pattern: &str) -> String {
    let meant = offer.map_or(Vec::new(), |offer| matching(offer, pattern));
    match meant.as_slice() {
        [] => "name each tool".to_owned(),
        names => {
            let told: Vec<_> = names.iter().take(TOLD).map(|name| quoted(name)).collect();
            let more = if names.len() > TOLD { ", …" } else { "" };
            format!("name each tool: {}{more}", told.join(", "))
        }
    }
}

fn matching<'a>(offer: Offer<'a>, pattern: &str) -> Vec<&'a str> {
    let Ok(glob) = GlobBuilder::new(pattern).build() else {
        return Vec::new();
    };
    let matcher = glob.compile_matcher();
    let names = offer.tools().map(|tool| tool.name.as_str());
    names.filter(|name| matcher.is_match(name)).collect()
}
