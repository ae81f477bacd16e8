//! Keys and tokens in the text of a policy.

use std::borrow::Cow;

use super::{Check, Rule};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::source::tree::{Node, Value, join, join_index};
use crate::span::Span;

/// See `secret_in_policy.md`.
pub static RULE: Rule = Rule {
    id: "secret-in-policy",
    severity: Severity::Error,
    summary: "a key, token or password in the policy's text",
    doc: include_str!("secret_in_policy.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

/// A kind of secret that starts with a fixed text.
struct Kind {
    what: &'static str,
    prefix: &'static str,
    /// How many letters, digits and `-_` follow at least.
    rest: usize,
}

const fn kind(what: &'static str, prefix: &'static str, rest: usize) -> Kind {
    Kind { what, prefix, rest }
}

/// Longer prefixes come before shorter ones that they begin with.
const KINDS: [Kind; 27] = [
    kind("an AWS access key id", "AKIA", 16),
    kind("an AWS access key id", "ASIA", 16),
    kind("a GitHub token", "ghp_", 36),
    kind("a GitHub token", "gho_", 36),
    kind("a GitHub token", "ghu_", 36),
    kind("a GitHub token", "ghs_", 36),
    kind("a GitHub token", "ghr_", 36),
    kind("a GitHub token", "github_pat_", 50),
    kind("a GitLab token", "glpat-", 20),
    kind("a Slack token", "xoxb-", 20),
    kind("a Slack token", "xoxp-", 20),
    kind("a Slack token", "xoxa-", 20),
    kind("a Slack token", "xoxs-", 20),
    kind("a Slack token", "xapp-", 20),
    kind("a Stripe key", "sk_live_", 16),
    kind("a Stripe key", "rk_live_", 16),
    kind("a Stripe key", "sk_test_", 16),
    kind("a Stripe webhook secret", "whsec_", 24),
    kind("an Anthropic key", "sk-ant-", 20),
    kind("an OpenAI key", "sk-proj-", 20),
    kind("an API key", "sk-", 32),
    kind("a Google API key", "AIza", 35),
    kind("a Google OAuth token", "ya29.", 20),
    kind("an npm token", "npm_", 36),
    kind("a PyPI token", "pypi-", 50),
    kind("a Hugging Face token", "hf_", 30),
    kind("a SendGrid key", "SG.", 22),
];

/// Different characters that a secret has at least; `xxxxxxxx` is none.
const VARIETY: usize = 8;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    look(context.root, "", reporter);
    for &comment in context.comments {
        if let Some(what) = secret(&context.file.text[comment.range()]) {
            report(what, "", comment, reporter);
        }
    }
}

/// Looks at the keys and texts of `node`, which is at `pointer`. Recursion is bounded by the readers.
fn look(node: &Node, pointer: &str, reporter: &mut Reporter<'_>) {
    match &node.value {
        Value::Scalar(scalar) => {
            if let Some(what) = secret(&scalar.text) {
                report(what, pointer, node.span, reporter);
            }
        }
        Value::Sequence(items) => {
            for (nth, item) in items.iter().enumerate() {
                look(item, &join_index(pointer, nth), reporter);
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                let below = join(pointer, &entry.key);
                if let Some(what) = secret(&entry.key) {
                    report(what, &below, entry.key_span, reporter);
                }
                look(&entry.value, &below, reporter);
            }
        }
    }
}

fn report(what: &str, pointer: &str, span: Span, reporter: &mut Reporter<'_>) {
    let message = format!("this looks like {what}: everybody who can read the policy has it");
    let help = "revoke it and take it out; a policy that is to keep secrets from being sent matches \
                their shape, as in `AKIA[0-9A-Z]{16}`";
    reporter.report(Finding::new(&RULE, pointer, span, message).help(help));
}

/// The text of a file as it may be shown beside `findings` about it, if that is not as it is: letters
/// and digits of secrets are asterisks. Everything stands where it stood.
pub fn masked(text: &str, findings: &[Finding]) -> Option<String> {
    let secrets = findings.iter().filter(|finding| finding.rule == &RULE);
    let mut bytes = None;
    for finding in secrets {
        let bytes = bytes.get_or_insert_with(|| text.as_bytes().to_vec());
        for byte in &mut bytes[finding.span.range()] {
            if byte.is_ascii_alphanumeric() {
                *byte = b'*';
            }
        }
    }
    let masked = String::from_utf8(bytes?);
    Some(masked.expect("one ASCII byte in the place of another leaves text as text"))
}

/// The text of a file as it may be shown where nobody looked for findings: letters and digits of
/// lines with a secret, and of private keys, are asterisks. Everything stands where it stood.
pub fn masked_lines(text: &str) -> Cow<'_, str> {
    let mut in_key = false;
    let mut shown = String::new();
    let mut clean = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        in_key |= line.contains("-----BEGIN ") && line.contains("PRIVATE KEY-----");
        if in_key || secret(line).is_some() {
            shown.push_str(&text[clean..at]);
            shown.extend(
                line.chars()
                    .map(|c| if c.is_ascii_alphanumeric() { '*' } else { c }),
            );
            clean = at + line.len();
        }
        in_key &= !line.contains("-----END ");
        at += line.len();
    }
    if clean == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[clean..]);
    Cow::Owned(shown)
}

/// What secret stands in `text`.
fn secret(text: &str) -> Option<&'static str> {
    if text.len() < 12 {
        return None;
    }
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") && text.len() > 200 {
        return Some("a private key");
    }
    let by_prefix = KINDS
        .iter()
        .find(|kind| kind.is_in(text))
        .map(|kind| kind.what);
    by_prefix
        .or_else(|| webhook(text))
        .or_else(|| is_web_token(text).then_some("a JSON Web Token"))
        .or_else(|| has_password(text).then_some("a password in a URL"))
}

impl Kind {
    fn is_in(&self, text: &str) -> bool {
        text.match_indices(self.prefix).any(|(at, _)| {
            let starts_word =
                !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let rest = &text[at + self.prefix.len()..];
            let length = rest.bytes().take_while(|&byte| is_token_byte(byte)).count();
            starts_word && length >= self.rest && is_random(&rest[..length])
        })
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Whether a text is no placeholder.
fn is_random(text: &str) -> bool {
    let mut seen = [false; 128];
    for byte in text.bytes() {
        seen[usize::from(byte & 0x7f)] = true;
    }
    let upper = text.to_ascii_uppercase();
    let placeholder = ["EXAMPLE", "XXXX", "YOUR", "PLACEHOLDER", "REDACTED"];
    seen.iter().filter(|seen| **seen).count() >= VARIETY
        && !placeholder.iter().any(|word| upper.contains(word))
}

/// Beginnings of addresses that let whoever knows them post, and how many segments of a path follow.
/// The last of those is the secret.
const WEBHOOKS: [(&str, &str, usize); 6] = [
    ("a Slack webhook", "hooks.slack.com/services/", 3),
    ("a Slack webhook", "hooks.slack.com/workflows/", 4),
    ("a Slack webhook", "hooks.slack.com/triggers/", 3),
    ("a Discord webhook", "discord.com/api/webhooks/", 2),
    ("a Discord webhook", "discordapp.com/api/webhooks/", 2),
    ("a Zapier webhook", "hooks.zapier.com/hooks/catch/", 2),
];

/// What webhook stands in `text`.
fn webhook(text: &str) -> Option<&'static str> {
    const TOKEN: usize = 6;
    let is_segment = |segment: &str| !segment.is_empty() && segment.bytes().all(is_token_byte);
    let is_secret = |rest: &str, segments: usize| {
        let is_end = |c: char| !(c == '/' || c.is_ascii() && is_token_byte(c as u8));
        let rest = rest.split(is_end).next().unwrap_or(rest);
        let found: Vec<&str> = rest.split('/').take(segments).collect();
        let last = found.last().copied().unwrap_or_default();
        found.len() == segments
            && found.iter().all(|segment| is_segment(segment))
            && last.len() >= TOKEN
            && is_random(&found.concat())
    };
    let found = WEBHOOKS.iter().find(|(_, host, segments)| {
        let mut places = text.match_indices(host);
        places.any(|(at, host)| is_secret(&text[at + host.len()..], *segments))
    });
    found.map(|(what, ..)| *what)
}

/// `eyJ….eyJ….…`: two JSON objects in base 64, and a signature.
fn is_web_token(text: &str) -> bool {
    text.match_indices("eyJ").any(|(at, _)| {
        let end =
            text[at..].find(|c: char| !(c.is_ascii() && (is_token_byte(c as u8) || c == '.')));
        let token = &text[at..end.map_or(text.len(), |end| at + end)];
        let parts: Vec<&str> = token.split('.').collect();
        matches!(parts.as_slice(), [head, body, signature]
            if head.len() >= 12 && body.starts_with("eyJ") && signature.len() >= 20)
    })
}

/// `scheme://user:password@host`, where the password is no variable.
fn has_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let rest = &text[at + 3..];
        let authority = rest
            .split(['/', '?', '#', ' ', '"', '\''])
            .next()
            .unwrap_or(rest);
        let Some((user, _)) = authority.rsplit_once('@') else {
            return false;
        };
        let Some((_, password)) = user.split_once(':') else {
            return false;
        };
        let upper = password.to_ascii_uppercase();
        let plain = password
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"$<>{}[]()*\\^|+".contains(&b));
        plain
            && password.len() >= 6
            && !["PASSWORD", "SECRET", "PASS", "XXXX", "REDACTED"]
                .iter()
                .any(|word| upper.starts_with(word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_secrets_are_not_shown() {
        let key = "ghp_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX";
        let text = format!(
            "a: 1\nb: {key} # ü\nc: |\n  -----BEGIN PRIVATE KEY-----\n  c2Vj\n  -----END PRIVATE KEY-----\nd: 2\n"
        );
        let shown = masked_lines(&text);
        assert_eq!(shown.len(), text.len());
        assert!(shown.starts_with("a: 1\n*: ***_"), "{shown}");
        assert!(
            !shown.contains("c2Vj") && shown.ends_with("-----\nd: 2\n"),
            "{shown}"
        );
        assert!(matches!(masked_lines("a: 1"), Cow::Borrowed(_)));
    }

    #[test]
    fn secrets_are_not_shown() {
        let text = r#"{"a":"xoxb-12é"}"#;
        let found = Finding::new(&RULE, "/a", Span::new(5, 16), "");
        let shown = masked(text, &[found]);
        assert_eq!(shown.as_deref(), Some(r#"{"a":"****-**é"}"#));
        assert_eq!(masked(text, &[]), None);
    }
}
