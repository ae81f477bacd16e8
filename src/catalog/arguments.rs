//! What an input schema declares about the arguments of a tool, path by path: through `$ref`, `allOf`,
//! `anyOf`, `oneOf` and nested objects.
//!
//! A place in a schema is a list of alternatives, each of which is schemas that hold together. What
//! is said of a path is true of every alternative. Where a schema says things that are not looked into
//! (`if`, `patternProperties`, references to elsewhere), its fields count as open.

use crate::analysis::{Declarations, Declared, Kind};
use crate::policy::condition::ArgPath;
use crate::policy::value::Value;
use crate::source::tree::{Node, ScalarKind, Value as Tree};

/// So many alternatives of one place are told apart.
const MAX_ALTERNATIVES: usize = 64;
/// So many schemas are looked at for one place.
const MAX_STEPS: usize = 2_000;

/// The arguments that an input schema describes.
#[derive(Debug)]
pub struct Arguments {
    schema: Node,
}

/// What a schema says of a path.
#[derive(Debug)]
pub enum Place {
    /// There is such an argument.
    Declared(Box<Argument>),
    /// There may be one; nothing is known of it.
    Open,
    /// There is none.
    Absent(Absence),
}

/// A declared argument.
#[derive(Debug)]
pub struct Argument {
    /// What values it may have.
    pub declared: Declared,
    /// What it is when it is left out, where the schema says so.
    pub default: Option<Value>,
    /// The kinds of the elements, where it is a list; `None` if any will do.
    pub elements: Option<Vec<Kind>>,
}

/// Where a path leaves a schema.
#[derive(Debug)]
pub struct Absence {
    /// How many fields of the path are there.
    pub depth: usize,
    /// What the last of them holds, if that is known.
    pub kinds: Option<Vec<Kind>>,
    /// The fields that it has.
    pub fields: Vec<String>,
}

/// Schemas that hold together.
#[derive(Debug, Clone, Default)]
struct Alternative<'a> {
    parts: Vec<&'a Node>,
    /// Whether there is more to it than is looked into.
    vague: bool,
    waiting: Vec<&'a Node>,
    choices: Vec<&'a [Node]>,
}

/// What an alternative says of a field.
enum Step<'a> {
    Declared(Vec<&'a Node>),
    Open,
    Absent,
}

impl Arguments {
    /// The arguments that `schema`, the tree of a JSON Schema, describes.
    pub fn new(schema: Node) -> Self {
        Self { schema }
    }

    /// The words that describe `path`, where it is described in place.
    pub fn description(&self, path: &ArgPath) -> Option<&str> {
        let mut fields = path.fields.iter();
        let argument = fields.try_fold(&self.schema, |schema, field| {
            schema.get("properties")?.get(field)
        });
        argument?.get("description")?.as_str()
    }

    /// What it says of `path`.
    pub fn place(&self, path: &ArgPath) -> Place {
        self.follow(&path.fields).unwrap_or(Place::Open)
    }

    /// What it declares about `paths` and what is above them.
    pub fn declarations<'p>(&self, paths: impl IntoIterator<Item = &'p ArgPath>) -> Declarations {
        let mut declarations = Declarations::new();
        for path in paths {
            for depth in 1..=path.fields.len() {
                let above = ArgPath {
                    fields: path.fields[..depth].to_vec(),
                };
                if declarations.contains_key(&above) {
                    continue;
                }
                let Place::Declared(argument) = self.place(&above) else {
                    break;
                };
                declarations.insert(above, argument.declared);
            }
        }
        declarations
    }

    /// Whether every call that follows the schema has `path`.
    pub fn requires(&self, path: &ArgPath) -> bool {
        (1..=path.fields.len()).all(|depth| {
            let above = ArgPath {
                fields: path.fields[..depth].to_vec(),
            };
            let Place::Declared(argument) = self.place(&above) else {
                return false;
            };
            let declared = argument.declared;
            let is_object = declared.kinds.as_deref() == Some(&[Kind::Object]);
            declared.required && (is_object || depth == path.fields.len())
        })
    }

    /// `None` where the schema is too large to tell.
    fn follow(&self, fields: &[String]) -> Option<Place> {
        let mut here = self.expand(vec![&self.schema])?;
        let mut required = false;
        for (depth, field) in fields.iter().enumerate() {
            let mut next = Vec::new();
            required = true;
            for alternative in &here {
                match alternative.field(field, depth == 0) {
                    Step::Declared(schemas) => {
                        next.append(&mut self.expand(schemas)?);
                        required &= alternative.requires(field);
                    }
                    Step::Open => return Some(Place::Open),
                    Step::Absent => required &= !alternative.may_be(Kind::Object),
                }
                if next.len() > MAX_ALTERNATIVES {
                    return None;
                }
            }
            if next.is_empty() {
                return Some(Place::Absent(Absence::of(&here, depth)));
            }
            here = next;
        }
        Some(Place::Declared(Box::new(Argument {
            declared: Declared {
                required,
                ..union(&here)
            },
            default: here.iter().find_map(Alternative::default_value),
            elements: self.elements(&here),
        })))
    }

    /// The kinds of the elements of lists that are as one of `alternatives` says.
    fn elements(&self, alternatives: &[Alternative<'_>]) -> Option<Vec<Kind>> {
        let lists = alternatives.iter().filter(|a| a.may_be(Kind::List));
        let mut all = Vec::new();
        for list in lists {
            let items = list.parts.iter().filter_map(|part| part.get("items"));
            let items: Vec<&Node> = items.collect();
            let is_tuple = list.parts.iter().any(|p| p.get("prefixItems").is_some())
                || items.iter().any(|items| items.as_sequence().is_some());
            if items.is_empty() || is_tuple {
                return None;
            }
            all.append(&mut self.expand(items)?);
        }
        union(&all).kinds
    }

    /// The alternatives of what meets all of `schemas`. None where nothing does.
    fn expand<'a>(&'a self, schemas: Vec<&'a Node>) -> Option<Vec<Alternative<'a>>> {
        let mut done = Vec::new();
        let mut open = vec![Alternative {
            waiting: schemas,
            ..Alternative::default()
        }];
        let mut steps = 0;
        while let Some(mut alternative) = open.pop() {
            steps += 1 + alternative.parts.len() / 8;
            if steps > MAX_STEPS || open.len() + done.len() > MAX_ALTERNATIVES {
                return None;
            }
            if let Some(schema) = alternative.waiting.pop() {
                if self.add(&mut alternative, schema) {
                    open.push(alternative);
                }
            } else if let Some(branches) = alternative.choices.pop() {
                open.extend(branches.iter().rev().map(|branch| {
                    let mut chosen = alternative.clone();
                    chosen.waiting.push(branch);
                    chosen
                }));
            } else {
                done.push(alternative);
            }
        }
        Some(done)
    }

    /// Adds a schema to an alternative; whether anything meets it.
    fn add<'a>(&'a self, alternative: &mut Alternative<'a>, schema: &'a Node) -> bool {
        let known = alternative
            .parts
            .iter()
            .any(|part| std::ptr::eq(*part, schema));
        if known || flag(schema) == Some(true) {
            return true;
        }
        if schema.as_mapping().is_none() {
            return flag(schema) != Some(false);
        }
        alternative.parts.push(schema);
        alternative.vague |= VAGUE.iter().any(|key| schema.get(key).is_some());
        if let Some(reference) = schema.get("$ref") {
            match reference.as_str().and_then(|text| self.referred(text)) {
                Some(target) => alternative.waiting.push(target),
                None => alternative.vague = true,
            }
        }
        let list = |key| schema.get(key).and_then(Node::as_sequence);
        alternative
            .waiting
            .extend(list("allOf").unwrap_or_default());
        let choices = [list("anyOf"), list("oneOf")];
        alternative.choices.extend(choices.into_iter().flatten());
        true
    }

    fn referred(&self, reference: &str) -> Option<&Node> {
        let pointer = reference.strip_prefix('#')?;
        if !pointer.is_empty() && !pointer.starts_with('/') {
            return None;
        }
        self.schema
            .at(&pointer.replace("%24", "$").replace("%20", " "))
    }
}

/// Keywords that may declare fields in ways that are not looked into.
const VAGUE: [&str; 10] = [
    "if",
    "then",
    "else",
    "dependentSchemas",
    "dependencies",
    "patternProperties",
    "propertyNames",
    "unevaluatedProperties",
    "$dynamicRef",
    "$recursiveRef",
];

impl<'a> Alternative<'a> {
    fn field(&self, name: &str, is_argument: bool) -> Step<'a> {
        let in_properties = |part: &&'a Node| part.get("properties")?.get(name);
        let schemas: Vec<_> = self.parts.iter().filter_map(in_properties).collect();
        if !schemas.is_empty() {
            return Step::Declared(schemas);
        }
        if !self.may_be(Kind::Object) {
            return Step::Absent;
        }
        let said = |key: &'static str| self.parts.iter().filter_map(move |part| part.get(key));
        let forbids_more = said("additionalProperties").any(|schema| flag(schema) == Some(false));
        let allows_more = said("additionalProperties").next().is_some();
        // A tool without fields has no arguments; an object without takes any.
        let has_fields = said("properties").any(|fields| {
            is_argument || fields.as_mapping().is_some_and(|fields| !fields.is_empty())
        });
        match forbids_more || (has_fields && !allows_more) {
            true if !self.vague => Step::Absent,
            _ => Step::Open,
        }
    }

    fn requires(&self, name: &str) -> bool {
        let mut lists = self.parts.iter().filter_map(|part| part.get("required"));
        lists.any(|list| {
            let names = list.as_sequence().unwrap_or_default();
            names.iter().any(|item| item.as_str() == Some(name))
        })
    }

    fn may_be(&self, kind: Kind) -> bool {
        self.kinds().is_none_or(|kinds| kinds.contains(&kind))
    }

    fn default_value(&self) -> Option<Value> {
        self.parts
            .iter()
            .find_map(|part| part.get("default"))
            .map(value)
    }

    /// The kinds of value that all of its parts let through; `None` if they say nothing of that.
    fn kinds(&self) -> Option<Vec<Kind>> {
        let stated = self.parts.iter().filter_map(|part| kinds(part));
        stated.reduce(|mut all, next| {
            all.retain(|kind| next.contains(kind));
            all
        })
    }

    fn declared(&self) -> Declared {
        let number = |key: &str| {
            let numbers = self.parts.iter().filter_map(|part| part.get(key));
            numbers.filter_map(number).next()
        };
        let list =
            |part: &&'a Node| Some(part.get("enum")?.as_sequence()?.iter().map(value).collect());
        let one = |part: &&'a Node| Some(vec![value(part.get("const")?)]);
        Declared {
            kinds: self.kinds(),
            whole: self.parts.iter().any(|part| is_whole(part)),
            required: false,
            values: self
                .parts
                .iter()
                .find_map(one)
                .or_else(|| self.parts.iter().find_map(list)),
            minimum: number("minimum"),
            exclusive_minimum: number("exclusiveMinimum"),
            maximum: number("maximum"),
            exclusive_maximum: number("exclusiveMaximum"),
            languages: Vec::new(),
        }
    }
}

impl Absence {
    fn of(here: &[Alternative<'_>], depth: usize) -> Self {
        let parts = here.iter().flat_map(|alternative| &alternative.parts);
        let properties = parts.filter_map(|part| part.get("properties")?.as_mapping());
        let mut fields: Vec<String> = properties
            .flatten()
            .map(|entry| entry.key.clone())
            .collect();
        fields.dedup();
        Self {
            depth,
            kinds: union(here).kinds,
            fields,
        }
    }
}

/// What is true of every alternative.
fn union(alternatives: &[Alternative<'_>]) -> Declared {
    let each = alternatives.iter().map(Alternative::declared);
    each.reduce(|a, b| either(&a, &b)).unwrap_or_default()
}

/// What is true of both.
fn either(a: &Declared, b: &Declared) -> Declared {
    let has_numbers = |side: &Declared| {
        side.kinds
            .as_ref()
            .is_none_or(|kinds| kinds.contains(&Kind::Number))
    };
    let bound = |of: fn(&Declared) -> Option<f64>, looser: fn(f64, f64) -> f64| match (
        has_numbers(a),
        has_numbers(b),
    ) {
        (true, true) => Some(looser(of(a)?, of(b)?)),
        (true, false) => of(a),
        (false, _) => of(b),
    };
    let kinds = a.kinds.as_ref().zip(b.kinds.as_ref()).map(|(a, b)| {
        let more = b.iter().filter(|kind| !a.contains(kind));
        a.iter().chain(more).copied().collect()
    });
    let values = a.values.as_ref().zip(b.values.as_ref());
    Declared {
        kinds,
        whole: (a.whole || !has_numbers(a)) && (b.whole || !has_numbers(b)),
        required: a.required && b.required,
        values: values.map(|(a, b)| a.iter().chain(b).cloned().collect()),
        minimum: bound(|d| d.minimum, f64::min),
        exclusive_minimum: bound(|d| d.exclusive_minimum, f64::min),
        maximum: bound(|d| d.maximum, f64::max),
        exclusive_maximum: bound(|d| d.exclusive_maximum, f64::max),
        languages: Vec::new(),
    }
}

/// The kinds of value that a schema states.
fn kinds(schema: &Node) -> Option<Vec<Kind>> {
    let mut kinds: Vec<Kind> = match (schema.get("type"), schema.get("enum"), schema.get("const")) {
        (Some(types), _, _) => match types.as_sequence() {
            Some(types) => types.iter().map(kind_called).collect::<Option<_>>()?,
            None => vec![kind_called(types)?],
        },
        (None, Some(values), _) => values.as_sequence()?.iter().map(kind_of).collect(),
        (None, None, Some(value)) => vec![kind_of(value)],
        (None, None, None) => return None,
    };
    if schema.get("nullable").and_then(flag) == Some(true) {
        kinds.push(Kind::Null);
    }
    kinds.sort();
    kinds.dedup();
    Some(kinds)
}

fn kind_called(name: &Node) -> Option<Kind> {
    Some(match name.as_str()? {
        "null" => Kind::Null,
        "boolean" => Kind::Bool,
        "number" | "integer" => Kind::Number,
        "string" => Kind::Text,
        "array" => Kind::List,
        "object" => Kind::Object,
        _ => return None,
    })
}

fn kind_of(node: &Node) -> Kind {
    match &node.value {
        Tree::Mapping(_) => Kind::Object,
        Tree::Sequence(_) => Kind::List,
        Tree::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => Kind::Null,
            ScalarKind::Bool(_) => Kind::Bool,
            ScalarKind::Int(_) | ScalarKind::UInt(_) | ScalarKind::Float(_) => Kind::Number,
            ScalarKind::Timestamp | ScalarKind::String => Kind::Text,
        },
    }
}

fn is_whole(schema: &Node) -> bool {
    let Some(types) = schema.get("type") else {
        return false;
    };
    let names = types.as_sequence().unwrap_or(std::slice::from_ref(types));
    let is = |wanted: &str| names.iter().any(|name| name.as_str() == Some(wanted));
    is("integer") && !is("number")
}

fn flag(node: &Node) -> Option<bool> {
    match node.as_scalar()?.kind {
        ScalarKind::Bool(flag) => Some(flag),
        _ => None,
    }
}

fn number(node: &Node) -> Option<f64> {
    match node.as_scalar()?.kind {
        ScalarKind::Int(n) => Some(n as f64),
        ScalarKind::UInt(n) => Some(n as f64),
        ScalarKind::Float(n) => Some(n),
        _ => None,
    }
}

/// A value of a schema as an argument. Recursion is bounded by [`crate::source::MAX_DEPTH`].
fn value(node: &Node) -> Value {
    match &node.value {
        Tree::Sequence(items) => Value::List(items.iter().map(value).collect()),
        Tree::Mapping(entries) => {
            let mut members: Vec<_> = entries
                .iter()
                .map(|entry| (entry.key.clone(), value(&entry.value)))
                .collect();
            members.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Map(members)
        }
        Tree::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => Value::Null,
            ScalarKind::Bool(flag) => Value::Bool(flag),
            ScalarKind::Int(_) | ScalarKind::UInt(_) | ScalarKind::Float(_) => {
                Value::Float(number(node).unwrap_or(f64::NAN))
            }
            ScalarKind::Timestamp | ScalarKind::String => Value::Text(scalar.text.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::json;

    fn arguments(schema: &str) -> Arguments {
        Arguments::new(json::parse(schema).root.expect("it is JSON"))
    }

    fn said(arguments: &Arguments, path: &str) -> String {
        match arguments.place(&ArgPath::parse(path).expect("a path")) {
            Place::Open => "open".to_owned(),
            Place::Absent(absence) => {
                format!("absent at {} of {:?}", absence.depth, absence.fields)
            }
            Place::Declared(argument) => format!(
                "{:?}{}",
                argument.declared.kinds.unwrap_or_default(),
                if argument.declared.required {
                    " required"
                } else {
                    ""
                }
            ),
        }
    }

    #[test]
    fn paths_are_found_through_references_and_alternatives() {
        let tool = arguments(
            r##"{ "type": "object", "required": ["to", "who"],
            "$defs": { "money": { "type": "object", "required": ["cents"], "properties": { "cents": { "type": "integer" } } } },
            "allOf": [{ "properties": { "to": { "type": ["string", "null"] } } }],
            "properties": {
              "amount": { "$ref": "#/$defs/money" },
              "who": { "oneOf": [{ "type": "string" }, { "type": "object", "properties": { "id": { "type": "number" } } }] },
              "labels": { "type": "array", "items": { "properties": { "name": {} } } },
              "free": { "type": "object" },
              "map": { "type": "object", "properties": {} },
              "tree": { "$ref": "#" }
            } }"##,
        );
        for (path, expected) in [
            ("args.to", "[Null, Text] required"),
            ("args.amount", "[Object]"),
            ("args.amount.cents", "[Number] required"),
            ("args.who", "[Text, Object] required"),
            ("args.who.id", "[Number]"),
            ("args.free.x", "open"),
            ("args.map.x", "open"),
            ("args.tree.tree.amount.cents", "[Number] required"),
            ("args.labels.name", "absent at 1 of []"),
            ("args.amount.cent", r#"absent at 1 of ["cents"]"#),
            ("args.to.x", "absent at 1 of []"),
        ] {
            assert_eq!(said(&tool, path), expected, "{path}");
        }
        assert!(said(&tool, "args.nobody").starts_with("absent at 0"));
    }

    #[test]
    fn what_is_not_looked_into_is_open() {
        for schema in [
            "{}",
            "true",
            r#"{ "type": "object" }"#,
            r#"{ "properties": {}, "additionalProperties": true }"#,
            r#"{ "properties": {}, "additionalProperties": { "type": "string" } }"#,
            r#"{ "properties": {}, "patternProperties": { "^x": {} } }"#,
            r#"{ "properties": {}, "$ref": "https://example.com/schema" }"#,
            r#"{ "anyOf": [{ "properties": { "y": {} } }, {}] }"#,
        ] {
            assert_eq!(said(&arguments(schema), "args.x"), "open", "{schema}");
        }
        let closed = arguments(r#"{ "type": "object", "additionalProperties": false }"#);
        assert_eq!(said(&closed, "args.x"), "absent at 0 of []");
    }

    #[test]
    fn schemas_that_explode_or_go_round_are_open() {
        let choice = r#"{ "anyOf": [{ "title": "a" }, { "title": "b" }] }"#;
        let many = format!(
            r#"{{ "allOf": [{}], "properties": {{ "x": {{}} }} }}"#,
            [choice; 12].join(",")
        );
        assert_eq!(said(&arguments(&many), "args.x"), "open");
        let round = arguments(r##"{ "$ref": "#", "properties": { "x": { "type": "string" } } }"##);
        assert_eq!(said(&round, "args.x"), "[Text]");
    }
}
