//! Putting findings right: fixes that don't get in each other's way, round after round, and files
//! written so that nobody ever sees half of one.

use std::collections::BTreeMap;
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
        let mut wanted: Vec<_> = wanted.collect();
        // Where fixes get in each other's way, what is worse is put right first.
        wanted.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.severity));
        wanted
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
    let mut chosen = Chosen::default();
    let mut made = 0;
    for (fix, _) in fixes {
        if fix.edits.iter().all(|edit| chosen.is_free(edit.span)) {
            chosen.add(&fix.edits);
            made += 1;
        }
    }
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    for edit in chosen.0.values() {
        changed.push_str(&text[at..edit.span.start]);
        changed.push_str(&edit.replacement);
        at = edit.span.end;
    }
    changed.push_str(&text[at..]);
    (changed, made)
}

/// Edits that are made together, in the order of the text.
#[derive(Default)]
struct Chosen<'f>(BTreeMap<Span, &'f Edit>);

impl<'f> Chosen<'f> {
    /// Whether no edit touches `span`. Two that touch may have to do with each other: each would add
    /// the first member of one object.
    fn is_free(&self, span: Span) -> bool {
        let behind = Span {
            start: span.end,
            end: usize::MAX,
        };
        let before = self.0.range(..=behind).next_back();
        before.is_none_or(|(other, _)| other.end < span.start)
    }

    fn add(&mut self, edits: &'f [Edit]) {
        self.0.extend(edits.iter().map(|edit| (edit.span, edit)));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::REMARK;
    use crate::source::Syntax;

    /// A finding whose fix puts `with` in the place of the bytes from `start` to `end`.
    fn finding(start: usize, end: usize, with: &str) -> Finding {
        let span = Span::new(start, end);
        let edit = Edit {
            span,
            replacement: with.to_owned(),
        };
        let pointer = format!("/{start}");
        Finding::new(&REMARK, pointer, span, "").fix(Fix::safe("", Some(vec![edit])))
    }

    fn file(text: &str) -> SourceFile {
        SourceFile::new("f", text, Syntax::Json)
    }

    fn judged(findings: Vec<Finding>, text: &str) -> Judged {
        Judged {
            findings,
            is_policy: !text.contains('!'),
            form_errors: text.matches('?').count(),
        }
    }

    /// Each `a` is to become a `b`, each `c` a `!`, each `d` a `?`.
    fn letters(file: &SourceFile) -> Judged {
        let findings = file.text.char_indices().filter_map(|(at, c)| {
            let with = match c {
                'a' => "b",
                'c' => "!",
                'd' => "?",
                _ => return None,
            };
            Some(finding(at, at + 1, with))
        });
        judged(findings.collect(), &file.text)
    }

    #[test]
    fn all_that_can_be_is_fixed_and_what_does_harm_is_told() {
        let fixed = fix(&file("aaa c a d xa"), Safety::Safe, letters);
        assert_eq!((fixed.text.as_str(), fixed.made), ("bbb c b d xb", 5));
        let refused: Vec<_> = fixed.refused.iter().map(|r| r.pointer.as_str()).collect();
        assert_eq!(refused, ["/4", "/8"]);
    }

    #[test]
    fn what_is_worse_is_put_right_first() {
        let note = finding(0, 1, "n").severity(crate::finding::Severity::Note);
        let judge = |file: &SourceFile| match file.text.as_str() {
            "ab" => judged(vec![note.clone(), finding(1, 2, "e")], &file.text),
            _ => judged(Vec::new(), &file.text),
        };
        assert_eq!(fix(&file("ab"), Safety::Safe, judge).text, "ae");
    }

    #[test]
    fn fixes_that_never_end_are_given_up() {
        let more = |file: &SourceFile| judged(vec![finding(0, 0, "x")], &file.text);
        let fixed = fix(&file(""), Safety::Safe, more);
        assert_eq!(fixed.made, MAX_ROUNDS);
    }

    #[test]
    fn what_touches_waits_for_the_next_round() {
        let (a, b, c) = (finding(0, 2, "x"), finding(2, 3, "y"), finding(4, 4, "z"));
        let with_fix = |f: &Finding| f.fix.clone().expect("it has one");
        let fixes: Vec<Fix> = [&a, &b, &c].map(with_fix).into();
        let all: Vec<_> = fixes.iter().zip([&a, &b, &c]).collect();
        assert_eq!(apply("012345", &all), ("x23z45".to_owned(), 2));
    }
}
