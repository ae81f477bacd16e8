//! The page's timeline: its numbers, and the frame in which the script draws them.

use std::fmt::Write as _;

use super::Page;
use crate::policy::quantity::grouped;
use crate::render::replay::kind::kinds;
use crate::replay::summary::Tally;
use crate::replay::timeline::Timeline;

impl Page<'_> {
    pub(super) fn timeline(&mut self, timeline: &Timeline, total: &Tally) {
        if timeline.steps().len() == 0 {
            return;
        }
        put!(
            self,
            "<section id=\"timeline\">\n<h2>When</h2>\n\
             <noscript><p>Drawn by a script, which this browser does not run.</p></noscript>\n\
             <figure class=\"drawn\" hidden>\n<div class=\"tools\">\
             <button type=\"button\">Closer</button><button type=\"button\">Wider</button>\
             <button type=\"button\">All</button><span class=\"soft\">or choose a span with the \
             pointer; keys + − ← → Esc</span></div>\n\
             <svg tabindex=\"0\" role=\"img\" aria-label=\"Calls over time, by decision\" \
             preserveAspectRatio=\"none\"></svg>\n\
             <div class=\"axis soft\"><span></span><span></span></div>\n\
             <p class=\"readout\"></p>\n<figcaption><span class=\"key\">"
        );
        for kind in kinds(total) {
            put!(
                self,
                "<span><i class=\"{}\"></i>{}</span>",
                kind.name,
                kind.word
            );
        }
        put!(self, "</span></figcaption>\n</figure>");
        if timeline.without_time() > 0 {
            put!(
                self,
                "<p class=\"soft\">{} calls do not say when they were made.</p>",
                grouped(timeline.without_time())
            );
        }
        let mut steps = String::new();
        for (start, tally) in timeline.steps() {
            let comma = if steps.is_empty() { "" } else { "," };
            let Tally {
                allow,
                deny,
                throttle,
                unknown,
                ..
            } = tally;
            let _infallible = write!(
                steps,
                "{comma}[{start},{allow},{deny},{throttle},{unknown}]"
            );
        }
        put!(
            self,
            "<script type=\"application/json\" id=\"steps\">{{\"width\":{},\"steps\":[{steps}]}}</script>\n</section>",
            timeline.width()
        );
    }
}
