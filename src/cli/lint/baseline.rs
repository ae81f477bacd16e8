//! The files of known findings: reading the one that holds for a run, and writing a new one.

use std::path::Path;

use super::look::Checked;
use crate::cli::Trouble;
use crate::cli::console::Console;
use crate::render::counted;
use crate::source::file::{MAX_BYTES, SourceFile};
use crate::suppress::baseline::{self, Baseline};

pub fn read(path: &Path) -> Result<Baseline, Trouble> {
    let file = SourceFile::read(path, MAX_BYTES).map_err(|error| match path.exists() {
        true => Trouble::new(error.to_string()),
        false => Trouble::with_help(
            format!("there is no baseline `{}`", path.display()),
            format!(
                "`mcplint lint --write-baseline {}` writes one",
                path.display()
            ),
        ),
    })?;
    Baseline::parse(file).map_err(Trouble::Baseline)
}

/// Writes all findings to a baseline, in the place of an earlier one.
pub fn write(path: &Path, checked: &[Checked], console: Console) -> Result<(), Trouble> {
    spare_others(path)?;
    let findings: Vec<_> = checked
        .iter()
        .flat_map(|Checked { file, linted }| {
            let findings = linted.findings.iter();
            findings.map(|finding| (file.name.as_str(), finding))
        })
        .collect();
    let count = findings.len();
    let trouble = |error| Trouble::new(format!("can't write `{}`: {error}", path.display()));
    let mut text = Vec::new();
    baseline::write(path, findings, &mut text).map_err(trouble)?;
    std::fs::write(path, text).map_err(trouble)?;
    let are = if count == 1 { "is" } else { "are" };
    console.note(format!(
        "{} {are} kept in `{}`: with --baseline, or `baseline` in the configuration, only others \
         are reported",
        counted(count, "finding", "s"),
        path.display()
    ));
    Ok(())
}

/// Makes sure that no file of another kind is overwritten.
fn spare_others(path: &Path) -> Result<(), Trouble> {
    if let Ok(there) = SourceFile::read(path, MAX_BYTES)
        && Baseline::parse(there).is_err()
    {
        return Err(Trouble::with_help(
            format!(
                "`{}` is no baseline and was not overwritten",
                path.display()
            ),
            "name another file, or remove it first",
        ));
    }
    Ok(())
}
