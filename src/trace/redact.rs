//! Argument values replaced by tokens, so that a trace can be shown to others: equal values have
//! equal tokens, a token has its value's type, and without the key nothing says what a value was.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::record::{Arguments, Record, push_string};
use crate::json::walk::{self, Value};

/// The fewest bytes of a key.
pub const SHORTEST_KEY: usize = 16;

/// Makes tokens with a key.
#[derive(Clone)]
pub struct Redactor(Hmac<Sha256>);

impl Redactor {
    /// Makes tokens with this key.
    pub fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).expect("a key may have any length"))
    }

    /// Makes tokens with a key that nobody knows, and that is gone when this is.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self::new(&key))
    }

    /// Replaces the values of the arguments, or a hash of them. Their names, how they lie in one
    /// another, `true`, `false` and `null` stay. The record is marked as redacted.
    pub fn redact(&self, record: &mut Record) {
        record.redacted = true;
        match &mut record.args {
            Arguments::Json(text) => {
                let mut out = String::with_capacity(text.len());
                self.value(text.trim_ascii(), &mut out);
                *text = out;
            }
            // Values that there are few of can be found by trying them.
            Arguments::Hashed(hash) => *hash = format!("h:{:016x}", self.token(b'h', hash)),
            Arguments::None | Arguments::Names(_) => {}
        }
    }

    /// Goes as deep as the text, which was checked, is allowed to.
    fn value(&self, text: &str, out: &mut String) {
        match Value::of(text) {
            Value::Null | Value::Bool(_) => out.push_str(text),
            Value::Number(number) => out.push_str(&self.number(number)),
            Value::String(text) => {
                out.push_str("\"s:");
                out.push_str(&format!("{:016x}\"", self.token(b's', &text)));
            }
            Value::Array(list) => {
                out.push('[');
                for (nth, span) in walk::elements(list).enumerate() {
                    separate(nth, out);
                    self.value(&list[span.range()], out);
                }
                out.push(']');
            }
            Value::Object(object) => {
                out.push('{');
                for (nth, (key, value)) in walk::members(object).enumerate() {
                    separate(nth, out);
                    push_string(&walk::decode(&object[key.range()]), out);
                    out.push(':');
                    self.value(&object[value.range()], out);
                }
                out.push('}');
            }
        }
    }

    /// A token that is a whole number if the number is one, however it is written.
    fn number(&self, number: &str) -> String {
        // Below 2^52: exact as a float, with a half as well.
        let token = |text: &str| self.token(b'n', text) >> 12;
        let float: f64 = number.parse().unwrap_or(f64::INFINITY);
        if let Ok(whole) = number.parse::<i128>() {
            token(&whole.to_string()).to_string()
        } else if !float.is_finite() {
            token(number).to_string()
        } else if float.fract() == 0.0 {
            token(&format!("{float:.0}")).to_string()
        } else {
            format!("{}.5", token(&float.to_string()) >> 1)
        }
    }

    fn token(&self, kind: u8, text: &str) -> u64 {
        let mut mac = self.0.clone();
        mac.update(&[kind]);
        mac.update(text.as_bytes());
        let bytes = mac.finalize().into_bytes();
        bytes
            .iter()
            .take(8)
            .fold(0, |token, byte| token << 8 | u64::from(*byte))
    }
}

fn separate(nth: usize, out: &mut String) {
    if nth > 0 {
        out.push(',');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(redactor: &Redactor, args: &str) -> serde_json::Value {
        let mut record = Record {
            args: Arguments::Json(args.to_owned()),
            ..Record::default()
        };
        redactor.redact(&mut record);
        match record.args {
            Arguments::Json(text) => serde_json::from_str(&text).expect("it is JSON"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tokens_keep_type_equality_and_shape_and_nothing_else() {
        let redactor = Redactor::new(b"0123456789abcdef");
        let args = r#"{"a":"secret","b":["secret",{"c":7,"d":7.0,"e":7.25,"\"":null}],
            "f":[true,false],"g":{},"h":[],"i":12345678901234567890123,"j":1e999}"#;
        let value = redacted(&redactor, args);
        assert_eq!(value["a"], value["b"][0]);
        assert!(
            value["a"]
                .as_str()
                .is_some_and(|s| s.len() == 18 && s.starts_with("s:"))
        );
        let inner = &value["b"][1];
        assert_eq!(inner["c"], inner["d"]);
        assert!(inner["c"].is_u64() && inner["e"].is_f64());
        assert!(inner["\""].is_null());
        assert_eq!(value["f"], serde_json::json!([true, false]));
        assert_eq!(
            (&value["g"], &value["h"]),
            (&serde_json::json!({}), &serde_json::json!([]))
        );
        assert!(value["i"].is_u64() && value["j"].is_u64());
        assert!(!value.to_string().contains("secret"));
        assert_eq!(redacted(&redactor, args), value, "one key, one result");
        let other = redacted(&Redactor::random().expect("randomness"), args);
        assert_ne!(other["a"], value["a"]);
    }

    #[test]
    fn arguments_that_are_no_object_are_replaced_too() {
        let redactor = Redactor::new(b"0123456789abcdef");
        assert!(redacted(&redactor, " \"x\" ").is_string());
        assert!(redacted(&redactor, "5").is_u64());
        assert!(redacted(&redactor, "null").is_null());
    }

    #[test]
    fn a_hash_without_a_key_is_replaced_by_one_with_a_key() {
        let hashed = |hash: &str| {
            let mut record = Record {
                args: Arguments::Hashed(hash.to_owned()),
                ..Record::default()
            };
            Redactor::new(b"0123456789abcdef").redact(&mut record);
            record.args
        };
        assert_ne!(hashed("sha256:5f"), Arguments::Hashed("sha256:5f".into()));
        assert_eq!(hashed("sha256:5f"), hashed("sha256:5f"));
        assert_ne!(hashed("sha256:5f"), hashed("sha256:60"));
    }
}
