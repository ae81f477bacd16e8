//! A replay's summary in Markdown, for the summary of a step or a comment: what became of the calls,
//! by tool; which rules blocked them; how full the limits were; and what no call came to.

use std::io::{self, Write};

use super::kind::kinds;
use super::{Context, blocking, tool_named, total_line, used};
use crate::policy::quantity::grouped;
use crate::render::document::{Document, cut};
use crate::render::escape::{markdown, markdown_code};
use crate::replay::summary::{LimitUse, RuleTally, Summary};
use crate::span::Span;

/// How many rows each table has; what is left out is counted.
const ROWS: usize = 50;
/// How many characters of a name are shown.
const LONGEST_NAME: usize = 120;

/// Writes `summary`; `skipped` lines could not be read.
///
/// # Errors
/// Those of `out`.
pub fn write(
    summary: &Summary,
    skipped: u64,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut report = MarkdownReport {
        context,
        document: Document::new("mcplint: replay"),
    };
    report
        .document
        .line(&format!("\n{}", total_line(summary, skipped)));
    report.tools(summary);
    report.rules(&summary.by_rule);
    report.needs(&summary.needs);
    report.limits(&summary.limits);
    report.unused(summary);
    report.document.write(out)
}

struct MarkdownReport<'r> {
    context: &'r Context<'r>,
    document: Document,
}

impl MarkdownReport<'_> {
    /// Adds a table with a heading, if it has rows; the columns after the first `left` hold numbers.
    fn table<I>(&mut self, heading: &str, columns: &[&str], left: usize, mut rows: I)
    where
        I: ExactSizeIterator<Item = Vec<String>>,
    {
        let all = rows.len();
        if all == 0 {
            return;
        }
        let rule = |nth| if nth < left { "---|" } else { "--:|" };
        let rules: String = (0..columns.len()).map(rule).collect();
        let head = format!("\n### {heading}\n\n| {} |\n|{rules}", columns.join(" | "));
        if !self.document.line(&head) {
            return;
        }
        let cells = rows.by_ref().take(ROWS);
        for row in cells {
            self.document.line(&format!("| {} |", row.join(" | ")));
        }
        if all > ROWS {
            let more = grouped((all - ROWS) as u64);
            self.document.line(&format!(
                "\n… and {more} more; `--format json` has all of them"
            ));
        }
    }

    fn tools(&mut self, summary: &Summary) {
        let kinds = kinds(&summary.total);
        let mut columns = vec!["tool", "calls"];
        columns.extend(kinds.iter().map(|kind| kind.word));
        let rows = summary.by_tool.iter().map(|tool| {
            let name = tool_named(tool.server.as_deref(), &tool.tool);
            let mut row = vec![code(&name), grouped(tool.tally.calls)];
            row.extend(kinds.iter().map(|kind| grouped((kind.of)(&tool.tally))));
            row
        });
        self.table("By tool", &columns, 1, rows);
    }

    fn rules(&mut self, rules: &[RuleTally]) {
        let context = self.context;
        let rows = rules.iter().map(|reason| {
            let mut rule = code(&reason.rule);
            if let Some(why) = &reason.unusable_amount {
                rule = format!("{rule}: {}", markdown(&cut(why, LONGEST_NAME)));
            }
            vec![
                rule,
                blocking(reason).to_owned(),
                place(context, reason.policy, reason.span),
                code(&context.trace_line(reason.first)),
                grouped(reason.calls),
            ]
        });
        let columns = ["rule", "decision", "policy", "first call", "calls"];
        self.table("Why calls were blocked", &columns, 4, rows);
    }

    fn needs(&mut self, needs: &[(String, u64)]) {
        let rows = needs
            .iter()
            .map(|(path, calls)| vec![code(path), grouped(*calls)]);
        let heading = "What unknown calls need: values that the trace does not hold";
        self.table(heading, &["path", "calls"], 1, rows);
    }

    fn limits(&mut self, limits: &[LimitUse]) {
        let context = self.context;
        let used = used(limits);
        let rows = used.iter().map(|(limit, peak)| {
            let owner = peak.owner.as_deref().map(code).unwrap_or_default();
            vec![
                code(&limit.pointer),
                place(context, Some(limit.policy), None),
                limit.window.clone(),
                owner,
                code(&peak.start.to_string()),
                peak.count.to_string(),
                limit.max.map(|max| max.to_string()).unwrap_or_default(),
                grouped(limit.throttled),
            ]
        });
        let columns = [
            "limit",
            "policy",
            "per",
            "reached by",
            "in the window from",
            "peak",
            "max",
            "throttled",
        ];
        self.table("Limits: the fullest window of each", &columns, 5, rows);
    }

    fn unused(&mut self, summary: &Summary) {
        let context = self.context;
        if summary.total.calls == 0 {
            return;
        }
        let rows = summary.unused.iter().map(|clause| {
            let place = place(context, Some(clause.policy), Some(clause.span));
            vec![code(&clause.pointer), place]
        });
        let columns = ["clause", "policy"];
        self.table("Never reached by a call", &columns, 2, rows);
    }
}

/// A name, or the beginning of it, as code.
fn code(name: &str) -> String {
    markdown_code(&cut(name, LONGEST_NAME))
}

/// `policy.json:12`, as far as it is known.
fn place(context: &Context<'_>, policy: Option<usize>, span: Option<Span>) -> String {
    let Some(policy) = context.policy(policy) else {
        return String::new();
    };
    let name = cut(policy.name, LONGEST_NAME);
    match span {
        Some(span) => {
            let line = policy.lines.line(policy.telling_line(span).start);
            markdown_code(&format!("{name}:{line}"))
        }
        None => markdown_code(&name),
    }
}
