//! What every reader of a foreign format shares: lines of a recording in, [`Record`]s out, one
//! after the other.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;

use super::blocks::{Block, Blocks, Line};
use super::record::Record;
use crate::json::{self, walk};
use crate::suggest::quoted;

/// Makes calls of a recording whose every line is a value of its own.
pub trait Converter: Send {
    /// Takes the next line, which is not blank.
    fn line(&mut self, line: Line<'_>, sink: &mut Sink);

    /// The recording has ended: what was held back has to come out.
    fn end(&mut self, _sink: &mut Sink) {}
}

/// What a recording gave.
#[derive(Debug, PartialEq)]
pub enum Item {
    /// A call.
    Call(Box<Record>),
    /// A line that should have been understood, and was not.
    Problem {
        /// The line, from 1.
        line: u64,
        /// One sentence without a full stop.
        problem: Cow<'static, str>,
    },
    /// Something to know about how the recording is read.
    Note {
        /// The line that it was noticed at, from 1.
        line: u64,
        /// One sentence without a full stop.
        note: Cow<'static, str>,
    },
}

/// Takes what a [`Converter`] gives, in the order in which it is to come out.
#[derive(Debug, Default)]
pub struct Sink {
    items: VecDeque<Item>,
}

impl Sink {
    /// A call.
    pub fn call(&mut self, record: Record) {
        self.items.push_back(Item::Call(Box::new(record)));
    }

    /// A line that should have been understood, and was not: one sentence without a full stop.
    pub fn problem(&mut self, line: u64, problem: impl Into<Cow<'static, str>>) {
        let problem = problem.into();
        self.items.push_back(Item::Problem { line, problem });
    }

    /// A line that is not JSON, or has the same key twice in one object.
    pub fn syntax_error(&mut self, line: Line<'_>, error: &json::Error) {
        self.problem(line.number, syntax_error(error, line));
    }

    /// Something to know about how the recording is read: one sentence without a full stop.
    pub fn note(&mut self, line: u64, note: impl Into<Cow<'static, str>>) {
        let note = note.into();
        self.items.push_back(Item::Note { line, note });
    }

    /// The first thing that was given and not taken out yet.
    pub fn take(&mut self) -> Option<Item> {
        self.items.pop_front()
    }
}

/// What is wrong with a line, in words for people.
pub(super) fn syntax_error(error: &json::Error, line: Line<'_>) -> String {
    let before = &line.block[line.span.start..error.span.start];
    let column = before.chars().count() + 1;
    match error.kind {
        json::ErrorKind::DuplicateKey(_) => {
            let key = walk::decode(&line.block[error.span.range()]);
            let key = quoted(&key);
            format!("the key {key} stands twice in one object (column {column})")
        }
        json::ErrorKind::UnexpectedEnd => {
            format!("not JSON: the line is cut short (column {column})")
        }
        kind => format!("not JSON: {kind} (column {column})"),
    }
}

/// The calls of a recording, as they are asked for.
pub trait Items: Send {
    /// The next one. `None` at the end of the recording.
    ///
    /// # Errors
    /// What reading or decompressing says.
    fn next_item(&mut self) -> io::Result<Option<Item>>;
}

/// The [`Items`] of a recording that is converted line by line.
pub struct ByLine {
    blocks: Blocks,
    block: Block,
    converter: Box<dyn Converter>,
    sink: Sink,
    ended: bool,
}

impl ByLine {
    /// What `converter` makes of the lines of `blocks`.
    pub fn new(blocks: Blocks, converter: Box<dyn Converter>) -> Self {
        Self {
            blocks,
            block: Block::default(),
            converter,
            sink: Sink::default(),
            ended: false,
        }
    }

    fn convert_block(&mut self) {
        let mut broken = std::mem::take(&mut self.block.broken)
            .into_iter()
            .peekable();
        for line in self.block.lines() {
            if let Some((number, problem)) = broken.next_if(|(number, _)| *number == line.number) {
                self.sink.problem(number, problem);
            } else if !line.text().trim_ascii_start().is_empty() {
                self.converter.line(line, &mut self.sink);
            }
        }
        for (number, problem) in broken {
            self.sink.problem(number, problem);
        }
    }
}

impl Items for ByLine {
    fn next_item(&mut self) -> io::Result<Option<Item>> {
        loop {
            if let Some(item) = self.sink.take() {
                return Ok(Some(item));
            }
            if self.ended {
                return Ok(None);
            }
            if self.blocks.next_into(&mut self.block)? {
                self.convert_block();
            } else {
                self.ended = true;
                self.converter.end(&mut self.sink);
            }
        }
    }
}
