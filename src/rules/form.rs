//! The rules of form: what makes a file not a policy, or not the policy its author meant to write.
//!
//! They are found while reading ([`crate::source`]), by the schemas ([`crate::schema`]) and while
//! lowering ([`crate::dialect`]); this file only names them.

use super::{Check, Rule};
use crate::finding::Severity::Error;

macro_rules! form {
    ($($(#[$doc:meta])* $name:ident = $id:literal, $summary:literal;)*) => {
        $($(#[$doc])* pub static $name: Rule = Rule {
            id: $id,
            severity: Error,
            summary: $summary,
            doc: include_str!(concat!("form/", $id, ".md")),
            needs_tools: false,
            check: Check::Form,
        };)*
    };
}

form! {
    /// The text is not JSON or YAML.
    SYNTAX_ERROR = "syntax-error", "the file is not JSON or YAML";
    /// A key that the format does not have.
    UNKNOWN_KEY = "unknown-key", "a key that the format does not have";
    /// The same key twice in one object.
    DUPLICATE_KEY = "duplicate-key", "the same key twice in one object";
    /// The wrong JSON type, or the wrong letter case of a word.
    WRONG_TYPE = "wrong-type", "a value of the wrong type, or a word in the wrong letter case";
    /// A required key is absent.
    MISSING_KEY = "missing-key", "a required key is absent";
    /// `version` is not `"1"`.
    UNSUPPORTED_VERSION = "unsupported-version", "a policy version other than \"1\"";
    /// A key of the other dialect, or of an older spelling.
    OTHER_DIALECT_KEY = "other-dialect-key", "a key of another policy format";
    /// A limit whose parts have the right type and no meaning.
    INVALID_LIMIT = "invalid-limit", "a limit that can't mean anything";
    /// A condition that can't be evaluated.
    INVALID_CONDITION = "invalid-condition", "a condition that can't be evaluated";
    /// Intercept's own rules of shape.
    INVALID_RULE = "invalid-rule", "a rule whose parts don't fit together";
    /// A second YAML document, which is not read.
    EXTRA_YAML_DOCUMENT = "extra-yaml-document", "a second YAML document, which is not read";
    /// A plain YAML scalar that is read differently from what it looks like.
    YAML_SCALAR_TRAP = "yaml-scalar-trap", "an unquoted value that is read as something else";
}
