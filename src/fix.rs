//! Putting findings right: fixes that don't get in each other's way, round after round, and files
//! written so that nobody ever sees half of one.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use similar::TextDiff;

use crate::finding::{Edit, Finding, Fix, Safety};
use crate::rules::Rule;
use crate::source::file::SourceFile;
use crate::span::Span;

/// How often a file is changed and looked at again at most. Every round makes all changes that don't
/// overlap, so even long files need few.
const MAX_ROUNDS: usize = 64;

/// What is to be known of a text before and after a change.
#[derive(Debug)]
pub struct Judged {
    /// What is reported, in the order in which it is to be put right.
    pub findings: Vec<Finding>,
    /// Whether it is a policy that could be judged.
    pub is_policy: bool,
    /// How many errors of form it has, reported or not.
    pub form_errors: usize,
}

/// A text that was put right.
#[derive(Debug)]
pub struct Fixed {
    /// The whole of it; as it was if nothing could be done.
    pub text: String,
    /// How many fixes were made.
    pub made: usize,
    /// The fixes that would have made the file worse, and were not made.
    pub refused: Vec<Refused>,
}

/// A fix that would have made the file worse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The rule whose finding stays.
    pub rule: &'static Rule,
    /// RFC 6901 pointer of that finding.
    pub pointer: String,
}

/// Makes the fixes of up to `safety` in the text of `file`. `judge` looks at a text as the run does.
pub fn fix(file: &SourceFile, safety: Safety, judge: impl Fn(&SourceFile) -> Judged) -> Fixed {
    let mut fixed = Fixed {
        text: file.text.clone(),
        made: 0,
        refused: Vec::new(),
    };
    let mut now = judge(file);
    for _ in 0..MAX_ROUNDS {
        let wanted = fixed.wanted(&now.findings, safety);
        let (text, made) = apply(&fixed.text, &wanted);
        if made == 0 {
            break;
        }
        let next = judge(&with_text(file, &text));
        if next.is_no_worse_than(&now) {
            fixed.text = text;
            fixed.made += made;
            now = next;
            continue;
        }
        // One of them does harm: the first alone tells whether it is that one.
        let Some((first, finding)) = wanted.first().copied() else {
            break;
        };
        let (text, _) = apply(&fixed.text, &[(first, finding)]);
        let next = judge(&with_text(file, &text));
        if next.is_no_worse_than(&now) {
            fixed.text = text;
            fixed.made += 1;
            now = next;
        } else {
            fixed.refused.push(Refused::of(finding));
        }
    }
    fixed
}

impl Fixed {
    fn wanted<'f>(&self, findings: &'f [Finding], safety: Safety) -> Vec<(&'f Fix, &'f Finding)> {
        let wanted = findings.iter().filter_map(|finding| {
            let fix = finding.fix.as_ref()?;
            let may = fix.safety == Safety::Safe || safety == Safety::Unsafe;
            (may && !self.refused.contains(&Refused::of(finding))).then_some((fix, finding))
        });
        wanted.collect()
    }
}

impl Refused {
    fn of(finding: &Finding) -> Self {
        Self {
            rule: finding.rule,
            pointer: finding.pointer.clone(),
        }
    }
}

impl Judged {
    fn is_no_worse_than(&self, before: &Self) -> bool {
        (self.is_policy || !before.is_policy) && self.form_errors <= before.form_errors
    }
}

fn with_text(file: &SourceFile, text: &str) -> SourceFile {
    SourceFile::new(file.name.as_str(), text, file.syntax)
}

/// `text` with those of `fixes` made that don't touch what an earlier one changes, and how many.
fn apply(text: &str, fixes: &[(&Fix, &Finding)]) -> (String, usize) {
    let mut chosen: Vec<&Edit> = Vec::new();
    let mut made = 0;
    for (fix, _) in fixes {
        let free = |edit: &Edit| chosen.iter().all(|other| apart(other.span, edit.span));
        if fix.edits.iter().all(free) {
            chosen.extend(&fix.edits);
            made += 1;
        }
    }
    chosen.sort_by_key(|edit| edit.span);
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    for edit in chosen {
        changed.push_str(&text[at..edit.span.start]);
        changed.push_str(&edit.replacement);
        at = edit.span.end;
    }
    changed.push_str(&text[at..]);
    (changed, made)
}

/// Whether two changes have nothing to do with each other. Two that touch may have: each would add
/// the first member of one object.
fn apart(a: Span, b: Span) -> bool {
    a.end < b.start || b.end < a.start
}

/// The changes of a file as a unified diff; empty if there are none.
pub fn diff(name: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    let (from, to) = (format!("a/{name}"), format!("b/{name}"));
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().header(&from, &to).to_string()
}

/// Puts `after` in the place of `before` in the file at `path`: a new file with the same permissions
/// takes the old one's place at once. A link is followed to its file.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::Interrupted`] if the file no longer holds `before`.
pub fn write(path: &Path, before: &str, after: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    if fs::read(&path)? != before.as_bytes() {
        let changed = "it was changed in the meantime";
        return Err(io::Error::new(io::ErrorKind::Interrupted, changed));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(after.as_bytes())?;
    let permissions = fs::metadata(&path)?.permissions();
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}
