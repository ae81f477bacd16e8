//! mcplint's own trace format: one JSON object a line, one tool call each.

use std::borrow::Cow;
use std::fmt;

use crate::call::{Args, Outcome, Ruling, Stated, ToolCall};
use crate::json::{Field, Object, Tape, walk};
use crate::suggest::{nearest, quoted};
use crate::time::{Minute, Timestamp};
use crate::trace::blocks::{Line, Lines};
use crate::trace::convert::syntax_error;

/// The JSON Schema of a line.
pub const SCHEMA: &str = include_str!("native.schema.json");

/// Reads lines. Keeps its buffers from one line to the next.
#[derive(Debug, Default)]
pub struct Reader {
    tape: Tape,
    minute: Minute,
}

/// Why a line is no tool call: one sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineError(String);

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LineError {}

fn error<T>(message: impl Into<String>) -> Result<T, LineError> {
    Err(LineError(message.into()))
}

impl Reader {
    /// Reads `line`. A blank line is no call.
    ///
    /// # Errors
    /// What is wrong with the line.
    pub fn read<'t>(&'t mut self, line: Line<'t>) -> ReadLine<'t> {
        if line.text().trim_ascii_start().is_empty() {
            return Ok(None);
        }
        let record = self.tape.read(line.block, line.span);
        let record = record.map_err(|e| LineError(syntax_error(&e, line)))?;
        call(record, line.number, &mut self.minute)
    }

    /// Reads the next of `lines`, as [`Self::read`] does. Where nothing is wrong with it, its end is
    /// not looked for: it is where the record ends.
    pub fn next<'t, 'b: 't>(
        &'t mut self,
        lines: &mut Lines<'b>,
    ) -> Option<(Line<'b>, ReadLine<'t>)> {
        let (block, start) = lines.ahead()?;
        let Some(end) = self.tape.read_line(block, start) else {
            let line = lines.next()?;
            return Some((line, self.read(line)));
        };
        let line = lines.next_to(end);
        let record = self.tape.object(block, line.span);
        Some((line, call(record, line.number, &mut self.minute)))
    }
}

/// What was read of a line: a call, nothing where it is blank, or what is wrong with it.
pub type ReadLine<'t> = Result<Option<ToolCall<'t>>, LineError>;

/// The call that a record is.
fn call<'t>(record: Option<Object<'t>>, line: u64, minute: &mut Minute) -> ReadLine<'t> {
    let Some(record) = record else {
        return error("the line is not a JSON object");
    };
    let mut fields = Record::default();
    for field in record.fields() {
        fields.take(field, minute)?;
    }
    fields.into_call(line)
}

/// The fields of a record, as they come.
#[derive(Default)]
struct Record<'t> {
    ts: Option<Timestamp>,
    ts_text: Option<&'t str>,
    session: Option<Cow<'t, str>>,
    grant: Option<Cow<'t, str>>,
    server: Option<Cow<'t, str>>,
    tool: Option<Cow<'t, str>>,
    args: Option<Args<'t>>,
    arg_keys: Option<Vec<Cow<'t, str>>>,
    args_hash: Option<Cow<'t, str>>,
    outcome: Outcome,
    stated: Option<Box<Stated<Cow<'t, str>>>>,
    in_batch: bool,
    /// Whether the values of the arguments are tokens: only the names can be decided by.
    redacted: bool,
    /// A field that holds the tool's name, or what is done, in formats of others.
    stands_in: Option<String>,
    /// A field that the format does not have, and the one for arguments that it resembles.
    misspelt: Option<(String, &'static str)>,
}

impl<'t> Record<'t> {
    fn take(&mut self, field: Field<'t>, minute: &mut Minute) -> Result<(), LineError> {
        let decoded;
        let key = match field.plain_key() {
            Some(key) => key,
            None => {
                decoded = field.key();
                decoded.as_bytes()
            }
        };
        match key {
            b"ts" => self.time(field, minute)?,
            b"session" => self.session = optional_text("session", field)?,
            b"grant" => self.grant = optional_text("grant", field)?,
            b"server" => self.server = optional_text("server", field)?,
            b"tool" => match optional_text("tool", field)? {
                None => return error("`tool` is not a string"),
                name => self.tool = name,
            },
            b"args" | b"arguments" => self.args(field)?,
            b"arg_keys" => self.arg_keys = names(field.value())?,
            // A recorder leaves the hash out, or empty, where there was nothing to hash.
            b"args_hash" => {
                self.args_hash = optional_text("args_hash", field)?.filter(|h| !h.is_empty());
            }
            b"result" => self.outcome = outcome(field.value())?,
            b"in_batch" => self.in_batch = is_true("in_batch", field.value())?,
            b"redacted" => self.redacted = is_true("redacted", field.value())?,
            b"expect" => self.stated().expected = ruling("expect", field.value())?,
            b"expect_rule" => {
                self.stated().expected_rule = optional_text("expect_rule", field)?;
            }
            b"recorded" => self.stated().recorded = ruling("recorded", field.value())?,
            b"recorded_rule" => {
                self.stated().recorded_rule = optional_text("recorded_rule", field)?;
            }
            // Other fields are the recorder's, unless the arguments turn out to be missing.
            b"name" | b"tool_name" | b"method" => {
                self.stands_in = Some(field.key().into_owned());
            }
            // Only what begins like the fields for arguments can be one of them misspelt.
            [b'a' | b'A', ..] if self.misspelt.is_none() => {
                let key = field.key();
                let meant = nearest(&key, ["arguments", "args", "arg_keys"]);
                self.misspelt = meant.map(|meant| (key.into_owned(), meant));
            }
            // It may be the recorder's own; who wants to check expectations is told.
            [b'e' | b'E', ..] if nearest(&field.key(), ["expect", "expect_rule"]).is_some() => {
                self.stated().misspelt = Some(field.key().into_owned().into());
            }
            _ => {}
        }
        Ok(())
    }

    fn args(&mut self, field: Field<'t>) -> Result<(), LineError> {
        if self.args.is_some() {
            return error("both `args` and `arguments` are given");
        }
        self.args = Some(match field.object() {
            Some(object) => Args::Object(object),
            None if field.value() == walk::Value::Null => Args::None,
            None => Args::NotAnObject(field.text().raw()),
        });
        Ok(())
    }

    fn stated(&mut self) -> &mut Stated<Cow<'t, str>> {
        self.stated.get_or_insert_default()
    }

    fn time(&mut self, field: Field<'t>, minute: &mut Minute) -> Result<(), LineError> {
        self.ts_text = field.plain();
        let read = match self.ts_text {
            Some(time) => minute.parse_rfc3339(time),
            None => match field.value() {
                walk::Value::Null => return Ok(()),
                walk::Value::Number(number) => Timestamp::parse_millis(number),
                walk::Value::String(time) => Timestamp::parse_rfc3339(&time),
                _ => Err("neither a time nor a number of milliseconds"),
            },
        };
        let ts = read.map_err(|problem| LineError(format!("`ts`: {problem}")))?;
        self.ts = Some(ts);
        Ok(())
    }

    /// The call. In an option at once, because a call is large and would be moved once more.
    #[inline]
    fn into_call(self, line: u64) -> ReadLine<'t> {
        let Some(tool) = self.tool else {
            let other = self
                .stands_in
                .map_or(String::new(), |key| format!(", but `{key}`"));
            return error(format!("the record has no `tool`{other}"));
        };
        if self.args.is_none()
            && self.arg_keys.is_none()
            && self.args_hash.is_none()
            && let Some((field, meant)) = self.misspelt
        {
            // Decided as if it had no arguments, the call would be another one.
            return error(format!(
                "the field {} is not known: did you mean `{meant}`?",
                quoted(&field)
            ));
        }
        let args = match (self.args, self.arg_keys, self.args_hash) {
            // A recorder that keeps less than values may write `args: null` beside it.
            (None | Some(Args::None), Some(names), _) => Args::NamesOnly(names),
            (None | Some(Args::None), None, Some(hash)) => Args::Hashed(hash),
            (Some(Args::Object(object)), _, _) if self.redacted => {
                Args::NamesOnly(object.fields().map(|field| field.key()).collect())
            }
            (Some(args), _, _) => args,
            (None, None, None) => Args::None,
        };
        Ok(Some(ToolCall {
            line,
            ts: self.ts,
            ts_text: self.ts_text,
            session: self.session,
            grant: self.grant,
            server: self.server,
            tool,
            args,
            outcome: self.outcome,
            in_batch: self.in_batch,
            stated: self.stated,
        }))
    }
}

#[inline(always)]
fn optional_text<'t>(key: &str, field: Field<'t>) -> Result<Option<Cow<'t, str>>, LineError> {
    // Almost all are plain. Taken as they are, they go by no other place in memory.
    match field.plain() {
        Some(plain) => Ok(Some(Cow::Borrowed(plain))),
        None => rare_text(key, field.value()),
    }
}

#[cold]
fn rare_text<'t>(key: &str, value: walk::Value<'t>) -> Result<Option<Cow<'t, str>>, LineError> {
    match value {
        walk::Value::Null => Ok(None),
        walk::Value::String(text) => Ok(Some(text)),
        _ => error(format!("`{key}` is not a string")),
    }
}

fn is_true(key: &str, value: walk::Value<'_>) -> Result<bool, LineError> {
    match value {
        walk::Value::Null => Ok(false),
        walk::Value::Bool(is) => Ok(is),
        _ => error(format!("`{key}` is not true or false")),
    }
}

fn names(value: walk::Value<'_>) -> Result<Option<Vec<Cow<'_, str>>>, LineError> {
    const WANTED: &str = "`arg_keys` is not a list of argument names";
    match value {
        walk::Value::Null => Ok(None),
        walk::Value::Array(list) => walk::elements(list)
            .map(|item| match walk::Value::of(&list[item.range()]) {
                walk::Value::String(name) => Ok(name),
                _ => error(WANTED),
            })
            .collect::<Result<_, _>>()
            .map(Some),
        _ => error(WANTED),
    }
}

fn ruling(key: &str, value: walk::Value<'_>) -> Result<Option<Ruling>, LineError> {
    let word = match value {
        walk::Value::Null => return Ok(None),
        walk::Value::String(word) => word,
        _ => return error(format!("`{key}` is not a string")),
    };
    let ruling = Ruling::parse(&word);
    ruling
        .map(Some)
        .map_or_else(|| unknown_ruling(key, &word), Ok)
}

fn unknown_ruling<T>(key: &str, word: &str) -> Result<T, LineError> {
    /// What logs and people write instead.
    const SPELT: [(&str, &str); 4] = [
        ("allowed", "allow"),
        ("denied", "deny"),
        ("throttled", "throttle"),
        ("rate_limited", "throttle"),
    ];
    let words = Ruling::ALL.map(Ruling::word);
    let spelt = SPELT.into_iter().find(|(spelt, _)| *spelt == word);
    let meant = spelt
        .map(|(_, meant)| meant)
        .or_else(|| nearest(word, words));
    let meant = meant.map_or(String::new(), |meant| format!(": did you mean `{meant}`?"));
    error(format!("`{key}` is not one of {}{meant}", words.join(", ")))
}

fn outcome(value: walk::Value<'_>) -> Result<Outcome, LineError> {
    let name = match value {
        walk::Value::Null => return Ok(Outcome::Unspecified),
        walk::Value::String(name) => name,
        _ => return error("`result` is not a string"),
    };
    Outcome::parse(&name).map_or_else(
        || {
            // What stands there instead may well be what the tool answered: it is not repeated.
            error(format!(
                "`result` is not one of {}",
                Outcome::NAMES.join(", ")
            ))
        },
        Ok,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: &str) -> Option<String> {
        Reader::default()
            .read(Line::alone(line))
            .err()
            .map(|e| e.to_string())
    }

    #[test]
    fn records_of_other_formats_are_told_by_what_they_have_instead() {
        let told = |line| problem(line).unwrap_or_default();
        assert_eq!(
            told(r#"{"name":"t"}"#),
            "the record has no `tool`, but `name`"
        );
        assert_eq!(told("{}"), "the record has no `tool`");
        assert_eq!(problem(r#"{"name":"a","tool":"t"}"#), None);
    }

    #[test]
    fn what_a_record_says_of_the_decision_is_read_and_nothing_else_is() {
        let line = r#"{"tool":"t","expect":"deny","expect_rule":"a\/b","recorded":"allow"}"#;
        let mut reader = Reader::default();
        let call = reader.read(Line::alone(line)).expect("it is a call");
        let stated = *call.and_then(|call| call.stated).expect("it is stated");
        assert_eq!(stated.expected, Some(Ruling::Deny));
        assert_eq!(stated.expected_rule.as_deref(), Some("a/b"));
        assert_eq!(stated.recorded, Some(Ruling::Allow));
        assert_eq!(stated.recorded_rule, None);
        for (record, told) in [
            (
                r#"{"tool":"t","expect":"denied"}"#,
                "`expect` is not one of allow, deny, throttle, unknown: did you mean `deny`?",
            ),
            (r#"{"tool":"t","recorded":1}"#, "`recorded` is not a string"),
        ] {
            assert_eq!(problem(record).as_deref(), Some(told));
        }
        assert_eq!(problem(r#"{"tool":"t","expect":null}"#), None);
    }

    #[test]
    fn of_a_redacted_record_only_the_names_of_arguments_are_known() {
        let mut reader = Reader::default();
        let mut args = |line| {
            let call = reader.read(Line::alone(line)).expect("it is a call");
            format!("{:?}", call.expect("it is not blank").args)
        };
        let named = args(r#"{"tool":"t","redacted":true,"args":{"a":"s:1","b":{"c":1}}}"#);
        assert_eq!(named, r#"NamesOnly(["a", "b"])"#);
        assert_eq!(args(r#"{"tool":"t","redacted":true}"#), "None");
        assert!(args(r#"{"tool":"t","redacted":false,"args":{}}"#).starts_with("Object"));
        let told = problem(r#"{"tool":"t","redacted":1}"#);
        assert_eq!(told.as_deref(), Some("`redacted` is not true or false"));
    }

    #[test]
    fn misspelt_arguments_are_not_taken_for_none() {
        for field in ["argumnets", "Args", "argument", "arg_key"] {
            let line = format!(r#"{{"tool":"t","{field}":{{}}}}"#);
            let told = problem(&line).expect("not a call without arguments");
            assert!(told.contains("did you mean"), "{told}");
        }
        assert_eq!(problem(r#"{"tool":"t","argument":1,"args":{}}"#), None);
        assert_eq!(
            problem(r#"{"tool":"t","id":1,"duration_ms":2,"results":[]}"#),
            None
        );
    }
}
