//! One decision a line, as JSON: version 1 of a public format.

use std::io::{self, Write};

use super::{Context, word};
use crate::engine::Decision;
use crate::render::escape;
use crate::replay::Row;

/// How the member of this name begins: with a comma, which the first has no need of.
macro_rules! member {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}
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
        let mut object = Object {
            line: &mut self.line,
        };
        if let Some(trace) = context.trace_if_several(row.trace) {
            object.text(member!("trace"), trace)?;
        }
        object.number(member!("line"), row.line)?;
        object.text_or_null(member!("ts"), row.time().as_deref())?;
        object.text_or_null(member!("server"), row.server())?;
        object.text_or_null(member!("grant"), row.grant())?;
        if let Some(session) = row.session() {
            object.text(member!("session"), session)?;
        }
        object.text(member!("tool"), row.tool())?;
        object.text(member!("decision"), word(row.decision))?;
        let explanation = row.explanation();
        let explanation = explanation.as_ref();
        object.text(member!("rule"), explanation.map_or("", |e| e.rule))?;
        object.text(member!("pointer"), explanation.map_or("", |e| e.pointer))?;
        object.text(member!("message"), explanation.map_or("", |e| &e.message))?;
        object.text_or_null(member!("policy"), context.policy_name(row.policy))?;
        match row.decision {
            Decision::Throttle { retry_after_s, .. } => {
                object.number(member!("retry_after_s"), (*retry_after_s).into())?;
            }
            Decision::Unknown { needs } => escape::to_json(needs, object.begin(member!("needs")))?,
            Decision::Allow | Decision::Deny(_) => {}
        }
        if let Some(args) = row.args {
            escape::raw_json(args, object.begin(member!("args")))?;
        }
        self.line[0] = b'{';
        self.line.extend_from_slice(b"}\n");
        out.write_all(&self.line)
    }
}

/// The members of a JSON object, as they are written. Each begins with what [`member`] says.
struct Object<'l> {
    line: &'l mut Vec<u8>,
}

impl Object<'_> {
    /// Begins a member; its value has to follow.
    #[inline(always)]
    fn begin(&mut self, member: &'static str) -> &mut Vec<u8> {
        self.line.extend_from_slice(member.as_bytes());
        self.line
    }

    #[inline(always)]
    fn text(&mut self, member: &'static str, text: &str) -> io::Result<()> {
        escape::text_to_json(text, self.begin(member))
    }

    #[inline(always)]
    fn text_or_null(&mut self, member: &'static str, text: Option<&str>) -> io::Result<()> {
        match text {
            Some(text) => self.text(member, text),
            None => self.begin(member).write_all(b"null"),
        }
    }

    fn number(&mut self, member: &'static str, number: u64) -> io::Result<()> {
        write!(self.begin(member), "{number}")
    }
}
