//! Walking a JSON text that [`super::check`] has accepted.
//!
//! Nothing here can fail on such a text, and nothing here panics on another.

use std::borrow::Cow;

use super::stops::Stops;
use crate::span::Span;

/// A value, seen without building it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'t> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as written.
    Number(&'t str),
    /// A string, decoded.
    String(Cow<'t, str>),
    /// A list: its text, brackets included.
    Array(&'t str),
    /// An object: its text, braces included.
    Object(&'t str),
}

impl<'t> Value<'t> {
    /// Looks at `text`, one value without space around it.
    pub fn of(text: &'t str) -> Self {
        match text.as_bytes().first() {
            Some(b'"') => Value::String(decode(text.get(1..text.len() - 1).unwrap_or(""))),
            Some(b'{') => Value::Object(text),
            Some(b'[') => Value::Array(text),
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'-' | b'0'..=b'9') => Value::Number(text),
            _ => Value::Null,
        }
    }
}

/// The members of an object, in order: the key between its quotes, as written, and the value.
/// Spans are within `text`.
pub fn members(text: &str) -> Members<'_> {
    Members(Items::new(text))
}

/// See [`members`].
#[derive(Debug)]
pub struct Members<'t>(Items<'t>);

impl Iterator for Members<'_> {
    type Item = (Span, Span);

    fn next(&mut self) -> Option<Self::Item> {
        let items = &mut self.0;
        items.next_start()?;
        let key = items.value();
        items.at = skip_space(items.bytes, items.at) + 1; // the colon
        items.at = skip_space(items.bytes, items.at);
        let value = items.value();
        Some((
            Span::new(key.start + 1, (key.end - 1).max(key.start + 1)),
            value,
        ))
    }
}

/// The texts of the members of `object` that have these keys, found in one walk. None of them if it
/// is no object.
pub fn pick<'t, const N: usize>(object: &'t str, keys: [&str; N]) -> [Option<&'t str>; N] {
    let mut found = [None; N];
    if !object.starts_with('{') {
        return found;
    }
    let mut left = N;
    for (key, value) in members(object) {
        let key = decode(object.get(key.range()).unwrap_or(""));
        if let Some(nth) = keys.iter().position(|wanted| *wanted == key)
            && found[nth].is_none()
        {
            found[nth] = object.get(value.range());
            left -= 1;
            if left == 0 {
                break;
            }
        }
    }
    found
}

/// The elements of a list, in order. Spans are within `text`.
pub fn elements(text: &str) -> Elements<'_> {
    Elements(Items::new(text))
}

/// See [`elements`].
#[derive(Debug)]
pub struct Elements<'t>(Items<'t>);

impl Iterator for Elements<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_start()?;
        Some(self.0.value())
    }
}

/// What stands between the brackets or braces of a container.
#[derive(Debug)]
struct Items<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Items<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            bytes: text.as_bytes(),
            at: 1,
        }
    }

    /// Moves to where the next item starts; `None` at the end of the container.
    fn next_start(&mut self) -> Option<()> {
        self.at = skip_space(self.bytes, self.at);
        if self.bytes.get(self.at) == Some(&b',') {
            self.at = skip_space(self.bytes, self.at + 1);
        }
        match self.bytes.get(self.at)? {
            b'}' | b']' => None,
            _ => Some(()),
        }
    }

    fn value(&mut self) -> Span {
        let start = self.at.min(self.bytes.len());
        self.at = skip_value(self.bytes, start);
        Span::new(start, self.at)
    }
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The offset just past the value that starts at `at`.
fn skip_value(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'"') => skip_string(bytes, at),
        Some(b'{' | b'[') => skip_container(bytes, at),
        _ => {
            let rest = bytes.get(at..).unwrap_or(&[]);
            let ends = |b: &u8| matches!(b, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t');
            at + rest.iter().position(ends).unwrap_or(rest.len())
        }
    }
}

fn skip_string(bytes: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while let Some(stop) = bytes
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += stop;
        match bytes[at] {
            b'"' => return at + 1,
            _ => at += 2,
        }
    }
    bytes.len()
}

fn skip_container(bytes: &[u8], open: usize) -> usize {
    let mut at = open;
    let mut depth = 0_usize;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = skip_string(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

/// What a string spells, from the text between its quotes. A surrogate without its partner, which
/// is no character, becomes U+FFFD, as it does in the engine's JSON library.
pub fn decode(raw: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', raw.as_bytes()) else {
        return Cow::Borrowed(raw);
    };
    let mut out = String::with_capacity(raw.len());
    let (mut written, mut next) = (0, first);
    let mut stops = Stops::default();
    while next < raw.len() {
        if raw.as_bytes()[next] != b'\\' {
            // A quote or a control character: no text that was checked has one here.
            next += 1;
        } else {
            out.push_str(&raw[written..next]);
            let (c, length) = decode_escape(&raw[next..]);
            out.push(c);
            next = raw.len().min(next + length);
            while !raw.is_char_boundary(next) {
                next += 1;
            }
            written = next;
        }
        next = stops.next(raw.as_bytes(), next);
    }
    out.push_str(&raw[written..]);
    Cow::Owned(out)
}

/// The first escape in `raw`, the text between a string's quotes, that is half a surrogate pair and
/// so no character: where [`decode`] has to put U+FFFD.
pub fn lone_surrogate(raw: &str) -> Option<Span> {
    let mut at = 0;
    while let Some(offset) = memchr::memchr(b'\\', &raw.as_bytes()[at..]) {
        at += offset;
        let escape = &raw[at..];
        let (c, length) = decode_escape(escape);
        let span = Span::new(at, raw.len().min(at + length));
        let spelt_out = || escape[..span.len()].eq_ignore_ascii_case("\\ufffd");
        if c == char::REPLACEMENT_CHARACTER && !spelt_out() {
            return Some(span);
        }
        at = span.end;
    }
    None
}

/// The character that the escape at the start of `text` stands for, and the escape's length.
fn decode_escape(text: &str) -> (char, usize) {
    match text.as_bytes().get(1) {
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'u') => decode_unicode(text),
        Some(&b) => (char::from(b), 2),
        None => (char::REPLACEMENT_CHARACTER, 1),
    }
}

fn decode_unicode(text: &str) -> (char, usize) {
    let unit = |at: usize| -> Option<u32> { u32::from_str_radix(text.get(at..at + 4)?, 16).ok() };
    let Some(first) = unit(2) else {
        return (char::REPLACEMENT_CHARACTER, 2);
    };
    if let Some(c) = char::from_u32(first) {
        return (c, 6);
    }
    let second = text
        .get(6..8)
        .filter(|mark| *mark == "\\u")
        .and_then(|_| unit(8));
    match second {
        Some(low @ 0xDC00..=0xDFFF) if first < 0xDC00 => {
            let code = 0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00);
            (
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
                12,
            )
        }
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}
