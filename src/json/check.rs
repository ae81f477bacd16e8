//! The grammar of RFC 8259, checked in one pass without recursion or allocation.

use std::fmt;

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
    /// The value of the last key is these bytes: a scalar. `plain` if it is a string without escapes.
    fn scalar(&mut self, _value: Span, _plain: bool) {}
    /// The value after the last key, which is of an object at `depth`, opens a container.
    fn container(&mut self, _depth: usize, _start: usize) {}
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
    let mut checker = Checker {
        text: &text[..part.end],
        bytes: &text.as_bytes()[..part.end],
        all: text.as_bytes(),
        at: part.start,
        open: Stack::default(),
        stops: Stops::new(),
        observer,
    };
    checker.document()
}

/// The open containers, outermost in the highest bit in use: 1 for an object, 0 for a list.
#[derive(Default)]
struct Stack {
    objects: u128,
    depth: usize,
}

const _: () = assert!(
    MAX_DEPTH <= u128::BITS as usize,
    "one bit for each open container"
);

impl Stack {
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

    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }
}

struct Checker<'t, 'o, O> {
    /// The text up to the end of what is checked, also as bytes.
    text: &'t str,
    bytes: &'t [u8],
    /// With what follows that, so that strings at the end need no care of their own.
    all: &'t [u8],
    at: usize,
    open: Stack,
    stops: Stops,
    observer: &'o mut O,
}

impl<O: Observer> Checker<'_, '_, O> {
    fn document(&mut self) -> Result<(), Error> {
        loop {
            self.space();
            if self.open_or_scalar()? {
                continue;
            }
            if !self.after_value()? {
                return Ok(());
            }
        }
    }

    /// Reads a scalar, an empty container, or what opens one that is not empty; in the last case
    /// a value has to follow, and the answer is `true`.
    #[inline(always)]
    fn open_or_scalar(&mut self) -> Result<bool, Error> {
        let start = self.at;
        let plain = match self.peek() {
            Some(b'"') => !self.string()?.escaped,
            Some(b'{') => {
                self.push(true)?;
                self.observer.open_object(self.open.depth);
                self.space();
                if self.eat(b'}') {
                    self.close()?;
                    return Ok(false);
                }
                self.key()?;
                return Ok(true);
            }
            Some(b'[') => {
                self.push(false)?;
                self.space();
                if self.eat(b']') {
                    self.close()?;
                    return Ok(false);
                }
                return Ok(true);
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| false)?,
            Some(b't') => self.literal("true").map(|()| false)?,
            Some(b'f') => self.literal("false").map(|()| false)?,
            Some(b'n') => self.literal("null").map(|()| false)?,
            _ => return Err(self.unexpected(ErrorKind::ExpectedValue)),
        };
        if self.open.in_object() {
            self.observer.scalar(Span::new(start, self.at), plain);
        }
        Ok(false)
    }

    /// Reads what follows a value, closing as many containers as end here. `true` if another value
    /// has to follow, `false` at the end of the text.
    #[inline(always)]
    fn after_value(&mut self) -> Result<bool, Error> {
        loop {
            if self.open.depth == 0 {
                self.space();
                return match self.peek() {
                    None => Ok(false),
                    Some(_) => Err(self.unexpected(ErrorKind::TrailingText)),
                };
            }
            let object = self.open.in_object();
            self.space();
            let comma = self.at;
            let (end, expected) = if object {
                (b'}', ErrorKind::ExpectedCommaOrBrace)
            } else {
                (b']', ErrorKind::ExpectedCommaOrBracket)
            };
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    self.space();
                    if self.peek() == Some(end) {
                        return Err(self.error(ErrorKind::TrailingComma, comma, comma + 1));
                    }
                    if object {
                        self.key()?;
                    }
                    return Ok(true);
                }
                Some(b) if b == end => {
                    self.at += 1;
                    self.close()?;
                }
                _ => return Err(self.unexpected(expected)),
            }
        }
    }

    #[inline(always)]
    fn push(&mut self, object: bool) -> Result<(), Error> {
        let at = self.at;
        self.at += 1;
        if self.open.in_object() {
            self.observer.container(self.open.depth, at);
        }
        if self.open.push(object) {
            Ok(())
        } else {
            Err(self.error(ErrorKind::TooDeep, at, at + 1))
        }
    }

    /// Leaves the innermost container, whose end was just read.
    #[inline(always)]
    fn close(&mut self) -> Result<(), Error> {
        if self.open.in_object() {
            self.observer.close_object(self.open.depth)?;
        }
        self.open.pop();
        if self.open.in_object() {
            self.observer.contained(self.open.depth, self.at);
        }
        Ok(())
    }

    /// A key and its colon.
    #[inline(always)]
    fn key(&mut self) -> Result<(), Error> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected(ErrorKind::ExpectedKey));
        }
        let key = self.string()?;
        self.observer.key(self.open.depth, key);
        self.space();
        if self.eat(b':') {
            Ok(())
        } else {
            Err(self.unexpected(ErrorKind::ExpectedColon))
        }
    }

    #[inline(always)]
    fn string(&mut self) -> Result<Quoted, Error> {
        let start = self.at + 1;
        self.at = self.plain_end(start);
        if self.peek() != Some(b'"') {
            return self.uncommon_string(start);
        }
        self.at += 1;
        Ok(Quoted {
            span: Span::new(start, self.at - 1),
            escaped: false,
        })
    }

    /// The first byte from `at` on that is not plain text, or the end.
    #[inline(always)]
    fn plain_end(&mut self, at: usize) -> usize {
        self.stops.next(self.all, at).min(self.bytes.len())
    }

    /// The rest of a string that has an escape, or is broken.
    fn uncommon_string(&mut self, start: usize) -> Result<Quoted, Error> {
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Quoted {
                        span: Span::new(start, self.at - 1),
                        escaped: true,
                    });
                }
                Some(b'\\') => self.escape()?,
                Some(_) => {
                    return Err(self.error(ErrorKind::ControlCharacter, self.at, self.at + 1));
                }
                None => return Err(self.error(ErrorKind::UnexpectedEnd, start - 1, self.at)),
            }
            self.at = self.plain_end(self.at);
        }
    }

    /// An escape. Surrogates need no partner: what stands for text is decided when it is decoded.
    #[inline(always)]
    fn escape(&mut self) -> Result<(), Error> {
        let start = self.at;
        let length = match self.bytes.get(start + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => match self.bytes.get(start + 2..start + 6) {
                Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => 6,
                _ => return Err(self.error(ErrorKind::BadEscape, start, start + 2)),
            },
            Some(_) => {
                let next = self.text[start + 1..]
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8);
                return Err(self.error(ErrorKind::BadEscape, start, start + 1 + next));
            }
            None => return Err(self.error(ErrorKind::UnexpectedEnd, start, start + 1)),
        };
        self.at = start + length;
        Ok(())
    }

    fn number(&mut self) -> Result<(), Error> {
        let start = self.at;
        self.eat(b'-');
        let whole = self.digits();
        let leading_zero = whole > 1 && self.bytes[self.at - whole] == b'0';
        let mut fine = whole > 0 && !leading_zero;
        if self.eat(b'.') {
            fine &= self.digits() > 0;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _signed = self.eat(b'+') || self.eat(b'-');
            fine &= self.digits() > 0;
        }
        if fine {
            Ok(())
        } else {
            Err(self.error(ErrorKind::BadNumber, start, self.at.max(start + 1)))
        }
    }

    fn digits(&mut self) -> usize {
        let rest = &self.bytes[self.at..];
        let count = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn literal(&mut self, word: &str) -> Result<(), Error> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.unexpected(ErrorKind::ExpectedValue))
        }
    }

    #[inline(always)]
    fn space(&mut self) {
        // What follows is rarely space, and everything else is above it.
        if self.peek().is_some_and(|byte| byte > b' ') {
            return;
        }
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline(always)]
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// The error at the current place: `kind`, unless the text ends here or a comment begins.
    #[cold]
    fn unexpected(&self, kind: ErrorKind) -> Error {
        match self.peek() {
            None => self.error(ErrorKind::UnexpectedEnd, self.at, self.at),
            Some(b'/' | b'#') => self.error(ErrorKind::Comment, self.at, self.at + 1),
            Some(_) => {
                let word = self.text[self.at..]
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(self.text.len() - self.at);
                let first = self.text[self.at..]
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8);
                self.error(kind, self.at, self.at + word.max(first))
            }
        }
    }

    #[cold]
    fn error(&self, kind: ErrorKind, start: usize, end: usize) -> Error {
        let span = Span::new(start, end.min(self.bytes.len()));
        Error { kind, span }
    }
}
