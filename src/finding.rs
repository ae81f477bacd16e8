//! What mcplint has to say about a file: plain data that knows nothing of how it will be shown.
//!
//! Reading, schema validation, lowering and the rules all produce [`Finding`]s; `render` writes
//! them. Places are byte spans of the file that the finding belongs to; lines and columns are
//! worked out once, in [`crate::source::position`].

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::rules::Rule;
use crate::span::Span;

/// How many findings a file may have: a hostile one must not fill the memory, or a screen, with
/// them. Readers stop after one more, so that whoever reports can tell that there are more.
pub const MAX_FINDINGS: usize = 1_000;

/// How much a finding matters. Ordered: a note is less than a warning, a warning less than an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what was meant.
    Warning,
    /// Wrong, or open to misuse.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// A second place that a finding talks about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where it is, in the same file as the finding.
    pub span: Span,
    /// What is to be seen there: a few words, lower case, no full stop.
    pub text: String,
}

/// A change of the file that puts a finding right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does: an imperative in lower case, no full stop.
    pub title: String,
    /// Whether it may be made without anybody looking at it.
    pub safety: Safety,
    /// The changes, in the order of the text, none overlapping another. All of them are made or none.
    pub edits: Vec<Edit>,
}

/// Whether a fix may be made without anybody looking at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// What the policy decides stays the same, or the meaning is beyond doubt.
    Safe,
    /// It may deny or allow calls that were not before: only on request.
    Unsafe,
}

/// Some bytes of a file and what is to stand in their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes that go; empty for an insertion.
    pub span: Span,
    /// The text that comes.
    pub replacement: String,
}

impl Fix {
    /// A fix that changes no decision, or whose meaning is beyond doubt. `None` where no edits
    /// could be worked out: the finding then goes without.
    pub fn safe(title: impl Into<String>, edits: Option<Vec<Edit>>) -> Option<Self> {
        Self::new(title, Safety::Safe, edits)
    }

    /// A fix that somebody has to ask for. `None` where no edits could be worked out.
    pub fn risky(title: impl Into<String>, edits: Option<Vec<Edit>>) -> Option<Self> {
        Self::new(title, Safety::Unsafe, edits)
    }

    fn new(title: impl Into<String>, safety: Safety, edits: Option<Vec<Edit>>) -> Option<Self> {
        let mut edits = edits?;
        edits.sort_by_key(|edit| edit.span);
        let apart = edits
            .windows(2)
            .all(|pair| pair[0].span.end <= pair[1].span.start);
        (apart && !edits.is_empty()).then(|| Self {
            title: title.into(),
            safety,
            edits,
        })
    }
}

/// One thing that is wrong, or risky, at one place of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: &'static Rule,
    /// How much it matters here; the rule's own severity unless something changed it.
    pub severity: Severity,
    /// One lower-case sentence without a full stop. User text stands in backticks, unescaped:
    /// escaping belongs to the renderers.
    pub message: String,
    /// RFC 6901 pointer of the value in question; empty for the whole document.
    pub pointer: String,
    /// What to underline.
    pub span: Span,
    /// A few words beside the underlined text, if the message alone does not say it.
    pub note: Option<String>,
    /// Other places that belong to it, in the same file.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
    /// How mcplint can do it.
    pub fix: Option<Fix>,
}

impl Finding {
    /// A finding of `rule` with its default severity.
    pub fn new(
        rule: &'static Rule,
        pointer: impl Into<String>,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            severity: rule.severity,
            message: message.into(),
            pointer: pointer.into(),
            span,
            note: None,
            labels: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// Gives it another severity than the rule's.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Adds the change that puts it right, if there is one.
    #[must_use]
    pub fn fix(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Adds a few words beside the underlined text.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.note = Some(text.into());
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span,
            text: text.into(),
        });
        self
    }
}
