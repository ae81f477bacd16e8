//! mcplint: policies for AI agents' tool calls, validated and replayed.

pub mod call;
pub mod cli;
pub mod config;
pub mod dialect;
pub mod engine;
pub mod finding;
pub mod json;
pub mod policy;
pub mod render;
pub mod replay;
pub mod rules;
pub mod schema;
pub mod source;
pub mod span;
pub mod suggest;
pub mod time;
pub mod trace;
pub mod validate;
