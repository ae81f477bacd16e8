//! `mcplint lint`: is each policy well-formed, and does it protect?

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::args::{Common, FindingFormat, Findings, FixSafety, Lint};
use super::console::Console;
use super::exit::Exit;
use super::offers::ToolLists;
use super::policies::{files, max_bytes};
use super::{Trouble, configuration, output, rule};
use crate::config::{Config, FailLevel};
use crate::finding::{Finding, Safety, Severity};
use crate::fix::{self, Judged};
use crate::lint::{self, Level, Levels, Linted, Options};
use crate::render::escape::printable_lines;
use crate::render::findings::{github, json, junit, markdown, sarif, text};
use crate::render::{Account, FileFindings, Report, Unread};
use crate::rules::{self, Rule, form};
use crate::source::Syntax;
use crate::source::discover::is_called_policy;
use crate::source::file::{MAX_BYTES, ReadError, SourceFile};
use crate::suppress::baseline::{self, Baseline};
use crate::suppress::{Ignored, Ignores, Suppressed};

/// What policies are checked, and for what.
pub struct Check<'a> {
    pub paths: &'a [PathBuf],
    pub findings: &'a Findings,
    /// The options of lint; without them only the form is looked at.
    pub lint: Option<&'a Lint>,
}

/// A file and what there is to say about it.
struct Checked {
    file: SourceFile,
    linted: Linted,
}

pub fn run(args: &Lint, common: &Common, console: Console) -> Result<Exit, Trouble> {
    let check = Check {
        paths: &args.paths,
        findings: &args.findings,
        lint: Some(args),
    };
    self::check(&check, common, console)
}

/// Checks policies, reports, and says how it went.
pub fn check(check: &Check<'_>, common: &Common, console: Console) -> Result<Exit, Trouble> {
    let config = configuration(common)?;
    let options = options(check, common, config.as_ref())?;
    no_safety_among(check)?;
    let (paths, found_all) = files(check.paths, config.as_ref(), console)?;
    let (lists, read_lists) = ToolLists::read(&check.findings.tools, config.as_ref(), console)?;
    output::spare_inputs(common, &paths)?;
    output::spare_inputs(common, lists.paths())?;
    let work = Work {
        options: &options,
        lists: &lists,
        max_bytes: max_bytes(config.as_ref()),
    };
    let (mut checked, unread) = work.all(&paths, console);
    if check.findings.only_policies {
        checked.retain(|checked| keep_policy(checked, config.as_ref(), console));
    }
    let mut complete = found_all && read_lists && unread.is_empty();
    if let Some(path) = check.lint.and_then(|args| args.write_baseline.as_deref()) {
        return write_baseline(path, &checked, complete, console);
    }
    let fixing = Fixing::of(check);
    if let Some(fixing) = fixing {
        fixing.all(&work, &mut checked, common, console)?;
    }
    let policies = checked.len();
    let whole = check.paths.is_empty() && complete;
    let unjudged = tell_unjudged(&checked, &options, console);
    complete &= unjudged == 0;
    checked.extend(
        lists
            .lint(&options)
            .into_iter()
            .map(|(file, linted)| Checked { file, linted }),
    );
    checked.extend(about_ignores(&checked, config.as_ref(), &options, whole));
    let level = check.findings.fail_level;
    let fails = fails(
        &checked,
        level.or(config.and_then(|config| config.settings.fail_level)),
    );
    let outcome = Outcome {
        policies: policies - unjudged,
        unread: &unread,
        complete,
    };
    if !fixing.is_some_and(|fixing| fixing.diff) {
        report(check, common, &options, &mut checked, &outcome)?;
    }
    Ok(match (complete, fails) {
        (false, _) => Exit::Trouble,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Clean,
    })
}

/// How every file is looked at.
fn options(
    check: &Check<'_>,
    common: &Common,
    config: Option<&Config>,
) -> Result<Options, Trouble> {
    let mut levels = config.map_or_else(Levels::default, Config::levels);
    if let Some(args) = check.lint {
        levels.only = args
            .only_rule
            .iter()
            .map(|id| rule(id))
            .collect::<Result<_, _>>()?;
        levels.skip = args
            .skip_rule
            .iter()
            .map(|id| rule(id))
            .collect::<Result<_, _>>()?;
        // Who asks for a rule by name gets it.
        for asked in &levels.only {
            if levels.configured.get(asked.id) == Some(&Level::Off) {
                levels.configured.remove(asked.id);
            }
        }
    }
    let known = check.lint.filter(|args| args.write_baseline.is_none());
    let baseline = known.and_then(|args| {
        let configured = config.and_then(|config| {
            let file = config.settings.baseline.as_ref()?;
            Some(config.folder.join(file))
        });
        args.baseline.clone().or(configured)
    });
    Ok(Options {
        dialect: common.dialect,
        levels,
        ignores: Ignores {
            configured: config.map(Config::ignores).unwrap_or_default(),
            folder: config
                .map(|config| config.folder.clone())
                .unwrap_or_default(),
            baseline: baseline.map(|path| read_baseline(&path)).transpose()?,
        },
        risk: config
            .map(|config| config.overrides.clone())
            .unwrap_or_default(),
        max_calls_per_day: config
            .map(|config| config.settings.max_calls_per_day)
            .unwrap_or_default(),
        form_only: check.lint.is_none(),
    })
}

fn read_baseline(path: &Path) -> Result<Baseline, Trouble> {
    let file = SourceFile::read(path, MAX_BYTES).map_err(|error| match path.exists() {
        true => Trouble::new(error.to_string()),
        false => Trouble::with_help(
            format!("there is no baseline `{}`", path.display()),
            format!(
                "`mcplint lint --write-baseline {}` writes one",
                path.display()
            ),
        ),
    })?;
    Baseline::parse(file).map_err(Trouble::Baseline)
}

/// What it takes to look at one file after another.
struct Work<'a> {
    options: &'a Options,
    lists: &'a ToolLists,
    max_bytes: u64,
}

/// With fewer files than this for each, threads cost more than they give.
const FILES_PER_THREAD: usize = 8;

impl Work<'_> {
    /// Looks at all files, on as many threads as are worth it. It is told which can't be read; they
    /// are the second value. The order is that of `paths`.
    fn all(&self, paths: &[PathBuf], console: Console) -> (Vec<Checked>, Vec<Unread>) {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = processors.min(paths.len() / FILES_PER_THREAD).max(1);
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::with_capacity(paths.len()));
        let work = || {
            let mut own = Vec::new();
            while let Some((nth, path)) = {
                let nth = next.fetch_add(1, Ordering::Relaxed);
                paths.get(nth).map(|path| (nth, path))
            } {
                own.push((nth, self.one(path)));
            }
            // A thread that panicked ends the program: the lock is never poisoned.
            if let Ok(mut results) = results.lock() {
                results.append(&mut own);
            }
        };
        if threads == 1 {
            work();
        } else {
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(work);
                }
            });
        }
        let mut results = results.into_inner().unwrap_or_default();
        results.sort_by_key(|(nth, _)| *nth);
        let mut checked = Vec::with_capacity(results.len());
        let mut unread = Vec::new();
        for (nth, result) in results {
            match result {
                Ok(one) => checked.push(one),
                Err(error) => {
                    console.error(&error);
                    unread.push(Unread {
                        path: paths[nth].clone(),
                        message: error.to_string(),
                    });
                }
            }
        }
        (checked, unread)
    }

    fn one(&self, path: &Path) -> Result<Checked, ReadError> {
        let file = SourceFile::read(path, self.max_bytes)?;
        let linted = self.lint(&file);
        Ok(Checked { file, linted })
    }

    fn lint(&self, file: &SourceFile) -> Linted {
        let offer = self.lists.offer(Path::new(&file.name));
        lint::lint(file, offer, self.options)
    }
}

fn keep_policy(checked: &Checked, config: Option<&Config>, console: Console) -> bool {
    // A policy with a syntax error looks like nothing; that it is called one has to do.
    let name = &checked.file.name;
    let findings = &checked.linted.findings;
    let is_no_document = findings
        .iter()
        .any(|finding| finding.rule == &form::SYNTAX_ERROR);
    let path = Path::new(name);
    let is_called = || is_called_policy(path) || config.is_some_and(|config| config.names(path));
    let keep = checked.linted.looks_like_policy || (is_no_document && is_called());
    if !keep {
        console.detail(format!("`{name}` does not look like a policy: passed over"));
    }
    keep
}

/// Who writes `--fix unsafe` means no file called so, and the fixes of `--fix` alone may be others.
fn no_safety_among(check: &Check<'_>) -> Result<(), Trouble> {
    let fixes = check.lint.is_some_and(|args| args.fix.is_some());
    let mut paths = check.paths.iter().filter_map(|path| path.to_str());
    let word = paths.find(|path| matches!(*path, "safe" | "unsafe") && !Path::new(path).exists());
    match word {
        Some(word) if fixes => Err(Trouble::Message(
            format!("there is no file `{word}`"),
            Some(format!("write `--fix={word}`")),
        )),
        _ => Ok(()),
    }
}

/// Errors of form that are not reported must not look like a policy that is fine. Gives how many
/// files have such.
fn tell_unjudged(checked: &[Checked], options: &Options, console: Console) -> usize {
    let mut unjudged = 0;
    for Checked { file, linted } in checked {
        let mut findings = linted.findings.iter();
        let told = findings.any(|found| matches!(found.rule.check, rules::Check::Form));
        if !linted.is_policy && !told && !options.form_only {
            unjudged += 1;
            console.error(format!(
                "`{}` is not a valid policy, for reasons that are not reported: its rules were not \
                 looked at",
                file.name
            ));
        }
    }
    unjudged
}

/// What there is to say about the ignores of the configuration and about the baseline, as findings
/// of these files.
fn about_ignores(
    checked: &[Checked],
    config: Option<&Config>,
    options: &Options,
    whole: bool,
) -> Vec<Checked> {
    if options.form_only {
        return Vec::new();
    }
    let ignored = || checked.iter().map(|checked| &checked.linted.ignored);
    let ignores = &options.ignores;
    let mut about = Vec::new();
    if let Some(file) = config.and_then(|config| config.file.as_ref()) {
        let findings = ignores.about_configured(ignored(), &options.levels, whole);
        about.push(Checked::of(&file.name, &file.text, Syntax::Yaml, findings));
    }
    if let Some(baseline) = &ignores.baseline {
        let findings = baseline.about(ignored(), &options.levels);
        let file = &baseline.file;
        about.push(Checked::of(&file.name, &file.text, Syntax::Json, findings));
    }
    about
}

impl Checked {
    fn of(name: &str, text: &str, syntax: Syntax, findings: Vec<Finding>) -> Self {
        Self {
            file: SourceFile::new(name, text, syntax),
            linted: Linted {
                findings,
                ignored: Ignored::default(),
                judged: true,
                is_policy: false,
                form_errors: 0,
                looks_like_policy: false,
            },
        }
    }

    /// The ignored findings of this severity or worse.
    fn suppressed(&self, min_severity: Severity) -> Vec<&Suppressed> {
        let ignored = self.linted.ignored.findings.iter();
        let shown = ignored.filter(|ignored| ignored.finding.severity >= min_severity);
        shown.collect()
    }

    fn shown<'a>(&'a self, text: &'a str) -> FileFindings<'a> {
        FileFindings {
            name: &self.file.name,
            text,
            lines: &self.file.lines,
            findings: &self.linted.findings,
        }
    }
}

/// Whether a finding reaches the level that fails a run, shown or not.
fn fails(checked: &[Checked], level: Option<FailLevel>) -> bool {
    let threshold = match level.unwrap_or_default() {
        FailLevel::Error => Severity::Error,
        FailLevel::Warning => Severity::Warning,
        FailLevel::Note => Severity::Note,
        FailLevel::Never => return false,
    };
    let mut findings = checked.iter().flat_map(|checked| &checked.linted.findings);
    findings.any(|finding| finding.severity >= threshold)
}

/// How far the work got.
struct Outcome<'a> {
    /// How many files were looked at for themselves.
    policies: usize,
    unread: &'a [Unread],
    /// Whether everything was looked at.
    complete: bool,
}

/// Writes the findings.
fn report(
    check: &Check<'_>,
    common: &Common,
    options: &Options,
    checked: &mut [Checked],
    outcome: &Outcome<'_>,
) -> Result<(), Trouble> {
    let args = check.findings;
    let format = output::format(args.format, FindingFormat::Text, FindingFormat::Github);
    let tells_unread = !matches!(format, FindingFormat::Text | FindingFormat::Json);
    if !(outcome.complete || outcome.policies > 0 || tells_unread) {
        return Ok(());
    }
    // The log of a run is read by more people than the policy is.
    let masked: Vec<_> = checked
        .iter()
        .map(|checked| rules::masked(&checked.file.text, &checked.linted.findings))
        .collect();
    for checked in checked.iter_mut() {
        checked
            .linted
            .findings
            .retain(|found| found.severity >= args.min_severity);
    }
    let shown = checked.iter().zip(&masked);
    let files: Vec<_> = shown
        .map(|(checked, masked)| checked.shown(masked.as_deref().unwrap_or(&checked.file.text)))
        .collect();
    let report = Report {
        files: &files,
        files_checked: outcome.policies,
        ignored: checked
            .iter()
            .map(|checked| checked.linted.ignored.findings.len())
            .sum(),
    };
    let suppressed: Vec<Vec<&Suppressed>> = checked
        .iter()
        .map(|checked| checked.suppressed(args.min_severity))
        .collect();
    let account = Account {
        root: &output::root(),
        rules: &rules_that_ran(options, checked),
        suppressed: &suppressed,
        unread: outcome.unread,
        complete: outcome.complete,
    };
    write_report(format, &report, &account, common)
}

fn write_report(
    format: FindingFormat,
    report: &Report<'_>,
    account: &Account<'_>,
    common: &Common,
) -> Result<(), Trouble> {
    let mut out = output::open(common)?;
    match format {
        FindingFormat::Text => {
            text::write(report, output::style(common), &mut out)?;
            if !common.quiet {
                writeln!(out, "{}", text::summary(report))?;
            }
        }
        FindingFormat::Json => json::write(report, &mut out)?,
        FindingFormat::Sarif => sarif::write(report, account, &mut out)?,
        FindingFormat::Github => {
            github::write(report, account, &mut out)?;
            if !common.quiet {
                writeln!(out, "{}", text::summary(report))?;
            }
        }
        FindingFormat::Junit => junit::write(report, account, &mut out)?,
        FindingFormat::Markdown => markdown::write(report, account, &mut out)?,
    }
    out.flush()?;
    Ok(())
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

/// Which fixes are made, and how.
#[derive(Clone, Copy)]
struct Fixing {
    safety: Safety,
    min_severity: Severity,
    /// Whether they are only shown.
    diff: bool,
}

impl Fixing {
    fn of(check: &Check<'_>) -> Option<Self> {
        let args = check.lint?;
        let wanted = args.fix.is_some() || args.diff;
        wanted.then_some(Self {
            safety: match args.fix {
                Some(FixSafety::Unsafe) => Safety::Unsafe,
                Some(FixSafety::Safe) | None => Safety::Safe,
            },
            min_severity: check.findings.min_severity,
            diff: args.diff,
        })
    }

    /// Fixes the files, or shows how it would.
    fn all(
        self,
        work: &Work<'_>,
        checked: &mut [Checked],
        common: &Common,
        console: Console,
    ) -> Result<(), Trouble> {
        let mut out = if self.diff {
            Some(output::open(common)?)
        } else {
            None
        };
        let (mut made, mut files) = (0, 0);
        for checked in checked {
            let fixed = self.one(work, checked, console);
            if fixed.made == 0 {
                continue;
            }
            if let Some(out) = &mut out {
                let name = &checked.file.name;
                let diff = fix::diff(name, &checked.file.text, &fixed.text);
                out.write_all(printable_lines(&diff).as_bytes())?;
            } else if !self.write(work, checked, &fixed.text, console) {
                continue;
            }
            made += fixed.made;
            files += 1;
        }
        if let Some(mut out) = out {
            out.flush()?;
        }
        let verb = if self.diff { "would be" } else { "were" };
        let verb = if made == 1 && !self.diff { "was" } else { verb };
        let (made, files) = (counted(made, "fix", "es"), counted(files, "file", "s"));
        console.note(format!("{made} {verb} made in {files}"));
        Ok(())
    }

    fn one(self, work: &Work<'_>, checked: &Checked, console: Console) -> fix::Fixed {
        let fixed = fix::fix(&checked.file, self.safety, |file| {
            let mut linted = work.lint(file);
            linted
                .findings
                .retain(|found| found.severity >= self.min_severity);
            Judged {
                findings: linted.findings,
                is_policy: linted.is_policy,
                form_errors: linted.form_errors,
            }
        });
        for refused in &fixed.refused {
            console.warning(format!(
                "`{}`: the fix of `{}` at `{}` was not made, it would have broken the policy",
                checked.file.name, refused.rule.id, refused.pointer
            ));
        }
        fixed
    }

    /// Writes a fixed file and looks at it again. Whether it could be written; if not, it is told.
    fn write(self, work: &Work<'_>, checked: &mut Checked, text: &str, console: Console) -> bool {
        let name = checked.file.name.as_str();
        if name == "-" {
            console.warning("standard input can't be fixed; --diff shows what would change");
            return false;
        }
        if let Err(error) = fix::write(Path::new(name), &checked.file.text, text) {
            console.error(format!("`{name}` was left as it is: {error}"));
            return false;
        }
        checked.file = SourceFile::new(name, text, checked.file.syntax);
        checked.linted = work.lint(&checked.file);
        true
    }
}

/// `1 file`, `2 files`.
fn counted(count: usize, noun: &str, plural: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { plural })
}

/// Writes all findings to a baseline, in the place of an earlier one.
fn write_baseline(
    path: &Path,
    checked: &[Checked],
    complete: bool,
    console: Console,
) -> Result<Exit, Trouble> {
    let trouble = |error| Trouble::new(format!("can't write `{}`: {error}", path.display()));
    if let Ok(there) = SourceFile::read(path, MAX_BYTES)
        && Baseline::parse(there).is_err()
    {
        return Err(Trouble::with_help(
            format!(
                "`{}` is no baseline and was not overwritten",
                path.display()
            ),
            "name another file, or remove it first",
        ));
    }
    let of_file = |checked: &Checked| checked.linted.findings.len();
    let findings = checked.iter().flat_map(|checked| {
        let name = checked.file.name.as_str();
        checked
            .linted
            .findings
            .iter()
            .map(move |finding| (name, finding))
    });
    let mut text = Vec::new();
    baseline::write(path, findings, &mut text).map_err(trouble)?;
    std::fs::write(path, text).map_err(trouble)?;
    let count: usize = checked.iter().map(of_file).sum();
    let (count, are) = (
        counted(count, "finding", "s"),
        if count == 1 { "is" } else { "are" },
    );
    console.note(format!(
        "{count} {are} kept in `{}`: with --baseline, or `baseline` in the configuration, only others \
         are reported",
        path.display()
    ));
    Ok(if complete { Exit::Clean } else { Exit::Trouble })
}
