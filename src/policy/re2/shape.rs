//! What the tree of a pattern tells: where it is bound, which texts stand in it, and what it would
//! be with other flags.

use super::emit::emit;
use super::parse::{Assertion, Kind, Node, parse};
use super::{Pattern, PatternError};

/// The most texts that are read off a pattern.
const MAX_TEXTS: usize = 1_000;

/// The parsed form of a pattern.
#[derive(Debug)]
pub struct Shape(Node);

/// At which ends of the text a pattern can be found only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// It begins at `^`, `\A`, or in multi-line mode at a line.
    pub start: bool,
    /// It ends at `$`, `\z`, or in multi-line mode at a line.
    pub end: bool,
}

impl Bounds {
    const NONE: Bounds = Bounds {
        start: false,
        end: false,
    };

    fn both(self, other: Self) -> Self {
        Self {
            start: self.start && other.start,
            end: self.end && other.end,
        }
    }

    fn either(self, other: Self) -> Self {
        Self {
            start: self.start || other.start,
            end: self.end || other.end,
        }
    }
}

/// A text that stands in a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its characters. A `.` that matches any character is one of them.
    pub text: String,
    /// Whether its case does not matter.
    pub fold: bool,
}

impl Pattern {
    /// Its parsed form.
    pub fn shape(&self) -> Shape {
        Shape(parse(&self.source).expect("the pattern was parsed before"))
    }

    /// The same pattern where case does not matter.
    ///
    /// # Errors
    /// When it gets too large.
    pub fn folded(&self) -> Result<Self, PatternError> {
        Self::new(&format!("(?i){}", self.source))
    }
}

impl Shape {
    /// At which ends the whole pattern is bound.
    pub fn bounds(&self) -> Bounds {
        bounds(&self.0)
    }

    /// How each of its alternatives is bound, where it is nothing but alternatives.
    pub fn alternatives(&self) -> Vec<Bounds> {
        match &self.0.kind {
            Kind::Alternatives(parts) => parts.iter().map(bounds).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether some `^` or `$` in it stands for the edge of a line.
    pub fn is_multi_line(&self) -> bool {
        any(&self.0, &mut |kind| {
            matches!(
                kind,
                Kind::Assertion(Assertion::LineStart | Assertion::LineEnd)
            )
        })
    }

    /// Whether it has a `.` that matches everything but a newline.
    pub fn has_dot(&self) -> bool {
        any(&self.0, &mut |kind| matches!(kind, Kind::AnyCharButNewline))
    }

    /// Whether some class in it, as `[^\n]`, has every character but the newline, or a few with it: unlike
    /// a `.`, that says so.
    pub fn leaves_out_newline(&self) -> bool {
        any(&self.0, &mut |kind| {
            let is_wide = || ['a', ' ', '/', char::MAX].iter().all(|&c| matches(kind, c));
            matches!(kind, Kind::Class(_)) && is_wide() && !matches(kind, '\n')
        })
    }

    /// Whether it asks for a word's edge and for none at one place, `\b\B`, on every way through it: then
    /// it is found nowhere.
    pub fn contradicts_itself(&self) -> bool {
        contradicts_itself(&self.0)
    }

    /// Whether it is nothing but texts and choices between them.
    pub fn is_plain_text(&self) -> bool {
        !any(&self.0, &mut |kind| {
            !matches!(
                kind,
                Kind::Literal { .. } | Kind::Capture(_) | Kind::Sequence(_) | Kind::Alternatives(_)
            )
        })
    }

    /// Whether a text in which it is found may have one of `characters`, which have no case.
    pub fn may_have(&self, characters: &[char]) -> bool {
        let bounds = self.bounds();
        let is_whole = bounds.start && bounds.end && !self.is_multi_line();
        !is_whole
            || any(&self.0, &mut |kind| {
                characters.iter().any(|&c| matches(kind, c))
            })
    }

    /// The text that everything it matches begins with, where it is bound at the start.
    pub fn prefix(&self) -> Option<String> {
        let mut prefix = String::new();
        let parts = match &self.0.kind {
            Kind::Sequence(parts) => parts.as_slice(),
            _ => return None,
        };
        let (first, rest) = parts.split_first()?;
        if !bounds(first).start {
            return None;
        }
        for part in rest {
            if !push_text(&part.kind, &mut prefix) {
                break;
            }
        }
        Some(prefix)
    }

    /// The texts in it, where a single `.` counts as a character of one: it is often meant as such.
    pub fn texts(&self) -> Vec<Text> {
        let mut texts = Texts::default();
        texts.read(&self.0);
        texts.finish();
        texts.done
    }

    /// The pattern with `^` and `$` at the edges of the text, in the syntax of the `regex` crate.
    pub fn on_one_line(mut self) -> String {
        change(&mut self.0, &|kind| match kind {
            Kind::Assertion(assertion @ Assertion::LineStart) => *assertion = Assertion::TextStart,
            Kind::Assertion(assertion @ Assertion::LineEnd) => *assertion = Assertion::TextEnd,
            _ => {}
        });
        emit(&self.0)
    }

    /// The pattern with every `.` matching a newline too, in the syntax of the `regex` crate.
    pub fn with_dots_over_lines(mut self) -> String {
        change(&mut self.0, &|kind| {
            if matches!(kind, Kind::AnyCharButNewline) {
                *kind = Kind::AnyChar;
            }
        });
        emit(&self.0)
    }
}

/// Recurses as deep as the tree is high, as all of these do.
fn bounds(node: &Node) -> Bounds {
    match &node.kind {
        Kind::Assertion(Assertion::TextStart | Assertion::LineStart) => Bounds {
            start: true,
            end: false,
        },
        Kind::Assertion(Assertion::TextEnd | Assertion::LineEnd) => Bounds {
            start: false,
            end: true,
        },
        Kind::Capture(part) => bounds(part),
        Kind::Repeat { part, min, .. } if *min > 0 => bounds(part),
        // An assertion in the middle binds too: what stands in front of it has to be empty.
        Kind::Sequence(parts) => parts.iter().map(bounds).fold(Bounds::NONE, Bounds::either),
        Kind::Alternatives(parts) => {
            let all = Bounds {
                start: true,
                end: true,
            };
            parts.iter().map(bounds).fold(all, Bounds::both)
        }
        _ => Bounds::NONE,
    }
}

fn contradicts_itself(node: &Node) -> bool {
    match &node.kind {
        Kind::Capture(part) => contradicts_itself(part),
        Kind::Repeat { part, min, .. } => *min > 0 && contradicts_itself(part),
        Kind::Alternatives(parts) => parts.iter().all(contradicts_itself),
        Kind::Sequence(parts) => {
            let is_assertion = |part: &Node| matches!(part.kind, Kind::Assertion(_));
            let mut places = parts.chunk_by(|a, b| is_assertion(a) && is_assertion(b));
            let asks = |place: &[Node], wanted: Assertion| {
                let is_wanted =
                    |part: &Node| matches!(&part.kind, Kind::Assertion(a) if *a == wanted);
                place.iter().any(is_wanted)
            };
            places.any(|place| {
                asks(place, Assertion::WordBoundary) && asks(place, Assertion::NotWordBoundary)
            }) || parts.iter().any(contradicts_itself)
        }
        _ => false,
    }
}

fn any(node: &Node, is: &mut impl FnMut(&Kind) -> bool) -> bool {
    is(&node.kind)
        || match &node.kind {
            Kind::Capture(part) | Kind::Repeat { part, .. } => any(part, is),
            Kind::Sequence(parts) | Kind::Alternatives(parts) => {
                parts.iter().any(|part| any(part, is))
            }
            _ => false,
        }
}

/// Whether a part that has no parts may match `c`.
fn matches(kind: &Kind, c: char) -> bool {
    match kind {
        Kind::Literal { runes, .. } => runes.contains(&u32::from(c)),
        Kind::Class(class) => {
            let mut ranges = class.ranges().iter();
            ranges.any(|range| range.start() <= c && c <= range.end())
        }
        Kind::AnyChar => true,
        Kind::AnyCharButNewline => c != '\n',
        _ => false,
    }
}

fn change(node: &mut Node, with: &impl Fn(&mut Kind)) {
    with(&mut node.kind);
    match &mut node.kind {
        Kind::Capture(part) | Kind::Repeat { part, .. } => change(part, with),
        Kind::Sequence(parts) | Kind::Alternatives(parts) => {
            parts.iter_mut().for_each(|part| change(part, with));
        }
        _ => {}
    }
}

/// Appends what a part matches, if that is one text.
fn push_text(kind: &Kind, text: &mut String) -> bool {
    match kind {
        Kind::Literal { runes, .. } => {
            text.extend(runes.iter().filter_map(|&rune| char::from_u32(rune)));
            true
        }
        Kind::Capture(part) => push_text(&part.kind, text),
        _ => false,
    }
}

/// The texts of a tree, collected in order.
#[derive(Default)]
struct Texts {
    open: String,
    fold: bool,
    done: Vec<Text>,
}

impl Texts {
    fn read(&mut self, node: &Node) {
        match &node.kind {
            Kind::Literal { runes, fold } => {
                self.fold |= fold;
                let characters = runes.iter().filter_map(|&rune| char::from_u32(rune));
                self.open.extend(characters);
            }
            Kind::AnyChar | Kind::AnyCharButNewline => self.open.push('.'),
            Kind::Sequence(parts) => parts.iter().for_each(|part| self.read(part)),
            Kind::Alternatives(parts) => {
                // What stands in front of a choice of texts belongs to the first of them.
                for part in parts {
                    self.read(part);
                    self.finish();
                }
            }
            Kind::Capture(part) => self.read(part),
            Kind::Repeat { part, .. } => {
                self.finish();
                self.read(part);
                self.finish();
            }
            Kind::Empty => {}
            Kind::Class(_) | Kind::Assertion(_) => self.finish(),
        }
    }

    fn finish(&mut self) {
        let text = std::mem::take(&mut self.open);
        let fold = std::mem::take(&mut self.fold);
        if !text.is_empty() && self.done.len() < MAX_TEXTS {
            self.done.push(Text { text, fold });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(source: &str) -> Shape {
        Pattern::new(source).expect("RE2").shape()
    }

    #[test]
    fn patterns_say_which_characters_a_text_may_have() {
        for (source, may) in [
            ("^[a-z ]+$", false),
            ("^a|b$", true),
            ("[a-z]", true),
            ("(?m)^[a-z]+$", true),
            ("^.*$", true),
            ("^a(;b)?$", true),
            (r"^[^\n]$", true),
            (r"^[^;|]$", false),
        ] {
            assert_eq!(shape(source).may_have(&[';', '|']), may, "{source}");
        }
    }

    #[test]
    fn classes_say_that_a_text_is_of_one_line() {
        for (source, says) in [
            (r"^[^\n]*$", true),
            (r"^[^\r\n]*$", true),
            (r"^[^\x0a]*$", true),
            (r"^[^;\n]*$", true),
            ("^.*$", false),
            ("^[^;]*$", false),
            (r"^[a-z /]*$", false),
            (r"^\[^\n]*$", false),
        ] {
            assert_eq!(shape(source).leaves_out_newline(), says, "{source}");
        }
    }

    #[test]
    fn patterns_contradict_themselves_where_every_way_through_them_does() {
        for (source, does) in [
            (r"\b\B", true),
            (r"\B^\b", true),
            (r"a(?:\b\B)+c", true),
            (r"(\b\B|\B\bx)", true),
            (r"\ba\B", false),
            (r"\b\B|x", false),
            (r"(?:\b\B)?x", false),
            (r"\b|\B", false),
        ] {
            assert_eq!(shape(source).contradicts_itself(), does, "{source}");
        }
    }

    #[test]
    fn patterns_are_bound_where_every_way_through_them_is() {
        for (source, start, end) in [
            ("a", false, false),
            ("^a", true, false),
            (r"a\z", false, true),
            ("^(?:a|b)$", true, true),
            ("^a|b$", false, false),
            ("^a$|^b$", true, true),
            ("(^|x)a$", false, true),
            ("(^a)?b", false, false),
            ("(?i)^a", true, false),
            ("(?m)^a$", true, true),
            ("[$^]a", false, false),
        ] {
            assert_eq!(shape(source).bounds(), Bounds { start, end }, "{source}");
        }
    }

    #[test]
    fn texts_are_read_with_their_dots() {
        let texts = |source: &str| -> Vec<String> {
            shape(source).texts().into_iter().map(|t| t.text).collect()
        };
        assert_eq!(
            texts(r"^https?://api\.a.com/"),
            ["http", "s", "://api.a.com/"]
        );
        assert_eq!(texts("rm|sudo.*x"), ["rm", "sudo", ".", "x"]);
        assert_eq!(
            shape("^/data/(a)b[0-9]").prefix().as_deref(),
            Some("/data/ab")
        );
        assert_eq!(shape("/data").prefix(), None);
    }

    #[test]
    fn flags_are_changed_in_the_tree() {
        assert_eq!(shape("(?m)^a.$").on_one_line(), r"\Aa.\z");
        assert_eq!(shape("a.*(?s).").with_dots_over_lines(), "a(?s:.)*(?s:.)");
    }
}
