//! What a scalar's text means: yaml.v3's resolution, which is YAML 1.2 with remains of 1.1.

use std::borrow::Cow;

use super::timestamp::is_timestamp;
use crate::source::tree::{Scalar, ScalarKind};

/// An explicit tag, as far as it decides what a scalar is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tag {
    /// None, or the non-specific `!`.
    Absent,
    /// `!!name`.
    Standard(String),
    /// Any other: yaml.v3 reads the scalar as text.
    Foreign,
}

/// The scalar that `text` is under `tag`, or why it can't be one.
pub(super) fn resolve(text: Cow<'_, str>, quoted: bool, tag: &Tag) -> Result<Scalar, String> {
    let kind = match tag {
        Tag::Absent if quoted => ScalarKind::String,
        Tag::Absent => plain_kind(&text, true),
        Tag::Standard(name) if name == "binary" => return binary(&text, quoted),
        Tag::Standard(name) => tagged_kind(name, &text)?,
        Tag::Foreign => ScalarKind::String,
    };
    Ok(Scalar {
        text: text.into_owned(),
        kind,
        quoted,
    })
}

fn tagged_kind(name: &str, text: &str) -> Result<ScalarKind, String> {
    let kind = plain_kind(text, name == "timestamp");
    let fits = match (name, kind) {
        ("null", ScalarKind::Null)
        | ("bool", ScalarKind::Bool(_))
        | ("int", ScalarKind::Int(_) | ScalarKind::UInt(_))
        | ("float", ScalarKind::Float(_))
        | ("timestamp", ScalarKind::Timestamp) => return Ok(kind),
        ("float", ScalarKind::Int(number)) => return Ok(ScalarKind::Float(number as f64)),
        ("null" | "bool" | "int" | "float" | "timestamp", _) => false,
        // `!!str`, and names that yaml.v3 does not know.
        _ => true,
    };
    if fits {
        Ok(ScalarKind::String)
    } else {
        Err(format!("`{text}` can't be read as `!!{name}`"))
    }
}

/// What a plain scalar resolves to. Under most tags a date is not looked for.
fn plain_kind(text: &str, dates: bool) -> ScalarKind {
    if let Some(kind) = word_kind(text) {
        return kind;
    }
    match text.as_bytes()[0] {
        b'.' => dot_float(text),
        b'0'..=b'9' if dates && is_timestamp(text) => Some(ScalarKind::Timestamp),
        b'0'..=b'9' | b'+' | b'-' => number(&text.replace('_', "")),
        _ => None,
    }
    .unwrap_or(ScalarKind::String)
}

/// The fixed words. Answers for the empty text, so that what remains has a first byte.
fn word_kind(text: &str) -> Option<ScalarKind> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarKind::Null,
        "true" | "True" | "TRUE" => ScalarKind::Bool(true),
        "false" | "False" | "FALSE" => ScalarKind::Bool(false),
        ".nan" | ".NaN" | ".NAN" => ScalarKind::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => ScalarKind::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => ScalarKind::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// A number from which the underscores have been taken.
fn number(plain: &str) -> Option<ScalarKind> {
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let (digits, radix) = based(unsigned);
    integer(plain, digits, radix)
        .or_else(|| decimal_float(plain))
        // Go's fallbacks let a sign stand behind the prefix: `0b-1`.
        .or_else(|| sign_behind(plain, "0b", 2))
        .or_else(|| sign_behind(plain, "0o", 8))
}

/// The digits and the radix of Go's integer literals. A leading zero alone means octal.
fn based(unsigned: &str) -> (&str, u32) {
    let Some(after_zero) = unsigned.strip_prefix('0') else {
        return (unsigned, 10);
    };
    let radix = match after_zero.as_bytes().first() {
        Some(b'x' | b'X') => 16,
        Some(b'b' | b'B') => 2,
        Some(b'o' | b'O') => 8,
        // The zero itself stays, so that `0` has a digit.
        _ => return (unsigned, 8),
    };
    (&after_zero[1..], radix)
}

fn sign_behind(plain: &str, prefix: &str, radix: u32) -> Option<ScalarKind> {
    let signed = plain.strip_prefix(prefix)?;
    integer(signed, signed.strip_prefix(['+', '-'])?, radix)
}

/// The integer of `digits`; `signed` is the text that may begin with its sign. Above the signed
/// range Go takes no sign, not even `+`.
fn integer(signed: &str, digits: &str, radix: u32) -> Option<ScalarKind> {
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if signed.starts_with('-') {
        let number = 0i64.checked_sub_unsigned(magnitude)?;
        return Some(ScalarKind::Int(number));
    }
    match i64::try_from(magnitude) {
        Ok(number) => Some(ScalarKind::Int(number)),
        Err(_) => (!signed.starts_with('+')).then_some(ScalarKind::UInt(magnitude)),
    }
}

/// A float that starts with its dot: here Go wants each underscore between two digits.
fn dot_float(text: &str) -> Option<ScalarKind> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let between = |at: usize| at > 0 && digit(at - 1) && digit(at + 1);
    let placed = memchr::memchr_iter(b'_', bytes).all(between);
    placed.then(|| decimal_float(&text.replace('_', "")))?
}

/// A decimal float. Beyond the range of 64 bits it is text, as in Go.
fn decimal_float(plain: &str) -> Option<ScalarKind> {
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let number: f64 = if unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        plain.parse().ok()?
    } else {
        return None;
    };
    number.is_finite().then_some(ScalarKind::Float(number))
}

fn binary(text: &str, quoted: bool) -> Result<Scalar, String> {
    let bytes = base64(text).ok_or("the value of `!!binary` is not base64")?;
    // The engine would keep bytes that are not text; no JSON argument can ever equal them.
    let text = String::from_utf8(bytes).map_err(|_| "the value of `!!binary` is not UTF-8 text")?;
    Ok(Scalar {
        text,
        kind: ScalarKind::String,
        quoted,
    })
}

/// Standard base64 with padding; line breaks are passed over.
fn base64(text: &str) -> Option<Vec<u8>> {
    let symbols: Vec<u8> = text
        .bytes()
        .filter(|b| !matches!(b, b'\r' | b'\n'))
        .collect();
    if !symbols.len().is_multiple_of(4) {
        return None;
    }
    let data = symbols.strip_suffix(b"=").unwrap_or(&symbols);
    let data = data.strip_suffix(b"=").unwrap_or(data);
    let mut bytes = Vec::with_capacity(data.len() / 4 * 3 + 2);
    for group in data.chunks(4) {
        let mut bits = 0u32;
        for &symbol in group {
            bits = bits << 6 | u32::from(sextet(symbol)?);
        }
        bits <<= 6 * (4 - group.len());
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

fn sextet(symbol: u8) -> Option<u8> {
    Some(match symbol {
        b'A'..=b'Z' => symbol - b'A',
        b'a'..=b'z' => symbol - b'a' + 26,
        b'0'..=b'9' => symbol - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::ScalarKind::{Bool, Float, Int, Null, String, Timestamp, UInt};
    use super::*;

    fn tagged(name: &str, text: &str) -> Result<ScalarKind, std::string::String> {
        let tag = Tag::Standard(name.to_owned());
        resolve(text.into(), false, &tag).map(|scalar| scalar.kind)
    }

    #[test]
    fn resolves_plain_scalars_as_yaml_v3() {
        for (text, kind) in [
            ("", Null),
            ("~", Null),
            ("Null", Null),
            ("nULL", String),
            ("True", Bool(true)),
            ("FALSE", Bool(false)),
            ("tRUE", String),
            ("yes", String),
            ("on", String),
            ("n", String),
            ("0", Int(0)),
            ("-0", Int(0)),
            ("00", Int(0)),
            ("+7", Int(7)),
            ("-7", Int(-7)),
            ("0x1F", Int(31)),
            ("-0X1f", Int(-31)),
            ("0b101", Int(5)),
            ("0o17", Int(15)),
            ("017", Int(15)),
            ("0777", Int(511)),
            ("-017", Int(-15)),
            ("1_000", Int(1000)),
            ("1__0", Int(10)),
            ("0b-1", Int(-1)),
            ("089", Float(89.0)),
            ("08", Float(8.0)),
            ("0o8", String),
            ("0x", String),
            ("_1", String),
            ("12:30", String),
            ("1,000", String),
            ("-", String),
            ("+", String),
            ("9223372036854775807", Int(i64::MAX)),
            ("-9223372036854775808", Int(i64::MIN)),
            ("9223372036854775808", UInt(1 << 63)),
            ("+9223372036854775808", Float(9_223_372_036_854_775_808.0)),
            ("18446744073709551615", UInt(u64::MAX)),
            ("18446744073709551616", Float(18_446_744_073_709_551_616.0)),
            ("0xFFFFFFFFFFFFFFFFFF", String),
            ("1e3", Float(1000.0)),
            ("1e+06", Float(1e6)),
            (".5", Float(0.5)),
            (".5_0", Float(0.5)),
            ("._5", String),
            ("5.", Float(5.0)),
            ("-.5", Float(-0.5)),
            ("1_0.5", Float(10.5)),
            (".", String),
            ("...", String),
            ("1e", String),
            ("1e400", String),
            ("1e-400", Float(0.0)),
            (".inf", Float(f64::INFINITY)),
            ("-.INF", Float(f64::NEG_INFINITY)),
            ("-inf", String),
            ("+nan", String),
            ("1.2.3", String),
            ("2024-01-02", Timestamp),
            ("2001-12-14t21:59:43.10-05:00", Timestamp),
            ("2001-12-14 21:59:43", Timestamp),
            ("2024-13-02", String),
            ("<<", String),
            ("٣", String),
        ] {
            assert_eq!(plain_kind(text, true), kind, "{text}");
        }
        assert!(matches!(plain_kind(".NaN", true), Float(n) if n.is_nan()));
    }

    #[test]
    fn obeys_explicit_tags() {
        assert_eq!(tagged("str", "5"), Ok(String));
        assert_eq!(tagged("str", ""), Ok(String));
        assert_eq!(tagged("int", "0x10"), Ok(Int(16)));
        assert_eq!(tagged("float", "5"), Ok(Float(5.0)));
        assert_eq!(tagged("timestamp", "2024-01-02"), Ok(Timestamp));
        assert_eq!(tagged("unheard-of", "5"), Ok(String));
        let reason = "`5.0` can't be read as `!!int`".to_owned();
        assert_eq!(tagged("int", "5.0"), Err(reason));
        for (name, text) in [
            ("bool", "yes"),
            ("null", "x"),
            ("float", "18446744073709551615"),
            ("int", "2024-01-02"),
            ("timestamp", "5"),
        ] {
            assert!(tagged(name, text).is_err(), "{name} {text}");
        }
    }

    #[test]
    fn decodes_binary() {
        let decode = |text: &str| {
            let tag = Tag::Standard("binary".to_owned());
            resolve(text.into(), true, &tag).map(|scalar| scalar.text)
        };
        assert_eq!(decode("aGk=").as_deref(), Ok("hi"));
        assert_eq!(decode("aGlo\naQ==\n").as_deref(), Ok("hihi"));
        assert_eq!(decode("").as_deref(), Ok(""));
        for text in ["***", "aGk", "=", "====", "a===", "/w=="] {
            assert!(decode(text).is_err(), "{text}");
        }
    }
}
