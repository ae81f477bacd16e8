//! A short string that an expression probably matches, read off its syntax: what makes most
//! questions about patterns easy. It is a guess that has to be tried.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Longer samples are given up, in bytes.
const MAX_LENGTH: usize = 4096;
/// The deepest expression that is read.
const MAX_NESTING: u32 = 100;

/// A string in which `expression`, in the syntax of the `regex` crate, is probably found.
pub(super) fn sample(expression: &str) -> Option<String> {
    let mut parser = regex_syntax::ParserBuilder::new()
        .nest_limit(MAX_NESTING)
        .build();
    let mut bytes = Vec::new();
    write(&parser.parse(expression).ok()?, &mut bytes)?;
    String::from_utf8(bytes).ok()
}

/// Recursion is bounded by [`MAX_NESTING`].
fn write(part: &Hir, out: &mut Vec<u8>) -> Option<()> {
    if out.len() > MAX_LENGTH {
        return None;
    }
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(class) => {
            let mut buffer = [0; 4];
            out.extend_from_slice(plain_member(class)?.encode_utf8(&mut buffer).as_bytes());
        }
        HirKind::Repetition(repetition) => {
            for _ in 0..repetition.min {
                write(&repetition.sub, out)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, out)?,
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, out)?;
            }
        }
        HirKind::Alternation(parts) => {
            let start = out.len();
            for part in parts {
                if write(part, out).is_some() {
                    return Some(());
                }
                out.truncate(start);
            }
            return None;
        }
    }
    Some(())
}

/// The most readable character of a class.
fn plain_member(class: &Class) -> Option<char> {
    let has = |c: char| match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .any(|r| r.start() <= c && c <= r.end()),
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .any(|r| char::from(r.start()) <= c && c <= char::from(r.end())),
    };
    let first = || match class {
        Class::Unicode(class) => class.ranges().first().map(|range| range.start()),
        Class::Bytes(class) => class.ranges().first().map(|r| char::from(r.start())),
    };
    PREFERRED
        .iter()
        .map(|b| char::from(*b))
        .find(|c| has(*c))
        .or_else(first)
}

/// Printable ASCII, the most readable first.
pub(super) const PREFERRED: &[u8; 95] =
    b"xabcdefghijklmnopqrstuvwyz0123456789-_./ABCDEFGHIJKLMNOPQRSTUVWXYZ ,:;!?@#$%&*+=()[]{}<>'\"\\^`|~";
