//! Languages: sets of strings that a pattern, a substring or a shape describes.

use std::sync::{Arc, LazyLock};

use crate::policy::re2::{Expression, Pattern, PatternError};

/// A regular set of strings. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Language(Kind);

/// How much of a pattern is compiled in one step, in bytes of its automata.
const BYTES_A_STEP: usize = 96;

#[derive(Debug, Clone)]
enum Kind {
    /// The strings in which a pattern is found.
    Found(Arc<Pattern>),
    /// The strings that contain a text.
    Containing(Arc<str>),
    /// The strings in which an expression of the `regex` crate is found.
    Shape(Arc<Expression>),
}

impl Language {
    /// The strings in which `pattern` is found, anywhere.
    pub fn found(pattern: &Pattern) -> Self {
        Self(Kind::Found(Arc::new(pattern.clone())))
    }

    /// The strings that have `text` as a substring.
    pub fn containing(text: &str) -> Self {
        Self(Kind::Containing(text.into()))
    }

    /// The strings in which `expression`, in the syntax of the `regex` crate, is found. Unicode
    /// word boundaries are left to the caller to avoid: no automaton has them.
    ///
    /// # Errors
    /// Those of [`Expression::new`].
    pub fn shape(expression: &str) -> Result<Self, PatternError> {
        let expression = Expression::new(expression.to_owned())?;
        Ok(Self(Kind::Shape(Arc::new(expression))))
    }

    /// The strings with more than one line.
    pub fn with_newline() -> Self {
        Self::containing("\n")
    }

    /// The paths that step up: `..` between slashes or at an end.
    pub fn with_parent_step() -> Self {
        static PATHS: LazyLock<Language> =
            LazyLock::new(|| Language::ours(r"(?:\A|/)\.\.(?:/|\z)"));
        PATHS.clone()
    }

    /// The strings of printable ASCII.
    pub fn printable() -> Self {
        static TEXTS: LazyLock<Language> = LazyLock::new(|| Language::ours(r"\A[ -~]*\z"));
        TEXTS.clone()
    }

    /// The absolute `http` and `https` URLs without white space whose host, written in lower case
    /// and without user name, is `host`. `None` if that is too long for an expression.
    pub fn url_at(host: &str) -> Option<Self> {
        let host = regex_syntax::escape(host);
        let rest = "(?::[0-9]{1,5})?(?:[/?#][!-~]*)?";
        Self::shape(&format!(r"\Ahttps?://{host}{rest}\z")).ok()
    }

    /// The strings that begin with `text`. `None` if that is too long for an expression.
    pub fn starting_with(text: &str) -> Option<Self> {
        Self::shape(&format!(r"\A{}", regex_syntax::escape(text))).ok()
    }

    /// The strings that end with `text`. `None` if that is too long for an expression.
    pub fn ending_with(text: &str) -> Option<Self> {
        Self::shape(&format!(r"{}\z", regex_syntax::escape(text))).ok()
    }

    fn ours(expression: &str) -> Self {
        Self::shape(expression).expect("a short expression of our own")
    }

    /// Whether `text` is in it.
    pub fn contains(&self, text: &str) -> bool {
        match &self.0 {
            Kind::Found(pattern) => pattern.is_match(text),
            Kind::Containing(part) => text.contains(&**part),
            Kind::Shape(expression) => expression.is_match(text),
        }
    }

    /// What it takes to ask it for one short text.
    pub(super) fn steps_to_ask(&self) -> usize {
        match &self.0 {
            Kind::Found(pattern) => steps_to_match(pattern.translation()),
            Kind::Shape(expression) => steps_to_match(expression),
            Kind::Containing(_) => 1,
        }
    }

    /// The expression, in the syntax of the `regex` crate, that is found in just these strings.
    pub(super) fn expression(&self) -> String {
        match &self.0 {
            Kind::Found(pattern) => pattern.translated().to_owned(),
            Kind::Containing(part) => regex_syntax::escape(part),
            Kind::Shape(expression) => expression.text().to_owned(),
        }
    }

    /// The text that every string of it contains, where that is how it is described.
    pub(super) fn part(&self) -> Option<&str> {
        match &self.0 {
            Kind::Containing(part) => Some(part),
            Kind::Found(_) | Kind::Shape(_) => None,
        }
    }

    /// Whether it is plain, without automata, that all of it lies in `other`.
    pub(super) fn is_plainly_within(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Containing(part), _) => other.part().is_some_and(|wider| part.contains(wider)),
            (Kind::Found(a), Kind::Found(b)) => a.translated() == b.translated(),
            (Kind::Shape(a), Kind::Shape(b)) => a.text() == b.text(),
            _ => false,
        }
    }
}

/// What it takes to match `expression` with a short text: the first time, it is compiled for that.
pub(super) fn steps_to_match(expression: &Expression) -> usize {
    match expression.is_compiled() {
        true => 1,
        false => 1 + expression.size() / BYTES_A_STEP,
    }
}
