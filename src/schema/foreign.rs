//! Keys of other formats in a gateway policy: of Intercept policies, of the gateway format's older
//! spelling, and of wallet policies. Each is recognised where its own format has it, and answered
//! with what a gateway policy says instead.

use super::gateway::counter_name;
use super::part::Part;
use super::places::Places;
use super::words::{Rate, is_wallet_type, json, rate_of};
use crate::finding::Finding;
use crate::policy::limit::Window;
use crate::rules::form::OTHER_DIALECT_KEY;
use crate::source::tree::{Entry, Node, join, push_token};
use crate::suggest::quoted;

/// A format that is not the gateway's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Policies of the Intercept engine.
    Intercept,
    /// What the gateway's own pages also describe: `action`, `rate_limit`, `validate` in a tool.
    OlderSpelling,
    /// Policies for payments out of a wallet, told by their `type`.
    Wallet,
}

/// The other format that has `entry` in the place of `part`.
pub(super) fn owner(part: Part, entry: &Entry) -> Option<Format> {
    match (part, entry.key.as_str()) {
        (Part::Tool, "type") => entry
            .value
            .as_str()
            .filter(|kind| is_wallet_type(kind))
            .map(|_| Format::Wallet),
        (Part::Policy, "type") => entry.value.as_str().map(|_| Format::Wallet),
        (Part::Policy, "description")
        | (Part::AllTools | Part::Tool, "rules")
        | (Part::Rule, "name" | "action" | "state" | "rate_limit")
        | (Part::Limit | Part::OverallLimit, "increment") => Some(Format::Intercept),
        (Part::AllTools | Part::Tool, "rate_limit") => match entry.value.as_str() {
            Some(_) => Some(Format::Intercept),
            None => Some(Format::OlderSpelling),
        },
        (Part::Tool, "action" | "reason" | "validate") => Some(Format::OlderSpelling),
        _ => None,
    }
}

/// The finding of a whole file that is a wallet policy: nothing else in it is worth a word.
pub(super) fn wallet_policy(places: &Places) -> Option<Finding> {
    let root = places.find("").node;
    let entry = places.member(root, "type")?;
    let is_gateway = ["default", "hide", "all_tools", "tools"]
        .iter()
        .any(|key| places.member(root, key).is_some());
    (!is_gateway && owner(Part::Policy, entry) == Some(Format::Wallet))
        .then(|| wallet_key(Part::Policy, "/type".to_owned(), entry))
}

fn wallet_key(part: Part, pointer: String, entry: &Entry) -> Finding {
    let kind = entry.value.as_str().unwrap_or_default();
    let message = format!(
        "{} is a wallet policy, which does not govern tool calls",
        quoted(&format!("type: {kind}"))
    );
    Finding::new(&OTHER_DIALECT_KEY, pointer, entry.key_span, message).help(match part {
        Part::Tool => "write an entry of `limits`; a cap on spend is one with `increment_from`",
        _ => {
            "write a gateway policy with `version`, `default` and `tools`; a cap on spend is a \
             limit with `increment_from`"
        }
    })
}

/// Whether the finding about another key of the same object covers `key`. `sibling` finds the other
/// members of that object.
pub(super) fn is_covered<'a>(
    part: Part,
    key: &str,
    sibling: &dyn Fn(&str) -> Option<&'a Entry>,
) -> bool {
    if part != Part::Tool || key == "type" {
        return false;
    }
    let is_wallet = |entry| owner(part, entry) == Some(Format::Wallet);
    let has_own = || {
        ["require", "deny_if", "limits"]
            .iter()
            .any(|own| sibling(own).is_some())
    };
    key == "reason" && sibling("action").is_some()
        || sibling("type").is_some_and(is_wallet) && !has_own()
}

/// The finding about `entry`, a key of another format in the object at `path`. `sibling` finds the
/// other members of that object. `None` if it is of no other format.
pub(super) fn finding<'a>(
    part: Part,
    path: &[String],
    entry: &Entry,
    sibling: &dyn Fn(&str) -> Option<&'a Entry>,
) -> Option<Finding> {
    let key = entry.key.as_str();
    let format = owner(part, entry)?;
    if format == Format::Wallet {
        return Some(wallet_key(part, pointer_of(path, key), entry));
    }
    let reason = sibling("reason").filter(|_| part == Part::Tool);
    let message = match format {
        Format::OlderSpelling => {
            format!("`{key}` is an older spelling, which gateway policies no longer have")
        }
        _ => format!("`{key}` is a key of Intercept policies, which gateway policies don't have"),
    };
    let help = match key {
        "rate_limit" => limit_instead(part, path, &entry.value, sibling("limits").is_some()),
        "action" if part == Part::Tool => {
            let reason = reason.and_then(|reason| reason.value.as_str());
            action_instead(&entry.value, reason, sibling("deny_if").is_some())
        }
        key => instead(part, key).into(),
    };
    let finding = Finding::new(
        &OTHER_DIALECT_KEY,
        pointer_of(path, key),
        entry.key_span,
        message,
    );
    Some(match (key, reason) {
        ("action", Some(reason)) => finding.help(help).label(reason.key_span, "goes with it"),
        _ => finding.help(help),
    })
}

fn pointer_of(path: &[String], key: &str) -> String {
    let mut pointer = String::new();
    for token in path {
        push_token(&mut pointer, token);
    }
    join(&pointer, key)
}

/// What a gateway policy says instead of keys whose value makes no difference.
fn instead(part: Part, key: &str) -> &'static str {
    match (part, key) {
        (Part::Policy, _) => "leave it out: the format has no place for a description",
        (Part::Tool | Part::AllTools, "rules") => {
            "write conditions under `require` or `deny_if` and limits under `limits`, or check the \
             file with `--dialect intercept`"
        }
        (Part::Tool, "reason") => "write the text as `on_deny` of the rule that denies",
        (Part::Tool, "validate") => {
            "for each argument that has to be there, write a rule under `require`: \
             `{ \"conditions\": [{ \"path\": \"args.<field>\", \"op\": \"exists\", \"value\": true }] }`"
        }
        (Part::Rule, "name") => "leave it out: the gateway names a rule after its first condition",
        (Part::Rule, "action") => {
            "leave it out: a rule of `require` denies unless its conditions hold, one of `deny_if` \
             denies when they do"
        }
        (Part::Rule, "state") => "write an entry of the tool's `limits`",
        _ => "leave it out: each call counts as 1, or as the argument that `increment_from` names",
    }
}

/// What a gateway policy says instead of the `action` of a tool.
fn action_instead(action: &Node, reason: Option<&str>, has_deny_if: bool) -> String {
    match action.as_str() {
        Some("deny") => {
            let on_deny = reason.map(|text| format!(", \"on_deny\": {}", json(text)));
            let rule = format!("{{ \"conditions\": []{} }}", on_deny.unwrap_or_default());
            entry_instead("deny_if", &rule, has_deny_if)
        }
        Some("allow") => {
            "leave it out: a tool under `tools` is allowed unless a rule or a limit denies".into()
        }
        _ => "write what has to hold under `require`, and what is forbidden under `deny_if`".into(),
    }
}

/// What a gateway policy says instead of a `rate_limit`.
fn limit_instead(part: Part, path: &[String], rate_limit: &Node, has_limits: bool) -> String {
    let counter = json(&counter_name(path));
    let entry = |max: i64, window: Window| {
        format!(
            "{{ \"counter\": {counter}, \"window\": \"{window}\", \"max\": {max}, \
             \"scope\": \"grant\" }}"
        )
    };
    match rate_of(rate_limit) {
        Rate::Exact(max, window) if part == Part::Rule => {
            format!("add `{}` to the tool's `limits`", entry(max, window))
        }
        Rate::Exact(max, window) => entry_instead("limits", &entry(max, window), has_limits),
        Rate::OtherWindow(seconds) => format!(
            "a window of {seconds} seconds can't be converted: write an entry of `limits` with the \
             window `minute`, `hour` or `day`"
        ),
        Rate::Unclear => format!(
            "write an entry of `limits`, such as `{}`",
            entry(10, Window::Minute)
        ),
    }
}

/// Advice to write `entry` as an element of the list `key`.
fn entry_instead(key: &str, entry: &str, has_list: bool) -> String {
    if has_list {
        format!("add `{entry}` to `{key}`")
    } else {
        format!("write `\"{key}\": [{entry}]`")
    }
}
