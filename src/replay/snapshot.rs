//! The decisions of a trace, kept in a file: one line a call, without its arguments, so that a
//! change of the policy shows which decisions it changes. Written and compared as a stream.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use foldhash::HashMap;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::Row;
use super::summary::TraceLine;
use crate::call::Ruling;
use crate::trace::blocks::{Block, Blocks};

/// How many differences are told one by one.
pub const TOLD: usize = 20;

/// How many kinds of difference are counted one by one: tools are named by the trace.
const MAX_KINDS: usize = 1_000;

/// More bytes than the first line of a snapshot has.
const LONGEST_HEADER: u64 = 4_096;

/// The version of the format that is written.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    mcplint_snapshot: u32,
}

/// A decision as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept<'k> {
    /// The trace's number, from 1.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    trace: usize,
    line: u64,
    server: Option<Cow<'k, str>>,
    tool: Cow<'k, str>,
    grant: Option<Cow<'k, str>>,
    decision: Cow<'k, str>,
    rule: Cow<'k, str>,
}

fn first() -> usize {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_first(trace: &usize) -> bool {
    *trace == 1
}

impl<'k> Kept<'k> {
    fn of(row: &'k Row<'_>) -> Self {
        let rule = row.explanation().map_or(Cow::Borrowed(""), |explanation| {
            Cow::Owned(explanation.rule.to_owned())
        });
        Self {
            trace: row.trace + 1,
            line: row.line,
            server: row.server().map(Cow::Borrowed),
            tool: Cow::Borrowed(row.tool()),
            grant: row.grant().map(Cow::Borrowed),
            decision: Cow::Borrowed(row.decision.ruling().word()),
            rule,
        }
    }

    fn at(&self) -> TraceLine {
        TraceLine {
            trace: self.trace.saturating_sub(1),
            line: self.line,
        }
    }

    fn is_same_call(&self, other: &Kept<'_>) -> bool {
        self.server == other.server && self.tool == other.tool && self.grant == other.grant
    }

    fn decided(&self) -> Decided {
        Decided {
            decision: self.decision.to_string(),
            rule: self.rule.to_string(),
        }
    }
}

/// A snapshot that is written.
#[derive(Debug)]
pub struct Recorder {
    path: PathBuf,
    out: BufWriter<NamedTempFile>,
    calls: u64,
}

impl Recorder {
    /// A new snapshot, which takes the place of the file at `path` when it is finished.
    ///
    /// # Errors
    /// Those of the system.
    pub fn new(path: &Path) -> io::Result<Self> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let file = new_file(folder.unwrap_or(Path::new(".")))?;
        if let Ok(there) = fs::metadata(&path) {
            file.as_file().set_permissions(there.permissions())?;
        }
        let mut out = BufWriter::new(file);
        line(
            &Header {
                mcplint_snapshot: VERSION,
            },
            &mut out,
        )?;
        Ok(Self {
            path,
            out,
            calls: 0,
        })
    }

    /// Keeps a decision.
    ///
    /// # Errors
    /// Those of the system.
    pub fn take(&mut self, row: &Row<'_>) -> io::Result<()> {
        self.calls += 1;
        line(&Kept::of(row), &mut self.out)
    }

    /// Puts the snapshot in its place. Gives how many decisions it has.
    ///
    /// # Errors
    /// Those of the system.
    pub fn finish(self) -> io::Result<u64> {
        let file = self
            .out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map_err(|error| error.error)?;
        Ok(self.calls)
    }
}

/// A temporary file with the permissions of any new file.
fn new_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn line(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// What a call was decided, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decided {
    /// The decision's word.
    pub decision: String,
    /// The rule's name; empty unless the call was refused.
    pub rule: String,
}

/// A call that is not decided as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where the call is, or was.
    pub at: TraceLine,
    /// The server, if the call has one.
    pub server: Option<String>,
    /// The tool.
    pub tool: String,
    /// What was kept; `None` for a call that the snapshot does not have.
    pub before: Option<Decided>,
    /// What it comes to; `None` for a call that the trace no longer has.
    pub after: Option<Decided>,
}

/// What differences have in common.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The decision before; `None` for a new call.
    pub before: Option<String>,
    /// The decision now; `None` for a call that is gone.
    pub after: Option<String>,
    /// The server, if the calls have one.
    pub server: Option<String>,
    /// The tool.
    pub tool: String,
}

impl Kind {
    fn of(difference: &Difference) -> Self {
        let word = |decided: &Option<Decided>| decided.as_ref().map(|d| d.decision.clone());
        Self {
            before: word(&difference.before),
            after: word(&difference.after),
            server: difference.server.clone(),
            tool: difference.tool.clone(),
        }
    }
}

/// How a replay differs from its snapshot.
#[derive(Debug, Default)]
pub struct Differences {
    /// How many calls differ.
    pub calls: u64,
    /// How many decisions were compared.
    pub compared: u64,
    /// The first of them, at most [`TOLD`].
    pub first: Vec<Difference>,
    /// How many of each kind, most first.
    pub kinds: Vec<(Kind, u64)>,
    /// Those of further kinds.
    pub other_kinds: u64,
}

/// Compares decisions with a snapshot as they are made.
pub struct Comparer {
    kept: Reader,
    known: HashMap<Kind, usize>,
    differences: Differences,
}

impl Comparer {
    /// Opens the snapshot at `path`.
    ///
    /// # Errors
    /// Those of the system; [`io::ErrorKind::InvalidData`] if the file is no snapshot.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            kept: Reader::open(path)?,
            known: HashMap::default(),
            differences: Differences::default(),
        })
    }

    /// Compares a decision.
    ///
    /// # Errors
    /// Those of reading the snapshot.
    pub fn take(&mut self, row: &Row<'_>) -> io::Result<()> {
        let now = Kept::of(row);
        self.differences.compared += 1;
        while let Some(gone) = self.kept.next_if(|kept| kept.at() < now.at())? {
            self.gone(&gone);
        }
        match self.kept.next_if(|kept| kept.at() == now.at())? {
            None => self.new_call(&now),
            Some(kept) if !kept.is_same_call(&now) => {
                self.gone(&kept);
                self.new_call(&now);
            }
            Some(kept) if kept.decided() != now.decided() => {
                self.differs(&now, Some(kept.decided()), Some(now.decided()));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// The differences, now that the replay has ended.
    ///
    /// # Errors
    /// Those of reading the snapshot.
    pub fn finish(mut self) -> io::Result<Differences> {
        while let Some(gone) = self.kept.next_if(|_| true)? {
            self.gone(&gone);
        }
        // Kinds that are equally frequent stay in the order in which they were met.
        self.differences
            .kinds
            .sort_by_key(|(_, calls)| std::cmp::Reverse(*calls));
        Ok(self.differences)
    }

    fn gone(&mut self, kept: &Kept<'_>) {
        self.differs(kept, Some(kept.decided()), None);
    }

    fn new_call(&mut self, now: &Kept<'_>) {
        self.differs(now, None, Some(now.decided()));
    }

    #[cold]
    fn differs(&mut self, call: &Kept<'_>, before: Option<Decided>, after: Option<Decided>) {
        let difference = Difference {
            at: call.at(),
            server: call.server.as_deref().map(str::to_owned),
            tool: call.tool.to_string(),
            before,
            after,
        };
        let told = &mut self.differences;
        told.calls += 1;
        let kind = Kind::of(&difference);
        match self.known.get(&kind) {
            Some(&number) => told.kinds[number].1 += 1,
            None if told.kinds.len() == MAX_KINDS => told.other_kinds += 1,
            None => {
                self.known.insert(kind.clone(), told.kinds.len());
                told.kinds.push((kind, 1));
            }
        }
        if told.first.len() < TOLD {
            told.first.push(difference);
        }
    }
}

/// Reads a snapshot, a block at a time.
struct Reader {
    blocks: Blocks,
    block: Block,
    ready: VecDeque<Kept<'static>>,
}

impl Reader {
    fn open(path: &Path) -> io::Result<Self> {
        let mut reader = Self {
            blocks: Blocks::new(Box::new(File::open(path)?)),
            block: Block::default(),
            ready: VecDeque::new(),
        };
        reader.blocks.next_into(&mut reader.block)?;
        let header = reader.header();
        let Header { mcplint_snapshot } =
            header.ok_or_else(|| invalid("it is no snapshot of mcplint's".to_owned()))?;
        if mcplint_snapshot != VERSION {
            return Err(invalid(format!(
                "it is of version {mcplint_snapshot} of the format, not {VERSION}"
            )));
        }
        reader.take_block(1)?;
        Ok(reader)
    }

    /// What the first line of the first block says.
    fn header(&self) -> Option<Header> {
        let line = self.block.lines().next()?;
        serde_json::from_str(line.text()).ok()
    }

    /// The next decision that was kept, if it is `wanted`.
    fn next_if(&mut self, wanted: impl Fn(&Kept<'_>) -> bool) -> io::Result<Option<Kept<'static>>> {
        while self.ready.is_empty() {
            if !self.blocks.next_into(&mut self.block)? {
                return Ok(None);
            }
            self.take_block(0)?;
        }
        let is_wanted = self.ready.front().is_some_and(wanted);
        Ok(if is_wanted {
            self.ready.pop_front()
        } else {
            None
        })
    }

    fn take_block(&mut self, skipped: usize) -> io::Result<()> {
        for line in self.block.lines().skip(skipped) {
            let kept: Kept<'static> = serde_json::from_str(line.text())
                .map_err(|error| invalid(format!("line {}: {error}", line.number)))?;
            if Ruling::parse(&kept.decision).is_none() {
                let number = line.number;
                return Err(invalid(format!("line {number}: the decision is none")));
            }
            self.ready.push_back(kept);
        }
        Ok(())
    }
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Whether the file at `path` begins like a snapshot, of whatever version.
pub fn is_snapshot(path: &Path) -> bool {
    let first_line = || {
        let mut line = Vec::new();
        BufReader::new(File::open(path)?.take(LONGEST_HEADER)).read_until(b'\n', &mut line)?;
        io::Result::Ok(line)
    };
    first_line().is_ok_and(|line| serde_json::from_slice::<Header>(&line).is_ok())
}
