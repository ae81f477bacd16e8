//! Policy unit tests: records that say what their call should come to, compared with what it comes
//! to, and put right where the policy is.

use std::io::{self, Cursor};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::Row;
use super::assign::Assigned;
use super::pipeline::{Event, Options, Session, Stop};
use crate::call::{Args, Ruling};
use crate::engine::{Coverage, Decision};
use crate::json::walk;
use crate::span::Span;
use crate::suggest::quoted;
use crate::trace::blocks::{Blocks, Line};
use crate::trace::native;

/// The largest file of tests, in bytes when decompressed. Such files are written by people.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A byte-order mark, which stands before the first line and is no part of it.
const MARK: &str = "\u{feff}";

/// What running a file of tests gave.
#[derive(Debug)]
pub struct Tested {
    /// The records that say what to expect, in order.
    pub cases: Vec<Case>,
    /// The lines that can't be checked, in order, each with what is wrong with it.
    pub problems: Vec<(u64, String)>,
    /// What was looked at, by policy.
    pub coverage: Vec<Coverage>,
}

/// A record that says what its call should come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its line, from 1.
    pub line: u64,
    /// The tool.
    pub tool: String,
    /// What is expected.
    pub expected: Expected,
    /// What came instead, if something else did.
    pub failure: Option<Box<Failure>>,
}

/// What a record expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The decision.
    pub ruling: Ruling,
    /// The deciding rule's name, or its pointer; empty where no rule should decide.
    pub rule: Option<String>,
}

/// A call that came to something else than was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The server it was made to.
    pub server: Option<String>,
    /// The identity it was made under.
    pub grant: Option<String>,
    /// The conversation it belongs to.
    pub session: Option<String>,
    /// Its arguments.
    pub arguments: Arguments,
    /// What it came to.
    pub actual: Actual,
}

/// The arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arguments {
    /// The names of the top-level ones, in the order of the record.
    pub names: Vec<String>,
    /// Their JSON, where it was recorded.
    pub text: Option<String>,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actual {
    /// The decision.
    pub ruling: Ruling,
    /// The deciding rule's name; empty unless the call was refused.
    pub rule: String,
    /// RFC 6901 pointer of the deciding clause; empty if none decided.
    pub pointer: String,
    /// What the agent is told; empty unless the call was refused.
    pub message: String,
    /// Number of the policy it fell under.
    pub policy: Option<usize>,
    /// The bytes of the deciding clause.
    pub span: Option<Span>,
    /// The argument paths whose values would decide an unknown call.
    pub needs: Vec<String>,
}

impl Actual {
    fn of(row: &Row<'_>) -> Self {
        let explanation = row.explanation();
        let explanation = explanation.as_ref();
        let reason = row.decision.reason();
        Self {
            ruling: row.decision.ruling(),
            rule: explanation.map_or("", |e| e.rule).to_owned(),
            pointer: explanation.map_or("", |e| e.pointer).to_owned(),
            message: explanation.map_or(String::new(), |e| e.message.to_string()),
            policy: row.policy,
            span: reason.and_then(|reason| reason.place(row.compiled).span),
            needs: match row.decision {
                Decision::Unknown { needs } => needs.clone(),
                _ => Vec::new(),
            },
        }
    }

    /// Whether `rule` names what decided.
    fn is_by(&self, rule: &str) -> bool {
        self.rule == rule || (!rule.is_empty() && self.pointer == rule)
    }

    fn is(&self, expected: &Expected) -> bool {
        let rule = expected.rule.as_ref();
        self.ruling == expected.ruling && rule.is_none_or(|rule| self.is_by(rule))
    }
}

impl Case {
    fn of(row: &Row<'_>, expected: Expected) -> Self {
        let actual = Actual::of(row);
        let failure = (!actual.is(&expected)).then(|| {
            Box::new(Failure {
                server: row.server().map(str::to_owned),
                grant: row.grant().map(str::to_owned),
                session: row.session().map(str::to_owned),
                arguments: Arguments::default(),
                actual,
            })
        });
        Self {
            line: row.line,
            tool: row.tool().to_owned(),
            expected,
            failure,
        }
    }
}

/// Runs the records of a file through the policies, which begin with fresh counters.
///
/// # Errors
/// See [`Stop`].
pub fn test(policies: &[Assigned], text: &Arc<[u8]>, options: Options) -> Result<Tested, Stop> {
    let mut session = Session::new(policies, options);
    let (mut cases, mut problems) = (Vec::new(), Vec::new());
    let source = Blocks::new(Box::new(Cursor::new(Arc::clone(text))));
    session.replay(0, source, &mut |event| {
        match event {
            Event::Decided(row) => match expected(&row) {
                Ok(Some(expected)) => cases.push(Case::of(&row, expected)),
                Ok(None) => {}
                Err(problem) => problems.push((row.line, problem)),
            },
            Event::Unreadable { line, problem, .. } => problems.push((line, problem.to_owned())),
            Event::Noted { .. }
            | Event::Late { .. }
            | Event::Forwarded { .. }
            | Event::OutOfOrder { .. } => {}
        }
        ControlFlow::Continue(())
    })?;
    let text = std::str::from_utf8(text).unwrap_or("");
    for (line, case) in with_lines(text, &mut cases) {
        if let Some(failure) = &mut case.failure {
            failure.arguments = arguments(text, line);
        }
    }
    Ok(Tested {
        cases,
        problems,
        coverage: session.coverage,
    })
}

fn expected(row: &Row<'_>) -> Result<Option<Expected>, String> {
    let Some(stated) = row.stated() else {
        return Ok(None);
    };
    if let Some(misspelt) = &stated.misspelt {
        let misspelt = quoted(misspelt);
        return Err(format!(
            "the field {misspelt} is not known: did you mean `expect` or `expect_rule`?"
        ));
    }
    match (stated.expected, stated.expected_rule.as_deref()) {
        (Some(ruling), rule) => Ok(Some(Expected {
            ruling,
            rule: rule.map(str::to_owned),
        })),
        (None, Some(_)) => {
            Err("`expect_rule` is checked only beside `expect`, which is missing".to_owned())
        }
        (None, None) => Ok(None),
    }
}

/// The bytes of the lines of a text, line ends excluded.
fn lines(text: &str) -> impl Iterator<Item = Span> {
    let mut start = if text.starts_with(MARK) {
        MARK.len()
    } else {
        0
    };
    text[start..].split_inclusive('\n').map(move |line| {
        let body = line.strip_suffix('\n').unwrap_or(line);
        let span = Span::new(start, start + body.len());
        start += line.len();
        span
    })
}

/// Each case with the bytes of its line.
fn with_lines<C: std::borrow::Borrow<Case>>(
    text: &str,
    cases: impl IntoIterator<Item = C>,
) -> impl Iterator<Item = (Span, C)> {
    let mut numbered = (1..).zip(lines(text));
    cases.into_iter().filter_map(move |case| {
        let line = case.borrow().line;
        let (_, span) = numbered.find(|(number, _)| *number == line)?;
        Some((span, case))
    })
}

/// The arguments of the call that a line holds.
fn arguments(text: &str, span: Span) -> Arguments {
    let mut reader = native::Reader::default();
    let line = Line {
        number: 1,
        block: text,
        span,
    };
    let Ok(Some(call)) = reader.read(line) else {
        return Arguments::default();
    };
    match &call.args {
        Args::None | Args::Hashed(_) => Arguments::default(),
        Args::Object(object) => Arguments {
            names: object.fields().map(|f| f.key().into_owned()).collect(),
            text: Some(object.text().to_owned()),
        },
        Args::NotAnObject(text) => Arguments {
            names: Vec::new(),
            text: Some((*text).to_owned()),
        },
        Args::NamesOnly(names) => Arguments {
            names: names.iter().map(ToString::to_string).collect(),
            text: None,
        },
    }
}

/// The text of a file of tests with what its calls came to in the place of what was expected. An
/// `expect_rule` is rewritten where there is one; no other byte changes.
pub fn updated(text: &str, cases: &[Case]) -> String {
    let mut new = String::with_capacity(text.len());
    let mut copied = 0;
    for (line, case) in with_lines(text, cases) {
        let Some(failure) = &case.failure else {
            continue;
        };
        for (span, value) in edits(&text[line.range()], &failure.actual) {
            new.push_str(&text[copied..line.start + span.start]);
            new.push_str(&value);
            copied = line.start + span.end;
        }
    }
    new.push_str(&text[copied..]);
    new
}

/// What to write where in a line, in its order.
fn edits(line: &str, actual: &Actual) -> Vec<(Span, String)> {
    let indent = line.len() - line.trim_ascii_start().len();
    let object = line.trim_ascii();
    let mut edits = Vec::new();
    for (key, value) in walk::members(object) {
        let written = walk::Value::of(&object[value.range()]);
        let walk::Value::String(written) = written else {
            continue;
        };
        let new = match &*walk::decode(&object[key.range()]) {
            "expect" => actual.ruling.word(),
            "expect_rule" if !actual.is_by(&written) => &actual.rule,
            _ => continue,
        };
        if written != new {
            let span = Span::new(indent + value.start, indent + value.end);
            edits.push((span, serde_json::Value::from(new).to_string()));
        }
    }
    edits
}

/// Reads a file of tests that is not too large.
///
/// # Errors
/// Those of `stream`; [`io::ErrorKind::FileTooLarge`] if it has more than [`MAX_BYTES`].
pub fn read(stream: impl io::Read) -> io::Result<Arc<[u8]>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(stream, MAX_BYTES + 1), &mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it has more than 16 MiB; tests are files that people write",
        ));
    }
    Ok(bytes.into())
}
