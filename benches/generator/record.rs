//! JSON as recorders write it: without blanks, by hand.

use std::fmt::{Display, Write};

/// Writes JSON to the end of a text.
pub struct Json<'o> {
    out: &'o mut String,
    /// Whether other characters are written as `\u` escapes.
    ascii_only: bool,
}

impl<'o> Json<'o> {
    pub fn new(out: &'o mut String, ascii_only: bool) -> Self {
        Json { out, ascii_only }
    }

    pub fn object(&mut self, fields: impl FnOnce(&mut Self)) {
        self.out.push('{');
        fields(self);
        self.out.push('}');
    }

    pub fn object_field(&mut self, key: &str, fields: impl FnOnce(&mut Self)) {
        self.key(key);
        self.object(fields);
    }

    pub fn text(&mut self, key: &str, text: &str) {
        self.key(key);
        self.string(text);
    }

    /// A number, `true`, `false` or `null`.
    pub fn plain(&mut self, key: &str, value: impl Display) {
        self.key(key);
        self.element(value);
    }

    pub fn texts<'t>(&mut self, key: &str, texts: impl IntoIterator<Item = &'t str>) {
        self.list(key, texts, Self::string);
    }

    /// A list; `write` writes an element.
    pub fn list<T>(
        &mut self,
        key: &str,
        elements: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.key(key);
        self.out.push('[');
        for (place, element) in elements.into_iter().enumerate() {
            if place > 0 {
                self.out.push(',');
            }
            write(self, element);
        }
        self.out.push(']');
    }

    /// A number in a list.
    pub fn element(&mut self, value: impl Display) {
        write!(self.out, "{value}").expect("a string takes it");
    }

    fn key(&mut self, key: &str) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
        self.string(key);
        self.out.push(':');
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\t' => self.out.push_str("\\t"),
                _ if self.ascii_only && !c.is_ascii() => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        write!(self.out, "\\u{unit:04x}").expect("a string takes it");
                    }
                }
                _ => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}
