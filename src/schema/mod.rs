//! JSON Schema validation: what a published schema objects to, led back to its place in the text
//! and said in words.
//!
//! The schema decides *whether* something is wrong, so that editors and mcplint agree; the module
//! of each dialect ([`gateway`]) decides how to say it. The schema's own messages are never shown.

mod foreign;
mod gateway;
mod part;
pub(crate) mod places;
pub(crate) mod words;

use std::sync::OnceLock;

use ahash::AHashSet;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Number, Value as Json};

use crate::finding::Finding;
use crate::rules::form::WRONG_TYPE;
use crate::source::tree::{Node, Scalar, ScalarKind, Value};
use places::Places;

/// Objections beyond this number are left out: who has so many has one mistake in many copies.
const MAX_OBJECTIONS: usize = 10_000;

/// Where the schema asks for names that are not empty: errors are about the object that has them.
const OF_A_NAME: &str = "/propertyNames/minLength";

/// Documents of more values than this are refused: no policy comes near, and a schema error for
/// each of them would take gigabytes.
const MAX_VALUES: usize = 1_000_000;

/// What the schema of gateway policies says, compiled with mcplint: to read it anew in each run would
/// take longer than all else that validating does.
///
/// Its pattern of argument paths has one class twice, where once would do: of very short patterns the
/// `regex` crate makes whole tables, and that takes three times as long as to compile the longer one.
#[jsonschema::validator(path = "src/schema/gateway.schema.json", draft = Draft7)]
struct Gateway;

/// What the schema of Intercept policies says.
#[jsonschema::validator(path = "src/schema/intercept.schema.json", draft = Draft7)]
struct Intercept;

/// The schemas that mcplint carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A gateway policy.
    Gateway,
    /// An Intercept policy. Its schema is for editors: the engine's loader is more lenient than a
    /// schema can say, so [`crate::dialect`] has the last word.
    Intercept,
}

impl Kind {
    /// The schema as it is published: JSON Schema, draft 7.
    pub fn text(self) -> &'static str {
        match self {
            Kind::Gateway => include_str!("gateway.schema.json"),
            Kind::Intercept => include_str!("intercept.schema.json"),
        }
    }

    /// The schema as a value.
    fn json(self) -> &'static Json {
        static GATEWAY: OnceLock<Json> = OnceLock::new();
        static INTERCEPT: OnceLock<Json> = OnceLock::new();
        let cell = match self {
            Kind::Gateway => &GATEWAY,
            Kind::Intercept => &INTERCEPT,
        };
        cell.get_or_init(|| serde_json::from_str(self.text()).expect("our own schema is JSON"))
    }

    /// Whether the schema objects to nothing in `root`, which may be at most
    /// [`crate::source::MAX_DEPTH`] deep.
    pub fn accepts(self, root: &Node) -> bool {
        let instance = to_json(root);
        match self {
            Kind::Gateway => Gateway::is_valid(&instance),
            Kind::Intercept => Intercept::is_valid(&instance),
        }
    }

    /// The keys that objects described at `pointer` of the schema may have.
    fn keys(self, pointer: &str) -> impl Iterator<Item = &'static str> + Clone {
        self.json()
            .pointer(pointer)
            .and_then(|object| object.get("properties")?.as_object())
            .into_iter()
            .flat_map(|properties| properties.keys().map(String::as_str))
    }
}

/// What is wrong with `root` as a gateway policy, in the order of the text: at most one finding for
/// one place, and at most 10,000 in all. A document of more than a million values is one finding.
///
/// `root` may be at most [`crate::source::MAX_DEPTH`] deep, which the readers see to.
pub fn check_gateway(root: &Node) -> Vec<Finding> {
    if values(root) > MAX_VALUES {
        return vec![too_large(root)];
    }
    let instance = to_json(root);
    if Gateway::is_valid(&instance) {
        return Vec::new();
    }
    let objections = objections(&instance);
    let mut findings = gateway::findings(&objections, &Places::new(root));
    sort(&mut findings);
    findings
}

/// How many values `node` is made of.
fn values(node: &Node) -> usize {
    let inside: usize = match &node.value {
        Value::Scalar(_) => 0,
        Value::Sequence(items) => items.iter().map(values).sum(),
        Value::Mapping(entries) => entries.iter().map(|entry| values(&entry.value)).sum(),
    };
    1 + inside
}

fn too_large(root: &Node) -> Finding {
    let span = Places::new(root).find("").span();
    let message = format!("a policy can have at most {MAX_VALUES} values");
    Finding::new(&WRONG_TYPE, "", span, message)
}

/// Sorts findings by place.
pub(crate) fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| (finding.span, finding.rule.id));
}

/// Something the schema objects to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Objection {
    /// RFC 6901 pointer of the value it is about.
    pointer: String,
    about: About,
}

/// What an objection is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum About {
    /// An object lacks this key.
    Missing(String),
    /// An object has this key, which the format does not have.
    Unexpected(String),
    /// An object has a member whose name is empty.
    Unnamed,
    /// The value itself: its type, or what it says.
    Value,
}

/// The distinct objections to `instance`: several keywords often object to one value.
fn objections(instance: &Json) -> Vec<Objection> {
    let mut seen = AHashSet::default();
    Gateway::iter_errors(instance)
        .flat_map(|error| {
            let about = match error.kind() {
                ValidationErrorKind::Required { property } => {
                    vec![About::Missing(property.as_str().unwrap_or_default().into())]
                }
                ValidationErrorKind::AdditionalProperties { unexpected } => {
                    unexpected.iter().cloned().map(About::Unexpected).collect()
                }
                ValidationErrorKind::MinLength { .. }
                    if error.schema_path().as_str().ends_with(OF_A_NAME) =>
                {
                    vec![About::Unnamed]
                }
                _ => vec![About::Value],
            };
            let pointer = error.instance_path().as_str().to_owned();
            about.into_iter().map(move |about| Objection {
                pointer: pointer.clone(),
                about,
            })
        })
        .filter(|objection| seen.insert(objection.clone()))
        .take(MAX_OBJECTIONS)
        .collect()
}

/// `node` as the schema sees it.
fn to_json(node: &Node) -> Json {
    match &node.value {
        Value::Scalar(scalar) => scalar_to_json(scalar),
        Value::Sequence(items) => Json::Array(items.iter().map(to_json).collect()),
        Value::Mapping(entries) => {
            let members = entries
                .iter()
                .map(|entry| (entry.key.clone(), to_json(&entry.value)));
            Json::Object(Map::from_iter(members))
        }
    }
}

fn scalar_to_json(scalar: &Scalar) -> Json {
    match scalar.kind {
        ScalarKind::Null => Json::Null,
        ScalarKind::Bool(b) => b.into(),
        ScalarKind::Int(n) => n.into(),
        ScalarKind::UInt(n) => n.into(),
        // JSON has no infinities; for a schema, the largest number will do.
        ScalarKind::Float(n) => Number::from_f64(n)
            .or_else(|| Number::from_f64(f64::MAX.copysign(n)))
            .map_or(Json::Null, Json::Number),
        ScalarKind::Timestamp | ScalarKind::String => scalar.text.clone().into(),
    }
}

#[cfg(test)]
mod tests;
