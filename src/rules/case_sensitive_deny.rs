//! Denials that another case gets past, where case does not matter to whoever reads the text.

use serde_json::json;

use super::holds::Holds;
use super::host_by_substring;
use super::site::{self, Site};
use super::{Check, Rule};
use crate::analysis::{Analysis, Language, Set};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::re2::Pattern;
use crate::suggest::quoted;

/// See `case_sensitive_deny.md`.
pub static RULE: Rule = Rule {
    id: "case-sensitive-deny",
    severity: Severity::Warning,
    summary: "a denied pattern without `(?i)` where case does not matter",
    doc: include_str!("case_sensitive_deny.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// Words of SQL, which reads them in any case.
const KEYWORDS: [&str; 22] = [
    "drop", "delete", "truncate", "alter", "update", "insert", "grant", "revoke", "create",
    "select", "union", "exec", "execute", "merge", "replace", "into", "from", "table", "where",
    "call", "copy", "database",
];

/// How the names of PowerShell's commands begin, which it reads in any case.
const POWERSHELL: [&str; 8] = [
    "remove-", "invoke-", "start-", "stop-", "set-", "new-", "get-", "format-",
];

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    site::report_each(context, reporter, finding);
}

fn finding(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let analysis = &context.analysis;
    let pattern = site.pattern().filter(|_| site.denies())?;
    let reader = reader(site, pattern)?;
    let folded = pattern.folded().ok()?;
    let through = site.gets_through(analysis, &in_another_case(pattern, &folded, analysis))?;
    let message = format!(
        "{} looks for one case only, and {reader} in any: {} gets through",
        quoted(pattern.source()),
        quoted(&through)
    );
    let edits = context
        .edit
        .replace(&site.value_pointer(), &json!(folded.source()));
    let finding = site.finding(context, reporter, message);
    Some(
        finding
            .help("begin the pattern with `(?i)`")
            .fix(Fix::risky("begin with `(?i)`", edits)),
    )
}

/// Who reads the text without regard to case.
fn reader(site: &Site<'_>, pattern: &Pattern) -> Option<&'static str> {
    let texts = pattern.shape().texts();
    let mut texts = texts.iter().filter(|text| !text.fold);
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        words.map(str::to_ascii_lowercase).collect()
    };
    match site.holds() {
        Holds::Sql | Holds::Cypher => {
            let is_sql = site.speaks_of("sql");
            let has_name = |word: &String| is_sql && word.len() > 2 && !word.starts_with('-');
            let is_read = |word: &String| KEYWORDS.contains(&word.as_str()) || has_name(word);
            texts
                .any(|text| words(&text.text).iter().any(is_read))
                .then_some("SQL is read")
        }
        Holds::Command => texts
            .any(|text| {
                let is_cmdlet = |word: &String| {
                    let mut verbs = POWERSHELL.iter();
                    verbs.any(|verb| word.starts_with(verb) && word.len() > verb.len())
                        && text.text.starts_with(|c: char| c.is_ascii_uppercase())
                };
                words(&text.text).iter().any(is_cmdlet)
            })
            .then_some("PowerShell reads commands"),
        Holds::Url | Holds::Host | Holds::Email => {
            let has_name = |host: &String| host.contains(|c: char| c.is_ascii_alphabetic());
            let hosts = host_by_substring::hosts(site);
            hosts.iter().any(has_name).then_some("a host is read")
        }
        _ => None,
    }
}

/// The texts that only the folded pattern is found in; first what the pattern matches, in capitals
/// or without.
fn in_another_case(pattern: &Pattern, folded: &Pattern, analysis: &Analysis) -> Set {
    let found = Language::found(pattern);
    let matched = Set::strings(std::slice::from_ref(&found), &[]);
    let matched = analysis.string_in(&matched).yes().unwrap_or_default();
    let samples = [matched.to_ascii_lowercase(), matched.to_ascii_uppercase()];
    let samples: Vec<&str> = samples.iter().map(String::as_str).collect();
    Set::strings(&[Language::found(folded)], &[found]).preferring(&samples)
}
