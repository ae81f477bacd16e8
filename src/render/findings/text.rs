//! The report for people: each finding with the lines that show it, drawn by miette, and one line
//! that sums up.
//!
//! All text that comes from files is escaped here, before miette sees it.

use std::fmt;
use std::io;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use unicode_width::UnicodeWidthStr;

use super::excerpt::{Excerpt, Mark};
use super::{FileFindings, Report};
use crate::finding::{Finding, Safety, Severity};
use crate::render::counted;
use crate::render::escape::printable;

/// How text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to use ANSI colours.
    pub color: bool,
    /// How many columns there are.
    pub width: usize,
}

/// The least columns that text is laid out for, and the most that an excerpt takes.
const WIDTHS: std::ops::RangeInclusive<usize> = 40..=180;
/// What miette puts before a line of an excerpt, with a line number of five digits.
const GUTTER: usize = 10;

impl Style {
    /// The columns of what is quoted of a file.
    fn columns(self) -> usize {
        self.width.clamp(*WIDTHS.start(), *WIDTHS.end())
    }

    /// The columns of messages, which who asks for them gets on one line.
    fn text_columns(self) -> usize {
        self.width.max(*WIDTHS.start())
    }
}

/// Writes every finding of `report`, with an empty line after each. The summary is not written.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write(report: &Report<'_>, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    for file in report.files {
        let name = printable(file.name);
        for finding in file.findings {
            write_finding(file, finding, &name, style, out)?;
        }
    }
    Ok(())
}

/// One line, without a line feed, that says how many findings there are in how many files.
pub fn summary(report: &Report<'_>) -> String {
    let counts = [Severity::Error, Severity::Warning, Severity::Note]
        .map(|severity| (report.count(severity), severity))
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, severity)| counted(count, &severity.to_string(), "s"))
        .collect::<Vec<_>>();
    let checked = report.files_checked;
    let affected = report
        .files
        .iter()
        .filter(|file| !file.findings.is_empty())
        .count();
    let mut line = match (counts.as_slice(), checked) {
        ([], 0) => "no files to check".to_owned(),
        ([], 1) => "1 file is fine".to_owned(),
        ([], _) => format!("{checked} files are fine"),
        (_, _) if affected >= checked => {
            format!(
                "{} in {}",
                counts.join(", "),
                counted(affected, "file", "s")
            )
        }
        (_, _) => format!(
            "{} in {affected} of {}",
            counts.join(", "),
            counted(checked, "file", "s")
        ),
    };
    if report.ignored > 0 {
        line += &format!(" ({} ignored)", counted(report.ignored, "finding", "s"));
    }
    line
}

/// Writes one remark about a file as findings are written, but without a rule's name over it.
///
/// # Errors
///
/// When `out` can't be written.
pub fn write_remark(
    file: &FileFindings<'_>,
    remark: &Finding,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let name = printable(file.name);
    let mut shown = Shown::new(file, remark, &name, style);
    shown.named = false;
    write_shown(&shown, &name, style, out)
}

fn write_finding(
    file: &FileFindings<'_>,
    finding: &Finding,
    name: &str,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    write_shown(&Shown::new(file, finding, name, style), name, style, out)
}

fn write_shown(
    shown: &Shown<'_>,
    name: &str,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut text = String::new();
    handler(shown, style)
        .render_report(&mut text, shown)
        .map_err(|fmt::Error| io::Error::other("a finding could not be drawn"))?;
    // miette sets the rule's name apart with an empty line; there may be many findings.
    out.write_all(text.replacen("\n\n", "\n", 1).as_bytes())?;
    for (label, place) in &shown.excerpt.elsewhere {
        let label = printable(&shown.finding.labels[*label].text);
        // A word of ours comes first: a name or label `:` and our own would make a CI command.
        writeln!(out, "  see {name}:{}:{}: {label}", place.line, place.column)?;
    }
    if let (true, Some(fix)) = (shown.named, &shown.finding.fix) {
        let option = match fix.safety {
            Safety::Safe => "--fix",
            Safety::Unsafe => "--fix=unsafe",
        };
        writeln!(out, "  fix: {} ({option})", printable(&fix.title))?;
    }
    if shown.excerpt.untold > 0 {
        writeln!(
            out,
            "  and {}",
            counted(shown.excerpt.untold, "more place", "s")
        )?;
    }
    writeln!(out)
}

/// A drawing hand for one finding: what was found has the colour of its severity, other places
/// have the colour of advice.
fn handler(shown: &Shown<'_>, style: Style) -> GraphicalReportHandler {
    let mut theme = if style.color {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme::unicode_nocolor()
    };
    let own = match shown.finding.severity {
        Severity::Error => theme.styles.error,
        Severity::Warning => theme.styles.warning,
        Severity::Note => theme.styles.advice,
    };
    let other = theme.styles.help;
    let marks = shown.excerpt.marks.iter();
    theme.styles.highlights = marks
        .map(|mark| if mark.label.is_none() { own } else { other })
        .collect();
    // Lines are already wrapped: miette would also break names at their hyphens.
    GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_wrap_lines(false)
        .with_width(style.columns())
        .without_syntax_highlighting()
}

/// A finding as miette wants it.
#[derive(Debug)]
struct Shown<'a> {
    finding: &'a Finding,
    /// Whether the rule's name stands over it.
    named: bool,
    message: String,
    help: Option<String>,
    excerpt: Excerpt<'a>,
}

impl<'a> Shown<'a> {
    fn new(file: &FileFindings<'_>, finding: &'a Finding, name: &'a str, style: Style) -> Self {
        let (columns, text) = (style.columns(), style.text_columns());
        let help = finding.help.as_deref();
        Self {
            finding,
            named: true,
            message: wrapped(&printable(&finding.message), text - "  × ".width()),
            help: help.map(|help| wrapped(&printable(help), text - "  help: ".width())),
            excerpt: Excerpt::new(file, finding, name, columns - GUTTER),
        }
    }

    fn labeled(&self, mark: &Mark) -> LabeledSpan {
        let printable = |text: &str| printable(text).into_owned();
        match mark.label {
            None => {
                let note = self.finding.note.as_deref();
                LabeledSpan::new_primary_with_span(note.map(printable), mark.span)
            }
            Some(nth) => LabeledSpan::new_with_span(
                Some(printable(&self.finding.labels[nth].text)),
                mark.span,
            ),
        }
    }
}

/// `text` with line feeds in place of the spaces where it has to be broken to fit `columns`.
fn wrapped(text: &str, columns: usize) -> String {
    let mut lines = String::with_capacity(text.len());
    let mut used = 0;
    for (nth, word) in text.split(' ').enumerate() {
        let width = word.width();
        if nth > 0 {
            let fits = used + 1 + width <= columns;
            lines.push(if fits { ' ' } else { '\n' });
            used = if fits { used + 1 } else { 0 };
        }
        lines.push_str(word);
        used += width;
    }
    lines
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        let Finding { severity, rule, .. } = self.finding;
        let code = self.named.then(|| format!("{severity}[{}]", rule.id))?;
        Some(Box::new(code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        let help = self.help.as_deref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(
            self.excerpt.marks.iter().map(|mark| self.labeled(mark)),
        ))
    }
}
