//! Writes a parsed pattern in the syntax of the `regex` crate.
//!
//! Nothing is left to the crate's defaults that differs from Go: classes are written as their
//! ranges, case variants are written out, and word boundaries are marked as ASCII. Groups do not
//! capture.

use std::fmt::Write;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::class;
use super::parse::{Assertion, Kind, Node};

/// How tightly the surroundings of a part bind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Alternative,
    Sequence,
    Repetition,
}

/// `node` in the syntax of the `regex` crate. Recurses as deep as the tree is high.
pub(super) fn emit(node: &Node) -> String {
    let mut out = String::new();
    write_node(node, Binding::Alternative, &mut out);
    out
}

fn write_node(node: &Node, around: Binding, out: &mut String) {
    if let Kind::Capture(part) = &node.kind {
        return write_node(part, around, out);
    }
    let grouped = around > loosest_surroundings(&node.kind);
    out.push_str(if grouped { "(?:" } else { "" });
    match &node.kind {
        Kind::Empty => out.push_str("(?:)"),
        Kind::Literal { runes, fold } => write_literal(runes, *fold, out),
        Kind::Class(class) => write_class(class, out),
        Kind::AnyChar => out.push_str("(?s:.)"),
        Kind::AnyCharButNewline => out.push('.'),
        Kind::Assertion(assertion) => out.push_str(assertion_text(*assertion)),
        Kind::Repeat {
            part,
            min,
            max,
            lazy,
        } => {
            write_node(part, Binding::Repetition, out);
            write_counts(*min, *max, out);
            out.push_str(if *lazy { "?" } else { "" });
        }
        Kind::Capture(_) => {}
        Kind::Sequence(parts) => {
            for part in parts {
                write_node(part, Binding::Sequence, out);
            }
        }
        Kind::Alternatives(parts) => {
            for (index, part) in parts.iter().enumerate() {
                out.push_str(if index > 0 { "|" } else { "" });
                write_node(part, Binding::Alternative, out);
            }
        }
    }
    out.push_str(if grouped { ")" } else { "" });
}

/// The tightest surroundings in which `kind` needs no group of its own.
fn loosest_surroundings(kind: &Kind) -> Binding {
    match kind {
        Kind::Alternatives(_) => Binding::Alternative,
        Kind::Sequence(_) | Kind::Repeat { .. } => Binding::Sequence,
        Kind::Literal { runes, .. } if runes.len() > 1 => Binding::Sequence,
        _ => Binding::Repetition,
    }
}

fn assertion_text(assertion: Assertion) -> &'static str {
    match assertion {
        Assertion::TextStart => r"\A",
        Assertion::TextEnd => r"\z",
        Assertion::LineStart => "(?m:^)",
        Assertion::LineEnd => "(?m:$)",
        Assertion::WordBoundary => r"(?-u:\b)",
        Assertion::NotWordBoundary => r"(?-u:\B)",
    }
}

fn write_counts(min: u32, max: Option<u32>, out: &mut String) {
    match (min, max) {
        (0, None) => out.push('*'),
        (1, None) => out.push('+'),
        (0, Some(1)) => out.push('?'),
        (min, None) => write_to(out, format_args!("{{{min},}}")),
        (min, Some(max)) if min == max => write_to(out, format_args!("{{{min}}}")),
        (min, Some(max)) => write_to(out, format_args!("{{{min},{max}}}")),
    }
}

fn write_literal(runes: &[u32], fold: bool, out: &mut String) {
    for &rune in runes {
        match char::from_u32(rune) {
            // A surrogate, which no text holds.
            None => write_class(&ClassUnicode::empty(), out),
            Some(c) if fold => {
                let variants = class::variants(c);
                match variants.ranges() {
                    [only] if only.start() == only.end() => write_character(c, out),
                    _ => write_class(&variants, out),
                }
            }
            Some(c) => write_character(c, out),
        }
    }
}

fn write_class(class: &ClassUnicode, out: &mut String) {
    if class.ranges().is_empty() {
        out.push_str(r"[^\x{0}-\x{10FFFF}]");
        return;
    }
    out.push('[');
    for range in class.ranges() {
        write_range(range, out);
    }
    out.push(']');
}

fn write_range(range: &ClassUnicodeRange, out: &mut String) {
    write_character(range.start(), out);
    if range.start() != range.end() {
        out.push('-');
        write_character(range.end(), out);
    }
}

/// A character as itself where that is readable, else by its number. What means nothing special
/// stays bare: to the `regex` crate `\<` would be an assertion.
fn write_character(c: char, out: &mut String) {
    if !c.is_ascii_graphic() && c != ' ' {
        return write_to(out, format_args!(r"\x{{{:X}}}", u32::from(c)));
    }
    if regex_syntax::is_meta_character(c) {
        out.push('\\');
    }
    out.push(c);
}

fn write_to(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("writing to a string succeeds");
}
