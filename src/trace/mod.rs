//! Recordings of tool calls: from bytes to [`ToolCall`](crate::call::ToolCall)s.
//!
//! [`open`] gives a stream of decompressed bytes, [`blocks`] cuts it at line ends, and a reader for
//! each format turns lines into calls. Readers know nothing of policies. A whole trace never has
//! to fit in memory.

pub mod blocks;
pub mod native;

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

/// Where a trace is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Standard input, written `-`.
    StandardInput,
    /// A file.
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

    /// Whether it can be opened: the files of a long run are checked before it begins.
    ///
    /// # Errors
    /// What the system says.
    pub fn check(&self) -> io::Result<()> {
        match self {
            Location::StandardInput => Ok(()),
            Location::File(path) => open_file(path).map(drop),
        }
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

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Opens a trace. Gzip and Zstandard are recognised by their first bytes, whatever the name says.
/// `progress` sees the bytes as they are read, before decompression.
///
/// # Errors
/// What the system says when the file can't be opened or its first bytes can't be read.
pub fn open(location: &Location, progress: impl Fn(u64) + Send + 'static) -> io::Result<Stream> {
    let raw: Stream = match location {
        Location::StandardInput => Box::new(io::stdin()),
        Location::File(path) => Box::new(open_file(path)?),
    };
    decompress(Box::new(Watched {
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

/// Decompresses `raw` if its first bytes say that it is compressed.
fn decompress(mut raw: Stream) -> io::Result<Stream> {
    let mut start = [0; 4];
    let mut length = 0;
    while length < start.len() {
        match raw.read(&mut start[length..]) {
            Ok(0) => break,
            Ok(n) => length += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    let start = start[..length].to_vec();
    let (gzip, zstd) = (start.starts_with(&GZIP), start.starts_with(&ZSTD));
    let whole = io::Cursor::new(start).chain(raw);
    Ok(if gzip {
        Box::new(MultiGzDecoder::new(BufReader::with_capacity(
            1 << 16,
            whole,
        )))
    } else if zstd {
        Box::new(Frames::Between(Some(Box::new(BufReader::with_capacity(
            1 << 16,
            whole,
        )))))
    } else {
        Box::new(whole)
    })
}

/// The frames of a Zstandard stream, one after the other: `zstd` writes several when it is asked
/// to append, and a decoder reads one.
enum Frames {
    Between(Option<Box<dyn BufReadSend>>),
    Within(Box<StreamingDecoder<Box<dyn BufReadSend>, ruzstd::decoding::FrameDecoder>>),
}

trait BufReadSend: io::BufRead + Send {}
impl<T: io::BufRead + Send> BufReadSend for T {}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self {
                Frames::Between(source) => {
                    let Some(mut input) = source.take() else {
                        return Ok(0);
                    };
                    if input.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let decoder = StreamingDecoder::new(input)
                        .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
                    *self = Frames::Within(Box::new(decoder));
                }
                Frames::Within(decoder) => {
                    let read = decoder.read(buffer)?;
                    if read > 0 || buffer.is_empty() {
                        return Ok(read);
                    }
                    let Frames::Within(decoder) = std::mem::replace(self, Frames::Between(None))
                    else {
                        return Ok(0);
                    };
                    *self = Frames::Between(Some(decoder.into_inner()));
                }
            }
        }
    }
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
