//! `mcplint explain`: the page of a rule, or the list of rules.

use super::args::{Common, Explain};
use super::exit::Exit;
use super::{Trouble, output, rule};
use crate::rules;

pub fn run(args: &Explain, common: &Common) -> Result<Exit, Trouble> {
    let text = match &args.name {
        Some(id) => rule(id)?.doc.to_owned(),
        None => list(),
    };
    let mut out = output::open(common)?;
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Clean)
}

/// One line for each rule.
fn list() -> String {
    let width = rules::ALL
        .iter()
        .map(|rule| rule.id.len())
        .max()
        .unwrap_or(0);
    let lines = rules::ALL.iter().map(|rule| {
        format!(
            "{:width$}  {:7}  {}\n",
            rule.id,
            rule.severity.to_string(),
            rule.summary
        )
    });
    lines.collect()
}
