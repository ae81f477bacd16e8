//! Limits: a counter, a window, a maximum, and what a call adds.

use std::fmt;

use super::Clause;
use super::condition::ArgPath;
use crate::span::Span;

/// At most so much in a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// What is counted on. Limits with the same key and window share one counter.
    pub counter: CounterKey,
    /// How long a count lasts.
    pub window: Window,
    /// The most that a window may hold.
    pub max: Max,
    /// What one call adds.
    pub amount: Amount,
    /// What the agent is told when there is no room.
    pub refusal: Refusal,
    /// What the agent is told when the amount can't be used.
    pub unusable_amount: String,
    /// Its place and the name that decisions report.
    pub clause: Clause,
    /// The bytes of the maximum.
    pub max_span: Span,
}

/// Names a counter within a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterKey {
    /// Whose calls are counted.
    pub scope: CounterScope,
    /// The counter's name.
    pub name: String,
}

/// Whose calls a counter counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CounterScope {
    /// Those of one tool.
    Tool(String),
    /// Those of every tool.
    AllTools,
}

/// The most that a window may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Max {
    /// This much, inclusive.
    AtMost(i64),
    /// The limit is outside of 64 bits, where the engine's platforms disagree: every call that
    /// would be counted is refused.
    OutOfRange,
    /// Nothing is counted at all: an Intercept `state` block whose rule has no `lt`/`lte` on its
    /// own counter. The amount is still resolved, so a call without it is denied.
    NotEnforced,
}

impl Max {
    /// The number, if there is one that can be met.
    pub fn number(self) -> Option<i64> {
        match self {
            Max::AtMost(max) => Some(max),
            Max::OutOfRange | Max::NotEnforced => None,
        }
    }
}

/// What one call adds to a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Amount {
    /// Always this much. Negative amounts give budget back (Intercept only).
    Fixed(i64),
    /// An argument's number, exactly. Negative is not usable.
    Exact(ArgPath),
    /// An argument's number as float64, truncated towards zero. Negative gives budget back.
    Truncated(ArgPath),
}

impl Amount {
    /// The argument it is read from.
    pub fn path(&self) -> Option<&ArgPath> {
        match self {
            Amount::Fixed(_) => None,
            Amount::Exact(path) | Amount::Truncated(path) => Some(path),
        }
    }
}

/// What the agent is told when a limit has no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// `Limit <counter>: <max> per <window> reached. Try again in <n> s.`
    TryAgain,
    /// The clause's own message.
    ClauseMessage,
}

/// How long a count lasts. Windows are aligned to UTC: a minute starts at :00, an hour at :00:00,
/// a day at midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// 60 seconds.
    Minute,
    /// 3,600 seconds.
    Hour,
    /// 86,400 seconds.
    Day,
}

impl Window {
    /// The windows, as they are written.
    pub const NAMES: [&str; 3] = ["minute", "hour", "day"];

    /// The window called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "minute" => Some(Window::Minute),
            "hour" => Some(Window::Hour),
            "day" => Some(Window::Day),
            _ => None,
        }
    }

    /// Where the window starts that `second` falls into, both in seconds since 1970.
    pub fn start(self, second: i64) -> i64 {
        // Divisors that are known when this is compiled: dividing by any other is slow.
        second
            - match self {
                Window::Minute => second.rem_euclid(60),
                Window::Hour => second.rem_euclid(3_600),
                Window::Day => second.rem_euclid(86_400),
            }
    }

    /// Length in seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Window::Minute => 60,
            Window::Hour => 3_600,
            Window::Day => 86_400,
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Window::Minute => "minute",
            Window::Hour => "hour",
            Window::Day => "day",
        })
    }
}
