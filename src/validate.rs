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

/// Whether a document is meant as a policy: its tools have clauses, or at least two of its keys are a
/// policy's and hold what a policy's would. Schemas have a `default` too, and the manifests of other
/// programs a `version` and `tools`.
fn looks_like_policy(root: &Node) -> bool {
    let tools = root.get("tools");
    if tools.is_some_and(has_clauses) {
        return true;
    }
    let is =
        |key, wanted: fn(&Value) -> bool| root.get(key).is_some_and(|entry| wanted(&entry.value));
    let scalar = |value: &Value| matches!(value, Value::Scalar(_));
    let says = [
        is("default", scalar),
        tools.is_some_and(allows_plainly),
        is("hide", |value| matches!(value, Value::Sequence(_))),
        is("all_tools", |value| matches!(value, Value::Mapping(_))),
    ];
    let says = says.into_iter().filter(|says| *says).count();
    says > 0 && says + usize::from(is("version", scalar)) > 1
}

/// Keys under a tool that no other kind of file has there.
const CLAUSES: [&str; 5] = ["limits", "require", "deny_if", "rules", "rate_limit"];

fn has_clauses(tools: &Node) -> bool {
    entries(tools).any(|tool| CLAUSES.iter().any(|clause| tool.get(clause).is_some()))
}

/// Whether there are tools without clauses, or none at all.
fn allows_plainly(tools: &Node) -> bool {
    let is_empty =
        |node: &Node| matches!(&node.value, Value::Mapping(entries) if entries.is_empty());
    is_empty(tools) || entries(tools).any(is_empty)
}

fn entries(node: &Node) -> impl Iterator<Item = &Node> {
    let entries = node.as_mapping().unwrap_or_default();
    entries.iter().map(|entry| &entry.value)
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

    #[test]
    fn other_files_with_keys_of_a_policy_do_not_look_like_one() {
        let looks = |text: &str| {
            let file = SourceFile::new("file", text, Syntax::Yaml);
            validate(&file, None).looks_like_policy
        };
        let policies = [
            r#"{"version":"1","default":"deny"}"#,
            r#"{"version":"2","default":"Deny","tools":{}}"#,
            r#"{"default":"allow","tools":{"a":{}}}"#,
            r#"{"version":"1","hide":["a"]}"#,
            r#"{"tools":{"a":{"limits":[]}}}"#,
            "version: '1'\ntools:\n  a:\n    rules: []\n",
        ];
        let others = [
            // A JSON Schema, the settings of an application, a manifest, a tool list.
            r#"{"type":"object","default":{},"properties":{}}"#,
            "default: allow\nname: no policy\n",
            r#"{"version":1,"isRoot":true,"tools":{"x":{"version":"1.0","commands":["x"]}}}"#,
            r#"{"version":"1","tools":[{"name":"a"}]}"#,
            r#"{"version":"1.0.0","name":"a"}"#,
            r#"["version","default"]"#,
        ];
        assert_eq!(policies.map(looks), [true; 6]);
        assert_eq!(others.map(looks), [false; 6]);
    }
}
