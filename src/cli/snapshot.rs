//! `--snapshot`: decisions that are kept beside the policy, or compared with those that were.

use std::io;
use std::path::{Path, PathBuf};

use super::Trouble;
use super::args::Simulate;
use super::console::Console;
use crate::policy::quantity::grouped;
use crate::render::replay::{Context, snapshot as render};
use crate::replay::Row;
use crate::replay::snapshot::{Comparer, Recorder, is_snapshot};

/// The snapshot of a run.
pub enum Snapshot {
    /// There is none.
    None,
    /// It is written.
    Written(PathBuf, Recorder),
    /// The decisions are compared with it.
    Compared(PathBuf, Box<Comparer>),
}

impl Snapshot {
    /// The snapshot that the command line asks for; `inputs` are files that it may not replace.
    pub fn of<'p>(
        args: &Simulate,
        mut inputs: impl Iterator<Item = &'p str>,
    ) -> Result<Self, Trouble> {
        let Some(path) = &args.snapshot else {
            return Ok(Snapshot::None);
        };
        let shown = path.display();
        let place = path.canonicalize().ok();
        if place.is_some() && inputs.any(|input| Path::new(input).canonicalize().ok() == place) {
            return Err(Trouble::new(format!(
                "the snapshot `{shown}` is a file that is read"
            )));
        }
        if place.is_some() && !args.update_snapshot {
            let comparer = Comparer::open(path).map_err(|error| broken(path, &error))?;
            return Ok(Snapshot::Compared(path.clone(), Box::new(comparer)));
        }
        if place.is_some() && !is_snapshot(path) {
            return Err(Trouble::with_help(
                format!("`{shown}` is no snapshot and was not overwritten"),
                "name another file, or remove it first",
            ));
        }
        let recorder = Recorder::new(path)
            .map_err(|error| Trouble::new(format!("can't write `{shown}`: {error}")))?;
        Ok(Snapshot::Written(path.clone(), recorder))
    }

    /// Keeps or compares a decision.
    pub fn take(&mut self, row: &Row<'_>) -> io::Result<()> {
        match self {
            Snapshot::None => Ok(()),
            Snapshot::Written(_, recorder) => recorder.take(row),
            Snapshot::Compared(_, comparer) => comparer.take(row),
        }
    }

    /// Tells what was kept, or what differs, if anything. Whether decisions changed.
    pub fn finish(self, context: &Context<'_>, console: Console) -> Result<bool, Trouble> {
        match self {
            Snapshot::None => Ok(false),
            Snapshot::Written(path, recorder) => {
                let shown = path.display();
                let calls = recorder
                    .finish()
                    .map_err(|error| Trouble::new(format!("can't write `{shown}`: {error}")))?;
                let noun = if calls == 1 { "call" } else { "calls" };
                let calls = grouped(calls);
                console.note(format!(
                    "the decisions of {calls} {noun} are kept in `{shown}`"
                ));
                Ok(false)
            }
            Snapshot::Compared(path, comparer) => {
                let differences = comparer.finish().map_err(|error| broken(&path, &error))?;
                if differences.calls == 0 {
                    console.note(format!(
                        "no decision differs from the snapshot `{}`",
                        path.display()
                    ));
                    return Ok(false);
                }
                let verb = if differences.calls == 1 {
                    "call differs"
                } else {
                    "calls differ"
                };
                console.error(format!(
                    "{} {verb} from the snapshot `{}`",
                    grouped(differences.calls),
                    path.display()
                ));
                console.lines(&render::text(&differences, context));
                console.help("--update-snapshot keeps the decisions as they are now");
                Ok(true)
            }
        }
    }
}

fn broken(path: &Path, error: &io::Error) -> Trouble {
    Trouble::with_help(
        format!("can't read the snapshot `{}`: {error}", path.display()),
        "a snapshot is a file that --snapshot has written",
    )
}
