//! The parser's errors, said for people.

use granit_parser::ErrorKind;

use super::text::tab_in_indentation;
use crate::finding::{Finding, MAX_FINDINGS};
use crate::rules::form::SYNTAX_ERROR;
use crate::source::MAX_DEPTH;
use crate::span::Span;

/// Adds a finding while there are no more than [`MAX_FINDINGS`].
pub(super) fn report(findings: &mut Vec<Finding>, finding: impl FnOnce() -> Finding) {
    if findings.len() <= MAX_FINDINGS {
        findings.push(finding());
    }
}

/// What to do about a `*` that was not meant to be an alias.
pub(super) const STAR_HELP: &str =
    "text that starts with `*` goes in quotes; between an alias and `:` stands a space";

/// A finding of rule `syntax-error` about the whole document.
pub(super) fn syntax_error(span: Span, message: impl Into<String>) -> Finding {
    Finding::new(&SYNTAX_ERROR, "", span, message)
}

/// The finding about nesting at `span`.
pub(super) fn too_deep(span: Span) -> Finding {
    syntax_error(span, format!("nested more than {MAX_DEPTH} levels deep"))
        .help("no policy needs that many: is a bracket closed too late?")
}

/// What was being read when the parser gave up.
pub(super) struct Scene<'t> {
    /// The text.
    pub text: &'t str,
    /// Offset of the error, perhaps at the end of the text.
    pub at: usize,
    /// Offset behind what had been read before.
    pub read_to: usize,
    /// The innermost open bracket.
    pub bracket: Option<Span>,
}

/// The finding about the parser's error `kind`.
pub(super) fn explain(kind: &ErrorKind, scene: &Scene<'_>) -> Finding {
    use ErrorKind as E;
    let here = visible(scene.text, scene.at);
    match kind {
        E::RecursionLimitExceeded => too_deep(here),
        E::UnclosedQuotedScalar => {
            let line = rest_of_line(scene.text, scene.at);
            syntax_error(line, "this quote is never closed").help("add the closing quote")
        }
        E::InvalidQuotedScalarIndent => open_quote(scene),
        E::DocumentIndicatorInQuotedScalar => {
            let line = rest_of_line(scene.text, scene.at);
            syntax_error(
                line,
                "this quote is not closed before a line of `---` or `...`",
            )
            .help("add the closing quote")
        }
        E::UnclosedFlowCollection { open } => {
            let close = if *open == '[' { ']' } else { '}' };
            syntax_error(here, format!("`{open}` is never closed"))
                .help(format!("add the closing `{close}`"))
        }
        E::MismatchedFlowCollectionEnd { open, close } => {
            syntax_error(here, format!("`{open}` is closed by `{close}`"))
        }
        E::MisplacedFlowCollectionEnd => bracketed(
            syntax_error(here, "this bracket is not expected here"),
            scene,
        ),
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabAtBlockScalarStart
        | E::TabInIndentation
        | E::TabInPlainScalar => tab(scene),
        E::UnknownQuotedScalarEscape
        | E::InvalidQuotedScalarHexEscape
        | E::InvalidLowSurrogateHexEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidUnicodeEscape => escape(scene.text, scene.at)
            .unwrap_or_else(|| syntax_error(here, "an escape in this quoted text is not valid")),
        kind => shape(kind, scene, here),
    }
}

/// Errors in the shape of collections, keys and values.
fn shape(kind: &ErrorKind, scene: &Scene<'_>, here: Span) -> Finding {
    use ErrorKind as E;
    match kind {
        E::MappingValueNotAllowed
        | E::InvalidColonPlacement
        | E::FlowMappingValueAdjacentCollection
        | E::InvalidMappingValueWhitespace => {
            let finding = syntax_error(here, "a `:` is not allowed here");
            bracketed(finding, scene)
                .help("check the indentation; text that holds `: ` goes in quotes")
        }
        E::SimpleKeyExpected | E::InvalidSimpleKey => {
            let line = rest_of_line(scene.text, scene.at);
            let finding = syntax_error(line, "expected `:` after the key");
            if scene.text[line.range()].starts_with('*') {
                return finding.help(STAR_HELP);
            }
            finding
        }
        E::ExpectedFlowMappingSeparator => {
            bracketed(syntax_error(here, "expected `,` or `}` here"), scene)
        }
        E::ExpectedFlowSequenceSeparator => {
            bracketed(syntax_error(here, "expected `,` or `]` here"), scene)
        }
        E::ExpectedBlockMappingKey
        | E::ExpectedBlockSequenceEntry
        | E::InvalidIndentation
        | E::InvalidBlockScalarIndent
        | E::InvalidFlowScalarIndent
        | E::MappingKeyNotAllowed => {
            let line = rest_of_line(scene.text, scene.at);
            leading_tab(scene).unwrap_or_else(|| {
                syntax_error(line, "this does not fit in with the lines above")
                    .help("indent the keys of one object, or the `-` of one list, alike")
            })
        }
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => {
            syntax_error(here, "a list element can't start here").help(
                "put each `- ` on a line of its own; text that starts with `- ` goes in quotes",
            )
        }
        kind => token(kind, scene, here),
    }
}

/// Errors in single tokens, and whatever is left.
fn token(kind: &ErrorKind, scene: &Scene<'_>, here: Span) -> Finding {
    use ErrorKind as E;
    let line = || rest_of_line(scene.text, scene.at);
    match kind {
        E::UnexpectedCharacter { character } => {
            syntax_error(here, format!("text can't start with `{character}`"))
                .help("put the text in quotes")
        }
        E::InvalidTrailingSingleQuotedScalar => {
            syntax_error(line(), "nothing may follow the closing quote")
                .help("a single quote inside single quotes is written twice: `''`")
        }
        E::InvalidTrailingDoubleQuotedScalar => {
            syntax_error(line(), "nothing may follow the closing quote")
                .help("a double quote inside double quotes is written `\\\"`")
        }
        E::MissingAnchorOrAliasName => syntax_error(here, "`&` and `*` need the name of an anchor")
            .help("put text that starts with `&` or `*` in quotes"),
        E::UndeclaredTagHandle => syntax_error(line(), "this tag's prefix is not declared")
            .help("put text that starts with `!` in quotes"),
        E::ExpectedDocumentStart if scene.read_to == 0 => {
            syntax_error(line(), "expected `---` after the directives")
        }
        E::ExpectedDocumentStart | E::InvalidDocumentEnd => {
            syntax_error(line(), "the document has ended before this")
        }
        E::CommentInterceptedScalar => syntax_error(
            line(),
            "a comment can't stand inside a text of several lines",
        )
        .help("put the text in quotes, or the comment elsewhere"),
        E::UnexpectedEof
        | E::UnexpectedEofFlowSequence
        | E::UnexpectedEofFlowMapping
        | E::UnexpectedEofImplicitFlowMapping
        | E::UnexpectedEofBlockSequence
        | E::UnexpectedEofBlockMapping
        | E::ExpectedNodeContent => syntax_error(here, "a value is missing here"),
        E::ZeroBlockScalarIndent | E::InvalidBlockScalarHeader => syntax_error(
            line(),
            "after `|` or `>` only `+`, `-`, a digit from 1 to 9 and a comment may follow",
        ),
        kind => syntax_error(here, format!("this is not YAML: {kind}")),
    }
}

/// Points at the tab in front of the line, or at the next one in the text.
fn tab(scene: &Scene<'_>) -> Finding {
    if let Some(finding) = leading_tab(scene) {
        return finding;
    }
    let next = scene.text[scene.at..].find('\t');
    let at = next.map_or(scene.at, |offset| scene.at + offset);
    let span = next.map_or(visible(scene.text, at), |_| Span::new(at, at + 1));
    syntax_error(span, "a tab is not allowed in this place")
        .help("use spaces, or put the text in quotes")
}

fn leading_tab(scene: &Scene<'_>) -> Option<Finding> {
    let start = scene.text[..scene.at].rfind('\n').map_or(0, |end| end + 1);
    let line = &scene.text[start..];
    let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
    let tab = line[..indentation].find('\t')?;
    Some(tab_in_indentation(start + tab))
}

/// The next line of a quoted text stands too far left: nearly always the quote was not closed.
fn open_quote(scene: &Scene<'_>) -> Finding {
    let line = rest_of_line(scene.text, scene.at);
    let finding = syntax_error(line, "this line is still inside a quoted text")
        .help("close the quote, or indent the text's further lines");
    let before = scene.text.get(scene.read_to..scene.at).unwrap_or_default();
    match before.find(['"', '\'']) {
        Some(quote) => {
            let quote = scene.read_to + quote;
            finding.label(Span::new(quote, quote + 1), "opened here")
        }
        None => finding,
    }
}

fn bracketed(finding: Finding, scene: &Scene<'_>) -> Finding {
    match scene.bracket {
        Some(bracket) => finding.label(bracket, "inside this bracket"),
        None => finding,
    }
}

/// The first escape that yaml.v3 does not read in the double-quoted text that opens at `start`:
/// unlike YAML 1.2 and JSON it knows neither `\/` nor surrogates.
pub(super) fn escape(text: &str, start: usize) -> Option<Finding> {
    let inside = start + 1;
    let mut rest = text.get(inside..)?.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '"' => return None,
            '\\' => {}
            _ => continue,
        }
        let (letter_at, letter) = rest.next()?;
        let digits = match letter {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ if "0abt\tnvfre \"\\N_LP\r\n".contains(letter) => continue,
            _ => 0,
        };
        let code_at = inside + letter_at + letter.len_utf8();
        let code = hexadecimal(&text[code_at..], digits);
        let read = code.len() == digits && u32::from_str_radix(code, 16).is_ok_and(is_scalar);
        if !read {
            let span = Span::new(inside + at, code_at + code.len());
            return Some(bad_escape(&text[span.range()], span));
        }
    }
    None
}

fn hexadecimal(text: &str, most: usize) -> &str {
    let bytes = text.bytes().take(most);
    &text[..bytes.take_while(u8::is_ascii_hexdigit).count()]
}

fn is_scalar(code: u32) -> bool {
    char::from_u32(code).is_some()
}

fn bad_escape(escape: &str, span: Span) -> Finding {
    let help = match escape.as_bytes().get(1) {
        Some(b'/') => "write `/` without a backslash",
        Some(b'x' | b'u' | b'U') => "write the character itself, or `\\U` and its eight digits",
        _ => "write `\\\\` for a backslash, or use single quotes",
    };
    syntax_error(span, format!("`{escape}` is not an escape of YAML 1.1")).help(help)
}

/// The character at `at`; at a line's end, or the text's, the last one before it that can be seen.
pub(super) fn visible(text: &str, at: usize) -> Span {
    let rest = text.get(at..).unwrap_or_default();
    if let Some(c) = rest.chars().next().filter(|c| !c.is_whitespace()) {
        return Span::new(at, at + c.len_utf8());
    }
    let before = text.get(..at).unwrap_or(text).trim_end();
    match before.chars().next_back() {
        Some(c) => Span::new(before.len() - c.len_utf8(), before.len()),
        None => Span::new(at, at + rest.chars().next().map_or(0, char::len_utf8)),
    }
}

/// From `at` to the end of its line, without white space and at least one character if possible.
pub(super) fn rest_of_line(text: &str, at: usize) -> Span {
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.split(['\n', '\r']).next().unwrap_or_default();
    match line.trim_end().len() {
        0 => visible(text, at),
        length => Span::new(at, at + length),
    }
}
