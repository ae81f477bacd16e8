//! Patterns that every text meets.

use super::site::{self, Site};
use super::{Check, Rule};
use crate::analysis::{Analysis, Language};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::re2::Pattern;
use crate::suggest::quoted;

/// See `matches_everything.md`.
pub static RULE: Rule = Rule {
    id: "matches-everything",
    severity: Severity::Warning,
    summary: "a pattern that is found in every text, such as `.*`",
    doc: include_str!("matches_everything.md"),
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    site::report_each(context, reporter, finding);
}

fn finding(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let analysis = &context.analysis;
    let pattern = site.pattern()?;
    if !matches_everything(pattern, analysis) {
        return None;
    }
    let shown = quoted(pattern.source());
    let path = site.path;
    let (message, help) = match site.denies() {
        true => (
            format!(
                "{shown} is found in every text: whatever text `{path}` holds, it meets the condition"
            ),
            "say what is to be denied; to deny the argument itself, use `exists`",
        ),
        false => (
            format!("{shown} is found in every text: nothing is asked of `{path}` but to be one"),
            "say what the whole argument has to look like, from `^` to `$`; to ask that it is there, use `exists`",
        ),
    };
    let finding = site.finding(context, reporter, message);
    Some(finding.help(help))
}

/// Whether `pattern` is found in every text, or in every text of one line: `^.*$`.
pub(super) fn matches_everything(pattern: &Pattern, analysis: &Analysis) -> bool {
    // What is found in everything is found in nothing and in much.
    if !pattern.is_match("") || !pattern.is_match("~ \u{e9}\u{4e00}0") {
        return false;
    }
    let one_line = Language::shape(r"\A[^\n]*\z").expect("a short expression of our own");
    analysis
        .is_within(&one_line, &Language::found(pattern))
        .holds()
}
