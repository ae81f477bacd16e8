//! Patterns that every text meets.

use super::holds::Holds;
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
    needs_tools: true,
    check: Check::Policy(check),
};

const HELP: &str = "say what the whole argument has to look like, from `^` to `$`; to ask that it is \
                    there, use `exists`";

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    site::report_each(context, reporter, finding);
}

fn finding(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let analysis = &context.analysis;
    let pattern = site.pattern()?;
    let shown = quoted(pattern.source());
    if matches_anything(site, analysis) {
        let message = format!(
            "{shown} is found in every text but the empty one: nothing is asked of `{}` but to be one",
            site.path
        );
        return Some(site.finding(context, reporter, message).help(HELP));
    }
    let asks_for_one_line = || pattern.shape().leaves_out_newline() && !pattern.is_match("\n");
    if asks_for_one_line() || !matches_everything(pattern, analysis) {
        return None;
    }
    let path = site.path;
    let texts = match pattern.is_match("\n") {
        true => "every text",
        false => "every text of one line",
    };
    let (message, help) = match site.denies() {
        true => (
            format!(
                "{shown} is found in {texts}: whatever text `{path}` holds, it meets the condition"
            ),
            "say what is to be denied; to deny the argument itself, use `exists`",
        ),
        false => (
            format!("{shown} is found in {texts}: nothing is asked of `{path}` but to be one"),
            HELP,
        ),
    };
    let finding = site.finding(context, reporter, message);
    Some(finding.help(help))
}

/// Whether this rule reports the pattern of `site`, if it has one.
pub(super) fn is_reported(site: &Site<'_>, analysis: &Analysis) -> bool {
    let everything = |pattern| matches_everything(pattern, analysis);
    matches_anything(site, analysis) || site.pattern().is_some_and(everything)
}

/// A text that few patterns have in mind.
const ODD: &str = "~ \u{e9}\u{4e00}0";

/// Whether `site` requires an argument that means something to a machine to be any text but the empty
/// one: `^.+$`. Of text for people no more may be asked.
pub(super) fn matches_anything(site: &Site<'_>, analysis: &Analysis) -> bool {
    let is_read_by_a_machine = matches!(
        site.holds(),
        Holds::Command | Holds::Sql | Holds::Cypher | Holds::Url | Holds::Host | Holds::Path
    );
    let Some(pattern) = site
        .pattern()
        .filter(|_| is_read_by_a_machine && !site.denies())
    else {
        return false;
    };
    let bounds = pattern.shape().bounds();
    if !(bounds.start && bounds.end) || pattern.is_match("") || !pattern.is_match(ODD) {
        return false;
    }
    let one_line = Language::shape(r"\A[^\n]+\z").expect("a short expression of our own");
    analysis
        .is_within(&one_line, &Language::found(pattern))
        .holds()
}

/// Whether `pattern` is found in every text, or in every text of one line: `^.*$`.
pub(super) fn matches_everything(pattern: &Pattern, analysis: &Analysis) -> bool {
    // What is found in everything is found in nothing and in much.
    if !pattern.is_match("") || !pattern.is_match(ODD) {
        return false;
    }
    let one_line = Language::shape(r"\A[^\n]*\z").expect("a short expression of our own");
    analysis
        .is_within(&one_line, &Language::found(pattern))
        .holds()
}
