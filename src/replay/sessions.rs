//! Where the first block of each session came, and what followed: an agent that was refused might
//! have gone on otherwise, so calls after that are counted apart.
//!
//! Sessions are named by the trace, so their number is bounded: of each, eight bytes of a hash and
//! four of a count are kept.

use std::hash::{BuildHasher, Hash};

use foldhash::HashMap;
use foldhash::quality::RandomState;

use super::Row;
use super::summary::{Tally, TraceLine};

/// How many sessions are followed; calls of further ones are counted.
pub const MAX_SESSIONS: usize = 1 << 20;

/// How many first blocks are told one by one.
pub const TOLD: usize = 20;

/// Sessions of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sessions {
    /// How many there are, at most [`MAX_SESSIONS`].
    pub total: u64,
    /// How many had a call blocked.
    pub blocked: u64,
    /// The first call of each that was blocked, for the first sessions with one: at most [`TOLD`].
    pub first_blocks: Vec<FirstBlocked>,
    /// What became of the calls that came after the first block of their session.
    pub after_block: Tally,
    /// Calls of sessions that were too many to be followed.
    pub not_followed: u64,
}

impl Sessions {
    /// The first call of any that was blocked.
    pub fn first_blocked(&self) -> Option<&FirstBlocked> {
        self.first_blocks.first()
    }
}

/// The first call that was blocked in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstBlocked {
    /// The session.
    pub session: String,
    /// Where the call is.
    pub at: TraceLine,
    /// Which of the session's calls it is, from 1.
    pub nth: u32,
    /// The tool.
    pub tool: String,
    /// The name of the rule that blocked it.
    pub rule: String,
}

/// Follows sessions.
#[derive(Debug, Default)]
pub struct SessionCounter {
    hasher: RandomState,
    /// By the session's hash: how many calls it made so far, or [`BLOCKED`].
    calls: HashMap<u64, u32>,
    sessions: Sessions,
}

/// A session in which a call was blocked.
const BLOCKED: u32 = u32::MAX;

impl SessionCounter {
    /// Counts a decided call.
    pub fn count(&mut self, row: &Row<'_>) {
        let Some(session) = row.session() else {
            return;
        };
        let hash = self.hash(session);
        if self.calls.len() >= MAX_SESSIONS && !self.calls.contains_key(&hash) {
            self.sessions.not_followed += 1;
            return;
        }
        let calls = self.calls.entry(hash).or_insert(0);
        if *calls == BLOCKED {
            self.sessions.after_block.count(row.decision);
            return;
        }
        let nth = (*calls + 1).min(BLOCKED - 1);
        if row.decision.ruling().is_block() {
            *calls = BLOCKED;
            self.block(session, nth, row);
        } else {
            *calls = nth;
        }
    }

    fn hash(&self, session: impl Hash) -> u64 {
        self.hasher.hash_one(session)
    }

    fn block(&mut self, session: &str, nth: u32, row: &Row<'_>) {
        self.sessions.blocked += 1;
        if self.sessions.first_blocks.len() < TOLD {
            self.sessions.first_blocks.push(FirstBlocked {
                session: session.to_owned(),
                at: TraceLine::of(row),
                nth,
                tool: row.tool().to_owned(),
                rule: row.explanation().map_or("", |e| e.rule).to_owned(),
            });
        }
    }

    /// What was counted.
    pub fn finish(self) -> Sessions {
        Sessions {
            total: self.calls.len() as u64,
            ..self.sessions
        }
    }
}
