//! Patterns that no text meets.

use super::site::{self, Site};
use super::{Check, Rule};
use crate::analysis::Language;
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::suggest::quoted;

/// See `matches_nothing.md`.
pub static RULE: Rule = Rule {
    id: "matches-nothing",
    severity: Severity::Error,
    summary: "a pattern that is found in no text, such as `a^`",
    doc: include_str!("matches_nothing.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    site::report_each(context, reporter, finding);
}

fn finding(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let analysis = &context.analysis;
    let pattern = site.pattern()?;
    // With `\B` in it the analysis can't tell.
    let contradicts_itself = || pattern.shape().contradicts_itself();
    if !analysis.matches_nothing(&Language::found(pattern)).holds() && !contradicts_itself() {
        return None;
    }
    let consequence = match site.denies() {
        true => "nothing is denied by it",
        false => "every call is denied",
    };
    let shown = quoted(pattern.source());
    let message = format!("{shown} is found in no text: {consequence}");
    let help = "look for `^` or `$` in the middle, for classes with nothing in them, and for \
                    special characters that need a `\\`";
    let finding = site.finding(context, reporter, message);
    Some(finding.help(help))
}
