//! From the flat list of nodes to the tree: keys, duplicates, merges, aliases.
//!
//! Recursion here is as deep as the tree, which is no deeper than [`crate::source::MAX_DEPTH`].

use std::collections::HashMap;

use super::diagnose::report;
use super::document::{Content, Document, NodeId};
use crate::finding::Finding;
use crate::rules::form::{DUPLICATE_KEY, SYNTAX_ERROR};
use crate::source::tree::{Entry, Node, Scalar, ScalarKind, Value, push_token};
use crate::span::Span;

/// The tree under `root`, and what is wrong with it.
pub(super) fn build(document: &Document, root: NodeId) -> (Node, Vec<Finding>) {
    let mut builder = Builder {
        document,
        pointer: String::new(),
        aliases: 0,
        findings: Vec::new(),
    };
    let node = builder.node(root);
    (node, builder.findings)
}

struct Builder<'d> {
    document: &'d Document,
    /// RFC 6901 pointer of the node that is being built.
    pointer: String,
    /// How many aliases are being expanded, one in another. What they stand for has been reported
    /// where it is written.
    aliases: usize,
    findings: Vec<Finding>,
}

impl Builder<'_> {
    fn node(&mut self, id: NodeId) -> Node {
        let raw = &self.document.nodes[id];
        let value = match &raw.content {
            Content::Scalar(scalar) => Value::Scalar(scalar.clone()),
            Content::Merge => Value::Scalar(merge_text()),
            Content::Sequence(items) => Value::Sequence(self.sequence(items)),
            Content::Mapping(pairs) => Value::Mapping(self.mapping(pairs)),
            Content::Alias(target) => return self.expand(|builder| builder.node(*target)),
            // A document with an open collection has no root.
            Content::Open => Value::Sequence(Vec::new()),
        };
        Node {
            value,
            span: raw.span,
        }
    }

    fn expand<T>(&mut self, build: impl FnOnce(&mut Self) -> T) -> T {
        self.aliases += 1;
        let built = build(self);
        self.aliases -= 1;
        built
    }

    fn at<T>(&mut self, token: &str, build: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        push_token(&mut self.pointer, token);
        let built = build(self);
        self.pointer.truncate(length);
        built
    }

    fn report(&mut self, finding: impl FnOnce(&str) -> Finding) {
        if self.aliases == 0 {
            report(&mut self.findings, || finding(&self.pointer));
        }
    }

    fn sequence(&mut self, items: &[NodeId]) -> Vec<Node> {
        let numbered = items.iter().enumerate();
        numbered
            .map(|(index, &item)| self.at(&index.to_string(), |builder| builder.node(item)))
            .collect()
    }

    /// Explicit keys win over merged ones wherever they stand, and the first of two merged ones.
    ///
    /// Two keys are the same if their texts are, as in yaml.v3: `1` and `"1"` are, `true` and
    /// `True` are not. An alias as a key counts with the text that it stands for; yaml.v3 compares
    /// such keys by the alias's name and might let them pass.
    fn mapping(&mut self, pairs: &[(NodeId, NodeId)]) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::with_capacity(pairs.len());
        let mut first: HashMap<String, Span> = HashMap::with_capacity(pairs.len());
        let mut merged = None;
        for &(key_id, value_id) in pairs {
            let key_span = self.document.nodes[key_id].span;
            let Some(key) = self.key(key_id) else {
                continue;
            };
            let merges = matches!(self.document.nodes[key_id].content, Content::Merge);
            if let Some(&earlier) = first.get(&key.text) {
                self.duplicate(&key.text, key_span, earlier);
                // Built for what may be wrong in it.
                self.at(&key.text, |builder| builder.node(value_id));
                continue;
            }
            first.insert(key.text.clone(), key_span);
            if merges {
                merged = Some(value_id);
                continue;
            }
            let value = self.at(&key.text, |builder| builder.node(value_id));
            entries.push(Entry {
                key: key.text,
                key_kind: key.kind,
                key_span,
                value,
            });
        }
        if let Some(value) = merged {
            first.remove("<<");
            self.merge(value, &mut first, &mut entries);
        }
        entries
    }

    fn key(&mut self, id: NodeId) -> Option<Scalar> {
        let nodes = &self.document.nodes;
        let target = match nodes[id].content {
            Content::Alias(target) => target,
            _ => id,
        };
        let what = match &nodes[target].content {
            Content::Scalar(scalar) => return Some(scalar.clone()),
            Content::Merge => return Some(merge_text()),
            Content::Mapping(_) => "an object",
            _ => "a list",
        };
        let span = nodes[id].span;
        self.report(|pointer| {
            let message = format!("a key must be a single value, and this one is {what}");
            Finding::new(&SYNTAX_ERROR, pointer, span, message)
        });
        None
    }

    fn duplicate(&mut self, key: &str, span: Span, earlier: Span) {
        self.report(|pointer| {
            let mut pointer = pointer.to_owned();
            push_token(&mut pointer, key);
            let message = format!("the key `{key}` is already defined in this object");
            Finding::new(&DUPLICATE_KEY, pointer, span, message)
                .label(earlier, "first defined here")
                .help("remove one of the two, or merge them")
        });
    }

    /// Adds the entries of the object, the alias or the list of those at `id`.
    fn merge(&mut self, id: NodeId, first: &mut HashMap<String, Span>, entries: &mut Vec<Entry>) {
        let document = self.document;
        let one = [id];
        let sources = match &document.nodes[id].content {
            Content::Sequence(items) => items.as_slice(),
            _ => &one,
        };
        for &source in sources {
            let object = match &document.nodes[source].content {
                Content::Mapping(pairs) => self.mapping(pairs),
                Content::Alias(target) => match &document.nodes[*target].content {
                    Content::Mapping(pairs) => self.expand(|builder| builder.mapping(pairs)),
                    _ => self.unmergeable(source),
                },
                _ => self.unmergeable(source),
            };
            for entry in object {
                if !first.contains_key(&entry.key) {
                    first.insert(entry.key.clone(), entry.key_span);
                    entries.push(entry);
                }
            }
        }
    }

    fn unmergeable(&mut self, source: NodeId) -> Vec<Entry> {
        let span = self.document.nodes[source].span;
        self.report(|pointer| {
            let message = "`<<` merges an object, an alias of one, or a list of those";
            Finding::new(&SYNTAX_ERROR, pointer, span, message)
                .help("put `<<` in quotes if it is meant to be an ordinary key")
        });
        Vec::new()
    }
}

fn merge_text() -> Scalar {
    Scalar {
        text: "<<".to_owned(),
        kind: ScalarKind::String,
        quoted: false,
    }
}
