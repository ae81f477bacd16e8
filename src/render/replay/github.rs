//! A replay's summary as annotations of a pull request: one line that sums up, and at each clause of
//! a policy that blocked calls how many those were.

use std::io::{self, Write};
use std::path::Path;

use super::{Context, rule_named, total_line};
use crate::finding::Severity;
use crate::policy::quantity::grouped;
use crate::render::document::cut;
use crate::render::findings::Place;
use crate::render::findings::github::{Annotation, MOST_OF_A_KIND, Region};
use crate::replay::summary::{RuleTally, Summary};

/// How many characters of a rule's name are shown.
const LONGEST_RULE: usize = 200;

/// Writes `summary`; `skipped` lines could not be read. Paths are shown from `root`.
///
/// # Errors
/// Those of `out`.
pub fn write(
    summary: &Summary,
    skipped: u64,
    context: &Context<'_>,
    root: &Path,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut left_out = 0;
    for throttle in [false, true] {
        let of_kind = || summary.by_rule.iter().filter(|r| r.throttle == throttle);
        for reason in of_kind().take(MOST_OF_A_KIND) {
            annotate(reason, context, root, out)?;
        }
        left_out += of_kind().skip(MOST_OF_A_KIND).count();
    }
    if left_out > 0 {
        let more = grouped(left_out as u64);
        writeln!(
            out,
            "and {more} more, which GitHub would not show; --format json has all of them"
        )?;
    }
    writeln!(out, "{}", total_line(summary, skipped))
}

/// Calls that are denied are worth a warning; those that are throttled may be made later.
fn annotate(
    reason: &RuleTally,
    context: &Context<'_>,
    root: &Path,
    out: &mut dyn Write,
) -> io::Result<()> {
    let policy = context.policy(reason.policy);
    let place = policy.map(|policy| Place::of(root, policy.name));
    let region = policy
        .zip(reason.span)
        .map(|(policy, span)| Region::new(policy.text, policy.lines, policy.telling_line(span)));
    let path = place.as_ref().and_then(Place::path);
    let (severity, did) = match reason.throttle {
        true => (Severity::Note, "throttled"),
        false => (Severity::Warning, "denied"),
    };
    let calls = match reason.calls {
        1 => "1 call was".to_owned(),
        calls => format!("{} calls were", grouped(calls)),
    };
    let message = format!(
        "{calls} {did} by {}, first at {}",
        rule_named(&cut(&reason.rule, LONGEST_RULE)),
        context.trace_line(reason.first)
    );
    let annotation = Annotation {
        severity,
        title: "mcplint simulate",
        place: path.map(|path| (path, region)),
        message: &message,
        help: reason.unusable_amount.as_deref(),
    };
    annotation.write(out)
}
