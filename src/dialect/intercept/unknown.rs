//! Keys that the engine ignores: misspelt ones, ones in the wrong object, and those of gateway
//! policies.

use super::report::Report;
use crate::rules::form::{OTHER_DIALECT_KEY, UNKNOWN_KEY};
use crate::schema::words::{KEYS_BY_OTHER_NAMES, did_you_mean, listed, meant};
use crate::source::tree::{Entry, join};
use crate::suggest::quoted;

/// The kinds of objects in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Policy,
    Tool,
    Rule,
    Condition,
    State,
}

impl Part {
    pub const ALL: [Part; 5] = [
        Part::Policy,
        Part::Tool,
        Part::Rule,
        Part::Condition,
        Part::State,
    ];

    /// What it is called in messages.
    pub fn noun(self) -> &'static str {
        match self {
            Part::Policy => "a policy",
            Part::Tool => "a tool",
            Part::Rule => "a rule",
            Part::Condition => "a condition",
            Part::State => "a `state` block",
        }
    }

    /// What one of them is called.
    pub fn this(self) -> &'static str {
        match self {
            Part::Policy => "this policy",
            Part::Tool => "this tool",
            Part::Rule => "this rule",
            Part::Condition => "this condition",
            Part::State => "this `state` block",
        }
    }

    /// The keys that it may have.
    pub fn keys(self) -> &'static [&'static str] {
        match self {
            Part::Policy => &["version", "description", "default", "hide", "tools"],
            Part::Tool => &["rules"],
            Part::Rule => &[
                "name",
                "action",
                "conditions",
                "on_deny",
                "state",
                "rate_limit",
            ],
            Part::Condition => &["path", "op", "value"],
            Part::State => &["counter", "window", "increment", "increment_from"],
        }
    }

    /// Whether `key` means something here. In a policy, keys that start with `x-` are kept for
    /// anchors and notes.
    pub fn has(self, key: &str) -> bool {
        self.keys().contains(&key) || (self == Part::Policy && key.starts_with("x-"))
    }
}

/// Reports `entry`, a key that an object of kind `part` does not have. Gives the key that is
/// absent because this one is a misspelling of it, out of those that are `absent`.
pub(super) fn report(
    part: Part,
    pointer: &str,
    entry: &Entry,
    absent: &[&'static str],
    report: &mut Report,
) -> Option<&'static str> {
    let key = entry.key.as_str();
    let pointer = join(pointer, key);
    if let Some(help) = gateway_key(part, key) {
        let consequence = match key {
            "require" | "deny_if" | "validate" => ", and let through what it forbids",
            "all_tools" | "limits" => ", and count nothing",
            _ => "",
        };
        let message = format!(
            "`{key}` is a key of gateway policies: the engine would ignore it{consequence}"
        );
        report
            .stricter(&OTHER_DIALECT_KEY, pointer, entry.key_span, message)
            .help = Some(help.into());
        return None;
    }
    let message = format!(
        "{} is not a key of {}: the engine would ignore it",
        quoted(key),
        part.noun()
    );
    let finding = report.stricter(&UNKNOWN_KEY, pointer, entry.key_span, message);
    let homes: Vec<&str> = Part::ALL
        .iter()
        .filter(|home| home.keys().contains(&key))
        .map(|home| home.noun())
        .collect();
    if !homes.is_empty() {
        finding.help = Some(format!("`{key}` is a key of {}", homes.join(" or of ")));
        return None;
    }
    let known = meant(key, absent.iter().copied(), KEYS_BY_OTHER_NAMES);
    finding.help = Some(match known {
        Some(known) => did_you_mean(known),
        None => format!(
            "{} can have {}",
            part.noun(),
            listed(part.keys().iter().copied(), "and")
        ),
    });
    known
}

/// What to write instead of a key of gateway policies.
fn gateway_key(part: Part, key: &str) -> Option<&'static str> {
    Some(match (part, key) {
        (Part::Policy, "all_tools") => {
            "write rules with `rate_limit` for the tool `\"*\"`, which hold for every call"
        }
        (Part::Tool, "require") => {
            "write `rules`: a rule with `conditions` denies unless all of them hold"
        }
        (Part::Tool, "deny_if") => {
            "write `rules` whose conditions say the opposite, for they deny unless all of them hold; \
             one that always denies is `action: deny`"
        }
        (Part::Tool, "limits") => "write `rules` with `rate_limit: 10/minute`",
        (Part::Tool, "validate") => {
            "write `rules` with a condition such as `{path: args.x, op: exists, value: true}`"
        }
        (Part::Tool, "reason") => "write it as `on_deny` of the rule that denies",
        _ => return None,
    })
}
