//! Where the parts of a text begin and end, and the edits that follow from it.

use serde_json::Value;

use super::{Editor, Site, write};
use crate::finding::Edit;
use crate::source::Syntax;
use crate::source::tree::{Entry, Node, Value as Tree};
use crate::span::Span;

/// A member with its key, or an element: from its first byte to its last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub start: usize,
    pub end: usize,
}

fn delete(start: usize, end: usize) -> Edit {
    Edit {
        span: Span::new(start, end),
        replacement: String::new(),
    }
}

fn insert(at: usize, replacement: String) -> Edit {
    Edit {
        span: Span::at(at),
        replacement,
    }
}

impl<'a> Editor<'a> {
    /// Whether a list or object stands in brackets.
    pub(super) fn is_flow(&self, node: &Node) -> bool {
        self.syntax == Syntax::Json || self.text[node.span.start..].starts_with(['{', '['])
    }

    /// The end of what a node has to show. The span of a YAML block reaches to what follows it.
    pub(super) fn end_of(&self, node: &Node) -> Option<usize> {
        match &node.value {
            Tree::Scalar(_) => {
                let text = &self.text[node.span.range()];
                Some(node.span.start + text.trim_end().len())
            }
            _ if self.is_flow(node) => Some(node.span.end),
            Tree::Mapping(entries) => self.entry_end(entries.last()?),
            Tree::Sequence(items) => {
                let last = items.last()?;
                (last.span.start >= node.span.start).then(|| self.end_of(last))?
            }
        }
    }

    /// The end of a member; that of its colon if no value is written.
    pub(super) fn entry_end(&self, entry: &Entry) -> Option<usize> {
        let span = entry.value.span;
        if span.start < entry.key_span.end {
            return self.alias_end(entry);
        }
        if span.is_empty() {
            return self.colon_end(entry);
        }
        self.end_of(&entry.value)
    }

    /// The end of the alias that is a member's value: the tree has what it stands for.
    fn alias_end(&self, entry: &Entry) -> Option<usize> {
        let behind = &self.text[entry.key_span.end..];
        let name = behind.trim_start_matches([' ', '\t']).strip_prefix(':')?;
        let name = name.trim_start_matches([' ', '\t']).strip_prefix('*')?;
        let end = name.find(|c: char| c.is_whitespace() || ",[]{}".contains(c));
        let rest = end.map_or(0, |end| name.len() - end);
        Some(self.text.len() - rest)
    }

    fn colon_end(&self, entry: &Entry) -> Option<usize> {
        let behind = &self.text[entry.key_span.end..];
        let colon = behind.len() - behind.trim_start_matches([' ', '\t']).len();
        let end = entry.key_span.end + colon + 1;
        let written = behind[colon..].starts_with(':') && self.follows_colon(end);
        // An alias stands where the tree has no text.
        written.then_some(end)
    }

    fn follows_colon(&self, at: usize) -> bool {
        let next = self.text[at..]
            .trim_start_matches([' ', '\t'])
            .chars()
            .next();
        next.is_none_or(|c| matches!(c, '\n' | '\r' | '#' | ',' | '}'))
    }

    /// Whether nothing but white space, commas and comments stands between two places.
    fn is_gap(&self, start: usize, end: usize) -> bool {
        let mut at = start;
        for comment in self.comments_in(start, end) {
            if !self.is_blank(at, comment.start) {
                return false;
            }
            at = comment.end;
        }
        self.is_blank(at, end)
    }

    fn is_blank(&self, start: usize, end: usize) -> bool {
        start <= end
            && self.text[start..end]
                .bytes()
                .all(|b| b" \t\r\n,".contains(&b))
    }

    fn comments_in(&self, start: usize, end: usize) -> impl Iterator<Item = &Span> {
        let first = self
            .comments
            .partition_point(|comment| comment.start < start);
        self.comments[first..]
            .iter()
            .take_while(move |comment| comment.start < end)
    }

    fn has_comment(&self, start: usize, end: usize) -> bool {
        self.comments_in(start, end).next().is_some()
    }

    /// Where the line of `at` starts; a byte-order mark is before it.
    fn line_start(&self, at: usize) -> usize {
        let start = self.lines.span(self.text, at).start;
        let mark = self.text[start..].starts_with('\u{feff}') && start == 0;
        start + if mark { '\u{feff}'.len_utf8() } else { 0 }
    }

    /// Where the line of `at` ends, without its line feed.
    fn line_end(&self, at: usize) -> usize {
        self.lines.span(self.text, at).end
    }

    /// The end of the line before, without its line feed. `None` on the first line.
    fn line_before(&self, line_start: usize) -> Option<usize> {
        let before = &self.text[..line_start];
        let without = before
            .strip_suffix("\r\n")
            .or(before.strip_suffix(['\n', '\r']))?;
        Some(without.len())
    }

    /// The white space that the line of `at` starts with.
    pub(super) fn indentation(&self, at: usize) -> &str {
        let line = &self.text[self.line_start(at)..];
        let text = line.trim_start_matches([' ', '\t']);
        &line[..line.len() - text.len()]
    }

    /// How many characters stand before `at` on its line; far into one, so many bytes.
    pub(super) fn column(&self, at: usize) -> usize {
        const FAR: usize = 4_096;
        let start = self.line_start(at);
        match at - start {
            bytes @ FAR.. => bytes,
            _ => self.text[start..at].chars().count(),
        }
    }

    fn starts_line(&self, at: usize) -> bool {
        self.text[self.line_start(at)..at]
            .bytes()
            .all(|b| b == b' ' || b == b'\t')
    }

    // -----------------------------------------------------------------------------------------
    // Removing

    /// The part `nth` of a list or object in brackets.
    pub(super) fn remove_flow(&self, container: &'a Node, nth: usize) -> Option<Vec<Edit>> {
        let parts = self.parts(container);
        let extents = parts.extents.as_deref()?;
        let own = extents[nth];
        let before = match nth.checked_sub(1) {
            Some(before) => extents[before].end,
            None => container.span.start + 1,
        };
        let behind = extents
            .get(nth + 1)
            .map_or(container.span.end - 1, |next| next.start);
        if !self.is_gap(before, own.start) || !self.is_gap(own.end, behind) {
            return None;
        }
        let has_next = nth + 1 < extents.len();
        let edit = match (nth > 0, has_next) {
            (true, _) if !self.has_comment(before, own.start) => delete(before, own.end),
            (false, true) if !self.has_comment(own.end, behind) => delete(own.start, behind),
            (false, false) if !self.has_comment(before, behind) => delete(before, behind),
            _ => self.delete_alone(own, behind),
        };
        Some(vec![edit])
    }

    /// A part with comments around it, which stay: YAML lets the comma before it stand.
    fn delete_alone(&self, own: Extent, behind: usize) -> Edit {
        let comma = self.text[own.end..behind].find(',').map(|at| own.end + at);
        let end = match comma {
            Some(comma) if !self.has_comment(own.end, comma) => comma + 1,
            _ => own.end,
        };
        let line_end = self.line_end(end);
        if !self.starts_line(own.start) || !self.is_blank(end, line_end) {
            return delete(own.start, end);
        }
        match self.line_before(self.line_start(own.start)) {
            Some(before) => delete(before, line_end),
            None => delete(own.start, end),
        }
    }

    /// The part `nth` of a block, which is at `pointer`.
    pub(super) fn remove_block(
        &self,
        pointer: &str,
        container: &'a Node,
        nth: usize,
    ) -> Option<Vec<Edit>> {
        let parts = self.parts(container);
        let extents = parts.extents.as_deref()?;
        let own = extents[nth];
        let line_end = self.line_end(own.end);
        if !self.is_gap(own.end, line_end) {
            return None;
        }
        let start = self.marker(container, own.start)?;
        if !self.starts_line(start) {
            return match extents.get(nth + 1) {
                // The first of several behind a dash: the next moves up.
                Some(next) if nth == 0 && !self.has_comment(own.end, next.start) => {
                    Some(vec![delete(own.start, next.start)])
                }
                None if nth == 0 => Some(vec![self.emptied(container, own)]),
                _ => None,
            };
        }
        let line_start = self.line_start(start);
        if extents.len() == 1 {
            return self.remove_last(pointer, container, own, line_start);
        }
        Some(vec![match self.line_before(line_start) {
            Some(before) => delete(before, line_end),
            None => delete(start, extents[1].start),
        }])
    }

    /// The start of the dash of an element, or of a member's key.
    fn marker(&self, container: &'a Node, start: usize) -> Option<usize> {
        if container.as_mapping().is_some() {
            return Some(start);
        }
        let before = self.text[self.line_start(start)..start].trim_end_matches(' ');
        before
            .ends_with('-')
            .then(|| self.line_start(start) + before.len() - 1)
    }

    fn emptied(&self, container: &'a Node, own: Extent) -> Edit {
        let empty = if container.as_mapping().is_some() {
            "{}"
        } else {
            "[]"
        };
        Edit {
            span: Span::new(own.start, own.end),
            replacement: empty.to_owned(),
        }
    }

    /// The only part of a block: an empty one is written in brackets, behind its key.
    fn remove_last(
        &self,
        pointer: &str,
        container: &'a Node,
        own: Extent,
        line_start: usize,
    ) -> Option<Vec<Edit>> {
        let (above, _) = pointer.rsplit_once('/')?;
        let site = self.site(above)?;
        if site.parent.is_none() {
            return Some(vec![self.emptied(container, own)]);
        }
        let key = site.entry()?.key_span.end;
        let colon = key + self.text[key..].find(':')? + 1;
        let before = self.line_before(line_start)?;
        if before < colon || !self.is_gap(colon, line_start) {
            return None;
        }
        let empty = if container.as_mapping().is_some() {
            " {}"
        } else {
            " []"
        };
        Some(vec![
            insert(colon, empty.to_owned()),
            delete(before, self.line_end(own.end)),
        ])
    }

    // -----------------------------------------------------------------------------------------
    // Adding

    /// Adds a part behind part `nth` of a list or object.
    pub(super) fn add_behind(
        &self,
        container: &'a Node,
        nth: usize,
        key: Option<&str>,
        value: &Value,
    ) -> Option<Vec<Edit>> {
        let parts = self.parts(container);
        let extents = parts.extents.as_deref()?;
        if self.is_flow(container) {
            let behind = extents
                .get(nth + 1)
                .map_or(container.span.end - 1, |next| next.start);
            return self.add_flow(container, extents[nth], behind, key, value);
        }
        self.add_block(container, extents[nth], key, value)
    }

    fn add_flow(
        &self,
        container: &'a Node,
        own: Extent,
        behind: usize,
        key: Option<&str>,
        value: &Value,
    ) -> Option<Vec<Edit>> {
        if !self.is_gap(own.end, behind) {
            return None;
        }
        let newline = &self.style().newline;
        let own_line =
            self.starts_line(own.start) && own.start > self.line_end(container.span.start);
        let lead = if own_line {
            format!("{newline}{}", self.indentation(own.start))
        } else {
            self.style().comma_space.to_owned()
        };
        let column = if own_line {
            self.column(own.start)
        } else {
            self.column(own.end) + 2
        };
        // What stands beside an object or list on its line is written like it, however long.
        let beside = !own_line && key.is_none() && value.is_object();
        let part = match beside {
            true => write::one_line(value, self.style(), self.syntax),
            false => self.part_in_brackets(key, value, self.indentation(own.start), column)?,
        };
        let line_end = self.line_end(own.end).min(behind);
        let comma = self.text[own.end..behind].contains(',') && behind + 1 == container.span.end;
        Some(
            match (own_line && self.has_comment(own.end, line_end), comma) {
                (false, false) => vec![insert(own.end, format!(",{lead}{part}"))],
                (true, false) => vec![
                    insert(own.end, ",".to_owned()),
                    insert(line_end, format!("{lead}{part}")),
                ],
                // A comma behind the last part stays behind the last part.
                (_, true) if self.has_comment(own.end, behind) => return None,
                (_, true) => {
                    let comma = own.end + self.text[own.end..behind].find(',')? + 1;
                    vec![insert(comma, format!("{lead}{part},"))]
                }
            },
        )
    }

    fn part_in_brackets(
        &self,
        key: Option<&str>,
        value: &Value,
        indent: &str,
        column: usize,
    ) -> Option<String> {
        let style = self.style();
        Some(match key {
            None => write::flow(value, indent, column, style, self.syntax),
            Some(key) => {
                let key = write::key(key, style, self.syntax)?;
                let lead = format!("{key}:{}", style.colon_space);
                let column = column + lead.chars().count();
                lead + &write::flow(value, indent, column, style, self.syntax)
            }
        })
    }

    fn add_block(
        &self,
        container: &'a Node,
        own: Extent,
        key: Option<&str>,
        value: &Value,
    ) -> Option<Vec<Edit>> {
        let line_end = self.line_end(own.end);
        // What a block scalar with `+` ends with is its own.
        if !self.is_gap(own.end, line_end) || self.keeps_line_feeds(own) {
            return None;
        }
        let indent = " ".repeat(self.column(self.marker(container, own.start)?));
        let mut text = format!("{}{indent}", self.style().newline);
        text += &write::block_part(key, value, &indent, self.style())?;
        Some(vec![insert(line_end, text)])
    }

    /// Whether a block scalar that keeps the line feeds behind it may be the last thing of a part.
    fn keeps_line_feeds(&self, own: Extent) -> bool {
        let text = &self.text[own.start..own.end];
        text.contains("|+")
            || text.contains(">+")
            || text.contains('|') && text.lines().any(|line| line.trim_end().ends_with('+'))
    }

    /// Adds the first part of a list or object.
    pub(super) fn fill(
        &self,
        site: &Site<'a>,
        key: Option<&str>,
        value: &Value,
    ) -> Option<Vec<Edit>> {
        let in_block = site.parent.is_some_and(|(parent, _)| !self.is_flow(parent));
        if let (true, Some(entry)) = (in_block, site.entry()) {
            return self.fill_block(entry, key, value);
        }
        let span = site.node.span;
        let (open, close) = (span.start + 1, span.end.checked_sub(1)?);
        if site.node.as_scalar().is_some() || open > close || !self.is_blank(open, close) {
            return None;
        }
        let indent = self.indentation(span.start);
        let part = match key {
            Some(key) => serde_json::json!({ key: value }),
            None => serde_json::json!([value]),
        };
        Some(vec![Edit {
            span,
            replacement: write::flow(
                &part,
                indent,
                self.column(span.start),
                self.style(),
                self.syntax,
            ),
        }])
    }

    /// Adds the first part of what `entry`, a member of a block, holds.
    fn fill_block(&self, entry: &Entry, key: Option<&str>, value: &Value) -> Option<Vec<Edit>> {
        let node = &entry.value;
        let nothing = node.describe() == "null" && key.is_some();
        let end = self.entry_end(entry)?;
        let colon = entry.key_span.end + self.text[entry.key_span.end..].find(':')? + 1;
        let between = if node.span.is_empty() {
            end
        } else {
            node.span.start
        };
        let empty = node.as_mapping().is_some_and(<[_]>::is_empty)
            || node.as_sequence().is_some_and(<[_]>::is_empty);
        if !(nothing || empty)
            || !self.text[colon..between].bytes().all(|b| b == b' ')
            || self.has_comment(colon, end)
        {
            return None;
        }
        let style = self.style();
        let step = if key.is_some() {
            &style.unit
        } else {
            &style.dash_indent
        };
        let indent = " ".repeat(self.column(entry.key_span.start)) + step;
        let mut text = format!("{}{indent}", style.newline);
        text += &write::block_part(key, value, &indent, style)?;
        // A comment behind it stays behind the key.
        let line_end = self.line_end(end);
        if !self.is_gap(end, line_end) {
            return None;
        }
        let mut edits = vec![insert(line_end, text)];
        if end > colon {
            edits.insert(0, delete(colon, end));
        }
        Some(edits)
    }
}
