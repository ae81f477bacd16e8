//! Hosts whose dots match any character.

use serde_json::json;

use super::holds::Holds;
use super::host_by_substring;
use super::site::{self, Site};
use super::{Check, Rule};
use crate::analysis::{Language, Set};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::re2::Pattern;
use crate::suggest::quoted;

/// See `unescaped_dot.md`.
pub static RULE: Rule = Rule {
    id: "unescaped-dot",
    severity: Severity::Warning,
    summary: "`example.com` in a pattern, where the dot matches any character",
    doc: include_str!("unescaped_dot.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    site::report_each(context, reporter, finding);
}

fn finding(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let analysis = &context.analysis;
    let pattern = site.pattern()?;
    let is_url = pattern.source().contains("://");
    if !matches!(site.holds(), Holds::Url | Holds::Host | Holds::Email) && !is_url {
        return None;
    }
    let escaped = Pattern::new(&escape_hosts(pattern.source())?).ok()?;
    let (found, meant) = (Language::found(pattern), Language::found(&escaped));
    let visible = [found, Language::printable()];
    let other = analysis
        .string_in(&Set::strings(&visible, &[meant]))
        .yes()?;
    let message = format!(
        "a `.` in {} matches any character: the pattern is found in {} too",
        quoted(pattern.source()),
        quoted(&other)
    );
    let edits = context
        .edit
        .replace(&site.value_pointer(), &json!(escaped.source()));
    let finding = site.finding(context, reporter, message);
    let meant = quoted(escaped.source());
    let title = format!("write {meant}");
    // A narrower pattern requires more, and denies less.
    let fix = match site.denies() {
        true => Fix::risky(title, edits),
        false => Fix::safe(title, edits),
    };
    Some(
        finding
            .help(format!("write `\\.` for a dot: {meant}"))
            .fix(fix),
    )
}

/// `source` with a `\` in front of each dot of a host in it. `None` if there is none without.
fn escape_hosts(source: &str) -> Option<String> {
    let mut changed = String::with_capacity(source.len() + 8);
    let mut host = Host::default();
    let mut in_class = false;
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        let quantified = matches!(chars.peek(), Some('*' | '+' | '?' | '{'));
        match c {
            '\\' if chars.peek() == Some(&'.') && !in_class => {
                chars.next();
                host.push_dot(true);
            }
            '.' if !in_class && !quantified => host.push_dot(false),
            _ if c.is_ascii_alphanumeric() || c == '-' => host.push(c),
            _ => {
                host.finish(&mut changed);
                changed.push(c);
                match c {
                    // `\Q` quotes what follows: that is left to those who write it.
                    '\\' if chars.peek() == Some(&'Q') => return None,
                    '\\' => changed.extend(chars.next()),
                    '[' => in_class = true,
                    ']' => in_class = false,
                    _ => {}
                }
            }
        }
    }
    host.finish(&mut changed);
    (changed != source).then_some(changed)
}

/// What may be a host, while it is read.
#[derive(Default)]
struct Host {
    /// As it is written.
    written: String,
    /// With all dots escaped.
    escaped: String,
    /// What it matches if its dots are dots.
    text: String,
}

impl Host {
    fn push(&mut self, c: char) {
        self.written.push(c);
        self.escaped.push(c);
        self.text.push(c);
    }

    fn push_dot(&mut self, escaped: bool) {
        self.written.push_str(if escaped { "\\." } else { "." });
        self.escaped.push_str("\\.");
        self.text.push('.');
    }

    fn finish(&mut self, out: &mut String) {
        let Self {
            written,
            escaped,
            text,
        } = std::mem::take(self);
        let between = text.trim_start_matches('.').len() + 1 >= text.len() && !text.ends_with('.');
        let is_host = between && !text.contains("..") && host_by_substring::host(&text).is_some();
        out.push_str(if is_host { &escaped } else { &written });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dots_of_hosts_are_escaped_and_no_others() {
        for (source, escaped) in [
            ("^https://api.acme.com/", Some(r"^https://api\.acme\.com/")),
            (
                r"^https://api\.acme.com/.*",
                Some(r"^https://api\.acme\.com/.*"),
            ),
            (r"10.0.0.1", Some(r"10\.0\.0\.1")),
            (r"(^|\.)acme\.com$", None),
            (r"https://.+", None),
            (r"[a-z.com]+", None),
            ("v1.2/.", None),
            (r"\Qacme.com\E", None),
        ] {
            assert_eq!(escape_hosts(source).as_deref(), escaped, "{source}");
        }
    }
}
