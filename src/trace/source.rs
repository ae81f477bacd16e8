//! A trace as blocks of native lines, whatever it was recorded as.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::blocks::{BLOCK_BYTES, Block, Blocks, Origin};
use super::convert::{Item, Items};
use super::directory::{self, Merged};
use super::format::{Format, detect};
use super::{Location, Stream, open};

/// Is told of bytes as they are read, before decompression.
pub type Watcher = Arc<dyn Fn(u64) + Send + Sync>;

/// A recording that a command line names: a file, a folder whose files are one trace, or standard
/// input.
#[derive(Debug, Clone)]
pub struct Recording {
    location: Location,
    /// The files of a folder, sorted; `None` if it is no folder.
    files: Option<Vec<PathBuf>>,
}

impl Recording {
    /// Looks for what `argument` names. A folder is searched.
    ///
    /// # Errors
    /// If it can't be opened, or is a folder without a recording.
    pub fn find(argument: &str) -> io::Result<Self> {
        let location = Location::new(argument);
        location.check()?;
        let files = match &location {
            Location::File(path) if path.is_dir() => Some(directory::files(path)?),
            _ => None,
        };
        Ok(Self { location, files })
    }

    /// How reports name the whole of it.
    pub fn name(&self) -> String {
        self.location.name()
    }

    /// How reports name its files, in the order of their numbers.
    pub fn names(&self) -> Vec<String> {
        match &self.files {
            None => vec![self.name()],
            Some(files) => files
                .iter()
                .map(|file| file.display().to_string())
                .collect(),
        }
    }

    /// Its size in bytes, where that can be told.
    pub fn size(&self) -> Option<u64> {
        match &self.files {
            None => self.location.size(),
            Some(files) => files
                .iter()
                .map(|file| file.metadata().ok().map(|metadata| metadata.len()))
                .sum(),
        }
    }

    /// Opens it. Without a format, each file's is told by how it begins; one that can't be told is
    /// read as native, or passed over in a folder.
    ///
    /// # Errors
    /// What opening or reading it says.
    pub fn open(&self, format: Option<Format>, watcher: &Watcher) -> io::Result<Source> {
        if self.files.is_some() {
            return Ok(Source::of(self.calls(format, watcher)?));
        }
        let (told, stream) = told(self.stream(watcher)?, format)?;
        Ok(match told.unwrap_or(Format::Native) {
            Format::Native => Blocks::new(stream).into(),
            other => Source::of(Calls::OneFile(other.items(Blocks::new(stream))?)),
        })
    }

    /// Opens it to take its calls one by one, whatever the format.
    ///
    /// # Errors
    /// What opening or reading it says.
    pub fn calls(&self, format: Option<Format>, watcher: &Watcher) -> io::Result<Calls> {
        if let Some(files) = &self.files {
            let merged = Merged::new(files.clone(), format, Arc::clone(watcher))?;
            return Ok(Calls::Folder(merged));
        }
        let (told, stream) = told(self.stream(watcher)?, format)?;
        let items = told.unwrap_or(Format::Native).items(Blocks::new(stream))?;
        Ok(Calls::OneFile(items))
    }

    fn stream(&self, watcher: &Watcher) -> io::Result<Stream> {
        let watcher = Arc::clone(watcher);
        open(&self.location, move |bytes| watcher(bytes))
    }
}

/// The format that was asked for, or else the one that the stream seems to have.
pub(super) fn told(stream: Stream, format: Option<Format>) -> io::Result<(Option<Format>, Stream)> {
    match format {
        Some(format) => Ok((Some(format), stream)),
        None => detect(stream),
    }
}

/// The calls of a recording, one by one.
pub enum Calls {
    /// Those of one file or stream.
    OneFile(Box<dyn Items>),
    /// Those of the files of a folder.
    Folder(Merged),
}

impl Calls {
    /// The next one, with the number of its file. `None` at the end.
    ///
    /// # Errors
    /// What opening, reading or decompressing says.
    pub fn next_item(&mut self) -> io::Result<Option<(usize, Item)>> {
        match self {
            Calls::OneFile(items) => Ok(items.next_item()?.map(|item| (0, item))),
            Calls::Folder(merged) => merged.next_item(),
        }
    }
}

/// Native lines in blocks.
pub struct Source(Lines);

/// Where the lines come from. Those of native traces are not looked at on the way.
enum Lines {
    Native(Blocks),
    Converted { calls: Calls, next_line: u64 },
}

impl From<Blocks> for Source {
    fn from(blocks: Blocks) -> Self {
        Self(Lines::Native(blocks))
    }
}

impl Source {
    /// The calls as native lines.
    pub fn of(calls: Calls) -> Self {
        Self(Lines::Converted {
            calls,
            next_line: 1,
        })
    }

    /// Fills `block` with the next lines, using its memory. `false` at the end of the trace.
    ///
    /// # Errors
    /// What reading or decompressing says.
    pub fn next_into(&mut self, block: &mut Block) -> io::Result<bool> {
        match &mut self.0 {
            Lines::Native(blocks) => blocks.next_into(block),
            Lines::Converted { calls, next_line } => {
                block.begin(*next_line);
                while block.text.len() < BLOCK_BYTES
                    && let Some((file, item)) = calls.next_item()?
                {
                    *next_line += block.push(file, item);
                }
                Ok(!block.text.is_empty() || !block.notes.is_empty())
            }
        }
    }
}

impl Block {
    /// Empties the block. Its first line will be this one.
    fn begin(&mut self, first_line: u64) {
        self.first_line = first_line;
        self.text.clear();
        self.broken.clear();
        self.notes.clear();
        self.origins.clear();
    }

    /// Appends what was converted. A problem becomes an empty line that is broken. Gives the number
    /// of lines that were appended.
    fn push(&mut self, file: usize, item: Item) -> u64 {
        let number = self.first_line + self.origins.len() as u64;
        let line = match item {
            Item::Call(record) => {
                record.write(&mut self.text);
                record.line
            }
            Item::Problem { line, problem } => {
                self.text.push('\n');
                self.broken.push((number, problem));
                line
            }
            Item::Note { line, note } => {
                self.notes.push((Origin { file, line }, note));
                return 0;
            }
        };
        self.origins.push(Origin { file, line });
        1
    }
}
