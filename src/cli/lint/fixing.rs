//! Making fixes: in the files, or as a diff that shows what they would change.

use std::io::Write;
use std::path::Path;

use super::look::{Checked, Look};
use crate::cli::args::{Common, FixSafety, Lint};
use crate::cli::console::Console;
use crate::cli::{Trouble, output};
use crate::finding::{Safety, Severity};
use crate::fix::{self, Fixed, Judged};
use crate::render::counted;
use crate::render::escape::printable_lines;
use crate::source::file::SourceFile;

/// Which fixes are made, and how.
#[derive(Clone, Copy)]
pub struct Fixing {
    safety: Safety,
    min_severity: Severity,
    /// Whether they are only shown.
    pub diff: bool,
}

impl Fixing {
    /// What `args` ask for, if it is fixes.
    pub fn of(args: &Lint) -> Option<Self> {
        let wanted = args.fix.is_some() || args.diff;
        wanted.then_some(Self {
            safety: match args.fix {
                Some(FixSafety::Unsafe) => Safety::Unsafe,
                Some(FixSafety::Safe) | None => Safety::Safe,
            },
            min_severity: args.findings.min_severity,
            diff: args.diff,
        })
    }

    /// Fixes the files, or shows how it would.
    pub fn all(
        self,
        look: &Look<'_>,
        checked: &mut [Checked],
        common: &Common,
        console: Console,
    ) -> Result<(), Trouble> {
        let mut out = match self.diff {
            true => Some(output::open(common)?),
            false => None,
        };
        let (mut made, mut files) = (0, 0);
        for checked in checked {
            let fixed = self.one(look, checked, console);
            if fixed.made == 0 {
                continue;
            }
            if let Some(out) = &mut out {
                let name = &checked.file.name;
                let diff = fix::diff(name, &checked.file.text, &fixed.text);
                out.write_all(printable_lines(&diff).as_bytes())?;
            } else if !write(look, checked, &fixed.text, console) {
                continue;
            }
            made += fixed.made;
            files += 1;
        }
        if let Some(mut out) = out {
            out.flush()?;
        }
        self.tell(made, files, console);
        Ok(())
    }

    fn one(self, look: &Look<'_>, checked: &Checked, console: Console) -> Fixed {
        let fixed = fix::fix(&checked.file, self.safety, |file| {
            let mut linted = look.lint(file);
            linted
                .findings
                .retain(|found| found.severity >= self.min_severity);
            Judged {
                findings: linted.findings,
                is_policy: linted.is_policy,
                form_errors: linted.form_errors,
            }
        });
        for refused in &fixed.refused {
            console.warning(format!(
                "`{}`: the fix of `{}` at `{}` was not made, it would have broken the policy",
                checked.file.name, refused.rule.id, refused.pointer
            ));
        }
        fixed
    }

    fn tell(self, made: usize, files: usize, console: Console) {
        let verb = match (self.diff, made) {
            (true, _) => "would be",
            (false, 1) => "was",
            (false, _) => "were",
        };
        let (made, files) = (counted(made, "fix", "es"), counted(files, "file", "s"));
        console.note(format!("{made} {verb} made in {files}"));
    }
}

/// Writes a fixed file and looks at it again. Whether it could be written; if not, it is told.
fn write(look: &Look<'_>, checked: &mut Checked, text: &str, console: Console) -> bool {
    let name = checked.file.name.as_str();
    if name == "-" {
        console.warning("standard input can't be fixed; --diff shows what would change");
        return false;
    }
    if let Err(error) = fix::write(Path::new(name), &checked.file.text, text) {
        console.error(format!("`{name}` was left as it is: {error}"));
        return false;
    }
    checked.file = SourceFile::new(name, text, checked.file.syntax);
    checked.linted = look.lint(&checked.file);
    true
}
