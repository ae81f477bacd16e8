//! The one noun that traces and the engine share: a recorded tool call.

use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;

use crate::json::Object;
use crate::time::Timestamp;

/// A tool call as it was recorded. Texts borrow from the recording where they can.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall<'t> {
    /// Line of the trace, from 1.
    pub line: u64,
    /// When it was made.
    pub ts: Option<Timestamp>,
    /// The time as it was written, where it was written as text.
    pub ts_text: Option<&'t str>,
    /// The conversation it belongs to.
    pub session: Option<Cow<'t, str>>,
    /// The identity it was made under.
    pub grant: Option<Cow<'t, str>>,
    /// The MCP server it was made to.
    pub server: Option<Cow<'t, str>>,
    /// The tool's exact name.
    pub tool: Cow<'t, str>,
    /// Its arguments, as far as they were recorded.
    pub args: Args<'t>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it came in a JSON-RPC batch.
    pub in_batch: bool,
    /// What the record says of the decision. Few records do, so it stands apart.
    pub stated: Option<Box<Stated<Cow<'t, str>>>>,
}

/// Whether two names of tools, servers or grants are the same, byte by byte. Most have a few, for
/// which it takes longer to call a function than to compare them.
#[inline]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    // From both ends, so that what is in the middle is compared twice.
    match one.len() {
        4..8 => ends::<4>(one) == ends::<4>(other),
        8..16 => ends::<8>(one) == ends::<8>(other),
        16..=32 => ends::<16>(one) == ends::<16>(other),
        _ => one == other,
    }
}

/// The hash of a name, or of several that belong together, for tables that are asked for each call.
/// Where one name ends and the next begins is no part of it.
#[inline]
pub fn name_hash<const N: usize>(hasher: &RandomState, names: [&[u8]; N]) -> u64 {
    let mut state = hasher.build_hasher();
    names.iter().for_each(|name| state.write(name));
    state.finish()
}

/// The first and the last bytes.
#[inline(always)]
fn ends<const N: usize>(bytes: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
    bytes.first_chunk().zip(bytes.last_chunk())
}

/// What a record says that its call should come to, and what it came to when it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated<T> {
    /// What it should come to.
    pub expected: Option<Ruling>,
    /// The name, or the pointer, of the rule that should decide.
    pub expected_rule: Option<T>,
    /// What it came to.
    pub recorded: Option<Ruling>,
    /// The name of the rule that decided.
    pub recorded_rule: Option<T>,
    /// A field that the format does not have, and that resembles `expect` or `expect_rule`.
    pub misspelt: Option<T>,
}

impl<T> Default for Stated<T> {
    fn default() -> Self {
        Self {
            expected: None,
            expected_rule: None,
            recorded: None,
            recorded_rule: None,
            misspelt: None,
        }
    }
}

impl<T> Stated<T> {
    /// The same with other texts.
    pub fn map<'s, U>(&'s self, mut text: impl FnMut(&'s T) -> Option<U>) -> Stated<U> {
        Stated {
            expected: self.expected,
            expected_rule: self.expected_rule.as_ref().and_then(&mut text),
            recorded: self.recorded,
            recorded_rule: self.recorded_rule.as_ref().and_then(&mut text),
            misspelt: self.misspelt.as_ref().and_then(&mut text),
        }
    }
}

/// What becomes of a call, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ruling {
    /// Forwarded.
    Allow,
    /// Refused for what it is.
    Deny,
    /// Refused because a limit has no room.
    Throttle,
    /// Not decidable from the recording.
    Unknown,
}

impl Ruling {
    /// Every ruling.
    pub const ALL: [Ruling; 4] = [
        Ruling::Allow,
        Ruling::Deny,
        Ruling::Throttle,
        Ruling::Unknown,
    ];

    /// The word, as records and reports write it.
    pub fn word(self) -> &'static str {
        match self {
            Ruling::Allow => "allow",
            Ruling::Deny => "deny",
            Ruling::Throttle => "throttle",
            Ruling::Unknown => "unknown",
        }
    }

    /// The ruling that is written as `word`.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ruling| ruling.word() == word)
    }

    /// Whether the call was denied or throttled.
    pub fn is_block(self) -> bool {
        matches!(self, Ruling::Deny | Ruling::Throttle)
    }
}

impl fmt::Display for Ruling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A call's arguments.
#[derive(Debug, Clone, PartialEq)]
pub enum Args<'t> {
    /// No `arguments`, or `null`: the same as an empty object.
    None,
    /// An object, in which no key stands twice.
    Object(Object<'t>),
    /// The text of some other JSON value.
    NotAnObject(&'t str),
    /// Only the names of the top-level arguments are known, not their values.
    NamesOnly(Vec<Cow<'t, str>>),
    /// There were some, but neither their names nor their values are known: only this hash of them.
    Hashed(Cow<'t, str>),
}

impl<'t> Args<'t> {
    /// Their JSON text, if the values were recorded.
    pub fn text(&self) -> Option<&'t str> {
        match self {
            Args::Object(object) => Some(object.text()),
            Args::NotAnObject(text) => Some(text),
            Args::None | Args::NamesOnly(_) | Args::Hashed(_) => None,
        }
    }
}

/// How a recorded call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcome {
    /// Not recorded.
    #[default]
    Unspecified,
    /// Answered with a result.
    Ok,
    /// Answered with a result that has `isError: true`.
    ToolError,
    /// Answered with a JSON-RPC error: what the call consumed is given back.
    RpcError,
    /// Never answered.
    NoAnswer,
    /// Denied when it was recorded.
    Denied,
    /// Failed in an unknown way.
    Error,
}

impl Outcome {
    /// The outcomes, as native traces write them.
    pub const NAMES: [&str; 6] = [
        "ok",
        "tool_error",
        "rpc_error",
        "no_answer",
        "denied",
        "error",
    ];

    /// How a native trace writes it. `None` if nothing was recorded.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Outcome::Unspecified => return None,
            Outcome::Ok => "ok",
            Outcome::ToolError => "tool_error",
            Outcome::RpcError => "rpc_error",
            Outcome::NoAnswer => "no_answer",
            Outcome::Denied => "denied",
            Outcome::Error => "error",
        })
    }

    /// The outcome that a native trace writes as `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "ok" => Outcome::Ok,
            "tool_error" => Outcome::ToolError,
            "rpc_error" => Outcome::RpcError,
            "no_answer" => Outcome::NoAnswer,
            "denied" => Outcome::Denied,
            "error" => Outcome::Error,
            _ => return None,
        })
    }
}
