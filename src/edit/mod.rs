//! Edits worked out over the tree: remove, insert, rename, replace, touching no byte more than that
//! takes and keeping the file's indentation, quotes, order, comments and line ends.
//!
//! Every method gives `None` where it can't be sure: for anything that is reached through a YAML
//! alias, an anchor or a merge key, or that is laid out in a way it does not know. Pointers are RFC
//! 6901; values are [`serde_json::Value`]s and come out in the syntax of the file.

mod layout;
mod style;
#[cfg(test)]
mod tests;
mod write;

use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::rc::Rc;

use ahash::AHashMap;
use serde_json::Value;

use crate::finding::Edit;
use crate::source::Syntax;
use crate::source::file::SourceFile;
use crate::source::position::LineIndex;
use crate::source::tree::{self, Entry, Node, ScalarKind};
use crate::span::Span;
use layout::Extent;
use style::Style;
use write::Quotes;

/// Works out edits of one file.
pub struct Editor<'a> {
    text: &'a str,
    syntax: Syntax,
    root: &'a Node,
    comments: &'a [Span],
    lines: &'a LineIndex,
    style: OnceCell<Style>,
    shared: OnceCell<Vec<Span>>,
    merges: OnceCell<bool>,
    containers: RefCell<AHashMap<*const Node, Rc<Parts<'a>>>>,
}

/// The parts of a list or object: looked at once, however many edits there are.
struct Parts<'a> {
    /// Each with its key, as it is written. `None` if one is not written there.
    extents: Option<Vec<Extent>>,
    by_key: AHashMap<&'a str, usize>,
}

impl fmt::Debug for Editor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Editor")
    }
}

/// The edits of several changes as those of one. `None` if one of them can't be made.
pub fn all(changes: impl IntoIterator<Item = Option<Vec<Edit>>>) -> Option<Vec<Edit>> {
    let changes: Vec<Vec<Edit>> = changes.into_iter().collect::<Option<_>>()?;
    Some(changes.concat())
}

/// A place in the tree that is written where the tree has it.
struct Site<'a> {
    node: &'a Node,
    /// The list or object that it is in, and its number there. The root is in none.
    parent: Option<(&'a Node, usize)>,
}

impl<'a> Site<'a> {
    fn entry(&self) -> Option<&'a Entry> {
        let (parent, nth) = self.parent?;
        parent.as_mapping()?.get(nth)
    }

    /// Whether it is a member whose value is an alias: what it stands for is written before.
    fn is_alias(&self) -> bool {
        let entry = self.entry();
        entry.is_some_and(|entry| entry.value.span.start < entry.key_span.end)
    }
}

impl<'a> Editor<'a> {
    /// Edits of `file`, whose tree is `root` and whose comments are `comments`.
    pub fn new(file: &'a SourceFile, root: &'a Node, comments: &'a [Span]) -> Self {
        Self {
            text: &file.text,
            syntax: file.syntax,
            root,
            comments,
            lines: &file.lines,
            style: OnceCell::new(),
            shared: OnceCell::new(),
            merges: OnceCell::new(),
            containers: RefCell::default(),
        }
    }

    /// Takes out the member of an object or element of a list at `pointer`, with its comma and, if
    /// nothing else stands there, its lines.
    pub fn remove(&self, pointer: &str) -> Option<Vec<Edit>> {
        let site = self.part(pointer)?;
        let (container, nth) = site.parent?;
        let edits = if self.is_flow(container) {
            self.remove_flow(container, nth)
        } else {
            self.remove_block(pointer, container, nth)
        };
        self.checked(edits?)
    }

    /// Adds a member to the end of the object at `pointer`. An absent YAML value counts as an empty
    /// object. `None` if the object has the key.
    pub fn insert(&self, pointer: &str, key: &str, value: &Value) -> Option<Vec<Edit>> {
        let site = self.site(pointer)?;
        let members = site.node.as_mapping().unwrap_or_default();
        match members.len().checked_sub(1) {
            Some(last) => self.insert_behind(&site, last, key, value),
            None => {
                let edits = self.fill(&site, Some(key), value);
                self.checked(edits?)
            }
        }
    }

    /// Adds a member to the object at `pointer`, behind its member `sibling`.
    pub fn insert_after(
        &self,
        pointer: &str,
        sibling: &str,
        key: &str,
        value: &Value,
    ) -> Option<Vec<Edit>> {
        let site = self.site(pointer)?;
        let nth = *self.parts(site.node).by_key.get(sibling)?;
        self.insert_behind(&site, nth, key, value)
    }

    fn insert_behind(
        &self,
        site: &Site<'a>,
        nth: usize,
        key: &str,
        value: &Value,
    ) -> Option<Vec<Edit>> {
        if self.parts(site.node).by_key.contains_key(key) {
            return None;
        }
        let edits = self.add_behind(site.node, nth, Some(key), value);
        self.checked(edits?)
    }

    /// Adds an element to the end of the list at `pointer`.
    pub fn push(&self, pointer: &str, value: &Value) -> Option<Vec<Edit>> {
        let site = self.site(pointer)?;
        let items = site.node.as_sequence()?;
        let edits = match items.len().checked_sub(1) {
            Some(last) => self.add_behind(site.node, last, None, value),
            None => self.fill(&site, None, value),
        };
        self.checked(edits?)
    }

    /// Adds an element to the end of the list `key` of the object at `pointer`, with a list if the
    /// object has none.
    pub fn push_to(&self, pointer: &str, key: &str, value: &Value) -> Option<Vec<Edit>> {
        let object = self.site(pointer)?.node;
        match self.parts(object).by_key.get(key) {
            Some(_) => self.push(&tree::join(pointer, key), value),
            None => self.insert(pointer, key, &Value::Array(vec![value.clone()])),
        }
    }

    /// Calls the member at `pointer` by another key, in the same quotes. `None` if there is one of
    /// that name.
    pub fn rename(&self, pointer: &str, key: &str) -> Option<Vec<Edit>> {
        let site = self.part(pointer)?;
        let (parent, _) = site.parent?;
        let span = site.entry()?.key_span;
        if self.parts(parent).by_key.contains_key(key) {
            return None;
        }
        let quotes = Quotes::of(&self.text[span.range()])?;
        let in_flow = self.is_flow(parent);
        self.checked(vec![Edit {
            span,
            replacement: write::text(key, quotes, self.syntax, in_flow)?,
        }])
    }

    /// Puts another value in the place of the one at `pointer`; a text keeps the quotes that were
    /// there. `None` for lists and objects of more than one line in YAML.
    pub fn replace(&self, pointer: &str, value: &Value) -> Option<Vec<Edit>> {
        let site = self.site(pointer)?;
        let span = site.node.span;
        let in_flow = site.parent.is_some_and(|(parent, _)| self.is_flow(parent));
        let replacement = match (site.node.as_scalar(), value) {
            (Some(_), _) if span.is_empty() => return None,
            (Some(_), Value::String(new)) => {
                let quotes = Quotes::of(&self.text[span.range()])?;
                write::text(new, quotes, self.syntax, in_flow)?
            }
            (Some(_), _) => {
                Quotes::of(&self.text[span.range()])?;
                self.flow(value, span.start)
            }
            (None, _) if self.is_flow(site.node) => self.flow(value, span.start),
            (None, _) => return None,
        };
        self.checked(vec![Edit { span, replacement }])
    }

    /// `value` in brackets, laid out for the line in which `offset` is.
    fn flow(&self, value: &Value, offset: usize) -> String {
        let indent = self.indentation(offset);
        let column = self.column(offset);
        write::flow(value, indent, column, self.style(), self.syntax)
    }

    fn style(&self) -> &Style {
        self.style
            .get_or_init(|| Style::of(self.text, self.root, self.syntax))
    }

    /// The place that `pointer` names, if its value is written there and not elsewhere.
    fn site(&self, pointer: &str) -> Option<Site<'a>> {
        self.part(pointer).filter(|site| !site.is_alias())
    }

    /// The place that `pointer` names, which may have an alias for its value.
    fn part(&self, pointer: &str) -> Option<Site<'a>> {
        let merges = || self.syntax == Syntax::Yaml && self.text.contains("<<");
        if *self.merges.get_or_init(merges) {
            return None;
        }
        let mut site = Site {
            node: self.root,
            parent: None,
        };
        for token in tree::tokens(pointer) {
            let above = site.node;
            let (nth, node) = match &above.value {
                _ if site.is_alias() => return None,
                tree::Value::Mapping(entries) => {
                    let nth = *self.parts(above).by_key.get(token.as_str())?;
                    (nth, &entries[nth].value)
                }
                tree::Value::Sequence(items) => {
                    let nth = token.parse().ok()?;
                    (nth, items.get(nth)?)
                }
                tree::Value::Scalar(_) => return None,
            };
            self.parts(above).extents.as_ref()?;
            site = Site {
                node,
                parent: Some((above, nth)),
            };
        }
        Some(site)
    }

    /// `edits`, unless one of them touches what YAML aliases stand for.
    fn checked(&self, edits: Vec<Edit>) -> Option<Vec<Edit>> {
        let shared = self.shared.get_or_init(|| self.find_shared());
        // What is added right behind a block may be meant to be part of it.
        let touches = |edit: &Edit, shared: &Span| match edit.span.is_empty() {
            true => edit.span.start <= shared.end && shared.start <= edit.span.end,
            false => edit.span.start < shared.end && shared.start < edit.span.end,
        };
        let alone = |edit: &Edit| !shared.iter().any(|span| touches(edit, span));
        (!edits.is_empty() && edits.iter().all(alone)).then_some(edits)
    }

    /// What is written once and stands in the tree more than once.
    fn find_shared(&self) -> Vec<Span> {
        let mut shared = Vec::new();
        if self.syntax == Syntax::Json {
            return shared;
        }
        let mut waiting = vec![self.root];
        while let Some(node) = waiting.pop() {
            let below: Vec<&Node> = match &node.value {
                tree::Value::Mapping(entries) => entries.iter().map(|e| &e.value).collect(),
                tree::Value::Sequence(items) => items.iter().collect(),
                tree::Value::Scalar(_) => continue,
            };
            let mut end = node.span.start;
            for child in below {
                if child.span.start < end && !child.span.is_empty() {
                    let end = self.end_of(child).unwrap_or(child.span.end);
                    shared.push(Span::new(child.span.start, end.max(child.span.start)));
                } else {
                    end = child.span.end;
                    waiting.push(child);
                }
            }
        }
        shared
    }

    /// The parts of `container`.
    fn parts(&self, container: &'a Node) -> Rc<Parts<'a>> {
        let key = std::ptr::from_ref(container);
        if let Some(known) = self.containers.borrow().get(&key) {
            return Rc::clone(known);
        }
        let members = container.as_mapping().unwrap_or_default().iter();
        let parts = Rc::new(Parts {
            extents: self.extents(container),
            by_key: members
                .enumerate()
                .map(|(nth, e)| (e.key.as_str(), nth))
                .collect(),
        });
        self.containers.borrow_mut().insert(key, Rc::clone(&parts));
        parts
    }

    /// The parts of a list or object as they are written, each with its key. `None` if one is not
    /// written there.
    fn extents(&self, container: &Node) -> Option<Vec<Extent>> {
        let mut extents: Vec<Extent> = Vec::new();
        let mut add = |start, end: Option<usize>| {
            let before = extents.last().map_or(container.span.start, |last| last.end);
            let end = end?;
            (start >= before && end >= start).then(|| extents.push(Extent { start, end }))
        };
        match &container.value {
            tree::Value::Mapping(entries) => {
                for entry in entries {
                    add(entry.key_span.start, self.entry_end(entry))?;
                }
            }
            tree::Value::Sequence(items) => {
                for item in items {
                    add(item.span.start, self.end_of(item))?;
                }
            }
            tree::Value::Scalar(_) => return None,
        }
        Some(extents)
    }
}

/// What has to go with the comment at `span`: its line if nothing else stands there, or else the
/// white space before it.
pub fn remove_comment(text: &str, span: Span) -> Span {
    let before = text[..span.start].trim_end_matches([' ', '\t']);
    let behind = &text[span.end..];
    if !before.is_empty() && !before.ends_with(['\n', '\r', '\u{feff}']) {
        return Span::new(before.len(), span.end);
    }
    let newline = match behind {
        _ if behind.starts_with("\r\n") => 2,
        _ => usize::from(behind.starts_with(['\n', '\r'])),
    };
    Span::new(before.len(), span.end + newline)
}

/// A tree as a plain value: what is neither null, boolean, text nor a finite number is its text.
pub fn value_of(node: &Node) -> Value {
    match &node.value {
        tree::Value::Mapping(entries) => {
            let members = entries
                .iter()
                .map(|entry| (entry.key.clone(), value_of(&entry.value)));
            Value::Object(members.collect())
        }
        tree::Value::Sequence(items) => items.iter().map(value_of).collect(),
        tree::Value::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => Value::Null,
            ScalarKind::Bool(flag) => Value::Bool(flag),
            ScalarKind::Int(n) => n.into(),
            ScalarKind::UInt(n) => n.into(),
            ScalarKind::Float(n) => match serde_json::Number::from_f64(n) {
                Some(number) => Value::Number(number),
                None => Value::String(scalar.text.clone()),
            },
            ScalarKind::Timestamp | ScalarKind::String => Value::String(scalar.text.clone()),
        },
    }
}
