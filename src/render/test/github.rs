//! Policy unit tests as annotations of a GitHub workflow: one beside each record that failed.

use std::io::{self, Write};
use std::path::Path;

use super::{Report, not_checked, per_cent, sentence};
use crate::finding::Severity;
use crate::policy::quantity::grouped;
use crate::render::findings::Place;
use crate::render::findings::github::{Annotation, MOST_OF_A_KIND, Region};
use crate::replay::covered::share;

/// Writes `report`; paths are told from `root`.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report<'_>, root: &Path, out: &mut dyn Write) -> io::Result<()> {
    for unchecked in report.unchecked.iter().take(MOST_OF_A_KIND) {
        let place = Place::of(root, &unchecked.file);
        let region = unchecked.line.map(region);
        let annotation = Annotation {
            severity: Severity::Error,
            title: "mcplint test",
            place: place.path().map(|path| (path, region)),
            message: &unchecked.problem,
            help: None,
        };
        annotation.write(out)?;
    }
    let room = MOST_OF_A_KIND.saturating_sub(report.unchecked.len());
    for (file, case, failure) in report.failures().take(room) {
        let place = Place::of(root, file);
        let annotation = Annotation {
            severity: Severity::Error,
            title: "mcplint test",
            place: place.path().map(|path| (path, Some(region(case.line)))),
            message: &sentence(case, &failure.actual),
            help: None,
        };
        annotation.write(out)?;
    }
    let counts = report.counts();
    let all = counts.failed + report.unchecked.len();
    let more = all.saturating_sub(MOST_OF_A_KIND);
    if more > 0 {
        let more = grouped(more as u64);
        writeln!(
            out,
            "and {more} more, which GitHub would not show; --format text has all of them"
        )?;
    }
    if let Some(clauses) = report.coverage {
        let (fired, all) = share(clauses);
        let percent = per_cent(fired, all);
        writeln!(out, "{fired} of {all} clauses fired, {percent} %")?;
    }
    writeln!(
        out,
        "{} failed, {} passed, {} in all{}",
        counts.failed,
        counts.passed(),
        counts.total,
        not_checked(report)
    )
}

fn region(line: u64) -> Region {
    Region::line(usize::try_from(line).unwrap_or(usize::MAX))
}
