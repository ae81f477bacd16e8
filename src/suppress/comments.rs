//! Ignores in YAML comments: `# mcplint: ignore[rule-a, rule-b] reason`.
//!
//! One behind text is about its own line, one on a line of its own about the next line that is no
//! comment. It covers what is reported on that line, and what is at or below the key or element that
//! starts there: above a tool, it covers all of the tool.

use std::collections::VecDeque;

use ahash::{AHashMap, AHashSet};

use super::{By, Scope, Suppressed, is_below, suppress, unused_ignore, without_reason};
use crate::edit::remove_comment;
use crate::finding::{Edit, Finding, Fix};
use crate::rules::{self, Rule};
use crate::source::file::SourceFile;
use crate::source::tree::{Node, Value, join};
use crate::span::Span;
use crate::suggest::quoted;

/// A comment that speaks to mcplint.
#[derive(Debug)]
pub struct Comment {
    /// The whole comment, `#` included.
    span: Span,
    /// The rules it names. `None` if it is not understood.
    rules: Option<Vec<Named>>,
    /// Why, if it says so.
    reason: Option<String>,
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

/// More comments of a file than this don't count, nor one that names more rules.
const MAX_COMMENTS: usize = 1_000;
const MAX_RULES: usize = 32;

/// The comments of `file` that speak to mcplint.
pub fn read(file: &SourceFile, comments: &[Span], root: Option<&Node>) -> Vec<Comment> {
    let ours = comments.iter().enumerate().filter_map(|(nth, &span)| {
        let text = file.text[span.range()].trim_start_matches('#');
        let rest = text.trim_start().strip_prefix("mcplint:")?.trim_start();
        Some((nth, span, rest))
    });
    let ours: Vec<_> = ours.take(MAX_COMMENTS).collect();
    if ours.is_empty() {
        return Vec::new();
    }
    let lines = subjects(file, comments);
    let wanted = ours.iter().map(|(nth, ..)| lines[*nth]).collect();
    let places = root.map_or_else(AHashMap::new, |root| starting_on(file, root, &wanted));
    let ours = ours.into_iter().map(|(nth, span, rest)| {
        let understood = understand(rest, span.end - rest.len());
        Comment {
            span,
            reason: understood.as_ref().and_then(|(_, reason)| reason.clone()),
            rules: understood.map(|(rules, _)| rules),
            line: lines[nth],
            pointer: places.get(&lines[nth]).cloned(),
        }
    });
    ours.collect()
}

/// The rules of `ignore[a, b] reason`, which starts at `start`, and the reason if there is one.
fn understand(text: &str, start: usize) -> Option<(Vec<Named>, Option<String>)> {
    let list = text
        .strip_prefix("ignore")?
        .trim_start()
        .strip_prefix('[')?;
    let at = start + text.len() - list.len();
    let (list, reason) = list.split_once(']')?;
    let mut rules = Vec::new();
    let mut offset = at;
    for part in list.split(',') {
        if rules.len() == MAX_RULES {
            return None;
        }
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
    let reason = Some(reason.trim()).filter(|reason| !reason.is_empty());
    Some((rules, reason.map(str::to_owned)))
}

/// The line that each comment is about: its own if text stands before it, or else the next that is
/// no comment.
fn subjects(file: &SourceFile, comments: &[Span]) -> Vec<usize> {
    let mut subjects = vec![0; comments.len()];
    // The line of the comment below, if it is alone there, and what that is about.
    let mut below = None;
    for (nth, comment) in comments.iter().enumerate().rev() {
        let start = file.lines.span(&file.text, comment.start).start;
        let before = file.text[start..comment.start].trim_start_matches('\u{feff}');
        let line = file.lines.line(comment.start);
        let alone = before.trim().is_empty();
        subjects[nth] = match below {
            _ if !alone => line,
            Some((next, subject)) if next == line + 1 => subject,
            _ => line + 1,
        };
        below = alone.then_some((line, subjects[nth]));
    }
    subjects
}

/// RFC 6901 pointers of the outermost keys or elements that start on each of `lines`.
fn starting_on(file: &SourceFile, root: &Node, lines: &AHashSet<usize>) -> AHashMap<usize, String> {
    let mut found = AHashMap::with_capacity(lines.len());
    let mut waiting = VecDeque::from([(root, String::new())]);
    // What is further out comes first.
    while let Some((node, pointer)) = waiting.pop_front() {
        let mut meet = |start, below, token: &str| {
            let line = file.lines.line(start);
            if lines.contains(&line) {
                found.entry(line).or_insert_with(|| join(&pointer, token));
            }
            if !matches!(
                below,
                &Node {
                    value: Value::Scalar(_),
                    ..
                }
            ) {
                waiting.push_back((below, join(&pointer, token)));
            }
        };
        match &node.value {
            Value::Scalar(_) => {}
            Value::Mapping(entries) => {
                for entry in entries {
                    meet(entry.key_span.start, &entry.value, &entry.key);
                }
            }
            Value::Sequence(items) => {
                for (nth, item) in items.iter().enumerate() {
                    meet(item.span.start, item, &nth.to_string());
                }
            }
        }
    }
    found
}

impl Comment {
    fn covers(&self, file: &SourceFile, finding: &Finding) -> bool {
        let at = self.pointer.as_ref();
        at.is_some_and(|at| is_below(&finding.pointer, at))
            || file.lines.line(finding.span.start) == self.line
    }
}

/// Moves what `comments` ignore from `findings` to `suppressed`, and gives what there is to say about
/// them.
pub(super) fn apply(
    scope: &Scope<'_>,
    comments: &[Comment],
    findings: &mut Vec<Finding>,
    suppressed: &mut Vec<Suppressed>,
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
            said.extend(apply_one(scope, comment, named, findings, suppressed));
        }
        let first = rules.iter().find_map(|named| named.rule);
        if let (None, Some(rule)) = (&comment.reason, first) {
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
    suppressed: &mut Vec<Suppressed>,
) -> Option<Finding> {
    let Some(rule) = named.rule else {
        let help = match rules::nearest(&named.id) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`mcplint explain` lists the rules".to_owned(),
        };
        let message = format!("there is no rule {}", quoted(&named.id));
        return Some(unused_ignore(named.span, message, &help));
    };
    let said = (By::Comment, comment.reason.as_deref());
    let met = suppress(findings, said, suppressed, |found| {
        found.rule == rule && comment.covers(scope.file, found)
    });
    if met || !scope.ran(rule) {
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
            .map(|c| (c.line, c.pointer.as_deref(), c.reason.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                (3, Some("/default"), Some("because")),
                (5, Some("/tools/a"), None),
                (9, None, None)
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
