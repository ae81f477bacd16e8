//! Names in quotes, as Go's `%q` prints them: what agents are told quotes names in this way.

use std::fmt::Write;
use std::sync::OnceLock;

use regex::Regex;

/// `text` in double quotes: what is not printable is escaped. Spaces other than U+0020, format
/// characters and private use are not printable to Go.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if is_printable(c) => out.push(c),
            c => escape(c, &mut out),
        }
    }
    out.push('"');
    out
}

fn escape(c: char, out: &mut String) {
    let code = u32::from(c);
    let written = match code {
        0..=0x1f | 0x7f => write!(out, "\\x{code:02x}"),
        0..=0xffff => write!(out, "\\u{code:04x}"),
        _ => write!(out, "\\U{code:08x}"),
    };
    written.expect("writing to a string never fails");
}

fn is_printable(c: char) -> bool {
    static PRINTABLE: OnceLock<Regex> = OnceLock::new();
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    let printable = PRINTABLE.get_or_init(|| {
        Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S}]$").expect("a pattern of our own")
    });
    printable.is_match(c.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_go_does_not_print() {
        for (text, printed) in [
            ("per minute", r#""per minute""#),
            (r#"say "hi" \"#, r#""say \"hi\" \\""#),
            ("\t\r\n\u{7}\u{0}\u{1f}\u{7f}", r#""\t\r\n\a\x00\x1f\x7f""#),
            ("\u{85}\u{a0}\u{ad}", r#""\u0085\u00a0\u00ad""#),
            (
                "\u{200b}\u{2028}\u{feff}\u{e000}",
                r#""\u200b\u2028\ufeff\ue000""#,
            ),
            ("\u{f0000}\u{10ffff}", r#""\U000f0000\U0010ffff""#),
            ("é😀e\u{301}\u{fffd}", "\"é😀e\u{301}\u{fffd}\""),
        ] {
            assert_eq!(quoted(text), printed);
        }
    }
}
