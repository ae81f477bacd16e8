//! `mcplint explain`: what a tool can do at worst and the policy to have for it; or what a rule is
//! about.

use std::path::Path;

use super::args::{Common, Explain};
use super::console::Console;
use super::exit::Exit;
use super::{Trouble, configuration, output, tool_lists};
use crate::catalog::Catalog;
use crate::render::risk::{Row, explain};
use crate::risk::{Overrides, ToolView};
use crate::rules::{self, Rule};
use crate::suggest::{nearest, quoted};

pub fn run(args: &Explain, common: &Common, console: Console) -> Result<Exit, Trouble> {
    let overrides = configuration(common)?.unwrap_or_default().overrides;
    let is_tool = args.description.is_some() || args.tools.is_some();
    let Some(subject) = args.subject.as_deref() else {
        return list_rules(common);
    };
    if let Some(rule) = rules::find(subject).filter(|_| !is_tool) {
        return explain_rule(rule, common);
    }
    if let Some(path) = &args.tools {
        return explain_listed(subject, path, &overrides, common, console);
    }
    if let Some(id) = rules::nearest(subject).filter(|_| !is_tool) {
        console.warning(format!(
            "no rule is called {}: it is explained as a tool",
            quoted(subject)
        ));
        console.help(format!("did you mean the rule `{id}`?"));
    }
    let tool = ToolView {
        description: args.description.as_deref(),
        ..ToolView::named(subject)
    };
    explain_tools(&[tool], &overrides, common)?;
    Ok(Exit::Clean)
}

fn list_rules(common: &Common) -> Result<Exit, Trouble> {
    let mut out = output::open(common)?;
    explain::write_rules(output::style(common), &mut out)?;
    out.flush()?;
    Ok(Exit::Clean)
}

fn explain_rule(rule: &Rule, common: &Common) -> Result<Exit, Trouble> {
    let mut out = output::open(common)?;
    explain::write_rule(rule, output::style(common), &mut out)?;
    out.flush()?;
    Ok(Exit::Clean)
}

/// Explains the tools of that name in a list; several servers may offer one each.
fn explain_listed(
    name: &str,
    path: &Path,
    overrides: &Overrides,
    common: &Common,
    console: Console,
) -> Result<Exit, Trouble> {
    output::spare_inputs(common, [path])?;
    let (catalog, complete) = tool_lists::load(&[path.to_owned()], common)?;
    let tools: Vec<_> = catalog.named(name).map(ToolView::from).collect();
    if tools.is_empty() {
        return Err(not_listed(name, path, &catalog));
    }
    if tools.len() > 1 {
        console.detail(format!("{} tools are called {}", tools.len(), quoted(name)));
    }
    explain_tools(&tools, overrides, common)?;
    Ok(if complete {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

fn not_listed(name: &str, path: &Path, catalog: &Catalog) -> Trouble {
    let message = format!("no tool in `{}` is called {}", path.display(), quoted(name));
    let names = catalog.tools().iter().map(|tool| tool.name.as_str());
    match nearest(name, names) {
        Some(near) => Trouble::with_help(message, format!("did you mean {}?", quoted(near))),
        None => Trouble::new(message),
    }
}

fn explain_tools(
    tools: &[ToolView<'_>],
    overrides: &Overrides,
    common: &Common,
) -> Result<(), Trouble> {
    let mut out = output::open(common)?;
    let style = output::style(common);
    for (number, tool) in tools.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let row = Row {
            server: tool.server,
            tool: tool.name,
            classification: overrides.classify(tool),
        };
        explain::write_tool(&row, tool.description, style, &mut out)?;
    }
    out.flush()?;
    Ok(())
}
