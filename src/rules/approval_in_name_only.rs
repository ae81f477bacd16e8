//! Denials that promise an approval which nobody can give.

use super::{Check, Rule};
use crate::dialect::Dialect;
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::source::tree::join;
use crate::suggest::quoted;

/// See `approval_in_name_only.md`.
pub static RULE: Rule = Rule {
    id: "approval-in-name-only",
    severity: Severity::Note,
    summary: "an always-deny whose message promises an approval",
    doc: include_str!("approval_in_name_only.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

/// What a promise sounds like, in lower case.
const PROMISES: &[&str] = &[
    "requires approval",
    "require approval",
    "needs approval",
    "human approval",
    "manual approval",
    "pending approval",
    "awaiting approval",
    "until approved",
    "must be approved",
    "be approved by",
    "requires confirmation",
    "human confirmation",
    "manual review",
    "human review",
    "sign-off",
    "sign off by",
    "escalate",
];

/// Whoever is to be asked, in lower case.
const PEOPLE: &[&str] = &[
    "human",
    "person",
    "manager",
    "supervisor",
    "operator",
    "reviewer",
    "admin",
    "owner",
    "team",
];

/// What they are asked for.
const CONSENT: &[&str] = &[
    "approv",
    "confirm",
    "consent",
    "permission",
    "authoriz",
    "authoris",
    "review",
];

/// Whether a text promises that somebody may allow the call.
fn promises(text: &str) -> bool {
    let said = text.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let asks = has(&[
        "ask ", "get ", "need", "requir", "wait", "until", "unless", "without",
    ]);
    has(PROMISES) || (asks && has(CONSENT) && (has(PEOPLE) || names_somebody(&said)))
}

/// Whether a text names a channel or a person: `#ops`, `@kim`.
fn names_somebody(text: &str) -> bool {
    let mut words = text.split(|c: char| c.is_whitespace() || c == '(');
    words.any(|word| {
        let name = word.strip_prefix(['#', '@']);
        name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
    })
}

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if context.dialect != Dialect::Gateway {
        return;
    }
    for listed in &context.tools {
        let Some(clause) = listed.always_denied.filter(|_| listed.hidden.is_none()) else {
            continue;
        };
        let pointer = join(&clause.pointer, "on_deny");
        let Some(text) = context.at(&pointer) else {
            continue;
        };
        if !promises(text.as_str().unwrap_or_default()) {
            continue;
        }
        let message = format!(
            "every call of {} is denied, whoever approves: this policy has no way to ask for an approval",
            quoted(listed.name())
        );
        reporter.report(
            Finding::new(&RULE, pointer, text.span, message)
                .help("say that agents can't do this, and who can"),
        );
    }
}
