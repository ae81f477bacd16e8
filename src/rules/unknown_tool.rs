//! Names that the server does not offer.

use serde_json::json;

use super::{Check, Rule, client_prefixed_name, confusable_name, glob_as_name};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Name, Offer, Part, Reporter};
use crate::policy::Posture;
use crate::suggest::{nearest, quoted};

/// See `unknown_tool.md`.
pub static RULE: Rule = Rule {
    id: "unknown-tool",
    severity: Severity::Error,
    summary: "a name that the server does not offer",
    doc: include_str!("unknown_tool.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let Some(offer) = context.offer.filter(|offer| offer.tools().next().is_some()) else {
        return;
    };
    for name in context.names() {
        if offer.named(name.text).is_none() && !is_told_otherwise(name.text, Some(offer)) {
            reporter.report(finding(context, offer, &name));
        }
    }
}

/// Whether another rule says that no tool has this name.
fn is_told_otherwise(name: &str, offer: Option<Offer<'_>>) -> bool {
    glob_as_name::is_pattern(name, offer)
        || client_prefixed_name::bare(name, offer).is_some()
        || confusable_name::deceives(name).is_some()
}

/// Whether this rule, or another, says that no tool has this name.
pub(super) fn matches_nothing(context: &Context<'_>, name: &str) -> bool {
    let offer = context.offer.filter(|offer| offer.tools().next().is_some());
    match offer {
        Some(offer) => offer.named(name).is_none(),
        None => is_told_otherwise(name, None),
    }
}

/// The longest of `tools` that `name` ends with, behind a prefix of its own: `mcp_github_get_me`.
fn ending<'t>(name: &str, tools: impl Iterator<Item = &'t str>) -> Option<&'t str> {
    let is_ending = |tool: &&str| {
        let prefix = name.strip_suffix(tool).unwrap_or_default();
        !tool.is_empty() && prefix.ends_with(|c: char| !c.is_alphanumeric())
    };
    tools.filter(is_ending).max_by_key(|tool| tool.len())
}

fn finding(context: &Context<'_>, offer: Offer<'_>, name: &Name<'_>) -> Finding {
    let consequence = match (name.part, context.policy.default) {
        (Part::Hide, _) => "nothing is hidden by it",
        (Part::Tools, Posture::Deny) => "nothing is allowed by it",
        (Part::Tools, Posture::Allow) => "these rules apply to nothing",
    };
    let message = format!(
        "the server offers no tool {}: {consequence}",
        quoted(name.text)
    );
    let finding = Finding::new(&RULE, name.pointer, name.span, message);
    let offered = || offer.tools().map(|tool| tool.name.as_str());
    let meant = nearest(name.text, offered()).or_else(|| ending(name.text, offered()));
    let Some(meant) = meant else {
        return finding.help(
            "remove it, or look whether the list of tools is of this server, and new enough",
        );
    };
    let edits = match name.part {
        Part::Hide => context.edit.replace(name.pointer, &json!(meant)),
        Part::Tools => context.edit.rename(name.pointer, meant),
    };
    finding
        .help(format!("did you mean {}?", quoted(meant)))
        .fix(Fix::risky(format!("write {}", quoted(meant)), edits))
}
