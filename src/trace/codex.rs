//! Rollouts of Codex: what the model asked for, what came back, and what the agent itself noted of
//! calls to MCP servers. Such a call stands there twice, as the model's request and as an event;
//! the event says which server and tool it was. All other tools are Codex's own.

use super::blocks::Line;
use super::claude_code;
use super::convert::{Converter, Sink};
use super::fields::{self, Unreadable};
use super::format::Shape;
use super::pending::Waiting;
use super::record::{Arguments, Record, Time};
use super::repeats::{Identity, Repeats};
use crate::call::Outcome;
use crate::json::{ErrorKind, Tape, walk};
use crate::span::Span;

/// The server of the tools that are no MCP server's.
const OWN_TOOLS: &str = "codex";

/// Whether an object with these keys is a line of a rollout.
pub(super) fn recognises(shape: &Shape<'_>) -> bool {
    const LINES: [&str; 5] = [
        "session_meta",
        "response_item",
        "event_msg",
        "turn_context",
        "compacted",
    ];
    const ITEMS: [&str; 3] = ["function_call", "function_call_output", "local_shell_call"];
    let is_among = |kinds: &[&str]| {
        shape
            .text("type")
            .is_some_and(|kind| kinds.contains(&&*kind))
    };
    let older = is_among(&ITEMS) && shape.has("call_id");
    let older_start = ["id", "timestamp", "instructions"];
    (is_among(&LINES) && shape.has("payload"))
        || older
        || shape.has("record_type")
        || (older_start.iter().all(|key| shape.has(key)) && !shape.has("tool"))
}

/// Reads rollouts.
#[derive(Debug, Default)]
pub struct Rollout {
    tape: Tape,
    /// For arguments, which are JSON in a string.
    arguments: Tape,
    session: Option<String>,
    /// The calls that wait for their results, by what names them there.
    waiting: Waiting<Identity>,
    repeats: Repeats,
}

/// What a line is about, of what is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Session,
    /// A call whose arguments are JSON in a string.
    Function,
    /// A call whose input is a text.
    Custom,
    /// A command that the model runs by a tool of its own kind.
    Shell,
    /// A search that is made where the model runs.
    Search,
    /// What a call gave.
    Output,
    /// An MCP call began.
    McpBegin,
    /// An MCP call ended.
    McpEnd,
    /// A command or a patch ended.
    CommandEnd,
    /// A step ended; MCP calls are among the steps.
    Step,
}

impl Kind {
    /// What a line with this `type` is about, whose payload has that one. Older rollouts have the
    /// payload alone.
    fn of(line: Option<&str>, payload: &str) -> Option<Self> {
        Some(match (line, payload) {
            (Some("response_item") | None, "function_call") => Kind::Function,
            (Some("response_item") | None, "custom_tool_call") => Kind::Custom,
            (Some("response_item") | None, "local_shell_call") => Kind::Shell,
            (Some("response_item") | None, "web_search_call") => Kind::Search,
            (
                Some("response_item") | None,
                "function_call_output" | "custom_tool_call_output" | "local_shell_call_output",
            ) => Kind::Output,
            (Some("event_msg"), "mcp_tool_call_begin") => Kind::McpBegin,
            (Some("event_msg"), "mcp_tool_call_end") => Kind::McpEnd,
            (Some("event_msg"), "exec_command_end" | "patch_apply_end") => Kind::CommandEnd,
            (Some("event_msg"), "item_completed") => Kind::Step,
            (Some("session_meta"), _) | (None, "") => Kind::Session,
            _ => return None,
        })
    }
}

/// A line that is wanted.
#[derive(Clone, Copy)]
struct Entry<'l> {
    line: Line<'l>,
    kind: Kind,
    timestamp: Option<&'l str>,
    payload: &'l str,
}

impl<'l> Entry<'l> {
    /// Looks at a line, which need not be checked.
    fn of(line: Line<'l>) -> Option<Self> {
        let object = line.text().trim_ascii();
        let [kind, timestamp, payload] = walk::pick(object, ["type", "timestamp", "payload"]);
        let (of_line, payload) = match payload {
            Some(payload) => (fields::text(kind), payload),
            None => (None, object),
        };
        let of_payload = fields::text(walk::pick(payload, ["type"])[0]);
        Some(Self {
            line,
            kind: Kind::of(of_line.as_deref(), of_payload.as_deref().unwrap_or(""))?,
            timestamp,
            payload,
        })
    }

    fn pick<const N: usize>(&self, keys: [&str; N]) -> [Option<&'l str>; N] {
        walk::pick(self.payload, keys)
    }

    fn problem(&self, problem: &'static str, sink: &mut Sink) -> Unreadable {
        sink.problem(self.line.number, problem);
        Unreadable
    }

    fn time(&self, sink: &mut Sink) -> Result<Option<Time>, Unreadable> {
        fields::time("timestamp", self.timestamp, self.line, sink)
    }
}

impl Converter for Rollout {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        // Only the kind is looked at before the line is checked: much of a rollout is not wanted.
        let entry = Entry::of(line);
        if fields::looks_whole(line) && entry.is_none() {
            return;
        }
        if fields::object(&mut self.tape, line, sink).is_some()
            && let Some(entry) = entry
        {
            // What can't be read has been told.
            let _told = self.take(entry, sink);
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.waiting.abandon_all(Outcome::NoAnswer, sink);
    }
}

impl Rollout {
    fn take(&mut self, entry: Entry<'_>, sink: &mut Sink) -> Result<(), Unreadable> {
        match entry.kind {
            Kind::Session => {
                // A session that was forked off another one copies the other's beginning, too.
                if self.session.is_none() {
                    self.session = fields::name(entry.pick(["id"])[0]);
                }
            }
            Kind::Function => self.function_call(entry, sink)?,
            Kind::Custom => self.custom_call(entry, sink)?,
            Kind::Shell | Kind::Search => self.own_call(entry, sink)?,
            Kind::Output => {
                let [call_id, output] = entry.pick(["call_id", "output"]);
                self.resolve(call_id, outcome_of_output(output), sink);
            }
            Kind::CommandEnd => self.command_ended(entry, sink),
            Kind::McpBegin | Kind::McpEnd => self.mcp_call(entry, entry.payload, sink)?,
            Kind::Step => {
                let step = entry.pick(["item"])[0].unwrap_or("");
                if fields::text(walk::pick(step, ["type"])[0]).as_deref() == Some("McpToolCall") {
                    self.mcp_call(entry, step, sink)?;
                }
            }
        }
        Ok(())
    }

    /// A call, as far as it is the same for all tools.
    fn record(&self, entry: Entry<'_>, sink: &mut Sink) -> Result<Record, Unreadable> {
        Ok(Record {
            line: entry.line.number,
            ts: entry.time(sink)?,
            session: self.session.clone(),
            server: Some(OWN_TOOLS.to_owned()),
            ..Record::default()
        })
    }

    fn function_call(&mut self, entry: Entry<'_>, sink: &mut Sink) -> Result<(), Unreadable> {
        let keys = ["name", "namespace", "arguments", "call_id"];
        let [name, namespace, arguments, call_id] = entry.pick(keys);
        let name = fields::name(name)
            .ok_or_else(|| entry.problem("a function call has no `name`", sink))?;
        let mut record = self.record(entry, sink)?;
        record.args = self.arguments(entry, arguments, sink)?;
        let namespace = fields::name(namespace);
        match split(namespace.as_deref(), &name) {
            Some((server, tool)) => {
                record.server = Some(server.to_owned());
                record.tool = tool.to_owned();
            }
            None => record.tool = name,
        }
        self.push(call_id, record, arguments, sink);
        Ok(())
    }

    fn custom_call(&mut self, entry: Entry<'_>, sink: &mut Sink) -> Result<(), Unreadable> {
        let [name, input, call_id] = entry.pick(["name", "input", "call_id"]);
        let mut record = self.record(entry, sink)?;
        record.tool =
            fields::name(name).ok_or_else(|| entry.problem("a tool call has no `name`", sink))?;
        if let Some(input) = input {
            record.args = Arguments::Json(format!("{{\"input\":{input}}}"));
        }
        self.push(call_id, record, input, sink);
        Ok(())
    }

    fn own_call(&mut self, entry: Entry<'_>, sink: &mut Sink) -> Result<(), Unreadable> {
        let [action, call_id, status] = entry.pick(["action", "call_id", "status"]);
        let mut record = self.record(entry, sink)?;
        record.args = action.map_or(Arguments::None, |action| Arguments::Json(action.to_owned()));
        if entry.kind == Kind::Shell {
            record.tool = "local_shell".to_owned();
            self.push(call_id, record, action, sink);
        } else {
            record.tool = "web_search".to_owned();
            if fields::text(status).as_deref() == Some("completed") {
                record.outcome = Outcome::Ok;
            }
            self.waiting.push_settled(record, sink);
        }
        Ok(())
    }

    /// Takes in a call that will be answered under `call_id`, unless it was there already.
    fn push(
        &mut self,
        call_id: Option<&str>,
        mut record: Record,
        input: Option<&str>,
        sink: &mut Sink,
    ) {
        let Some(call_id) = fields::name(call_id) else {
            self.waiting.push_settled(record, sink);
            return;
        };
        // A call is known again by all of this, because not every model's ids are unique.
        let identity = Identity::of(&[&call_id, &record.tool, input.unwrap_or("")]);
        if self.repeats.is_first(identity) {
            let key = Identity::of(&[&call_id]);
            self.repeats.is_first(key);
            record.identity = Some(identity);
            self.waiting.push(0, key, record, sink);
        }
    }

    fn resolve(&mut self, call_id: Option<&str>, outcome: Outcome, sink: &mut Sink) {
        if let Some(call_id) = fields::name(call_id) {
            let key = Identity::of(&[&call_id]);
            self.waiting.resolve(0, &key, outcome, sink);
        }
    }

    fn command_ended(&mut self, entry: Entry<'_>, sink: &mut Sink) {
        let keys = ["call_id", "status", "exit_code", "success"];
        let [call_id, status, exit_code, success] = entry.pick(keys);
        let outcome = if fields::text(status).as_deref() == Some("declined") {
            Outcome::Denied
        } else if exit_code.is_some_and(|code| code != "0") || success == Some("false") {
            Outcome::ToolError
        } else {
            Outcome::Ok
        };
        self.resolve(call_id, outcome, sink);
    }

    /// An event about an MCP call: the model's request for it may have come before, or there is
    /// none, because other code made the call.
    fn mcp_call(
        &mut self,
        entry: Entry<'_>,
        event: &str,
        sink: &mut Sink,
    ) -> Result<(), Unreadable> {
        let keys = ["call_id", "id", "invocation", "result", "error"];
        let [call_id, id, invocation, result, error] = walk::pick(event, keys);
        let keys = ["server", "tool", "arguments"];
        let [server, tool, arguments] = walk::pick(invocation.unwrap_or(event), keys);
        let (Some(call_id), Some(tool)) = (fields::name(call_id.or(id)), fields::name(tool)) else {
            return Err(entry.problem("an MCP call has no `call_id` or no `tool`", sink));
        };
        let args = arguments.map_or(Arguments::None, |args| Arguments::Json(args.to_owned()));
        let server = fields::name(server);
        let key = Identity::of(&[&call_id]);
        let ended = entry.kind != Kind::McpBegin;
        let outcome = outcome_of_mcp_call(result, error);
        if self.waiting.is_open(0, &key) {
            if ended {
                self.waiting.resolve_with(0, &key, sink, |record| {
                    record.server = server.or(record.server.take());
                    record.tool = tool;
                    (record.args, record.outcome) = (args, outcome);
                });
            }
        } else if self.repeats.is_first(key) {
            let identity = Identity::of(&[&call_id, &tool, arguments.unwrap_or("")]);
            let record = Record {
                server,
                tool,
                args,
                identity: Some(identity),
                ..self.record(entry, sink)?
            };
            if ended {
                let record = Record { outcome, ..record };
                self.waiting.push_settled(record, sink);
            } else {
                self.waiting.push(0, key, record, sink);
            }
        }
        Ok(())
    }

    /// Arguments as the model wrote them: JSON in a string. What is no JSON stays a string.
    fn arguments(
        &mut self,
        entry: Entry<'_>,
        raw: Option<&str>,
        sink: &mut Sink,
    ) -> Result<Arguments, Unreadable> {
        let Some(raw) = raw else {
            return Ok(Arguments::None);
        };
        let Some(written) = fields::text(Some(raw)) else {
            return Ok(Arguments::Json(raw.to_owned()));
        };
        if written.trim_ascii().is_empty() {
            return Ok(Arguments::None);
        }
        match self.arguments.read(&written, Span::new(0, written.len())) {
            Ok(_) => Ok(Arguments::Json(written.into_owned())),
            Err(error) if matches!(error.kind, ErrorKind::DuplicateKey(_)) => {
                Err(entry.problem("a key stands twice in one object of the arguments", sink))
            }
            Err(_) => Ok(Arguments::Json(raw.to_owned())),
        }
    }
}

/// Server and tool of a function's name, if it is an MCP server's: `server__tool`, with or without
/// `mcp__` before it, or with the server in a namespace of its own. No tool of Codex's has two
/// underscores in a row.
fn split<'n>(namespace: Option<&'n str>, name: &'n str) -> Option<(&'n str, &'n str)> {
    if let Some(namespace) = namespace {
        let server = namespace.strip_prefix("mcp__")?;
        let server = server.strip_suffix("__").unwrap_or(server);
        return (!server.is_empty()).then_some((server, name));
    }
    let of_prefix = claude_code::split(name);
    let (server, tool) = of_prefix.or_else(|| name.split_once("__"))?;
    (!server.is_empty() && !tool.is_empty()).then_some((server, tool))
}

fn outcome_of_mcp_call(result: Option<&str>, error: Option<&str>) -> Outcome {
    const DENIALS: [&str; 2] = [
        "user rejected MCP tool call",
        "user cancelled MCP tool call",
    ];
    let [ok, failure] = walk::pick(result.unwrap_or(""), ["Ok", "Err"]);
    if let Some(failure) = failure.or(error.filter(|error| *error != "null")) {
        let message = walk::pick(failure, ["message"])[0];
        let said = fields::text(message.or(Some(failure)));
        // Of other failures nobody knows whether the server has seen the call.
        return match said.is_some_and(|said| DENIALS.contains(&&*said)) {
            true => Outcome::Denied,
            false => Outcome::Error,
        };
    }
    let answer = ok.or(result).unwrap_or("");
    match walk::pick(answer, ["isError", "is_error"]) {
        [Some("true"), _] | [_, Some("true")] => Outcome::ToolError,
        _ => Outcome::Ok,
    }
}

/// How a call ended, by what the model was told.
fn outcome_of_output(raw: Option<&str>) -> Outcome {
    let [content, success] = walk::pick(raw.unwrap_or(""), ["content", "success"]);
    let Some(said) = fields::text(content.or(raw)) else {
        return outcome_of_success(success);
    };
    match said.trim_ascii() {
        "exec command rejected by user"
        | "patch rejected by user"
        | "user rejected MCP tool call" => Outcome::Denied,
        // The turn was broken off before there was an answer.
        "aborted" => Outcome::NoAnswer,
        said if exit_code(said).is_some_and(|code| code != 0) => Outcome::ToolError,
        _ => outcome_of_success(success),
    }
}

fn outcome_of_success(success: Option<&str>) -> Outcome {
    match success {
        Some("false") => Outcome::ToolError,
        _ => Outcome::Ok,
    }
}

/// The exit code that the model was told, in one of the ways of several versions.
fn exit_code(said: &str) -> Option<i64> {
    if said.starts_with('{') {
        let [metadata] = walk::pick(said, ["metadata"]);
        return walk::pick(metadata?, ["exit_code"])[0]?.parse().ok();
    }
    let head = said.lines().take(6).take_while(|line| *line != "Output:");
    let code = head.filter_map(|line| {
        let code = line.strip_prefix("Exit code: ");
        code.or_else(|| line.strip_prefix("Process exited with code "))
    });
    code.filter_map(|code| code.trim_ascii().parse().ok())
        .next()
}
