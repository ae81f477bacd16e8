//! Proxy logs of a gateway: who called which tool, the names of the arguments, and what was decided.
//!
//! What such a log tells is published, how it is spelt in JSON is not. So the names of fields are
//! taken in several spellings, and case, `_` and `-` in them mean nothing; but without a tool, a
//! decision and the arguments' names an object is no row of such a log.

use super::blocks::Line;
use super::convert::{Converter, Sink};
use super::fields::{self, Unreadable};
use super::format::Shape;
use super::record::{Arguments, Record, Recorded, RecordedDecision};
use crate::call::Outcome;
use crate::json::{Tape, walk};

const TIMES: [&str; 4] = ["timestamp", "ts", "time", "createdat"];
/// An id stays the same when a label is changed, so that it counts for limits.
const GRANTS: [&str; 4] = ["grant", "grantid", "grantlabel", "grantname"];
const SESSIONS: [&str; 2] = ["session", "sessionid"];
const SERVERS: [&str; 3] = ["server", "servername", "serverid"];
const METHODS: [&str; 2] = ["method", "rpcmethod"];
const TOOLS: [&str; 2] = ["tool", "toolname"];
const DECISIONS: [&str; 3] = ["decision", "outcome", "decisionoutcome"];
const RULES: [&str; 3] = ["rule", "matchedrule", "decisionrule"];
const ARGUMENT_KEYS: [&str; 6] = [
    "argkeys",
    "argskeys",
    "argumentkeys",
    "argumentskeys",
    "argnames",
    "argumentnames",
];
const STATUSES: [&str; 2] = ["upstreamstatus", "upstreamhttpstatus"];

/// Whether an object with these keys is a row of a log.
pub(super) fn recognises(shape: &Shape<'_>) -> bool {
    let spelt: Vec<_> = shape.keys().map(plain).collect();
    let has = |names: &[&str]| spelt.iter().any(|key| names.contains(&&**key));
    has(&TOOLS) && has(&DECISIONS) && has(&ARGUMENT_KEYS)
}

/// Whether an object with these keys may be a row of a log, be it about something else than a call.
pub(super) fn is_row(shape: &Shape<'_>) -> bool {
    let spelt: Vec<_> = shape.keys().map(plain).collect();
    let has = |names: &[&str]| spelt.iter().any(|key| names.contains(&&**key));
    recognises(shape) || (has(&METHODS) && has(&TIMES))
}

/// Reads proxy logs.
#[derive(Debug, Default)]
pub struct ProxyLog {
    tape: Tape,
}

impl Converter for ProxyLog {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        if let Some(object) = fields::object(&mut self.tape, line, sink)
            && let Ok(Some(record)) = Row::of(object).call(line, sink)
        {
            sink.call(record);
        }
    }
}

/// The fields of an object, under the plain form of their names.
struct Row<'l>(Vec<(String, &'l str)>);

impl<'l> Row<'l> {
    fn of(object: &'l str) -> Self {
        if !object.starts_with('{') {
            return Self(Vec::new());
        }
        let members = walk::members(object).filter_map(|(key, value)| {
            let key = walk::decode(object.get(key.range())?);
            Some((plain(&key), object.get(value.range())?))
        });
        Self(members.collect())
    }

    /// The first of these fields that is there and not `null`.
    fn get(&self, names: &[&str]) -> Option<&'l str> {
        let field = |name: &&str| self.0.iter().find(|(key, _)| key == *name);
        let mut values = names.iter().filter_map(field).map(|(_, value)| *value);
        values.find(|value| *value != "null")
    }

    /// The text of the first of these fields; of an object, its id or its name.
    fn name(&self, names: &[&str]) -> Option<String> {
        let value = self.get(names)?;
        let inner = Row::of(value).get(&["id", "name", "label", "slug"]);
        fields::name(inner.or(Some(value)))
    }

    /// The call that it is about, if it is about one.
    fn call(&self, line: Line<'_>, sink: &mut Sink) -> Result<Option<Record>, Unreadable> {
        if fields::text(self.get(&METHODS)).is_some_and(|method| method != "tools/call") {
            return Ok(None);
        }
        let mut missing = |what: &str| {
            sink.problem(line.number, format!("the row has no {what}"));
            Unreadable
        };
        let tool = self.name(&TOOLS).ok_or_else(|| missing("tool"))?;
        let args = self
            .args()
            .ok_or_else(|| missing("list of argument keys"))?;
        let recorded = self.recorded();
        let recorded = recorded.ok_or_else(|| missing("decision to allow, deny or throttle"))?;
        Ok(Some(Record {
            line: line.number,
            ts: fields::time("timestamp", self.get(&TIMES), line, sink)?,
            session: self.name(&SESSIONS),
            grant: self.name(&GRANTS),
            server: self.name(&SERVERS),
            tool,
            args,
            outcome: self.outcome(recorded.decision),
            recorded: Some(recorded),
            ..Record::default()
        }))
    }

    /// The names of the arguments. `null` where there were none.
    fn args(&self) -> Option<Arguments> {
        if !self
            .0
            .iter()
            .any(|(key, _)| ARGUMENT_KEYS.contains(&&**key))
        {
            return None;
        }
        let list = self.get(&ARGUMENT_KEYS).unwrap_or("[]");
        let list = list.starts_with('[').then_some(list)?;
        let names = fields::elements(Some(list));
        let names = names.map(|name| Some(fields::text(Some(name))?.into_owned()));
        Some(Arguments::Names(names.collect::<Option<_>>()?))
    }

    /// What was decided: a word, or an object with the word and the rule.
    fn recorded(&self) -> Option<Recorded> {
        let decision = self.get(&DECISIONS)?;
        let inner = Row::of(decision);
        let word = inner.get(&["outcome", "decision", "action", "effect"]);
        let word = fields::text(word.or(Some(decision)))?;
        let rule = self.name(&RULES).or_else(|| inner.name(&RULES));
        let decision = match &*plain(&word) {
            "allow" | "allowed" | "permit" | "permitted" => RecordedDecision::Allow,
            "deny" | "denied" | "block" | "blocked" => match &rule {
                Some(rule) if names_a_limit(rule) => RecordedDecision::Throttle,
                _ => RecordedDecision::Deny,
            },
            "throttle" | "throttled" | "ratelimit" | "ratelimited" => RecordedDecision::Throttle,
            _ => return None,
        };
        Some(Recorded { decision, rule })
    }

    /// How the call ended, as far as the upstream's HTTP status says: a success may still hold an
    /// error of the tool.
    fn outcome(&self, decision: RecordedDecision) -> Outcome {
        if decision != RecordedDecision::Allow {
            return Outcome::Denied;
        }
        let status = self.get(&STATUSES).and_then(|status| status.parse().ok());
        match status {
            Some(400..=599_u16) => Outcome::Error,
            _ => Outcome::Unspecified,
        }
    }
}

/// A name in lower case, without what only parts its words.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
    letters.flat_map(char::to_lowercase).collect()
}

/// Whether a rule's name is that of a limit: `/all_tools/limits/…` or `/tools/<name>/limits/…`.
fn names_a_limit(rule: &str) -> bool {
    let mut parts = rule.strip_prefix('/').unwrap_or("").split('/');
    match parts.next() {
        Some("all_tools") => parts.next() == Some("limits"),
        Some("tools") => parts.nth(1) == Some("limits"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_the_same_however_they_are_spelt() {
        for spelt in [
            "argument_keys",
            "argumentKeys",
            "Argument-Keys",
            "ARGUMENT KEYS",
        ] {
            assert_eq!(plain(spelt), "argumentkeys");
        }
    }

    #[test]
    fn a_denial_by_a_limit_is_a_throttle() {
        assert!(names_a_limit("/all_tools/limits/calls"));
        assert!(names_a_limit("/tools/a~1b/limits/a_rate"));
        for other in [
            "",
            "/tools/limits/deny_if/always",
            "(default deny)",
            "/tools/t",
        ] {
            assert!(!names_a_limit(other), "{other}");
        }
    }
}
