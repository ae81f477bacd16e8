//! The decisions as reports count and name them.

use crate::replay::summary::Tally;

/// A decision, as it is counted and named.
pub(super) struct Kind {
    /// Its name: `allow`.
    pub name: &'static str,
    /// What calls were: `allowed`.
    pub word: &'static str,
    /// The same over a column: `Allowed`.
    pub heading: &'static str,
    /// How many calls it was.
    pub of: fn(&Tally) -> u64,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "allow",
        word: "allowed",
        heading: "Allowed",
        of: |tally| tally.allow,
    },
    Kind {
        name: "deny",
        word: "denied",
        heading: "Denied",
        of: |tally| tally.deny,
    },
    Kind {
        name: "throttle",
        word: "throttled",
        heading: "Throttled",
        of: |tally| tally.throttle,
    },
    Kind {
        name: "unknown",
        word: "unknown",
        heading: "Unknown",
        of: |tally| tally.unknown,
    },
];

/// The decisions that are told of a replay, in this order: *unknown* only where there are such calls.
pub(super) fn kinds(total: &Tally) -> &'static [Kind] {
    &KINDS[..if total.unknown > 0 { 4 } else { 3 }]
}
