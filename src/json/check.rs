//! The grammar of RFC 8259, checked in one pass without recursion or allocation.

use std::fmt;
use std::ops::ControlFlow::{self, Break, Continue};

use super::stops::Stops;
use crate::source::MAX_DEPTH;
use crate::span::Span;

/// Is told of keys and objects while a text is checked.
///
/// Depths count open containers: the members of the outermost object have depth 1.
pub trait Observer {
    /// An object opens at `depth`.
    fn open_object(&mut self, _depth: usize) {}
    /// A key of the innermost open object.
    fn key(&mut self, _depth: usize, _key: Quoted) {}
    /// The value after that key was a scalar. `plain` if it is a string without escapes.
    fn scalar(&mut self, _key: Quoted, _value: Span, _plain: bool) {}
    /// The value after that key, of an object at `depth`, opens a container.
    fn container(&mut self, _depth: usize, _key: Quoted, _start: usize) {}
    /// The container that is the value after the last key of `depth` has ended.
    fn contained(&mut self, _depth: usize, _end: usize) {}
    /// The innermost open object closes.
    fn close_object(&mut self, _depth: usize) -> Result<(), Error> {
        Ok(())
    }
}

/// Looks at nothing.
impl Observer for () {}

/// A string of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quoted {
    /// What stands between its quotes, as written.
    pub span: Span,
    /// Whether there is an escape in it.
    pub escaped: bool,
}

/// Why a text is not one JSON value, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// The bytes that are wrong; empty at the end of the text.
    pub span: Span,
}

/// What can be wrong with a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The text ends where something has to follow.
    UnexpectedEnd,
    /// A value has to stand here.
    ExpectedValue,
    /// A key in double quotes has to stand here.
    ExpectedKey,
    /// A colon has to follow a key.
    ExpectedColon,
    /// A comma or the end of the object has to follow.
    ExpectedCommaOrBrace,
    /// A comma or the end of the list has to follow.
    ExpectedCommaOrBracket,
    /// A comma stands before the end of an object or list.
    TrailingComma,
    /// JSON has no comments.
    Comment,
    /// Something follows the value.
    TrailingText,
    /// Not a number as JSON writes them.
    BadNumber,
    /// A backslash before something that is no escape.
    BadEscape,
    /// A control character inside of a string.
    ControlCharacter,
    /// Deeper than [`MAX_DEPTH`].
    TooDeep,
    /// More bytes than a [`super::Tape`] can number.
    TooLong,
    /// The key stands twice in its object; the span given here is that of the first.
    DuplicateKey(Span),
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::UnexpectedEnd => "the text ends too early",
            ErrorKind::ExpectedValue => "expected a value",
            ErrorKind::ExpectedKey => "expected a key in double quotes",
            ErrorKind::ExpectedColon => "expected `:` after the key",
            ErrorKind::ExpectedCommaOrBrace => "expected `,` or `}`",
            ErrorKind::ExpectedCommaOrBracket => "expected `,` or `]`",
            ErrorKind::TrailingComma => "a comma with nothing after it",
            ErrorKind::Comment => "JSON has no comments",
            ErrorKind::TrailingText => "something follows the end of the value",
            ErrorKind::BadNumber => "not a number as JSON writes them",
            ErrorKind::BadEscape => "not an escape that JSON has",
            ErrorKind::ControlCharacter => "a control character inside of a string",
            ErrorKind::TooDeep => {
                return write!(f, "nested more than {MAX_DEPTH} levels deep");
            }
            ErrorKind::TooLong => "longer than 4 GiB",
            ErrorKind::DuplicateKey(_) => "the same key twice in one object",
        })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for Error {}

/// Checks that `text` is one JSON value with white space around it at most.
///
/// # Errors
/// The first thing that is wrong.
pub fn check<O: Observer>(text: &str, observer: &mut O) -> Result<(), Error> {
    check_part(text, Span::new(0, text.len()), observer)
}

/// [`check`] of a part of `text`, such as one of its lines. Spans are within all of the text.
///
/// # Errors
/// The first thing that is wrong with the part.
pub fn check_part<O: Observer>(text: &str, part: Span, observer: &mut O) -> Result<(), Error> {
    let within = Within::<false> {
        text: &text[..part.end],
        bytes: &text.as_bytes()[..part.end],
        all: text.as_bytes(),
    };
    within.value(part.start, observer).map(|_| ())
}

/// [`check`] of the line of `text` that begins at `start`, without knowing where it ends. Gives
/// where it does, line end excluded.
///
/// # Errors
/// Something is wrong with the line. What that is, [`check_part`] of the line says: here a line end
/// is something unexpected, and not the end of what is checked.
pub fn check_line<O: Observer>(text: &str, start: usize, observer: &mut O) -> Result<usize, Error> {
    let within = Within::<true> {
        text,
        bytes: text.as_bytes(),
        all: text.as_bytes(),
    };
    within.value(start, observer)
}

/// The open containers, outermost in the highest bit in use: 1 for an object, 0 for a list.
#[derive(Clone, Copy, Default)]
struct Stack {
    objects: u128,
    depth: usize,
}

const _: () = assert!(
    MAX_DEPTH <= u128::BITS as usize,
    "one bit for each open container"
);

impl Stack {
    #[inline(always)]
    fn push(&mut self, object: bool) -> bool {
        if self.depth == MAX_DEPTH {
            return false;
        }
        self.objects = self.objects << 1 | u128::from(object);
        self.depth += 1;
        true
    }

    fn pop(&mut self) {
        self.objects >>= 1;
        self.depth -= 1;
    }

    fn in_object(self) -> bool {
        self.objects & 1 == 1
    }
}

/// What changes on the way, but for the place.
#[derive(Default)]
struct State {
    open: Stack,
    stops: Stops,
    /// The key whose value is read, or was.
    key: Quoted,
}

impl State {
    /// Tells of a scalar, if it is the value of a key. Gives its end.
    #[inline(always)]
    fn scalar<O: Observer>(
        &self,
        start: usize,
        end: usize,
        plain: bool,
        observer: &mut O,
    ) -> usize {
        if self.open.in_object() {
            observer.scalar(self.key, Span::new(start, end), plain);
        }
        end
    }
}

/// What is checked. What changes on the way, the place above all, is not in here: it is handed from
/// one function to the next, and never by reference to one that is not inlined, so that it stays in
/// registers.
#[derive(Clone, Copy)]
struct Within<'t, const LINE: bool> {
    /// The text up to the end of what is checked, also as bytes. A `LINE` ends before that.
    text: &'t str,
    bytes: &'t [u8],
    /// With what follows that, so that strings at the end need no care of their own.
    all: &'t [u8],
}

impl<const LINE: bool> Within<'_, LINE> {
    /// Checks the one value from `at` on. Gives where the text or the line ends.
    fn value<O: Observer>(self, mut at: usize, observer: &mut O) -> Result<usize, Error> {
        let mut state = State::default();
        loop {
            // A value has to follow.
            let (first, start) = self.token(at);
            let behind = match first {
                b'"' => {
                    let string = self.string(start, &mut state.stops)?;
                    let end = string.span.end + 1;
                    state.scalar(start, end, !string.escaped, observer)
                }
                b'{' | b'[' => match self.enter(first, start, &mut state, observer)? {
                    Continue(value) => {
                        at = value;
                        continue;
                    }
                    Break(end) => end,
                },
                _ => state.scalar(start, self.unquoted(first, start)?, false, observer),
            };
            at = match self.leave(behind, &mut state, observer)? {
                Continue(value) => value,
                Break(end) => return Ok(end),
            };
        }
    }

    /// Opens the container that begins at `start` with this bracket. Gives where a value in it has
    /// to follow, or, if it is empty, where it ends.
    #[inline(always)]
    fn enter<O: Observer>(
        self,
        bracket: u8,
        start: usize,
        state: &mut State,
        observer: &mut O,
    ) -> Result<ControlFlow<usize, usize>, Error> {
        if state.open.in_object() {
            observer.container(state.open.depth, state.key, start);
        }
        let object = bracket == b'{';
        if !state.open.push(object) {
            return Err(self.error(ErrorKind::TooDeep, start, start + 1));
        }
        let (inner, at) = self.token(start + 1);
        if !object {
            return Ok(if inner == b']' {
                Break(at)
            } else {
                Continue(at)
            });
        }
        observer.open_object(state.open.depth);
        if inner == b'}' {
            return Ok(Break(at));
        }
        self.key(inner, at, state, observer).map(Continue)
    }

    /// Goes on behind a value, closing as many containers as end there. Gives where another value
    /// has to follow, or the end of the text.
    #[inline(always)]
    fn leave<O: Observer>(
        self,
        mut at: usize,
        state: &mut State,
        observer: &mut O,
    ) -> Result<ControlFlow<usize, usize>, Error> {
        loop {
            let next;
            (next, at) = self.token(at);
            if state.open.in_object() {
                match next {
                    b',' => {
                        let (quote, start) = self.token(at + 1);
                        if quote == b'}' {
                            return Err(self.trailing_comma(at));
                        }
                        return self.key(quote, start, state, observer).map(Continue);
                    }
                    b'}' => observer.close_object(state.open.depth)?,
                    _ => return Err(self.unexpected(at, ErrorKind::ExpectedCommaOrBrace)),
                }
            } else if state.open.depth > 0 {
                match next {
                    b',' if self.token(at + 1).0 == b']' => return Err(self.trailing_comma(at)),
                    b',' => return Ok(Continue(at + 1)),
                    b']' => {}
                    _ => return Err(self.unexpected(at, ErrorKind::ExpectedCommaOrBracket)),
                }
            } else if self.peek(at).is_none() || LINE && next == b'\n' {
                return Ok(Break(at));
            } else {
                return Err(self.unexpected(at, ErrorKind::TrailingText));
            }
            at += 1;
            state.open.pop();
            if state.open.in_object() {
                observer.contained(state.open.depth, at);
            }
        }
    }

    /// Reads the key that begins at `at` with the byte `quote`, if that is one, and its colon. Gives
    /// where its value has to follow.
    #[inline(always)]
    fn key<O: Observer>(
        self,
        quote: u8,
        at: usize,
        state: &mut State,
        observer: &mut O,
    ) -> Result<usize, Error> {
        if quote != b'"' {
            return Err(self.unexpected(at, ErrorKind::ExpectedKey));
        }
        state.key = self.string(at, &mut state.stops)?;
        observer.key(state.open.depth, state.key);
        let (colon, at) = self.token(state.key.span.end + 1);
        if colon != b':' {
            return Err(self.unexpected(at, ErrorKind::ExpectedColon));
        }
        Ok(at + 1)
    }

    /// The string that begins with the quote at `at`.
    #[inline(always)]
    fn string(self, at: usize, stops: &mut Stops) -> Result<Quoted, Error> {
        let start = at + 1;
        let end = self.plain_end(start, stops);
        if self.peek(end) == Some(b'"') {
            return Ok(Quoted {
                span: Span::new(start, end),
                escaped: false,
            });
        }
        let (string, further) = self.uncommon_string(start, end, *stops)?;
        *stops = further;
        Ok(string)
    }

    /// The first byte from `at` on that is not plain text, or the end.
    #[inline(always)]
    fn plain_end(self, at: usize, stops: &mut Stops) -> usize {
        let stop = stops.next(self.all, at);
        // A line is followed by nothing that is not in `bytes`.
        if LINE {
            stop
        } else {
            stop.min(self.bytes.len())
        }
    }

    /// A string that has an escape, or is broken, from the end of its first plain text on.
    fn uncommon_string(
        self,
        start: usize,
        mut at: usize,
        mut stops: Stops,
    ) -> Result<(Quoted, Stops), Error> {
        loop {
            match self.peek(at) {
                Some(b'"') => {
                    let span = Span::new(start, at);
                    let string = Quoted {
                        span,
                        escaped: true,
                    };
                    return Ok((string, stops));
                }
                Some(b'\\') => at = self.escape(at)?,
                Some(_) => return Err(self.error(ErrorKind::ControlCharacter, at, at + 1)),
                None => return Err(self.error(ErrorKind::UnexpectedEnd, start - 1, at)),
            }
            at = self.plain_end(at, &mut stops);
        }
    }

    /// An escape. Surrogates need no partner: what stands for text is decided when it is decoded.
    #[inline(always)]
    fn escape(self, start: usize) -> Result<usize, Error> {
        /// By the byte after the backslash, whether a short escape ends with it. Looked up rather
        /// than compared: which one comes next can't be foretold.
        const SHORT: [bool; 256] = {
            let (mut short, mut at) = ([false; 256], 0);
            while at < ESCAPED.len() {
                short[ESCAPED[at] as usize] = true;
                at += 1;
            }
            short
        };
        const ESCAPED: &[u8] = b"\"\\/bfnrt";

        match self.peek(start + 1) {
            Some(byte) if SHORT[usize::from(byte)] => Ok(start + 2),
            Some(b'u') => match self.bytes.get(start + 2..start + 6) {
                Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => Ok(start + 6),
                _ => Err(self.error(ErrorKind::BadEscape, start, start + 2)),
            },
            Some(_) => {
                let next = self.text[start + 1..].chars().next();
                let length = next.map_or(0, char::len_utf8);
                Err(self.error(ErrorKind::BadEscape, start, start + 1 + length))
            }
            None => Err(self.error(ErrorKind::UnexpectedEnd, start, start + 1)),
        }
    }

    /// A number or a word that begins with the byte `first`. Gives its end.
    #[inline(always)]
    fn unquoted(self, first: u8, at: usize) -> Result<usize, Error> {
        match first {
            b'-' | b'0'..=b'9' => self.number(at),
            b't' => self.word(at, "true"),
            b'f' => self.word(at, "false"),
            b'n' => self.word(at, "null"),
            _ => Err(self.unexpected(at, ErrorKind::ExpectedValue)),
        }
    }

    #[inline(always)]
    fn number(self, start: usize) -> Result<usize, Error> {
        let whole = start + usize::from(self.peek(start) == Some(b'-'));
        let mut at = self.digits(whole);
        let leading_zero = at - whole > 1 && self.peek(whole) == Some(b'0');
        let mut fine = at > whole && !leading_zero;
        if let Some(b'.' | b'e' | b'E') = self.peek(at) {
            (at, fine) = self.fraction_and_exponent(at, fine);
        }
        if fine {
            Ok(at)
        } else {
            Err(self.error(ErrorKind::BadNumber, start, at.max(start + 1)))
        }
    }

    fn fraction_and_exponent(self, mut at: usize, mut fine: bool) -> (usize, bool) {
        if self.peek(at) == Some(b'.') {
            let end = self.digits(at + 1);
            fine &= end > at + 1;
            at = end;
        }
        if let Some(b'e' | b'E') = self.peek(at) {
            at += 1;
            if let Some(b'+' | b'-') = self.peek(at) {
                at += 1;
            }
            let end = self.digits(at);
            fine &= end > at;
            at = end;
        }
        (at, fine)
    }

    /// Where the digits from `at` on end.
    #[inline(always)]
    fn digits(self, mut at: usize) -> usize {
        while let Some(b'0'..=b'9') = self.peek(at) {
            at += 1;
        }
        at
    }

    fn word(self, at: usize, word: &str) -> Result<usize, Error> {
        if self.bytes[at..].starts_with(word.as_bytes()) {
            Ok(at + word.len())
        } else {
            Err(self.unexpected(at, ErrorKind::ExpectedValue))
        }
    }

    /// The first byte from `at` on that is no white space, and where it stands. 0, which is none that
    /// may stand there, where the text ends.
    #[inline(always)]
    fn token(self, at: usize) -> (u8, usize) {
        // What follows is rarely space, and everything else is above it.
        match self.peek(at) {
            Some(byte) if byte > b' ' => (byte, at),
            _ => self.token_after_space(at),
        }
    }

    fn token_after_space(self, mut at: usize) -> (u8, usize) {
        while let Some(byte @ (b' ' | b'\n' | b'\r' | b'\t')) = self.peek(at)
            && !(LINE && byte == b'\n')
        {
            at += 1;
        }
        (self.peek(at).unwrap_or(0), at)
    }

    #[inline(always)]
    fn peek(self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    #[cold]
    fn trailing_comma(self, at: usize) -> Error {
        self.error(ErrorKind::TrailingComma, at, at + 1)
    }

    /// The error at `at`: `kind`, unless the text ends here or a comment begins.
    #[cold]
    fn unexpected(self, at: usize, kind: ErrorKind) -> Error {
        match self.peek(at) {
            None => self.error(ErrorKind::UnexpectedEnd, at, at),
            Some(b'/' | b'#') => self.error(ErrorKind::Comment, at, at + 1),
            Some(_) => {
                let rest = &self.text[at..];
                let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                let first = rest.chars().next().map_or(0, char::len_utf8);
                self.error(kind, at, at + word.unwrap_or(rest.len()).max(first))
            }
        }
    }

    #[cold]
    fn error(self, kind: ErrorKind, start: usize, end: usize) -> Error {
        let span = Span::new(start, end.min(self.bytes.len()));
        Error { kind, span }
    }
}
