//! `^a|b$`: anchors that bind one alternative each and not the whole.

use serde_json::json;

use super::site::{self, Site};
use super::{Check, Rule, another_command, unanchored_regex};
use crate::analysis::{Analysis, Language, Set};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::re2::{Bounds, Pattern, Shape};
use crate::suggest::quoted;

/// See `half_anchored_alternation.md`.
pub static RULE: Rule = Rule {
    id: "half-anchored-alternation",
    severity: Severity::Error,
    summary: "`^a|b$`, where each anchor binds one alternative only",
    doc: include_str!("half_anchored_alternation.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    site::report_each(context, reporter, finding);
}

/// Whether the first of several alternatives is bound at the start only, the last at the end only,
/// and none between them at all.
pub(super) fn is_half_anchored(shape: &Shape) -> bool {
    let alternatives = shape.alternatives();
    let bound = |start, end| Bounds { start, end };
    match alternatives.as_slice() {
        [first, between @ .., last] => {
            *first == bound(true, false)
                && *last == bound(false, true)
                && between.iter().all(|bounds| *bounds == bound(false, false))
        }
        _ => false,
    }
}

/// Whether some alternatives are bound at both ends, the others at one, and none at neither.
fn is_bound_unevenly(shape: &Shape) -> bool {
    let alternatives = shape.alternatives();
    let is_whole = |bounds: &Bounds| bounds.start && bounds.end;
    let is_bound = |bounds: &Bounds| bounds.start || bounds.end;
    alternatives.iter().all(is_bound)
        && alternatives.iter().any(is_whole)
        && !alternatives.iter().all(is_whole)
}

/// Whether this rule reports the pattern that is required of `site`, and what gets through with it:
/// one that is bound unevenly only where no other rule tells of what its open end lets in.
pub(super) fn is_uneven(site: &Site<'_>, pattern: &Pattern, analysis: &Analysis) -> bool {
    let shape = pattern.shape();
    is_bound_unevenly(&shape)
        && !site.is_bound()
        && !unanchored_regex::is_prefix_or_host(site, shape.bounds(), analysis)
}

/// In a denial, `^/etc/|\.pem$` may well be meant, and denies no less than was meant: only what is
/// required is looked at.
fn finding(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let analysis = &context.analysis;
    let pattern = site.pattern().filter(|_| !site.denies())?;
    if is_uneven(site, pattern, analysis) {
        return uneven(context, site, pattern, reporter);
    }
    if !is_half_anchored(&pattern.shape()) {
        return None;
    }
    let whole = whole(pattern)?;
    let found = Language::found(pattern);
    let outside = Language::found(&whole);
    let visible = [found, Language::printable()];
    let others = Set::strings(&visible, &[outside]);
    let through = site.gets_through(analysis, &others)?;
    let message = format!(
        "in {} each anchor binds one alternative only: {} gets through",
        quoted(pattern.source()),
        quoted(&through)
    );
    let edits = context
        .edit
        .replace(&site.value_pointer(), &json!(whole.source()));
    let finding = site.finding(context, reporter, message);
    let group = quoted(whole.source());
    Some(
        finding
            .help(format!("put the alternatives in a group: {group}"))
            .fix(Fix::safe(format!("write {group}"), edits)),
    )
}

/// `^a$|^b`: what was bound once was forgotten, or left out, another time.
fn uneven(
    context: &Context<'_>,
    site: &Site<'_>,
    pattern: &Pattern,
    reporter: &Reporter<'_>,
) -> Option<Finding> {
    let analysis = &context.analysis;
    let through = another_command::through(site, analysis)
        .or_else(|| unanchored_regex::around_what_matches(site, pattern, analysis))?;
    let message = format!(
        "in {} one alternative is bound at both ends, another at one only: {} gets through",
        quoted(pattern.source()),
        quoted(&through.replace('\n', "\\n"))
    );
    let finding = site.finding(context, reporter, message);
    Some(finding.severity(Severity::Warning).help(
        "put all alternatives in one group, as in `^(?:a|b)$`; one that may go on says so with `.*`",
    ))
}

/// `^(?:a|b)$` for `^a|b$`. `None` where the anchors are not the first and last characters.
fn whole(pattern: &Pattern) -> Option<Pattern> {
    let source = pattern.source();
    let starts = ["(?i)^", "(?s)^", "^", r"\A"];
    let start = starts.into_iter().find(|start| source.starts_with(start))?;
    let end = ["$", r"\z"].into_iter().find(|end| source.ends_with(end))?;
    let middle = source.strip_prefix(start)?.strip_suffix(end)?;
    let whole = Pattern::new(&format!("{start}(?:{middle}){end}")).ok()?;
    let bounds = whole.shape().bounds();
    (bounds.start && bounds.end).then_some(whole)
}
