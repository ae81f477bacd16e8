//! Cuts an export into its spans while it is read: a document of any size, on one line or many, or
//! one document a line, takes no more memory than its largest span.

use std::io::{self, Read};

use crate::trace::Stream;
use crate::trace::blocks::{BLOCK_BYTES, MAX_LINE_BYTES};

/// A part of an export.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// What follows comes from another resource.
    NextResource,
    /// A resource, as JSON.
    Resource(Cut),
    /// A span, as JSON.
    Span(Cut),
    /// Something that can't be read: what is wrong, and at which line.
    Broken(u64, &'static str),
}

/// The text of a value, which was not looked at further.
#[derive(Debug, PartialEq, Eq)]
pub struct Cut {
    /// The line that it begins at, from 1.
    pub line: u64,
    /// The value.
    pub text: String,
}

/// The containers on the way to the spans, outermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Document,
    ResourceSpans,
    ResourceSpan,
    ScopeSpans,
    ScopeSpan,
    Spans,
}

impl Level {
    fn is_object(self) -> bool {
        matches!(
            self,
            Level::Document | Level::ResourceSpan | Level::ScopeSpan
        )
    }

    /// The list that this member of an object is, if it is one on the way.
    fn list(self, key: &[u8]) -> Option<Level> {
        match (self, key) {
            (Level::Document, b"resourceSpans") => Some(Level::ResourceSpans),
            (Level::ResourceSpan, b"scopeSpans") => Some(Level::ScopeSpans),
            (Level::ScopeSpan, b"spans") => Some(Level::Spans),
            _ => None,
        }
    }

    /// The object that an element of a list is.
    fn element(self) -> Option<Level> {
        match self {
            Level::ResourceSpans => Some(Level::ResourceSpan),
            Level::ScopeSpans => Some(Level::ScopeSpan),
            _ => None,
        }
    }
}

/// Why reading goes no further at this place.
enum Halt {
    Io(io::Error),
    Broken(&'static str),
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Halt::Io(error)
    }
}

const CUT_SHORT: &str = "the export is cut short";
const NOT_JSON: &str = "not JSON as OTLP has it: the rest of the export is passed over";

/// Reads a stream of exports.
pub struct Cutter {
    stream: Stream,
    buffer: Vec<u8>,
    /// What comes before was read.
    at: usize,
    /// The line of `at`.
    line: u64,
    ended: bool,
    open: Vec<Level>,
}

impl Cutter {
    /// The parts of a stream.
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            at: 0,
            line: 1,
            ended: false,
            open: Vec::new(),
        }
    }

    /// The next part. `None` at the end of the stream.
    ///
    /// # Errors
    /// What reading or decompressing says.
    pub fn next_piece(&mut self) -> io::Result<Option<Piece>> {
        loop {
            match self.step() {
                Ok(Some(piece)) => return Ok(Some(piece)),
                Ok(None) if self.ended && self.at == self.buffer.len() && self.open.is_empty() => {
                    return Ok(None);
                }
                Ok(None) => {}
                Err(Halt::Io(error)) => return Err(error),
                Err(Halt::Broken(problem)) => {
                    let line = self.line;
                    self.open.clear();
                    self.skip_document()?;
                    return Ok(Some(Piece::Broken(line, problem)));
                }
            }
        }
    }

    /// Reads one token on the way to the spans, or a part.
    fn step(&mut self) -> Result<Option<Piece>, Halt> {
        let level = self.open.last().copied();
        let Some(byte) = self.peek_token()? else {
            return match level {
                None => Ok(None),
                Some(_) => Err(Halt::Broken(CUT_SHORT)),
            };
        };
        match (level, byte) {
            (None, b'{') => self.enter(Level::Document),
            (Some(_), b',') => self.at += 1,
            (Some(level), b'}') if level.is_object() => self.leave(),
            (Some(level), b']') if !level.is_object() => self.leave(),
            (Some(level), b'"') if level.is_object() => return self.member(level),
            (Some(Level::Spans), b'{') => return Ok(Some(Piece::Span(self.cut()?))),
            (Some(level), b'{') if !level.is_object() => {
                let element = level.element().ok_or(Halt::Broken(NOT_JSON))?;
                self.enter(element);
                if element == Level::ResourceSpan {
                    return Ok(Some(Piece::NextResource));
                }
            }
            _ => return Err(Halt::Broken(NOT_JSON)),
        }
        Ok(None)
    }

    /// Reads a member of an object on the way.
    fn member(&mut self, level: Level) -> Result<Option<Piece>, Halt> {
        let key = self.value_end(self.at)?;
        let list = level.list(&self.buffer[self.at + 1..key - 1]);
        let is_resource =
            level == Level::ResourceSpan && &self.buffer[self.at..key] == b"\"resource\"";
        self.advance(key);
        if self.peek_token()? != Some(b':') {
            return Err(Halt::Broken(NOT_JSON));
        }
        self.at += 1;
        match (list, self.peek_token()?) {
            (Some(list), Some(b'[')) => self.enter(list),
            (_, Some(b'{')) if is_resource => return Ok(Some(Piece::Resource(self.cut()?))),
            _ => self.skip_value()?,
        }
        Ok(None)
    }

    fn enter(&mut self, level: Level) {
        self.at += 1;
        self.open.push(level);
    }

    fn leave(&mut self) {
        self.at += 1;
        self.open.pop();
    }

    /// Takes the value that begins here.
    fn cut(&mut self) -> Result<Cut, Halt> {
        let line = self.line;
        let end = self.value_end(self.at)?;
        let text = String::from_utf8(self.buffer[self.at..end].to_vec());
        self.advance(end);
        let text = text.map_err(|_| {
            Halt::Broken("a span is not UTF-8: the rest of the export is passed over")
        })?;
        Ok(Cut { line, text })
    }

    /// Passes over the value that begins here, however long it is.
    fn skip_value(&mut self) -> Result<(), Halt> {
        let mut scan = Scan::new(self.at);
        loop {
            if let Some(end) = scan.find_end(&self.buffer) {
                self.advance(end);
                return Ok(());
            }
            if self.ended {
                return Err(Halt::Broken(CUT_SHORT));
            }
            self.advance(scan.at);
            self.fill()?;
            scan.at = 0;
        }
    }

    /// Where the value that begins at `start` ends: in the buffer, which grows until it is.
    fn value_end(&mut self, start: usize) -> Result<usize, Halt> {
        let mut scan = Scan::new(start);
        loop {
            if let Some(end) = scan.find_end(&self.buffer) {
                return Ok(end);
            }
            if self.buffer.len() - self.at > MAX_LINE_BYTES {
                return Err(Halt::Broken("a value is longer than 64 MiB"));
            }
            if self.ended {
                return Err(Halt::Broken(CUT_SHORT));
            }
            self.fill_behind()?;
        }
    }

    /// The next byte that is not space. `None` at the end of the stream.
    fn peek_token(&mut self) -> io::Result<Option<u8>> {
        loop {
            while let Some(byte) = self.buffer.get(self.at) {
                match byte {
                    b'\n' => self.line += 1,
                    b' ' | b'\r' | b'\t' => {}
                    // A byte-order mark.
                    0xef | 0xbb | 0xbf if self.line == 1 && self.open.is_empty() => {}
                    byte => return Ok(Some(*byte)),
                }
                self.at += 1;
            }
            if self.ended {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// After something that can't be read: on to a line that begins like another export.
    fn skip_document(&mut self) -> io::Result<()> {
        loop {
            match memchr::memchr(b'\n', &self.buffer[self.at..]) {
                Some(newline) => {
                    self.at += newline + 1;
                    self.line += 1;
                    if self.at == self.buffer.len() && !self.ended {
                        self.fill()?;
                    }
                    // What stands inside of a document on several lines is indented.
                    if self.buffer.get(self.at) == Some(&b'{') {
                        return Ok(());
                    }
                }
                None if self.ended => {
                    self.at = self.buffer.len();
                    return Ok(());
                }
                None => {
                    self.at = self.buffer.len();
                    self.fill()?;
                }
            }
        }
    }

    /// Goes to `end`, counting lines.
    fn advance(&mut self, end: usize) {
        let passed = &self.buffer[self.at..end];
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.at = end;
    }

    /// Reads more. Drops what was read before.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        self.fill_behind()
    }

    /// Reads more, behind what there is.
    fn fill_behind(&mut self) -> io::Result<()> {
        let length = self.buffer.len();
        self.buffer.resize(length + BLOCK_BYTES, 0);
        let read = loop {
            match self.stream.read(&mut self.buffer[length..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(length + *read.as_ref().unwrap_or(&0));
        self.ended = read? == 0;
        Ok(())
    }
}

/// Looks for the end of a value, a buffer's worth at a time.
struct Scan {
    /// What comes before was looked at.
    at: usize,
    depth: usize,
    in_string: bool,
}

impl Scan {
    fn new(start: usize) -> Self {
        Self {
            at: start,
            depth: 0,
            in_string: false,
        }
    }

    /// Just past the value's end, if it is in `bytes`.
    fn find_end(&mut self, bytes: &[u8]) -> Option<usize> {
        while self.at < bytes.len() {
            if self.in_string {
                if !self.leave_string(bytes) {
                    return None;
                }
            } else {
                match bytes[self.at] {
                    b'"' => {
                        self.in_string = true;
                        self.at += 1;
                        continue;
                    }
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' if self.depth == 0 => return Some(self.at),
                    b'}' | b']' => self.depth -= 1,
                    b',' | b' ' | b'\n' | b'\r' | b'\t' if self.depth == 0 => {
                        return Some(self.at);
                    }
                    _ => {
                        self.at += 1;
                        continue;
                    }
                }
                self.at += 1;
            }
            if self.depth == 0 {
                return Some(self.at);
            }
        }
        None
    }

    /// Goes behind the string's end. `false` if that is not in `bytes`.
    fn leave_string(&mut self, bytes: &[u8]) -> bool {
        while let Some(stop) = memchr::memchr2(b'"', b'\\', &bytes[self.at.min(bytes.len())..]) {
            self.at += stop;
            if bytes[self.at] == b'"' {
                self.at += 1;
                self.in_string = false;
                return true;
            }
            if self.at + 1 >= bytes.len() {
                // What is escaped has not been read yet.
                return false;
            }
            self.at += 2;
        }
        self.at = bytes.len();
        false
    }
}
