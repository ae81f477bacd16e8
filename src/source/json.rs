//! JSON text to a tree, through the grammar of [`crate::json`].

use ahash::AHashMap;

use super::Parsed;
use super::tree::{Entry, Node, Scalar, ScalarKind, Value, join, join_index};
use crate::finding::{Finding, MAX_FINDINGS};
use crate::json::{self, ErrorKind, walk};
use crate::rules::form;
use crate::span::Span;

/// Reads `text`. A text that is no JSON has one finding and no tree. Duplicate keys and escapes that
/// are no characters have a finding each, up to [`MAX_FINDINGS`] and one, beside a tree; the first of
/// two keys stands in it.
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
    if body.trim_matches(SPACE).is_empty() {
        return Finding::new(&form::SYNTAX_ERROR, "", span, "the file is empty")
            .help("a policy is at least `{ \"version\": \"1\", \"default\": \"deny\" }`");
    }
    let finding = Finding::new(&form::SYNTAX_ERROR, "", span, error.kind.to_string());
    match advice(error.kind, body, &body[error.span.start..]) {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// What to do about an error in `body`, which goes on with `rest` where the error is.
fn advice(kind: ErrorKind, body: &str, rest: &str) -> Option<&'static str> {
    let next = rest.chars().next().unwrap_or(' ');
    Some(match kind {
        ErrorKind::ExpectedKey | ErrorKind::ExpectedValue if next == '\'' => {
            "JSON strings stand in double quotes"
        }
        ErrorKind::ExpectedKey if next.is_alphanumeric() => "put the key in double quotes",
        ErrorKind::ExpectedValue if next.is_alphabetic() => {
            "text stands in double quotes; the words of JSON are `true`, `false` and `null`"
        }
        ErrorKind::ExpectedValue if next == ',' => "remove the comma, or write what is missing",
        ErrorKind::ExpectedColon if next == '=' => "write `:` instead",
        ErrorKind::ExpectedCommaOrBrace if next == '"' => "a comma is missing before this key",
        ErrorKind::ExpectedCommaOrBrace if next == ']' => "an object is closed by `}`",
        ErrorKind::ExpectedCommaOrBracket if next == '}' => "a list is closed by `]`",
        ErrorKind::ExpectedCommaOrBracket if next.is_alphanumeric() || "\"{[-".contains(next) => {
            "a comma is missing before this element"
        }
        ErrorKind::TrailingComma => "remove the comma",
        ErrorKind::Comment => "remove the comment, or keep the policy as YAML",
        ErrorKind::TrailingText => "a file holds one policy: remove what follows it",
        ErrorKind::UnexpectedEnd if body.trim_start().starts_with(['{', '[', '"']) => {
            "is the file cut short? a bracket, brace or quote is still open"
        }
        ErrorKind::BadNumber => {
            "a number starts with a digit or `-`, has no needless zero in front, and digits on \
             both sides of its point"
        }
        ErrorKind::BadEscape => "a backslash is written `\\\\`",
        ErrorKind::ControlCharacter => "write it as an escape: `\\n`, `\\t` or `\\u001b`",
        ErrorKind::TooDeep => "no policy needs that many: is a bracket closed too late?",
        _ => return None,
    })
}

struct Builder<'t> {
    text: &'t str,
    findings: Vec<Finding>,
}

impl Builder<'_> {
    fn report(&mut self, finding: impl FnOnce() -> Finding) {
        if self.findings.len() <= MAX_FINDINGS {
            self.findings.push(finding());
        }
    }

    /// Reports an escape that is no character in the string or key at `span`, quotes included.
    fn check_characters(&mut self, span: Span, pointer: &str) {
        let inner = Span::new(span.start + 1, span.end - 1);
        let Some(escape) = walk::lone_surrogate(&self.text[inner.range()]) else {
            return;
        };
        let escape = shift(escape, inner);
        let message = format!(
            "`{}` is half of a surrogate pair, which is no character",
            &self.text[escape.range()]
        );
        self.report(|| {
            Finding::new(&form::SYNTAX_ERROR, pointer, escape, message)
                .help("write the character itself, or both halves of its pair")
        });
    }

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
            walk::Value::String(decoded) => {
                self.check_characters(span, pointer);
                scalar(decoded.into_owned(), ScalarKind::String, true)
            }
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
            self.check_characters(key_span, &pointer);
            if let Some(&first) = seen.get(&name) {
                self.report(|| duplicate_key(&name, pointer, key_span, first));
                continue;
            }
            let value = self.node(shift(value, span), &pointer);
            seen.insert(name.clone(), key_span);
            entries.push(Entry {
                key: name,
                key_kind: ScalarKind::String,
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
    fn an_error_says_what_to_do_about_it() {
        for (text, help) in [
            (" \n", "a policy is at least"),
            ("{\"a\":1 \"b\":2}", "a comma is missing before this key"),
            ("[1 2]", "a comma is missing before this element"),
            ("{\"a\":1]", "closed by `}`"),
            ("{\"a\":", "is still open"),
            ("{a:1}", "put the key in double quotes"),
            ("{\"a\":deny}", "text stands in double quotes"),
            ("{} x", "holds one policy"),
        ] {
            let findings = parse(text).findings;
            let given = findings[0].help.as_deref().unwrap_or_default();
            assert!(given.contains(help), "{text}: {given}");
        }
        assert_eq!(
            parse("-").findings[0]
                .help
                .as_deref()
                .map(|h| h.contains("open")),
            Some(false)
        );
    }

    #[test]
    fn half_a_surrogate_pair_is_no_character() {
        let text = r#"{"\ud800":1,"b":["\uD83D\uDE00 \uFFFD \\ud800", "x\udc00y"]}"#;
        let findings = parse(text).findings;
        let places: Vec<_> = findings.iter().map(|f| &text[f.span.range()]).collect();
        assert_eq!(places, ["\\ud800", "\\udc00"]);
        assert!(findings.iter().all(|f| f.rule == &form::SYNTAX_ERROR));
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
