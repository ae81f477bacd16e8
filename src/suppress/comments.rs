//! Ignores in YAML comments: `# mcplint: ignore[rule-a, rule-b] reason`.
//!
//! One behind text is about its own line, one on a line of its own about the next line that is no
//! comment. It covers what is reported on that line, and what is at or below the key or element that
//! starts there: above a tool, it covers all of the tool.

use super::{Scope, is_below, unused_ignore, without_reason};
use crate::edit::remove_comment;
use crate::finding::{Edit, Finding, Fix};
use crate::rules::{self, Rule};
use crate::source::file::SourceFile;
use crate::source::tree::{Node, Value, join, join_index};
use crate::span::Span;
use crate::suggest::quoted;

/// A comment that speaks to mcplint.
#[derive(Debug)]
pub struct Comment {
    /// The whole comment, `#` included.
    span: Span,
    /// The rules it names. `None` if it is not understood.
    rules: Option<Vec<Named>>,
    /// Whether it says why.
    has_reason: bool,
    /// The line that it is about, from 1.
    line: usize,
    /// RFC 6901 pointer of what starts on that line.
    pointer: Option<String>,
}

/// A rule as a comment names it.
#[derive(Debug)]
struct Named {
    id: String,
    rule: Option<&'static Rule>,
    span: Span,
}

/// The comments of `file` that speak to mcplint.
pub fn read(file: &SourceFile, comments: &[Span], root: Option<&Node>) -> Vec<Comment> {
    let ours = comments.iter().filter_map(|&span| {
        let text = &file.text[span.range()];
        let rest = text.trim_start_matches('#').trim_start();
        let rest = rest.strip_prefix("mcplint:")?.trim_start();
        let line = subject(file, comments, span);
        let start = span.end - rest.len();
        let understood = understand(rest, start);
        Some(Comment {
            span,
            has_reason: understood.as_ref().is_some_and(|(_, reason)| *reason),
            rules: understood.map(|(rules, _)| rules),
            line,
            pointer: root.and_then(|root| starting_on(file, root, line)),
        })
    });
    ours.collect()
}

/// The rules of `ignore[a, b] reason`, which starts at `start`, and whether there is a reason.
fn understand(text: &str, start: usize) -> Option<(Vec<Named>, bool)> {
    let list = text
        .strip_prefix("ignore")?
        .trim_start()
        .strip_prefix('[')?;
    let at = start + text.len() - list.len();
    let (list, reason) = list.split_once(']')?;
    let mut rules = Vec::new();
    let mut offset = at;
    for part in list.split(',') {
        let id = part.trim();
        let before = part.len() - part.trim_start().len();
        rules.push(Named {
            id: id.to_owned(),
            rule: rules::find(id),
            span: Span::new(offset + before, offset + before + id.len()),
        });
        offset += part.len() + 1;
    }
    let reason = reason.trim_start_matches([' ', '\t', ':', '-', '–', '—']);
    Some((rules, !reason.trim().is_empty()))
}

/// The line that the comment at `span` is about.
fn subject(file: &SourceFile, comments: &[Span], span: Span) -> usize {
    let line_of = |at| file.lines.position(&file.text, at).line;
    let alone = |span: &Span| {
        let before = &file.text[..span.start];
        let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        before[line..]
            .trim_start_matches('\u{feff}')
            .trim()
            .is_empty()
    };
    let mut line = line_of(span.start);
    if !alone(&span) {
        return line;
    }
    let first = comments.partition_point(|comment| comment.start < span.start);
    for comment in &comments[first..] {
        if line_of(comment.start) != line || !alone(comment) {
            break;
        }
        line += 1;
    }
    line
}

/// RFC 6901 pointer of the outermost key or element that starts on `line`.
fn starting_on(file: &SourceFile, root: &Node, line: usize) -> Option<String> {
    let line_of = |at| file.lines.position(&file.text, at).line;
    let mut waiting = vec![(root, String::new())];
    while let Some((node, pointer)) = waiting.pop() {
        let parts: Vec<(usize, &Node, String)> = match &node.value {
            Value::Scalar(_) => continue,
            Value::Mapping(entries) => entries
                .iter()
                .map(|e| (e.key_span.start, &e.value, join(&pointer, &e.key)))
                .collect(),
            Value::Sequence(items) => items
                .iter()
                .enumerate()
                .map(|(i, item)| (item.span.start, item, join_index(&pointer, i)))
                .collect(),
        };
        for (start, below, pointer) in parts {
            let starts = line_of(start);
            if starts == line {
                return Some(pointer);
            }
            if starts < line && line <= line_of(below.span.end) {
                waiting.push((below, pointer));
            }
        }
    }
    None
}

impl Comment {
    fn covers(&self, file: &SourceFile, finding: &Finding) -> bool {
        let at = self.pointer.as_ref();
        at.is_some_and(|at| is_below(&finding.pointer, at))
            || file.lines.position(&file.text, finding.span.start).line == self.line
    }
}

/// Takes what `comments` ignore out of `findings`, and gives what there is to say about them.
pub(super) fn apply(
    scope: &Scope<'_>,
    comments: &[Comment],
    findings: &mut Vec<Finding>,
) -> Vec<Finding> {
    let mut said = Vec::new();
    for comment in comments {
        let Some(rules) = &comment.rules else {
            let message =
                "this comment speaks to mcplint, but not in words that it knows".to_owned();
            let help = "write `# mcplint: ignore[rule-id] reason`";
            said.push(unused_ignore(comment.span, message, help));
            continue;
        };
        for named in rules {
            said.extend(apply_one(scope, comment, named, findings));
        }
        let first = rules.iter().find_map(|named| named.rule);
        if let (false, Some(rule)) = (comment.has_reason, first) {
            let help = "write why behind the brackets";
            said.push(without_reason(comment.span, rule, help));
        }
    }
    said
}

fn apply_one(
    scope: &Scope<'_>,
    comment: &Comment,
    named: &Named,
    findings: &mut Vec<Finding>,
) -> Option<Finding> {
    let Some(rule) = named.rule else {
        let help = match rules::nearest(&named.id) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`mcplint explain` lists the rules".to_owned(),
        };
        let message = format!("there is no rule {}", quoted(&named.id));
        return Some(unused_ignore(named.span, message, &help));
    };
    let before = findings.len();
    findings.retain(|found| found.rule != rule || !comment.covers(scope.file, found));
    if findings.len() < before || !scope.ran(rule) {
        return None;
    }
    let message = format!("this ignore of `{}` ignores nothing", rule.id);
    let fix = Fix::safe("remove it", Some(removal(scope.file, comment, named)));
    Some(unused_ignore(named.span, message, "remove it").fix(fix))
}

/// The edits that take one rule out of a comment, or the comment with its only rule.
fn removal(file: &SourceFile, comment: &Comment, named: &Named) -> Vec<Edit> {
    let rules = comment.rules.as_deref().unwrap_or_default();
    let nth = rules.iter().position(|rule| rule.span == named.span);
    let span = match (nth, rules) {
        (_, [_]) | (None, _) => remove_comment(&file.text, comment.span),
        (Some(0), [first, second, ..]) => Span::new(first.span.start, second.span.start),
        (Some(nth), _) => Span::new(rules[nth - 1].span.end, named.span.end),
    };
    vec![Edit {
        span,
        replacement: String::new(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Syntax, yaml};

    fn comments(text: &str) -> Vec<Comment> {
        let file = SourceFile::new("p.yaml", text, Syntax::Yaml);
        let parsed = yaml::parse(text);
        read(&file, &parsed.comments, parsed.root.as_ref())
    }

    #[test]
    fn a_comment_is_about_its_line_or_the_next_that_is_none() {
        let text = "# mcplint: ignore[default-allow] because\n# and so on\ndefault: allow\n\
                    tools:\n  a: # mcplint:ignore[ glob-as-name ,star-tool]\n    rules: []\n\n# mcplint: ignore[x]\n";
        let found = comments(text);
        let told: Vec<_> = found
            .iter()
            .map(|c| (c.line, c.pointer.as_deref(), c.has_reason))
            .collect();
        assert_eq!(
            told,
            [
                (3, Some("/default"), true),
                (5, Some("/tools/a"), false),
                (9, None, false)
            ]
        );
        let ids: Vec<_> = found[1]
            .rules
            .iter()
            .flatten()
            .map(|n| (&*n.id, &text[n.span.range()]))
            .collect();
        assert_eq!(
            ids,
            [("glob-as-name", "glob-as-name"), ("star-tool", "star-tool")]
        );
        assert!(comments("a: 1 # mcplint: off\n")[0].rules.is_none());
        assert!(comments("a: 1 # see mcplint: ignore[x]\n").is_empty());
    }
}
