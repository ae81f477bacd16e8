//! Paths that a tool's input schema does not have.

use serde_json::json;

use super::conditions::{self, Group};
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
    needs_tools: true,
    check: Check::Group(check),
};

fn check(context: &Context<'_>, group: &Group<'_>, reporter: &mut Reporter<'_>) {
    for rule in &group.rules.rules {
        for condition in &rule.conditions {
            if let Some(path) = conditions::path(condition) {
                let named = Named {
                    path,
                    pointer: join(&condition.pointer, "path"),
                    consequence: consequence(rule, condition),
                };
                check_path(context, group, named, reporter);
            }
        }
    }
    for limit in &group.rules.limits {
        check_amount(context, group, limit, reporter);
    }
}

/// A path that a policy names.
struct Named<'c> {
    path: &'c ArgPath,
    /// Where it is written.
    pointer: String,
    /// What follows if there is no such argument.
    consequence: &'static str,
}

/// A path that is not there.
struct Absent<'c> {
    named: Named<'c>,
    absence: Absence,
}

fn check_path(
    context: &Context<'_>,
    group: &Group<'_>,
    named: Named<'_>,
    reporter: &mut Reporter<'_>,
) {
    match group.place_of(named.path) {
        Some(Place::Absent(absence)) => {
            report(context, group, &Absent { named, absence }, reporter);
        }
        Some(Place::Declared(_)) => {}
        Some(Place::Open) | None => {
            let finding = as_element(context, &named).or_else(|| mistyped(context, group, &named));
            if let Some(finding) = finding {
                reporter.report(finding);
            }
        }
    }
}

/// A path that means the elements of a list, where nothing is known of such an argument.
fn as_element(context: &Context<'_>, named: &Named<'_>) -> Option<Finding> {
    let field = named.path.fields.iter().find(|field| is_index(field))?;
    let message = format!(
        "{} in {} is read as the name of a field, and no element of a list: {}",
        quoted(field),
        quoted(&named.path.to_string()),
        named.consequence
    );
    let span = context.at(&named.pointer)?.span;
    let finding = Finding::new(&RULE, named.pointer.as_str(), span, message);
    Some(finding.severity(Severity::Warning).help(LISTS_ARE_CLOSED))
}

const LISTS_ARE_CLOSED: &str = "conditions can't look at the elements of a list: test the list itself with `contains`, or another argument";

/// Whether `field` is written as other languages write elements of lists: `files[0]`, `files[*]`, `*`.
/// There are arguments called `ids[]`.
fn is_index(field: &str) -> bool {
    let inner = field
        .split_once('[')
        .and_then(|(_, rest)| rest.strip_suffix(']'));
    field == "*"
        || inner.is_some_and(|index| {
            let is_number = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
            is_number || index == "*"
        })
}

/// A path that is almost one that the schema declares, where the schema allows others.
fn mistyped(context: &Context<'_>, group: &Group<'_>, named: &Named<'_>) -> Option<Finding> {
    let listed = group.listed?;
    let absence = listed.arguments()?.undeclared(named.path)?;
    let depth = absence.depth;
    let wanted = named.path.fields.get(depth)?;
    let near = absence
        .fields
        .iter()
        .find(|field| is_almost(wanted, field))?;
    let meant = replaced(named.path, depth, near).to_string();
    let message = format!(
        "{} declares {}, and no {}: if the declared one is meant, {}",
        quoted(listed.name()),
        quoted(&meant),
        quoted(&named.path.to_string()),
        named.consequence
    );
    let span = context.at(&named.pointer)?.span;
    let finding = Finding::new(&RULE, named.pointer.as_str(), span, message);
    Some(
        finding
            .severity(Severity::Warning)
            .help(format!("did you mean {}?", quoted(&meant)))
            .fix(respelled(context, &named.pointer, &meant)),
    )
}

/// Whether one of two names is the other mistyped: in the case of letters, in what separates words,
/// or in one character of several.
fn is_almost(wanted: &str, field: &str) -> bool {
    const LONG_ENOUGH: usize = 4;
    let letters = |name: &str| name.replace(|c: char| c.is_ascii_digit(), "");
    let length = wanted.chars().count().min(field.chars().count());
    let is_comparable = (LONG_ENOUGH..=MAX_COMPARED).contains(&length);
    plain(wanted) == plain(field)
        || is_comparable
            && strsim::osa_distance(&wanted.to_lowercase(), &field.to_lowercase()) == 1
            && letters(wanted) != letters(field)
}

/// Names longer than this are not compared: nobody mistypes them, and comparing takes time.
const MAX_COMPARED: usize = 64;

/// A name without what separates its words.
fn plain(name: &str) -> String {
    name.replace(['_', '-'], "").to_lowercase()
}

/// `path` with another field at `depth`.
fn replaced(path: &ArgPath, depth: usize, field: &str) -> ArgPath {
    let mut path = path.clone();
    field.clone_into(&mut path.fields[depth]);
    path
}

fn respelled(context: &Context<'_>, pointer: &str, meant: &str) -> Option<Fix> {
    let edits = context.edit.replace(pointer, &json!(meant));
    Fix::risky(format!("write {}", quoted(meant)), edits)
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
    let pointers = ["/increment_from", "/state/increment_from"];
    let pointers = pointers.map(|below| format!("{}{below}", limit.clause.pointer));
    for pointer in pointers {
        if context.at(&pointer).is_some() {
            let named = Named {
                path,
                pointer,
                consequence: "every call is refused",
            };
            return check_path(context, group, named, reporter);
        }
    }
}

fn report(
    context: &Context<'_>,
    group: &Group<'_>,
    absent: &Absent<'_>,
    reporter: &mut Reporter<'_>,
) {
    let Named {
        path,
        pointer,
        consequence,
    } = &absent.named;
    let Some(node) = context.at(pointer) else {
        return;
    };
    let is_element = path.fields.iter().any(|field| is_index(field));
    let path = quoted(&path.to_string());
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
    let finding = Finding::new(&RULE, pointer.as_str(), node.span, message);
    let finding = match (parent(absent), meant(group, absent)) {
        (None, _) if is_element => finding.help(LISTS_ARE_CLOSED),
        (Some((above, Kind::List)), _) => finding.help(format!(
            "conditions can't look at the elements of a list: test {above} with `contains`, or another argument"
        )),
        (Some((above, _)), _) => finding.help(format!("test {above} itself")),
        (_, Some(meant)) => {
            let fix = respelled(context, pointer, &meant);
            let help = format!("did you mean {}?", quoted(&meant));
            finding.help(help).fix(fix)
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
        quoted(&format!(
            "args.{}",
            absent.named.path.fields[..depth].join(".")
        )),
        kind,
    ))
}

/// The path that was probably meant: one that is there, with another name for the field that is not,
/// without it and what is above it, or with one more above it.
fn meant(group: &Group<'_>, absent: &Absent<'_>) -> Option<String> {
    const MOST: usize = 200;
    let (path, depth) = (absent.named.path, absent.absence.depth);
    let is_there = |path: &ArgPath| !matches!(group.place_of(path), Some(Place::Absent(_)));
    let fields = absent.absence.fields.iter().map(String::as_str).take(MOST);
    let wanted = path.fields.get(depth)?;
    let fitting: Vec<&str> = fields
        .clone()
        .filter(|field| is_there(&replaced(path, depth, field)))
        .collect();
    let alike = fitting.iter().find(|field| plain(field) == plain(wanted));
    let near = alike
        .copied()
        .or_else(|| nearest(wanted, fitting.iter().copied()));
    if let Some(near) = near {
        return Some(replaced(path, depth, near).to_string());
    }
    let is_declared = |path: &ArgPath| matches!(group.place_of(path), Some(Place::Declared(_)));
    let raised = (1..path.fields.len()).map(|from| ArgPath {
        fields: path.fields[from..].to_vec(),
    });
    let lowered = fields.map(|field| {
        let mut path = path.clone();
        path.fields.insert(depth, field.to_owned());
        path
    });
    let mut moved = raised.chain(lowered).filter(is_declared);
    let only = moved.next()?;
    moved.next().is_none().then(|| only.to_string())
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
