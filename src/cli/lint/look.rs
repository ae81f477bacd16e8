//! Looking at files one after another, on as many threads as are worth it: what was read, and what
//! there is to say about it.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cli::console::Console;
use crate::cli::offers::ToolLists;
use crate::lint::{self, Linted, Options};
use crate::render::Unread;
use crate::source::file::{ReadError, SourceFile};

/// A file and what there is to say about it.
pub struct Checked {
    pub file: SourceFile,
    pub linted: Linted,
}

/// What it takes to look at a file.
pub struct Look<'a> {
    pub options: &'a Options,
    pub lists: &'a ToolLists,
    /// The largest file that is read.
    pub max_bytes: u64,
}

/// With fewer files than this for each, threads cost more than they give.
const FILES_PER_THREAD: usize = 8;

impl Look<'_> {
    /// Looks at all files. It is told which can't be read; they are the second value. The order is
    /// that of `paths`.
    pub fn all(&self, paths: &[PathBuf], console: Console) -> (Vec<Checked>, Vec<Unread>) {
        let mut checked = Vec::with_capacity(paths.len());
        let mut unread = Vec::new();
        for (path, result) in paths.iter().zip(self.each(paths)) {
            match result {
                Ok(one) => checked.push(one),
                Err(error) => {
                    console.error(&error);
                    unread.push(Unread {
                        path: path.clone(),
                        message: error.to_string(),
                    });
                }
            }
        }
        (checked, unread)
    }

    /// What becomes of each path. A thread takes the next one when it is done with its last: files
    /// differ in how long they take.
    fn each(&self, paths: &[PathBuf]) -> impl Iterator<Item = Result<Checked, ReadError>> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::with_capacity(paths.len()));
        let work = || {
            let mut own = Vec::new();
            while let Some((nth, path)) = {
                let nth = next.fetch_add(1, Ordering::Relaxed);
                paths.get(nth).map(|path| (nth, path))
            } {
                own.push((nth, self.one(path)));
            }
            // A thread that panicked ends the program: the lock is never poisoned.
            if let Ok(mut results) = results.lock() {
                results.append(&mut own);
            }
        };
        match threads(paths.len()) {
            1 => work(),
            threads => std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(work);
                }
            }),
        }
        let mut results = results.into_inner().unwrap_or_default();
        results.sort_by_key(|(nth, _)| *nth);
        results.into_iter().map(|(_, result)| result)
    }

    fn one(&self, path: &Path) -> Result<Checked, ReadError> {
        let file = SourceFile::read(path, self.max_bytes)?;
        let linted = self.lint(&file);
        Ok(Checked { file, linted })
    }

    /// Looks at a file that has been read.
    pub fn lint(&self, file: &SourceFile) -> Linted {
        let offer = self.lists.offer(Path::new(&file.name));
        lint::lint(file, offer, self.options)
    }
}

/// How many threads are worth it.
fn threads(files: usize) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    processors.min(files / FILES_PER_THREAD).max(1)
}
