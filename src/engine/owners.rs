//! Whose counts: numbers for those who make calls.

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::settle::Occasion;
use crate::call::{name_hash, same};

/// A grant (or a session, or nobody in particular) at a server, numbered by [`Owners`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Owner(pub(super) u32);

impl Owner {
    /// Its place in a list by number.
    pub(super) fn place(self) -> usize {
        self.0 as usize
    }
}

/// Numbers owners. The numbers of forgotten ones are used again.
#[derive(Debug, Default)]
pub(super) struct Owners {
    known: HashTable<Known>,
    /// How many numbers were given.
    numbered: u32,
    free: Vec<u32>,
    hasher: RandomState,
}

/// Who makes a call, as far as it was recorded.
#[derive(Debug, Clone, Copy)]
struct Who<'w> {
    grantee: Grantee,
    /// The grant's or session's name; empty for nobody.
    name: &'w [u8],
    server: Option<&'w [u8]>,
}

/// Whom a call was granted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grantee {
    Grant,
    /// Stands in for a grant that was not recorded.
    Session,
    Nobody,
}

impl<'w> Who<'w> {
    fn of(occasion: &Occasion<'w>) -> Self {
        let (grantee, name) = match (occasion.grant, occasion.session) {
            (Some(grant), _) => (Grantee::Grant, grant),
            (None, Some(session)) => (Grantee::Session, session),
            (None, None) => (Grantee::Nobody, ""),
        };
        Self {
            grantee,
            name: name.as_bytes(),
            server: occasion.server.map(str::as_bytes),
        }
    }

    /// The names alone tell almost all apart.
    fn hash(self, hasher: &RandomState) -> u64 {
        name_hash(hasher, [self.name, self.server.unwrap_or(b"")])
    }
}

/// An owner that has a number. Both names are in one place: each call looks at one.
#[derive(Debug)]
struct Known {
    number: u32,
    /// How many of the bytes are the grantee's name.
    name_length: u32,
    grantee: Grantee,
    has_server: bool,
    names: Box<[u8]>,
}

impl Known {
    fn new(number: u32, who: Who<'_>) -> Self {
        let name_length = who.name.len();
        Self {
            number,
            name_length: u32::try_from(name_length).expect("a line is at most 64 MiB"),
            grantee: who.grantee,
            has_server: who.server.is_some(),
            names: [who.name, who.server.unwrap_or(b"")].concat().into(),
        }
    }

    fn who(&self) -> Who<'_> {
        let (name, server) = self.names.split_at(self.name_length as usize);
        Who {
            grantee: self.grantee,
            name,
            server: self.has_server.then_some(server),
        }
    }

    fn is(&self, who: Who<'_>) -> bool {
        let known = self.who();
        let same_server = match (known.server, who.server) {
            (Some(one), Some(other)) => same(one, other),
            (None, None) => true,
            _ => false,
        };
        known.grantee == who.grantee && same(known.name, who.name) && same_server
    }
}

impl Owners {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// How many numbers were given: all are below that.
    pub(super) fn numbered(&self) -> usize {
        self.numbered as usize
    }

    /// The owner of a call's counts.
    pub(super) fn number(&mut self, occasion: &Occasion<'_>) -> Owner {
        let who = Who::of(occasion);
        let hash = who.hash(&self.hasher);
        match self.known.find(hash, |known| known.is(who)) {
            Some(known) => Owner(known.number),
            None => self.add(hash, who),
        }
    }

    #[cold]
    fn add(&mut self, hash: u64, who: Who<'_>) -> Owner {
        let number = self.free.pop().unwrap_or_else(|| {
            self.numbered += 1;
            self.numbered - 1
        });
        let rehash = |known: &Known| known.who().hash(&self.hasher);
        self.known
            .insert_unique(hash, Known::new(number, who), rehash);
        Owner(number)
    }

    /// The names of grants and sessions, by number.
    pub(super) fn names(&self) -> Vec<Option<&str>> {
        let mut names = vec![None; self.numbered()];
        for known in &self.known {
            let who = known.who();
            let name = std::str::from_utf8(who.name).ok();
            names[known.number as usize] = name.filter(|_| who.grantee != Grantee::Nobody);
        }
        names
    }

    /// Forgets the others.
    pub(super) fn retain(&mut self, spoken_of: &[bool]) {
        self.known.retain(|known| {
            let keep = spoken_of[known.number as usize];
            if !keep {
                self.free.push(known.number);
            }
            keep
        });
    }
}
