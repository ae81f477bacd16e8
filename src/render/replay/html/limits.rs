//! The page's limits: how full each was, what other maxima would have done, and what a policy's limits
//! let through at most.

use std::fmt::Write as _;

use super::tables::ROWS;
use super::{Page, name};
use crate::engine::{Most, Point, Reach};
use crate::policy::quantity::grouped;
use crate::render::escape::html;
use crate::replay::summary::LimitUse;

/// The size of a curve.
const WIDTH: f64 = 180.0;
const HEIGHT: f64 = 44.0;

impl Page<'_> {
    pub(super) fn limits(&mut self, limits: &[LimitUse]) {
        if limits.is_empty() {
            return;
        }
        put!(
            self,
            "<section>\n<h2>Limits: the fullest window of each</h2>\n\
             <p class=\"soft\"><em>Enough</em> is the smallest maximum that throttles nothing. The curve \
             shows how many calls other maxima would throttle; the dashed line is the maximum in force.</p>"
        );
        self.open_table(&[
            "Limit",
            "#Peak",
            "#Max",
            "Per",
            "#Throttled",
            "#Enough",
            "Other maxima",
            "Reached by",
            "In the window from",
        ]);
        for limit in limits.iter().take(ROWS) {
            self.limit(limit);
        }
        self.close_table();
        self.left_out(limits.len(), "limits");
        put!(self, "</section>");
    }

    fn limit(&mut self, limit: &LimitUse) {
        let peak = limit.peak.as_ref();
        let count = peak.map_or("0".to_owned(), |peak| peak.count.to_string());
        let owner = peak.and_then(|peak| peak.owner.as_deref()).unwrap_or("·");
        let start = peak.map_or("·".to_owned(), |peak| peak.start.to_string());
        put!(
            self,
            "<tr><td class=\"name\"><code>{}</code></td><td class=\"number\" data-value=\"{1}\">{1}</td>",
            name(&limit.pointer),
            html(&count)
        );
        self.maximum(limit.max.and_then(|max| u64::try_from(max).ok()));
        put!(self, "<td>{}</td>", html(&limit.window));
        self.number("throttle", limit.throttled);
        self.maximum(limit.enough);
        put!(
            self,
            "<td>{}</td><td class=\"name\">{}</td><td class=\"when\">{}</td></tr>",
            curve(limit),
            name(owner),
            html(&start)
        );
    }

    /// A cell with a bound, if there is one.
    fn maximum(&mut self, max: Option<u64>) {
        match max {
            Some(max) => put!(
                self,
                "<td class=\"number\" data-value=\"{max}\">{}</td>",
                grouped(max)
            ),
            None => put!(self, "<td class=\"number soft\">·</td>"),
        }
    }

    pub(super) fn reach(&mut self, reach: &[Vec<Reach>]) {
        if reach.iter().all(Vec::is_empty) {
            return;
        }
        put!(
            self,
            "<section>\n<h2>What the limits let through at most</h2>\n\
             <p class=\"soft\">For one grant at one server, in an hour and in a day of the clock, by the \
             limits alone. A dot: nothing limits it.</p>"
        );
        self.open_table(&["Policy", "Tool", "Of", "#An hour", "#A day"]);
        let all = reach.iter().zip(&self.context.policies);
        let all = all.flat_map(|(tools, policy)| tools.iter().map(|tool| (policy.name, tool)));
        for (policy, tool) in all.take(ROWS) {
            self.most(policy, tool, "calls", tool.calls);
            for (path, most) in &tool.amounts {
                self.most(policy, tool, path, *most);
            }
        }
        self.close_table();
        self.left_out(reach.iter().map(Vec::len).sum(), "tools");
        put!(self, "</section>");
    }

    fn most(&mut self, policy: &str, reach: &Reach, of: &str, most: Most) {
        let tool = match &reach.tool {
            Some(tool) => format!("<code>{}</code>", name(tool)),
            None => "any other tool".to_owned(),
        };
        put!(
            self,
            "<tr><td class=\"name\">{}</td><td class=\"name\">{tool}</td><td class=\"name\"><code>{}</code></td>",
            name(policy),
            name(of)
        );
        self.maximum(most.per_hour);
        self.maximum(most.per_day);
        put!(self, "</tr>");
    }
}

/// How many calls other maxima would have throttled: drawn, and in words behind a click.
fn curve(limit: &LimitUse) -> String {
    let points = &limit.curve;
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return "<span class=\"soft\">·</span>".to_owned();
    };
    let widest = last.max.max(limit.max.map_or(0, i64::unsigned_abs)).max(1) as f64;
    let highest = first.throttled.max(1) as f64;
    let x = |max: u64| max as f64 / widest * WIDTH;
    let y = |throttled: u64| HEIGHT - 2.0 - throttled as f64 / highest * (HEIGHT - 4.0);
    let mut path = format!("M{:.1} {:.1}", x(first.max), y(first.throttled));
    for Point { max, throttled } in &points[1..] {
        let _infallible = write!(path, "H{:.1}V{:.1}", x(*max), y(*throttled));
    }
    let _infallible = write!(path, "H{WIDTH}");
    let in_force = limit.max.map_or(String::new(), |max| {
        let x = x(max.unsigned_abs());
        format!("<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"0\" y2=\"{HEIGHT}\"/>")
    });
    let about = if limit.curve_is_exact { "" } else { "at most " };
    let words: String = points
        .iter()
        .map(|point| {
            let (max, throttled) = (grouped(point.max), grouped(point.throttled));
            format!("<li>a maximum of {max}: {about}{throttled} throttled</li>")
        })
        .collect();
    format!(
        "<details><summary><svg class=\"curve\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
         aria-label=\"calls throttled by other maxima\"><path d=\"{path}\"/>{in_force}</svg></summary>\
         <ul>{words}</ul></details>"
    )
}
