//! Finding a key that stands twice in its object, however deep, without a table for each object.

use super::check::{Error, ErrorKind, Observer};
use super::walk::decode;
use crate::span::Span;

/// Refuses duplicate keys. Keeps its buffers from one text to the next.
#[derive(Debug, Default)]
pub struct UniqueKeys {
    /// The keys of every open object, outermost first.
    keys: Vec<Span>,
    /// How many of `keys` were there when each open object began.
    starts: Vec<usize>,
    /// The members of the outermost object, in order: key (between its quotes) and value.
    members: Vec<(Span, Span)>,
}

impl UniqueKeys {
    /// Ready for the next text.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.starts.clear();
        self.members.clear();
    }

    /// Key and value of each member of the outermost object of the last text that was checked.
    pub fn members(&self) -> &[(Span, Span)] {
        &self.members
    }
}

impl Observer for UniqueKeys {
    fn open_object(&mut self, _depth: usize) {
        self.starts.push(self.keys.len());
    }

    fn key(&mut self, depth: usize, span: Span) {
        self.keys.push(span);
        if depth == 1 {
            self.members.push((span, Span::default()));
        }
    }

    fn member(&mut self, depth: usize, span: Span) {
        if depth == 1 {
            let last = self.members.last_mut().expect("a member follows its key");
            last.1 = span;
        }
    }

    fn close_object(&mut self, _depth: usize, text: &str) -> Result<(), Error> {
        let start = self
            .starts
            .pop()
            .expect("every object that closes was opened");
        let duplicate = find_duplicate(&mut self.keys[start..], text);
        self.keys.truncate(start);
        match duplicate {
            None => Ok(()),
            Some((first, second)) => Err(Error {
                kind: ErrorKind::DuplicateKey(first),
                span: second,
            }),
        }
    }
}

/// The first key that repeats an earlier one, with that one. Reorders `keys`.
fn find_duplicate(keys: &mut [Span], text: &str) -> Option<(Span, Span)> {
    if keys.len() < 2 || all_differ_at_a_glance(keys, text) {
        return None;
    }
    let decoded = |span: &Span| decode(&text[span.range()]);
    keys.sort_by_cached_key(|span| (decoded(span).into_owned(), span.start));
    keys.windows(2)
        .filter(|pair| decoded(&pair[0]) == decoded(&pair[1]))
        .map(|pair| (pair[0], pair[1]))
        .min_by_key(|(_, second)| second.start)
}

/// Whether a hash of length, first and last byte tells all keys apart. Escaped keys never do:
/// what they spell is not what stands there.
fn all_differ_at_a_glance(keys: &[Span], text: &str) -> bool {
    let mut seen = 0_u128;
    keys.iter().all(|span| {
        let key = &text.as_bytes()[span.range()];
        if memchr::memchr(b'\\', key).is_some() {
            return false;
        }
        let first = key.first().map_or(0, |&b| u32::from(b));
        let last = key.last().map_or(0, |&b| u32::from(b));
        let middle = key.get(key.len() / 2).map_or(0, |&b| u32::from(b));
        let hash = first.wrapping_mul(7) ^ last.wrapping_mul(29) ^ middle.wrapping_mul(53);
        let bit = 1 << ((hash ^ (key.len() as u32).wrapping_mul(11)) & 127);
        let new = seen & bit == 0;
        seen |= bit;
        new
    })
}
