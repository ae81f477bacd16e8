//! Attributes and their values, as OTLP writes them in JSON, from texts that were checked.

use std::borrow::Cow;

use crate::json::walk;
use crate::trace::record::push_string;

/// The value of a member of an object's text.
pub fn member<'t>(object: &'t str, key: &str) -> Option<&'t str> {
    if !object.starts_with('{') {
        return None;
    }
    walk::members(object)
        .find(|(name, _)| walk::decode(&object[name.range()]) == key)
        .map(|(_, value)| &object[value.range()])
}

/// The keys and values of the list that `attributes` of an object is.
pub fn attributes(list: &str) -> impl Iterator<Item = (Cow<'_, str>, AnyValue<'_>)> {
    let list = if list.starts_with('[') { list } else { "[]" };
    walk::elements(list).filter_map(|span| {
        let attribute = &list[span.range()];
        let walk::Value::String(key) = walk::Value::of(member(attribute, "key")?) else {
            return None;
        };
        Some((key, AnyValue::of(member(attribute, "value")?)))
    })
}

/// A value of one of OTLP's types.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyValue<'t> {
    /// A text, or bytes in base 64.
    Text(Cow<'t, str>),
    /// A number, `true`, `false` or `null`, as JSON has it.
    Scalar(Cow<'t, str>),
    /// The text of the list of its values.
    List(&'t str),
    /// The text of the list of its keys and values.
    Object(&'t str),
}

impl<'t> AnyValue<'t> {
    const NULL: Self = AnyValue::Scalar(Cow::Borrowed("null"));

    /// Reads the text of an object with one member, which names the type.
    fn of(text: &'t str) -> Self {
        if !text.starts_with('{') {
            return Self::NULL;
        }
        let Some((key, value)) = walk::members(text).next() else {
            return Self::NULL;
        };
        let value = &text[value.range()];
        match (&*walk::decode(&text[key.range()]), walk::Value::of(value)) {
            ("stringValue" | "bytesValue", walk::Value::String(text)) => AnyValue::Text(text),
            ("boolValue", walk::Value::Bool(_)) | ("doubleValue", walk::Value::Number(_)) => {
                AnyValue::Scalar(value.into())
            }
            ("intValue", walk::Value::Number(number)) => integer(number.into()),
            // Integers of 64 bits are texts in this encoding.
            ("intValue" | "doubleValue", walk::Value::String(text)) => integer(text),
            ("arrayValue", walk::Value::Object(object)) => AnyValue::List(values(object)),
            ("kvlistValue", walk::Value::Object(object)) => AnyValue::Object(values(object)),
            _ => Self::NULL,
        }
    }

    /// The text, or what an integer reads.
    pub fn text(self) -> Option<Cow<'t, str>> {
        match self {
            AnyValue::Text(text) => Some(text),
            AnyValue::Scalar(text) if text != "null" => Some(text),
            _ => None,
        }
    }

    /// The value as JSON.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    /// Appends the value as JSON. Goes as deep as the text, which was checked, is allowed to.
    fn write(&self, out: &mut String) {
        match self {
            AnyValue::Text(text) => push_string(text, out),
            AnyValue::Scalar(text) => out.push_str(text),
            AnyValue::List(list) => {
                out.push('[');
                for (nth, span) in walk::elements(list).enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    AnyValue::of(&list[span.range()]).write(out);
                }
                out.push(']');
            }
            AnyValue::Object(list) => {
                out.push('{');
                for (nth, (key, value)) in attributes(list).enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    push_string(&key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// An integer without what JSON would not have, such as zeros before it; a text if it is none.
fn integer(text: Cow<'_, str>) -> AnyValue<'_> {
    match text.parse::<i128>() {
        Ok(number) => AnyValue::Scalar(number.to_string().into()),
        Err(_) => AnyValue::Text(text),
    }
}

fn values(object: &str) -> &str {
    member(object, "values")
        .filter(|values| values.starts_with('['))
        .unwrap_or("[]")
}
