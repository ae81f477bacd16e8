//! Keys that the engine ignores: misspelt ones, ones in the wrong object, those of gateway
//! policies, in their older spelling too, and those of wallet policies.

use super::document::Object;
use super::report::Report;
use crate::finding::Label;
use crate::rules::form::{OTHER_DIALECT_KEY, UNKNOWN_KEY};
use crate::schema::words::{
    KEYS_BY_OTHER_NAMES, Rate, WINDOW_HELP, did_you_mean, is_wallet_type, json, listed, meant,
    rate_of,
};
use crate::source::tree::{Entry, Node, join};
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

/// Reports `entry`, a key that `object` should not have. Gives the key whose absence this one
/// accounts for, out of those that are `absent`.
pub(super) fn report(
    object: &Object<'_>,
    entry: &Entry,
    absent: &[&'static str],
    report: &mut Report,
) -> Option<&'static str> {
    let (part, key) = (object.part, entry.key.as_str());
    let pointer = join(&object.pointer, key);
    if part == Part::Tool && is_older_spelling(entry) {
        older_spelling(object.node, entry, pointer, report);
        return None;
    }
    if is_of_wallet(part, entry) {
        wallet_key(part, entry, pointer, report);
        return None;
    }
    if let Some(help) = gateway_key(part, key) {
        let consequence = match key {
            "require" | "deny_if" => ", and let through what it forbids",
            "all_tools" | "limits" => ", and count nothing",
            _ => "",
        };
        let message = format!(
            "`{key}` is a key of gateway policies: the engine would ignore it{consequence}"
        );
        report
            .stricter(&OTHER_DIALECT_KEY, pointer, entry.key_span, message)
            .help = Some(help.into());
        // A rule that says in the gateway's keys when it applies has no others to say it.
        return (part == Part::Rule).then_some("conditions");
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
        let home = format!("`{key}` is a key of {}", homes.join(" or of "));
        finding.help = Some(match (part, key) {
            (Part::Tool, "rate_limit") => {
                format!(
                    "{home}: in one of `rules`, {}",
                    rate_limit_instead(&entry.value)
                )
            }
            _ => home,
        });
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

/// Whether `object` is a tool that is a wallet policy and nothing else: then its `type` is all that
/// there is to report.
pub(super) fn is_wallet_policy(object: &Object<'_>) -> bool {
    let (part, node) = (object.part, object.node);
    let is_wallet = || {
        node.entry("type")
            .is_some_and(|entry| is_of_wallet(part, entry))
    };
    part == Part::Tool && node.get("rules").is_none() && is_wallet()
}

/// Whether a key of a policy or of a tool says that this is one for payments out of a wallet.
fn is_of_wallet(part: Part, entry: &Entry) -> bool {
    matches!(part, Part::Policy | Part::Tool)
        && entry.key == "type"
        && entry.value.as_str().is_some_and(is_wallet_type)
}

fn wallet_key(part: Part, entry: &Entry, pointer: String, report: &mut Report) {
    let kind = entry.value.as_str().unwrap_or_default();
    let message = format!(
        "{} is a wallet policy: the engine would ignore it, and count nothing",
        quoted(&format!("type: {kind}"))
    );
    let help = match part {
        Part::Tool => "write `rules`; a cap on spend is one whose `state` has `increment_from`",
        _ => {
            "write a policy with `version` and `tools`; a cap on spend is a rule whose `state` has \
             `increment_from`"
        }
    };
    report
        .stricter(&OTHER_DIALECT_KEY, pointer, entry.key_span, message)
        .help = Some(help.into());
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
        (Part::Rule, "require") => "write `conditions` here: a rule denies unless all of them hold",
        (Part::Rule, "deny_if") => {
            "write `conditions` here that say the opposite, for a rule denies unless all of them hold"
        }
        (Part::Rule, "limits") => "write a rule with `rate_limit: 10/minute`",
        _ => return None,
    })
}

/// Whether a key of a tool is one that the gateway's pages also describe, in an older spelling.
/// Where its value is what a rule would have under this key, it is only in the wrong place.
fn is_older_spelling(entry: &Entry) -> bool {
    match entry.key.as_str() {
        "action" => entry.value.as_str() != Some("evaluate"),
        "rate_limit" => entry.value.as_mapping().is_some(),
        "reason" | "validate" => true,
        _ => false,
    }
}

/// Reports a key of a tool in the older spelling; `action` and `reason` together are one finding.
fn older_spelling(tool: &Node, entry: &Entry, pointer: String, report: &mut Report) {
    let key = entry.key.as_str();
    let action = tool
        .entry("action")
        .filter(|entry| is_older_spelling(entry));
    if key == "reason" && action.is_some() {
        return;
    }
    let consequence = match (key, entry.value.as_str()) {
        ("validate", _) | ("action", Some("deny")) => ", and let through what it forbids",
        ("rate_limit", _) => ", and count nothing",
        _ => "",
    };
    let message = format!(
        "`{key}` of a tool is an older spelling of gateway policies: the engine would ignore \
         it{consequence}"
    );
    let reason = tool.entry("reason").filter(|_| key == "action");
    let finding = report.stricter(&OTHER_DIALECT_KEY, pointer, entry.key_span, message);
    if let Some(reason) = reason {
        finding.labels.push(Label {
            span: reason.key_span,
            text: "goes with it".into(),
        });
    }
    finding.help = Some(match key {
        "action" => action_instead(
            &entry.value,
            reason.and_then(|reason| reason.value.as_str()),
        ),
        "rate_limit" => format!("in a rule of `rules`, {}", rate_limit_instead(&entry.value)),
        "validate" => {
            "write `rules` with a condition such as `{path: args.x, op: exists, value: true}`"
                .into()
        }
        _ => "write it as `on_deny` of the rule that denies".into(),
    });
}

/// What to write instead of the `action` of a tool.
fn action_instead(action: &Node, reason: Option<&str>) -> String {
    match action.as_str() {
        Some("deny") => {
            let on_deny = reason.map(|text| format!(", on_deny: {}", json(text)));
            let on_deny = on_deny.unwrap_or_default();
            format!("write `rules: [{{name: <what it is for>, action: deny{on_deny}}}]`")
        }
        Some("allow") => "leave it out: a tool is allowed unless a rule denies".into(),
        _ => "write `rules`".into(),
    }
}

/// What to write instead of a `rate_limit` with `max` and `window`.
pub(super) fn rate_limit_instead(node: &Node) -> String {
    match rate_of(node) {
        Rate::Exact(max, window) => format!("write `rate_limit: {max}/{window}`"),
        Rate::OtherWindow(seconds) => format!(
            "write `rate_limit: 10/minute`; a window of {seconds} seconds can't be converted, for \
             {WINDOW_HELP}"
        ),
        Rate::Unclear => "write `rate_limit: 10/minute`".into(),
    }
}
