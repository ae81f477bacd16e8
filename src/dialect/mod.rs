//! From surface syntax to [`Policy`]: which dialect a tree is written in, and what it means.
//!
//! After this module nobody asks which dialect a policy was written in.

pub mod gateway;
pub mod intercept;
pub(crate) mod mend;
mod traps;

use crate::finding::{Finding, Severity};
use crate::policy::Policy;
use crate::rules::form::OTHER_DIALECT_KEY;
use crate::source::Syntax;
use crate::source::tree::{Entry, Node, join};

/// The policy formats that mcplint reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Dialect {
    /// Gateway policies, published as JSON.
    Gateway,
    /// Policies of the Intercept engine, published as YAML.
    Intercept,
}

/// What lowering gave: the policy, and everything that is wrong with the tree.
#[derive(Debug, Default)]
pub struct Lowered {
    /// The policy. `None` for a gateway policy with an error, and for an Intercept policy that the
    /// engine would refuse: what the engine passes over (`unknown-key`, `yaml-scalar-trap`,
    /// `other-dialect-key`) is an error beside a policy that it would run.
    pub policy: Option<Policy>,
    /// What is wrong, in the order of the text; at most one finding for one place.
    pub findings: Vec<Finding>,
}

impl Lowered {
    /// `policy` and `findings`, without the policy if it is not to be trusted.
    fn new(policy: Option<Policy>, findings: Vec<Finding>) -> Self {
        let broken = findings
            .iter()
            .any(|finding| finding.severity == Severity::Error);
        Self {
            policy: policy.filter(|_| !broken),
            findings,
        }
    }
}

/// Checks `root` against the form of `dialect` and lowers it.
///
/// `root` comes from a reader: its keys are unique and it is at most
/// [`crate::source::MAX_DEPTH`] deep.
pub fn lower(root: &Node, dialect: Dialect) -> Lowered {
    match dialect {
        Dialect::Gateway => gateway::lower(root),
        Dialect::Intercept => intercept::lower(root),
    }
}

/// Which dialect `root` is written in. A tool with `rules` is Intercept's; `require`, `deny_if`,
/// `limits` and `all_tools` are the gateway's; without any of them the syntax decides.
///
/// # Errors
///
/// The finding about a file that mixes both dialects, with a label at a key of the other.
pub fn detect(root: &Node, syntax: Syntax) -> Result<Dialect, Box<Finding>> {
    let gateway = gateway_mark(root);
    let intercept = tool_mark(root, &["rules"]);
    match (gateway, intercept) {
        (Some(gateway), Some(intercept)) => Err(Box::new(mixed(gateway, intercept, syntax))),
        (Some(_), None) => Ok(Dialect::Gateway),
        (None, Some(_)) => Ok(Dialect::Intercept),
        (None, None) => Ok(syntax.dialect()),
    }
}

impl Syntax {
    /// The dialect that is published in this syntax.
    fn dialect(self) -> Dialect {
        match self {
            Syntax::Json => Dialect::Gateway,
            Syntax::Yaml => Dialect::Intercept,
        }
    }
}

/// A key that only one dialect has.
struct Mark<'a> {
    entry: &'a Entry,
    pointer: String,
}

fn gateway_mark(root: &Node) -> Option<Mark<'_>> {
    let all_tools = root.entry("all_tools").map(|entry| Mark {
        entry,
        pointer: "/all_tools".into(),
    });
    all_tools.or_else(|| tool_mark(root, &["require", "deny_if", "limits"]))
}

/// The first of `keys` in the first tool that has one.
fn tool_mark<'a>(root: &'a Node, keys: &[&str]) -> Option<Mark<'a>> {
    let tools = root.get("tools")?.as_mapping()?;
    tools.iter().find_map(|tool| {
        let entry = keys.iter().find_map(|key| tool.value.entry(key))?;
        Some(Mark {
            entry,
            pointer: join(&join("/tools", &tool.key), &entry.key),
        })
    })
}

/// The finding points at the key that the syntax makes the stranger.
fn mixed(gateway: Mark<'_>, intercept: Mark<'_>, syntax: Syntax) -> Finding {
    let message = format!(
        "one file mixes two policy formats: `{}` belongs to Intercept policies, `{}` to gateway \
         policies",
        intercept.entry.key, gateway.entry.key
    );
    let (stranger, other, owner) = match syntax.dialect() {
        Dialect::Gateway => (intercept, gateway, "the gateway's"),
        Dialect::Intercept => (gateway, intercept, "Intercept's"),
    };
    Finding::new(
        &OTHER_DIALECT_KEY,
        stranger.pointer,
        stranger.entry.key_span,
        message,
    )
    .label(other.entry.key_span, format!("this key is {owner}"))
    .help(
        "keep to one format in a file; `--dialect gateway` or `--dialect intercept` checks it as one \
         of them",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::json;

    fn detected(text: &str, syntax: Syntax) -> Result<Dialect, Box<Finding>> {
        let root = json::parse(text).root.expect("the text is JSON");
        detect(&root, syntax)
    }

    #[test]
    fn keys_decide_and_then_the_syntax() {
        for (text, dialect) in [
            (r#"{"tools":{"a":{},"b":{"rules":[]}}}"#, Dialect::Intercept),
            (r#"{"tools":{"a":{},"b":{"limits":[]}}}"#, Dialect::Gateway),
            (r#"{"tools":{"a":{"require":[]}}}"#, Dialect::Gateway),
            (r#"{"tools":{"a":{"deny_if":[]}}}"#, Dialect::Gateway),
            (r#"{"all_tools":{}}"#, Dialect::Gateway),
        ] {
            for syntax in [Syntax::Json, Syntax::Yaml] {
                assert_eq!(detected(text, syntax), Ok(dialect), "{text}");
            }
        }
        for text in ["[]", "{}", r#"{"tools":{"rules":{},"limits":5}}"#] {
            assert_eq!(detected(text, Syntax::Json), Ok(Dialect::Gateway));
            assert_eq!(detected(text, Syntax::Yaml), Ok(Dialect::Intercept));
        }
    }

    #[test]
    fn a_mixed_file_is_shown_at_both_places() {
        let text = r#"{"tools":{"a":{"rules":[]},"b/c":{"deny_if":[]}}}"#;
        let in_json = detected(text, Syntax::Json).expect_err("the file is mixed");
        assert_eq!(in_json.rule, &OTHER_DIALECT_KEY);
        assert_eq!(in_json.pointer, "/tools/a/rules");
        assert_eq!(&text[in_json.span.range()], "\"rules\"");
        assert_eq!(&text[in_json.labels[0].span.range()], "\"deny_if\"");

        let in_yaml = detected(text, Syntax::Yaml).expect_err("the file is mixed");
        assert_eq!(in_yaml.pointer, "/tools/b~1c/deny_if");
        assert_eq!(&text[in_yaml.labels[0].span.range()], "\"rules\"");
    }
}
