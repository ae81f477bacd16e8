//! Paths that are tested by how they begin, and written otherwise.

use super::holds::Holds;
use super::site::{self, Site, Sought};
use super::{Check, Rule};
use crate::analysis::{Analysis, Language, Set};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::suggest::quoted;

/// See `path_not_normalised.md`.
pub static RULE: Rule = Rule {
    id: "path-not-normalised",
    severity: Severity::Warning,
    summary: "a test of how a path begins that `..`, `//` or `~` gets round",
    doc: include_str!("path_not_normalised.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// How many of the paths in a list are looked at.
const MAX_PATHS: usize = 8;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    site::report_each(context, reporter, finding);
}

fn finding(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    if site.names_no_file() {
        return None;
    }
    let through = bypass(site, &context.analysis)?;
    let (how, help) = match site.denies() {
        true => (
            "denies paths by how they are written",
            "a path has many spellings: require the folders that are allowed, without `..`",
        ),
        false if site.is_list() => ("does not keep a path where it begins", site::HELP_FOR_LISTS),
        false => (
            "does not keep a path where it begins",
            "let no `..` in: spell out the characters of a name, or add a `deny_if` for \
                 `(^|/)\\.\\.(/|$)` where the format has one",
        ),
    };
    let message = format!(
        "{} {how}: with {} in `{}` a call gets through",
        site.sought_by_name(),
        quoted(&through),
        site.path
    );
    let finding = site.finding(context, reporter, message);
    Some(finding.help(help))
}

/// A path that gets round the test of `site`, if that tests how a path begins.
fn bypass(site: &Site<'_>, analysis: &Analysis) -> Option<String> {
    if site.denies() {
        let mut denied = denied(site, analysis).into_iter();
        return denied.find_map(|path| site.first_through(analysis, spellings(&path)));
    }
    outside(site, &prefix(site)?, analysis)
}

/// The folder that `site` requires at the beginning of a path, or as a part of one.
pub(super) fn prefix(site: &Site<'_>) -> Option<String> {
    let prefix = match (site.substring(), site.pattern()) {
        (Some(text), _) => text.to_owned(),
        (_, Some(pattern)) => {
            let shape = pattern.shape();
            match shape.prefix() {
                Some(prefix) if !prefix.is_empty() => prefix,
                // Behind `^` stands a choice.
                _ if shape.bounds().start => shape.texts().into_iter().next()?.text,
                _ => return None,
            }
        }
        _ => return None,
    };
    (is_path(site, &prefix) || is_file_url(site, &prefix) || is_name(site, &prefix))
        .then_some(prefix)
}

/// Whether `prefix` is one of the URLs of files.
fn is_file_url(site: &Site<'_>, prefix: &str) -> bool {
    let may_be_url = matches!(site.holds(), Holds::Url | Holds::Path | Holds::Unknown);
    let path = prefix.strip_prefix("file://");
    may_be_url && path.is_some_and(|path| path.len() > 1 && !path.contains(".."))
}

/// Whether `prefix`, which a path has to begin with, is a folder's name as it stands: `^src`.
fn is_name(site: &Site<'_>, prefix: &str) -> bool {
    let begins = site.pattern().is_some_and(|p| p.shape().bounds().start);
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
    begins
        && site.holds() == Holds::Path
        && prefix.chars().all(is_part)
        && prefix.ends_with(char::is_alphanumeric)
}

/// Some paths that `site` denies.
fn denied(site: &Site<'_>, analysis: &Analysis) -> Vec<String> {
    let texts: Vec<String> = match site.sought() {
        Sought::Pattern(pattern) => {
            let found = Set::strings(&[Language::found(pattern), Language::printable()], &[]);
            let matched = analysis.string_in(&found).yes();
            pattern
                .shape()
                .prefix()
                .into_iter()
                .chain(matched)
                .collect()
        }
        Sought::Part(value) => site::text(value).into_iter().map(str::to_owned).collect(),
        Sought::Values(_) => site.denied_texts().map(str::to_owned).collect(),
        Sought::Other => Vec::new(),
    };
    let paths = texts.into_iter().filter(|text| is_path(site, text));
    let is_whole = matches!(site.sought(), Sought::Values(_));
    let whole = paths.map(|path| match path.ends_with('/') && !is_whole {
        true => format!("{path}x"),
        false => path,
    });
    whole
        .filter(|path| site.pattern().is_none_or(|pattern| pattern.is_match(path)))
        .take(MAX_PATHS)
        .collect()
}

/// Whether `prefix`, which `site` tests for, is one of a path.
fn is_path(site: &Site<'_>, prefix: &str) -> bool {
    let drive = prefix
        .get(1..3)
        .is_some_and(|rest| matches!(rest, ":\\" | ":/"));
    let rooted = prefix.starts_with('/') || prefix.starts_with("~/") || drive;
    let relative = prefix.contains('/') || prefix.contains('\\');
    let is_path = match site.holds() {
        Holds::Path => rooted || relative,
        Holds::Unknown => rooted && prefix.len() > 1,
        _ => false,
    };
    is_path && !prefix.contains("://") && !prefix.contains("..")
}

/// A path with a step up that gets through, out of the folder if possible.
fn outside(site: &Site<'_>, prefix: &str, analysis: &Analysis) -> Option<String> {
    let folder = prefix.trim_end_matches('/');
    let path = folder.strip_prefix("file://").unwrap_or(folder);
    let ups = "../".repeat(path.matches('/').count().clamp(1, 8));
    let samples = [
        format!("{folder}/{ups}etc/passwd"),
        format!("{folder}/{ups}x"),
        format!("{folder}/../x"),
        format!("/etc/..{prefix}"),
    ];
    let samples: Vec<&str> = samples.iter().map(String::as_str).collect();
    let up = Set::strings(&[Language::with_parent_step(), Language::printable()], &[]);
    site.gets_through(analysis, &up.preferring(&samples))
}

/// Other ways to write `path`.
fn spellings(path: &str) -> Vec<String> {
    let mut spellings = Vec::new();
    if let Some(rest) = path.strip_prefix('/') {
        spellings.push(format!("//{rest}"));
        spellings.push(format!("/tmp/../{rest}"));
        spellings.push(format!("/./{rest}"));
    }
    let in_home = path.strip_prefix("/root/").or_else(|| {
        let user = path.strip_prefix("/home/").or(path.strip_prefix("/Users/"));
        user.and_then(|user| user.split_once('/'))
            .map(|(_, rest)| rest)
    });
    spellings.extend(in_home.map(|rest| format!("~/{rest}")));
    if let Some(rest) = path.strip_prefix("~/") {
        spellings.push(format!("$HOME/{rest}"));
        spellings.push(format!("/root/{rest}"));
    }
    let inner = path.match_indices('/').map(|(at, _)| at);
    let inner = inner.filter(|&at| at > 0 && at + 1 < path.len());
    spellings.extend(inner.map(|at| format!("{}/{}", &path[..at], &path[at..])));
    spellings
}
