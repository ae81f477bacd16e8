//! Gzip and Zstandard, recognised by their first bytes and read as they are.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;

use super::Stream;

const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Whether a Zstandard frame begins so that holds no data, only what some writer wanted to keep.
fn is_skippable(magic: [u8; 4]) -> bool {
    matches!(magic, [0x50..=0x5f, 0x2a, 0x4d, 0x18])
}

/// Decompresses `raw` if its first bytes say that it is compressed.
pub(super) fn plain(mut raw: Stream) -> io::Result<Stream> {
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

/// Whether the file begins like gzip.
pub(super) fn is_gzip(file: &Path) -> io::Result<bool> {
    let (start, _) = read_magic(&mut File::open(file)?)?;
    Ok(start.starts_with(&GZIP))
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
                    let frame = &decoder.decoder;
                    let written = frame.get_checksum_from_data();
                    if written.is_some() && written != frame.get_calculated_checksum() {
                        return Err(io::ErrorKind::InvalidData.into());
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
