//! A table by name, of which each call asks something.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::call::same;

/// Values by name: of tools, and of arguments.
#[derive(Debug)]
pub(super) struct Names<V> {
    known: HashTable<(Box<str>, V)>,
    hasher: RandomState,
}

impl<V> Default for Names<V> {
    fn default() -> Self {
        Self {
            known: HashTable::new(),
            hasher: RandomState::default(),
        }
    }
}

impl<V> Names<V> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The value of `name`, if it has one.
    #[inline]
    pub(super) fn get(&self, name: &str) -> Option<&V> {
        let is = |(known, _): &(Box<str>, V)| same(known.as_bytes(), name.as_bytes());
        let found = self.known.find(hash(&self.hasher, name), is);
        found.map(|(_, value)| value)
    }
}

impl<V: Default> Names<V> {
    /// The value of `name`, which is the default if it had none.
    pub(super) fn of(&mut self, name: &str) -> &mut V {
        let hasher = &self.hasher;
        let entry = self.known.entry(
            hash(hasher, name),
            |(known, _)| **known == *name,
            |(known, _)| hash(hasher, known),
        );
        &mut entry
            .or_insert_with(|| (name.into(), V::default()))
            .into_mut()
            .1
    }
}

#[inline]
fn hash(hasher: &RandomState, name: &str) -> u64 {
    let mut state = hasher.build_hasher();
    state.write(name.as_bytes());
    state.finish()
}
