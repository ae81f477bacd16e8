//! What the arguments of a tool say of it: read from its input schema in place.

use super::claim::Setting;
use super::name;
use super::vocabulary::{Kind, VOCABULARY};
use super::words::Words;
use super::{Category, Evidence, Source};
use crate::json::walk;

/// So many arguments, and so many values of one, are looked at.
const MOST_PROPERTIES: usize = 100;
const MOST_VALUES: usize = 100;

/// What there is to know of a tool's arguments.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// An argument that selects what is done, with the worst of its values.
    pub selector: Option<Selector>,
    /// A required argument that holds code, a command or a statement.
    pub free_text: Option<String>,
    /// A required argument that is an amount of money, beside whom or what it is for.
    pub amount: Option<String>,
    /// An HTTP method beside a URL.
    pub http_method: Option<String>,
}

/// An argument whose values are operations.
#[derive(Debug)]
pub(super) struct Selector {
    pub argument: String,
    pub category: Category,
    pub evidence: Evidence,
    /// Whether its values are of different categories.
    pub decides: bool,
}

/// Reads `schema`, a checked JSON text.
pub(super) fn read(schema: &str, setting: &Setting<'_>) -> Arguments {
    let mut found = Arguments::default();
    let Some(properties) = member(schema, "properties") else {
        return found;
    };
    let required = member(schema, "required").unwrap_or("[]");
    let is_required = |name: &str| strings(required).any(|argument| argument == name);
    let known = &VOCABULARY.arguments;
    let (mut counterpart, mut url, mut method) = (false, false, None);
    for (name, property) in members(properties).take(MOST_PROPERTIES) {
        let plain = Words::of_name(&name).list().join("_");
        if known.selector.contains(plain.as_str()) && found.selector.is_none() {
            found.selector = selector(&name, property, setting);
        }
        if known.free_text.contains(plain.as_str()) && is_required(&name) {
            found.free_text.get_or_insert_with(|| name.clone());
        }
        if known.amount.contains(plain.as_str()) && is_required(&name) {
            found.amount.get_or_insert_with(|| name.clone());
        }
        counterpart |= known.counterpart.contains(plain.as_str());
        url |= matches!(plain.as_str(), "url" | "uri" | "endpoint" | "path");
        if matches!(plain.as_str(), "method" | "http_method") {
            method = Some(name);
        }
    }
    found.amount = found.amount.filter(|_| counterpart);
    found.http_method = method.filter(|_| url);
    found
}

/// Whether an argument of `schema`, a checked JSON text, has one of `names`, whatever its case.
pub(super) fn has_one_of(schema: &str, names: &[&str]) -> bool {
    let properties = member(schema, "properties").unwrap_or("{}");
    let mut arguments = members(properties).take(MOST_PROPERTIES);
    arguments.any(|(name, _)| {
        let plain = Words::of_name(&name).list().join("_");
        names.contains(&plain.as_str())
    })
}

/// The argument of `schema`, a checked JSON text, that is called after what is to be done, and the
/// texts that it may be if they are listed. Numbers and lists of operations are left out.
pub(super) fn operation(schema: &str) -> Option<(String, Option<Vec<String>>)> {
    let known = &VOCABULARY.arguments.selector;
    let mut arguments = members(member(schema, "properties")?).take(MOST_PROPERTIES);
    let (name, property) = arguments
        .find(|(name, _)| known.contains(Words::of_name(name).list().join("_").as_str()))?;
    if let Some(values) = member(property, "enum") {
        let values: Vec<String> = strings(values).take(MOST_VALUES + 1).collect();
        return (values.len() <= MOST_VALUES).then_some((name, Some(values)));
    }
    let declared = member(property, "type").map(walk::Value::of);
    let is_text = matches!(declared, Some(walk::Value::String(text)) if text == "string");
    is_text.then_some((name, None))
}

/// What the values of an argument say, if they are a list.
fn selector(name: &str, property: &str, setting: &Setting<'_>) -> Option<Selector> {
    let values = member(property, "enum")?;
    let mut worst: Option<Selector> = None;
    let mut seen = None;
    let mut decides = false;
    for value in strings(values).take(MOST_VALUES) {
        let words = Words::of_name(&value);
        let Some(claim) = name::claim(&words, setting).filter(|claim| claim.kind != Kind::Vague)
        else {
            continue;
        };
        decides |= *seen.get_or_insert(claim.category) != claim.category;
        if worst
            .as_ref()
            .is_none_or(|worst| claim.category > worst.category)
        {
            worst = Some(Selector {
                argument: name.to_owned(),
                category: claim.category,
                evidence: Evidence::new(Source::Schema, format!("{name}: {value}")),
                decides: false,
            });
        }
    }
    worst.map(|worst| Selector { decides, ..worst })
}

fn members(object: &str) -> impl Iterator<Item = (String, &str)> {
    let object = if object.starts_with('{') {
        object
    } else {
        "{}"
    };
    walk::members(object).map(|(key, value)| {
        (
            walk::decode(&object[key.range()]).into_owned(),
            &object[value.range()],
        )
    })
}

fn member<'t>(object: &'t str, wanted: &str) -> Option<&'t str> {
    let object = if object.starts_with('{') {
        object
    } else {
        "{}"
    };
    let mut members = walk::members(object);
    let (_, value) = members.find(|(key, _)| walk::decode(&object[key.range()]) == wanted)?;
    Some(&object[value.range()])
}

/// The strings in a list.
fn strings(list: &str) -> impl Iterator<Item = String> {
    let list = if list.starts_with('[') { list } else { "[]" };
    walk::elements(list).filter_map(|item| match walk::Value::of(&list[item.range()]) {
        walk::Value::String(text) => Some(text.into_owned()),
        _ => None,
    })
}
