//! Recordings of tool calls: from bytes to [`ToolCall`](crate::call::ToolCall)s.
//!
//! [`open`] gives a stream of decompressed bytes, and [`blocks`] cuts it at line ends. Native traces
//! are read from there by [`native`], on many threads. Recordings of other formats ([`format`]) are
//! first made into native lines: each format has a file that turns its lines into
//! [`record::Record`]s, and [`source`] gives the lines of both kinds as the same blocks. Readers know
//! nothing of policies. A whole trace never has to fit in memory.

pub mod blocks;
pub mod claude_code;
pub mod codex;
pub mod convert;
mod decompress;
pub mod directory;
mod fields;
pub mod foreign;
pub mod format;
pub mod gateway;
pub mod intercept;
pub mod jsonrpc;
pub mod native;
pub mod otel;
pub mod pending;
pub mod record;
pub mod redact;
pub mod repeats;
pub mod rewrite;
pub mod source;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Where a trace is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Standard input, written `-`.
    StandardInput,
    /// A file, or a folder of them.
    File(PathBuf),
}

impl Location {
    /// The location that a command line names.
    pub fn new(argument: &str) -> Self {
        match argument {
            "-" => Location::StandardInput,
            path => Location::File(path.into()),
        }
    }

    /// How reports name it.
    pub fn name(&self) -> String {
        match self {
            Location::StandardInput => "-".to_owned(),
            Location::File(path) => path.display().to_string(),
        }
    }

    /// Whether it can be opened: the files of a long run are checked before it begins. A pipe is
    /// only looked for: who opens and closes it ends it for its writer.
    ///
    /// # Errors
    /// What the system says.
    pub fn check(&self) -> io::Result<()> {
        let Location::File(path) = self else {
            return Ok(());
        };
        let kind = path.metadata()?;
        if kind.is_dir() {
            path.read_dir()?;
        } else if kind.is_file() {
            open_file(path)?;
        }
        Ok(())
    }

    /// Size of the file in bytes, where it is one.
    pub fn size(&self) -> Option<u64> {
        match self {
            Location::StandardInput => None,
            Location::File(path) => path
                .metadata()
                .ok()
                .filter(|m| m.is_file())
                .map(|m| m.len()),
        }
    }
}

/// A stream of decompressed bytes.
pub type Stream = Box<dyn Read + Send>;

/// Opens a trace. Gzip and Zstandard are recognised by their first bytes, whatever the name says.
/// `progress` sees the bytes as they are read, before decompression.
///
/// # Errors
/// What the system says when the file can't be opened or its first bytes can't be read.
/// A folder is no stream: see [`source::Recording`].
pub fn open(location: &Location, progress: impl Fn(u64) + Send + 'static) -> io::Result<Stream> {
    let raw: Stream = match location {
        Location::StandardInput => Box::new(io::stdin()),
        Location::File(path) => Box::new(open_file(path)?),
    };
    decompress::plain(Box::new(Watched {
        inner: raw,
        progress,
    }))
}

fn open_file(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a directory, not a trace file",
        ));
    }
    Ok(file)
}

/// A stream whose reader is told how far it is.
struct Watched<P> {
    inner: Stream,
    progress: P,
}

impl<P: Fn(u64)> Read for Watched<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        (self.progress)(read as u64);
        Ok(read)
    }
}
