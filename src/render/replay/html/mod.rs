//! A replay as a page for a browser: one file, which asks the network for nothing.
//!
//! The page has a script and a style of its own and forbids all others: its policy names their hashes.
//! All texts of policies and traces are written here, escaped; the script gets numbers only.

/// Appends formatted HTML. Writing to a `String` does not fail.
macro_rules! put {
    ($page:expr, $($format:tt)*) => {{
        let _infallible = writeln!($page.html, $($format)*);
    }};
}

mod history;
mod limits;
mod source;
mod tables;
mod timeline;

use std::fmt::Write as _;
use std::io::{self, Write};

use super::Context;
use super::kind::kinds;
use crate::policy::quantity::grouped;
use crate::render::escape::html;
use crate::replay::summary::{Summary, Tally};
use crate::replay::timeline::Timeline;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// SHA-256 of [`STYLE`] and of [`SCRIPT`], in Base64, as a Content Security Policy has them.
const STYLE_HASH: &str = "Apm7/h5CI/MqOEZyR8m9MJuN+ner/qfkM9XgxXtTebc=";
const SCRIPT_HASH: &str = "NS2xV63pK3T6eKLKsOR4qHNWECy+LrmQD2fFYb0wzMY=";

/// How many characters of a name are shown: names are a trace's own, and may be hostile.
const LONGEST_NAME: usize = 200;

/// Writes `summary`; `skipped` lines could not be read.
///
/// # Errors
/// Those of `out`.
pub fn write(
    summary: &Summary,
    timeline: &Timeline,
    skipped: u64,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page {
        context,
        html: String::new(),
    };
    page.head();
    page.totals(&summary.total, skipped);
    page.timeline(timeline, &summary.total);
    page.tools(summary);
    page.reasons(&summary.by_rule);
    page.limits(&summary.limits);
    page.sessions(&summary.sessions);
    page.recorded(&summary.recorded);
    page.reach(&summary.reach);
    page.policies(summary);
    page.foot();
    out.write_all(page.html.as_bytes())
}

struct Page<'p> {
    context: &'p Context<'p>,
    html: String,
}

impl Page<'_> {
    fn head(&mut self) {
        let traces = name(&listed(&self.context.traces));
        let policies: Vec<_> = self
            .context
            .policies
            .iter()
            .map(|p| p.name.to_owned())
            .collect();
        let policies = name(&listed(&policies));
        put!(
            self,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src 'sha256-{STYLE_HASH}'; script-src 'sha256-{SCRIPT_HASH}'; base-uri 'none'; \
             form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>Replay of {traces}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <header>\n<h1>Replay of <code>{traces}</code></h1>\n\
             <p class=\"soft\">under <code>{policies}</code></p>\n</header>\n<main>"
        );
    }

    fn totals(&mut self, total: &Tally, skipped: u64) {
        put!(self, "<div class=\"totals\">");
        let mut tile = |class: &str, count: u64, word: &str| {
            put!(
                self,
                "<div class=\"tile {class}\"><strong>{}</strong>{word}</div>",
                grouped(count)
            );
        };
        tile("", total.calls, "calls");
        for kind in kinds(total) {
            tile(kind.name, (kind.of)(total), kind.word);
        }
        if skipped > 0 {
            tile("", skipped, "lines skipped");
        }
        put!(self, "</div>");
    }

    fn foot(&mut self) {
        put!(
            self,
            "</main>\n<footer>mcplint {}</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>",
            env!("CARGO_PKG_VERSION")
        );
    }
}

/// A name as it may stand on the page: escaped, and not too long.
fn name(text: &str) -> String {
    match text.char_indices().nth(LONGEST_NAME) {
        Some((end, _)) => format!("{}…", html(&text[..end])),
        None => html(text),
    }
}

/// The first of several names, and how many more there are.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_page_allows_its_own_style_and_script() {
        for (text, hash) in [(STYLE, STYLE_HASH), (SCRIPT, SCRIPT_HASH)] {
            assert_eq!(BASE64_STANDARD.encode(Sha256::digest(text)), hash);
        }
    }

    #[test]
    fn names_are_cut_before_they_are_escaped() {
        let hostile = "<".repeat(LONGEST_NAME + 1);
        assert_eq!(name(&hostile), format!("{}…", "&lt;".repeat(LONGEST_NAME)));
        assert_eq!(name("\u{1b}\"'&"), "\\u{1b}&quot;&#39;&amp;");
    }
}
