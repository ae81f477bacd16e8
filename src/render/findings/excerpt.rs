//! The few lines of a file that show a finding: cut to fit, escaped, and with the places in
//! question carried over from offsets of the file to offsets of what is shown.
//!
//! Nothing here looks further than [`REACH`] bytes from a place, so that a thousand findings in a
//! file of one enormous line cost little.

use std::collections::BTreeMap;
use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use unicode_width::UnicodeWidthStr;

use super::FileFindings;
use crate::finding::Finding;
use crate::render::escape::push_printable;
use crate::source::position::Position;
use crate::span::Span;

/// How far to look for the beginning and the end of a line, in bytes.
const REACH: usize = 4096;
/// Other places further away from the finding than this many lines are named, not shown.
const NEARBY_LINES: usize = 40;
/// How many other places are shown or named.
const MOST_LABELS: usize = 8;
/// Stands for what is left out of a line; one column wide.
const CUT: &str = "…";
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What is shown of a file for one finding. Its offsets are its own, not those of the file.
#[derive(Debug)]
pub(super) struct Excerpt<'a> {
    /// The file's name, escaped.
    name: &'a str,
    /// Runs of adjacent lines; the one with the finding comes first.
    chunks: Vec<Chunk>,
    /// The places to underline, in the order of their offsets.
    pub(super) marks: Vec<Mark>,
    /// The labels of the finding that are too far away to be shown, and where they are.
    pub(super) elsewhere: Vec<(usize, Position)>,
    /// How many more labels the finding has.
    pub(super) untold: usize,
}

/// A place to underline.
#[derive(Debug)]
pub(super) struct Mark {
    /// Which label of the finding it is; `None` is the finding itself.
    pub(super) label: Option<usize>,
    /// Its bytes in the excerpt, at least one.
    pub(super) span: SourceSpan,
    /// Where it begins in the file.
    position: Position,
}

/// Adjacent lines as they are shown.
#[derive(Debug)]
struct Chunk {
    /// Offset of `text` in the excerpt.
    offset: usize,
    /// Number of the first line in the file, from 1.
    first_line: usize,
    /// The lines, with a line feed after each.
    text: String,
}

impl<'a> Excerpt<'a> {
    /// Shows `finding` in lines of at most `columns` columns; `name` is the file's escaped name.
    pub(super) fn new(
        file: &FileFindings<'_>,
        finding: &Finding,
        name: &'a str,
        columns: usize,
    ) -> Self {
        let place = |span| {
            let span = first_line_of(file.text, span);
            (span, file.lines.position(file.text, span.start))
        };
        let mut sheet = Sheet::new(file.text, columns);
        let (span, home) = place(finding.span);
        sheet.underline(None, span, home);
        let mut elsewhere = Vec::new();
        for (nth, label) in finding.labels.iter().take(MOST_LABELS).enumerate() {
            let (span, position) = place(label.span);
            let near = position.line.abs_diff(home.line) <= NEARBY_LINES;
            if !(near && sheet.underline(Some(nth), span, position)) {
                elsewhere.push((nth, position));
            }
        }
        sheet.add_neighbours();
        let (chunks, starts) = lay_out(sheet.lines, home.line);
        let marks = sheet.underlined.into_iter();
        let mut marks: Vec<Mark> = marks.map(|place| place.mark(&starts)).collect();
        marks.sort_by_key(|mark| mark.span.offset());
        Self {
            name,
            chunks,
            marks,
            elsewhere,
            untold: finding.labels.len().saturating_sub(MOST_LABELS),
        }
    }
}

impl SourceCode for Excerpt<'_> {
    /// With context, the whole chunk around `span`. Without, `span` alone and its true place in
    /// the file: that is how miette asks for the line and column it prints.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        let holds = |chunk: &&Chunk| {
            chunk.offset <= span.offset() && end <= chunk.offset + chunk.text.len()
        };
        let mut chunks = self.chunks.iter();
        let chunk = chunks.find(holds).ok_or(MietteError::OutOfBounds)?;
        let mut marks = self.marks.iter();
        let mark = marks.find(|mark| mark.span.offset() == span.offset());
        let (span, line, column) = match mark {
            Some(mark) if lines_before == 0 => (*span, mark.position.line, mark.position.column),
            _ => ((chunk.offset, chunk.text.len()).into(), chunk.first_line, 1),
        };
        let start = span.offset() - chunk.offset;
        let bytes = &chunk.text.as_bytes()[start..start + span.len()];
        let count = memchr::memchr_iter(b'\n', bytes).count();
        let name = self.name.to_owned();
        let contents =
            MietteSpanContents::new_named(name, bytes, span, line - 1, column - 1, count);
        Ok(Box::new(contents))
    }
}

/// Puts adjacent lines together, those around line `home` first. Gives back where in the excerpt
/// each line starts, too.
fn lay_out(lines: BTreeMap<usize, Line>, home: usize) -> (Vec<Chunk>, BTreeMap<usize, usize>) {
    let mut runs: Vec<Vec<(usize, Line)>> = Vec::new();
    for (number, line) in lines {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|(last, _)| last + 1 == number) => {
                run.push((number, line));
            }
            _ => runs.push(vec![(number, line)]),
        }
    }
    runs.sort_by_key(|run| run.iter().all(|(number, _)| *number != home));

    let mut starts = BTreeMap::new();
    let mut chunks = Vec::new();
    let mut offset = 0;
    for run in runs {
        let mut text = String::new();
        let first_line = run[0].0;
        for (number, line) in run {
            starts.insert(number, offset + text.len());
            text.push_str(&line.text);
            text.push('\n');
        }
        let end = offset + text.len();
        chunks.push(Chunk {
            offset,
            first_line,
            text,
        });
        offset = end;
    }
    (chunks, starts)
}

/// The lines that were chosen so far, by their numbers, and what is underlined in them.
struct Sheet<'t> {
    text: &'t str,
    columns: usize,
    lines: BTreeMap<usize, Line>,
    underlined: Vec<Underlined>,
}

/// A place of the finding, with its bytes in the line that shows it.
struct Underlined {
    label: Option<usize>,
    /// Its offset in the file.
    at: usize,
    position: Position,
    bytes: Range<usize>,
}

impl<'t> Sheet<'t> {
    fn new(text: &'t str, columns: usize) -> Self {
        Self {
            text,
            columns,
            lines: BTreeMap::new(),
            underlined: Vec::new(),
        }
    }

    /// Underlines `span`, which begins at `position`, unless it is outside of what is shown of its
    /// line or in the way of another place: overlapping lines can't be told apart.
    fn underline(&mut self, label: Option<usize>, span: Span, position: Position) -> bool {
        let line = || Line::around(self.text, span.start, self.columns);
        let line = self.lines.entry(position.line).or_insert_with(line);
        let Some(bytes) = line.underline(span) else {
            return false;
        };
        let mut others = self.underlined.iter();
        let overlaps = others.any(|other| {
            other.position.line == position.line
                && other.bytes.start < bytes.end
                && bytes.start < other.bytes.end
        });
        if !overlaps {
            let at = span.start;
            self.underlined.push(Underlined {
                label,
                at,
                position,
                bytes,
            });
        }
        !overlaps
    }

    /// Adds the line before and the line after each underlined place, if they are within reach.
    fn add_neighbours(&mut self) {
        for place in &self.underlined {
            let number = place.position.line;
            let before = line_start(self.text, place.at)
                .and_then(|start| line_before(self.text, start))
                .map(|start| (number - 1, start));
            let after = line_after(self.text, place.at).map(|start| (number + 1, start));
            for (number, start) in before.into_iter().chain(after) {
                let line = || Line::around(self.text, start, self.columns);
                self.lines.entry(number).or_insert_with(line);
            }
        }
    }
}

impl Underlined {
    /// `starts` says where in the excerpt each line starts.
    fn mark(self, starts: &BTreeMap<usize, usize>) -> Mark {
        let offset = starts[&self.position.line] + self.bytes.start;
        Mark {
            label: self.label,
            span: (offset, self.bytes.len()).into(),
            position: self.position,
        }
    }
}

/// One line as it is shown.
#[derive(Debug)]
struct Line {
    text: String,
    /// Offsets in the file and in `text`: of each character that is shown, and of their end.
    offsets: Vec<(usize, usize)>,
    /// Whether the line goes on after what is shown.
    goes_on: bool,
}

impl Line {
    /// As much as fits in `columns` columns of the line of `text` at `focus`.
    fn around(text: &str, focus: usize, columns: usize) -> Self {
        let before = look_back(text, focus, columns);
        let after = look_ahead(text, focus, columns);
        if before.whole && after.whole && before.columns + after.columns <= columns {
            return Self::between(text, before, after);
        }
        let room = columns.saturating_sub(2 * CUT.width());
        let lead = (room / 3).max(room.saturating_sub(after.columns));
        let before = look_back(text, focus, lead);
        Self::between(text, before, look_ahead(text, focus, room - before.columns))
    }

    fn between(text: &str, before: Stretch, after: Stretch) -> Self {
        let mut shown = String::new();
        if !before.whole {
            shown.push_str(CUT);
        }
        let mut offsets = Vec::new();
        let mut at = before.edge;
        while at < after.edge {
            offsets.push((at, shown.len()));
            at += push_printable(&mut shown, &text[at..]);
        }
        offsets.push((at, shown.len()));
        if !after.whole {
            shown.push_str(CUT);
        }
        Self {
            text: shown,
            offsets,
            goes_on: !after.whole,
        }
    }

    /// The bytes of `self.text` to underline for `span` of the file, at least one; `None` if it
    /// does not begin in what is shown. What is to be seen at the end of a line gets a blank.
    fn underline(&mut self, span: Span) -> Option<Range<usize>> {
        let (&(first, _), &(last, content)) = (self.offsets.first()?, self.offsets.last()?);
        if span.start == last && !self.goes_on {
            if self.text.len() == content {
                self.text.push(' ');
            }
            return Some(content..content + 1);
        }
        if span.start < first || span.start >= last {
            return None;
        }
        let nth = self.offsets.partition_point(|&(at, _)| at <= span.start) - 1;
        let end = self.offsets.partition_point(|&(at, _)| at < span.end);
        let end = end.clamp(nth + 1, self.offsets.len() - 1);
        Some(self.offsets[nth].1..self.offsets[end].1)
    }
}

/// How much of a line there is on one side of an offset.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    /// Offset of the far end.
    edge: usize,
    /// How many columns it takes to show.
    columns: usize,
    /// Whether the line ends there.
    whole: bool,
}

/// What stands before `from` in its line, `columns` columns at most.
fn look_back(text: &str, from: usize, columns: usize) -> Stretch {
    let chars = text[..from].char_indices().rev();
    let chars = chars.take_while(|&(at, c)| !is_break(c) && (at, c) != (0, BYTE_ORDER_MARK));
    stretch(text, from, columns, chars.map(|(at, _)| (at, at)))
}

/// What stands from `from` on in its line, `columns` columns at most.
fn look_ahead(text: &str, from: usize, columns: usize) -> Stretch {
    let chars = text[from..]
        .char_indices()
        .take_while(|&(_, c)| !is_break(c));
    let chars = chars.map(|(at, c)| (from + at, from + at + c.len_utf8()));
    stretch(text, from, columns, chars)
}

/// Takes characters, each given by its offset and the edge it moves us to, while they fit. One
/// that has no width counts as a column: no pile of accents grows without end.
fn stretch(
    text: &str,
    from: usize,
    columns: usize,
    chars: impl Iterator<Item = (usize, usize)>,
) -> Stretch {
    let mut taken = Stretch {
        edge: from,
        columns: 0,
        whole: false,
    };
    let mut shown = String::new();
    for (at, edge) in chars {
        shown.clear();
        push_printable(&mut shown, &text[at..]);
        let width = shown.width().max(1);
        if taken.columns + width > columns {
            return taken;
        }
        taken.edge = edge;
        taken.columns += width;
    }
    taken.whole = true;
    taken
}

/// Where the line with the offset `at` starts, if that is within reach.
fn line_start(text: &str, at: usize) -> Option<usize> {
    let from = at.saturating_sub(REACH);
    match memchr::memrchr2(b'\n', b'\r', &text.as_bytes()[from..at]) {
        Some(found) => Some(from + found + 1),
        None if from > 0 => None,
        None if text.starts_with(BYTE_ORDER_MARK) => Some(BYTE_ORDER_MARK.len_utf8()),
        None => Some(0),
    }
}

/// Where the line before the line that starts at `start` starts.
fn line_before(text: &str, start: usize) -> Option<usize> {
    let line = &text[..start];
    let line = line
        .strip_suffix("\r\n")
        .or_else(|| line.strip_suffix(['\n', '\r']))?;
    line_start(text, line.len())
}

/// Where the line after the one with the offset `at` starts; `None` if the text ends before.
fn line_after(text: &str, at: usize) -> Option<usize> {
    let within = &text.as_bytes()[at..text.len().min(at + REACH)];
    let end = at + memchr::memchr2(b'\n', b'\r', within)?;
    let line_break = if text[end..].starts_with("\r\n") {
        2
    } else {
        1
    };
    Some(end + line_break).filter(|&start| start < text.len())
}

/// `span` without what is beyond its first line, moved on to whole characters of `text`.
fn first_line_of(text: &str, span: Span) -> Span {
    let mut start = char_boundary(text, span.start);
    if start == 0 && text.starts_with(BYTE_ORDER_MARK) {
        start = BYTE_ORDER_MARK.len_utf8();
    }
    if text[..start].ends_with('\r') && text[start..].starts_with('\n') {
        start -= 1;
    }
    let end = char_boundary(text, span.end.min(start.saturating_add(REACH))).max(start);
    let line = text[start..end].split(is_break).next().unwrap_or_default();
    Span::new(start, start + line.trim_end().len())
}

/// The last beginning of a character at or before `offset`.
fn char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r')
}
