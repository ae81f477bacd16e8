//! Session transcripts of Claude Code: the tool uses of the assistant's messages, and the results in
//! the user's. Names that begin with `mcp__` say which server a tool belongs to; all other tools are
//! Claude Code's own.
//!
//! Transcripts of sub-agents name the session of the agent that started them, so that they count
//! with it: to a server they are one client.

use std::collections::HashMap;

use memchr::memmem;

use super::blocks::Line;
use super::convert::{Converter, Sink};
use super::fields::{self, Unreadable};
use super::format::Shape;
use super::pending::Waiting;
use super::record::{Arguments, Record};
use super::repeats::{Identity, Repeats};
use crate::call::Outcome;
use crate::json::{Tape, walk};

/// The server of the tools that are no MCP server's.
const OWN_TOOLS: &str = "claude-code";

/// Whether an object with these keys is a line of a transcript.
pub(super) fn recognises(shape: &Shape<'_>) -> bool {
    let own = ["sessionId", "parentUuid", "leafUuid", "isSnapshotUpdate"];
    shape.text("type").is_some() && !shape.has("tool") && own.iter().any(|key| shape.has(key))
}

/// Reads transcripts.
#[derive(Debug, Default)]
pub struct Transcript {
    tape: Tape,
    /// The calls that wait for their results, by what names them there.
    waiting: Waiting<Identity>,
    repeats: Repeats,
    /// The message that an agent's latest call stands in, by its group.
    messages: HashMap<u64, Identity>,
}

/// The group of the main agent's calls. Those of a sub-agent whose name is told have one, too.
const MAIN: u64 = 0;

/// The group of the calls of sub-agents in the same file, in versions that don't tell them apart.
const SUB_AGENTS: u64 = 1;

/// How many agents of one file are told apart.
const MOST_AGENTS: usize = 1024;

/// What of a line is wanted.
struct Entry<'l> {
    line: Line<'l>,
    timestamp: Option<&'l str>,
    session: Option<&'l str>,
    denial: Option<&'l str>,
    message: &'l str,
    group: u64,
}

impl Converter for Transcript {
    fn line(&mut self, line: Line<'_>, sink: &mut Sink) {
        // Most of a transcript is talk, and some of it long: what can't have a call is not read.
        if fields::looks_whole(line) && !mentions_a_tool(line.text()) {
            return;
        }
        let Some(object) = fields::object(&mut self.tape, line, sink) else {
            return;
        };
        let [kind, message, timestamp] = walk::pick(object, ["type", "message", "timestamp"]);
        let keys = ["sessionId", "toolDenialKind", "isSidechain", "agentId"];
        let [session, denial, sidechain, agent] = walk::pick(object, keys);
        let entry = Entry {
            line,
            timestamp,
            session,
            denial,
            message: message.unwrap_or(""),
            group: match (sidechain, agent) {
                (Some("true"), Some(agent)) => Identity::of(&[agent]).number(),
                (Some("true"), None) => SUB_AGENTS,
                _ => MAIN,
            },
        };
        match fields::text(kind).as_deref() {
            Some("assistant") => self.calls(&entry, sink),
            Some("user") => self.results(&entry, sink),
            _ => {}
        }
    }

    fn end(&mut self, sink: &mut Sink) {
        self.waiting.abandon_all(Outcome::NoAnswer, sink);
    }
}

fn mentions_a_tool(line: &str) -> bool {
    // `tool_use` and `tool_result` blocks.
    memmem::find(line.as_bytes(), b"\"tool_").is_some()
}

impl Transcript {
    fn calls(&mut self, entry: &Entry<'_>, sink: &mut Sink) {
        let [content, message_id] = walk::pick(entry.message, ["content", "id"]);
        for block in fields::elements(content) {
            let [kind, id, name, input] = walk::pick(block, ["type", "id", "name", "input"]);
            if fields::text(kind).as_deref() != Some("tool_use") {
                continue;
            }
            let Some(name) = fields::name(name) else {
                sink.problem(entry.line.number, "a tool use has no `name`");
                continue;
            };
            let Ok(record) = entry.call(&name, input, sink) else {
                return;
            };
            let Some(id) = fields::name(id) else {
                self.waiting.push_settled(record, sink);
                continue;
            };
            // A call is known again by all of this, because not every model's ids are unique.
            let message = message_id.unwrap_or("");
            let identity = Identity::of(&[message, &id, &name, input.unwrap_or("")]);
            if self.repeats.is_first(identity) {
                self.turn_to(message_id, entry.group, sink);
                let record = Record {
                    identity: Some(identity),
                    ..record
                };
                self.waiting
                    .push(entry.group, Identity::of(&[&id]), record, sink);
            }
        }
    }

    fn results(&mut self, entry: &Entry<'_>, sink: &mut Sink) {
        let [content] = walk::pick(entry.message, ["content"]);
        for block in fields::elements(content) {
            let keys = ["type", "tool_use_id", "is_error", "content"];
            let [kind, id, is_error, content] = walk::pick(block, keys);
            if fields::text(kind).as_deref() != Some("tool_result") {
                continue;
            }
            if let Some(id) = fields::name(id) {
                let outcome = match is_error {
                    Some("true") if entry.is_denial(content) => Outcome::Denied,
                    Some("true") => Outcome::ToolError,
                    _ => Outcome::Ok,
                };
                let key = Identity::of(&[&id]);
                // Not every version says in both lines who asked.
                for group in [entry.group, MAIN, SUB_AGENTS] {
                    if self.waiting.resolve(group, &key, outcome, sink) {
                        break;
                    }
                }
            }
        }
    }

    /// A model is not asked for its next message before it was told what the calls of the last one
    /// gave: what an agent still waits for then, it will never get.
    fn turn_to(&mut self, message_id: Option<&str>, group: u64, sink: &mut Sink) {
        let Some(message_id) = message_id.filter(|_| group != SUB_AGENTS) else {
            return;
        };
        if self.messages.len() >= MOST_AGENTS {
            self.messages.clear();
        }
        let message = Identity::of(&[message_id]);
        if self.messages.insert(group, message) != Some(message) {
            self.waiting.abandon(group, Outcome::NoAnswer, sink);
        }
    }
}

impl Entry<'_> {
    fn call(&self, name: &str, input: Option<&str>, sink: &mut Sink) -> Result<Record, Unreadable> {
        let (server, tool) = split(name).unwrap_or((OWN_TOOLS, name));
        Ok(Record {
            line: self.line.number,
            ts: fields::time("timestamp", self.timestamp, self.line, sink)?,
            session: fields::name(self.session),
            server: Some(server.to_owned()),
            tool: tool.to_owned(),
            args: input.map_or(Arguments::None, |input| Arguments::Json(input.to_owned())),
            ..Record::default()
        })
    }

    /// Whether an error in this line says that the call was never made.
    fn is_denial(&self, content: Option<&str>) -> bool {
        match fields::text(self.denial).as_deref() {
            // Stopped on the way, and by nobody who objected to it.
            Some("interrupted" | "cancelled") => false,
            Some(_) => true,
            None => content.is_some_and(reads_like_a_denial),
        }
    }
}

/// Server and tool of the name of an MCP tool. The server's name ends at the first two underscores:
/// it may have single ones, and the tool's may have anything.
pub(super) fn split(name: &str) -> Option<(&str, &str)> {
    let (server, tool) = name.strip_prefix("mcp__")?.split_once("__")?;
    (!server.is_empty() && !tool.is_empty()).then_some((server, tool))
}

/// Whether an error begins as Claude Code's own do when it does not make a call. Older versions say
/// it in no other way.
fn reads_like_a_denial(content: &str) -> bool {
    const BEGINNINGS: [&str; 8] = [
        "The user doesn't want to proceed with this tool use",
        "The user doesn't want to take this action right now",
        "Permission to use ",
        "Permission for this ",
        "Claude requested permissions to ",
        "This command requires approval",
        "PreToolUse:",
        "Hook PreToolUse:",
    ];
    let first = fields::elements(Some(content)).find_map(|block| walk::pick(block, ["text"])[0]);
    let said = start_of_text(first.unwrap_or(content));
    let said = said.strip_prefix("Error: ").unwrap_or(&said);
    BEGINNINGS.iter().any(|words| said.starts_with(words))
}

/// The first words of a string, which may be very long.
fn start_of_text(raw: &str) -> String {
    const WORDS: usize = 200;
    let raw = raw.strip_prefix('"').unwrap_or("");
    let whole_characters = (0..=WORDS.min(raw.len())).rev();
    let start = whole_characters.filter_map(|end| raw.get(..end)).next();
    walk::decode(start.unwrap_or("")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_the_first_two_underscores() {
        assert_eq!(split("mcp__git_hub__get__it"), Some(("git_hub", "get__it")));
        assert_eq!(
            split("mcp__plugin_tools_db__query"),
            Some(("plugin_tools_db", "query"))
        );
        for own in ["Bash", "mcp__", "mcp__x", "mcp__x__", "mcp____t", "a__b"] {
            assert_eq!(split(own), None, "{own}");
        }
    }

    #[test]
    fn only_the_start_of_a_long_answer_is_looked_at() {
        let long = format!("\"{}\"", "é\\n".repeat(1_000_000));
        assert!(!reads_like_a_denial(&long));
        assert!(start_of_text(&long).len() <= 200);
        let denied = r#"[{"type":"text","text":"Permission to use Bash has been denied."}]"#;
        assert!(reads_like_a_denial(denied));
        for other in ["", "1", "{}", "[]", "[1,{}]", "\"", r#""\u"#] {
            assert!(!reads_like_a_denial(other), "{other}");
        }
    }
}
