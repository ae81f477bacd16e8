//! Hostile text made printable: the one place that decides which characters reach a terminal or a
//! CI log as they are, and how the others are written.
//!
//! Policies, traces and file names are written by strangers. Shown raw they could move the cursor,
//! reverse the order of a line, hide a word, or give commands to the CI system that reads the log.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};
use wide::u8x16;

/// Whether `c` must never reach the output: it controls the terminal, the direction or the breaking
/// of the text, or can't be seen. Variation selectors, private use and unassigned characters pass.
pub fn is_dangerous(c: char) -> bool {
    matches!(
        c,
        '\0'..='\x1f'                   // C0, with ESC
        | '\x7f'..='\u{9f}'             // DEL and C1, with the one-character CSI
        | '\u{ad}'                      // soft hyphen
        | '\u{61c}'                     // Arabic letter mark
        | '\u{180e}'                    // Mongolian vowel separator
        | '\u{200b}'..='\u{200f}'       // zero width, left-to-right and right-to-left mark
        | '\u{2028}'..='\u{202e}'       // line and paragraph separator, embeddings and overrides
        | '\u{2060}'..='\u{206f}'       // invisible operators, isolates, deprecated format controls
        | '\u{feff}'                    // byte-order mark
        | '\u{fff9}'..='\u{fffb}'       // interlinear annotation
        | '\u{e0000}'..='\u{e007f}'     // tags
    )
}

/// `text` on one line, as it may be shown: dangerous characters become `\n`, `\r`, `\t` or
/// `\u{1b}`. So do the first characters of what a CI system reads as a command: `::` at the
/// beginning of a word, and `##[`, `##vso[` and their kind anywhere.
pub fn printable(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut rest = text;
    let mut before = None;
    while let Some((at, c)) = next_unprintable(rest, before) {
        shown.push_str(&rest[..at]);
        push_escape(&mut shown, c);
        rest = &rest[at + c.len_utf8()..];
        before = Some(c);
    }
    if shown.is_empty() {
        return Cow::Borrowed(text);
    }
    shown.push_str(rest);
    Cow::Owned(shown)
}

/// [`printable`] for a text of several lines, such as a diff: tabs and line ends stay what they are.
pub fn printable_lines(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let end = ["\r\n", "\n"].into_iter().find(|end| line.ends_with(end));
        let end = end.unwrap_or("");
        let body = &line[..line.len() - end.len()];
        for (nth, part) in body.split('\t').enumerate() {
            if nth > 0 {
                shown.push('\t');
            }
            shown.push_str(&printable(part));
        }
        shown.push_str(end);
    }
    shown
}

/// Appends the first character of `rest` to `shown` as it may be shown in the middle of a line,
/// a tab as four spaces. Gives back the bytes that were read: none at the end of the text.
pub fn push_printable(shown: &mut String, rest: &str) -> usize {
    let Some(c) = rest.chars().next() else {
        return 0;
    };
    if c == '\t' {
        shown.push_str("    ");
    } else if is_dangerous(c) || starts_log_command(rest) {
        push_escape(shown, c);
    } else {
        shown.push(c);
    }
    c.len_utf8()
}

/// The next character of `text` that [`printable`] rewrites; `before` is what precedes `text`.
fn next_unprintable(text: &str, before: Option<char>) -> Option<(usize, char)> {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'#' && byte != b':';
    if text.bytes().all(plain) {
        return None;
    }
    let mut word_start = before.is_none_or(char::is_whitespace);
    for (at, c) in text.char_indices() {
        let rest = &text[at..];
        let line_command = word_start && rest.starts_with("::");
        if is_dangerous(c) || line_command || starts_log_command(rest) {
            return Some((at, c));
        }
        word_start = c.is_whitespace();
    }
    None
}

/// Whether `rest` begins with `##word[`, which GitHub's runner and Azure Pipelines obey wherever it
/// stands in a line of the log.
fn starts_log_command(rest: &str) -> bool {
    const LONGEST_WORD: usize = 32;
    rest.strip_prefix("##").is_some_and(|rest| {
        let word = rest.bytes().take(LONGEST_WORD);
        let letters = word.take_while(u8::is_ascii_alphabetic).count();
        rest.as_bytes().get(letters) == Some(&b'[')
    })
}

fn push_escape(shown: &mut String, c: char) {
    match c {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        c => {
            write!(shown, "\\u{{{:x}}}", u32::from(c)).expect("a String takes all that is written")
        }
    }
}

/// `text` as the data of a workflow command of GitHub's: on one line, and `%` as `%25`, so that
/// `%0A` is what it was. Several of them may be joined with [`WORKFLOW_LINE_FEED`].
pub fn workflow_data(text: &str) -> String {
    // The runner undoes `%0D` and `%0A` too, but neither is left after `printable`.
    printable(text).replace('%', "%25")
}

/// What the runner makes a line feed of, between two [`workflow_data`].
pub const WORKFLOW_LINE_FEED: &str = "%0A";

/// `text` as the value of a property of a workflow command, where `:` and `,` end it.
pub fn workflow_property(text: &str) -> String {
    workflow_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A path with `/` between its parts as the path of a URI: everything but letters, digits, `/` and
/// `-._~` is percent-encoded.
pub fn uri_path(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            byte => write!(uri, "%{byte:02X}").expect("a String takes all that is written"),
        }
    }
    uri
}

/// `text` as a plain-text message of SARIF: viewers make links of `[text](target)`, and so a blank
/// keeps the two apart.
pub fn sarif_text(text: &str) -> String {
    printable(text).replace("](", "] (")
}

/// `text` as XML 1.0 can hold it: it has no way to write control characters and two others.
/// Markup is still to be escaped by whoever writes the document.
pub fn xml_text(text: &str) -> String {
    let text = printable(text);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{fffe}' | '\u{ffff}' => push_escape(&mut shown, c),
            c => shown.push(c),
        }
    }
    shown
}

/// `text` as one line of Markdown that reads as it is, in a paragraph or in a cell of a table: no
/// markup, no HTML, and nothing that GitHub would make a link, a mention or a formula of. What
/// stands in backticks is code, as in messages.
pub fn markdown(text: &str) -> String {
    let text = printable(text);
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        // A backtick without its counterpart: which part is code can't be told.
        let mut shown = String::with_capacity(text.len());
        push_markdown_words(&mut shown, &text);
        return shown;
    }
    let mut shown = String::with_capacity(text.len());
    for (nth, part) in parts.into_iter().enumerate() {
        match nth % 2 {
            0 => push_markdown_words(&mut shown, part),
            _ => push_markdown_code(&mut shown, part),
        }
    }
    shown
}

/// `text` as code in Markdown, in a paragraph or in a cell of a table.
pub fn markdown_code(text: &str) -> String {
    let text = printable(text);
    if text.is_empty() {
        return String::new();
    }
    let hard = |c: char| matches!(c, '`' | '|' | '\\' | '<' | '>' | '&' | '$');
    if !text.contains(hard) && text.trim() == text {
        return format!("`{text}`");
    }
    // There are backticks that it takes more backticks to quote, and pipes that no code holds in a
    // table: as HTML, all can be written as numbers.
    let mut shown = "<code>".to_owned();
    for c in text.chars() {
        if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | '-' | '/') {
            push_reference(&mut shown, c);
        } else {
            shown.push(c);
        }
    }
    shown + "</code>"
}

/// [`markdown_code`], apart from code before it: backticks that touch would be others.
fn push_markdown_code(shown: &mut String, text: &str) {
    if shown.ends_with('`') {
        shown.push(' ');
    }
    shown.push_str(&markdown_code(text));
}

/// Plain text in Markdown: words that would become links are code, markup is written as numbers.
fn push_markdown_words(shown: &mut String, text: &str) {
    for part in text.split_inclusive(' ') {
        let word = part.trim_end_matches(' ');
        let linked = ["@", "://", "www.", "#", "$"];
        if linked.iter().any(|mark| word.contains(mark)) {
            push_markdown_code(shown, word);
        } else {
            push_unmarked(shown, word);
        }
        shown.push_str(&part[word.len()..]);
    }
}

fn push_unmarked(shown: &mut String, word: &str) {
    let mut before = None;
    let mut rest = word.chars().peekable();
    while let Some(c) = rest.next() {
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let markup = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '&' | '|' | '~' => true,
            '_' => !inside(before) || !inside(rest.peek().copied()),
            // A list, or the line below a heading.
            '+' | '-' | '=' => shown.is_empty(),
            _ => false,
        };
        if markup {
            push_reference(shown, c);
        } else {
            shown.push(c);
        }
        before = Some(c);
    }
}

/// `&#124;`, which HTML and Markdown read as the character and never as markup.
fn push_reference(shown: &mut String, c: char) {
    write!(shown, "&#{};", u32::from(c)).expect("a String takes all that is written");
}

/// Writes `value` as compact JSON, without a line feed at the end, in which every dangerous
/// character is a `\u` escape: safe to print, equal when parsed.
///
/// # Errors
///
/// When `out` can't be written, or `value` can't be serialized.
pub fn to_json<W: io::Write>(value: &impl Serialize, out: W) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, SafeJson))?;
    Ok(())
}

/// [`to_json`] of a text: most need no escapes.
///
/// # Errors
/// Those of `out`.
pub fn text_to_json(text: &str, out: &mut Vec<u8>) -> io::Result<()> {
    if !is_plain(text.as_bytes()) {
        return to_json(&text, out);
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
    Ok(())
}

/// Whether a text is ASCII without anything that [`to_json`] may have to escape.
fn is_plain(text: &[u8]) -> bool {
    let (pieces, rest) = text.as_chunks();
    let mut last = [b' '; 16];
    last[..rest.len()].copy_from_slice(rest);
    pieces.iter().chain([&last]).all(|piece| {
        let piece = u8x16::new(*piece);
        let is = |byte| piece.simd_eq(u8x16::splat(byte));
        let below = piece.min(u8x16::splat(b' ' - 1)).simd_eq(piece);
        let above = piece.max(u8x16::splat(b'~' + 1)).simd_eq(piece);
        (below | above | is(b'"') | is(b'\\') | is(b'#')).to_bitmask() == 0
    })
}

/// Writes `text`, which is JSON, in the same way.
///
/// # Errors
/// Those of `out`.
pub fn raw_json(text: &str, out: &mut Vec<u8>) -> io::Result<()> {
    SafeJson.write_raw_fragment(out, text)
}

/// `value` as JSON of several lines, indented by two, for people who paste it; safe to print, equal
/// when parsed.
pub fn pretty_json(value: &serde_json::Value) -> String {
    let text = format!("{value:#}");
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        // Beyond the line feeds of the layout, such characters stand in strings only.
        if c == '\n' || !is_dangerous(c) {
            shown.push(c);
            continue;
        }
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            write!(shown, "\\u{unit:04x}").expect("a String takes all that is written");
        }
    }
    shown
}

/// Compact JSON in which every dangerous character is a `\u` escape.
#[derive(Debug, Clone, Copy, Default)]
pub struct SafeJson;

impl Formatter for SafeJson {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        write_escaped(writer, fragment)
    }

    /// A [`serde_json::value::RawValue`]: outside its strings the only dangerous characters of
    /// valid JSON are white space, inside them there is none of that.
    fn write_raw_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        for (nth, part) in fragment.split(['\n', '\r', '\t']).enumerate() {
            if nth > 0 {
                CompactFormatter.write_raw_fragment(writer, " ")?;
            }
            write_escaped(writer, part)?;
        }
        Ok(())
    }
}

fn write_escaped<W: ?Sized + io::Write>(writer: &mut W, text: &str) -> io::Result<()> {
    let mut written = 0;
    for (at, c) in text.char_indices() {
        if is_dangerous(c) || starts_log_command(&text[at..]) {
            writer.write_all(&text.as_bytes()[written..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            written = at + c.len_utf8();
        }
    }
    writer.write_all(&text.as_bytes()[written..])
}

/// `text` as a page's text or the value of an attribute in double quotes: [`printable`], and without
/// a character that means something to HTML.
pub fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn harmless_text_is_borrowed() {
        for text in [
            "",
            "plain",
            "a::b `::1`",
            "# one ## two",
            "naïve 🙂 日本",
            "❤\u{fe0f}",
        ] {
            assert!(
                matches!(printable(text), Cow::Borrowed(t) if t == text),
                "{text}"
            );
        }
    }

    #[test]
    fn dangerous_characters_are_written_out() {
        assert_eq!(printable("a\n\r\t\x1b[31m"), "a\\n\\r\\t\\u{1b}[31m");
        assert_eq!(
            printable("\u{9b}2J\u{202e}x\u{2028}\u{e0041}"),
            "\\u{9b}2J\\u{202e}x\\u{2028}\\u{e0041}"
        );
    }

    #[test]
    fn lines_keep_their_layout() {
        let text = "-\ta: 1\r\n+\ta: 2\r\n ::error::x\n+\u{1b}[2J\r\r\n last";
        let shown = "-\ta: 1\r\n+\ta: 2\r\n \\u{3a}:error::x\n+\\u{1b}[2J\\r\r\n last";
        assert_eq!(printable_lines(text), shown);
    }

    #[test]
    fn commands_of_ci_systems_are_taken_apart() {
        assert_eq!(printable("::error::x"), "\\u{3a}:error::x");
        assert_eq!(
            printable("see\u{3000}::error::x"),
            "see\u{3000}\\u{3a}:error::x"
        );
        assert_eq!(printable("a##vso[task"), "a\\u{23}#vso[task");
        assert_eq!(printable("###[error]"), "#\\u{23}#[error]");
    }

    #[test]
    fn workflow_commands_hold_any_text() {
        let hostile = "a%0A::error::b\r\nc:d,e";
        assert_eq!(workflow_data(hostile), "a%250A::error::b\\r\\nc:d,e");
        assert_eq!(
            workflow_property(hostile),
            "a%250A%3A%3Aerror%3A%3Ab\\r\\nc%3Ad%2Ce"
        );
        assert!(!workflow_data("::error::x").starts_with("::"));
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(
            uri_path("policies/a b#%é.json"),
            "policies/a%20b%23%25%C3%A9.json"
        );
        assert_eq!(uri_path("c:x?y"), "c%3Ax%3Fy");
    }

    #[test]
    fn messages_of_sarif_hold_no_links() {
        assert_eq!(
            sarif_text("see [here](http://x)\u{202e}"),
            "see [here] (http://x)\\u{202e}"
        );
    }

    #[test]
    fn xml_holds_any_text() {
        assert_eq!(
            xml_text("a\u{0}\u{fffe}\u{1b}[1m"),
            "a\\u{0}\\u{fffe}\\u{1b}[1m"
        );
    }

    #[test]
    fn markdown_reads_as_it_is() {
        for (text, shown) in [
            (
                "the tool `run_it` has no limit",
                "the tool `run_it` has no limit",
            ),
            (
                "`a|b` and `<x>`",
                "<code>a&#124;b</code> and <code>&#60;x&#62;</code>",
            ),
            (
                "a ` alone, *b* _c_ d_e",
                "a &#96; alone, &#42;b&#42; &#95;c&#95; d_e",
            ),
            (
                "ask @team or https://x.y/#1",
                "ask `@team` or `https://x.y/#1`",
            ),
            ("<!-- [x](y) -->", "&#60;!-- &#91;x&#93;(y) --&#62;"),
            ("- a\n- b", "&#45; a&#92;n- b"),
            ("`a`@b`c`", "`a` `@b` `c`"),
            (
                "pay $x or `$y`",
                "pay <code>&#36;x</code> or <code>&#36;y</code>",
            ),
            ("``", ""),
        ] {
            assert_eq!(markdown(text), shown, "{text}");
        }
    }

    #[test]
    fn excerpts_show_tabs_as_spaces() {
        let mut shown = String::new();
        assert_eq!(push_printable(&mut shown, "\tx"), 1);
        assert_eq!(push_printable(&mut shown, "\u{202e}x"), 3);
        assert_eq!(push_printable(&mut shown, ""), 0);
        assert_eq!(shown, "    \\u{202e}");
    }

    #[test]
    fn raw_json_is_escaped_too() {
        let raw = serde_json::value::RawValue::from_string("{\n\t\"\u{202e}\": 1}".into());
        let mut out = Vec::new();
        to_json(&raw.expect("the text is JSON"), &mut out).expect("a Vec takes all");
        assert_eq!(String::from_utf8_lossy(&out), r#"{  "\u202e": 1}"#);
    }

    proptest! {
        #[test]
        fn nothing_dangerous_is_left(text in r"(?s)(.|::|##\[|[\x00-\x20\u{7f}-\u{ad}\u{200b}-\u{206f}\u{e0000}-\u{e0080}])*") {
            prop_assert!(!printable(&text).contains(is_dangerous));
        }

        #[test]
        fn json_is_safe_and_means_the_same(text in r"(?s)(.|##a\[|[\x00-\x20\u{7f}-\u{ad}\u{200b}-\u{206f}\u{e0000}-\u{e0080}])*") {
            let mut out = Vec::new();
            to_json(&text, &mut out).expect("a Vec takes all");
            let mut quickly = Vec::new();
            text_to_json(&text, &mut quickly).expect("a Vec takes all");
            prop_assert_eq!(&quickly, &out);
            let json = String::from_utf8(out).expect("JSON is UTF-8");
            prop_assert!(!json.contains(is_dangerous) && !json.contains("##["));
            prop_assert_eq!(serde_json::from_str::<String>(&json).expect("it is JSON"), text);
        }
    }
}
