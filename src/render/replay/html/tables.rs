//! The page's tables: tools, reasons and limits.

use std::fmt::Write as _;

use super::source::line_of;
use super::{Page, kinds, name};
use crate::policy::quantity::grouped;
use crate::render::escape::html;
use crate::replay::summary::{LimitUse, RuleTally, Summary, ToolTally, TraceLine};

/// How many rows a table has; what is left out is counted.
const ROWS: usize = 1_000;

impl Page<'_> {
    pub(super) fn tools(&mut self, summary: &Summary) {
        let tools = &summary.by_tool;
        if tools.is_empty() {
            return;
        }
        let unknown = summary.total.unknown > 0;
        put!(
            self,
            "<section class=\"filters\">\n<h2>By tool</h2>\n<div class=\"tools\" hidden>\
             <input type=\"search\" placeholder=\"Filter by name\" aria-label=\"Filter by name\">\
             <span class=\"count soft\" role=\"status\"></span></div>\n\
             <div class=\"scroll\"><table class=\"sorts\"><thead><tr><th scope=\"col\">Tool</th>\
             <th scope=\"col\" class=\"number\" aria-sort=\"descending\">Calls</th>"
        );
        for kind in kinds(unknown) {
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
            let full = match server {
                Some(server) => format!("{server}/{tool}"),
                None => tool.clone(),
            };
            put!(
                self,
                "<tr><td class=\"name\"><code>{}</code></td>",
                name(&full)
            );
            self.number("", tally.calls);
            for kind in kinds(unknown) {
                self.number(kind.class, (kind.of)(tally));
            }
            put!(self, "</tr>");
        }
        put!(self, "</tbody></table></div>");
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

    /// A cell with a count. A dot is a zero, as in the text report.
    fn number(&mut self, class: &str, count: u64) {
        let (some, shown) = match count {
            0 => ("soft", "·".to_owned()),
            _ => ("some", grouped(count).clone()),
        };
        put!(
            self,
            "<td class=\"number {some} {class}\" data-value=\"{count}\">{shown}</td>"
        );
    }

    fn left_out(&mut self, all: usize, what: &str) {
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
        put!(
            self,
            "<section>\n<h2>Why calls were blocked</h2>\n<div class=\"scroll\"><table class=\"sorts\">\
             <thead><tr><th scope=\"col\">Rule</th><th scope=\"col\">Decision</th>\
             <th scope=\"col\" class=\"number\" aria-sort=\"descending\">Calls</th>\
             <th scope=\"col\">Clause</th><th scope=\"col\">First at</th></tr></thead><tbody>"
        );
        for rule in rules.iter().take(ROWS) {
            let decision = if rule.throttle { "throttle" } else { "deny" };
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
        put!(self, "</tbody></table></div>");
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

    fn trace_line(&self, at: TraceLine) -> String {
        let trace = self.context.traces.get(at.trace).map_or("", String::as_str);
        format!("{}:{}", name(trace), at.line)
    }

    pub(super) fn limits(&mut self, limits: &[LimitUse]) {
        if limits.is_empty() {
            return;
        }
        put!(
            self,
            "<section>\n<h2>Limits: the fullest window of each</h2>\n<div class=\"scroll\">\
             <table class=\"sorts\"><thead><tr><th scope=\"col\">Limit</th>\
             <th scope=\"col\" class=\"number\">Peak</th><th scope=\"col\" class=\"number\">Max</th>\
             <th scope=\"col\">Per</th><th scope=\"col\" class=\"number\">Throttled</th>\
             <th scope=\"col\">Reached by</th><th scope=\"col\">In the window from</th></tr></thead><tbody>"
        );
        for limit in limits.iter().take(ROWS) {
            put!(
                self,
                "<tr><td class=\"name\"><code>{}</code></td>",
                name(&limit.pointer)
            );
            let peak = limit.peak.as_ref();
            let count = peak.map_or("0".to_owned(), |peak| peak.count.to_string());
            put!(
                self,
                "<td class=\"number\" data-value=\"{0}\">{0}</td>",
                html(&count)
            );
            match limit.max {
                Some(max) => put!(self, "<td class=\"number\" data-value=\"{max}\">{max}</td>"),
                None => put!(self, "<td class=\"number\">·</td>"),
            }
            put!(self, "<td>{}</td>", html(&limit.window));
            self.number("throttle", limit.throttled);
            let owner = peak.and_then(|peak| peak.owner.as_deref()).unwrap_or("·");
            let start = peak.map_or("·".to_owned(), |peak| peak.start.to_string());
            put!(
                self,
                "<td class=\"name\">{}</td><td>{}</td></tr>",
                name(owner),
                html(&start)
            );
        }
        put!(self, "</tbody></table></div>");
        self.left_out(limits.len(), "limits");
        put!(self, "</section>");
    }
}
