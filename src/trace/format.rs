//! The formats of recordings, and how to tell which one a recording has: by the keys of its first
//! objects, never by the name of its file.

use std::borrow::Cow;
use std::io;

use super::blocks::Blocks;
use super::convert::{ByLine, Converter, Items};
use super::foreign::Other;
use super::{claude_code, codex, gateway, intercept, jsonrpc, otel, rewrite};
use crate::json::walk;

/// How many bytes of a recording are looked at to tell its format.
pub const LOOKED_AT: usize = 64 * 1024;

/// How many lines are looked at.
const LINES_LOOKED_AT: usize = 64;

/// A format of recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// mcplint's own: one JSON object a line, one call each.
    Native,
    /// Messages of MCP sessions, one a line.
    JsonRpc,
    /// OpenTelemetry traces in the JSON encoding of OTLP.
    Otel,
    /// Session transcripts of Claude Code.
    ClaudeCode,
    /// Rollouts of Codex.
    Codex,
    /// Event logs of the Intercept engine.
    Intercept,
    /// Logs of a gateway's proxy.
    Gateway,
}

impl Format {
    /// As `--input` names it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Native => "native",
            Format::JsonRpc => "jsonrpc",
            Format::Otel => "otel",
            Format::ClaudeCode => "claude-code",
            Format::Codex => "codex",
            Format::Intercept => "intercept",
            Format::Gateway => "gateway",
        }
    }

    /// Tells the format of a recording by how it begins; `None` if nothing there decides.
    pub fn detect(start: &str) -> Option<Self> {
        Look::of(start).format()
    }

    /// Whether a recording that begins so has anything of this format. It may be of others as well.
    pub(super) fn is_of(self, start: &str) -> bool {
        starts_of_values(start).any(|text| {
            let shape = Shape::of(text);
            match self {
                Format::Native => shape.has("tool"),
                Format::JsonRpc => jsonrpc::recognises(&shape) || jsonrpc::recognises_batch(text),
                Format::Otel => otel::is_export(&shape),
                Format::ClaudeCode => claude_code::recognises(&shape),
                Format::Codex => codex::recognises(&shape),
                Format::Intercept => intercept::recognises(&shape),
                Format::Gateway => gateway::is_row(&shape),
            }
        })
    }

    /// The format that has objects with these keys. More particular formats come first: a native
    /// record may have any key of its recorder's.
    fn of_object(shape: &Shape<'_>) -> Option<Self> {
        if otel::recognises(shape) {
            return Some(Format::Otel);
        }
        if jsonrpc::recognises(shape) {
            return Some(Format::JsonRpc);
        }
        if claude_code::recognises(shape) {
            return Some(Format::ClaudeCode);
        }
        if codex::recognises(shape) {
            return Some(Format::Codex);
        }
        if intercept::recognises(shape) {
            return Some(Format::Intercept);
        }
        if gateway::recognises(shape) {
            return Some(Format::Gateway);
        }
        shape.has("tool").then_some(Format::Native)
    }

    /// The calls of a recording of this format.
    ///
    /// # Errors
    /// If the format can't be read.
    pub fn items(self, blocks: Blocks) -> io::Result<Box<dyn Items>> {
        let converter: Box<dyn Converter> = match self {
            Format::Native => Box::new(rewrite::Native::default()),
            Format::JsonRpc => Box::new(jsonrpc::Messages::default()),
            Format::Otel => return Ok(Box::new(otel::Export::new(blocks.into_stream()))),
            Format::ClaudeCode => Box::new(claude_code::Transcript::default()),
            Format::Codex => Box::new(codex::Rollout::default()),
            Format::Intercept => Box::new(intercept::Events::default()),
            Format::Gateway => Box::new(gateway::ProxyLog::default()),
        };
        Ok(Box::new(ByLine::new(blocks, converter)))
    }
}

/// What a recording looks like by how it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A recording of this format.
    Format(Format),
    /// Something else that is known.
    Other(Other),
    /// Nothing that is known.
    Unknown,
}

impl Look {
    /// Looks at the start of a recording.
    pub fn of(start: &str) -> Self {
        let mut texts = starts_of_values(start).enumerate();
        let look = texts.find_map(|(nth, text)| {
            let shape = Shape::of(text);
            if let Some(other) = Other::written_by_mcplint(&shape) {
                return Some(Look::Other(other));
            }
            let format = match text.starts_with('[') {
                true => jsonrpc::recognises_batch(text).then_some(Format::JsonRpc),
                false => Format::of_object(&shape),
            };
            let document = || (nth == 0).then(|| Other::of_document(text)).flatten();
            format
                .map(Look::Format)
                .or_else(|| document().map(Look::Other))
        });
        look.unwrap_or(Look::Unknown)
    }

    /// The format, if it is one.
    pub fn format(self) -> Option<Format> {
        match self {
            Look::Format(format) => Some(format),
            Look::Other(_) | Look::Unknown => None,
        }
    }
}

/// The text from the start of each of the first lines on that are not blank. Of a document that is
/// laid out on many lines only the first is the start of a value that counts.
fn starts_of_values(start: &str) -> impl Iterator<Item = &str> {
    let text = start.trim_start_matches('\u{feff}');
    let first_line = text.trim_ascii_start().lines().next().unwrap_or("");
    let values = match first_line.trim_ascii_end() {
        "{" | "[" => 1,
        _ => LINES_LOOKED_AT,
    };
    let mut at = 0;
    let lines = text.split_inclusive('\n').map(move |line| {
        let begins = at;
        at += line.len();
        (begins, line)
    });
    lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(begins, _)| text[begins..].trim_ascii_start())
        .take(values)
}

/// The members of an object at the start of a text. The text may be cut off, or be no JSON at all:
/// then there are fewer.
#[derive(Debug)]
pub struct Shape<'t>(Vec<(&'t str, &'t str)>);

impl<'t> Shape<'t> {
    /// The members of the object that `text` begins with.
    pub fn of(text: &'t str) -> Self {
        if !text.starts_with('{') {
            return Self(Vec::new());
        }
        let part = |span: crate::span::Span| text.get(span.range());
        let members = walk::members(text)
            .take(LINES_LOOKED_AT)
            .map_while(|(key, value)| Some((part(key)?, part(value)?)));
        Self(members.collect())
    }

    /// Whether there is such a key.
    pub fn has(&self, key: &str) -> bool {
        self.raw(key).is_some()
    }

    /// The keys.
    pub fn keys(&self) -> impl Iterator<Item = &'t str> {
        self.0.iter().map(|member| member.0)
    }

    /// The text of the value, which may be cut off.
    pub fn raw(&self, key: &str) -> Option<&'t str> {
        let member = self.0.iter().find(|member| member.0 == key);
        member.map(|member| member.1)
    }

    /// The value, if it is a string.
    pub fn text(&self, key: &str) -> Option<Cow<'t, str>> {
        let raw = self.raw(key)?.strip_prefix('"')?;
        Some(walk::decode(raw.strip_suffix('"').unwrap_or(raw)))
    }

    /// The members of the value: none if it is no object.
    pub fn object(&self, key: &str) -> Shape<'t> {
        Shape::of(self.raw(key).unwrap_or(""))
    }
}
