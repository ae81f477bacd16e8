//! A text to a policy and everything that is wrong with its form.

use crate::dialect::{self, Dialect};
use crate::finding::Finding;
use crate::policy::Policy;
use crate::rules::form;
use crate::source::file::SourceFile;
use crate::source::tree::Node;
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

/// Validates `file`, as `dialect` if that is given.
pub fn validate(file: &SourceFile, dialect: Option<Dialect>) -> Validated {
    if let Some(at) = file.invalid_at {
        return failed(not_text(file, at));
    }
    let Parsed {
        root, mut findings, ..
    } = source::parse(&file.text, file.syntax);
    let Some(root) = root else {
        return Validated {
            policy: None,
            dialect,
            findings,
            looks_like_policy: false,
        };
    };
    let looks_like_policy = looks_like_policy(&root);
    // What stands after the first document takes nothing away from it.
    let readable = findings
        .iter()
        .all(|finding| finding.rule == &form::EXTRA_YAML_DOCUMENT);
    let detected = dialect.map_or_else(|| dialect::detect(&root, file.syntax), Ok);
    let (dialect, policy) = match detected {
        Ok(dialect) => {
            let lowered = dialect::lower(&root, dialect);
            findings.extend(lowered.findings);
            (Some(dialect), lowered.policy)
        }
        Err(finding) => {
            findings.push(*finding);
            (None, None)
        }
    };
    findings.sort_by(|a, b| (a.span, a.rule.id).cmp(&(b.span, b.rule.id)));
    let policy = policy.filter(|_| readable);
    Validated {
        policy,
        dialect,
        findings,
        looks_like_policy,
    }
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
