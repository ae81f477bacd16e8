//! JSON text to a tree, through the grammar of [`crate::json`].

use ahash::AHashMap;

use super::Parsed;
use super::tree::{Entry, Node, Scalar, ScalarKind, Value, join, join_index};
use crate::finding::Finding;
use crate::json::{self, ErrorKind, walk};
use crate::rules::form;
use crate::span::Span;

/// Reads `text`. A text that is no JSON has one finding and no tree; duplicate keys have a finding
/// each, and the first of them stands in the tree.
pub fn parse(text: &str) -> Parsed {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let offset = text.len() - body.len();
    let mut parsed = Parsed::default();
    if let Err(error) = json::check(body, &mut ()) {
        parsed.findings.push(syntax_error(&error, body, offset));
        return parsed;
    }
    let start = body.len() - body.trim_start_matches(SPACE).len();
    let end = body.trim_end_matches(SPACE).len();
    let mut builder = Builder {
        text,
        findings: Vec::new(),
    };
    let span = Span::new(offset + start, offset + end);
    parsed.root = Some(builder.node(span, ""));
    parsed.findings = builder.findings;
    parsed
}

const SPACE: [char; 4] = [' ', '\n', '\r', '\t'];

fn syntax_error(error: &json::Error, body: &str, offset: usize) -> Finding {
    let span = Span::new(offset + error.span.start, offset + error.span.end);
    let message = match error.kind {
        ErrorKind::UnexpectedEnd if body.trim_matches(SPACE).is_empty() => {
            "the file is empty".to_owned()
        }
        kind => kind.to_string(),
    };
    let finding = Finding::new(&form::SYNTAX_ERROR, "", span, message);
    match error.kind {
        ErrorKind::ExpectedKey | ErrorKind::ExpectedValue
            if body[error.span.range()].starts_with('\'') =>
        {
            finding.help("JSON strings stand in double quotes")
        }
        ErrorKind::TrailingComma => finding.help("remove the comma"),
        ErrorKind::Comment => finding.help("remove the comment, or keep the policy as YAML"),
        ErrorKind::UnexpectedEnd => {
            finding.help("is the file cut short? a bracket, brace or quote is still open")
        }
        ErrorKind::BadEscape => finding.help("a backslash is written `\\\\`"),
        ErrorKind::ControlCharacter => {
            finding.help("write it as an escape: `\\n`, `\\t` or `\\u001b`")
        }
        _ => finding,
    }
}

struct Builder<'t> {
    text: &'t str,
    findings: Vec<Finding>,
}

impl Builder<'_> {
    /// The node of a checked value. Recursion is bounded by [`super::MAX_DEPTH`].
    fn node(&mut self, span: Span, pointer: &str) -> Node {
        let text = &self.text[span.range()];
        let value = match walk::Value::of(text) {
            walk::Value::Object(_) => self.mapping(span, pointer),
            walk::Value::Array(_) => {
                let items = walk::elements(text).enumerate();
                Value::Sequence(
                    items
                        .map(|(i, item)| self.node(shift(item, span), &join_index(pointer, i)))
                        .collect(),
                )
            }
            walk::Value::String(decoded) => scalar(decoded.into_owned(), ScalarKind::String, true),
            walk::Value::Number(number) => scalar(number.to_owned(), number_kind(number), false),
            walk::Value::Bool(b) => scalar(text.to_owned(), ScalarKind::Bool(b), false),
            walk::Value::Null => scalar(text.to_owned(), ScalarKind::Null, false),
        };
        Node { value, span }
    }

    fn mapping(&mut self, span: Span, pointer: &str) -> Value {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: AHashMap<String, Span> = AHashMap::default();
        for (key, value) in walk::members(&self.text[span.range()]) {
            let key = shift(key, span);
            let key_span = Span::new(key.start - 1, key.end + 1);
            let name = walk::decode(&self.text[key.range()]).into_owned();
            let pointer = join(pointer, &name);
            if let Some(first) = seen.get(&name) {
                self.findings
                    .push(duplicate_key(&name, pointer, key_span, *first));
                continue;
            }
            let value = self.node(shift(value, span), &pointer);
            seen.insert(name.clone(), key_span);
            entries.push(Entry {
                key: name,
                key_span,
                value,
            });
        }
        Value::Mapping(entries)
    }
}

/// The finding for a key that stands twice, in either syntax.
pub(super) fn duplicate_key(key: &str, pointer: String, second: Span, first: Span) -> Finding {
    Finding::new(
        &form::DUPLICATE_KEY,
        pointer,
        second,
        format!("the key `{key}` stands twice in one object"),
    )
    .note("again here")
    .label(first, "first here")
    .help("parsers disagree about which one counts: keep one")
}

fn shift(inner: Span, outer: Span) -> Span {
    Span::new(outer.start + inner.start, outer.start + inner.end)
}

fn scalar(text: String, kind: ScalarKind, quoted: bool) -> Value {
    Value::Scalar(Scalar { text, kind, quoted })
}

fn number_kind(text: &str) -> ScalarKind {
    if let Ok(n) = text.parse() {
        ScalarKind::Int(n)
    } else if let Ok(n) = text.parse() {
        ScalarKind::UInt(n)
    } else {
        ScalarKind::Float(text.parse().expect("a checked JSON number is a float"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_keys_and_values_are_exact() {
        let text = "\u{feff} {\"a\" : [1, \"\\u0078\"],\r\n \"b~/\":{\"c\":null}} ";
        let root = parse(text).root.expect("valid JSON");
        let slice = |span: Span| &text[span.range()];
        assert_eq!(slice(root.at("/a/1").expect("there").span), "\"\\u0078\"");
        assert_eq!(root.at("/a/1").and_then(Node::as_str), Some("x"));
        let entry = root.entry_at("/b~0~1").expect("there");
        assert_eq!(slice(entry.key_span), "\"b~/\"");
        assert_eq!(slice(entry.value.span), "{\"c\":null}");
        assert_eq!(slice(root.at("/b~0~1/c").expect("there").span), "null");
    }

    #[test]
    fn every_duplicate_key_is_found_and_the_first_stands() {
        let parsed = parse(r#"{"a":1,"b":{"x":1,"\u0078":2},"a":2}"#);
        let found: Vec<_> = parsed
            .findings
            .iter()
            .map(|f| (f.pointer.as_str(), f.labels[0].span.start))
            .collect();
        assert_eq!(found, [("/b/x", 12), ("/a", 1)]);
        let root = parsed.root.expect("a tree all the same");
        assert_eq!(
            root.get("a").and_then(Node::as_scalar).map(|s| s.kind),
            Some(ScalarKind::Int(1))
        );
    }
}
