//! `mcplint test`: policy unit tests.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{Common, Test, TestFormat};
use super::console::Console;
use super::exit::Exit;
use super::policies::refuse_as_calls;
use super::simulate::{cannot_read, policy_source};
use super::{Trouble, assignment, configuration, output};
use crate::config::Config;
use crate::engine::{Coverage, Replay, Thoroughness};
use crate::fix;
use crate::render::replay::PolicySource;
use crate::render::test::{Report, Unchecked, github, json, junit, per_cent, text};
use crate::replay::assign::Assigned;
use crate::replay::covered::{CoveredClause, covered, share};
use crate::replay::expectation::{self, Case, Tested};
use crate::replay::pipeline::{Options, Stop};
use crate::source::discover::matching;
use crate::trace::{self, Location};

/// Where tests are looked for when none are named.
const PLACES: &str = "**/{policies,.mcplint}/tests/**/*.jsonl";

/// What tests are called in a folder that is named.
const IN_FOLDER: &str = "**/*.jsonl";

/// How many lines of a file that can't be checked are told one by one.
const TOLD_LINES: usize = 5;

pub fn run(args: &Test, common: &Common, console: Console) -> Result<Exit, Trouble> {
    let config = configuration(common)?;
    let files = files(&args.paths, config.as_ref())?;
    let (loaded, policies) = assignment::load(&args.deciding, config.as_ref(), common, console)?;
    let policy_files = loaded.iter().map(|policy| Path::new(&policy.file.name));
    let inputs = files.iter().map(PathBuf::as_path).chain(policy_files);
    output::spare_inputs(common, inputs)?;
    let sources: Vec<_> = loaded.iter().map(policy_source).collect();
    let mut tests = Tests {
        args,
        policies: &policies,
        sources: &sources,
        tested: Vec::new(),
        texts: Vec::new(),
        unchecked: Vec::new(),
        console,
    };
    for file in &files {
        tests.file(file)?;
    }
    if args.update {
        tests.update(common)
    } else {
        tests.report(common)
    }
}

/// The files that `paths` name, or else those of the usual places; each once.
fn files(paths: &[PathBuf], config: Option<&Config>) -> Result<Vec<PathBuf>, Trouble> {
    let mut files = Vec::new();
    if paths.is_empty() {
        let folder = config.map(|config| config.folder.as_path());
        let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
        files = searched(folder.unwrap_or(Path::new(".")), PLACES)?;
    }
    for path in paths {
        if path.is_dir() {
            files.extend(searched(path, IN_FOLDER)?);
        } else {
            refuse_as_calls(path)?;
            files.push(path.clone());
        }
    }
    let mut seen = HashSet::new();
    files.retain(|path| seen.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    Ok(files)
}

fn searched(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, Trouble> {
    let shown = folder.display();
    let found = matching(folder, pattern)
        .map_err(|error| Trouble::new(format!("can't search `{shown}`: {error}")))?;
    if found.is_empty() {
        return Err(Trouble::with_help(
            format!("no tests found below `{shown}`"),
            format!("tests are files `{pattern}` whose records have `expect`; or name the files"),
        ));
    }
    Ok(found)
}

/// Files of tests that are run.
struct Tests<'t> {
    args: &'t Test,
    policies: &'t [Assigned],
    sources: &'t [PolicySource<'t>],
    tested: Vec<(String, Tested)>,
    /// The texts of the files that were run, where they are to be rewritten.
    texts: Vec<Arc<[u8]>>,
    /// What could not be run.
    unchecked: Vec<Unchecked>,
    console: Console,
}

impl Tests<'_> {
    /// Runs a file. What is wrong with it is told.
    fn file(&mut self, path: &Path) -> Result<(), Trouble> {
        let location = Location::new(&path.to_string_lossy());
        let name = location.name();
        if self.args.update
            && let Some(why) = not_to_be_rewritten(&location)
        {
            return Err(Trouble::new(format!("`{name}` can't be updated: {why}")));
        }
        let text = trace::open(&location, |_| {}).and_then(expectation::read);
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                cannot_read(&name, &error).report(self.console);
                self.unchecked.push(Unchecked {
                    file: name,
                    line: None,
                    problem: error.to_string(),
                });
                return Ok(());
            }
        };
        let tested = expectation::test(self.policies, &text, options(self.args))
            .map_err(|stop| stopped(stop, &name))?;
        let problems = problems(&name, &tested);
        if !problems.is_empty() {
            self.tell(&problems);
            self.unchecked.extend(problems);
            return Ok(());
        }
        self.tested.push((name, tested));
        if self.args.update {
            self.texts.push(text);
        }
        Ok(())
    }

    /// Tells why a file can't be checked.
    fn tell(&self, problems: &[Unchecked]) {
        for Unchecked {
            file,
            line,
            problem,
        } in problems.iter().take(TOLD_LINES)
        {
            match line {
                Some(line) => self.console.error(format!("{file}:{line}: {problem}")),
                None => {
                    self.console.error(problem);
                    self.console.help(
                        "add `\"expect\": \"allow\"` (or deny, throttle, unknown) to a record",
                    );
                }
            }
        }
        let more = problems.len().saturating_sub(TOLD_LINES);
        if more > 0 {
            let file = &problems[0].file;
            self.console
                .error(format!("`{file}` has {more} more such lines"));
        }
    }

    fn source_report<'r>(
        &'r self,
        common: &Common,
        coverage: Option<&'r [CoveredClause]>,
    ) -> Report<'r> {
        Report {
            files: &self.tested,
            unchecked: &self.unchecked,
            policies: self.sources,
            coverage,
            show_args: self.args.show_args,
            style: output::style(common),
        }
    }

    fn report(&self, common: &Common) -> Result<Exit, Trouble> {
        let clauses = covered(self.policies, &self.coverage());
        let missed = self.misses(&clauses);
        let shown = self.args.coverage || missed;
        let report = self.source_report(common, shown.then_some(&clauses));
        let mut out = output::open(common)?;
        match output::format(self.args.format, TestFormat::Text, TestFormat::Github) {
            TestFormat::Text => text::write(&report, !common.quiet, &mut out)?,
            TestFormat::Json => json::write(&report, &mut out)?,
            TestFormat::Junit => junit::write(&report, &mut out)?,
            TestFormat::Github => github::write(&report, &output::root(), &mut out)?,
        }
        out.flush()?;
        if missed {
            let (fired, all) = share(&clauses);
            self.console.error(format!(
                "--min-coverage {}: {fired} of {all} clauses fired, {} %",
                self.args.min_coverage.unwrap_or_default(),
                per_cent(fired, all)
            ));
        }
        Ok(
            match (
                self.unchecked.is_empty(),
                missed || report.counts().failed > 0,
            ) {
                (false, _) => Exit::Trouble,
                (true, true) => Exit::Findings,
                (true, false) => Exit::Clean,
            },
        )
    }

    /// Whether less was covered than is demanded.
    fn misses(&self, clauses: &[CoveredClause]) -> bool {
        let (fired, all) = share(clauses);
        let wanted = self.args.min_coverage.unwrap_or(0.0);
        (fired as f64) * 100.0 < wanted * all as f64
    }

    /// What all files together exercised.
    fn coverage(&self) -> Vec<Coverage> {
        let fresh = self.policies.iter().map(|p| Coverage::new(&p.policy));
        let mut all: Vec<_> = fresh.collect();
        for (_, tested) in &self.tested {
            for (all, one) in all.iter_mut().zip(&tested.coverage) {
                all.add(one);
            }
        }
        all
    }

    /// Shows what is not as expected and writes it to the files.
    fn update(&self, common: &Common) -> Result<Exit, Trouble> {
        let report = self.source_report(common, None);
        let mut out = output::open(common)?;
        let (mut changed, mut complete) = (0, self.unchecked.is_empty());
        for ((name, tested), bytes) in self.tested.iter().zip(&self.texts) {
            let failed = tested.cases.iter().filter(|case| case.failure.is_some());
            let failed = failed.count();
            if failed == 0 {
                continue;
            }
            text::write_changes(&report, name, tested, &mut out)?;
            // What is shown is shown before anything is written.
            out.flush()?;
            match rewrite(Path::new(name), bytes, &tested.cases) {
                Ok(()) => changed += failed,
                Err(error) => {
                    self.console
                        .error(format!("`{name}` was left as it is: {error}"));
                    complete = false;
                }
            }
        }
        let noun = if changed == 1 {
            "expectation was"
        } else {
            "expectations were"
        };
        self.console.note(format!("{changed} {noun} updated"));
        Ok(if complete { Exit::Clean } else { Exit::Trouble })
    }
}

fn rewrite(path: &Path, bytes: &[u8], cases: &[Case]) -> io::Result<()> {
    let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
    fix::write(path, text, &expectation::updated(text, cases))
}

/// Why a file of tests can't be written anew, if it can't.
fn not_to_be_rewritten(location: &Location) -> Option<&'static str> {
    let Location::File(path) = location else {
        return Some("it is standard input");
    };
    let mut start = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read(&mut start));
    let start = &start[..read.unwrap_or(0)];
    let compressed = start.starts_with(b"\x1f\x8b") || start == b"\x28\xb5\x2f\xfd";
    compressed.then_some("it is compressed")
}

/// Why the records of a file, which were run, don't say whether the policy is as expected.
fn problems(name: &str, tested: &Tested) -> Vec<Unchecked> {
    let unchecked = |line, problem| Unchecked {
        file: name.to_owned(),
        line,
        problem,
    };
    if tested.problems.is_empty() && tested.cases.is_empty() {
        let problem =
            format!("no record of `{name}` says what to `expect`: there is nothing to check");
        return vec![unchecked(None, problem)];
    }
    let problems = tested.problems.iter();
    problems
        .map(|(line, problem)| unchecked(Some(*line), problem.clone()))
        .collect()
}

fn options(args: &Test) -> Options {
    Options {
        replay: Replay {
            unknowns: args.deciding.assume_unknown.into(),
            ignore_limits: false,
        },
        interval: Some(args.interval),
        keep_args: false,
        thoroughness: Thoroughness::Every,
        threads: NonZeroUsize::MIN,
    }
}

fn stopped(stop: Stop, name: &str) -> Trouble {
    match stop {
        Stop::Read(error) => cannot_read(name, &error),
        Stop::Write(error) | Stop::Snapshot(error) => error.into(),
        Stop::Unreadable { line, problem, .. } => Trouble::new(format!("{name}:{line}: {problem}")),
        Stop::MissingTime { line, tool, .. } => {
            Trouble::new(format!("{name}:{line}: the call to `{tool}` has no `ts`"))
        }
    }
}
