//! The members of every object of a text, noted while the text is checked: nobody has to look for
//! them again, and a key that stands twice in its object, however deep, is found on the way.

use std::borrow::Cow;

use super::check::{Error, ErrorKind, Observer, Quoted, check_line, check_part};
use super::walk::{self, decode};
use crate::source::MAX_DEPTH;
use crate::span::Span;

/// Reads texts. Keeps its memory from one to the next.
#[derive(Debug)]
pub struct Tape {
    members: Vec<Member>,
    /// For each depth, the object that is open there.
    open: [Open; MAX_DEPTH + 1],
}

#[derive(Debug, Clone, Copy, Default)]
struct Open {
    first: usize,
    latest: usize,
    /// The marks of its keys.
    marks: Marks,
    /// Whether two keys may be alike, or one has escapes.
    alike: bool,
}

/// A member of an object, in the order of the text: before what stands inside its value.
#[derive(Debug, Clone, Copy)]
struct Member {
    /// What stands between the key's quotes.
    key: Range,
    value: Range,
    more: More,
}

/// What else is known of a member, in one word: lines may have millions of them.
#[derive(Debug, Clone, Copy, Default)]
struct More(u32);

impl More {
    /// The key has escapes.
    const ESCAPED: u32 = 1 << 31;
    /// The value is a string without escapes.
    const PLAIN: u32 = 1 << 30;
    /// The other bits: how many of the members after this one stand inside its value. Each has five
    /// bytes at least of a text of 4 GiB, so that there are enough.
    const INSIDE: u32 = Self::PLAIN - 1;

    fn is_escaped(self) -> bool {
        self.0 & Self::ESCAPED != 0
    }

    fn is_plain(self) -> bool {
        self.0 & Self::PLAIN != 0
    }

    fn inside(self) -> usize {
        (self.0 & Self::INSIDE) as usize
    }
}

/// A [`Span`] of a text of at most 4 GiB.
#[derive(Debug, Clone, Copy, Default)]
struct Range {
    start: u32,
    end: u32,
}

impl From<Span> for Range {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "longer texts are refused before they are read"
    )]
    fn from(span: Span) -> Self {
        Range {
            start: span.start as u32,
            end: span.end as u32,
        }
    }
}

impl Range {
    fn of(self, text: &str) -> &str {
        &text[self.start as usize..self.end as usize]
    }

    fn span(self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }
}

/// Tells most keys apart without looking at all of them: keys that are equal look the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Glance(u64);

impl Glance {
    /// A glance at the key that is a part of `text`: at its first and its last eight bytes. Those
    /// before it may be looked at, and count for nothing.
    #[inline(always)]
    fn at(text: &[u8], key: Span) -> Self {
        let length = key.len();
        let last = word_before(text, key.end);
        let mix = if length < 8 {
            // Without the bytes before the key; two shifts, because one can't be by all 64 bits.
            last >> 1 >> (63 - 8 * length)
        } else {
            last ^ word_before(text, key.start + 8).rotate_left(29)
        };
        // A letter more or less is a difference.
        Glance(mix ^ (length as u64).rotate_right(8))
    }
}

/// The keys of an object, as a Bloom filter: each leaves a mark in both words, and few share two.
#[derive(Debug, Clone, Copy, Default)]
struct Marks([u64; 2]);

impl Marks {
    /// Leaves a key's marks. Whether a key like it may have been there.
    #[inline(always)]
    fn add(&mut self, key: Glance) -> bool {
        let mixed = key.0.wrapping_mul(MIX);
        let marks = [1 << (mixed >> 58), 1 << (mixed >> 52 & 63)];
        let shared = self.0[0] & marks[0] != 0 && self.0[1] & marks[1] != 0;
        self.0[0] |= marks[0];
        self.0[1] |= marks[1];
        shared
    }
}

/// An odd number without a pattern: the golden ratio's digits.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// The eight bytes before `end`, as far as there are so many.
#[inline(always)]
fn word_before(text: &[u8], end: usize) -> u64 {
    let before = text.get(..end).unwrap_or(text);
    match before.last_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => before
            .iter()
            .fold(0, |word, &byte| word >> 8 | u64::from(byte) << 56),
    }
}

impl Default for Tape {
    fn default() -> Self {
        Self {
            members: Vec::new(),
            open: [Open::default(); MAX_DEPTH + 1],
        }
    }
}

impl Tape {
    /// Checks that a part of `text` is one JSON value in which no key stands twice in its object.
    /// Gives that object, if it is one.
    ///
    /// # Errors
    /// What is wrong with the part.
    pub fn read<'t>(&'t mut self, text: &'t str, part: Span) -> Result<Option<Object<'t>>, Error> {
        if u32::try_from(text.len()).is_err() {
            return Err(Error {
                kind: ErrorKind::TooLong,
                span: Span::at(part.start),
            });
        }
        self.members.clear();
        check_part(text, part, &mut Reading { tape: self, text })?;
        Ok(self.object(text, part))
    }

    /// [`Self::read`] of the line that begins at `start`, without knowing where it ends. Gives where
    /// it does, line end excluded: for [`Self::object`]. `None` if something is wrong with the line;
    /// what that is, [`Self::read`] says.
    pub fn read_line(&mut self, text: &str, start: usize) -> Option<usize> {
        u32::try_from(text.len()).ok()?;
        self.members.clear();
        check_line(text, start, &mut Reading { tape: self, text }).ok()
    }

    /// The object that is this part of `text`, which was read last. `None` if it is another value.
    pub fn object<'t>(&'t self, text: &'t str, part: Span) -> Option<Object<'t>> {
        let body = text[part.range()].trim_ascii();
        body.starts_with('{').then_some(Object {
            whole: text,
            text: body,
            members: &self.members,
        })
    }
}

struct Reading<'t> {
    tape: &'t mut Tape,
    text: &'t str,
}

impl Reading<'_> {
    #[inline(always)]
    fn note(&mut self, key: Quoted, value: Span, plain: bool) {
        let escaped = if key.escaped { More::ESCAPED } else { 0 };
        let plain = if plain { More::PLAIN } else { 0 };
        self.tape.members.push(Member {
            key: key.span.into(),
            value: value.into(),
            more: More(escaped | plain),
        });
    }
}

impl Observer for Reading<'_> {
    #[inline(always)]
    fn open_object(&mut self, depth: usize) {
        self.tape.open[depth] = Open {
            first: self.tape.members.len(),
            ..Open::default()
        };
    }

    #[inline(always)]
    fn key(&mut self, depth: usize, key: Quoted) {
        let glance = Glance::at(self.text.as_bytes(), key.span);
        let open = &mut self.tape.open[depth];
        open.alike |= open.marks.add(glance) | key.escaped;
    }

    #[inline(always)]
    fn scalar(&mut self, key: Quoted, value: Span, plain: bool) {
        self.note(key, value, plain);
    }

    #[inline(always)]
    fn container(&mut self, depth: usize, key: Quoted, start: usize) {
        self.tape.open[depth].latest = self.tape.members.len();
        self.note(key, Span::at(start), false);
    }

    #[inline(always)]
    fn contained(&mut self, depth: usize, end: usize) {
        let latest = self.tape.open[depth].latest;
        let inside = self.tape.members.len() - latest - 1;
        let member = &mut self.tape.members[latest];
        member.value.end = end as u32;
        member.more.0 |= u32::try_from(inside).expect("a text of 4 GiB has fewer members");
    }

    #[inline(always)]
    fn close_object(&mut self, depth: usize) -> Result<(), Error> {
        let open = &self.tape.open[depth];
        if !open.alike {
            return Ok(());
        }
        let members = &self.tape.members[open.first..];
        if all_differ_at_a_glance(members, self.text) {
            return Ok(());
        }
        match duplicate(members, self.text) {
            None => Ok(()),
            Some((first, second)) => Err(Error {
                kind: ErrorKind::DuplicateKey(first),
                span: second,
            }),
        }
    }
}

/// Whether a glance tells the keys of one object apart.
#[cold]
fn all_differ_at_a_glance(members: &[Member], text: &str) -> bool {
    /// Objects with more members than this are looked at in another way: the time for this one
    /// grows with the square.
    const FEW: usize = 16;
    let mut glances = [Glance::default(); FEW];
    siblings(members).enumerate().all(|(nth, member)| {
        let glance = Glance::at(text.as_bytes(), member.key.span());
        let seen = glances.get(..nth).unwrap_or(&[]);
        let differs = !member.more.is_escaped() && !seen.contains(&glance);
        match glances.get_mut(nth) {
            Some(place) if differs => *place = glance,
            _ => return false,
        }
        true
    })
}

/// The first key that repeats an earlier one of the same object, after that one.
#[cold]
fn duplicate(members: &[Member], text: &str) -> Option<(Span, Span)> {
    let spelt = |member: &Member| decode(member.key.of(text));
    let mut keys: Vec<_> = siblings(members)
        .map(|m| (spelt(m), m.key.start, m))
        .collect();
    keys.sort_unstable_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    keys.windows(2)
        .filter(|pair| pair[0].0 == pair[1].0)
        .map(|pair| (pair[0].2.key.span(), pair[1].2.key.span()))
        .min_by_key(|(_, second)| second.start)
}

/// The members of one object, passing over those inside of their values.
fn siblings(mut members: &[Member]) -> impl Iterator<Item = &Member> {
    std::iter::from_fn(move || {
        let (member, rest) = members.split_first()?;
        members = rest.get(member.more.inside()..).unwrap_or(&[]);
        Some(member)
    })
}

/// An object of a text that was read.
#[derive(Debug, Clone, Copy)]
pub struct Object<'t> {
    whole: &'t str,
    text: &'t str,
    members: &'t [Member],
}

impl PartialEq for Object<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<'t> Object<'t> {
    /// Its text, braces included.
    pub fn text(self) -> &'t str {
        self.text
    }

    /// Its members, in order.
    pub fn fields(self) -> Fields<'t> {
        Fields(self)
    }
}

/// See [`Object::fields`].
#[derive(Debug)]
pub struct Fields<'t>(Object<'t>);

impl<'t> Iterator for Fields<'t> {
    type Item = Field<'t>;

    #[inline]
    fn next(&mut self) -> Option<Field<'t>> {
        let (member, rest) = self.0.members.split_first()?;
        let (inside, after) = rest.split_at_checked(member.more.inside())?;
        self.0.members = after;
        Some(Field {
            whole: self.0.whole,
            member,
            inside,
        })
    }
}

/// A member of an [`Object`].
#[derive(Debug, Clone, Copy)]
pub struct Field<'t> {
    whole: &'t str,
    member: &'t Member,
    inside: &'t [Member],
}

impl<'t> Field<'t> {
    /// What the key spells.
    #[inline]
    pub fn key(self) -> Cow<'t, str> {
        let raw = self.member.key.of(self.whole);
        if self.member.more.is_escaped() {
            decode(raw)
        } else {
            Cow::Borrowed(raw)
        }
    }

    /// What the key spells, if it has no escapes, as UTF-8: for comparing, without a look at where
    /// characters begin.
    #[inline]
    pub fn plain_key(self) -> Option<&'t [u8]> {
        let key = self.member.key.span();
        let raw = self.whole.as_bytes().get(key.range());
        raw.filter(|_| !self.member.more.is_escaped())
    }

    /// The value.
    #[inline]
    pub fn value(self) -> walk::Value<'t> {
        self.text().value()
    }

    /// The value, if it is a string without escapes.
    #[inline]
    pub fn plain(self) -> Option<&'t str> {
        let Range { start, end } = self.member.value;
        let within = start as usize + 1..(end as usize).saturating_sub(1);
        self.whole
            .get(within)
            .filter(|_| self.member.more.is_plain())
    }

    /// The text of the value.
    #[inline]
    pub fn text(self) -> Text<'t> {
        Text {
            text: self.member.value.of(self.whole),
            plain: self.member.more.is_plain(),
        }
    }

    /// The value, if it is an object.
    #[inline]
    pub fn object(self) -> Option<Object<'t>> {
        let text = self.text().text;
        text.starts_with('{').then_some(Object {
            whole: self.whole,
            text,
            members: self.inside,
        })
    }
}

/// The text of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Text<'t> {
    text: &'t str,
    /// Whether it is a string without escapes.
    plain: bool,
}

impl<'t> Text<'t> {
    /// The text, as written.
    #[inline]
    pub fn raw(self) -> &'t str {
        self.text
    }

    /// Whether it is known to be a string without escapes.
    #[inline]
    pub fn is_plain(self) -> bool {
        self.plain
    }

    /// What it means.
    #[inline]
    pub fn value(self) -> walk::Value<'t> {
        if self.plain {
            return walk::Value::String(Cow::Borrowed(&self.text[1..self.text.len() - 1]));
        }
        walk::Value::of(self.text)
    }
}
