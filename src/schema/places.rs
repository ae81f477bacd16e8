//! From the pointers of schema errors back to the tree, in constant time per step.

use std::cell::RefCell;
use std::ptr;

use ahash::AHashMap;

use crate::source::tree::{Entry, Node, Value, tokens};
use crate::span::Span;

/// Finds the places of one tree. Members of an object are indexed the first time one is asked
/// for: an object of a million wrong members must not be searched a million times.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    root: &'a Node,
    members: RefCell<AHashMap<*const Node, Members<'a>>>,
}

type Members<'a> = AHashMap<&'a str, &'a Entry>;

/// A value, and the entry that holds it if it is a member of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub node: &'a Node,
    pub entry: Option<&'a Entry>,
}

impl<'a> Places<'a> {
    pub fn new(root: &'a Node) -> Self {
        Self {
            root,
            members: RefCell::default(),
        }
    }

    /// The place that `pointer` names. A pointer that leads out of the tree, which pointers of
    /// schema errors never do, stops at the last place that is there.
    pub fn find(&self, pointer: &str) -> Place<'a> {
        let start = Place {
            node: self.root,
            entry: None,
        };
        tokens(pointer).fold(start, |place, token| {
            let next = self.step(place.node, &token);
            debug_assert!(next.is_some(), "{pointer} is not in the tree");
            next.unwrap_or(place)
        })
    }

    /// The node at `pointer`, if it is in the tree.
    pub fn at(&self, pointer: &str) -> Option<&'a Node> {
        tokens(pointer).try_fold(self.root, |node, token| {
            self.step(node, &token).map(|place| place.node)
        })
    }

    /// The member that `pointer` names, with its key, if it is in the tree.
    pub fn entry_at(&self, pointer: &str) -> Option<&'a Entry> {
        let (parent, _) = pointer.rsplit_once('/')?;
        self.member(self.at(parent)?, &tokens(pointer).last()?)
    }

    /// The member `key` of `node`.
    pub fn member(&self, node: &'a Node, key: &str) -> Option<&'a Entry> {
        let entries = node.as_mapping()?;
        let mut members = self.members.borrow_mut();
        let indexed = members.entry(ptr::from_ref(node)).or_insert_with(|| {
            entries
                .iter()
                .map(|entry| (entry.key.as_str(), entry))
                .collect()
        });
        indexed.get(key).copied()
    }

    fn step(&self, node: &'a Node, token: &str) -> Option<Place<'a>> {
        if let Value::Sequence(items) = &node.value {
            let node = items.get(token.parse::<usize>().ok()?)?;
            return Some(Place { node, entry: None });
        }
        let entry = self.member(node, token)?;
        Some(Place {
            node: &entry.value,
            entry: Some(entry),
        })
    }
}

impl Place<'_> {
    /// What to underline for the value: all of a scalar, the first character of anything larger.
    pub fn span(self) -> Span {
        head(self.node)
    }

    /// What to underline when something is missing inside: the key, or else the first character.
    pub fn owner_span(self) -> Span {
        self.entry
            .map_or(opening(self.node), |entry| entry.key_span)
    }
}

/// What to underline for a value: all of a scalar, the first character of anything larger.
pub(crate) fn head(node: &Node) -> Span {
    match &node.value {
        Value::Scalar(_) => node.span,
        Value::Sequence(_) | Value::Mapping(_) => opening(node),
    }
}

/// The bracket that opens a list or object. Block collections of YAML have none: they open with
/// their first key, or with the `-` of their first element.
fn opening(node: &Node) -> Span {
    let span = node.span;
    match node.as_mapping().and_then(<[Entry]>::first) {
        Some(first) if first.key_span.start <= span.start => first.key_span,
        _ => Span::new(span.start, span.end.min(span.start + 1)),
    }
}
