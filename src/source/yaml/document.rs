//! A document as a flat list of nodes: what `compose` makes and `build` turns into a tree.

use crate::finding::Finding;
use crate::source::tree::Scalar;
use crate::span::Span;

/// The index of a node in [`Document::nodes`].
pub(super) type NodeId = usize;

/// A node as written.
pub(super) struct Raw {
    pub content: Content,
    /// Its own bytes, without anchor and tag.
    pub span: Span,
    /// What it weighs when its aliases are expanded.
    pub weight: usize,
    /// How many collections are nested in it, itself included.
    pub height: usize,
}

/// What a node holds.
pub(super) enum Content {
    Scalar(Scalar),
    /// A plain `<<`: as a key it merges, as a value it is text.
    Merge,
    Sequence(Vec<NodeId>),
    Mapping(Vec<(NodeId, NodeId)>),
    /// Stands for a node that is complete.
    Alias(NodeId),
    /// A collection whose end has not been read.
    Open,
}

/// The first document of a text.
#[derive(Default)]
pub(super) struct Document {
    pub nodes: Vec<Raw>,
    /// The root, unless the document is empty or could not be read to its end.
    pub root: Option<NodeId>,
    /// Whether an error keeps the document from having a tree.
    pub broken: bool,
    /// Offset at which what follows is no longer this document.
    pub end: Option<usize>,
    pub comments: Vec<Span>,
    pub findings: Vec<Finding>,
    /// The spans of quoted scalars, in order.
    pub quoted: Vec<Span>,
    /// The spans of scalars and of bracketed collections, in order of their starts.
    pub free: Vec<Span>,
}
