//! Paths that a tool's input schema does not have.

use serde_json::json;

use super::conditions::{self, Group, groups};
use super::{Check, Rule};
use crate::analysis::Kind;
use crate::catalog::arguments::{Absence, Place};
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::condition::{ArgPath, Condition, Test};
use crate::policy::limit::Limit;
use crate::policy::{self, Effect};
use crate::source::tree::join;
use crate::suggest::{nearest, quoted};

/// See `unknown_argument.md`.
pub static RULE: Rule = Rule {
    id: "unknown-argument",
    severity: Severity::Error,
    summary: "a path that the tool's input schema does not have",
    doc: include_str!("unknown_argument.md"),
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for group in groups(context) {
        if reporter.is_full() {
            return;
        }
        for rule in &group.rules.rules {
            for condition in &rule.conditions {
                if let Some((path, absence)) = absent(&group, condition) {
                    let consequence = consequence(rule, condition);
                    let pointer = join(&condition.pointer, "path");
                    let absent = Absent {
                        path,
                        absence,
                        pointer,
                    };
                    report(context, &group, &absent, consequence, reporter);
                }
            }
        }
        for limit in &group.rules.limits {
            check_amount(context, &group, limit, reporter);
        }
    }
}

/// A path that is not there.
struct Absent<'c> {
    path: &'c ArgPath,
    absence: Absence,
    /// Where it is written.
    pointer: String,
}

/// The path of `condition` if the tool has no such argument, and where it leaves the schema.
pub(super) fn absent<'c>(
    group: &Group<'_>,
    condition: &'c Condition,
) -> Option<(&'c ArgPath, Absence)> {
    let path = conditions::path(condition)?;
    match group.place(condition)? {
        Place::Absent(absence) => Some((path, absence)),
        Place::Declared(_) | Place::Open => None,
    }
}

fn consequence(rule: &policy::Rule, condition: &Condition) -> &'static str {
    match (rule.effect, &condition.test) {
        (Effect::DenyIf, Test::Exists(false)) if rule.conditions.len() == 1 => {
            "every call is denied"
        }
        (_, Test::Exists(false)) => "the condition always holds",
        (Effect::DenyIf, _) => "the rule never denies anything",
        (Effect::Require, _) => "every call is denied",
    }
}

/// Amounts that limits read from the arguments.
fn check_amount(
    context: &Context<'_>,
    group: &Group<'_>,
    limit: &Limit,
    reporter: &mut Reporter<'_>,
) {
    let Some(path) = limit.amount.path() else {
        return;
    };
    let Some(Place::Absent(absence)) = group.place_of(path) else {
        return;
    };
    let pointers = ["/increment_from", "/state/increment_from"];
    let pointers = pointers.map(|below| format!("{}{below}", limit.clause.pointer));
    for pointer in pointers {
        if context.at(&pointer).is_some() {
            let absent = Absent {
                path,
                absence,
                pointer,
            };
            return report(context, group, &absent, "every call is refused", reporter);
        }
    }
}

fn report(
    context: &Context<'_>,
    group: &Group<'_>,
    absent: &Absent<'_>,
    consequence: &str,
    reporter: &mut Reporter<'_>,
) {
    let Some(node) = context.at(&absent.pointer) else {
        return;
    };
    let path = quoted(&absent.path.to_string());
    let tool = group.listed.map(|listed| quoted(listed.name()));
    let message = match (parent(absent), tool) {
        (Some((above, Kind::List)), Some(tool)) => {
            format!("{above} of {tool} is a list, and {path} can't step into it: {consequence}")
        }
        (Some((above, _)), Some(tool)) => {
            format!("{above} of {tool} has no fields, so there is no {path}: {consequence}")
        }
        (_, Some(tool)) => format!("{tool} has no argument {path}: {consequence}"),
        (_, None) => format!("no tool that can be called has an argument {path}: {consequence}"),
    };
    let finding = Finding::new(&RULE, absent.pointer.as_str(), node.span, message);
    let finding = match (parent(absent), meant(absent)) {
        (Some((above, Kind::List)), _) => finding.help(format!(
            "conditions can't look at the elements of a list: test {above} with `contains`, or another argument"
        )),
        (Some((above, _)), _) => finding.help(format!("test {above} itself")),
        (_, Some(meant)) => {
            let edits = context.edit.replace(&absent.pointer, &json!(meant));
            finding
                .help(format!("did you mean {}?", quoted(&meant)))
                .fix(Fix::risky(format!("write {}", quoted(&meant)), edits))
        }
        (_, None) => finding.help(listing(&absent.absence, group.listed.is_some())),
    };
    reporter.report(finding);
}

/// What the path tries to step into, if that is no object.
fn parent(absent: &Absent<'_>) -> Option<(String, Kind)> {
    let kinds = absent.absence.kinds.as_deref()?;
    let kind = match kinds.contains(&Kind::List) {
        true => Kind::List,
        false => *kinds.iter().find(|kind| **kind != Kind::Null)?,
    };
    let depth = absent.absence.depth;
    if depth == 0 || kinds.contains(&Kind::Object) {
        return None;
    }
    Some((
        quoted(&format!("args.{}", absent.path.fields[..depth].join("."))),
        kind,
    ))
}

/// The path that was probably meant.
fn meant(absent: &Absent<'_>) -> Option<String> {
    let depth = absent.absence.depth;
    let fields = absent.absence.fields.iter().map(String::as_str);
    let plain = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    let wanted = absent.path.fields.get(depth)?;
    let alike = |field: &&str| plain(field) == plain(wanted);
    let near = fields
        .clone()
        .find(alike)
        .or_else(|| nearest(wanted, fields))?;
    let mut path = absent.path.clone();
    path.fields[depth] = near.to_owned();
    Some(path.to_string())
}

/// Which arguments there are: of one tool, or of several.
fn listing(absence: &Absence, is_one: bool) -> String {
    const SHOWN: usize = 8;
    if absence.fields.is_empty() {
        return "there are none: remove this, or look whether the list of tools is new enough"
            .to_owned();
    }
    let names = absence.fields.iter().take(SHOWN).map(|field| quoted(field));
    let names = names.collect::<Vec<_>>().join(", ");
    let more = if absence.fields.len() > SHOWN {
        ", …"
    } else {
        ""
    };
    let have = if is_one { "it has" } else { "they have" };
    format!("{have} {names}{more}")
}
