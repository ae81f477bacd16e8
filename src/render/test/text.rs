//! Policy unit tests for people: each failure with what was expected, what came, and the clause.

use std::io::{self, Write};

use similar::{ChangeTag, TextDiff};

use super::{Block, Counts, Report, failures, not_checked, per_cent, without_findings};
use crate::finding::{Finding, Severity};
use crate::policy::quantity::grouped;
use crate::render::escape::printable;
use crate::render::findings::text::write_remark;
use crate::render::paint::Paint;
use crate::render::replay::rule_named;
use crate::render::table::Table;
use crate::replay::covered::{CoveredClause, share};
use crate::replay::expectation::{Actual, Case, Failure, Tested};
use crate::rules::REMARK;

/// How many failures are shown; the others are counted.
const SHOWN: usize = 100;

/// How many failures are shown with their place in the policy.
const EXCERPTS: usize = 20;

/// How many clauses the table of coverage has.
const CLAUSES: usize = 200;

/// How many characters of arguments are shown.
const LONGEST_ARGUMENTS: usize = 2_000;

/// Writes the failures, the coverage if it is wanted, and `summary`, the counts, if that is.
///
/// # Errors
/// Those of `out`.
pub fn write(report: &Report<'_>, summary: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut text = Text::new(report, out);
    let mut failures = report.failures();
    for (file, case, failure) in failures.by_ref().take(SHOWN) {
        text.failure(file, case, failure)?;
    }
    let more = failures.count();
    if more > 0 {
        writeln!(
            text.out,
            "… and {} more; --format json has them all\n",
            grouped(more as u64)
        )?;
    }
    if let Some(clauses) = report.coverage {
        text.coverage(clauses)?;
    }
    if summary {
        text.summary(report.counts())?;
    }
    Ok(())
}

/// Writes what the calls of one file come to instead of what is expected.
///
/// # Errors
/// Those of `out`.
pub fn write_changes(
    report: &Report<'_>,
    file: &str,
    tested: &Tested,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut text = Text::new(report, out);
    for (case, failure) in failures(tested) {
        text.call(file, case, failure)?;
        text.diff(case, &failure.actual)?;
        writeln!(text.out)?;
    }
    Ok(())
}

struct Text<'r> {
    report: &'r Report<'r>,
    paint: Paint,
    excerpts: usize,
    out: &'r mut dyn Write,
}

impl<'r> Text<'r> {
    fn new(report: &'r Report<'r>, out: &'r mut dyn Write) -> Self {
        Self {
            report,
            paint: Paint::new(report.style.color),
            excerpts: 0,
            out,
        }
    }

    fn failure(&mut self, file: &str, case: &Case, failure: &Failure) -> io::Result<()> {
        self.call(file, case, failure)?;
        self.diff(case, &failure.actual)?;
        self.decided_by(&failure.actual)
    }

    fn call(&mut self, file: &str, case: &Case, failure: &Failure) -> io::Result<()> {
        let tool = self.paint.bold(&printable(&case.tool));
        writeln!(self.out, "{}:{}: {tool}", printable(file), case.line)?;
        let named = [
            ("server", &failure.server),
            ("grant", &failure.grant),
            ("session", &failure.session),
        ];
        let named = named
            .into_iter()
            .filter_map(|(what, name)| Some(format!("{what} {}", printable(name.as_deref()?))));
        let arguments = self.arguments(failure);
        let told: Vec<_> = named.chain([arguments]).collect();
        writeln!(self.out, "  {}", told.join(", "))
    }

    fn arguments(&self, failure: &Failure) -> String {
        let arguments = &failure.arguments;
        if self.report.show_args
            && let Some(text) = &arguments.text
        {
            return format!("arguments {}", cut(&printable(text)));
        }
        match arguments.names.as_slice() {
            [] if arguments.text.is_none() => "no arguments".to_owned(),
            [] => "arguments without names".to_owned(),
            [name] => format!("argument {}", cut(&printable(name))),
            names => format!("arguments {}", cut(&printable(&names.join(", ")))),
        }
    }

    fn diff(&mut self, case: &Case, actual: &Actual) -> io::Result<()> {
        let (expected, actual) = (Block::expected(case), Block::actual(case, actual));
        let diff = TextDiff::from_lines(&expected.lines, &actual.lines);
        for change in diff.iter_all_changes() {
            let line = cut(&printable(change.value().trim_end_matches('\n')));
            let line = match change.tag() {
                ChangeTag::Delete => self.paint.red(&format!("- {line}  (expected)")),
                ChangeTag::Insert => self.paint.green(&format!("+ {line}")),
                ChangeTag::Equal => format!("  {line}"),
            };
            writeln!(self.out, "    {line}")?;
        }
        Ok(())
    }

    /// The clause that decided, in its policy.
    fn decided_by(&mut self, actual: &Actual) -> io::Result<()> {
        if !actual.needs.is_empty() {
            let needs = cut(&printable(&actual.needs.join(", ")));
            return writeln!(self.out, "  the decision needs {needs}\n");
        }
        let policy = actual.policy.and_then(|p| self.report.policies.get(p));
        let (Some(policy), Some(span)) = (policy, actual.span) else {
            return match actual.message.as_str() {
                "" => writeln!(self.out, "  no clause refused it\n"),
                message => writeln!(self.out, "  {}\n", cut(&printable(message))),
            };
        };
        self.excerpts += 1;
        if self.excerpts > EXCERPTS {
            let (name, pointer) = (printable(policy.name), printable(&actual.pointer));
            return writeln!(
                self.out,
                "  {name}{pointer}: {}\n",
                cut(&printable(&actual.message))
            );
        }
        let message = format!("{}: {}", rule_named(&actual.rule), actual.message);
        let mut remark = Finding::new(&REMARK, actual.pointer.as_str(), span, cut(&message));
        if actual.ruling.is_block() {
            remark.severity = Severity::Warning;
        }
        write_remark(
            &without_findings(*policy),
            &remark,
            self.report.style,
            self.out,
        )
    }

    fn coverage(&mut self, clauses: &[CoveredClause]) -> io::Result<()> {
        let (fired, all) = share(clauses);
        let heading = format!(
            "Coverage: {fired} of {all} clauses fired, {} %",
            per_cent(fired, all)
        );
        writeln!(self.out, "{}", self.paint.bold(&heading))?;
        let mut table = Table::new(1);
        table.row(
            ["clause", "evaluated", "fired", "decided"]
                .map(str::to_owned)
                .into(),
        );
        for clause in clauses.iter().take(CLAUSES) {
            let exercise = clause.exercise;
            let counts = [exercise.evaluated, exercise.fired, exercise.decided];
            let counts = counts.map(|n| if n == 0 { "·".to_owned() } else { grouped(n) });
            let cells = std::iter::once(self.place(clause)).chain(counts);
            table.row(cells.collect());
        }
        table.write(|line| self.paint.dim(line), self.out)?;
        if clauses.len() > CLAUSES {
            let more = clauses.len() - CLAUSES;
            writeln!(
                self.out,
                "  … and {more} more clauses; --format json has them all"
            )?;
        }
        writeln!(self.out)
    }

    /// The pointer of a clause, with its policy where there are several.
    fn place(&self, clause: &CoveredClause) -> String {
        let policy = self.report.policies.get(clause.policy);
        match policy.filter(|_| self.report.policies.len() > 1) {
            Some(policy) => cut(&printable(&format!("{}{}", policy.name, clause.pointer))),
            None => cut(&printable(&clause.pointer)),
        }
    }

    fn summary(&mut self, counts: Counts) -> io::Result<()> {
        let failed = format!("{} failed", grouped(counts.failed as u64));
        let failed = if counts.failed > 0 {
            self.paint.red(&failed)
        } else {
            failed
        };
        let passed = format!("{} passed", grouped(counts.passed() as u64));
        let files = self.report.files.len();
        writeln!(
            self.out,
            "{failed}, {}, {} in all in {files} {}{}",
            self.paint.green(&passed),
            grouped(counts.total as u64),
            if files == 1 { "file" } else { "files" },
            not_checked(self.report)
        )
    }
}

/// At most so much of a text as is worth reading.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_ARGUMENTS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
