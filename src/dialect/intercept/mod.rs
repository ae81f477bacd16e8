//! The Intercept dialect: from a tree to a policy, judged as the open-source engine judges it.
//!
//! The engine reads a file in two steps, and so do we: its loader turns YAML into fields
//! ([`document`], [`condition`]), leniently, and its validator then refuses what can't mean
//! anything ([`validate`]). What the loader passes over in silence (unknown keys, null entries,
//! values that are not what they look like) is an error here too, but the policy still means
//! something to the engine: it is lowered all the same ([`lower`](self::lower::policy)).

mod condition;
mod counters;
mod document;
mod fields;
mod lower;
mod rate_limit;
mod report;
mod unknown;
mod validate;
mod value;

use super::Lowered;
use crate::rules::form::WRONG_TYPE;
use crate::schema;
use crate::source::tree::Node;
use report::Report;

/// Checks `root` as the engine does, and more strictly, and lowers it.
///
/// There is a policy exactly if the engine would run the file. Findings about what the engine
/// passes over come beside one.
pub fn lower(root: &Node) -> Lowered {
    let mut report = Report::default();
    let document = document::read(root, &mut report);
    validate::check(&document, &mut report);
    let policy = (!report.refused).then(|| lower::policy(&document));
    if let Some(None) = policy {
        debug_assert!(false, "validation let something pass that can't be lowered");
        report.refuse(&WRONG_TYPE, "", root.span, "this policy can't be read");
    }
    let mut findings = report.into_findings();
    schema::sort(&mut findings);
    Lowered {
        policy: policy.flatten(),
        findings,
    }
}

#[cfg(test)]
mod tests;
