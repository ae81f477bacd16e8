//! What `serde_json` says of a text, compared with what mcplint's own checker says of it. Shared
//! by the property test and the fuzz target.

use std::collections::HashSet;
use std::fmt;

use mcplint::json::{ErrorKind, Object, Tape, check, walk};
use mcplint::source::MAX_DEPTH;
use mcplint::span::Span;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Compares every answer.
///
/// # Panics
/// If one differs.
pub fn compare(text: &str) {
    compare_lines(text);
    // A raw value is skipped, not built: no limit on depth, no opinion on surrogates.
    let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
    let found = check(text, &mut ());
    if let Err(error) = &found {
        assert!(text.get(error.span.range()).is_some(), "{error:?}");
    }
    if !is_json {
        assert!(found.is_err(), "accepted, though it is no JSON");
        return;
    }
    if depth(text) > MAX_DEPTH {
        assert_eq!(found.map_err(|e| e.kind), Err(ErrorKind::TooDeep));
        return;
    }
    assert_eq!(found, Ok(()));
    let value = text.trim_matches([' ', '\n', '\r', '\t']);
    let twice = compare_value(value);
    let mut tape = Tape::default();
    // In the middle of other text, as a line of a block is.
    let block = format!("\"{value}\n\"");
    let part = Span::new(1, 1 + value.len());
    match tape.read(&block, part) {
        Ok(object) => {
            assert!(!twice, "a key that stands twice was not seen");
            assert_eq!(object.is_some(), value.starts_with('{'));
            if let Some(object) = object {
                compare_tape(object, value);
            }
        }
        Err(error) => {
            let ErrorKind::DuplicateKey(first) = error.kind else {
                panic!("{error:?}");
            };
            assert!(twice, "no key stands twice");
            let spelt = |span: Span| walk::decode(&block[span.range()]);
            assert_eq!(spelt(first), spelt(error.span));
        }
    }
}

/// Compares what is read of each line before its end is known with what is read of it then.
fn compare_lines(text: &str) {
    let (mut known, mut ahead) = (Tape::default(), Tape::default());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end_matches('\n').len();
        let part = Span::new(start, end);
        let fine = known.read(text, part);
        let found = ahead.read_line(text, start);
        assert_eq!(found, fine.is_ok().then_some(end), "{line}");
        if let Ok(Some(object)) = fine {
            compare_tape(object, object.text());
            let again = ahead.object(text, part).expect("it is the same object");
            compare_tape(again, object.text());
        }
        start += line.len();
    }
}

/// Compares an object of a tape with a walk over its text. Depth is bounded by that of the text.
fn compare_tape(object: Object<'_>, text: &str) {
    assert_eq!(object.text(), text);
    let mut fields = object.fields();
    for (key, value) in walk::members(text) {
        let field = fields.next().expect("the tape has every member");
        assert_eq!(field.key(), walk::decode(&text[key.range()]));
        let value = &text[value.range()];
        assert_eq!(field.text().raw(), value);
        assert_eq!(field.value(), walk::Value::of(value));
        assert_eq!(field.object().is_some(), value.starts_with('{'));
        if let Some(inner) = field.object() {
            compare_tape(inner, value);
        }
    }
    assert!(fields.next().is_none(), "the tape has no more members");
}

/// Compares a value with what `serde_json` makes of it. Whether a key stands twice in an object of
/// it.
fn compare_value(text: &str) -> bool {
    match walk::Value::of(text) {
        walk::Value::Null => same(text, "null"),
        walk::Value::Bool(value) => same(text, if value { "true" } else { "false" }),
        walk::Value::Number(number) => same(text, number),
        walk::Value::String(spelt) => {
            compare_text(text, &spelt);
            false
        }
        walk::Value::Array(list) => {
            let wanted: Vec<&RawValue> = serde_json::from_str(list).expect("it is a list");
            let found: Vec<_> = walk::elements(list).map(|e| &list[e.range()]).collect();
            let wanted: Vec<_> = wanted.iter().map(|raw| raw.get()).collect();
            assert_eq!(found, wanted);
            found
                .into_iter()
                .fold(false, |twice, e| compare_value(e) | twice)
        }
        walk::Value::Object(object) => compare_object(object),
    }
}

fn compare_object(object: &str) -> bool {
    let members: Vec<_> = walk::members(object)
        .map(|(key, value)| (&object[key.range()], &object[value.range()]))
        .collect();
    // `serde_json` decodes keys, and so refuses an object with half a surrogate in one.
    if let Ok(Members(wanted)) = serde_json::from_str(object) {
        let found: Vec<_> = members
            .iter()
            .map(|(key, value)| (walk::decode(key).into_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(found, wanted);
    }
    let mut seen = HashSet::new();
    members.into_iter().fold(false, |twice, (key, value)| {
        compare_text(&format!("\"{key}\""), &walk::decode(key));
        let again = !seen.insert(walk::decode(key));
        compare_value(value) | again | twice
    })
}

fn same(text: &str, other: &str) -> bool {
    assert_eq!(text, other);
    false
}

fn compare_text(quoted: &str, spelt: &str) {
    match serde_json::from_str::<String>(quoted) {
        Ok(wanted) => assert_eq!(spelt, wanted),
        Err(_) => assert!(spelt.contains('\u{fffd}'), "{quoted} was read as {spelt}"),
    }
}

/// How many containers are open at most, in a text that is JSON.
fn depth(text: &str) -> usize {
    let (mut open, mut most, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => open += 1,
            b'}' | b']' => open -= 1,
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// The members of an object as `serde_json` reads them: all, in order, also of one name.
struct Members(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    members.push((key, value.get().to_owned()));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}
