//! A progress bar on standard error, for long traces in front of a person.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::trace::source::{Recording, Watcher};

/// Bytes of trace that are worth a bar.
const LONG: u64 = 32 * 1024 * 1024;

/// How far a replay is.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar if there is somebody to see it and something to wait for; none in pipes and CI.
    pub fn new(traces: &[Recording], quiet: bool) -> Self {
        let size: Option<u64> = traces.iter().map(Recording::size).sum();
        let watched = io::stderr().is_terminal() && std::env::var_os("CI").is_none();
        if quiet || !watched || size.is_some_and(|size| size < LONG) {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
        let shape = if size.is_some() {
            "{bar:40} {percent:>3} % {bytes_per_sec} {eta} left"
        } else {
            "{spinner} {bytes} {bytes_per_sec}"
        };
        bar.set_style(ProgressStyle::with_template(shape).expect("the template is well-formed"));
        Self(bar)
    }

    /// Takes the number of bytes of each read.
    pub fn watcher(&self) -> Watcher {
        let bar = self.0.clone();
        Arc::new(move |bytes| bar.inc(bytes))
    }
}

impl Drop for Progress {
    /// Takes the bar away, however the replay ended.
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
