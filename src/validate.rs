//! A text to a policy and everything that is wrong with its form.

use std::cmp::Ordering;

use crate::dialect::mend::Broken;
use crate::dialect::{self, Dialect};
use crate::edit::Editor;
use crate::finding::{Finding, MAX_FINDINGS};
use crate::policy::Policy;
use crate::rules::Rule;
use crate::rules::form;
use crate::source::file::SourceFile;
use crate::source::tree::{Node, Value};
use crate::source::{self, Parsed};
use crate::span::Span;

/// What validating a file gave.
#[derive(Debug)]
pub struct Validated {
    /// The policy, if it can be replayed. Findings of form may stand beside it where the engine
    /// lets pass what mcplint does not.
    pub policy: Option<Policy>,
    /// How it was written, as far as that could be told.
    pub dialect: Option<Dialect>,
    /// What is wrong, by place and rule.
    pub findings: Vec<Finding>,
    /// Whether the file looks like a policy at all.
    pub looks_like_policy: bool,
}

/// What was read to validate a file, for those who go on with it.
#[derive(Debug)]
pub struct Reading {
    /// The tree, if there is one. Beside a syntax error it is a guess.
    pub root: Option<Node>,
    /// Comments, in order (YAML only).
    pub comments: Vec<Span>,
    /// What validating gave.
    pub validated: Validated,
}

/// Validates `file`, as `dialect` if that is given.
pub fn validate(file: &SourceFile, dialect: Option<Dialect>) -> Validated {
    read(file, dialect).validated
}

/// Validates `file` and keeps what was read.
pub fn read(file: &SourceFile, dialect: Option<Dialect>) -> Reading {
    if let Some(at) = file.invalid_at {
        return Reading {
            root: None,
            comments: Vec::new(),
            validated: failed(not_text(file, at)),
        };
    }
    let Parsed {
        root,
        comments,
        findings,
    } = source::parse(&file.text, file.syntax);
    let mut validated = examine(file, root.as_ref(), findings, dialect);
    validated.findings.sort_by(by_place);
    if validated.findings.len() > MAX_FINDINGS {
        validated.findings.truncate(MAX_FINDINGS);
        validated
            .findings
            .push(there_is_more(file, validated.findings[0].rule));
    }
    if let Some(root) = &root {
        mend(file, root, &comments, &mut validated);
    }
    Reading {
        root,
        comments,
        validated,
    }
}

/// Adds to the findings how they can be put right. Not where the text is broken: its tree is a guess.
fn mend(file: &SourceFile, root: &Node, comments: &[Span], validated: &mut Validated) {
    let findings = &mut validated.findings;
    let is_broken = findings.iter().any(|f| f.rule == &form::SYNTAX_ERROR);
    if let (Some(dialect), false) = (validated.dialect, is_broken || findings.is_empty()) {
        let edit = &Editor::new(file, root, comments);
        let broken = Broken {
            dialect,
            root,
            edit,
        };
        broken.mend(findings);
    }
}

fn there_is_more(file: &SourceFile, rule: &'static Rule) -> Finding {
    let message =
        format!("the file has more than {MAX_FINDINGS} errors, of which these are the first");
    Finding::new(rule, "", Span::at(file.text.len()), message).help("mend these and look again")
}

/// What is to be said of a file with this tree, which had `findings` when it was read.
fn examine(
    file: &SourceFile,
    root: Option<&Node>,
    mut findings: Vec<Finding>,
    dialect: Option<Dialect>,
) -> Validated {
    let Some(root) = root else {
        return Validated {
            policy: None,
            dialect,
            findings,
            looks_like_policy: false,
        };
    };
    if places_length(root, 0) > MAX_PLACES {
        findings.push(names_too_long());
        return Validated {
            looks_like_policy: looks_like_policy(root),
            findings,
            dialect,
            policy: None,
        };
    }
    let looks_like_policy = looks_like_policy(root);
    // What stands after the first document takes nothing away from it.
    let readable = findings
        .iter()
        .all(|finding| finding.rule == &form::EXTRA_YAML_DOCUMENT);
    let broken = findings.iter().any(|f| f.rule == &form::SYNTAX_ERROR);
    let detected = dialect.map_or_else(|| dialect::detect(root, file.syntax), Ok);
    let (dialect, policy) = match detected {
        // The tree of a broken text is a guess: what would be said of it may not be true.
        detected if broken => (detected.ok(), None),
        Ok(dialect) => {
            let lowered = dialect::lower(root, dialect);
            findings.extend(lowered.findings);
            (Some(dialect), lowered.policy)
        }
        Err(finding) => {
            findings.push(*finding);
            (None, None)
        }
    };
    let policy = policy.filter(|_| readable);
    Validated {
        policy,
        dialect,
        findings,
        looks_like_policy,
    }
}

/// The order in which findings are reported.
pub(crate) fn by_place(a: &Finding, b: &Finding) -> Ordering {
    (a.span, a.rule.id).cmp(&(b.span, b.rule.id))
}

/// How many bytes the pointers of all values of a file may have together. Every finding has one,
/// and a file of a few megabytes with one huge name and many values under it has no end of them.
const MAX_PLACES: usize = 256 * 1024 * 1024;

/// The bytes of the pointers of all values at and below `node`, whose own has `pointer` bytes.
fn places_length(node: &Node, pointer: usize) -> usize {
    let below: usize = match &node.value {
        Value::Scalar(_) => 0,
        Value::Sequence(items) => items
            .iter()
            .map(|item| places_length(item, pointer + 1))
            .fold(0, usize::saturating_add),
        Value::Mapping(entries) => entries
            .iter()
            .map(|entry| places_length(&entry.value, pointer + 1 + entry.key.len()))
            .fold(0, usize::saturating_add),
    };
    below.saturating_add(pointer)
}

fn names_too_long() -> Finding {
    let message = "the names are too long for so many values under them";
    Finding::new(&form::WRONG_TYPE, "", Span::at(0), message)
        .help("shorten the longest names, or split the policy")
}

fn failed(finding: Finding) -> Validated {
    Validated {
        policy: None,
        dialect: None,
        findings: vec![finding],
        looks_like_policy: false,
    }
}

fn not_text(file: &SourceFile, at: usize) -> Finding {
    let replaced = file.text[at..].chars().next().map_or(0, char::len_utf8);
    let message = format!("the file is not UTF-8 text: byte {} can't be read", at + 1);
    Finding::new(
        &form::SYNTAX_ERROR,
        "",
        Span::new(at, at + replaced),
        message,
    )
    .help("save it as UTF-8; if it is no policy, leave it out")
}

/// Whether a document is meant as a policy: it has a version or a default, and something to decide.
fn looks_like_policy(root: &Node) -> bool {
    let has = |key| root.get(key).is_some();
    (has("version") || has("default"))
        && (has("tools") || has("hide") || has("all_tools") || has("default"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Syntax;

    #[test]
    fn that_there_is_more_to_find_is_said() {
        let json = format!("{{{}\"a\":1}}", "\"a\":1,".repeat(5000));
        let yaml = "a: 1\n".repeat(5000);
        for (text, syntax) in [(json, Syntax::Json), (yaml, Syntax::Yaml)] {
            let file = SourceFile::new("policy", text, syntax);
            let findings = validate(&file, None).findings;
            assert_eq!(findings.len(), MAX_FINDINGS + 1);
            let last = &findings[MAX_FINDINGS];
            assert!(
                last.message.contains("more than 1000 errors"),
                "{}",
                last.message
            );
            assert_eq!(last.span, Span::at(file.text.len()));
        }
    }
}
