//! `mcplint classify`: the risk category of each tool, with the evidence.

use super::args::{Classify, Common, RiskFormat};
use super::console::Console;
use super::exit::Exit;
use super::{Trouble, configuration, output, tool_lists};
use crate::render::risk::{self, Row};
use crate::risk::ToolView;

pub fn run(args: &Classify, common: &Common, console: Console) -> Result<Exit, Trouble> {
    let config = configuration(common)?.unwrap_or_default();
    output::spare_inputs(common, &args.tools)?;
    let (catalog, complete) = tool_lists::load(&args.tools, common)?;
    if catalog.is_empty() && complete {
        console.warning("there are no tools in what was read");
    }
    let rows = catalog.tools().iter().map(|tool| Row {
        server: tool.server.as_deref(),
        tool: &tool.name,
        classification: config.overrides.classify(&ToolView::from(tool)),
    });
    let rows = rows.filter(|row| row.classification.category.level() >= args.min_severity);
    let mut out = output::open(common)?;
    match args.format {
        RiskFormat::Text => {
            let rows: Vec<_> = rows.collect();
            risk::text::write(
                &rows,
                catalog.tools().len(),
                output::style(common),
                &mut out,
            )?;
        }
        RiskFormat::Json => risk::json::write(&rows.collect::<Vec<_>>(), &mut out)?,
        RiskFormat::Jsonl => rows
            .into_iter()
            .try_for_each(|row| risk::json::write_line(&row, &mut out))?,
        RiskFormat::Csv => {
            risk::csv::write_header(&mut out)?;
            rows.into_iter()
                .try_for_each(|row| risk::csv::write(&row, &mut out))?;
        }
    }
    out.flush()?;
    Ok(if complete {
        Exit::Clean
    } else {
        Exit::Findings
    })
}
