//! Files as texts: read once, with a bound on their size, and indexed by line.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::Syntax;
use super::position::LineIndex;

/// The largest policy that is read unless configured otherwise, in bytes.
pub const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A text and the name it goes by.
#[derive(Debug)]
pub struct SourceFile {
    /// How reports name it: the path as it was given, `-` for standard input.
    pub name: String,
    /// The text.
    pub text: String,
    /// Where its lines begin.
    pub lines: LineIndex,
    /// JSON or YAML, by its name or else by its first character.
    pub syntax: Syntax,
    /// Offset of the first byte of the file that is not UTF-8. What follows it in `text` stands
    /// for those bytes and is not the file's.
    pub invalid_at: Option<usize>,
}

/// Why a file could not be taken as a text.
#[derive(Debug)]
pub enum ReadError {
    /// The system's reason.
    Io(PathBuf, io::Error),
    /// It is larger than the bound, given in bytes.
    TooLarge(PathBuf, u64),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Io(path, error) => write!(f, "can't read `{}`: {error}", path.display()),
            ReadError::TooLarge(path, bound) => write!(
                f,
                "`{}` is larger than {} and was not read",
                path.display(),
                Bytes(*bound)
            ),
        }
    }
}

impl std::error::Error for ReadError {}

/// A size for people.
struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MIB: u64 = 1024 * 1024;
        if self.0.is_multiple_of(MIB) && self.0 > 0 {
            write!(f, "{} MiB", self.0 / MIB)
        } else {
            write!(f, "{} bytes", self.0)
        }
    }
}

impl SourceFile {
    /// Reads the file at `path`, or standard input if it is `-`.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(path: &Path, max_bytes: u64) -> Result<Self, ReadError> {
        let bytes = if path == Path::new("-") {
            read_bounded(io::stdin().lock(), max_bytes)
        } else {
            File::open(path).and_then(|file| read_bounded(file, max_bytes))
        };
        let bytes = bytes.map_err(|error| ReadError::Io(path.to_owned(), error))?;
        let bytes = bytes.ok_or_else(|| ReadError::TooLarge(path.to_owned(), max_bytes))?;
        let (text, invalid_at) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                (
                    String::from_utf8_lossy(error.as_bytes()).into_owned(),
                    Some(at),
                )
            }
        };
        let syntax = syntax_of(path, &text);
        Ok(Self {
            invalid_at,
            ..Self::new(path.display().to_string(), text, syntax)
        })
    }

    /// A text that is already in memory.
    pub fn new(name: impl Into<String>, text: impl Into<String>, syntax: Syntax) -> Self {
        let text = text.into();
        Self {
            name: name.into(),
            lines: LineIndex::new(&text),
            text,
            syntax,
            invalid_at: None,
        }
    }
}

/// Everything `reader` gives, or `None` if that is more than `max_bytes`.
fn read_bounded(reader: impl Read, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader
        .take(max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= max_bytes).then_some(bytes))
}

fn syntax_of(path: &Path, text: &str) -> Syntax {
    match path.extension().and_then(|e| e.to_str()) {
        Some("json") => Syntax::Json,
        Some("yaml" | "yml") => Syntax::Yaml,
        _ => {
            let start = text.trim_start_matches('\u{feff}').trim_start();
            if start.starts_with('{') {
                Syntax::Json
            } else {
                Syntax::Yaml
            }
        }
    }
}
