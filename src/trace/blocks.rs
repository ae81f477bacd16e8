//! A stream cut into blocks of whole lines, so that several threads can read one trace.

use std::borrow::Cow;
use std::io::{self, Read};

use super::Stream;
use crate::span::Span;

/// How many bytes a block is filled with before it is cut at the last line end.
pub const BLOCK_BYTES: usize = 256 * 1024;

/// The longest line that is read, in bytes. A longer one is reported and passed over.
pub const MAX_LINE_BYTES: usize = 64 * 1024 * 1024;

/// Whole lines of a trace.
#[derive(Debug, Default)]
pub struct Block {
    /// The number of the first line, from 1.
    pub first_line: u64,
    /// The lines. A line that could not be taken over as text is left empty here.
    pub text: String,
    /// The lines that were left empty, with what was wrong with them, in order.
    pub broken: Vec<(u64, Cow<'static, str>)>,
    /// What else there is to say, about the recording rather than one of its lines.
    pub notes: Vec<(Origin, Cow<'static, str>)>,
    /// For each line where it was converted from. Empty if the lines are those of the trace.
    pub origins: Vec<Origin>,
}

/// Where a line stands in the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The number of the file within the trace, from 0.
    pub file: usize,
    /// The line of that file, from 1.
    pub line: u64,
}

/// Cuts a stream into [`Block`]s.
pub struct Blocks {
    stream: Stream,
    /// How many bytes are read at once.
    size: usize,
    /// Bytes that were read and not given out: the start of a line, or what followed an over-long
    /// one.
    rest: Vec<u8>,
    next_line: u64,
    ended: bool,
}

impl Blocks {
    /// Blocks of `stream`.
    pub fn new(stream: Stream) -> Self {
        Self::of_size(stream, BLOCK_BYTES)
    }

    /// Blocks of about `size` bytes: smaller ones where many streams are read at a time.
    pub fn of_size(stream: Stream, size: usize) -> Self {
        Self {
            stream,
            size,
            rest: Vec::new(),
            next_line: 1,
            ended: false,
        }
    }

    /// Fills `block` with the next lines, using its memory. `false` at the end of the stream.
    ///
    /// # Errors
    /// What reading or decompressing says.
    pub fn next_into(&mut self, block: &mut Block) -> io::Result<bool> {
        let mut bytes = std::mem::take(&mut block.text).into_bytes();
        let mut length = put(&mut bytes, &mut self.rest);
        block.begin(self.next_line);
        let mut skipped = false;
        let mut searched = 0;
        let end = loop {
            if let Some(newline) = memchr::memrchr(b'\n', &bytes[searched..length]) {
                break searched + newline + 1;
            }
            searched = length;
            if searched > MAX_LINE_BYTES {
                length = self.skip_line(&mut bytes)?;
                skipped = true;
                break length;
            }
            if self.ended {
                break searched;
            }
            length = self.fill(&mut bytes, length)?;
        };
        self.rest.extend_from_slice(&bytes[end..length]);
        bytes.truncate(end);
        // However the bytes arrived: only the first line began before what was read last.
        if bytes.len() > MAX_LINE_BYTES
            && let Some(first) = memchr::memchr(b'\n', &bytes)
            && first > MAX_LINE_BYTES
        {
            bytes.drain(..first);
            skipped = true;
        }
        if bytes.is_empty() && self.ended && !skipped {
            return Ok(false);
        }
        if block.first_line == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        if skipped {
            block
                .broken
                .push((block.first_line, "the line is longer than 64 MiB".into()));
        }
        block.take(bytes);
        self.next_line += memchr::memchr_iter(b'\n', block.text.as_bytes()).count() as u64;
        Ok(true)
    }

    /// Reads at least one more byte, up to a block's worth, unless the stream ends: to where `bytes`
    /// has been filled so far. Gives how far it is filled then. What is behind that is left over
    /// from other blocks, so that memory is made ready once and not for each block.
    fn fill(&mut self, bytes: &mut Vec<u8>, filled: usize) -> io::Result<usize> {
        let wanted = filled + self.size;
        if bytes.len() < wanted {
            bytes.resize(wanted, 0);
        }
        let mut length = filled;
        // Pipes give a few kilobytes at a time: ask again until the block is well filled.
        while length < filled + self.size.div_ceil(2) {
            match self.stream.read(&mut bytes[length..wanted]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => length += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(length)
    }

    /// The stream itself, if nothing has been read of it yet.
    pub(super) fn into_stream(self) -> Stream {
        Box::new(io::Cursor::new(self.rest).chain(self.stream))
    }

    /// Drops an over-long line, whose start is in `bytes`, up to the next line end, which is put in
    /// its place. Gives how far `bytes` is filled then.
    fn skip_line(&mut self, bytes: &mut Vec<u8>) -> io::Result<usize> {
        loop {
            let length = match self.ended {
                true => return Ok(0),
                false => self.fill(bytes, 0)?,
            };
            if let Some(newline) = memchr::memchr(b'\n', &bytes[..length]) {
                self.rest.extend_from_slice(&bytes[newline + 1..length]);
                bytes[0] = b'\n';
                return Ok(1);
            }
        }
    }
}

/// Moves `rest` to the start of `bytes`. Gives its length.
fn put(bytes: &mut Vec<u8>, rest: &mut Vec<u8>) -> usize {
    let length = rest.len();
    if bytes.len() < length {
        bytes.resize(length, 0);
    }
    bytes[..length].copy_from_slice(rest);
    rest.clear();
    length
}

impl Block {
    /// The lines of `text`, which is all of a trace.
    pub fn of(text: String) -> Self {
        let mut block = Block {
            first_line: 1,
            ..Block::default()
        };
        block.take(text.into_bytes());
        block
    }

    /// Empties the block. Its first line will be this one.
    pub(super) fn begin(&mut self, first_line: u64) {
        self.first_line = first_line;
        self.text.clear();
        self.broken.clear();
        self.notes.clear();
        self.origins.clear();
    }

    /// Takes `bytes` over as text. Lines that are not UTF-8 are noted and left empty.
    fn take(&mut self, bytes: Vec<u8>) {
        self.text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let bytes = error.into_bytes();
                let mut text = String::with_capacity(bytes.len());
                for (line, number) in bytes
                    .split_inclusive(|b| *b == b'\n')
                    .zip(self.first_line..)
                {
                    match std::str::from_utf8(line) {
                        Ok(line) => text.push_str(line),
                        Err(_) => {
                            let utf_16 = number == 1
                                && (line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff"));
                            let problem = if utf_16 {
                                "the text is UTF-16, not UTF-8"
                            } else {
                                "the line is not UTF-8"
                            };
                            self.broken.push((number, problem.into()));
                            text.push('\n');
                        }
                    }
                }
                text
            }
        };
    }

    /// Where the line with this number stands in the recording.
    pub fn origin(&self, number: u64) -> Origin {
        let nth = usize::try_from(number - self.first_line).unwrap_or(usize::MAX);
        let native = Origin {
            file: 0,
            line: number,
        };
        self.origins.get(nth).copied().unwrap_or(native)
    }

    /// The lines, line ends excluded.
    pub fn lines(&self) -> Lines<'_> {
        Lines {
            block: &self.text,
            number: self.first_line,
            start: 0,
        }
    }
}

/// See [`Block::lines`].
#[derive(Debug)]
pub struct Lines<'b> {
    block: &'b str,
    /// The number of the next line, and where it begins.
    number: u64,
    start: usize,
}

impl<'b> Lines<'b> {
    /// The text of the block and where its next line begins. `None` after the last.
    pub fn ahead(&self) -> Option<(&'b str, usize)> {
        (self.start < self.block.len()).then_some((self.block, self.start))
    }

    /// The next line, which is known to end here.
    pub fn next_to(&mut self, end: usize) -> Line<'b> {
        let line = Line {
            number: self.number,
            block: self.block,
            span: Span::new(self.start, end),
        };
        self.number += 1;
        self.start = end + 1;
        line
    }
}

impl<'b> Iterator for Lines<'b> {
    type Item = Line<'b>;

    fn next(&mut self) -> Option<Line<'b>> {
        let (block, start) = self.ahead()?;
        let rest = &block.as_bytes()[start..];
        // The last line may have no end.
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        Some(self.next_to(start + length))
    }
}

/// A line of a trace.
#[derive(Debug, Clone, Copy)]
pub struct Line<'b> {
    /// Its number, from 1.
    pub number: u64,
    /// The text that it is a part of.
    pub block: &'b str,
    /// Its bytes in that text, line end excluded.
    pub span: Span,
}

impl<'b> Line<'b> {
    /// The first line of a trace, which is `text`.
    pub fn alone(text: &'b str) -> Self {
        Line {
            number: 1,
            block: text,
            span: Span::new(0, text.len()),
        }
    }

    /// What it says.
    pub fn text(self) -> &'b str {
        &self.block[self.span.range()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes in pieces of the given size.
    struct Drip(Vec<u8>, usize, usize);

    impl Read for Drip {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let end = self.0.len().min(self.1 + self.2.min(buffer.len()));
            let piece = &self.0[self.1..end];
            buffer[..piece.len()].copy_from_slice(piece);
            self.1 = end;
            Ok(piece.len())
        }
    }

    fn read(bytes: &[u8], piece: usize) -> (Vec<(u64, String)>, Vec<u64>) {
        let mut blocks = Blocks::new(Box::new(Drip(bytes.to_vec(), 0, piece)));
        let mut block = Block::default();
        let (mut lines, mut broken) = (Vec::new(), Vec::new());
        while blocks.next_into(&mut block).expect("reading memory") {
            lines.extend(block.lines().map(|l| (l.number, l.text().to_owned())));
            broken.extend(block.broken.iter().map(|b| b.0));
        }
        (lines, broken)
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_arrive() {
        let mut text = b"\xef\xbb\xbffirst\n\nthird\xff\nfourth\r\n".to_vec();
        for n in 5..40_000 {
            text.extend_from_slice(format!("line {n} {}\n", "x".repeat(n % 40)).as_bytes());
        }
        text.extend_from_slice(b"cut");
        let whole = read(&text, usize::MAX);
        assert_eq!(whole.0[0], (1, "first".into()));
        assert_eq!(whole.0[3], (4, "fourth\r".into()));
        assert_eq!(whole.0.last(), Some(&(40_000, "cut".into())));
        assert_eq!(whole.1, [3]);
        for piece in [1, 7, 4096] {
            assert_eq!(read(&text, piece), whole, "pieces of {piece}");
        }
    }

    #[test]
    fn a_line_without_end_costs_no_more_than_the_longest_that_is_read() {
        let mut text = vec![b'x'; MAX_LINE_BYTES + 3 * BLOCK_BYTES];
        text.extend_from_slice(b"\nnext\n");
        let (lines, broken) = read(&text, usize::MAX);
        assert_eq!(lines, [(1, String::new()), (2, "next".into())]);
        assert_eq!(broken, [1]);
    }

    #[test]
    fn the_longest_line_is_as_long_however_the_bytes_arrive() {
        for (more, expected) in [(0, &[][..]), (1, &[2]), (BLOCK_BYTES, &[2])] {
            let long = vec![b'x'; MAX_LINE_BYTES + more];
            let text = [b"one\n", &long[..], b"\nthree\n"].concat();
            for piece in [usize::MAX, 100_000, 65_521] {
                let (lines, broken) = read(&text, piece);
                let ends: Vec<_> = [&lines[0], &lines[2]].map(|(n, l)| (*n, l.as_str())).into();
                assert_eq!(
                    ends,
                    [(1, "one"), (3, "three")],
                    "{more} more in pieces of {piece}"
                );
                assert_eq!(broken, expected, "{more} more in pieces of {piece}");
                assert_eq!(lines[1].1.is_empty(), !broken.is_empty());
            }
        }
    }

    #[test]
    fn lines_between_two_that_are_too_long_are_read() {
        let long = vec![b'x'; MAX_LINE_BYTES + BLOCK_BYTES];
        let text = [&long[..], b"\ntwo\nthree\n", &long[..], b"\nfive\n"].concat();
        let (lines, broken) = read(&text, usize::MAX);
        let lines: Vec<_> = lines.iter().map(|(n, l)| (*n, l.as_str())).collect();
        assert_eq!(
            lines,
            [(1, ""), (2, "two"), (3, "three"), (4, ""), (5, "five")]
        );
        assert_eq!(broken, [1, 4]);
    }
}
