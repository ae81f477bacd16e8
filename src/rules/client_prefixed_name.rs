//! Names as a client shows them, which the gateway never sees.

use serde_json::json;

use super::{Check, Rule};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Name, Offer, Part, Reporter};
use crate::suggest::quoted;

/// See `client_prefixed_name.md`.
pub static RULE: Rule = Rule {
    id: "client-prefixed-name",
    severity: Severity::Error,
    summary: "a tool's name with the prefix that a client puts before it",
    doc: include_str!("client_prefixed_name.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for name in context.names() {
        if let Some(bare) = bare(name.text, context.offer) {
            reporter.report(finding(context, &name, bare));
        }
    }
}

/// The name of a tool that `name` is, with a client's prefix before it.
pub(super) fn bare<'n>(name: &'n str, offer: Option<Offer<'_>>) -> Option<&'n str> {
    let is_offered = |name: &str| offer.is_some_and(|offer| offer.named(name).is_some());
    if is_offered(name) {
        return None;
    }
    // The server's name may have underscores of its own: the list knows where the tool's begins.
    let offered = ["__", "/", ".", ":"].iter().find_map(|separator| {
        let mut places = name.match_indices(separator);
        places.find_map(|(at, _)| {
            let rest = &name[at + separator.len()..];
            (at > 0 && is_offered(rest)).then_some(rest)
        })
    });
    if offered.is_some() {
        return offered;
    }
    let (server, tool) = name.strip_prefix("mcp__")?.split_once("__")?;
    (!server.is_empty() && !tool.is_empty()).then_some(tool)
}

fn finding(context: &Context<'_>, name: &Name<'_>, bare: &str) -> Finding {
    let message = format!(
        "{} has a client's prefix: the gateway sees the tool as {}",
        quoted(name.text),
        quoted(bare)
    );
    let edits = match name.part {
        Part::Hide => context.edit.replace(name.pointer, &json!(bare)),
        Part::Tools => context.edit.rename(name.pointer, bare),
    };
    Finding::new(&RULE, name.pointer, name.span, message)
        .help("write the name as the server gives it")
        .fix(Fix::safe(format!("write {}", quoted(bare)), edits))
}
