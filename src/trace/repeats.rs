//! Calls that stand in a recording more than once: sessions that are resumed or forked copy what
//! came before, and a message may be written again as it grows.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How many calls are remembered at least.
const REMEMBERED: usize = 1 << 20;

/// What makes a call the same as another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity(u64);

impl Identity {
    /// The identity that these texts make up.
    pub fn of(parts: &[&str]) -> Self {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        Self(hasher.finish())
    }

    /// It, as a number.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// Remembers the latest calls: at least [`REMEMBERED`], at most twice as many, in some 30 MB.
#[derive(Debug, Default)]
pub struct Repeats {
    recent: HashSet<Identity>,
    /// Those before the recent ones.
    earlier: HashSet<Identity>,
}

impl Repeats {
    /// Whether this call is seen for the first time, as far as is remembered.
    pub fn is_first(&mut self, identity: Identity) -> bool {
        self.is_first_of(identity, REMEMBERED)
    }

    fn is_first_of(&mut self, identity: Identity, remembered: usize) -> bool {
        if self.earlier.contains(&identity) || !self.recent.insert(identity) {
            return false;
        }
        if self.recent.len() >= remembered {
            self.earlier = std::mem::take(&mut self.recent);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_are_remembered_and_the_oldest_forgotten() {
        let mut repeats = Repeats::default();
        let mut is_first = |n: u8| repeats.is_first_of(Identity::of(&["call", &n.to_string()]), 3);
        assert!((0..6).all(&mut is_first));
        assert!((3..6).all(|n| !is_first(n)));
        assert!(is_first(0));
        assert!(!is_first(0));
    }

    #[test]
    fn texts_do_not_run_into_each_other() {
        assert_ne!(Identity::of(&["ab", "c"]), Identity::of(&["a", "bc"]));
    }
}
