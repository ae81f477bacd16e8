//! Looking into the lines of foreign recordings: what a reader wants is taken, whatever else stands
//! there, and whatever stands there instead.

use std::borrow::Cow;

use super::blocks::Line;
use super::convert::Sink;
use super::record::Time;
use crate::json::{Tape, walk};

/// The text of a line that is a JSON object, checked. Of any other line a problem is told.
pub(super) fn object<'l>(tape: &mut Tape, line: Line<'l>, sink: &mut Sink) -> Option<&'l str> {
    match tape.read(line.block, line.span) {
        Ok(Some(_)) => return Some(line.text().trim_ascii()),
        Ok(None) => sink.problem(line.number, "the line is not a JSON object"),
        Err(error) => sink.syntax_error(line, &error),
    }
    None
}

/// Whether a line that nothing is wanted of may be passed over without a closer look: it was
/// written from the first brace to the last.
pub(super) fn looks_whole(line: Line<'_>) -> bool {
    let text = line.text().trim_ascii();
    text.starts_with('{') && text.ends_with('}')
}

/// The value, if it is a string.
pub(super) fn text(raw: Option<&str>) -> Option<Cow<'_, str>> {
    match walk::Value::of(raw?) {
        walk::Value::String(text) => Some(text),
        _ => None,
    }
}

/// The value, if it is a string that is not empty.
pub(super) fn name(raw: Option<&str>) -> Option<String> {
    text(raw)
        .filter(|text| !text.is_empty())
        .map(Cow::into_owned)
}

/// The elements of the value: none if it is no list.
pub(super) fn elements(raw: Option<&str>) -> impl Iterator<Item = &str> {
    let list = raw.filter(|raw| raw.starts_with('[')).unwrap_or("[]");
    walk::elements(list).filter_map(|item| list.get(item.range()))
}

/// The time that stands under `key`. Of anything else that stands there a problem is told.
pub(super) fn time(
    key: &str,
    raw: Option<&str>,
    line: Line<'_>,
    sink: &mut Sink,
) -> Result<Option<Time>, Unreadable> {
    let Some(raw) = raw else {
        return Ok(None);
    };
    Time::read(&walk::Value::of(raw), raw).map_err(|problem| {
        sink.problem(line.number, format!("`{key}`: {problem}"));
        Unreadable
    })
}

/// What stands there can't be read, and that was told.
#[derive(Debug)]
pub(super) struct Unreadable;
