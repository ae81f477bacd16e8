//! Which policy file is for which calls, by the command line, the configuration or discovery.

use std::path::{Path, PathBuf};

use super::args::{Common, CounterScope, Deciding};
use super::console::Console;
use super::policies::{Loaded, Loader, configured, searched};
use super::{Trouble, output};
use crate::config::Config;
use crate::engine::CounterScoping;
use crate::render::{self, Report};
use crate::replay::assign::{Assigned, name_glob};

/// Which calls a policy file is for.
#[derive(Debug, Default)]
struct Calls {
    server: Option<String>,
    grants: Vec<String>,
}

impl From<CounterScope> for CounterScoping {
    fn from(scope: CounterScope) -> Self {
        match scope {
            CounterScope::Tool => CounterScoping::Tool,
            CounterScope::Policy => CounterScoping::Policy,
        }
    }
}

/// Loads the policies of a replay, and prepares them for the calls that each is for: those for certain
/// servers first, as one without is for all other calls. What is wrong with them is shown, all of it,
/// before giving up.
pub fn load(
    deciding: &Deciding,
    config: Option<&Config>,
    common: &Common,
    console: Console,
) -> Result<(Vec<Loaded>, Vec<Assigned>), Trouble> {
    let loader = Loader::new(common, config);
    let (mut loaded, mut all_calls) = (Vec::new(), Vec::new());
    for (path, calls) in wanted(&deciding.policies, config)? {
        loaded.push(loader.load(&path)?);
        all_calls.push(calls);
    }
    show_findings(&loaded, common)?;
    refuse_broken(&loaded, console)?;
    let assigned = assign(&loaded, &all_calls, deciding.counter_scope.into())?;
    Ok((loaded, assigned))
}

/// The policies that are asked for, each with the calls that it is for.
fn wanted(arguments: &[String], config: Option<&Config>) -> Result<Vec<(PathBuf, Calls)>, Trouble> {
    if !arguments.is_empty() {
        return from_arguments(arguments);
    }
    match config.filter(|config| !config.settings.policy.is_empty()) {
        Some(config) => from_configuration(config),
        None => discovered(),
    }
}

fn refuse_broken(loaded: &[Loaded], console: Console) -> Result<(), Trouble> {
    let is_broken = |policy: &&Loaded| policy.validated.policy.is_none();
    let broken: Vec<_> = loaded.iter().filter(is_broken).collect();
    let Some(first) = broken.first() else {
        return Ok(());
    };
    console.error(match broken.len() {
        1 => format!(
            "`{}` is not a valid policy: nothing was replayed",
            first.file.name
        ),
        n => format!("{n} policies are not valid: nothing was replayed"),
    });
    Err(Trouble::Told)
}

fn show_findings(loaded: &[Loaded], common: &Common) -> Result<(), Trouble> {
    let files: Vec<_> = loaded.iter().map(Loaded::shown).collect();
    let report = Report {
        files: &files,
        files_checked: files.len(),
        ignored: 0,
    };
    let style = output::error_style(common);
    Ok(render::findings::text::write(
        &report,
        style,
        &mut std::io::stderr().lock(),
    )?)
}

/// Prepares each policy for the calls that it is for.
fn assign(
    loaded: &[Loaded],
    all_calls: &[Calls],
    scoping: CounterScoping,
) -> Result<Vec<Assigned>, Trouble> {
    let glob = |pattern: &String| {
        name_glob(pattern).map_err(|error| Trouble::new(format!("the name `{pattern}`: {error}")))
    };
    let mut assigned = Vec::new();
    for (policy, calls) in loaded.iter().zip(all_calls) {
        let Some(model) = &policy.validated.policy else {
            continue;
        };
        let everyone = Assigned::to_all(policy.file.name.as_str(), model, scoping);
        assigned.push(Assigned {
            server: calls.server.as_ref().map(glob).transpose()?,
            grants: calls.grants.iter().map(glob).collect::<Result<_, _>>()?,
            ..everyone
        });
    }
    Ok(assigned)
}

/// `[SERVER=]FILE`, where a file whose name has an equals sign in it is still a file.
fn from_arguments(arguments: &[String]) -> Result<Vec<(PathBuf, Calls)>, Trouble> {
    let mut for_servers: Vec<(PathBuf, Calls)> = Vec::new();
    let mut for_all = Vec::new();
    for argument in arguments {
        let named = argument
            .split_once('=')
            .filter(|_| !Path::new(argument).exists());
        let Some((server, path)) = named else {
            for_all.push((PathBuf::from(argument), Calls::default()));
            continue;
        };
        if server.is_empty() {
            return Err(Trouble::with_help(
                format!("--policy `{argument}` has no server before the equals sign"),
                "write --policy FILE for every call, or --policy SERVER=FILE",
            ));
        }
        if for_servers
            .iter()
            .any(|(_, calls)| calls.server.as_deref() == Some(server))
        {
            return Err(Trouble::new(format!(
                "--policy names two policies for the server `{server}`"
            )));
        }
        let calls = Calls {
            server: Some(server.to_owned()),
            grants: Vec::new(),
        };
        for_servers.push((path.into(), calls));
    }
    if for_all.len() > 1 {
        return Err(Trouble::with_help(
            "--policy names more than one policy for every call",
            "say which server each is for: --policy SERVER=FILE",
        ));
    }
    for_servers.extend(for_all);
    Ok(for_servers)
}

fn from_configuration(config: &Config) -> Result<Vec<(PathBuf, Calls)>, Trouble> {
    let mut wanted = Vec::new();
    for entry in &config.settings.policy {
        let mut paths = configured(config, &entry.path)?.into_iter();
        let (Some(path), None) = (paths.next(), paths.next()) else {
            return Err(Trouble::with_help(
                format!(
                    "the path `{}` of the configuration names several policies",
                    entry.path
                ),
                "for a replay each [[policy]] has to name one file: a call is decided by one policy",
            ));
        };
        let calls = Calls {
            server: entry.server.clone(),
            grants: entry.grants.clone(),
        };
        wanted.push((path, calls));
    }
    Ok(wanted)
}

fn discovered() -> Result<Vec<(PathBuf, Calls)>, Trouble> {
    let mut found = searched(Path::new("."))?;
    if found.len() > 1 {
        let names: Vec<_> = found
            .iter()
            .take(5)
            .map(|p| format!("`{}`", p.display()))
            .collect();
        let more = if found.len() > 5 { ", …" } else { "" };
        return Err(Trouble::with_help(
            format!(
                "there are {} policies here: {}{more}",
                found.len(),
                names.join(", ")
            ),
            "say which is for what: --policy SERVER=FILE, or [[policy]] in mcplint.toml",
        ));
    }
    Ok(found
        .drain(..)
        .map(|path| (path, Calls::default()))
        .collect())
}
