//! Policy unit tests to bytes: what was not as expected, and how much of the policies was exercised.

pub mod github;
pub mod json;
pub mod junit;
pub mod text;

use super::FileFindings;
use super::findings::text::Style;
use super::replay::{PolicySource, rule_named};
use crate::replay::covered::CoveredClause;
use crate::replay::expectation::{Actual, Case, Failure, Tested};

/// What tests came to.
#[derive(Debug)]
pub struct Report<'r> {
    /// The files, each with its name, in the order in which they were run.
    pub files: &'r [(String, Tested)],
    /// Files that could not be checked.
    pub unchecked: &'r [Unchecked],
    /// The policies, by number.
    pub policies: &'r [PolicySource<'r>],
    /// How often each clause was exercised, if that is to be shown.
    pub coverage: Option<&'r [CoveredClause]>,
    /// Whether argument values are shown.
    pub show_args: bool,
    /// How text is to look.
    pub style: Style,
}

/// A file that could not be checked, or a line for which it could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchecked {
    /// The file's name.
    pub file: String,
    /// The line, from 1, where it is one.
    pub line: Option<u64>,
    /// What is wrong with it.
    pub problem: String,
}

impl Unchecked {
    /// How many files could not be checked: the problems of one follow each other.
    fn files(all: &[Self]) -> usize {
        all.chunk_by(|a, b| a.file == b.file).count()
    }
}

/// How many expectations there are, and how many of them were not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All of them.
    pub total: usize,
    /// Those that were not met.
    pub failed: usize,
}

impl Counts {
    fn of(tested: &Tested) -> Self {
        Self {
            total: tested.cases.len(),
            failed: failures(tested).count(),
        }
    }

    fn passed(self) -> usize {
        self.total - self.failed
    }
}

impl<'r> Report<'r> {
    /// The counts of all files.
    pub fn counts(&self) -> Counts {
        let each = self.files.iter().map(|(_, tested)| Counts::of(tested));
        each.fold(Counts::default(), |all, one| Counts {
            total: all.total + one.total,
            failed: all.failed + one.failed,
        })
    }

    /// What was not as expected: the file's name, the case, and what came instead.
    fn failures(&self) -> impl Iterator<Item = (&'r str, &'r Case, &'r Failure)> {
        self.files.iter().flat_map(|(name, tested)| {
            failures(tested).map(move |(case, failure)| (name.as_str(), case, failure))
        })
    }

    fn policy(&self, actual: &Actual) -> Option<&'r str> {
        Some(self.policies.get(actual.policy?)?.name)
    }
}

fn failures(tested: &Tested) -> impl Iterator<Item = (&Case, &Failure)> {
    let cases = tested.cases.iter();
    cases.filter_map(|case| Some((case, case.failure.as_deref()?)))
}

/// What was expected and what came, in a sentence: `expected allow, but deny by (hidden)`.
fn sentence(case: &Case, actual: &Actual) -> String {
    let by = |rule: &str| match rule {
        "" => String::new(),
        rule => format!(" by {}", rule_named(rule)),
    };
    let expected = case.expected.rule.as_deref().map_or(String::new(), by);
    let message = match actual.message.as_str() {
        "" => String::new(),
        message => format!(": {message}"),
    };
    format!(
        "`{}`: expected {}{expected}, but it comes to {}{}{message}",
        case.tool,
        case.expected.ruling,
        actual.ruling,
        by(&actual.rule),
    )
}

/// A part in per cent of the whole, to a tenth: never rounded up to a whole that it is not.
pub fn per_cent(part: usize, whole: usize) -> f64 {
    let tenths = (part * 1_000).checked_div(whole).unwrap_or(1_000);
    tenths as f64 / 10.0
}

/// How many files could not be checked, to be added to the counts; nothing where all could.
fn not_checked(report: &Report<'_>) -> String {
    match Unchecked::files(report.unchecked) {
        0 => String::new(),
        1 => "; 1 file could not be checked".to_owned(),
        files => format!("; {files} files could not be checked"),
    }
}

/// A policy as what draws findings wants it.
fn without_findings(policy: PolicySource<'_>) -> FileFindings<'_> {
    FileFindings {
        name: policy.name,
        text: policy.text,
        lines: policy.lines,
        findings: &[],
    }
}

/// What was expected, or what came, a line for each part.
struct Block {
    lines: String,
}

impl Block {
    fn new(decision: &str, rule: Option<&str>) -> Self {
        let rule = rule.map(|rule| match rule {
            "" => "rule: (none)\n".to_owned(),
            rule => format!("rule: {rule}\n"),
        });
        Self {
            lines: format!("decision: {decision}\n{}", rule.unwrap_or_default()),
        }
    }

    fn expected(case: &Case) -> Self {
        Self::new(case.expected.ruling.word(), case.expected.rule.as_deref())
    }

    fn actual(case: &Case, actual: &Actual) -> Self {
        let asked = case.expected.rule.is_some() || !actual.rule.is_empty();
        Self::new(actual.ruling.word(), asked.then_some(&actual.rule))
    }
}
