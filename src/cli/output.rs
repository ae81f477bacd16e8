//! Where the result goes: standard output, or the file that `-o` names.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::Trouble;
use super::args::Common;
use super::console::wants_color;
use crate::render::Style;

/// Columns of text where it is not a terminal that says how many it has.
const DEFAULT_WIDTH: usize = 100;

/// The file that the result goes to, if it goes to one.
fn destination(common: &Common) -> Option<&Path> {
    let path = common.output.as_deref();
    path.filter(|path| *path != Path::new("-"))
}

/// Makes sure that no file that is read would be overwritten with the result.
pub fn spare_inputs<'p, P: AsRef<Path> + 'p>(
    common: &Common,
    inputs: impl IntoIterator<Item = P>,
) -> Result<(), Trouble> {
    let file = destination(common).and_then(|path| path.canonicalize().ok());
    let Some(file) = file.filter(|file| file.is_file()) else {
        return Ok(());
    };
    for input in inputs {
        let input = input.as_ref();
        if input.canonicalize().is_ok_and(|input| input == file) {
            return Err(Trouble::with_help(
                format!(
                    "the result would overwrite `{}`, which is read",
                    input.display()
                ),
                "name another file with -o",
            ));
        }
    }
    Ok(())
}

/// Opens the output, buffered. Whoever writes also has to flush.
pub fn open(common: &Common) -> Result<Box<dyn Write>, Trouble> {
    let Some(path) = destination(common) else {
        return Ok(Box::new(BufWriter::with_capacity(1 << 16, io::stdout())));
    };
    let file = File::create(path)
        .map_err(|error| Trouble::new(format!("can't write `{}`: {error}", path.display())))?;
    Ok(Box::new(BufWriter::with_capacity(1 << 16, file)))
}

/// The format that was asked for, or else `github` in a step of GitHub Actions, and `text` elsewhere.
pub fn format<F>(asked: Option<F>, text: F, github: F) -> F {
    let in_actions = || std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    asked.unwrap_or_else(|| if in_actions() { github } else { text })
}

/// The folder that paths are relative to where a platform shows them: the root of the repository
/// that the working directory is in, or else the working directory.
pub fn root() -> PathBuf {
    let Ok(here) = std::env::current_dir() else {
        return PathBuf::from(".");
    };
    let repository = here.ancestors().find(|folder| folder.join(".git").exists());
    repository.unwrap_or(&here).to_owned()
}

/// How text is to look there.
pub fn style(common: &Common) -> Style {
    let is_terminal = destination(common).is_none() && io::stdout().is_terminal();
    Style {
        color: wants_color(common.color, is_terminal),
        width: width(),
    }
}

/// How text is to look on standard error.
pub fn error_style(common: &Common) -> Style {
    Style {
        color: wants_color(common.color, io::stderr().is_terminal()),
        width: width(),
    }
}

/// How many columns text may take.
pub fn width() -> usize {
    let columns = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    columns.unwrap_or(DEFAULT_WIDTH).clamp(40, 160)
}
