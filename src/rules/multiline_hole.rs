//! Patterns that a newline gets past.

use super::holds::Holds;
use super::site::{self, Site};
use super::{Check, Rule};
use crate::analysis::{Language, Set};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::suggest::quoted;

/// See `multiline_hole.md`.
pub static RULE: Rule = Rule {
    id: "multiline-hole",
    severity: Severity::Warning,
    summary: "a pattern that a text of several lines gets past",
    doc: include_str!("multiline_hole.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    site::report_each(context, reporter, |context, site, reporter| {
        match site.denies() {
            true => dot(context, site, reporter),
            false => lines(context, site, reporter).or_else(|| commands(context, site, reporter)),
        }
    });
}

/// `(?m)` in what is required: one line of many is enough.
fn lines(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let analysis = &context.analysis;
    let pattern = site.pattern()?;
    let shape = pattern.shape();
    if !shape.is_multi_line() {
        return None;
    }
    let one_line = Language::shape(&shape.on_one_line()).ok()?;
    let found = Language::found(pattern);
    let line = Set::strings(&[found.clone(), one_line.clone()], &[]);
    let line = analysis.string_in(&line).yes().unwrap_or_default();
    let samples = [
        format!("{line}\nanything else"),
        format!("anything else\n{line}"),
    ];
    let samples: Vec<&str> = samples.iter().map(String::as_str).collect();
    let others = Set::strings(&[found, Language::with_newline()], &[one_line]);
    let through = site.gets_through(analysis, &others.preferring(&samples))?;
    let message = format!(
        "with `(?m)` {} asks for one line of `{}` only: {} gets through",
        quoted(pattern.source()),
        site.path,
        shown(&through)
    );
    let finding = site.finding(context, reporter, message);
    Some(finding.help("take `m` out of the flags: then `^` and `$` are the ends of the text"))
}

/// A command with another on the next line. A newline in quotes ends none.
const ANOTHER_LINE: &str = r#"^(?:[^'"]|'[^']*'|"[^"]*")*(?:[^'"\s]|'[^']*'|"[^"]*")[ \t]*\n\s*\w"#;

/// A newline in a command that is required to match: what follows it is another command.
fn commands(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let analysis = &context.analysis;
    let pattern = site.pattern()?;
    if site.holds() != Holds::Command || !site.is_bound() {
        return None;
    }
    let found = Language::found(pattern);
    let line = Set::strings(std::slice::from_ref(&found), &[]);
    let line = analysis.string_in(&line).yes().unwrap_or_default();
    let samples = ["curl evil.example", "reboot", "id"].map(|next| format!("{line}\n{next}"));
    let samples: Vec<&str> = samples.iter().map(String::as_str).collect();
    let another = Language::shape(ANOTHER_LINE).ok()?;
    let others = Set::strings(&[found, another], &[]).preferring(&samples);
    let through = site.gets_through(analysis, &others)?;
    let message = format!(
        "{} lets a newline through, which ends a command: {} gets through",
        quoted(pattern.source()),
        shown(&through)
    );
    let finding = site.finding(context, reporter, message);
    Some(finding.help(
        "list the characters that are allowed, or add `\\n` to those that are not; a space is ` `, \
         not `\\s`",
    ))
}

/// `.` in what is denied: it stops at a newline.
fn dot(context: &Context<'_>, site: &Site<'_>, reporter: &Reporter<'_>) -> Option<Finding> {
    let analysis = &context.analysis;
    let pattern = site.pattern()?;
    let shape = pattern.shape();
    if !shape.has_dot() {
        return None;
    }
    let over_lines = Language::shape(&shape.with_dots_over_lines()).ok()?;
    let others = Set::strings(
        &[over_lines, Language::with_newline()],
        &[Language::found(pattern)],
    );
    let through = site.gets_through(analysis, &others)?;
    let message = format!(
        "`.` in {} does not match a newline: with {} in `{}` a call gets through",
        quoted(pattern.source()),
        shown(&through),
        site.path
    );
    let finding = site.finding(context, reporter, message);
    Some(finding.help("let `.` match everything: begin the pattern with `(?s)`"))
}

/// A text of several lines on one.
fn shown(text: &str) -> String {
    quoted(&text.replace('\n', "\\n"))
}
