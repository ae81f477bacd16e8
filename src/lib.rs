//! mcplint: policies for AI agents' tool calls, validated and replayed.
//!
//! Data flows down this list; a module uses what stands above it, not below.
//!
//! - [`span`], [`finding`], [`rules`]: places in a text, and what there is to say about them.
//! - [`look_alikes`]: what a text looks like.
//! - [`json`]: JSON text in place, for traces and policies alike.
//! - [`source`]: files as texts, texts as trees that know where each key and value stands.
//! - [`policy`]: the one internal representation of a policy. It knows spans, not syntax.
//! - [`schema`], [`dialect`]: from trees to policies, with everything that is wrong on the way.
//! - [`validate`]: the whole of it for one file.
//! - [`catalog`], [`risk`]: the tools that servers offer, and what each can do at worst.
//! - [`edit`]: changes of a text worked out over its tree.
//! - [`lint`], [`suppress`], [`fix`]: the rules before one file, what is not to be reported, and
//!   what is put right.
//! - [`time`], [`call`], [`trace`]: recordings of tool calls, in any of several formats, as streams of
//!   calls.
//! - [`engine`]: a compiled policy, counters and a call to a decision. No clock, no files.
//! - [`analysis`]: what conditions can and can't be met by, with witnesses that the engine confirms.
//! - [`replay`]: which policy decides which call, on many threads, in the order of the trace.
//! - [`render`]: results to bytes, one file for each format; the only place that escapes.
//! - [`config`], [`cli`]: the command line, whose subcommands load, ask, render and exit.

pub mod analysis;
pub mod call;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod dialect;
pub mod edit;
pub mod engine;
pub mod finding;
pub mod fix;
pub mod json;
pub mod lint;
pub mod look_alikes;
pub mod policy;
pub mod render;
pub mod replay;
pub mod risk;
pub mod rules;
pub mod schema;
pub mod source;
pub mod span;
pub mod suggest;
pub mod suppress;
pub mod time;
pub mod trace;
pub mod validate;
