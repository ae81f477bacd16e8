//! `mcplint lint`: is each policy well-formed, and does it protect? Here is what is done one after
//! the other, and how it went in the end.

mod baseline;
mod beside;
mod fixing;
mod look;
mod options;
mod report;

use std::path::{Path, PathBuf};

use fixing::Fixing;
use look::{Checked, Look};
use report::Outcome;

use super::args::{Common, Findings, Lint};
use super::console::Console;
use super::exit::Exit;
use super::offers::ToolLists;
use super::policies::{files, max_bytes};
use super::{Trouble, configuration, output};
use crate::config::{Config, FailLevel};
use crate::finding::Severity;
use crate::rules::{self, form};
use crate::source::discover::is_called_policy;

/// What policies are checked, and for what.
pub struct Check<'a> {
    pub paths: &'a [PathBuf],
    pub findings: &'a Findings,
    /// The options of lint; without them only the form is looked at.
    pub lint: Option<&'a Lint>,
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
    let config = config.as_ref();
    let options = options::options(check.lint, common, config)?;
    no_safety_among(check)?;
    let inputs = Inputs::find(check, common, config, console)?;
    let look = Look {
        options: &options,
        lists: &inputs.lists,
        max_bytes: max_bytes(config),
    };
    let (mut checked, unread) = look.all(&inputs.paths, console);
    if check.findings.only_policies {
        checked.retain(|checked| keep_policy(checked, config, console));
    }
    let read_all = inputs.complete && unread.is_empty();
    if let Some(path) = check.lint.and_then(|args| args.write_baseline.as_deref()) {
        baseline::write(path, &checked, console)?;
        return Ok(exit(read_all, false));
    }
    let fixing = check.lint.and_then(Fixing::of);
    if let Some(fixing) = fixing {
        fixing.all(&look, &mut checked, common, console)?;
    }
    let unjudged = tell_unjudged(&checked, options.form_only, console);
    let outcome = Outcome {
        policies: checked.len() - unjudged,
        unread: &unread,
        complete: read_all && unjudged == 0,
    };
    checked.extend(beside::about_lists(inputs.lists, &options));
    let whole = check.paths.is_empty() && read_all;
    checked.extend(beside::about_ignores(&checked, config, &options, whole));
    let fails = fails(&checked, fail_level(check, config));
    if !fixing.is_some_and(|fixing| fixing.diff) {
        report::report(check.findings, common, &options, &mut checked, &outcome)?;
    }
    Ok(exit(outcome.complete, fails))
}

/// What is read: the policies and the lists of tools.
struct Inputs {
    paths: Vec<PathBuf>,
    lists: ToolLists,
    /// Whether everything was found that was to be; what was not, is told.
    complete: bool,
}

impl Inputs {
    fn find(
        check: &Check<'_>,
        common: &Common,
        config: Option<&Config>,
        console: Console,
    ) -> Result<Self, Trouble> {
        let (paths, found_all) = files(check.paths, config, console)?;
        let (lists, read_lists) = ToolLists::read(&check.findings.tools, config, console)?;
        output::spare_inputs(common, &paths)?;
        output::spare_inputs(common, lists.paths())?;
        Ok(Self {
            paths,
            lists,
            complete: found_all && read_lists,
        })
    }
}

/// Who writes `--fix unsafe` means no file called so, and the fixes of `--fix` alone may be others.
fn no_safety_among(check: &Check<'_>) -> Result<(), Trouble> {
    let fixes = check.lint.is_some_and(|args| args.fix.is_some());
    let mut paths = check.paths.iter().filter_map(|path| path.to_str());
    let word = paths.find(|path| matches!(*path, "safe" | "unsafe") && !Path::new(path).exists());
    match word {
        Some(word) if fixes => Err(Trouble::with_help(
            format!("there is no file `{word}`"),
            format!("write `--fix={word}`"),
        )),
        _ => Ok(()),
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

/// Errors of form that are not reported must not look like a policy that is fine. Gives how many
/// files have such.
fn tell_unjudged(checked: &[Checked], form_only: bool, console: Console) -> usize {
    let mut unjudged = 0;
    for Checked { file, linted } in checked {
        let mut findings = linted.findings.iter();
        let told = findings.any(|found| matches!(found.rule.check, rules::Check::Form));
        if !linted.is_policy && !told && !form_only {
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

/// The level that fails a run: what the command line asks for, or else the configuration.
fn fail_level(check: &Check<'_>, config: Option<&Config>) -> FailLevel {
    let configured = config.and_then(|config| config.settings.fail_level);
    check.findings.fail_level.or(configured).unwrap_or_default()
}

/// Whether a finding reaches the level that fails a run, shown or not.
fn fails(checked: &[Checked], level: FailLevel) -> bool {
    let threshold = match level {
        FailLevel::Error => Severity::Error,
        FailLevel::Warning => Severity::Warning,
        FailLevel::Note => Severity::Note,
        FailLevel::Never => return false,
    };
    let mut findings = checked.iter().flat_map(|checked| &checked.linted.findings);
    findings.any(|finding| finding.severity >= threshold)
}

fn exit(complete: bool, fails: bool) -> Exit {
    match (complete, fails) {
        (false, _) => Exit::Trouble,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Clean,
    }
}
