//! Loading tool lists, and showing what is wrong with them.

use std::path::{Path, PathBuf};

use super::args::Common;
use super::{Trouble, output};
use crate::catalog::{Catalog, MAX_BYTES};
use crate::finding::{Finding, Severity};
use crate::render::{self, FileFindings, Report};
use crate::source::file::SourceFile;

/// Reads tool lists into one catalog. The second value says whether all of it could be read;
/// what could not is shown on standard error.
pub fn load(paths: &[PathBuf], common: &Common) -> Result<(Catalog, bool), Trouble> {
    let inputs = paths.iter().filter(|path| *path == Path::new("-"));
    if inputs.count() > 1 {
        return Err(Trouble::new("standard input is named twice"));
    }
    let mut catalog = Catalog::new();
    let mut complete = true;
    for path in paths {
        let file =
            SourceFile::read(path, MAX_BYTES).map_err(|error| Trouble::new(error.to_string()))?;
        let findings = catalog.add(&file);
        complete &= findings
            .iter()
            .all(|finding| finding.severity < Severity::Error);
        show(&file, &findings, common)?;
    }
    Ok((catalog, complete))
}

fn show(file: &SourceFile, findings: &[Finding], common: &Common) -> Result<(), Trouble> {
    let floor = if common.quiet {
        Severity::Error
    } else {
        Severity::Note
    };
    let findings: Vec<_> = findings
        .iter()
        .filter(|f| f.severity >= floor)
        .cloned()
        .collect();
    let files = [FileFindings {
        name: &file.name,
        text: &file.text,
        lines: &file.lines,
        findings: &findings,
    }];
    let report = Report {
        files: &files,
        files_checked: 1,
        ignored: 0,
    };
    let style = output::error_style(common);
    Ok(render::findings::text::write(
        &report,
        style,
        &mut std::io::stderr().lock(),
    )?)
}
