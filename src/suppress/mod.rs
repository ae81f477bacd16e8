//! What is not to be reported, and who said so: comments, the configuration, a baseline.
//!
//! An ignore names a rule and says why; one that matches nothing is reported, as far as this run can
//! tell: the rule has to have run, on the file that the ignore is about.

pub mod baseline;
pub mod comments;

use std::path::{Path, PathBuf};

use globset::GlobMatcher;

use crate::finding::Finding;
use crate::lint::Levels;
use crate::rules::{Check, IGNORE_WITHOUT_REASON, Rule, UNUSED_IGNORE};
use crate::source::file::SourceFile;
use crate::source::path;
use crate::span::Span;
use crate::validate::by_place;
use baseline::Baseline;
use comments::Comment;

/// The ignores that hold for every file of a run.
#[derive(Debug, Default)]
pub struct Ignores {
    /// Those of the configuration, in its order.
    pub configured: Vec<Configured>,
    /// The folder that their paths are relative to.
    pub folder: PathBuf,
    /// Findings that were there before.
    pub baseline: Option<Baseline>,
}

/// An `[[ignore]]` of the configuration.
#[derive(Debug, Clone)]
pub struct Configured {
    /// The rule that is not reported.
    pub rule: &'static Rule,
    /// In which files; in all of them if absent.
    pub path: Option<GlobMatcher>,
    /// RFC 6901 pointer of the place at and below which it is not reported.
    pub at: Option<String>,
    /// Why not.
    pub reason: Option<String>,
    /// Its bytes in the configuration.
    pub span: Span,
}

/// A finding that is not reported, and who said so.
#[derive(Debug, Clone)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Where it says that it is not to be reported.
    pub by: By,
    /// Why not, in the words of whoever said so.
    pub reason: Option<String>,
}

/// What keeps a finding from being reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A comment in the file itself.
    Comment,
    /// An `[[ignore]]` of the configuration.
    Configuration,
    /// A baseline: it was there before.
    Baseline,
}

/// Takes the findings that `covers` says yes to out of `findings`, and keeps them as suppressed.
/// Whether there were any.
fn suppress(
    findings: &mut Vec<Finding>,
    (by, reason): (By, Option<&str>),
    suppressed: &mut Vec<Suppressed>,
    covers: impl FnMut(&mut Finding) -> bool,
) -> bool {
    let before = suppressed.len();
    suppressed.extend(findings.extract_if(.., covers).map(|finding| Suppressed {
        finding,
        by,
        reason: reason.map(str::to_owned),
    }));
    suppressed.len() > before
}

/// What was not reported of one file.
#[derive(Debug, Clone, Default)]
pub struct Ignored {
    /// The findings, by place and rule.
    pub findings: Vec<Suppressed>,
    /// The configured ignores that are about this file, and whether there is nothing to be said
    /// against them: they matched, or their rule had no say.
    pub configured: Vec<(usize, bool)>,
    /// The entries of the baseline that are about this file, and how many findings each met.
    pub baseline: Vec<(usize, usize)>,
}

/// A file that ignores are applied to.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// Which rules ran.
    pub levels: &'a Levels,
    /// Whether the rules that judge policies could look at it.
    pub judged: bool,
    /// Whether it was known what the server offers.
    pub offered: bool,
}

impl Scope<'_> {
    /// Whether `rule` had its say about the file: another run, with what the server offers, may find
    /// what this one does not.
    fn ran(&self, rule: &'static Rule) -> bool {
        let had_its_say = match rule.check {
            Check::Form => true,
            _ => self.judged && (self.offered || !rule.needs_tools),
        };
        self.levels.runs(rule) && had_its_say
    }
}

impl Ignores {
    /// Takes the ignored ones out of `findings`, and adds what there is to say about `comments`.
    pub fn apply(
        &self,
        scope: &Scope<'_>,
        comments: &[Comment],
        findings: &mut Vec<Finding>,
    ) -> Ignored {
        let mut ignored = Ignored::default();
        let about_comments = comments::apply(scope, comments, findings, &mut ignored.findings);
        findings.extend(about_comments);
        self.apply_configured(scope, findings, &mut ignored);
        if let Some(baseline) = &self.baseline {
            baseline.apply(scope, findings, &mut ignored);
        }
        ignored
            .findings
            .sort_by(|a, b| by_place(&a.finding, &b.finding));
        ignored
    }

    fn apply_configured(
        &self,
        scope: &Scope<'_>,
        findings: &mut Vec<Finding>,
        ignored: &mut Ignored,
    ) {
        if self.configured.is_empty() {
            return;
        }
        let name = path::below(&self.folder, Path::new(&scope.file.name));
        for (nth, ignore) in self.configured.iter().enumerate() {
            let here = ignore.path.as_ref().is_none_or(|glob| glob.is_match(&name));
            if !here {
                continue;
            }
            let said = (By::Configuration, ignore.reason.as_deref());
            let matched = suppress(findings, said, &mut ignored.findings, |finding| {
                ignore.covers(finding)
            });
            let fine = matched || !scope.ran(ignore.rule);
            ignored.configured.push((nth, fine));
        }
    }

    /// What there is to say about the configured ignores after all files. `whole` is whether the run
    /// was about everything that the configuration is about.
    pub fn about_configured<'i>(
        &self,
        ignored: impl IntoIterator<Item = &'i Ignored>,
        levels: &Levels,
        whole: bool,
    ) -> Vec<Finding> {
        let mut tried = vec![false; self.configured.len()];
        let mut used = vec![false; self.configured.len()];
        for &(nth, fine) in ignored.into_iter().flat_map(|file| &file.configured) {
            tried[nth] = true;
            used[nth] |= fine;
        }
        let mut findings = Vec::new();
        for (nth, ignore) in self.configured.iter().enumerate() {
            let unused = !used[nth] && (tried[nth] || whole) && levels.runs(ignore.rule);
            if unused {
                let what = match tried[nth] {
                    true => "ignores nothing: the rule finds nothing there",
                    false => "ignores nothing: no file that was looked at has this path",
                };
                let message = format!("this ignore of `{}` {what}", ignore.rule.id);
                findings.push(unused_ignore(ignore.span, message, "remove it"));
            }
            if ignore.reason.is_none() {
                findings.push(without_reason(
                    ignore.span,
                    ignore.rule,
                    "add `reason = \"…\"`",
                ));
            }
        }
        levels.apply(&mut findings);
        findings
    }
}

impl Configured {
    fn covers(&self, finding: &Finding) -> bool {
        finding.rule == self.rule
            && self
                .at
                .as_ref()
                .is_none_or(|at| is_below(&finding.pointer, at))
    }
}

/// Whether `pointer` names `above` or something in it.
fn is_below(pointer: &str, above: &str) -> bool {
    pointer
        .strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn unused_ignore(span: Span, message: String, help: &str) -> Finding {
    Finding::new(&UNUSED_IGNORE, "", span, message).help(help)
}

fn without_reason(span: Span, rule: &Rule, help: &str) -> Finding {
    let message = format!("this ignore of `{}` does not say why", rule.id);
    Finding::new(&IGNORE_WITHOUT_REASON, "", span, message).help(help)
}
