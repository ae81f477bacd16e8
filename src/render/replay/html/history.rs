//! What the page says of sessions, and of what was decided when the calls were recorded.

use std::fmt::Write as _;

use super::tables::ROWS;
use super::{Page, name};
use crate::policy::quantity::grouped;
use crate::replay::recorded::Recorded;
use crate::replay::sessions::Sessions;

impl Page<'_> {
    pub(super) fn sessions(&mut self, sessions: &Sessions) {
        if sessions.first_blocks.is_empty() {
            return;
        }
        put!(
            self,
            "<section>\n<h2>Where sessions were first blocked</h2>\n<p class=\"soft\">{} of {} had a call \
             blocked. {} calls came after that in their sessions, {} of them allowed: what the agent would \
             have done then is not known.</p>",
            grouped(sessions.blocked),
            grouped(sessions.total),
            grouped(sessions.after_block.calls),
            grouped(sessions.after_block.allow)
        );
        if sessions.not_followed > 0 {
            put!(
                self,
                "<p class=\"soft\">{} calls of further sessions were not followed.</p>",
                grouped(sessions.not_followed)
            );
        }
        self.open_table(&["Session", "At", "#Call of the session", "Tool", "Rule"]);
        for first in &sessions.first_blocks {
            put!(
                self,
                "<tr><td class=\"name\">{}</td><td class=\"name\"><code>{}</code></td>",
                name(&first.session),
                self.trace_line(first.at)
            );
            self.number("", first.nth.into());
            put!(
                self,
                "<td class=\"name\"><code>{}</code></td><td class=\"name\"><code>{}</code></td></tr>",
                name(&first.tool),
                name(&first.rule)
            );
        }
        self.close_table();
        let more = sessions.blocked - sessions.first_blocks.len() as u64;
        if more > 0 {
            put!(
                self,
                "<p class=\"soft\">… and {} more sessions.</p>",
                grouped(more)
            );
        }
        put!(self, "</section>");
    }

    pub(super) fn recorded(&mut self, recorded: &Recorded) {
        if recorded.calls() == 0 {
            return;
        }
        put!(
            self,
            "<section>\n<h2>Recorded decisions</h2>\n<p class=\"soft\">{} of {} are the same in the \
             replay.</p>",
            grouped(recorded.same()),
            grouped(recorded.calls())
        );
        if !recorded.disagreements.is_empty() {
            self.open_table(&["Recorded", "By", "Now", "By", "#Calls", "First at"]);
            for kind in recorded.disagreements.iter().take(ROWS) {
                put!(
                    self,
                    "<tr><td class=\"some {0}\">{0}</td><td class=\"name\"><code>{1}</code></td>\
                     <td class=\"some {2}\">{2}</td><td class=\"name\"><code>{3}</code></td>",
                    kind.recorded,
                    name(kind.recorded_rule.as_deref().unwrap_or("")),
                    kind.simulated,
                    name(&kind.rule)
                );
                self.number("", kind.calls);
                put!(
                    self,
                    "<td class=\"name\"><code>{}</code></td></tr>",
                    self.trace_line(kind.first)
                );
            }
            self.close_table();
            self.left_out(recorded.disagreements.len(), "ways in which they differ");
        }
        put!(self, "</section>");
    }
}
