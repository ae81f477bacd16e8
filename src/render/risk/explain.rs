//! One tool, or one rule, explained to people.

use std::io::{self, Write};

use serde_json::json;

use super::text::capitalised;
use super::{Row, shortened};
use crate::render::Style;
use crate::render::escape::{pretty_json, printable};
use crate::render::paint::Paint;
use crate::risk::{Category, recommended};
use crate::rules::{self, Rule};

/// So many characters of a description are shown.
const LONGEST_DESCRIPTION: usize = 300;

/// Writes what a tool is, why, what could go wrong, and the policy to have for it.
///
/// # Errors
/// Those of `out`.
pub fn write_tool(
    row: &Row<'_>,
    description: Option<&str>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let paint = Paint::new(style.color);
    let found = &row.classification;
    let category = found.category;
    let server = row
        .server
        .map(|server| format!("{}/", printable(server)))
        .unwrap_or_default();
    let title = format!("{server}{}", printable(row.tool));
    writeln!(out, "{}", paint.bold(&title))?;
    if let Some(description) = description {
        let line = description.split_whitespace().collect::<Vec<_>>().join(" ");
        writeln!(out, "{}", shortened(&printable(&line), LONGEST_DESCRIPTION))?;
    }
    writeln!(
        out,
        "\n{}: {}",
        paint.bold(&capitalised(category.word())),
        meaning(category)
    )?;
    writeln!(
        out,
        "Severity {}, {:.0} per cent sure, because of",
        category.level(),
        found.confidence * 100.0
    )?;
    for evidence in &found.evidence {
        writeln!(
            out,
            "  the {} \"{}\"",
            source_phrase(evidence.source.word()),
            printable(&evidence.text)
        )?;
    }
    if let Some(argument) = &found.decided_by_argument {
        writeln!(
            out,
            "What a call does is decided by its argument `{}`.",
            printable(argument)
        )?;
    }
    for contradiction in &found.contradictions {
        writeln!(
            out,
            "Its server claims {}, which does not fit.",
            contradiction.claim
        )?;
    }
    writeln!(
        out,
        "\n{}\n{}",
        paint.bold("What could go wrong"),
        danger(category)
    )?;
    let policy = json!({
        "version": "1",
        "default": "deny",
        "tools": { row.tool: recommended(row.tool, category) },
    });
    writeln!(
        out,
        "\n{}\n{}",
        paint.bold("Recommended policy"),
        pretty_json(&policy)
    )
}

/// Writes the page of a rule.
///
/// # Errors
/// Those of `out`.
pub fn write_rule(rule: &Rule, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style.color);
    let mut in_example = false;
    for line in rule.doc.lines() {
        in_example ^= line.starts_with("```");
        let heading = |marks| line.strip_prefix(marks).filter(|_| !in_example);
        match (heading("# "), heading("## ")) {
            (Some(title), _) => writeln!(out, "{} ({})", paint.bold(title), rule.severity)?,
            (_, Some(heading)) => writeln!(out, "{}", paint.bold(heading))?,
            // What stands behind the language tells tests what to do with the example.
            _ if line.starts_with("```") => {
                writeln!(out, "{}", line.split(' ').next().unwrap_or(line))?;
            }
            _ => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

/// Writes one line for each rule.
///
/// # Errors
/// Those of `out`.
pub fn write_rules(style: Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style.color);
    let width = rules::ALL.iter().map(|rule| rule.id.len()).max();
    for rule in rules::ALL {
        let gap = " ".repeat(width.unwrap_or(0) - rule.id.len());
        let severity = rule.severity.to_string();
        writeln!(
            out,
            "{}{gap}  {severity:7}  {}",
            paint.bold(rule.id),
            rule.summary
        )?;
    }
    Ok(())
}

fn source_phrase(source: &str) -> &str {
    match source {
        "name" => "name's",
        "description" => "description's",
        "server" => "server's name",
        "schema" => "argument",
        "annotations" => "server's claim",
        _ => "override",
    }
}

fn meaning(category: Category) -> &'static str {
    match category {
        Category::Read => "it retrieves or works something out, and changes nothing.",
        Category::Write => "it creates or changes something that can be put right.",
        Category::Execute => "it runs or sets off something whose effect its arguments decide.",
        Category::Destructive => "it deletes, overwrites or ends what can't be brought back.",
        Category::Financial => "it moves money, or commits to moving it.",
    }
}

fn danger(category: Category) -> &'static str {
    match category {
        Category::Read => {
            "An agent that is led astray can read what it should not see and carry it elsewhere. \
             Many calls can cost money or exhaust a quota."
        }
        Category::Write => {
            "An agent in a loop can leave hundreds of changes to be found and undone by hand. \
             What it writes may be read, and trusted, by people and other agents."
        }
        Category::Execute => {
            "Whoever can influence the arguments decides what is run, with all the rights that the \
             server has. One call can reach far beyond the tool."
        }
        Category::Destructive => {
            "One mistaken call loses what nobody can bring back, and an agent does not hesitate \
             where a person would."
        }
        Category::Financial => {
            "One mistaken or repeated call spends real money, and payments are seldom returned."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_in_examples_are_no_headings() {
        let mut shown = Vec::new();
        let style = Style {
            color: false,
            width: 80,
        };
        write_rule(&rules::UNUSED_IGNORE, style, &mut shown).expect("a vector takes all");
        let shown = String::from_utf8(shown).expect("it is text");
        assert!(shown.starts_with("unused-ignore (warning)\n"));
        let comments = shown.lines().filter(|line| line.starts_with("# mcplint:"));
        assert_ne!(comments.count(), 0, "{shown}");
    }
}
