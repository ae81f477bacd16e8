//! Values that conditions compare with, and the printed forms that equality is decided by.
//!
//! Equality is that of the Intercept engine: two numbers are compared as float64, anything else by
//! the text that Go's `fmt` prints for it (`%v`). So `1` equals `"1"`, `true` equals `"true"`, and
//! the list `[1, 2]` equals the string `"[1 2]"`.

use std::fmt::{self, Write};

/// A value written in a policy.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, printed `<nil>`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number that prints as an integer. The Intercept engine reads YAML integers so; numbers of
    /// a gateway policy are floats, as JSON numbers are.
    Int(i64),
    /// A number that prints as a float: in exponent form from 10^6 upwards and below 10^-4.
    Float(f64),
    /// Text.
    Text(String),
    /// Something that is neither number nor text and equals only this printed form: a YAML
    /// timestamp, or an integer between 2^63 and 2^64.
    Opaque(String),
    /// A list.
    List(Vec<Value>),
    /// An object, sorted by key.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The number, as float64.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            // Go converts int64 to float64 in the same way: to the nearest, ties to even.
            Value::Int(n) => Some(*n as f64),
            Value::Float(n) => Some(*n),
            _ => None,
        }
    }

    /// How much there is to it: values, and sixteen bytes of text for one more.
    pub fn weight(&self) -> usize {
        const BYTES_A_VALUE: usize = 16;
        match self {
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 1,
            Value::Text(text) | Value::Opaque(text) => 1 + text.len() / BYTES_A_VALUE,
            Value::List(items) => 1 + items.iter().map(Value::weight).sum::<usize>(),
            Value::Map(entries) => {
                let weight =
                    |(key, value): &(String, Value)| 1 + key.len() / BYTES_A_VALUE + value.weight();
                1 + entries.iter().map(weight).sum::<usize>()
            }
        }
    }

    /// What Go's `%v` prints.
    pub fn printed(&self) -> String {
        let mut out = String::new();
        self.print(&mut out);
        out
    }

    fn print(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("<nil>"),
            Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Value::Int(n) => write!(out, "{n}").expect("writing to a string never fails"),
            Value::Float(n) => print_float(*n, out).expect("writing to a string never fails"),
            Value::Text(text) | Value::Opaque(text) => out.push_str(text),
            Value::List(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(' ');
                    }
                    item.print(out);
                }
                out.push(']');
            }
            Value::Map(entries) => {
                out.push_str("map[");
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        out.push(' ');
                    }
                    out.push_str(key);
                    out.push(':');
                    value.print(out);
                }
                out.push(']');
            }
        }
    }
}

/// Writes a float as Go's `%v` prints it: the shortest digits that read back as the same number,
/// with an exponent of at least two digits below 10^-4 and from 10^6 upwards.
///
/// # Errors
/// Those of `out`.
pub fn print_float(n: f64, out: &mut impl Write) -> fmt::Result {
    if n.is_nan() {
        return out.write_str("NaN");
    }
    if n.is_infinite() {
        return out.write_str(if n < 0.0 { "-Inf" } else { "+Inf" });
    }
    // `{:e}` gives the shortest round-trip digits and always an exponent: `1.234567e6`, `0e0`.
    let mut scientific = Scientific::default();
    write!(scientific, "{n:e}")?;
    let (mantissa, exponent) = scientific.parts();
    if (-4..6).contains(&exponent) {
        return write!(out, "{n}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(out, "{mantissa}e{sign}{:02}", exponent.abs())
}

/// A float's scientific form, at most `-1.2345678901234567e-308`, kept off the heap: conditions
/// compare numbers with texts on the way of every call.
#[derive(Default)]
struct Scientific {
    bytes: [u8; 24],
    length: usize,
}

impl Scientific {
    fn parts(&self) -> (&str, i32) {
        let text = std::str::from_utf8(&self.bytes[..self.length]).expect("only text is written");
        let (mantissa, exponent) = text.split_once('e').expect("`{:e}` prints an exponent");
        (
            mantissa,
            exponent.parse().expect("`{:e}` prints a decimal exponent"),
        )
    }
}

impl Write for Scientific {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.length + part.len();
        let free = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        free.copy_from_slice(part.as_bytes());
        self.length = end;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_go_prints_them() {
        for (n, text) in [
            (999_999.0, "999999"),
            (1_000_000.0, "1e+06"),
            (1_234_567.0, "1.234567e+06"),
            (123_456.7, "123456.7"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e21, "1e+21"),
            (-7.0, "-7"),
            (-0.0, "-0"),
            (0.0, "0"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(Value::Float(n).printed(), text);
        }
    }

    #[test]
    fn lists_and_objects_print_as_go_prints_them() {
        let list = Value::List(vec![
            Value::Int(1_000_000),
            Value::Text("a b".into()),
            Value::Null,
        ]);
        assert_eq!(list.printed(), "[1000000 a b <nil>]");
        let map = Value::Map(vec![
            ("a".into(), Value::Float(1.0)),
            ("b".into(), Value::List(vec![])),
        ]);
        assert_eq!(map.printed(), "map[a:1 b:[]]");
    }
}
