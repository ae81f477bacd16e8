//! YAML text to a tree, read as Go's gopkg.in/yaml.v3 3.0.1 reads it for the Intercept engine.
//!
//! The grammar is `granit-parser`'s, which is YAML 1.2. On top of it stands what yaml.v3 does
//! differently: how scalars resolve (`scalar`), merge keys, one document only, and a
//! stricter view of tabs, escapes, directives, line breaks and control characters.
//!
//! Where the two still differ, this reader refuses what the engine would let pass:
//! - quoted text that goes on at the left margin, and the escape `\'`;
//! - text behind the end of the document that no `---` or `...` introduces;
//! - tabs in front of the further lines of quoted text and of brackets below a block key;
//! - an alias directly followed by `:`, which is part of its name here;
//! - nesting deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
//!
//! And the engine refuses documents that are mostly aliases (99 parts of 100) a little earlier
//! than the fixed budget here does.

mod build;
mod compose;
mod diagnose;
mod document;
mod scalar;
#[cfg(test)]
mod tests;
mod text;
mod timestamp;

use super::Parsed;
use super::tree::{Node, Scalar, ScalarKind, Value};
use crate::span::Span;
use compose::compose;
use document::Document;

pub use timestamp::timestamp_text;

/// Reads `text`. A text without a document, or with an empty one, is a null.
pub fn parse(text: &str) -> Parsed {
    let unreadable = text::first_unreadable(text);
    let readable = &text[..unreadable.map_or(text.len(), |(at, _)| at)];
    let mut document = compose(readable);
    // The engine reads no further than the first document.
    if let (Some(found), None) = (unreadable, document.end) {
        return Parsed {
            root: None,
            comments: document.comments,
            findings: vec![text::unreadable(found)],
        };
    }
    check_characters(readable, &mut document);
    let root = tree(text, &mut document);
    let mut findings = document.findings;
    findings.sort_by_key(|finding| finding.span);
    Parsed {
        root,
        comments: document.comments,
        findings,
    }
}

/// Needs to know where quotes are, which only a text that was read to its end tells.
fn check_characters(text: &str, document: &mut Document) {
    if document.broken {
        return;
    }
    let own = &text[..document.end.unwrap_or(text.len())];
    text::hidden_breaks(own, &document.quoted, &mut document.findings);
    text::tabs_in_indentation(own, &document.free, &mut document.findings);
}

fn tree(text: &str, document: &mut Document) -> Option<Node> {
    if document.broken {
        return None;
    }
    let Some(root) = document.root else {
        return Some(null_at(text.len()));
    };
    let (node, findings) = build::build(document, root);
    document.findings.extend(findings);
    Some(node)
}

fn null_at(offset: usize) -> Node {
    Node {
        value: Value::Scalar(Scalar {
            text: String::new(),
            kind: ScalarKind::Null,
            quoted: false,
        }),
        span: Span::at(offset),
    }
}
