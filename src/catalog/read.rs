//! A file's text to tools: the JSON values in it one after another, the lists in these, and the
//! tools in those.

use ahash::AHashMap;

use super::{Annotations, DUPLICATE_TOOL, RawValue, Tool, string};
use crate::finding::{Finding, MAX_FINDINGS};
use crate::json::{self, ErrorKind, Tape, walk};
use crate::rules::form;
use crate::source::file::SourceFile;
use crate::source::tree::{join, join_index};
use crate::span::Span;
use crate::suggest::quoted;

/// What is in a file.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub tools: Vec<Tool>,
    pub findings: Vec<Finding>,
}

/// The tools of `file`, the catalog's file `number`.
pub(super) fn tools(file: &SourceFile, number: usize) -> Read {
    let mut reader = Reader {
        text: &file.text,
        file: number,
        read: Read::default(),
        tape: Tape::default(),
        seen: AHashMap::default(),
        lists: 0,
        more: 0,
    };
    match file.invalid_at {
        Some(at) => {
            let message = format!("the file is not UTF-8 text: byte {} can't be read", at + 1);
            reader.report(|| {
                Finding::new(&form::SYNTAX_ERROR, "", Span::at(at), message)
                    .help("save it as UTF-8")
            });
        }
        None => reader.values(),
    }
    reader.finish()
}

/// A server, a name and, for lists without a server, which list.
type Identity = (Option<String>, String, usize);

struct Reader<'t> {
    text: &'t str,
    file: usize,
    read: Read,
    tape: Tape,
    /// Where each tool was first named.
    seen: AHashMap<Identity, Span>,
    /// How many lists there were so far.
    lists: usize,
    /// How many findings there were beyond those that are kept.
    more: usize,
}

impl<'t> Reader<'t> {
    fn report(&mut self, finding: impl FnOnce() -> Finding) {
        if self.read.findings.len() < MAX_FINDINGS {
            self.read.findings.push(finding());
        } else {
            self.more += 1;
        }
    }

    fn finish(mut self) -> Read {
        if self.more > 0 {
            let end = Span::at(self.text.len());
            let message = format!("the file has {} findings more than these", self.more);
            let more = Finding::new(&form::WRONG_TYPE, "", end, message);
            self.read
                .findings
                .push(more.help("mend these and look again"));
        }
        self.read
    }

    fn wrong_type(&mut self, pointer: &str, span: Span, message: String) {
        self.report(|| Finding::new(&form::WRONG_TYPE, pointer, span, message));
    }

    /// Reads value after value. After an error, reading goes on at the next line that is a whole
    /// object or list; each line is looked at once more at most, so that this stays linear.
    fn values(&mut self) {
        let bom = self.text.len() - self.text.trim_start_matches('\u{feff}').len();
        let mut at = skip_space(self.text, bom);
        if at == self.text.len() {
            let span = Span::at(at);
            self.report(|| {
                Finding::new(&form::SYNTAX_ERROR, "", span, "the file is empty")
                    .help("a tool list is at least `{ \"tools\": [] }`")
            });
        }
        while at < self.text.len() {
            let end = match self.value_at(at) {
                Some(end) => end,
                None => self.next_whole_line(at),
            };
            at = skip_space(self.text, end);
        }
    }

    /// Reads the value that starts at `start`; its end, if it is one.
    fn value_at(&mut self, start: usize) -> Option<usize> {
        let line_end = memchr::memchr(b'\n', &self.text.as_bytes()[start..])
            .map_or(self.text.len(), |length| start + length);
        // Most values are lines; those that are not go on to the end of the text, or nearly.
        let mut found = self.extent(start, line_end);
        if found.is_err() {
            found = self.extent(start, self.text.len());
        }
        match found {
            Ok((end, duplicate)) => {
                let span = Span::new(start, end);
                if let Some(error) = duplicate {
                    self.duplicate_key(&error, span);
                }
                self.document(span);
                Some(end)
            }
            Err(error) => {
                let place = Span::new(start + error.span.start, start + error.span.end);
                self.report(|| {
                    let message = error.kind.to_string();
                    Finding::new(&form::SYNTAX_ERROR, "", place, message).help(
                        "a tool list is JSON: a `tools/list` result, a list of tools, or one tool a line",
                    )
                });
                None
            }
        }
    }

    /// Where the value at `start` ends, if a value ends there before `limit`; and the first key in it
    /// that stands twice in its object.
    fn extent(
        &mut self,
        start: usize,
        limit: usize,
    ) -> Result<(usize, Option<json::Error>), json::Error> {
        let text = &self.text[start..limit];
        let whole = Span::new(0, text.len());
        let checked = self.tape.read(text, whole).map(|_| ());
        let duplicate = match &checked {
            Err(error) if matches!(error.kind, ErrorKind::DuplicateKey(_)) => Some(error.clone()),
            _ => None,
        };
        let checked = match duplicate {
            Some(_) => json::check(text, &mut ()),
            None => checked,
        };
        let value = match checked {
            Ok(()) => text,
            Err(error) if error.kind == ErrorKind::TrailingText => &text[..error.span.start],
            Err(error) => return Err(error),
        };
        Ok((start + value.trim_end_matches(SPACE).len(), duplicate))
    }

    /// The start of the next line after `at` that is an object or a list by itself.
    fn next_whole_line(&self, at: usize) -> usize {
        let mut at = at;
        while let Some(length) = memchr::memchr(b'\n', &self.text.as_bytes()[at..]) {
            at += length + 1;
            let line = self.text[at..].split('\n').next().unwrap_or("");
            if line.starts_with(['{', '[']) && json::check(line, &mut ()).is_ok() {
                return at;
            }
        }
        self.text.len()
    }

    /// Reports a key that stands twice in an object of the value at `span`: the first one counts.
    fn duplicate_key(&mut self, error: &json::Error, span: Span) {
        let ErrorKind::DuplicateKey(first) = error.kind else {
            return;
        };
        let (first, second) = (shift(first, span), shift(error.span, span));
        let key = walk::decode(&self.text[second.range()]);
        let message = format!("the key {} stands twice in one object", quoted(&key));
        self.report(|| {
            Finding::new(&form::DUPLICATE_KEY, "", second, message)
                .note("again here")
                .label(first, "first here")
                .help("parsers disagree about which one counts: keep one")
        });
    }

    /// Reads one JSON value of the file: a list of tools in whatever wrapping, or a tool.
    fn document(&mut self, span: Span) {
        let text = self.text;
        let value = &text[span.range()];
        self.lists += 1;
        match walk::Value::of(value) {
            walk::Value::Array(_) => self.list(span, "", None),
            walk::Value::Object(_) => self.object(span),
            _ => self.wrong_type("", span, format!("expected tools, found {}", kind(value))),
        }
    }

    /// Reads an object that is a wrapping, or else a tool.
    fn object(&mut self, span: Span) {
        let text = self.text;
        let [server, tools, result, error, jsonrpc] = find(
            text,
            span,
            ["server", "tools", "result", "error", "jsonrpc"],
        );
        let server = server.and_then(|server| string(&text[server.range()]));
        let wrapped = result.and_then(|result| find(text, result, ["tools"])[0]);
        if let Some(tools) = tools {
            self.list(tools, "/tools", server.as_deref());
        } else if let Some(tools) = wrapped {
            self.list(tools, "/result/tools", server.as_deref());
        } else if error.is_some() && jsonrpc.is_some() {
            let message = "the answer to `tools/list` is an error: it holds no tools";
            self.wrong_type("", span, message.to_owned());
        } else {
            self.tool(span, "", None);
        }
    }

    fn list(&mut self, span: Span, pointer: &str, server: Option<&str>) {
        let value = &self.text[span.range()];
        if !matches!(walk::Value::of(value), walk::Value::Array(_)) {
            let message = format!("`tools` must be a list of tools, not {}", kind(value));
            self.wrong_type(pointer, span, message);
            return;
        }
        for (number, item) in walk::elements(value).enumerate() {
            self.tool(shift(item, span), &join_index(pointer, number), server);
        }
    }

    fn tool(&mut self, span: Span, pointer: &str, server: Option<&str>) {
        let value = &self.text[span.range()];
        if !matches!(walk::Value::of(value), walk::Value::Object(_)) {
            let message = format!("a tool must be an object, not {}", kind(value));
            self.wrong_type(pointer, span, message);
            return;
        }
        let [name, tool] = find(self.text, span, ["name", "tool"]);
        let Some(name_span) = name.or(tool) else {
            self.report(|| {
                Finding::new(&form::MISSING_KEY, pointer, span, "the tool has no `name`")
                    .help("what a tool is called decides which rules are for it")
            });
            return;
        };
        let Some(name) = string(&self.text[name_span.range()]) else {
            let message = format!(
                "the tool's name must be a string, not {}",
                kind(&self.text[name_span.range()])
            );
            self.wrong_type(&join(pointer, "name"), name_span, message);
            return;
        };
        let mut tool = Tool {
            file: self.file,
            server: server.map(str::to_owned),
            name: name.into_owned(),
            description: None,
            input_schema: None,
            annotations: Annotations::default(),
            pointer: pointer.to_owned(),
            span,
            name_span,
            description_span: None,
        };
        self.members(&mut tool);
        self.check_unique(&tool);
        self.read.tools.push(tool);
    }

    /// Reads what a tool has beside its name. `null` counts as absent.
    fn members(&mut self, tool: &mut Tool) {
        let text = self.text;
        for (key, value) in walk::members(&text[tool.span.range()]) {
            let value = shift(value, tool.span);
            let json = &text[value.range()];
            if json == "null" {
                continue;
            }
            let key = walk::decode(&text[shift(key, tool.span).range()]);
            let wanted = match &*key {
                "description" if tool.description.is_none() => {
                    tool.description = string(json).map(|text| text.into_owned());
                    tool.description_span = Some(value);
                    tool.description.is_none().then_some("a string")
                }
                "server" if tool.server.is_none() => {
                    tool.server = string(json).map(|text| text.into_owned());
                    tool.server.is_none().then_some("a string")
                }
                "inputSchema" if tool.input_schema.is_none() => {
                    tool.input_schema = Some(RawValue::new(json, value));
                    (!json.starts_with(['{', 't', 'f'])).then_some("a JSON Schema")
                }
                "annotations" if tool.annotations.span.is_none() => {
                    tool.annotations.span = Some(value);
                    self.annotations(tool, value);
                    (!json.starts_with('{')).then_some("an object")
                }
                _ => None,
            };
            if let Some(wanted) = wanted {
                let pointer = join(&tool.pointer, &key);
                let message = format!("`{key}` of a tool must be {wanted}, not {}", kind(json));
                self.wrong_type(&pointer, value, message);
            }
        }
    }

    fn annotations(&mut self, tool: &mut Tool, span: Span) {
        let text = self.text;
        if !text[span.range()].starts_with('{') {
            return;
        }
        for (key, value) in walk::members(&text[span.range()]) {
            let value = shift(value, span);
            let key = walk::decode(&text[shift(key, span).range()]);
            let read = walk::Value::of(&text[value.range()]);
            let claims = &mut tool.annotations;
            let place = match &*key {
                "readOnlyHint" => &mut claims.read_only,
                "destructiveHint" => &mut claims.destructive,
                "idempotentHint" => &mut claims.idempotent,
                "openWorldHint" => &mut claims.open_world,
                "title" => {
                    claims.title = string(&text[value.range()]).map(|title| title.into_owned());
                    continue;
                }
                _ => continue,
            };
            match read {
                walk::Value::Bool(claim) => *place = place.or(Some(claim)),
                walk::Value::Null => {}
                _ => {
                    let pointer = join(&join(&tool.pointer, "annotations"), &key);
                    let found = kind(&text[value.range()]);
                    self.wrong_type(
                        &pointer,
                        value,
                        format!("`{key}` must be true or false, not {found}"),
                    );
                }
            }
        }
    }

    /// Reports a tool whose name its server has given to another. Lists that name no server may be
    /// of several.
    fn check_unique(&mut self, tool: &Tool) {
        let list = match (&tool.server, tool.pointer.is_empty()) {
            (None, false) => self.lists,
            _ => 0,
        };
        let identity = (tool.server.clone(), tool.name.clone(), list);
        let Some(&first) = self.seen.get(&identity) else {
            self.seen.insert(identity, tool.name_span);
            return;
        };
        let message = format!("the tool {} stands twice in the list", quoted(&tool.name));
        self.report(|| {
            Finding::new(
                &DUPLICATE_TOOL,
                tool.pointer.as_str(),
                tool.name_span,
                message,
            )
            .note("again here")
            .label(first, "first here")
            .help("a client calls one of them and can't choose which: keep one")
        });
    }
}

const SPACE: [char; 4] = [' ', '\n', '\r', '\t'];

fn skip_space(text: &str, at: usize) -> usize {
    text.len() - text[at..].trim_start_matches(SPACE).len()
}

fn shift(inner: Span, outer: Span) -> Span {
    Span::new(outer.start + inner.start, outer.start + inner.end)
}

/// The values of the members `wanted` of the object at `span`, the first of each name. None, if this
/// is no object.
fn find<const N: usize>(text: &str, span: Span, wanted: [&str; N]) -> [Option<Span>; N] {
    let mut found = [None; N];
    let object = &text[span.range()];
    if !object.starts_with('{') {
        return found;
    }
    for (key, value) in walk::members(object) {
        let key = walk::decode(&object[key.range()]);
        if let Some(place) = wanted.iter().position(|name| *name == key) {
            found[place].get_or_insert(shift(value, span));
        }
    }
    found
}

/// What a JSON value is, for messages.
fn kind(json: &str) -> &'static str {
    match walk::Value::of(json) {
        walk::Value::Null => "null",
        walk::Value::Bool(_) => "a boolean",
        walk::Value::Number(_) => "a number",
        walk::Value::String(_) => "a string",
        walk::Value::Array(_) => "a list",
        walk::Value::Object(_) => "an object",
    }
}
