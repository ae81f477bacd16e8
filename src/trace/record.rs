//! A tool call on its way from a recording of another format to a line of the native one.

use std::fmt::Write as _;

use super::repeats::Identity;
use crate::call::Outcome;
use crate::json::walk;
use crate::time::Timestamp;

/// A tool call that owns its texts. [`Record::write`] makes a native line of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// The line of the recording that it began at, from 1.
    pub line: u64,
    /// When it was made.
    pub ts: Option<Time>,
    /// The conversation it belongs to.
    pub session: Option<String>,
    /// The identity it was made under.
    pub grant: Option<String>,
    /// The MCP server it was made to.
    pub server: Option<String>,
    /// The tool's exact name.
    pub tool: String,
    /// Its arguments, as far as they were recorded.
    pub args: Arguments,
    /// Whether the values of the arguments are tokens in the place of others.
    pub redacted: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it came in a JSON-RPC batch.
    pub in_batch: bool,
    /// What was decided about it when it was recorded.
    pub recorded: Option<Recorded>,
    /// What it should come to: the values of `expect` and `expect_rule`, which only native records
    /// have.
    pub expected: (Option<String>, Option<String>),
    /// What it is known by, where the same call may stand in several recordings.
    pub identity: Option<Identity>,
}

/// When a call was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// The instant.
    pub instant: Timestamp,
    /// The instant as JSON: as it was recorded where that is a text or a number of milliseconds.
    json: String,
}

/// A call's arguments.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Arguments {
    /// None were recorded, and there were none.
    #[default]
    None,
    /// The JSON text of the arguments, as it was recorded. Nothing has to follow from its form: it
    /// was checked to be one JSON value.
    Json(String),
    /// Only the names of the top-level arguments.
    Names(Vec<String>),
    /// Nothing but this hash of them.
    Hashed(String),
}

/// What was decided about a call when it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The decision.
    pub decision: RecordedDecision,
    /// The rule that it was made by, as the recorder calls it.
    pub rule: Option<String>,
}

/// A decision that a recorder writes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedDecision {
    /// The call went on to its server.
    Allow,
    /// It was refused by a rule.
    Deny,
    /// It was refused by a limit.
    Throttle,
}

impl RecordedDecision {
    /// As native traces write it.
    pub fn name(self) -> &'static str {
        match self {
            RecordedDecision::Allow => "allow",
            RecordedDecision::Deny => "deny",
            RecordedDecision::Throttle => "throttle",
        }
    }

    /// The decision that a native trace writes as `name`.
    pub fn parse(name: &str) -> Option<Self> {
        use RecordedDecision::{Allow, Deny, Throttle};
        [Allow, Deny, Throttle]
            .into_iter()
            .find(|decision| decision.name() == name)
    }
}

impl Time {
    /// Reads a JSON value, whose text is `raw`: an RFC 3339 text, or a number of milliseconds since
    /// 1970. `null` is no time.
    ///
    /// # Errors
    /// A few words about what is wrong.
    pub fn read(value: &walk::Value<'_>, raw: &str) -> Result<Option<Self>, &'static str> {
        let instant = match value {
            walk::Value::Null => return Ok(None),
            walk::Value::Number(number) => Timestamp::parse_millis(number)?,
            walk::Value::String(time) => Timestamp::parse_rfc3339(time)?,
            _ => return Err("neither a time nor a number of milliseconds"),
        };
        let json = raw.to_owned();
        Ok(Some(Self { instant, json }))
    }
}

impl From<Timestamp> for Time {
    fn from(instant: Timestamp) -> Self {
        let json = format!("\"{instant}\"");
        Self { instant, json }
    }
}

impl Record {
    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        let texts = [&self.session, &self.grant, &self.server];
        let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
        let args = match &self.args {
            Arguments::None => 0,
            Arguments::Json(text) => text.len(),
            Arguments::Hashed(hash) => hash.len(),
            Arguments::Names(names) => names
                .iter()
                .map(|name| size_of_val(name) + name.len())
                .sum(),
        };
        size_of::<Self>() + texts + self.tool.len() + args
    }

    /// Appends it as a line of a native trace, line end included.
    pub fn write(&self, out: &mut String) {
        out.push('{');
        if let Some(ts) = &self.ts {
            let _infallible = write!(out, "\"ts\":{},", ts.json);
        }
        let texts = [
            ("session", &self.session),
            ("grant", &self.grant),
            ("server", &self.server),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                write_member(key, text, out);
                out.push(',');
            }
        }
        write_member("tool", &self.tool, out);
        self.args.write(out);
        if self.redacted {
            out.push_str(",\"redacted\":true");
        }
        if self.in_batch {
            out.push_str(",\"in_batch\":true");
        }
        let recorded = self.recorded.as_ref();
        let others = [
            ("result", self.outcome.name()),
            ("recorded", recorded.map(|r| r.decision.name())),
            ("recorded_rule", recorded.and_then(|r| r.rule.as_deref())),
            ("expect", self.expected.0.as_deref()),
            ("expect_rule", self.expected.1.as_deref()),
        ];
        for (key, text) in others {
            if let Some(text) = text {
                out.push(',');
                write_member(key, text, out);
            }
        }
        out.push_str("}\n");
    }
}

impl Arguments {
    /// Those of a call whose recorder left them out.
    pub fn unrecorded() -> Self {
        // There is no hash, but that is what all of these have in common: nothing else is known.
        Arguments::Hashed("unrecorded".to_owned())
    }

    fn write(&self, out: &mut String) {
        match self {
            Arguments::None => {}
            Arguments::Json(text) => {
                out.push_str(",\"args\":");
                push_on_one_line(text, out);
            }
            Arguments::Names(names) => {
                out.push_str(",\"arg_keys\":[");
                for (nth, name) in names.iter().enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    push_string(name, out);
                }
                out.push(']');
            }
            Arguments::Hashed(hash) => {
                out.push(',');
                write_member("args_hash", hash, out);
            }
        }
    }
}

fn write_member(key: &str, text: &str, out: &mut String) {
    let _infallible = write!(out, "\"{key}\":");
    push_string(text, out);
}

/// Appends `text` as a JSON string.
pub fn push_string(text: &str, out: &mut String) {
    let plain = |byte: &u8| *byte >= b' ' && *byte != b'"' && *byte != b'\\';
    if text.as_bytes().iter().all(plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        let quoted = serde_json::to_string(text).expect("a string is always JSON");
        out.push_str(&quoted);
    }
}

/// Appends a JSON text without its line ends, which can only stand between tokens.
fn push_on_one_line(text: &str, out: &mut String) {
    for (nth, line) in text.split(['\n', '\r']).enumerate() {
        if nth > 0 {
            out.push(' ');
        }
        out.push_str(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Args;
    use crate::trace::blocks::Line;
    use crate::trace::native::Reader;

    #[test]
    fn what_is_written_is_read_as_the_same_call() {
        let record = Record {
            line: 7,
            ts: Some(Timestamp::from_unix_nanos(1_772_524_510_024_274_000).into()),
            session: Some("s \"1\"\n".into()),
            server: Some("naïve\u{2028}".into()),
            tool: "t\\".into(),
            args: Arguments::Json("{\n \"a\": 1.50,\r\n \"b\": \"x\\n\"}".into()),
            outcome: Outcome::RpcError,
            in_batch: true,
            recorded: Some(Recorded {
                decision: RecordedDecision::Throttle,
                rule: Some("r".into()),
            }),
            ..Record::default()
        };
        let mut line = String::new();
        record.write(&mut line);
        assert_eq!(line.matches('\n').count(), 1);
        let mut reader = Reader::default();
        let call = reader.read(Line::alone(line.trim_end()));
        let call = call.expect("it is a record").expect("it is not blank");
        assert_eq!(call.ts_text, Some("2026-03-03T07:55:10.024274Z"));
        assert_eq!(call.session.as_deref(), record.session.as_deref());
        assert_eq!(call.server.as_deref(), record.server.as_deref());
        assert_eq!(
            (&*call.tool, call.outcome, call.in_batch),
            ("t\\", record.outcome, true)
        );
        assert!(
            matches!(call.args, Args::Object(o) if o.text() == "{  \"a\": 1.50,   \"b\": \"x\\n\"}")
        );
    }
}
