//! A file as the engine's loader takes it: text fields hold the text of any scalar, null entries of
//! lists are dropped, and keys that nobody knows are ignored.

use super::condition::{self, Condition};
use super::report::Report;
use super::unknown::{self, Part};
use crate::rules::form::{INVALID_LIMIT, OTHER_DIALECT_KEY, WRONG_TYPE, YAML_SCALAR_TRAP};
use crate::schema::places::head;
use crate::schema::words::{shown, unquoted, write};
use crate::source::tree::{Entry, Node, Scalar, ScalarKind, Value, join, join_index};
use crate::span::Span;
use crate::suggest::quoted;

/// A whole file.
pub(super) struct Document<'a> {
    pub object: Object<'a>,
    pub version: Field<'a>,
    pub default: Field<'a>,
    pub hide: Vec<Hidden<'a>>,
    pub tools: Vec<Tool<'a>>,
}

/// An entry of `hide`.
pub(super) struct Hidden<'a> {
    pub name: &'a str,
    pub pointer: String,
    pub span: Span,
}

/// A tool and its rules.
pub(super) struct Tool<'a> {
    pub entry: &'a Entry,
    pub pointer: String,
    pub rules: Vec<Rule<'a>>,
}

/// A rule as it is written.
pub(super) struct Rule<'a> {
    pub object: Object<'a>,
    pub name: Field<'a>,
    pub action: Field<'a>,
    pub on_deny: Field<'a>,
    pub rate_limit: Field<'a>,
    pub conditions: Vec<Condition<'a>>,
    pub state: Option<State<'a>>,
}

/// A `state` block.
pub(super) struct State<'a> {
    pub object: Object<'a>,
    pub counter: Field<'a>,
    pub window: Field<'a>,
    /// What a call adds; never 0. `None` if the engine's platforms disagree about the number.
    pub increment: Option<i64>,
    pub increment_from: Field<'a>,
}

/// An object of the file.
pub(super) struct Object<'a> {
    pub part: Part,
    pub pointer: String,
    pub node: &'a Node,
    /// What to underline when something is missing inside.
    pub head: Span,
    /// Keys that are absent because other keys are misspellings of them.
    misspelt: Vec<&'static str>,
}

impl Object<'_> {
    /// The pointer of a field, and what to underline if something is wrong with it.
    pub fn place(&self, field: Field<'_>) -> (String, Span) {
        let span = field.entry.map_or(self.head, |entry| {
            // A null may have no text of its own.
            let span = value_span(&entry.value);
            if span.is_empty() {
                entry.key_span
            } else {
                span
            }
        });
        (join(&self.pointer, field.key), span)
    }

    /// Whether a finding about another key accounts for the absence of `key`.
    pub fn has_misspelt(&self, key: &str) -> bool {
        self.misspelt.contains(&key)
    }
}

/// A field that the engine reads as text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub key: &'static str,
    /// The text; empty if the field is absent or null, which are the same to the engine. `None` if
    /// it is a list or an object, which has been reported.
    pub text: Option<&'a str>,
    pub entry: Option<&'a Entry>,
}

impl<'a> Field<'a> {
    /// The text, if there is one.
    pub fn given(self) -> Option<&'a str> {
        self.text.filter(|text| !text.is_empty())
    }
}

/// Reads `root`, and reports what the loader refuses or passes over.
pub(super) fn read<'a>(root: &'a Node, report: &mut Report) -> Document<'a> {
    let mut reader = Reader { report };
    let object = match reader.object(root, String::new(), Part::Policy, None) {
        Some(object) => object,
        // What is no object is read as an empty one, to no harm: the file is refused already.
        None => Object {
            misspelt: vec!["version"],
            ..plain_object(root, String::new(), Part::Policy, None)
        },
    };
    reader.text(&object, "description");
    Document {
        version: reader.text(&object, "version"),
        default: reader.text(&object, "default"),
        hide: reader.hide(&object),
        tools: reader.tools(&object),
        object,
    }
}

/// An element of a list that is not null.
struct Item<'a> {
    node: &'a Node,
    pointer: String,
}

/// Reads objects and their fields.
pub(super) struct Reader<'r> {
    pub report: &'r mut Report,
}

impl Reader<'_> {
    /// `node` as an object of kind `part`; null is an empty one. `entry` holds it, if one does.
    pub fn object<'a>(
        &mut self,
        node: &'a Node,
        pointer: String,
        part: Part,
        entry: Option<&'a Entry>,
    ) -> Option<Object<'a>> {
        let mut object = plain_object(node, pointer, part, entry);
        let Value::Mapping(entries) = &node.value else {
            if is_null(node) {
                return Some(object);
            }
            let message = format!("{} must be an object, not {}", part.noun(), shown(node));
            let finding =
                self.report
                    .refuse(&WRONG_TYPE, object.pointer, value_span(node), message);
            finding.help = match part {
                Part::Tool => node
                    .as_sequence()
                    .map(|_| "write the list under `rules`".into()),
                Part::Policy => Some("a policy starts with `version: \"1\"`".into()),
                _ => None,
            };
            return None;
        };
        let mut absent = part.keys().to_vec();
        absent.retain(|key| node.get(key).is_none());
        let is_wallet = unknown::is_wallet_policy(&object);
        let is_told = |entry: &&Entry| !part.has(&entry.key) && (!is_wallet || entry.key == "type");
        for entry in entries.iter().filter(is_told) {
            if self.report.is_full() {
                break;
            }
            let misspelt = unknown::report(&object, entry, &absent, self.report);
            object.misspelt.extend(misspelt);
        }
        Some(object)
    }

    /// The field `key` as text.
    pub fn text<'a>(&mut self, object: &Object<'a>, key: &'static str) -> Field<'a> {
        let entry = object.node.entry(key);
        let text = match entry.map(|entry| &entry.value.value) {
            None => Some(""),
            Some(Value::Scalar(scalar)) => Some(text_of(scalar)),
            Some(Value::Sequence(_) | Value::Mapping(_)) => None,
        };
        if let (None, Some(entry)) = (text, entry) {
            self.not_text(object, entry);
        }
        Field { key, text, entry }
    }

    /// Reports a list or an object where text has to stand.
    fn not_text(&mut self, object: &Object<'_>, entry: &Entry) {
        let (key, node) = (entry.key.as_str(), &entry.value);
        let pointer = join(&object.pointer, key);
        if key == "rate_limit" && node.get("max").is_some() {
            let message = "this spelling of `rate_limit` is an older one of gateway policies";
            self.report
                .refuse(&OTHER_DIALECT_KEY, pointer, entry.key_span, message)
                .help = Some(unknown::rate_limit_instead(node));
            return;
        }
        let message = format!("`{key}` must be text, not {}", shown(node));
        self.report
            .refuse(&WRONG_TYPE, pointer, value_span(node), message)
            .help = Some(match key {
            "rate_limit" => write("rate_limit: 10/minute"),
            _ => "write one text, in quotes where it holds brackets, braces or `: `".into(),
        });
    }

    /// The entries of the list `key` that are not null.
    fn list<'a>(&mut self, object: &Object<'a>, key: &str) -> Vec<Item<'a>> {
        let Some(list) = object.node.get(key) else {
            return Vec::new();
        };
        let pointer = join(&object.pointer, key);
        let Some(nodes) = list.as_sequence() else {
            if !is_null(list) {
                let message = format!("`{key}` must be a list, not {}", shown(list));
                let finding = self
                    .report
                    .refuse(&WRONG_TYPE, pointer, value_span(list), message);
                finding.help = Some(match list.as_scalar() {
                    Some(scalar) => write(&format!("[{}]", scalar.text)),
                    None => "start each entry with `- `".into(),
                });
            }
            return Vec::new();
        };
        let mut items = Vec::with_capacity(nodes.len());
        for (i, node) in nodes.iter().enumerate() {
            let pointer = join_index(&pointer, i);
            if is_null(node) {
                self.dropped(key, node, pointer);
            } else {
                items.push(Item { node, pointer });
            }
        }
        items
    }

    fn dropped(&mut self, key: &str, node: &Node, pointer: String) {
        let message = format!("this entry of `{key}` is null: the engine drops it in silence");
        self.report
            .stricter(&YAML_SCALAR_TRAP, pointer, node.span, message)
            .help = Some(match node.as_scalar().map(|scalar| &*scalar.text) {
            Some(text @ ("null" | "Null" | "NULL" | "~")) if key == "hide" => {
                format!("for a tool of that name, write `\"{text}\"`")
            }
            _ => "remove it, or write what is missing".into(),
        });
    }

    fn hide<'a>(&mut self, object: &Object<'a>) -> Vec<Hidden<'a>> {
        let mut hidden = Vec::new();
        for Item { node, pointer } in self.list(object, "hide") {
            match node.as_scalar() {
                Some(scalar) => hidden.push(Hidden {
                    name: text_of(scalar),
                    pointer,
                    span: node.span,
                }),
                None => {
                    let message = format!(
                        "an entry of `hide` must be a tool's name, not {}",
                        shown(node)
                    );
                    self.report
                        .refuse(&WRONG_TYPE, pointer, value_span(node), message);
                }
            }
        }
        hidden
    }

    fn tools<'a>(&mut self, object: &Object<'a>) -> Vec<Tool<'a>> {
        let Some(tools) = object.node.get("tools") else {
            return Vec::new();
        };
        let Some(entries) = tools.as_mapping() else {
            if !is_null(tools) {
                let message = format!(
                    "`tools` must be an object with a key for each tool, not {}",
                    shown(tools)
                );
                self.report
                    .refuse(&WRONG_TYPE, "/tools", value_span(tools), message);
            }
            return Vec::new();
        };
        entries
            .iter()
            .filter_map(|entry| self.tool(entry))
            .collect()
    }

    fn tool<'a>(&mut self, entry: &'a Entry) -> Option<Tool<'a>> {
        let pointer = join("/tools", &entry.key);
        if entry.key_kind == ScalarKind::Null {
            let message = "this key is null, not a name: the engine drops the tool in silence";
            self.report
                .stricter(&YAML_SCALAR_TRAP, &pointer, entry.key_span, message)
                .help = Some(format!(
                "for a tool of that name, write `\"{}\"`",
                entry.key
            ));
            return None;
        }
        let object = self.object(&entry.value, pointer, Part::Tool, Some(entry))?;
        let items = self.list(&object, "rules");
        let rules = items.into_iter().filter_map(|item| self.rule(item));
        Some(Tool {
            entry,
            rules: rules.collect(),
            pointer: object.pointer,
        })
    }

    fn rule<'a>(&mut self, item: Item<'a>) -> Option<Rule<'a>> {
        let object = self.object(item.node, item.pointer, Part::Rule, None)?;
        let items = self.list(&object, "conditions");
        let conditions = items
            .into_iter()
            .filter_map(|item| condition::read(self, item.node, item.pointer));
        Some(Rule {
            conditions: conditions.collect(),
            name: self.text(&object, "name"),
            action: self.text(&object, "action"),
            on_deny: self.text(&object, "on_deny"),
            rate_limit: self.text(&object, "rate_limit"),
            state: self.state(&object),
            object,
        })
    }

    fn state<'a>(&mut self, rule: &Object<'a>) -> Option<State<'a>> {
        let entry = rule.node.entry("state").filter(|e| !is_null(&e.value))?;
        let pointer = join(&rule.pointer, "state");
        let object = self.object(&entry.value, pointer, Part::State, Some(entry))?;
        Some(State {
            counter: self.text(&object, "counter"),
            window: self.text(&object, "window"),
            increment: self.increment(&object),
            increment_from: self.text(&object, "increment_from"),
            object,
        })
    }

    /// A whole number, in Go's way: fractions are cut off, and 0 is the same as nothing, which is 1.
    fn increment(&mut self, state: &Object<'_>) -> Option<i64> {
        /// 2^63, the first float that is too large.
        const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
        let Some(node) = state.node.get("increment").filter(|node| !is_null(node)) else {
            return Some(1);
        };
        let pointer = join(&state.pointer, "increment");
        let number = match node.as_scalar().map(|scalar| scalar.kind) {
            Some(ScalarKind::Int(n)) => n,
            Some(ScalarKind::Float(n)) if (-TOO_LARGE..TOO_LARGE).contains(&n) => n as i64,
            // Go's conversion of these depends on the processor, but the loader takes them.
            Some(ScalarKind::Float(n)) if n < 0.0 || n == TOO_LARGE => return None,
            Some(ScalarKind::Float(_) | ScalarKind::UInt(_)) => {
                let message = format!(
                    "`increment` must be at most {}, not {}",
                    i64::MAX,
                    shown(node)
                );
                self.report
                    .refuse(&INVALID_LIMIT, pointer, node.span, message);
                return None;
            }
            _ => {
                let message = format!("`increment` must be a whole number, not {}", shown(node));
                let text = node.as_scalar().map_or("", |scalar| scalar.text.trim());
                self.report
                    .refuse(&WRONG_TYPE, pointer, value_span(node), message)
                    .help = text.parse::<i64>().ok().map(unquoted);
                return None;
            }
        };
        let counted = if number == 0 { 1 } else { number };
        self.odd_increment(node, &pointer, counted);
        Some(counted)
    }

    /// Reports an increment that counts something else than what is written.
    fn odd_increment(&mut self, node: &Node, pointer: &str, counted: i64) {
        let Some(scalar) = node.as_scalar() else {
            return;
        };
        let exact = match scalar.kind {
            ScalarKind::Int(n) => n == counted,
            ScalarKind::Float(n) => n == counted as f64,
            _ => true,
        };
        if exact {
            self.report.traps(node, pointer, false);
            return;
        }
        let message = format!("the engine counts {counted} for {}", quoted(&scalar.text));
        self.report
            .stricter(&YAML_SCALAR_TRAP, pointer, node.span, message)
            .help = Some(write(&counted.to_string()));
    }
}

fn plain_object<'a>(
    node: &'a Node,
    pointer: String,
    part: Part,
    entry: Option<&Entry>,
) -> Object<'a> {
    Object {
        part,
        pointer,
        node,
        head: entry.map_or_else(|| value_span(node), |entry| entry.key_span),
        misspelt: Vec::new(),
    }
}

/// What to underline for a value: all of a scalar, the beginning of anything larger.
pub(super) fn value_span(node: &Node) -> Span {
    head(node)
}

pub(super) fn is_null(node: &Node) -> bool {
    node.as_scalar()
        .is_some_and(|scalar| scalar.kind == ScalarKind::Null)
}

fn text_of(scalar: &Scalar) -> &str {
    match scalar.kind {
        ScalarKind::Null => "",
        _ => &scalar.text,
    }
}
