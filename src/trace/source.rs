//! A trace as blocks of native lines, whatever it was recorded as.

use std::io::{self, Read};
use std::sync::Arc;

use super::blocks::{BLOCK_BYTES, Block, Blocks, Origin};
use super::convert::{Item, Items};
use super::directory::{Folder, Merged, PassedOver};
use super::foreign::Told;
use super::format::{Format, LOOKED_AT, Look};
use super::{Location, Stream, open};

/// Is told of bytes as they are read, before decompression.
pub type Watcher = Arc<dyn Fn(u64) + Send + Sync>;

/// A recording that a command line names: a file, a folder whose files are one trace, or standard
/// input.
#[derive(Debug, Clone)]
pub struct Recording {
    location: Location,
    /// The format that was asked for. Without it, each file's is told by how it begins.
    format: Option<Format>,
    /// What is in the folder, if it is one.
    folder: Option<Folder>,
}

impl Recording {
    /// Looks for what `argument` names, which is to be read as `format`. A folder is searched.
    ///
    /// # Errors
    /// If it can't be opened, or is a folder without a recording.
    pub fn find(argument: &str, format: Option<Format>) -> io::Result<Self> {
        let location = Location::new(argument);
        location.check()?;
        let folder = match &location {
            Location::File(path) if path.is_dir() => Some(Folder::search(path, format)?),
            _ => None,
        };
        Ok(Self {
            location,
            format,
            folder,
        })
    }

    /// How reports name the whole of it.
    pub fn name(&self) -> String {
        self.location.name()
    }

    /// How reports name its files, in the order of their numbers.
    pub fn names(&self) -> Vec<String> {
        match &self.folder {
            None => vec![self.name()],
            Some(folder) => (folder.files.iter())
                .map(|file| file.display().to_string())
                .collect(),
        }
    }

    /// The files of the folder that are no recordings.
    pub fn passed_over(&self) -> &[PassedOver] {
        let folder = self.folder.as_ref();
        folder.map_or(&[], |folder| &folder.passed_over)
    }

    /// Its size in bytes, where that can be told.
    pub fn size(&self) -> Option<u64> {
        match &self.folder {
            None => self.location.size(),
            Some(folder) => (folder.files.iter())
                .map(|file| file.metadata().ok().map(|metadata| metadata.len()))
                .sum(),
        }
    }

    /// Whether it is a file with nothing in it but space.
    pub fn is_blank(&self) -> bool {
        let mut start = Vec::new();
        let is_read = self.folder.is_none()
            && self.size().is_some()
            && open(&self.location, |_| ())
                .and_then(|stream| stream.take(LOOKED_AT as u64).read_to_end(&mut start))
                .is_ok();
        let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
        is_read && text.trim_ascii().is_empty()
    }

    /// Opens it. What can't be told is read as native.
    ///
    /// # Errors
    /// What opening or reading it says. [`Foreign`](super::foreign::Foreign) if it is no recording;
    /// if it only has nothing of the format that was asked for, that is told at its end.
    pub fn open(&self, watcher: &Watcher) -> io::Result<Source> {
        if self.folder.is_some() {
            return Ok(Source::of(self.calls(watcher)?));
        }
        let told = Told::of(self.stream(watcher)?, self.format)?;
        let is_known = told.doubt.is_none_or(|doubt| doubt.look == Look::Unknown);
        Ok(match told.format.unwrap_or(Format::Native) {
            Format::Native if is_known => Blocks::new(told.stream).into(),
            format => Source::of(Calls::OneFile(told.items(format, BLOCK_BYTES)?)),
        })
    }

    /// Opens it to take its calls one by one, whatever the format.
    ///
    /// # Errors
    /// As of [`Self::open`].
    pub fn calls(&self, watcher: &Watcher) -> io::Result<Calls> {
        if let Some(folder) = &self.folder {
            let merged = Merged::new(folder.files.clone(), self.format, Arc::clone(watcher))?;
            return Ok(Calls::Folder(merged));
        }
        let told = Told::of(self.stream(watcher)?, self.format)?;
        let format = told.format.unwrap_or(Format::Native);
        Ok(Calls::OneFile(told.items(format, BLOCK_BYTES)?))
    }

    fn stream(&self, watcher: &Watcher) -> io::Result<Stream> {
        let watcher = Arc::clone(watcher);
        open(&self.location, move |bytes| watcher(bytes))
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
