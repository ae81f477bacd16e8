//! Reads Go's `regexp/syntax` (with Perl flags, as `regexp.Compile` reads it) into a tree.
//!
//! Groups are kept on a stack of their own, so only the height of the tree, which is limited,
//! bounds the recursion of what walks it later.

use regex_syntax::hir::ClassUnicode;

use super::class::{self, MAX_RUNE, Members};
use super::error::{Fault, PatternError};

/// The highest tree that Go takes.
const MAX_HEIGHT: u32 = 1000;
/// How often Go lets the innermost part of a repetition be repeated.
const MAX_COPIES: u32 = 1000;
/// The largest program that Go compiles, in instructions.
const MAX_PROGRAM: u64 = (128 << 20) / 40;
/// The longest pattern that this crate takes, in bytes; Go has no such limit.
const MAX_SOURCE: usize = 1 << 15;
/// How many ranges the classes of a pattern may have together; Go's limit is far higher.
const MAX_RANGES: usize = 25_000;

/// A part of a pattern.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Levels of the tree that Go would build, this one included.
    height: u32,
    /// Instructions that Go would compile it to.
    program: u64,
    /// How often the most repeated part within is repeated.
    copies: u32,
}

/// What a part of a pattern matches.
#[derive(Debug)]
pub(super) enum Kind {
    /// The empty text.
    Empty,
    /// A text; under `fold` also its case variants.
    Literal {
        runes: Vec<u32>,
        fold: bool,
    },
    Class(ClassUnicode),
    AnyChar,
    AnyCharButNewline,
    Assertion(Assertion),
    Repeat {
        part: Box<Node>,
        min: u32,
        /// `None`: without end.
        max: Option<u32>,
        lazy: bool,
    },
    /// A capturing group.
    Capture(Box<Node>),
    Sequence(Vec<Node>),
    Alternatives(Vec<Node>),
}

/// What holds at a place between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Assertion {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordBoundary,
    NotWordBoundary,
}

/// How a repetition was written.
enum Repetition {
    Star,
    Plus,
    Question,
    Counted(u32, Option<u32>),
}

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    /// `i`
    fold_case: bool,
    /// `m`
    multi_line: bool,
    /// `s`
    dot_newline: bool,
    /// `U`
    swap_greed: bool,
}

/// A group that is still open; the outermost is the pattern.
#[derive(Debug, Default)]
struct Group {
    /// The flags to go back to behind it.
    outer_flags: Flags,
    capturing: bool,
    /// Alternatives in front of the last `|`.
    alternatives: Vec<Node>,
    /// What stands behind it.
    sequence: Vec<Node>,
}

/// Parses `source`.
pub(super) fn parse(source: &str) -> Result<Node, PatternError> {
    if source.len() > MAX_SOURCE {
        let message = format!("the pattern is longer than {MAX_SOURCE} bytes");
        return Err(PatternError::ours(message, None));
    }
    let parser = Parser {
        source,
        rest: source,
        flags: Flags::default(),
        outer: Vec::new(),
        group: Group::default(),
        last_repetition: None,
        ranges: 0,
        nodes: 0,
        repeats: 1,
    };
    parser.pattern()
}

struct Parser<'a> {
    source: &'a str,
    /// What is not read yet.
    rest: &'a str,
    flags: Flags,
    /// Open groups around `group`, outermost first.
    outer: Vec<Group>,
    /// The innermost open group.
    group: Group,
    /// The pattern from the repetition on that was read last, if nothing was read since.
    last_repetition: Option<&'a str>,
    /// Ranges of all classes so far.
    ranges: usize,
    /// Nodes so far, where adjoining literals count as one.
    nodes: u64,
    /// Product of all repetitions so far.
    repeats: u64,
}

impl<'a> Parser<'a> {
    fn pattern(mut self) -> Result<Node, PatternError> {
        while let Some(next) = self.rest.chars().next() {
            let repeated = self.last_repetition.take();
            match next {
                '*' => self.repetition(Repetition::Star, &self.rest[1..], repeated)?,
                '+' => self.repetition(Repetition::Plus, &self.rest[1..], repeated)?,
                '?' => self.repetition(Repetition::Question, &self.rest[1..], repeated)?,
                '{' => self.counted(repeated)?,
                '(' if self.rest.starts_with("(?") => self.special_group()?,
                '(' => {
                    self.open(true, self.flags);
                    self.skip(1);
                }
                '[' => self.class()?,
                '\\' => self.escape()?,
                _ => self.plain(next)?,
            }
        }
        if !self.outer.is_empty() {
            return Err(Fault::OpenGroup(self.source).into());
        }
        self.finish_group()
    }

    /// Reads a token that is one character without arguments.
    fn plain(&mut self, next: char) -> Result<(), PatternError> {
        self.skip(next.len_utf8());
        match next {
            '|' => self.alternative(),
            ')' => self.close(),
            '^' if self.flags.multi_line => self.assertion(Assertion::LineStart),
            '^' => self.assertion(Assertion::TextStart),
            '$' if self.flags.multi_line => self.assertion(Assertion::LineEnd),
            '$' => self.assertion(Assertion::TextEnd),
            '.' if self.flags.dot_newline => self.push(Node::leaf(Kind::AnyChar)),
            '.' => self.push(Node::leaf(Kind::AnyCharButNewline)),
            other => self.literal(other as u32),
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    // Groups

    fn open(&mut self, capturing: bool, inner_flags: Flags) {
        let group = Group {
            outer_flags: self.flags,
            capturing,
            ..Group::default()
        };
        self.outer.push(std::mem::replace(&mut self.group, group));
        self.flags = inner_flags;
    }

    fn alternative(&mut self) -> Result<(), PatternError> {
        let sequence = std::mem::take(&mut self.group.sequence);
        let node = self.checked(Node::sequence(sequence))?;
        self.group.alternatives.push(node);
        Ok(())
    }

    fn close(&mut self) -> Result<(), PatternError> {
        let Some(outer) = self.outer.pop() else {
            return Err(Fault::UnopenedGroup(self.source).into());
        };
        let node = self.finish_group()?;
        let inner = std::mem::replace(&mut self.group, outer);
        self.flags = inner.outer_flags;
        self.push(if inner.capturing {
            Node::capture(node)
        } else {
            node
        })
    }

    fn finish_group(&mut self) -> Result<Node, PatternError> {
        self.alternative()?;
        let alternatives = std::mem::take(&mut self.group.alternatives);
        self.checked(Node::alternatives(alternatives))
    }

    /// `(?flags)`, `(?flags:…)` and named captures.
    fn special_group(&mut self) -> Result<(), PatternError> {
        let text = self.rest;
        if text.len() > 4 && text.starts_with("(?P<") {
            return self.named_capture(4);
        }
        if text.len() > 3 && text.starts_with("(?<") {
            return self.named_capture(3);
        }
        let mut flags = self.flags;
        let mut value = true;
        let mut seen = false;
        for (offset, letter) in text.char_indices().skip(2) {
            let end = offset + letter.len_utf8();
            match letter {
                'i' => flags.fold_case = value,
                'm' => flags.multi_line = value,
                's' => flags.dot_newline = value,
                'U' => flags.swap_greed = value,
                '-' if value => value = false,
                ':' | ')' if value || seen => {
                    if letter == ':' {
                        self.open(false, flags);
                    }
                    self.flags = flags;
                    self.skip(end);
                    return Ok(());
                }
                _ => return Err(Fault::PerlSyntax(&text[..end]).into()),
            }
            seen = letter != '-';
        }
        Err(Fault::PerlSyntax(text).into())
    }

    fn named_capture(&mut self, name_at: usize) -> Result<(), PatternError> {
        let Some(end) = self.rest.find('>') else {
            return Err(Fault::NamedCapture(self.rest).into());
        };
        let name = &self.rest[name_at..end];
        if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
            return Err(Fault::NamedCapture(&self.rest[..=end]).into());
        }
        self.open(true, self.flags);
        self.skip(end + 1);
        Ok(())
    }

    // Repetitions

    /// `{n}`, `{n,}` and `{n,m}`; what reads otherwise is a literal brace.
    fn counted(&mut self, repeated: Option<&'a str>) -> Result<(), PatternError> {
        let Some((min, max, after)) = counts(self.rest) else {
            self.skip(1);
            return self.literal(u32::from('{'));
        };
        if min > MAX_COPIES || max.is_some_and(|max| max > MAX_COPIES || min > max) {
            let written = until(self.rest, after);
            let fault = match max {
                Some(max) if min > max => Fault::BackwardCount(written),
                _ => Fault::RepeatCount(written),
            };
            return Err(fault.into());
        }
        self.repetition(Repetition::Counted(min, max), after, repeated)
    }

    fn repetition(
        &mut self,
        how: Repetition,
        after: &'a str,
        repeated: Option<&'a str>,
    ) -> Result<(), PatternError> {
        let question = after.strip_prefix('?');
        let after = question.unwrap_or(after);
        if let Some(repeated) = repeated {
            return Err(Fault::NestedRepeat(until(repeated, after)).into());
        }
        let written = until(self.rest, after);
        let Some(part) = self.group.sequence.pop() else {
            return Err(Fault::MissingArgument(written).into());
        };
        let lazy = question.is_some() != self.flags.swap_greed;
        let node = Node::repeat(part, &how, lazy);
        self.count_repeats(&how);
        let node = self.checked(node)?;
        let multiplies = matches!(how, Repetition::Counted(min, max) if min >= 2 || max >= Some(2));
        if multiplies && node.copies > MAX_COPIES {
            return Err(Fault::NestedCount(written).into());
        }
        self.group.sequence.push(node);
        self.last_repetition = Some(self.rest);
        self.rest = after;
        Ok(())
    }

    fn count_repeats(&mut self, how: &Repetition) {
        self.nodes += 1;
        if let Repetition::Counted(min, max) = *how {
            let factor = u64::from(max.unwrap_or(min).max(1));
            self.repeats = self.repeats.saturating_mul(factor).min(MAX_PROGRAM);
        }
    }

    // Leaves

    fn assertion(&mut self, assertion: Assertion) -> Result<(), PatternError> {
        self.push(Node::leaf(Kind::Assertion(assertion)))
    }

    fn literal(&mut self, rune: u32) -> Result<(), PatternError> {
        let fold = self.flags.fold_case;
        self.push_literal(rune, fold)
    }

    fn push_literal(&mut self, rune: u32, fold: bool) -> Result<(), PatternError> {
        if fold {
            /// No character has more case variants than this.
            const MOST_VARIANTS: usize = 4;
            self.spend_ranges(MOST_VARIANTS)?;
        }
        let runes = vec![rune];
        self.push(Node::leaf(Kind::Literal { runes, fold }))
    }

    fn push(&mut self, node: Node) -> Result<(), PatternError> {
        let joins = match (
            &node.kind,
            self.group.sequence.last().map(|last| &last.kind),
        ) {
            (Kind::Literal { fold, .. }, Some(Kind::Literal { fold: last, .. })) => fold == last,
            _ => false,
        };
        self.nodes += u64::from(!joins);
        let node = self.checked(node)?;
        self.group.sequence.push(node);
        Ok(())
    }

    /// Refuses what is too high or too large for Go.
    fn checked(&self, node: Node) -> Result<Node, PatternError> {
        if node.height > MAX_HEIGHT {
            return Err(Fault::TooDeep(self.source).into());
        }
        // Go measures only when this rough estimate says that it may be too much.
        if self.nodes >= MAX_PROGRAM / self.repeats && node.program > MAX_PROGRAM {
            return Err(Fault::TooLarge(self.source).into());
        }
        Ok(node)
    }

    fn spend_ranges(&mut self, ranges: usize) -> Result<(), PatternError> {
        self.ranges += ranges;
        if self.ranges <= MAX_RANGES {
            return Ok(());
        }
        let message = format!("the pattern's classes have more than {MAX_RANGES} ranges together");
        let help = "use fewer Unicode classes, or split the pattern".to_owned();
        Err(PatternError::ours(message, Some(help)))
    }

    // Escapes

    fn escape(&mut self) -> Result<(), PatternError> {
        let assertion = match self.rest.as_bytes().get(1) {
            Some(b'A') => Assertion::TextStart,
            Some(b'z') => Assertion::TextEnd,
            Some(b'b') => Assertion::WordBoundary,
            Some(b'B') => Assertion::NotWordBoundary,
            Some(b'C') => return Err(Fault::Escape(&self.rest[..2]).into()),
            Some(b'Q') => return self.quoted(),
            _ => return self.class_or_character(),
        };
        self.skip(2);
        self.assertion(assertion)
    }

    /// `\Q…\E`, where the end may be missing.
    fn quoted(&mut self) -> Result<(), PatternError> {
        let text = &self.rest[2..];
        let (quoted, rest) = text.split_once(r"\E").unwrap_or((text, ""));
        for c in quoted.chars() {
            self.literal(c as u32)?;
        }
        self.rest = rest;
        Ok(())
    }

    fn class_or_character(&mut self) -> Result<(), PatternError> {
        let mut members = Members::default();
        if self.class_escape(&mut members)? {
            return self.push_class(members.into_class());
        }
        let (rune, rest) = character_escape(self.rest)?;
        self.rest = rest;
        self.literal(rune)
    }

    /// Reads `\d`, `\pL` and the like into `members`, if they come next.
    fn class_escape(&mut self, members: &mut Members) -> Result<bool, PatternError> {
        let mut chars = self.rest.chars();
        let (Some('\\'), Some(letter)) = (chars.next(), chars.next()) else {
            return Ok(false);
        };
        let fold = self.flags.fold_case;
        if let Some(class) = class::perl(letter, fold) {
            self.rest = chars.as_str();
            members.add_class(&class);
            self.spend_ranges(class.ranges().len())?;
            return Ok(true);
        }
        if !matches!(letter, 'p' | 'P') {
            return Ok(false);
        }
        let (name, rest) = unicode_name(self.rest)?;
        let (negated, bare) = match name.strip_prefix('^') {
            Some(bare) => (letter == 'p', bare),
            None => (letter == 'P', name),
        };
        let Some(class) = class::unicode(bare, fold) else {
            return Err(unknown_unicode_class(until(self.rest, rest), bare));
        };
        self.rest = rest;
        self.spend_ranges(class.ranges().len())?;
        if negated {
            let mut class = class.clone();
            class.negate();
            members.add_class(&class);
        } else {
            members.add_class(class);
        }
        Ok(true)
    }

    // Classes

    /// `[…]`
    fn class(&mut self) -> Result<(), PatternError> {
        let whole = self.rest;
        self.skip(1);
        let negated = self.rest.starts_with('^');
        self.skip(usize::from(negated));
        let mut members = Members::default();
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            if !self.posix_group(&mut members)? && !self.class_escape(&mut members)? {
                self.class_range(&mut members, whole)?;
            }
        }
        self.skip(1);
        let mut class = members.into_class();
        if negated {
            class.negate();
        }
        self.push_class(class)
    }

    /// Reads `[:alpha:]` into `members`, if it comes next.
    fn posix_group(&mut self, members: &mut Members) -> Result<bool, PatternError> {
        let Some(text) = self.rest.strip_prefix("[:") else {
            return Ok(false);
        };
        let Some((name, rest)) = text.split_once(":]") else {
            return Ok(false);
        };
        let Some(class) = class::posix(name, self.flags.fold_case) else {
            return Err(Fault::UnknownClass(until(self.rest, rest)).into());
        };
        self.rest = rest;
        self.spend_ranges(class.ranges().len())?;
        members.add_class(&class);
        Ok(true)
    }

    /// Reads one character or a range of them.
    fn class_range(&mut self, members: &mut Members, whole: &'a str) -> Result<(), PatternError> {
        let start = self.rest;
        let low = self.class_character(whole)?;
        let mut high = low;
        // A `-` in front of the end is itself.
        if self.rest.len() >= 2 && self.rest.starts_with('-') && !self.rest.starts_with("-]") {
            self.skip(1);
            high = self.class_character(whole)?;
            if high < low {
                return Err(Fault::ReversedRange(until(start, self.rest)).into());
            }
        }
        let mut range = Members::default();
        range.add_range(low, high);
        let mut class = range.into_class();
        if self.flags.fold_case {
            class = class::folded(&class);
        }
        self.spend_ranges(class.ranges().len())?;
        members.add_class(&class);
        Ok(())
    }

    fn class_character(&mut self, whole: &'a str) -> Result<u32, PatternError> {
        let Some(next) = self.rest.chars().next() else {
            return Err(Fault::OpenClass(whole).into());
        };
        if next == '\\' {
            let (rune, rest) = character_escape(self.rest)?;
            self.rest = rest;
            return Ok(rune);
        }
        self.skip(next.len_utf8());
        Ok(next as u32)
    }

    /// Go takes a class of one character, or of one and its only case variant, for a literal.
    fn push_class(&mut self, class: ClassUnicode) -> Result<(), PatternError> {
        if let Some(first) = class.ranges().first().map(|range| range.start()) {
            if count_few(&class) == 1 {
                return self.push_literal(first as u32, false);
            }
            if count_few(&class) == 2 && class == class::variants(first) {
                return self.push_literal(first as u32, true);
            }
        }
        self.push(Node::leaf(Kind::Class(class)))
    }
}

/// How many characters a class holds, counted up to three.
fn count_few(class: &ClassUnicode) -> usize {
    let ranges = class.ranges().iter();
    let characters = ranges.flat_map(|range| range.start()..=range.end());
    characters.take(3).count()
}

impl Node {
    /// Levels of the tree, this one included; at most 1000.
    pub(super) fn height(&self) -> u32 {
        self.height
    }

    fn leaf(kind: Kind) -> Self {
        Self {
            kind,
            height: 1,
            program: 1,
            copies: 1,
        }
    }

    fn capture(part: Self) -> Self {
        Self {
            height: part.height + 1,
            program: part.program.saturating_add(2),
            copies: part.copies,
            kind: Kind::Capture(Box::new(part)),
        }
    }

    fn repeat(part: Self, how: &Repetition, lazy: bool) -> Self {
        let once = part.program;
        let times = |count: u32| once.saturating_mul(u64::from(count));
        let (min, max, program) = match *how {
            Repetition::Star => (0, None, once.saturating_add(2)),
            Repetition::Plus => (1, None, once.saturating_add(1)),
            Repetition::Question => (0, Some(1), once.saturating_add(1)),
            Repetition::Counted(0, None) => (0, None, once.saturating_add(2)),
            Repetition::Counted(min, None) => (min, None, times(min).saturating_add(1)),
            Repetition::Counted(min, Some(max)) => (
                min,
                Some(max),
                times(max).saturating_add(u64::from(max - min)),
            ),
        };
        let copies = match *how {
            Repetition::Counted(_, Some(0)) => 1,
            Repetition::Counted(min, max) => part.copies.saturating_mul(max.unwrap_or(min).max(1)),
            _ => part.copies,
        };
        Self {
            height: part.height + 1,
            program: program.max(1),
            copies,
            kind: Kind::Repeat {
                part: Box::new(part),
                min,
                max,
                lazy,
            },
        }
    }

    /// One behind the other; adjoining literals become one.
    fn sequence(parts: Vec<Self>) -> Self {
        let mut joined: Vec<Self> = Vec::with_capacity(parts.len());
        for part in parts {
            match part.kind {
                Kind::Sequence(inner) => joined.extend(inner),
                Kind::Literal { .. } => join_literal(&mut joined, part),
                _ => joined.push(part),
            }
        }
        if joined.len() > 1 {
            return Self::parent(joined, Kind::Sequence, 0);
        }
        joined.pop().unwrap_or_else(|| Self::leaf(Kind::Empty))
    }

    /// One of several; alternatives of alternatives are alternatives.
    fn alternatives(mut parts: Vec<Self>) -> Self {
        if parts.len() > 1 {
            let parts: Vec<Self> = parts
                .into_iter()
                .flat_map(Self::into_alternatives)
                .collect();
            let forks = parts.len() as u64 - 1;
            let one_character = parts.iter().all(Self::is_one_character);
            let mut node = Self::parent(parts, Kind::Alternatives, forks);
            if one_character {
                // Go makes a class of them.
                node.height = 1;
                node.program = 1;
            }
            return node;
        }
        parts.pop().unwrap_or_else(|| Self::leaf(Kind::Empty))
    }

    fn into_alternatives(self) -> Vec<Self> {
        match self.kind {
            Kind::Alternatives(parts) => parts,
            _ => vec![self],
        }
    }

    fn parent(parts: Vec<Self>, kind: fn(Vec<Self>) -> Kind, forks: u64) -> Self {
        let highest = parts.iter().map(|part| part.height).max();
        let program = parts
            .iter()
            .fold(forks, |sum, part| sum.saturating_add(part.program));
        Self {
            height: 1 + highest.unwrap_or(0),
            program: program.max(1),
            copies: parts.iter().map(|part| part.copies).max().unwrap_or(1),
            kind: kind(parts),
        }
    }

    fn is_one_character(&self) -> bool {
        match &self.kind {
            Kind::Literal { runes, .. } => runes.len() == 1,
            Kind::Class(_) | Kind::AnyChar | Kind::AnyCharButNewline => true,
            _ => false,
        }
    }
}

/// Appends a literal to the one in front of it, where both fold alike.
fn join_literal(joined: &mut Vec<Node>, literal: Node) {
    if let (Kind::Literal { runes, fold }, Some(last)) = (&literal.kind, joined.last_mut())
        && let Kind::Literal {
            runes: head,
            fold: head_fold,
        } = &mut last.kind
        && head_fold == fold
    {
        head.extend(runes);
        last.program = head.len() as u64;
    } else {
        joined.push(literal);
    }
}

/// The part of `text` in front of `rest`, one of its suffixes.
fn until<'a>(text: &'a str, rest: &str) -> &'a str {
    &text[..text.len() - rest.len()]
}

/// The counts of `{n}`, `{n,}` or `{n,m}` and what follows; `None` where `text` has another form.
/// Counts too large for a machine word come back as the largest.
fn counts(text: &str) -> Option<(u32, Option<u32>, &str)> {
    let (min, rest) = decimal(text.strip_prefix('{')?)?;
    let Some(rest) = rest.strip_prefix(',') else {
        return Some((min, Some(min), rest.strip_prefix('}')?));
    };
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((min, None, rest));
    }
    let (max, rest) = decimal(rest)?;
    Some((min, Some(max), rest.strip_prefix('}')?))
}

/// A decimal number without leading zeros.
fn decimal(text: &str) -> Option<(u32, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((digits.parse().unwrap_or(u32::MAX), rest))
}

/// The name in `\pN` or `\p{Name}`, which `text` starts with, and what follows.
fn unicode_name(text: &str) -> Result<(&str, &str), PatternError> {
    let Some(letter) = text[2..].chars().next() else {
        return Ok(("", ""));
    };
    if letter != '{' {
        return Ok(text[2..].split_at(letter.len_utf8()));
    }
    match text.find('}') {
        Some(end) => Ok((&text[3..end], &text[end + 1..])),
        None => Err(Fault::UnknownClass(text).into()),
    }
}

fn unknown_unicode_class(written: &str, name: &str) -> PatternError {
    let mut error = PatternError::from(Fault::UnknownClass(written));
    let nearest = class::nearest_name(name);
    error.help = Some(match nearest {
        Some(near) => format!(r"did you mean `\p{{{near}}}`?"),
        None => r"RE2 knows general categories (`\p{Lu}`) and scripts (`\p{Greek}`)".to_owned(),
    });
    error
}

/// The character that an escape at the start of `text` stands for, and what follows.
fn character_escape(text: &str) -> Result<(u32, &str), PatternError> {
    let mut chars = text.chars();
    chars.next();
    let Some(letter) = chars.next() else {
        return Err(Fault::TrailingBackslash.into());
    };
    let rest = chars.as_str();
    let octal_follows = rest.starts_with(|c: char| c.is_digit(8));
    let rune = match letter {
        '0' => return Ok(octal(text)),
        '1'..='7' if octal_follows => return Ok(octal(text)),
        'x' => return hexadecimal(text),
        'a' => 0x07,
        'f' => 0x0C,
        'n' => 0x0A,
        'r' => 0x0D,
        't' => 0x09,
        'v' => 0x0B,
        _ if letter.is_ascii() && !letter.is_ascii_alphanumeric() => letter as u32,
        _ => return Err(Fault::Escape(until(text, rest)).into()),
    };
    Ok((rune, rest))
}

/// Up to three octal digits behind a backslash.
fn octal(text: &str) -> (u32, &str) {
    let digits = text[1..]
        .bytes()
        .take(3)
        .take_while(|b| matches!(b, b'0'..=b'7'));
    let (mut rune, mut count) = (0, 0);
    for digit in digits {
        rune = rune * 8 + u32::from(digit - b'0');
        count += 1;
    }
    (rune, &text[1 + count..])
}

/// `\x7F` or `\x{10FFFF}`; a fault quotes as far as Go reads.
fn hexadecimal(text: &str) -> Result<(u32, &str), PatternError> {
    let fault = |rest: &str| PatternError::from(Fault::Escape(until(text, rest)));
    let mut chars = text[2..].chars();
    let first = chars.next();
    if first != Some('{') {
        let high = first.and_then(|c| c.to_digit(16));
        let low = chars.next().and_then(|c| c.to_digit(16));
        let rest = chars.as_str();
        let digits = high.zip(low).ok_or_else(|| fault(rest))?;
        return Ok((digits.0 * 16 + digits.1, rest));
    }
    let mut rune = None;
    loop {
        let next = chars.next();
        let rest = chars.as_str();
        match (next, next.and_then(|c| c.to_digit(16)), rune) {
            (Some('}'), _, Some(rune)) => return Ok((rune, rest)),
            (_, Some(digit), _) => rune = Some(rune.unwrap_or(0) * 16 + digit),
            _ => return Err(fault(rest)),
        }
        if rune > Some(MAX_RUNE) {
            return Err(fault(rest));
        }
    }
}
