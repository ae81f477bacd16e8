//! OpenTelemetry traces in the JSON encoding of OTLP.
use std::io;

use super::Stream;
use super::convert::{Item, Items};
use super::format::Shape;

/// Whether an object with these keys is an export of traces.
pub fn recognises(shape: &Shape<'_>) -> bool {
    shape.has("resourceSpans")
}

/// The calls of an export.
pub struct Export {
    _stream: Stream,
}

impl Export {
    /// The calls of a stream.
    pub fn new(stream: Stream) -> Self {
        Self { _stream: stream }
    }
}

impl Items for Export {
    fn next_item(&mut self) -> io::Result<Option<Item>> {
        Ok(None)
    }
}
