//! `mcplint validate`: is each policy well-formed?

use std::io::Write;

use super::args::{Common, FindingFormat, Validate};
use super::console::Console;
use super::exit::Exit;
use super::policies::{Loaded, Loader, files, load_all};
use super::{Trouble, configuration, output};
use crate::config::FailLevel;
use crate::finding::{Finding, Severity};
use crate::render::{self, Report};

pub fn run(args: &Validate, common: &Common, console: Console) -> Result<Exit, Trouble> {
    let config = configuration(common)?;
    let files = files(&args.paths, config.as_ref())?;
    let loader = Loader::new(common, config.as_ref());
    let (mut loaded, complete) = load_all(&loader, &files, console);
    if args.only_policies {
        loaded.retain(|policy| keep_policy(policy, console));
    }
    let fails = fails(
        &loaded,
        args.fail_level
            .or(config.and_then(|c| c.settings.fail_level)),
    );
    report(args, common, &mut loaded)?;
    Ok(match (complete, fails) {
        (false, _) => Exit::Trouble,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Clean,
    })
}

fn keep_policy(policy: &Loaded, console: Console) -> bool {
    let keep = policy.validated.looks_like_policy;
    if !keep {
        console.detail(format!(
            "`{}` does not look like a policy: passed over",
            policy.file.name
        ));
    }
    keep
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
