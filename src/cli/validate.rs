//! `mcplint validate`: is each policy well-formed?

use std::io::Write;
use std::path::Path;

use super::args::{Common, FindingFormat, Validate};
use super::console::Console;
use super::exit::Exit;
use super::policies::{Loaded, Loader, files, load_all};
use super::{Trouble, configuration, output};
use crate::config::FailLevel;
use crate::finding::{Finding, Severity};
use crate::render::{self, Report};
use crate::rules::form;
use crate::source::discover::is_called_policy;

pub fn run(args: &Validate, common: &Common, console: Console) -> Result<Exit, Trouble> {
    let config = configuration(common)?;
    let (files, found_all) = files(&args.paths, config.as_ref(), console)?;
    output::spare_inputs(common, &files)?;
    let loader = Loader::new(common, config.as_ref());
    let (mut loaded, read_all) = load_all(&loader, &files, console);
    let complete = found_all && read_all;
    if args.only_policies {
        loaded.retain(|policy| keep_policy(policy, console));
    }
    let fails = fails(
        &loaded,
        args.fail_level
            .or(config.and_then(|c| c.settings.fail_level)),
    );
    if complete || !loaded.is_empty() {
        report(args, common, &mut loaded)?;
    }
    Ok(match (complete, fails) {
        (false, _) => Exit::Trouble,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Clean,
    })
}

fn keep_policy(policy: &Loaded, console: Console) -> bool {
    // A policy with a syntax error looks like nothing; that it is called one has to do.
    let keep = policy.validated.looks_like_policy
        || (is_no_document(policy) && is_called_policy(Path::new(&policy.file.name)));
    if !keep {
        console.detail(format!(
            "`{}` does not look like a policy: passed over",
            policy.file.name
        ));
    }
    keep
}

/// Whether the file is not JSON or YAML at all.
fn is_no_document(policy: &Loaded) -> bool {
    let mut findings = policy.validated.findings.iter();
    findings.any(|finding| finding.rule == &form::SYNTAX_ERROR)
}

/// Whether a finding reaches the level that fails a run, shown or not.
fn fails(loaded: &[Loaded], level: Option<FailLevel>) -> bool {
    let threshold = match level.unwrap_or_default() {
        FailLevel::Error => Severity::Error,
        FailLevel::Warning => Severity::Warning,
        FailLevel::Note => Severity::Note,
        FailLevel::Never => return false,
    };
    let mut findings = loaded.iter().flat_map(|policy| &policy.validated.findings);
    findings.any(|finding| finding.severity >= threshold)
}

fn report(args: &Validate, common: &Common, loaded: &mut [Loaded]) -> Result<(), Trouble> {
    for policy in loaded.iter_mut() {
        policy
            .validated
            .findings
            .retain(|f: &Finding| f.severity >= args.min_severity);
    }
    let files: Vec<_> = loaded.iter().map(Loaded::shown).collect();
    let report = Report {
        files: &files,
        files_checked: files.len(),
        ignored: 0,
    };
    let mut out = output::open(common)?;
    match args.format {
        FindingFormat::Text => {
            let style = output::style(common);
            render::findings::text::write(&report, style, &mut out)?;
            if !common.quiet {
                writeln!(out, "{}", render::findings::text::summary(&report))?;
            }
        }
        FindingFormat::Json => render::findings::json::write(&report, &mut out)?,
    }
    out.flush()?;
    Ok(())
}
