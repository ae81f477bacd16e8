//! Recordings of tool calls: from bytes to [`ToolCall`](crate::call::ToolCall)s.
//!
//! [`open`] gives a stream of decompressed bytes, [`blocks`] cuts it at line ends, and a reader for
//! each format turns lines into calls. Readers know nothing of policies. A whole trace never has
//! to fit in memory.

pub mod blocks;
pub mod native;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
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
        if kind.is_file() || kind.is_dir() {
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

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Whether a Zstandard frame begins so that holds no data, only what some writer wanted to keep.
fn is_skippable(magic: [u8; 4]) -> bool {
    matches!(magic, [0x50..=0x5f, 0x2a, 0x4d, 0x18])
}

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
    let (start, length) = read_magic(&mut raw)?;
    let gzip = start.starts_with(&GZIP);
    let zstd = start == ZSTD || is_skippable(start);
    let whole = io::Cursor::new(start).take(length as u64).chain(raw);
    if !gzip && !zstd {
        return Ok(Box::new(whole));
    }
    let buffered = BufReader::with_capacity(1 << 16, Box::new(whole) as Stream);
    Ok(if gzip {
        Box::new(Damaged("gzip", MultiGzDecoder::new(buffered)))
    } else {
        let input = FrameInput::new(buffered);
        Box::new(Damaged("Zstandard", Frames::Between(Some(input))))
    })
}

/// The first bytes of `input`, and how many there are: fewer than four at its end.
fn read_magic(input: &mut impl Read) -> io::Result<([u8; 4], usize)> {
    let mut start = [0; 4];
    let mut length = 0;
    while length < start.len() {
        match input.read(&mut start[length..]) {
            Ok(0) => break,
            Ok(n) => length += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok((start, length))
}

/// A decompressor of a format, in whose errors people can read what is wrong.
struct Damaged<R>(&'static str, R);

impl<R: Read> Read for Damaged<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.read(buffer).map_err(|error| {
            if error.raw_os_error().is_some() || error.kind() == io::ErrorKind::Interrupted {
                return error;
            }
            let told = error.to_string().to_lowercase();
            // The decoders' words are for programmers; this one case is not the file's fault.
            let why = if told.contains("too big") || told.contains("toobig") {
                "asks for a window of more than 128 MiB of memory"
            } else {
                "is damaged or cut short"
            };
            io::Error::new(error.kind(), format!("its {} data {why}", self.0))
        })
    }
}

/// The frames of a Zstandard stream, one after the other: `zstd` writes several when it is asked
/// to append, and a decoder reads one.
enum Frames {
    /// At the start of a frame, or at the end of the stream; `None` once that was told.
    Between(Option<FrameInput>),
    Within(Box<StreamingDecoder<FrameInput, ruzstd::decoding::FrameDecoder>>),
}

impl Read for Frames {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self {
                Frames::Between(source) => {
                    let Some(mut input) = source.take() else {
                        return Ok(0);
                    };
                    if !input.next_frame()? {
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

/// The bytes of a Zstandard stream. The first ones of a frame are read ahead, and given again.
struct FrameInput {
    magic: io::Take<io::Cursor<[u8; 4]>>,
    rest: BufReader<Stream>,
}

impl FrameInput {
    fn new(rest: BufReader<Stream>) -> Self {
        let magic = io::Cursor::new([0; 4]).take(0);
        Self { magic, rest }
    }

    /// Goes to the next frame with data. `false` at the end of the stream.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.rest.fill_buf()?.is_empty() {
            let (magic, length) = read_magic(&mut self.rest)?;
            if !is_skippable(magic) {
                self.magic = io::Cursor::new(magic).take(length as u64);
                return Ok(true);
            }
            let mut size = [0; 4];
            self.rest.read_exact(&mut size)?;
            let size = u64::from(u32::from_le_bytes(size));
            let skipped = io::copy(&mut (&mut self.rest).take(size), &mut io::sink())?;
            if skipped < size {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(false)
    }
}

impl Read for FrameInput {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.magic.read(buffer)? {
            0 => self.rest.read(buffer),
            read => Ok(read),
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
