//! OpenTelemetry traces in the JSON encoding of OTLP: one document, or one export request a line.
//!
//! Spans are written when they end, and those of one call lie within one another: around the tool's
//! execution, around the client's request and around the server's work. What a span does not say,
//! such as who the agent is, the spans around it do, and these come last. So all spans are kept
//! until the end, as little of them as will be needed, and then the calls are given in the order of
//! their start.

mod cutter;
mod tree;
mod value;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;

use cutter::{Cut, Cutter, Piece};
use tree::{Call, Given, Merged, Span, Spans};
use value::{AnyValue, attributes, member};

use super::Stream;
use super::convert::{Item, Items, Sink};
use super::format::Shape;
use crate::call::Outcome;
use crate::json::{Error, ErrorKind, Tape, walk};

/// Whether an object with these keys is an export of traces.
pub fn recognises(shape: &Shape<'_>) -> bool {
    shape.has("resourceSpans")
}

/// Whether an object with these keys is an export, be it of something else than traces.
pub(super) fn is_export(shape: &Shape<'_>) -> bool {
    let lists = ["resourceSpans", "resourceLogs", "resourceMetrics"];
    lists.iter().any(|list| shape.has(list))
}

/// The calls of an export.
pub struct Export {
    cutter: Cutter,
    tape: Tape,
    spans: Spans,
    sink: Sink,
    calls: Option<std::vec::IntoIter<Merged>>,
    /// How many spans there were so far.
    position: u64,
    /// The line that the latest span begins at.
    last_line: u64,
}

impl Export {
    /// The calls of a stream.
    pub fn new(stream: Stream) -> Self {
        Self {
            cutter: Cutter::new(stream),
            tape: Tape::default(),
            spans: Spans::default(),
            sink: Sink::default(),
            calls: None,
            position: 0,
            last_line: 0,
        }
    }

    fn take(&mut self, piece: Piece) {
        match piece {
            Piece::NextResource => self.spans.next_resource(),
            Piece::Resource(cut) => {
                if self.is_sound(&cut, "the resource") {
                    self.resource(&cut.text);
                }
            }
            Piece::Span(cut) => {
                self.position += 1;
                self.last_line = cut.line;
                if self.is_sound(&cut, "the span") {
                    self.span(&cut);
                }
            }
            Piece::Broken(line, problem) => self.sink.problem(line, problem),
        }
    }

    /// Whether a text is JSON in which no key stands twice. If not, that is told.
    fn is_sound(&mut self, cut: &Cut, what: &str) -> bool {
        let whole = crate::span::Span::new(0, cut.text.len());
        let Err(Error { kind, span }) = self.tape.read(&cut.text, whole).map(|_| ()) else {
            return true;
        };
        let before = cut.text[..span.start].matches('\n').count();
        let problem = match kind {
            ErrorKind::DuplicateKey(_) => format!("{what} has the same key twice in one object"),
            kind => format!("{what} is not JSON: {kind}"),
        };
        self.sink.problem(cut.line + before as u64, problem);
        false
    }

    fn resource(&mut self, text: &str) {
        let mut told = tree::Told::default();
        let mut service = None;
        for (key, value) in attributes(member(text, "attributes").unwrap_or("[]")) {
            match &*key {
                "service.name" => service = value.text(),
                key => self.spans.note_attribute(&mut told, key, value),
            }
        }
        let service = self.spans.name(service.as_deref());
        self.spans.resource(told, service);
    }

    /// The calls, and notes about what of them is not there.
    fn finish(&mut self) -> Vec<Merged> {
        let mut calls = self.spans.merge();
        if self.last_line == 1 {
            // On one line, that line tells nothing apart.
            calls.iter_mut().for_each(Merged::number_by_span);
        }
        self.tell_unrecorded(&calls);
        self.tell_cut(&calls);
        calls
    }

    /// Says so if arguments that decide are not there.
    fn tell_unrecorded(&mut self, calls: &[Merged]) {
        let Some(first) = calls.first() else {
            return;
        };
        if self.spans.lack_arguments() {
            let note =
                "no span has `gen_ai.tool.call.arguments`: the arguments are taken for unknown";
            return self.sink.note(first.line(), note);
        }
        if let Some(call) = calls.iter().find(|call| call.has_unreadable_arguments()) {
            let note = "`gen_ai.tool.call.arguments` is cut short: the arguments of this call, and \
                        others like it, are taken for unknown";
            self.sink.note(call.line(), note);
        }
        if let Some(call) = calls.iter().find(|call| self.spans.lacks_arguments(call)) {
            let note = "no span of this call is one that has `gen_ai.tool.call.arguments` elsewhere: \
                        its arguments, and those of others like it, are taken for unknown";
            self.sink.note(call.line(), note);
        }
    }

    /// Says so if there are calls whose outer spans are not in the file.
    fn tell_cut(&mut self, calls: &[Merged]) {
        let mut cut = calls.iter().filter(|call| call.is_cut());
        if let Some(first) = cut.next() {
            let count = 1 + cut.count();
            let calls = if count == 1 { "call lies" } else { "calls lie" };
            let note = format!(
                "{count} {calls} in spans that are not in this file: what these tell is not known"
            );
            self.sink.note(first.line(), note);
        }
    }

    fn span(&mut self, cut: &Cut) {
        match self.read(cut) {
            Ok(span) => self.spans.push(span),
            Err(problem) => self.sink.problem(cut.line, problem),
        }
    }

    fn read(&mut self, cut: &Cut) -> Result<Span, &'static str> {
        let mut raw = Raw::default();
        for (key, value) in walk::members(&cut.text) {
            let value = &cut.text[value.range()];
            match &*walk::decode(&cut.text[key.range()]) {
                "traceId" => raw.trace = value,
                "spanId" => raw.id = value,
                "parentSpanId" => raw.parent = value,
                "name" => raw.name = value,
                "kind" => raw.kind = value,
                "startTimeUnixNano" => raw.start = value,
                "attributes" => raw.attributes = value,
                "status" => raw.status = value,
                _ => {}
            }
        }
        let at = (cut.line, self.position);
        raw.read(at, &mut self.spans, &mut self.tape)
    }
}

impl Items for Export {
    fn next_item(&mut self) -> io::Result<Option<Item>> {
        loop {
            if let Some(item) = self.sink.take() {
                return Ok(Some(item));
            }
            if let Some(calls) = &mut self.calls {
                let call = calls.next();
                return Ok(call.map(|call| Item::Call(Box::new(self.spans.record(call)))));
            }
            match self.cutter.next_piece()? {
                Some(piece) => self.take(piece),
                None => {
                    let calls = self.finish();
                    self.calls = Some(calls.into_iter());
                }
            }
        }
    }
}

/// The members of a span, as they are written.
#[derive(Default)]
struct Raw<'t> {
    trace: &'t str,
    id: &'t str,
    parent: &'t str,
    name: &'t str,
    kind: &'t str,
    start: &'t str,
    attributes: &'t str,
    status: &'t str,
}

/// What decides whether a span is a call, and which.
#[derive(Default)]
struct Traits<'t> {
    operation: Option<String>,
    method: Option<String>,
    tool: Option<String>,
    server: Option<String>,
    address: Option<String>,
    port: Option<String>,
    error: Option<String>,
    rpc_status: Option<String>,
    arguments: Option<AnyValue<'t>>,
}

impl Raw<'_> {
    /// The span, which begins at this line and has this number.
    fn read(
        &self,
        at: (u64, u64),
        spans: &mut Spans,
        tape: &mut Tape,
    ) -> Result<Span, &'static str> {
        let mut told = tree::Told::default();
        let mut traits = Traits::default();
        for (key, value) in attributes(self.attributes) {
            traits.take(&key, value, &mut told, spans);
        }
        let is_agent = matches!(
            traits.operation.as_deref(),
            Some("invoke_agent" | "create_agent")
        );
        let call = match traits.is_call() {
            true => Some(Box::new(self.call(at, traits, spans, tape)?)),
            false => None,
        };
        Ok(Span {
            trace: spans.name(string(self.trace).as_deref()),
            id: id(self.id).ok_or("the span has no `spanId`")?,
            parent: id(self.parent),
            told,
            is_agent,
            call,
        })
    }

    fn call(
        &self,
        (line, position): (u64, u64),
        traits: Traits<'_>,
        spans: &mut Spans,
        tape: &mut Tape,
    ) -> Result<Call, &'static str> {
        let named = string(self.name);
        let tool = traits.tool.as_deref().or_else(|| {
            let named = named.as_deref()?;
            let after = named.strip_prefix("tools/call ");
            after.or_else(|| named.strip_prefix("execute_tool "))
        });
        let tool = tool.ok_or("the span of a tool call has no `gen_ai.tool.name`")?;
        let start = string(self.start);
        let start = start.as_deref().unwrap_or(self.start).parse();
        let is_server = matches!(self.kind, "2" | "\"SPAN_KIND_SERVER\"");
        let role = match (traits.method.is_some(), is_server) {
            (false, _) => tree::Role::Tool,
            (true, false) => tree::Role::Client,
            (true, true) => tree::Role::Server,
        };
        Ok(Call {
            line,
            position,
            start: start.map_err(|_| "the span has no `startTimeUnixNano`")?,
            role,
            tool: spans.name(Some(tool)),
            server: spans.name(traits.server().as_deref()),
            outcome: traits.outcome(self.status),
            arguments: arguments(traits.arguments, tape)?,
        })
    }
}

impl<'t> Traits<'t> {
    fn take(&mut self, key: &str, value: AnyValue<'t>, told: &mut tree::Told, spans: &mut Spans) {
        let text = |value: AnyValue<'_>| value.text().map(|text| text.into_owned());
        match key {
            "gen_ai.operation.name" => self.operation = text(value),
            "mcp.method.name" => self.method = text(value),
            "gen_ai.tool.name" | "mcp.tool.name" => self.tool = text(value),
            "mcp.server.name" => self.server = text(value),
            "server.address" => self.address = text(value),
            "server.port" => self.port = text(value),
            "error.type" => self.error = text(value),
            "rpc.response.status_code" => self.rpc_status = text(value),
            "gen_ai.tool.call.arguments" => self.arguments = Some(value),
            key => spans.note_attribute(told, key, value),
        }
    }

    /// Spans around other requests and around models may tell a tool too: these are no calls.
    fn is_call(&self) -> bool {
        match &self.method {
            Some(method) => method == "tools/call",
            None => self.operation.as_deref() == Some("execute_tool"),
        }
    }

    /// The conventions have no name of a server, only its address, which pipes don't have.
    fn server(&self) -> Option<String> {
        self.server.clone().or_else(|| {
            let address = self.address.as_deref()?;
            let port = self.port.as_deref().map(|port| format!(":{port}"));
            Some(format!("{address}{}", port.unwrap_or_default()))
        })
    }

    fn outcome(&self, status: &str) -> Outcome {
        let is_code = |text: &String| text.parse::<i64>().is_ok();
        match self.error.as_deref() {
            Some("tool_error") => Outcome::ToolError,
            Some("cancelled" | "connection_closed" | "timeout") => Outcome::NoAnswer,
            _ if self.error.as_ref().is_some_and(is_code) => Outcome::RpcError,
            _ if self.rpc_status.as_ref().is_some_and(is_code) => Outcome::RpcError,
            Some(_) => Outcome::Error,
            None => match member(status, "code") {
                Some("2" | "\"STATUS_CODE_ERROR\"") => Outcome::Error,
                _ => Outcome::Ok,
            },
        }
    }
}

/// A call's arguments: recorded as a structure, or as JSON text already.
fn arguments(value: Option<AnyValue<'_>>, tape: &mut Tape) -> Result<Given, &'static str> {
    let mut json = match value {
        None => return Ok(Given::Nothing),
        Some(AnyValue::Text(text)) => text.into_owned(),
        Some(value) => value.to_json(),
    };
    match error_in(&json, tape) {
        None => {}
        Some(ErrorKind::DuplicateKey(_)) => {
            return Err("the arguments have the same key twice in one object");
        }
        // Exporters cut long texts off.
        Some(_) if json.trim_ascii_start().starts_with('{') => return Ok(Given::Unreadable),
        Some(_) => json = AnyValue::Text(json.into()).to_json(),
    }
    Ok(Given::Json(json.trim_ascii().into()))
}

/// What keeps a text from being JSON in which no key stands twice.
fn error_in(text: &str, tape: &mut Tape) -> Option<ErrorKind> {
    let whole = crate::span::Span::new(0, text.len());
    tape.read(text, whole).err().map(|error| error.kind)
}

fn string(raw: &str) -> Option<std::borrow::Cow<'_, str>> {
    match walk::Value::of(raw) {
        walk::Value::String(text) => Some(text),
        _ => None,
    }
}

/// A span's id as a number: 16 hexadecimal digits, or whatever else an exporter wrote.
fn id(raw: &str) -> Option<u64> {
    let text = string(raw).filter(|text| !text.is_empty())?;
    Some(u64::from_str_radix(&text, 16).unwrap_or_else(|_| {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        hasher.finish()
    }))
}
