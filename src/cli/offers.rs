//! Which server's tools are known for which policy, by the command line or the configuration.

use std::path::{Path, PathBuf};

use globset::GlobMatcher;

use super::Trouble;
use super::console::Console;
use crate::catalog::{Catalog, MAX_BYTES};
use crate::config::{Config, path_glob};
use crate::finding::Finding;
use crate::lint::{Linted, Offer, Options, ToolList, lint_tools};
use crate::replay::assign::name_glob;
use crate::source::file::SourceFile;
use crate::source::path;

/// The tool lists of a run.
#[derive(Default)]
pub struct ToolLists {
    lists: Vec<List>,
    /// For which policies they are, in the order of the configuration.
    entries: Vec<Entry>,
    folder: PathBuf,
}

/// The tools of one or more files, which are known together.
struct List {
    catalog: Catalog,
    files: Vec<(PathBuf, SourceFile, Vec<Finding>)>,
}

struct Entry {
    /// Which policies; all of them if absent.
    policies: Option<GlobMatcher>,
    server: Option<GlobMatcher>,
    list: Option<usize>,
}

impl ToolLists {
    /// Reads the lists that `arguments` name, or else those of the configuration. It is told which
    /// can't be read, and the second value says whether all could be.
    pub fn read(
        arguments: &[PathBuf],
        config: Option<&Config>,
        console: Console,
    ) -> Result<(Self, bool), Trouble> {
        let mut lists = Self::default();
        let mut complete = true;
        if !arguments.is_empty() {
            let list = lists.list(arguments, console, &mut complete);
            lists.entries.push(Entry {
                policies: None,
                server: None,
                list,
            });
        } else if let Some(config) = config {
            lists.folder.clone_from(&config.folder);
            for entry in &config.settings.policy {
                let tools = entry.tools.as_ref().map(|tools| config.folder.join(tools));
                let list = match tools {
                    Some(tools) => lists.list(&[tools], console, &mut complete),
                    None => None,
                };
                let server = entry.server.as_ref().map(|server| {
                    name_glob(server)
                        .map_err(|error| Trouble::new(format!("the name `{server}`: {error}")))
                });
                lists.entries.push(Entry {
                    policies: Some(policy_glob(&entry.path)?),
                    server: server.transpose()?,
                    list,
                });
            }
        }
        Ok((lists, complete))
    }

    /// The list of these files, read once.
    fn list(&mut self, paths: &[PathBuf], console: Console, complete: &mut bool) -> Option<usize> {
        let same = |list: &List| list.files.iter().map(|(path, ..)| path).eq(paths);
        if let Some(known) = self.lists.iter().position(same) {
            return Some(known);
        }
        let mut list = List {
            catalog: Catalog::new(),
            files: Vec::new(),
        };
        for path in paths {
            match SourceFile::read(path, MAX_BYTES) {
                Ok(file) => {
                    let before = list.catalog.tools().len();
                    let findings = list.catalog.add(&file);
                    if findings.is_empty() && list.catalog.tools().len() == before {
                        tell_empty(&file, console);
                    }
                    list.files.push((path.clone(), file, findings));
                }
                Err(error) => {
                    console.error(error);
                    *complete = false;
                }
            }
        }
        (!list.files.is_empty()).then(|| {
            self.lists.push(list);
            self.lists.len() - 1
        })
    }

    /// What is known to be offered by the server that the policy at `path` is for.
    pub fn offer(&self, path: &Path) -> Option<Offer<'_>> {
        let name = path::below(&self.folder, path);
        let is_for = |entry: &&Entry| {
            let glob = entry.policies.as_ref();
            entry.list.is_some() && glob.is_none_or(|glob| glob.is_match(&name))
        };
        let entry = self.entries.iter().find(is_for)?;
        let catalog = &self.lists[entry.list?].catalog;
        // A list of one server calls it as its package does, and the trace by its alias: that the
        // configuration names the list is enough.
        let server = entry.server.as_ref().filter(|server| {
            let mut servers = catalog.tools().iter().map(|tool| tool.server.as_deref());
            servers.any(|name| name.is_some_and(|name| server.is_match(name)))
        });
        Some(Offer { catalog, server })
    }

    /// Lints the lists themselves: each file once, in the order in which they were named.
    pub fn lint(self, options: &Options) -> Vec<(SourceFile, Linted)> {
        let mut linted = Vec::new();
        for list in self.lists {
            for (number, (_, file, findings)) in list.files.into_iter().enumerate() {
                let tools = list
                    .catalog
                    .tools()
                    .iter()
                    .filter(|tool| tool.file == number);
                let shown = ToolList {
                    file: &file,
                    tools: tools.collect(),
                    options,
                };
                let found = lint_tools(&shown, findings);
                linted.push((file, found));
            }
        }
        linted
    }

    /// The files, so that no result is written over one.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let files = self.lists.iter().flat_map(|list| &list.files);
        files.map(|(path, ..)| path.as_path())
    }
}

fn tell_empty(file: &SourceFile, console: Console) {
    console.warning(format!("the list `{}` offers no tool", file.name));
    console.help("a list is what the server answers to `tools/list`, on every page of it");
}

fn policy_glob(pattern: &str) -> Result<GlobMatcher, Trouble> {
    path_glob(pattern).map_err(|error| {
        Trouble::new(format!(
            "the path `{pattern}` of the configuration: {error}"
        ))
    })
}
