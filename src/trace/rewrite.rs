//! Native records as [`Record`]s: what `trace convert` writes again, and what takes part in a folder
//! of recordings.

use super::blocks::Line;
use super::convert::{Converter, Sink};
use super::native::Reader;
use super::record::{Arguments, Record, Recorded, RecordedDecision, Time};
use crate::call::{Args, ToolCall};
use crate::json::{Tape, walk};

/// Reads native lines. Fields that the format does not have are not taken over.
#[derive(Debug, Default)]
pub struct Native {
    reader: Reader,
    tape: Tape,
}

impl Converter for Native {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        match self.reader.read(line) {
            Ok(Some(call)) => {
                let mut record = record(&call);
                self.read_the_rest(line, &mut record);
                sink.call(record);
            }
            Ok(None) => {}
            Err(error) => sink.problem(line.number, error.to_string()),
        }
    }
}

impl Native {
    /// Reads what is no part of a call: what was decided about it, and what it should come to.
    fn read_the_rest(&mut self, line: Line<'_>, record: &mut Record) {
        let Ok(Some(object)) = self.tape.read(line.block, line.span) else {
            return;
        };
        let (mut decision, mut rule) = (None, None);
        let mut args = None;
        for field in object.fields() {
            match (&*field.key(), field.value()) {
                ("redacted", walk::Value::Bool(redacted)) => record.redacted = redacted,
                ("args" | "arguments", _) => args = field.object(),
                _ => {}
            }
            let walk::Value::String(text) = field.value() else {
                continue;
            };
            match &*field.key() {
                "recorded" => decision = RecordedDecision::parse(&text),
                "recorded_rule" => rule = Some(text.into_owned()),
                "expect" => record.expected.0 = Some(text.into_owned()),
                "expect_rule" => record.expected.1 = Some(text.into_owned()),
                _ => {}
            }
        }
        if let Some(args) = args.filter(|_| record.redacted) {
            // The reader takes the names alone; equal tokens are still worth keeping.
            record.args = Arguments::Json(args.text().to_owned());
        }
        record.recorded = decision.map(|decision| Recorded { decision, rule });
    }
}

fn record(call: &ToolCall<'_>) -> Record {
    let owned = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
    let as_written =
        |text: &str| Time::read(&walk::Value::String(text.into()), &format!("\"{text}\""));
    let written = call.ts_text.and_then(|text| as_written(text).ok()?);
    Record {
        line: call.line,
        ts: written.or_else(|| call.ts.map(Time::from)),
        session: owned(&call.session),
        grant: owned(&call.grant),
        server: owned(&call.server),
        tool: call.tool.clone().into_owned(),
        args: match &call.args {
            Args::None => Arguments::None,
            Args::Object(object) => Arguments::Json(object.text().to_owned()),
            Args::NotAnObject(text) => Arguments::Json((*text).to_owned()),
            Args::Hashed(hash) => Arguments::Hashed(hash.clone().into_owned()),
            Args::NamesOnly(names) => {
                Arguments::Names(names.iter().map(|name| name.clone().into_owned()).collect())
            }
        },
        outcome: call.outcome,
        in_batch: call.in_batch,
        ..Record::default()
    }
}
