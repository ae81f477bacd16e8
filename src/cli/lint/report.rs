//! The report of a run: which findings are shown, with what is told beside them, in the format that
//! was asked for.

use std::collections::BTreeSet;
use std::io::Write;

use super::look::Checked;
use crate::cli::args::{Common, FindingFormat, Findings};
use crate::cli::{Trouble, output};
use crate::finding::Severity;
use crate::lint::{Level, Options};
use crate::render::findings::{github, json, junit, markdown, sarif, text};
use crate::render::{Account, FileFindings, Report, Unread};
use crate::rules::{self, Rule};
use crate::suppress::Suppressed;

/// How far the work got.
pub struct Outcome<'a> {
    /// How many files were looked at for themselves.
    pub policies: usize,
    pub unread: &'a [Unread],
    /// Whether everything was looked at.
    pub complete: bool,
}

/// Writes the findings. Those that are not shown are taken out of `checked`.
pub fn report(
    args: &Findings,
    common: &Common,
    options: &Options,
    checked: &mut [Checked],
    outcome: &Outcome<'_>,
) -> Result<(), Trouble> {
    let format = output::format(args.format, FindingFormat::Text, FindingFormat::Github);
    let tells_unread = !matches!(format, FindingFormat::Text | FindingFormat::Json);
    if !(outcome.complete || outcome.policies > 0 || tells_unread) {
        return Ok(());
    }
    // A secret is masked also where its finding is not shown.
    let masked = masked(checked);
    for Checked { linted, .. } in checked.iter_mut() {
        let findings = &mut linted.findings;
        findings.retain(|found| found.severity >= args.min_severity);
    }
    let suppressed: Vec<_> = checked
        .iter()
        .map(|checked| suppressed(checked, args.min_severity))
        .collect();
    let account = Account {
        root: &output::root(),
        rules: &rules_that_ran(options, checked),
        suppressed: &suppressed,
        unread: outcome.unread,
        complete: outcome.complete,
    };
    let ignored = checked.iter().map(|checked| &checked.linted.ignored);
    let report = Report {
        files: &shown(checked, &masked),
        files_checked: outcome.policies,
        ignored: ignored.map(|ignored| ignored.findings.len()).sum(),
    };
    write(format, &report, &account, common)
}

/// The files' texts without their secrets, where they have any: the log of a run is read by more
/// people than the policy is.
fn masked(checked: &[Checked]) -> Vec<Option<String>> {
    let masked = |Checked { file, linted }: &Checked| rules::masked(&file.text, &linted.findings);
    checked.iter().map(masked).collect()
}

fn shown<'a>(checked: &'a [Checked], masked: &'a [Option<String>]) -> Vec<FileFindings<'a>> {
    let files = checked.iter().zip(masked);
    files
        .map(|(Checked { file, linted }, masked)| FileFindings {
            name: &file.name,
            text: masked.as_deref().unwrap_or(&file.text),
            lines: &file.lines,
            findings: &linted.findings,
        })
        .collect()
}

/// The ignored findings of this severity or worse.
fn suppressed(checked: &Checked, min_severity: Severity) -> Vec<&Suppressed> {
    let ignored = checked.linted.ignored.findings.iter();
    let shown = ignored.filter(|ignored| ignored.finding.severity >= min_severity);
    shown.collect()
}

/// The rules that had their say, and those that have findings in any case, with their severity.
fn rules_that_ran(options: &Options, checked: &[Checked]) -> Vec<(&'static Rule, Severity)> {
    let found: BTreeSet<&str> = checked
        .iter()
        .flat_map(|checked| {
            let ignored = checked.linted.ignored.findings.iter();
            let found = checked.linted.findings.iter();
            found.chain(ignored.map(|suppressed| &suppressed.finding))
        })
        .map(|finding| finding.rule.id)
        .collect();
    let ran = |rule: &'static Rule| {
        let wanted = !options.form_only || matches!(rule.check, rules::Check::Form);
        (options.levels.runs(rule) && wanted) || found.contains(rule.id)
    };
    let severity = |rule: &'static Rule| match options.levels.configured.get(rule.id) {
        Some(&Level::Report(severity)) => severity,
        Some(Level::Off) | None => rule.severity,
    };
    let rules = rules::ALL.iter().copied().filter(|rule| ran(rule));
    rules.map(|rule| (rule, severity(rule))).collect()
}

fn write(
    format: FindingFormat,
    report: &Report<'_>,
    account: &Account<'_>,
    common: &Common,
) -> Result<(), Trouble> {
    let mut out = output::open(common)?;
    match format {
        FindingFormat::Text => text::write(report, output::style(common), &mut out)?,
        FindingFormat::Json => json::write(report, &mut out)?,
        FindingFormat::Sarif => sarif::write(report, account, &mut out)?,
        FindingFormat::Github => github::write(report, account, &mut out)?,
        FindingFormat::Junit => junit::write(report, account, &mut out)?,
        FindingFormat::Markdown => markdown::write(report, account, &mut out)?,
    }
    let has_summary = matches!(format, FindingFormat::Text | FindingFormat::Github);
    if has_summary && !common.quiet {
        writeln!(out, "{}", text::summary(report))?;
    }
    out.flush()?;
    Ok(())
}
