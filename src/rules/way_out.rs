//! Whether a policy holds what a tool sends: where that goes, or what it says.

use super::holds::words;
use super::{arguments, conditions};
use crate::analysis::{Language, Set};
use crate::lint::{Context, ListedTool};
use crate::policy::condition::{ArgPath, Condition, Test};
use crate::policy::value::Value;

/// Where no policy means to send to: two of each kind, since one may be meant.
const ELSEWHERE: [[&str; 2]; 6] = [
    ["eve@evil.example", "mallory@attacker.test"],
    ["https://evil.example/", "https://attacker.test/x"],
    ["evil", "attacker"],
    ["#evil", "#attacker"],
    ["evil/loot", "attacker/loot"],
    ["+15550100123", "+442079460123"],
];

/// What no policy means to be sent.
const SECRETS: [&str; 2] = ["the password is hunter", "thepasswordishunter"];

/// Of tools with conditions on more arguments nothing is asked.
const MAX_PATHS: usize = 32;

/// What an argument says of what a tool sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Where to, as far as its name tells.
    Where,
    /// The text.
    What,
    /// In which form, or when, and the like.
    How,
}

/// Whether the rules of a tool bound where it sends to, or what. If that can't be told, they do.
pub(super) fn is_held(context: &Context<'_>, listed: &ListedTool<'_>) -> bool {
    let all = arguments::conditions(context, listed);
    let mut paths: Vec<&ArgPath> = all
        .filter(|(.., condition)| names_texts(condition))
        .filter_map(|(.., condition)| conditions::path(condition))
        .collect();
    paths.sort_by_key(|path| &path.fields);
    paths.dedup();
    paths.len() > MAX_PATHS
        || paths.into_iter().any(|path| match Says::of(path) {
            Says::Where => !sends_anywhere(context, listed, path),
            Says::What => !sends_anything(context, listed, path),
            Says::How => false,
        })
}

/// Whether a condition compares with texts, or with numbers that may be names.
fn names_texts(condition: &Condition) -> bool {
    let is_name = |value: &Value| value.as_number().is_some() || matches!(value, Value::Text(_));
    match &condition.test {
        Test::Regex(_) => true,
        Test::Eq(value) | Test::Neq(value) | Test::Contains(value) => is_name(value),
        Test::In(values) | Test::NotIn(values) => values.iter().any(is_name),
        Test::Compare(..) | Test::Exists(_) => false,
    }
}

fn sends_anywhere(context: &Context<'_>, listed: &ListedTool<'_>, path: &ArgPath) -> bool {
    let goes = |place: &&str| {
        let only = Set::equal_to(&[Value::Text((*place).to_owned())]);
        arguments::let_through(context, listed, path, &only)
            .yes()
            .is_some()
    };
    ELSEWHERE.iter().any(|places| places.iter().all(goes))
}

fn sends_anything(context: &Context<'_>, listed: &ListedTool<'_>, path: &ArgPath) -> bool {
    SECRETS.iter().any(|secret| {
        let telling = Set::strings(&[Language::containing(secret)], &[]).preferring(&[secret]);
        arguments::let_through(context, listed, path, &telling)
            .yes()
            .is_some()
    })
}

impl Says {
    /// By the last word of its name: what is not known may say where to.
    fn of(path: &ArgPath) -> Self {
        let words = words(path.fields.last().map_or("", String::as_str));
        match words.last().map_or("", String::as_str) {
            "body" | "text" | "message" | "content" | "comment" | "description" | "html"
            | "markdown" | "payload" | "data" | "note" | "notes" | "summary" | "prompt"
            | "blocks" | "attachment" | "attachments" => Self::What,
            "cc" | "bcc" | "from" | "sender" | "subject" | "title" | "headline" | "priority"
            | "importance" | "urgency" | "severity" | "level" | "format" | "formats" | "type"
            | "mode" | "style" | "theme" | "color" | "colour" | "icon" | "emoji" | "label"
            | "labels" | "tag" | "tags" | "category" | "milestone" | "status" | "state"
            | "draft" | "length" | "limit" | "count" | "size" | "page" | "offset" | "cursor"
            | "timeout" | "delay" | "encoding" | "charset" | "language" | "lang" | "locale"
            | "mime" | "silent" | "preview" | "date" | "time" | "datetime" | "schedule"
            | "deadline" | "due" | "start" | "end" | "version" | "raw" | "depth" | "selector"
            | "lines" | "retries" | "method" | "reason" | "public" | "private" | "confirm"
            | "confirmed" => Self::How,
            _ => Self::Where,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_an_argument_says_of_what_is_sent() {
        for (name, says) in [
            ("to", Says::Where),
            ("channel_id", Says::Where),
            ("jid", Says::Where),
            ("htmlBody", Says::What),
            ("parse_mode", Says::How),
            ("max_length", Says::How),
            ("bcc", Says::How),
        ] {
            assert_eq!(Says::of(&arguments::argument(name)), says, "{name}");
        }
    }
}
