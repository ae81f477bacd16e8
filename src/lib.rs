//! mcplint: policies for AI agents' tool calls, validated and replayed.

pub mod dialect;
pub mod finding;
pub mod json;
pub mod policy;
pub mod rules;
pub mod schema;
pub mod source;
pub mod span;
pub mod suggest;
