//! A folder of recordings as one trace: the calls of its files by time.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::WalkBuilder;

use super::convert::{Item, Items};
use super::decompress::is_gzip;
use super::foreign::{Foreign, Told};
use super::format::{Format, Look};
use super::repeats::Repeats;
use super::source::Watcher;
use super::{Location, open};
use crate::time::Timestamp;

/// How many bytes of a file are read at once: there may be many files open.
const READ_BYTES: usize = 32 * 1024;

/// What is in a folder that is read as one trace.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The recordings, sorted by path.
    pub files: Vec<PathBuf>,
    /// The files that are called like recordings, and are none.
    pub passed_over: Vec<PassedOver>,
}

/// A file that is called like a recording, and is none.
#[derive(Debug, Clone)]
pub struct PassedOver {
    /// The file.
    pub file: PathBuf,
    /// Why it is none: one sentence without a full stop.
    pub why: String,
}

impl Folder {
    /// Looks for recordings below `folder`: `.json` and `.jsonl`, compressed or not, all of this
    /// format, or each of the one that it seems to have. The start of every file is read; of one
    /// that does not begin like the format that was asked for, all up to the first call.
    ///
    /// # Errors
    /// What the system says, or that there is none.
    pub fn search(folder: &Path, format: Option<Format>) -> io::Result<Self> {
        let (mut files, mut passed_over) = (Vec::new(), Vec::new());
        for file in files_below(folder)? {
            match why_none(&file, format).map_err(|error| named(&file, &error))? {
                None => files.push(file),
                Some(why) => passed_over.push(PassedOver { file, why }),
            }
        }
        if files.is_empty() {
            let why = "none of the .jsonl and .json files in the folder begins like a recording";
            let why = match (format, passed_over.first()) {
                (Some(_), Some(first)) => {
                    format!("{why}: `{}`: {}", first.file.display(), first.why)
                }
                _ => why.to_owned(),
            };
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Ok(Self { files, passed_over })
    }
}

/// The files below `folder` that are called like recordings, sorted by path.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    // Recordings are often kept out of repositories, and transcripts in hidden folders.
    for entry in WalkBuilder::new(folder).standard_filters(false).build() {
        let entry = entry.map_err(io::Error::other)?;
        if entry.file_type().is_some_and(|kind| kind.is_file()) && is_recording(entry.path()) {
            files.push(entry.into_path());
        }
    }
    if files.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the folder has no .jsonl or .json file",
        ));
    }
    files.sort();
    Ok(files)
}

/// Why a file is no recording; `None` if it is one.
fn why_none(file: &Path, asked: Option<Format>) -> io::Result<Option<String>> {
    let unwatched: Watcher = Arc::new(|_| ());
    let told = told(file, asked, &unwatched);
    let first_call = told.and_then(|told| match (told.format, told.doubt) {
        (None, _) => Err(Foreign {
            asked,
            look: Look::Unknown,
        }
        .into()),
        (Some(format), Some(_)) => first_time(told.items(format, READ_BYTES)?).map(|_| ()),
        (Some(_), None) => Ok(()),
    });
    let Err(error) = first_call else {
        return Ok(None);
    };
    let Some(foreign) = Foreign::of(&error) else {
        return Err(error);
    };
    let is_gz = file
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("gz"));
    if is_gz && foreign.look == Look::Unknown && !is_gzip(file)? {
        return Ok(Some(
            "it is called .gz, but there is no gzip in it".to_owned(),
        ));
    }
    Ok(Some(foreign.to_string()))
}

/// Opens a file, and looks at its start.
fn told(file: &Path, format: Option<Format>, watcher: &Watcher) -> io::Result<Told> {
    let watcher = Arc::clone(watcher);
    let stream = open(&Location::File(file.to_owned()), move |bytes| {
        watcher(bytes)
    })?;
    Told::of(stream, format)
}

/// An error that says which file it is about.
fn named(file: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", file.display()))
}

fn is_recording(path: &Path) -> bool {
    // Claude Code keeps a list of its sessions beside them.
    if path
        .file_name()
        .is_some_and(|name| name == "sessions-index.json")
    {
        return false;
    }
    let extension = |path: &Path| path.extension().map(|e| e.to_string_lossy().to_lowercase());
    let is = |path: &Path, among: [&str; 2]| extension(path).is_some_and(|e| among.contains(&&*e));
    let plain = match is(path, ["gz", "zst"]) {
        true => path.with_extension(""),
        false => path.to_owned(),
    };
    is(&plain, ["jsonl", "json"])
}

/// The calls of several files by time. A call without a time stays behind the one before it, and
/// files are opened when their first call's turn has come, so that few are open at a time.
pub struct Merged {
    files: Vec<PathBuf>,
    format: Option<Format>,
    watcher: Watcher,
    /// The files that were not opened yet, with the time of their first call; the next one is last.
    later: Vec<(Option<Timestamp>, usize)>,
    open: BinaryHeap<Reverse<Head>>,
    /// Sessions that were resumed or forked have the calls of an earlier file again.
    repeats: Repeats,
}

impl Merged {
    /// The calls of `files`, all of this format, or each of the one that it seems to have. The start
    /// of every file is read.
    ///
    /// # Errors
    /// What opening or reading a file says.
    pub fn new(files: Vec<PathBuf>, format: Option<Format>, watcher: Watcher) -> io::Result<Self> {
        let mut merged = Self {
            files,
            format,
            watcher,
            later: Vec::new(),
            open: BinaryHeap::new(),
            repeats: Repeats::default(),
        };
        let unwatched: Watcher = Arc::new(|_| ());
        for number in 0..merged.files.len() {
            let items = merged.items(number, &unwatched)?;
            let first = merged.named(number, first_time(items))?;
            merged.later.push((first, number));
        }
        merged.later.sort_unstable_by(|a, b| b.cmp(a));
        Ok(merged)
    }

    /// The next call, with the number of its file.
    ///
    /// # Errors
    /// What opening, reading or decompressing says.
    pub fn next_item(&mut self) -> io::Result<Option<(usize, Item)>> {
        while let Some((number, item)) = self.next_of_any()? {
            if !self.is_repeat(&item) {
                return Ok(Some((number, item)));
            }
        }
        Ok(None)
    }

    fn is_repeat(&mut self, item: &Item) -> bool {
        let Item::Call(record) = item else {
            return false;
        };
        let identity = record.identity;
        identity.is_some_and(|identity| !self.repeats.is_first(identity))
    }

    /// The next that a file gives.
    fn next_of_any(&mut self) -> io::Result<Option<(usize, Item)>> {
        while let Some(next) = self.later.last()
            && self
                .open
                .peek()
                .is_none_or(|Reverse(head)| *next < head.key)
        {
            let key = *next;
            self.later.pop();
            let watcher = Arc::clone(&self.watcher);
            let items = self.items(key.1, &watcher)?;
            self.advance(key, items)?;
        }
        let Some(Reverse(Head { key, item, rest })) = self.open.pop() else {
            return Ok(None);
        };
        self.advance(key, rest)?;
        Ok(Some((key.1, item)))
    }

    /// Puts a file where its next call belongs. It has got as far as `key`.
    fn advance(
        &mut self,
        (latest, number): (Option<Timestamp>, usize),
        mut rest: Box<dyn Items>,
    ) -> io::Result<()> {
        if let Some(item) = self.named(number, rest.next_item())? {
            let key = (latest.max(time(&item)), number);
            self.open.push(Reverse(Head { key, item, rest }));
        }
        Ok(())
    }

    /// Opens a file.
    fn items(&self, number: usize, watcher: &Watcher) -> io::Result<Box<dyn Items>> {
        let told = told(&self.files[number], self.format, watcher);
        let items = told.and_then(|told| {
            let format = told.format.unwrap_or(Format::Native);
            told.items(format, READ_BYTES)
        });
        self.named(number, items)
    }

    fn named<T>(&self, number: usize, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| named(&self.files[number], &error))
    }
}

fn time(item: &Item) -> Option<Timestamp> {
    match item {
        Item::Call(record) => record.ts.as_ref().map(|ts| ts.instant),
        Item::Problem { .. } | Item::Note { .. } => None,
    }
}

/// The time of the first call.
fn first_time(mut items: Box<dyn Items>) -> io::Result<Option<Timestamp>> {
    while let Some(item) = items.next_item()? {
        if let Item::Call(_) = item {
            return Ok(time(&item));
        }
    }
    Ok(None)
}

/// An open file, by what it gives next.
struct Head {
    /// The latest time so far, and the file's number.
    key: (Option<Timestamp>, usize),
    item: Item,
    rest: Box<dyn Items>,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Head {}
