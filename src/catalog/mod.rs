//! The tools that servers offer: names, descriptions, input schemas and annotations, with their
//! places in the tool lists they were read from.
//!
//! A [`Catalog`] takes in any number of files. A file holds a `tools/list` result
//! (`{"tools": […]}`, with a `server` beside it or not), a JSON-RPC answer around one, a list of
//! tools, or a tool; or several of these one after another, as in JSONL.

pub mod arguments;
mod read;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use ahash::AHashMap;

use crate::finding::{Finding, Severity};
use crate::json::walk;
use crate::rules::{Check, Rule};
use crate::source;
use crate::source::file::SourceFile;
use crate::source::tree::{Node, Value};
use crate::span::Span;

/// The largest tool list that is read, in bytes.
pub const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// One name for two tools of one server: which of them is meant, nobody can say.
pub static DUPLICATE_TOOL: Rule = Rule {
    id: "duplicate-tool",
    severity: Severity::Warning,
    summary: "the same tool twice in one list of tools",
    doc: include_str!("../rules/form/duplicate-tool.md"),
    needs_tools: false,
    check: Check::Form,
};

/// The tools of any number of servers, in the order they were read.
#[derive(Debug, Default)]
pub struct Catalog {
    tools: Vec<Tool>,
    by_name: AHashMap<String, Vec<usize>>,
    files: usize,
}

/// A tool as its server describes it.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Which of the catalog's files it is from, in the order they were added, from 0.
    pub file: usize,
    /// The server that offers it, where the list says so.
    pub server: Option<String>,
    /// Its name; may be empty, and is not bound to any character set.
    pub name: String,
    /// What it is for, in the server's words.
    pub description: Option<String>,
    /// The JSON Schema of its arguments.
    pub input_schema: Option<RawValue>,
    /// What the server claims of it.
    pub annotations: Annotations,
    /// RFC 6901 pointer from the root of the JSON value that holds it: `/tools/3`; empty where the
    /// tool is a line of its own.
    pub pointer: String,
    /// The whole tool.
    pub span: Span,
    /// The string that names it, quotes included.
    pub name_span: Span,
    /// The string that describes it, quotes included.
    pub description_span: Option<Span>,
}

/// What a server claims of a tool. Claims are the server's word: nothing enforces them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Annotations {
    /// The tool's name for people.
    pub title: Option<String>,
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may destroy something.
    pub destructive: Option<bool>,
    /// Calling it again changes nothing more.
    pub idempotent: Option<bool>,
    /// It deals with things outside of the server.
    pub open_world: Option<bool>,
    /// All of them together.
    pub span: Option<Span>,
}

/// A JSON value as it was written, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct RawValue {
    text: String,
    span: Span,
}

impl RawValue {
    /// The value of `text`, one JSON value that has been checked; `span` is its place.
    fn new(text: &str, span: Span) -> Self {
        Self {
            text: text.to_owned(),
            span,
        }
    }

    /// The JSON text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its place in the file.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Its tree, built anew at each call. Spans are those of the file.
    pub fn tree(&self) -> Node {
        let parsed = source::json::parse(&self.text);
        let mut root = parsed.root.expect("the text was checked");
        shift(&mut root, self.span.start);
        root
    }
}

/// Moves all spans of a tree. Recursion is bounded by [`source::MAX_DEPTH`].
fn shift(node: &mut Node, by: usize) {
    let moved = |span: Span| Span::new(span.start + by, span.end + by);
    node.span = moved(node.span);
    match &mut node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter_mut().for_each(|item| shift(item, by)),
        Value::Mapping(entries) => {
            for entry in entries {
                entry.key_span = moved(entry.key_span);
                shift(&mut entry.value, by);
            }
        }
    }
}

impl Catalog {
    /// A catalog without tools.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the tools of `file`, which is read as JSON whatever it is called. Gives back what
    /// is wrong with it, by place; all tools that can be read are there all the same.
    pub fn add(&mut self, file: &SourceFile) -> Vec<Finding> {
        let read = read::tools(file, self.files);
        self.files += 1;
        for tool in read.tools {
            let same_name = self.by_name.entry(tool.name.clone()).or_default();
            same_name.push(self.tools.len());
            self.tools.push(tool);
        }
        read.findings
    }

    /// All tools, in the order they were read.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// The tools of that name, of whatever server, in the order they were read.
    pub fn named(&self, name: &str) -> impl Iterator<Item = &Tool> {
        let places = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        places.iter().map(|&place| &self.tools[place])
    }

    /// Whether there is no tool.
    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }
}

/// The text of a JSON string, if `value` is one.
fn string(value: &str) -> Option<Cow<'_, str>> {
    match walk::Value::of(value) {
        walk::Value::String(text) => Some(text),
        _ => None,
    }
}
