//! How a file is laid out, as far as new text has to follow it.

use super::write::{Quotes, is_plain};
use crate::source::Syntax;
use crate::source::tree::{Node, Value};

/// The habits of one file.
#[derive(Debug, Clone)]
pub(super) struct Style {
    /// `\n`, `\r\n` or `\r`.
    pub newline: String,
    /// What one level is indented by.
    pub unit: String,
    /// What the dashes of a list are indented by, under the key.
    pub dash_indent: String,
    /// What stands behind a colon in brackets: a space or nothing.
    pub colon_space: &'static str,
    /// What stands behind a comma on one line.
    pub comma_space: &'static str,
    /// What stands inside braces on one line.
    pub brace_space: &'static str,
    /// What stands inside square brackets on one line.
    pub bracket_space: &'static str,
    /// Whether texts in quotes have single ones.
    pub single_quotes: bool,
    /// How many columns brackets may take on one line.
    pub width: usize,
    /// Whether objects never stand on one line.
    pub expanded: bool,
}

/// Columns of a line of a file that says nothing else.
const WIDTH: usize = 100;

impl Style {
    /// The style of `text`, whose tree is `root`.
    pub fn of(text: &str, root: &Node, syntax: Syntax) -> Self {
        let mut seen = Seen::default();
        seen.look(text, root, 0);
        let colon_space = if seen.tight_colon { "" } else { " " };
        let one_line = syntax == Syntax::Json && !text[root.span.range()].contains(['\n', '\r']);
        Self {
            newline: newline(text).to_owned(),
            unit: seen.unit.unwrap_or_else(|| "  ".to_owned()),
            dash_indent: seen.dash_indent.unwrap_or_else(|| "  ".to_owned()),
            colon_space,
            comma_space: if seen.tight_comma.unwrap_or(seen.tight_colon) {
                ""
            } else {
                " "
            },
            brace_space: if seen.padded_brace.unwrap_or(!seen.tight_colon && !one_line) {
                " "
            } else {
                ""
            },
            bracket_space: if seen.padded_bracket.unwrap_or(false) {
                " "
            } else {
                ""
            },
            single_quotes: seen.single_quotes.unwrap_or(false),
            width: if one_line { usize::MAX } else { WIDTH },
            expanded: seen.tall_object && seen.padded_brace.is_none() && !one_line,
        }
    }
}

impl Style {
    /// The quotes that `text` is written in: none if it needs none, else those of the file.
    pub fn quotes(&self, text: &str, in_flow: bool) -> Quotes {
        match (is_plain(text, in_flow), self.single_quotes) {
            (true, _) => Quotes::None,
            (false, true) => Quotes::Single,
            (false, false) => Quotes::Double,
        }
    }
}

fn newline(text: &str) -> &str {
    match text.find(['\n', '\r']) {
        Some(at) if text[at..].starts_with("\r\n") => "\r\n",
        Some(at) => &text[at..=at],
        None => "\n",
    }
}

/// How many nodes tell how a file is laid out.
const ENOUGH: usize = 4_000;

/// What was seen of a file's habits: the first of each.
#[derive(Default)]
struct Seen {
    nodes: usize,
    unit: Option<String>,
    dash_indent: Option<String>,
    tight_colon: bool,
    any_colon: bool,
    tight_comma: Option<bool>,
    padded_brace: Option<bool>,
    padded_bracket: Option<bool>,
    single_quotes: Option<bool>,
    /// An object of scalars on several lines.
    tall_object: bool,
}

impl Seen {
    /// Looks at `node`, whose text begins on a line that is indented by `above` bytes. What was seen
    /// of the first nodes has to do for a long file.
    fn look(&mut self, text: &str, node: &Node, above: usize) {
        self.nodes += 1;
        if self.nodes > ENOUGH {
            return;
        }
        let slice = &text[node.span.range()];
        let flow = slice.starts_with(['{', '[']);
        let tall = slice.trim_end().contains(['\n', '\r']);
        match &node.value {
            Value::Scalar(_) => {
                if slice.starts_with(['\'', '"']) {
                    self.single_quotes.get_or_insert(slice.starts_with('\''));
                }
            }
            Value::Mapping(entries) => {
                for entry in entries.iter().take(ENOUGH) {
                    let inner = indentation(text, entry.key_span.start);
                    if flow && !self.any_colon {
                        self.any_colon = true;
                        let between = text.get(entry.key_span.end..entry.value.span.start);
                        self.tight_colon = between.is_some_and(|between| between == ":");
                    }
                    if let Some(inner) =
                        inner.filter(|inner| inner.len() > above && self.unit.is_none())
                    {
                        self.unit = Some(inner[above..].to_owned());
                    }
                    self.dash(text, &entry.value, inner);
                    self.look(text, &entry.value, inner.map_or(above, str::len));
                }
                if flow && !entries.is_empty() {
                    self.object(
                        slice,
                        tall,
                        entries.iter().all(|e| e.value.as_scalar().is_some()),
                    );
                }
                self.comma(
                    text,
                    entries.iter().map(|e| (e.key_span.start, e.value.span.end)),
                    flow && !tall,
                );
            }
            Value::Sequence(items) => {
                // Behind a dash, keys stand two columns further in, whatever a level is.
                let above = if flow { above } else { usize::MAX };
                for item in items.iter().take(ENOUGH) {
                    let inner = indentation(text, item.span.start);
                    self.look(text, item, inner.map_or(above, str::len));
                }
                if flow && !items.is_empty() && !tall {
                    self.padded_bracket
                        .get_or_insert(slice[1..].starts_with(' '));
                }
                self.comma(
                    text,
                    items.iter().map(|i| (i.span.start, i.span.end)),
                    flow && !tall,
                );
            }
        }
    }

    fn object(&mut self, slice: &str, tall: bool, of_scalars: bool) {
        if tall {
            self.tall_object |= of_scalars;
        } else {
            self.padded_brace.get_or_insert(slice[1..].starts_with(' '));
        }
    }

    fn comma(
        &mut self,
        text: &str,
        mut parts: impl Iterator<Item = (usize, usize)>,
        on_one_line: bool,
    ) {
        if let (true, Some((_, end)), Some((start, _))) = (on_one_line, parts.next(), parts.next())
            && let Some(between) = text.get(end..start)
        {
            self.tight_comma.get_or_insert(between.ends_with(','));
        }
    }

    /// How far the dashes of a YAML list are indented under a key that starts its line.
    fn dash(&mut self, text: &str, list: &Node, key: Option<&str>) {
        let (Some(first), Some(key), None) = (
            list.as_sequence().and_then(<[_]>::first),
            key,
            &self.dash_indent,
        ) else {
            return;
        };
        let Some(line) = line_start(text, first.span.start) else {
            return;
        };
        let line = &text[line..];
        let text = line.trim_start_matches(' ');
        let indent = &line[..line.len() - text.len()];
        if text.starts_with('-')
            && let Some(step) = indent.strip_prefix(key)
        {
            self.dash_indent = Some(step.to_owned());
        }
    }
}

/// The white space before `at`, if nothing else stands before it on its line.
fn indentation(text: &str, at: usize) -> Option<&str> {
    let before = &text[line_start(text, at)?..at];
    let before = before.trim_start_matches('\u{feff}');
    before
        .bytes()
        .all(|b| b == b' ' || b == b'\t')
        .then_some(before)
}

/// No indentation is wider than this many bytes; what stands further into a line does not start it.
const WIDEST: usize = 256;

/// Where the line of `at` starts, if it does not start far before.
fn line_start(text: &str, at: usize) -> Option<usize> {
    let mut before = text.as_bytes()[..at].iter().rev().take(WIDEST);
    match before.position(|&byte| byte == b'\n' || byte == b'\r') {
        Some(distance) => Some(at - distance),
        None => (at < WIDEST).then_some(0),
    }
}
