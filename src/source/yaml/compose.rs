//! From the parser's events to a flat list of nodes, aliases still unexpanded.
//!
//! Nothing here recurses, and nothing is copied: a node is an index, and an alias is the index of
//! what it stands for. Depth and the weight of aliases are counted before anything is expanded.

use std::borrow::Cow;

use ahash::AHashMap;
use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, YamlVersion};

use super::diagnose::{
    STAR_HELP, Scene, escape, explain, report, rest_of_line, syntax_error, too_deep, visible,
};
use super::document::{Content, Document, NodeId, Raw};
use super::scalar::{Tag, resolve};
use crate::finding::Finding;
use crate::rules::form::EXTRA_YAML_DOCUMENT;
use crate::source::MAX_DEPTH;
use crate::source::tree::{Scalar, ScalarKind};
use crate::span::Span;

/// What all aliases together may stand for, in weights: one for each node, and one for every
/// [`BYTES_PER_WEIGHT`] bytes of text.
const ALIAS_BUDGET: usize = 100_000;
const BYTES_PER_WEIGHT: usize = 64;

/// Reads the first document of `text`.
pub(super) fn compose(text: &str) -> Document {
    let mut composer = Composer {
        text,
        document: Document::default(),
        open: Vec::new(),
        anchors: AHashMap::default(),
        alias_weight: 0,
        read_to: 0,
        state: State::Before,
    };
    for event in Parser::new_from_str_with_options(text, options()) {
        let step = match event {
            Ok((event, span)) => composer.event(event, &span),
            Err(error) => Err(composer.error(&error)),
        };
        match step {
            Ok(()) => {}
            Err(Stop::Done) => break,
            Err(Stop::At(finding)) => {
                composer.document.broken = composer.state != State::After;
                composer.document.findings.push(*finding);
                break;
            }
        }
    }
    composer.document
}

fn options() -> Options {
    granit_parser::options! {
        emit_unresolved_aliases: true,
        // A file may hold any number of comments: its size bounds them.
        max_buffered_comment_events: usize::MAX,
    }
}

#[derive(PartialEq)]
enum State {
    Before,
    Inside,
    After,
}

/// Why reading stops before the events do.
enum Stop {
    /// The first document has been read, and something else begins.
    Done,
    At(Box<Finding>),
}

impl From<Finding> for Stop {
    fn from(finding: Finding) -> Self {
        Stop::At(Box::new(finding))
    }
}

/// A collection that is being read.
struct Frame {
    id: NodeId,
    mapping: bool,
    bracket: Option<Span>,
    /// Its place in [`Document::free`].
    free: usize,
    children: Vec<NodeId>,
}

struct Composer<'t> {
    text: &'t str,
    document: Document,
    open: Vec<Frame>,
    /// The nodes of the parser's anchor numbers.
    anchors: AHashMap<usize, NodeId>,
    alias_weight: usize,
    /// Offset behind the last thing read.
    read_to: usize,
    state: State,
}

impl Composer<'_> {
    fn event(&mut self, event: Event<'_>, place: &granit_parser::Span) -> Result<(), Stop> {
        let span = self.span(place);
        match event {
            Event::DocumentStart(_, version) => self.document_start(version, span)?,
            Event::DocumentEnd => {
                self.state = State::After;
                // An explicit end: whatever follows it is not this document.
                self.document.end = (!span.is_empty()).then_some(span.end);
            }
            Event::Comment(..) => self.document.comments.push(span),
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map_or(Tag::Absent, |tag| standard_tag(&tag));
                let id = self.scalar(text, style, &tag, span);
                self.define(anchor, id);
                self.attach(id);
            }
            Event::SequenceStart(_, anchor, _) => self.start(false, anchor, span)?,
            Event::MappingStart(_, anchor, _) => self.start(true, anchor, span)?,
            Event::SequenceEnd | Event::MappingEnd => self.finish(span),
            Event::Alias(anchor) => self.alias(anchor, span)?,
            Event::UnresolvedAlias(name) => self.unresolved(&name, span)?,
            _ => {}
        }
        Ok(())
    }

    /// The parser's span, in bytes. It says that a text always has byte offsets.
    fn span(&self, place: &granit_parser::Span) -> Span {
        let range = place.byte_range().unwrap_or_default();
        let end = range.end.min(self.text.len());
        Span::new(range.start.min(end), end)
    }

    fn document_start(&mut self, version: Option<YamlVersion>, span: Span) -> Result<(), Stop> {
        if self.state == State::After {
            self.extra_document(span.start);
            return Err(Stop::Done);
        }
        self.state = State::Inside;
        if version.is_some_and(|version| version != YamlVersion::new(1, 1)) {
            let before = &self.text[..span.start];
            let at = before.rfind("%YAML").unwrap_or(span.start);
            let finding = syntax_error(
                rest_of_line(self.text, at),
                "the engine reads YAML 1.1 and refuses a directive for any other version",
            );
            self.document.findings.push(finding.help("remove the line"));
        }
        Ok(())
    }

    fn extra_document(&mut self, at: usize) {
        self.document.end = Some(at);
        self.document.findings.push(
            Finding::new(
                &EXTRA_YAML_DOCUMENT,
                "",
                rest_of_line(self.text, at),
                "a second document starts here, and only the first is read",
            )
            .help("keep one document in each file"),
        );
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        tag: &Tag,
        mut span: Span,
    ) -> NodeId {
        let plain = style == ScalarStyle::Plain;
        self.document.free.push(span);
        match style {
            ScalarStyle::Plain => {}
            ScalarStyle::Literal | ScalarStyle::Folded => span = self.block_span(&text, span),
            ScalarStyle::SingleQuoted => self.document.quoted.push(span),
            ScalarStyle::DoubleQuoted => {
                self.document.quoted.push(span);
                if let Some(refused) = escape(&self.text[..span.end], span.start) {
                    report(&mut self.document.findings, || refused);
                }
            }
        }
        self.read_to = self.read_to.max(span.end);
        // The parser writes `~` for a value that is not there.
        let text = if plain && span.is_empty() {
            Cow::Borrowed("")
        } else {
            text
        };
        let weight = 1 + text.len() / BYTES_PER_WEIGHT;
        let content = if plain && text == "<<" && is_merge_tag(tag) {
            Content::Merge
        } else {
            Content::Scalar(resolve(text, !plain, tag).unwrap_or_else(|reason| {
                report(&mut self.document.findings, || syntax_error(span, reason));
                null()
            }))
        };
        self.push(content, span, weight)
    }

    /// The span of a block scalar from its `|` or `>` to its last line that is not blank. The
    /// parser's covers the lines of the text only.
    fn block_span(&self, text: &str, lines: Span) -> Span {
        let header = self
            .block_header(lines.end)
            .unwrap_or(Span::at(lines.start));
        let end = self.text[..lines.end].trim_end().len();
        if text.trim().is_empty() || end < header.end {
            return header;
        }
        Span::new(header.start, end)
    }

    /// The first word since the last node that starts with `|` or `>`; comments are no words.
    fn block_header(&self, end: usize) -> Option<Span> {
        let between = self.text.get(self.read_to..end)?;
        let mut at = self.read_to;
        for line in between.split_inclusive('\n') {
            let mut word_at = at;
            for word in line.split([' ', '\t', '\r', '\n']) {
                if word.starts_with(['|', '>']) {
                    return Some(Span::new(word_at, word_at + word.len()));
                }
                if word.starts_with('#') {
                    break;
                }
                word_at += word.len() + 1;
            }
            at += line.len();
        }
        None
    }

    fn push(&mut self, content: Content, span: Span, weight: usize) -> NodeId {
        self.document.nodes.push(Raw {
            content,
            span,
            weight,
            height: 0,
        });
        self.document.nodes.len() - 1
    }

    /// Anchor number 0 means that there is none.
    fn define(&mut self, anchor: usize, id: NodeId) {
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
    }

    fn attach(&mut self, id: NodeId) {
        match self.open.last_mut() {
            Some(frame) => frame.children.push(id),
            None => self.document.root = Some(id),
        }
    }

    fn start(&mut self, mapping: bool, anchor: usize, span: Span) -> Result<(), Stop> {
        if self.open.len() == MAX_DEPTH {
            return Err(too_deep(visible(self.text, span.start)).into());
        }
        let id = self.push(Content::Open, span, 1);
        self.define(anchor, id);
        let bracketed = matches!(&self.text[span.range()], "[" | "{");
        self.document.free.push(Span::at(span.start));
        self.read_to = self.read_to.max(span.end);
        self.open.push(Frame {
            id,
            mapping,
            bracket: bracketed.then_some(span),
            free: self.document.free.len() - 1,
            children: Vec::new(),
        });
        Ok(())
    }

    fn finish(&mut self, end: Span) {
        let Some(frame) = self.open.pop() else {
            return;
        };
        let nodes = &mut self.document.nodes;
        let mut whole = nodes[frame.id].span;
        if frame.bracket.is_none() {
            // A block collection starts and ends where its children do.
            whole.end = whole.start;
        } else {
            whole.end = whole.start.max(end.end);
        }
        let (mut weight, mut height) = (1usize, 0);
        for &child in &frame.children {
            let child = &nodes[child];
            whole.start = whole.start.min(child.span.start);
            whole.end = whole.end.max(child.span.end);
            weight = weight.saturating_add(child.weight);
            height = height.max(child.height);
        }
        let pairs = || {
            frame
                .children
                .chunks_exact(2)
                .map(|pair| (pair[0], pair[1]))
        };
        let content = if frame.mapping {
            Content::Mapping(pairs().collect())
        } else {
            Content::Sequence(frame.children.clone())
        };
        nodes[frame.id] = Raw {
            content,
            span: whole,
            weight,
            height: height + 1,
        };
        if frame.bracket.is_some() {
            self.document.free[frame.free] = whole;
        }
        self.read_to = self.read_to.max(whole.end);
        self.attach(frame.id);
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Stop> {
        self.read_to = self.read_to.max(span.end);
        let Some(&target) = self.anchors.get(&anchor) else {
            let name = self.text[span.range()].trim_start_matches('*').to_owned();
            return self.unresolved(&name, span);
        };
        let Raw {
            weight,
            height,
            ref content,
            span: anchored,
        } = self.document.nodes[target];
        if matches!(content, Content::Open) {
            let alias = &self.text[span.range()];
            let finding = syntax_error(span, format!("`{alias}` stands inside what it stands for"));
            return Err(finding
                .label(visible(self.text, anchored.start), "which starts here")
                .help("write out what is meant: a value can't hold itself")
                .into());
        }
        if self.open.len() + height > MAX_DEPTH {
            return Err(too_deep(span).into());
        }
        self.alias_weight = self.alias_weight.saturating_add(weight);
        if self.alias_weight > ALIAS_BUDGET {
            let message = format!("aliases stand for more than {ALIAS_BUDGET} values");
            return Err(syntax_error(span, message)
                .help("use fewer aliases, or split the policy")
                .into());
        }
        let id = self.push(Content::Alias(target), span, weight);
        self.document.nodes[id].height = height;
        self.attach(id);
        Ok(())
    }

    fn unresolved(&mut self, name: &str, span: Span) -> Result<(), Stop> {
        self.read_to = self.read_to.max(span.end);
        let message = format!("no anchor `&{name}` stands before this alias");
        let finding = syntax_error(span, message).help(STAR_HELP);
        if name.ends_with(':') {
            // Meant as a key, as in `*: {}`: what follows would only be misread.
            return Err(finding.into());
        }
        report(&mut self.document.findings, || finding);
        let id = self.push(Content::Scalar(null()), span, 1);
        self.attach(id);
        Ok(())
    }

    /// Whether an error lies where the engine, done with the first document, does not read.
    fn is_past_end(&self, kind: &ErrorKind, at: usize) -> bool {
        match kind {
            ErrorKind::MissingDocumentEndBeforeDirective => self.open.is_empty(),
            _ if self.state == State::After => {
                self.document.end.is_some() || self.text[at..].starts_with('%')
            }
            _ => false,
        }
    }

    fn error(&mut self, error: &ScanError) -> Stop {
        let at = error.marker().byte_offset().unwrap_or(self.text.len());
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        if self.document.root.is_some() && self.is_past_end(error.kind(), at) {
            self.extra_document(at);
            return Stop::Done;
        }
        let scene = Scene {
            text: self.text,
            at,
            read_to: self.read_to,
            bracket: self.open.iter().rev().find_map(|frame| frame.bracket),
        };
        explain(error.kind(), &scene).into()
    }
}

fn null() -> Scalar {
    Scalar {
        text: String::new(),
        kind: ScalarKind::Null,
        quoted: false,
    }
}

fn is_merge_tag(tag: &Tag) -> bool {
    matches!(tag, Tag::Absent) || *tag == Tag::Standard("merge".to_owned())
}

fn standard_tag(tag: &granit_parser::Tag) -> Tag {
    match tag.suffix_in_namespace("tag:yaml.org,2002:") {
        Some(name) => Tag::Standard(name.into_owned()),
        None if matches!(tag.parts(), ("!", "") | ("", "!")) => Tag::Absent,
        None => Tag::Foreign,
    }
}
