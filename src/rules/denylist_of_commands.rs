//! Shell and SQL that are forbidden by their text.

use ahash::AHashSet;

use super::site::{self, Site, Sought, sites};
use super::{Check, Rule, another_command, other_ways};
use crate::analysis::Analysis;
use crate::finding::Severity;
use crate::lint::{Context, Reporter};
use crate::policy::condition::ArgPath;
use crate::policy::value::Value;
use crate::suggest::quoted;

/// See `denylist_of_commands.md`.
pub static RULE: Rule = Rule {
    id: "denylist-of-commands",
    severity: Severity::Warning,
    summary: "shell or SQL that is forbidden by its text",
    doc: include_str!("denylist_of_commands.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// How many other conditions of the same list are pointed out.
const MAX_LABELS: usize = 4;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let analysis = &context.analysis;
    let all = sites(context);
    let mut told: AHashSet<(*const crate::policy::Rules, &ArgPath)> = AHashSet::new();
    for site in &all {
        if reporter.is_full() {
            return;
        }
        let place = (std::ptr::from_ref(site.rules), site.path);
        if told.contains(&place) {
            continue;
        }
        let Some(ways) = forbidden(site) else {
            continue;
        };
        let Some(through) = through(site, ways, analysis) else {
            continue;
        };
        told.insert(place);
        let message = format!(
            "`{}` is kept from harm by a list of what is forbidden: {} gets through",
            site.path,
            quoted(&through)
        );
        let mut finding = site.finding(context, reporter, message).help(
            "there are always other ways to write it: require the commands that are allowed, from \
             `^` to `$`",
        );
        let same_list = |other: &&Site<'_>| {
            std::ptr::eq(other.rules, site.rules)
                && other.path == site.path
                && !std::ptr::eq(other.condition, site.condition)
                && forbidden(other).is_some()
        };
        for other in all.iter().filter(same_list).take(MAX_LABELS) {
            finding = finding.label(other.condition.span, "this one does not hold it either");
        }
        reporter.report(finding);
    }
}

/// What gets past a list that forbids, and past what is required if that is no wall of its own.
fn through(site: &Site<'_>, ways: Vec<String>, analysis: &Analysis) -> Option<String> {
    let another = match site.is_bound() {
        true => Some(another_command::through(site, analysis)?),
        false => None,
    };
    site.first_through(analysis, ways).or(another)
}

/// What to try, if `site` forbids commands or statements.
fn forbidden(site: &Site<'_>) -> Option<Vec<String>> {
    other_ways::of(site, &texts(site))
}

/// The texts that `site` forbids.
fn texts(site: &Site<'_>) -> Vec<String> {
    if !site.denies() {
        return Vec::new();
    }
    match site.sought() {
        Sought::Pattern(pattern) => {
            let texts = pattern.shape().texts();
            texts.into_iter().map(|text| text.text).collect()
        }
        Sought::Part(value) => in_value(value).collect(),
        Sought::Values(values) => values.iter().flat_map(in_value).collect(),
        Sought::Other => Vec::new(),
    }
}

/// The text that a value is, or those in it if it is a list.
fn in_value(value: &Value) -> impl Iterator<Item = String> + '_ {
    let items = match value {
        Value::List(items) => items,
        _ => std::slice::from_ref(value),
    };
    items.iter().filter_map(site::text).map(str::to_owned)
}
