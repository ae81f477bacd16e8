//! MCP sessions as they went over the wire, one JSON-RPC message a line.
use super::blocks::Line;
use super::convert::{Converter, Sink};
use super::format::Shape;

/// Whether an object with these keys is a message, or holds one.
pub fn recognises(shape: &Shape<'_>) -> bool {
    shape.has("jsonrpc") || shape.object("message").has("jsonrpc")
}

/// Whether a list that begins so is a batch of messages.
pub fn recognises_batch(text: &str) -> bool {
    text.contains("\"jsonrpc\"")
}

/// Makes calls of messages.
#[derive(Debug, Default)]
pub struct Messages {}

impl Converter for Messages {
    fn line(&mut self, _line: Line<'_>, _sink: &mut Sink) {}
}
