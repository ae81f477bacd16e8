//! The page's tables of tools and of reasons, and what tables are made of.

use std::fmt::Write as _;

use super::source::line_of;
use super::{Page, name};
use crate::policy::quantity::grouped;
use crate::render::replay::kind::kinds;
use crate::render::replay::{blocking, tool_named};
use crate::replay::summary::{RuleTally, Summary, ToolTally, TraceLine};

/// How many rows a table has; what is left out is counted.
pub(super) const ROWS: usize = 1_000;

impl Page<'_> {
    pub(super) fn tools(&mut self, summary: &Summary) {
        let tools = &summary.by_tool;
        if tools.is_empty() {
            return;
        }
        let kinds = kinds(&summary.total);
        put!(
            self,
            "<section class=\"filters\">\n<h2>By tool</h2>\n<div class=\"tools\" hidden>\
             <input type=\"search\" placeholder=\"Filter by name\" aria-label=\"Filter by name\">\
             <span class=\"count soft\" role=\"status\"></span></div>\n\
             <div class=\"scroll\"><table class=\"sorts\"><thead><tr><th scope=\"col\">Tool</th>\
             <th scope=\"col\" class=\"number\" aria-sort=\"descending\">Calls</th>"
        );
        for kind in kinds {
            put!(
                self,
                "<th scope=\"col\" class=\"number\">{}</th>",
                kind.heading
            );
        }
        put!(self, "</tr></thead><tbody>");
        for ToolTally {
            server,
            tool,
            tally,
        } in tools.iter().take(ROWS)
        {
            put!(
                self,
                "<tr><td class=\"name\"><code>{}</code></td>",
                name(&tool_named(server.as_deref(), tool))
            );
            self.number("", tally.calls);
            for kind in kinds {
                self.number(kind.name, (kind.of)(tally));
            }
            put!(self, "</tr>");
        }
        self.close_table();
        self.left_out(tools.len(), "tools");
        if summary.other_tools.calls > 0 {
            put!(
                self,
                "<p class=\"soft\">{} calls to further tools.</p>",
                grouped(summary.other_tools.calls)
            );
        }
        put!(self, "</section>");
    }

    /// Begins a table that can be sorted. Columns of numbers have a `#` before their names.
    pub(super) fn open_table(&mut self, columns: &[&str]) {
        put!(
            self,
            "<div class=\"scroll\"><table class=\"sorts\"><thead><tr>"
        );
        for column in columns {
            match column.strip_prefix('#') {
                Some(column) => put!(self, "<th scope=\"col\" class=\"number\">{column}</th>"),
                None => put!(self, "<th scope=\"col\">{column}</th>"),
            }
        }
        put!(self, "</tr></thead><tbody>");
    }

    pub(super) fn close_table(&mut self) {
        put!(self, "</tbody></table></div>");
    }

    /// A cell with a count. A dot is a zero, as in the text report.
    pub(super) fn number(&mut self, class: &str, count: u64) {
        let (some, shown) = match count {
            0 => ("soft", "·".to_owned()),
            _ => ("some", grouped(count)),
        };
        put!(
            self,
            "<td class=\"number {some} {class}\" data-value=\"{count}\">{shown}</td>"
        );
    }

    pub(super) fn left_out(&mut self, all: usize, what: &str) {
        if all > ROWS {
            put!(
                self,
                "<p class=\"soft\">… and {} more {what}; <code>--format json</code> has them all.</p>",
                grouped((all - ROWS) as u64)
            );
        }
    }

    pub(super) fn reasons(&mut self, rules: &[RuleTally]) {
        if rules.is_empty() {
            return;
        }
        put!(self, "<section>\n<h2>Why calls were blocked</h2>");
        self.open_table(&["Rule", "Decision", "#Calls", "Clause", "First at"]);
        for rule in rules.iter().take(ROWS) {
            let decision = blocking(rule);
            put!(
                self,
                "<tr><td class=\"name\"><code>{}</code></td><td class=\"some {decision}\">{decision}</td>",
                name(&rule.rule)
            );
            self.number("", rule.calls);
            put!(
                self,
                "<td class=\"name\">{}</td><td class=\"name\"><code>{}</code></td></tr>",
                self.place(rule),
                self.trace_line(rule.first)
            );
        }
        self.close_table();
        self.left_out(rules.len(), "rules");
        put!(self, "</section>");
    }

    /// Where a rule's clause stands, as a link to the policy below where that is shown.
    fn place(&self, rule: &RuleTally) -> String {
        let (Some(policy), Some(span)) = (rule.policy, rule.span) else {
            return "<span class=\"soft\">·</span>".to_owned();
        };
        let source = self.context.policies[policy];
        let line = line_of(source, span);
        format!(
            "<a href=\"#p{policy}-{line}\"><code>{}:{line}</code></a>",
            name(source.name)
        )
    }

    pub(super) fn trace_line(&self, at: TraceLine) -> String {
        format!("{}:{}", name(self.context.trace(at.trace)), at.line)
    }
}
