//! One decision a line, as JSON: version 1 of a public format.

use std::io::{self, Write};

use super::{Context, word};
use crate::engine::Decision;
use crate::render::escape;
use crate::replay::Row;

/// Writes decided calls. Keeps its memory from one to the next.
#[derive(Debug, Default)]
pub struct Writer {
    line: Vec<u8>,
}

impl Writer {
    /// Writes a decided call as one line.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(
        &mut self,
        row: &Row<'_>,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.line.clear();
        let mut object = Object::open(&mut self.line);
        if let Some(trace) = context.trace_if_several(row.trace) {
            object.text("trace", trace)?;
        }
        object.number("line", row.line)?;
        object.text_or_null("ts", row.time().as_deref())?;
        object.text_or_null("server", row.server)?;
        object.text_or_null("grant", row.grant)?;
        if let Some(session) = row.session {
            object.text("session", session)?;
        }
        object.text("tool", row.tool)?;
        object.text("decision", word(row.decision))?;
        let explanation = row.explanation();
        let explanation = explanation.as_ref();
        object.text("rule", explanation.map_or("", |e| e.rule))?;
        object.text("pointer", explanation.map_or("", |e| e.pointer))?;
        object.text("message", explanation.map_or("", |e| &e.message))?;
        object.text_or_null("policy", context.policy(row.policy))?;
        match row.decision {
            Decision::Throttle { retry_after_s, .. } => {
                object.number("retry_after_s", *retry_after_s)?;
            }
            Decision::Unknown { needs } => escape::to_json(needs, object.key("needs"))?,
            Decision::Allow | Decision::Deny(_) => {}
        }
        if let Some(args) = row.args {
            escape::raw_json(args, object.key("args"))?;
        }
        self.line.extend_from_slice(b"}\n");
        out.write_all(&self.line)
    }
}

/// The members of a JSON object, as they are written. Keys need no escapes.
struct Object<'l> {
    line: &'l mut Vec<u8>,
}

impl<'l> Object<'l> {
    fn open(line: &'l mut Vec<u8>) -> Self {
        line.push(b'{');
        Self { line }
    }

    /// Writes a key; its value has to follow.
    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if self.line.len() > 1 {
            self.line.push(b',');
        }
        self.line.push(b'"');
        self.line.extend_from_slice(key.as_bytes());
        self.line.extend_from_slice(b"\":");
        self.line
    }

    fn text(&mut self, key: &str, text: &str) -> io::Result<()> {
        escape::text_to_json(text, self.key(key))
    }

    fn text_or_null(&mut self, key: &str, text: Option<&str>) -> io::Result<()> {
        match text {
            Some(text) => self.text(key, text),
            None => self.key(key).write_all(b"null"),
        }
    }

    fn number(&mut self, key: &str, number: u64) -> io::Result<()> {
        write!(self.key(key), "{number}")
    }
}
