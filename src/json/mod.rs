//! JSON text in place: check it once, then walk it without building anything.
//!
//! Replay has to look at a few argument values of each of millions of records, and must still
//! refuse what two parsers could read in two ways: a key that stands twice in an object, anywhere.
//! No kept library does that without building a tree, and none that gives byte spans of keys and
//! values reports every duplicate. So there is one small grammar here, and both the traces and the
//! policies are read through it. It is compared with `serde_json` on generated texts and fuzzed.
//!
//! [`check`] says whether a text is one JSON value; a [`Tape`] also notes where every member of every
//! object stands; [`walk`] trusts a text that was checked.

mod check;
mod stops;
mod tape;
pub mod walk;

pub use check::{Error, ErrorKind, Observer, Quoted, check, check_line, check_part};
pub use tape::{Field, Fields, Object, Tape, Text};
