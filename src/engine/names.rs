//! A table by name, of which each call asks something.

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::call::{name_hash, same};

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
        let name = name.as_bytes();
        let hash = name_hash(&self.hasher, [name]);
        let found = self
            .known
            .find(hash, |(known, _)| same(known.as_bytes(), name));
        found.map(|(_, value)| value)
    }
}

impl<V: Default> Names<V> {
    /// The value of `name`, which is the default if it had none.
    pub(super) fn of(&mut self, name: &str) -> &mut V {
        let hash = |name: &str| name_hash(&self.hasher, [name.as_bytes()]);
        let is = |(known, _): &(Box<str>, V)| **known == *name;
        let entry = self.known.entry(hash(name), is, |(known, _)| hash(known));
        &mut entry
            .or_insert_with(|| (name.into(), V::default()))
            .into_mut()
            .1
    }
}
