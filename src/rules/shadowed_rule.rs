//! Rules that an earlier one always pre-empts.

use super::conditions::{Group, decided, share_a_subject, underlined};
use super::{Check, Rule, duplicate_rule};
use crate::analysis::Question;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::{self, Effect};

/// See `shadowed_rule.md`.
pub static RULE: Rule = Rule {
    id: "shadowed-rule",
    severity: Severity::Warning,
    summary: "a rule that an earlier one always pre-empts",
    doc: include_str!("shadowed_rule.md"),
    needs_tools: false,
    check: Check::Group(check),
};

fn check(context: &Context<'_>, group: &Group<'_>, reporter: &mut Reporter<'_>) {
    let rules = group.comparable();
    for (nth, rule) in rules.iter().enumerate() {
        let first = rules[..nth]
            .iter()
            .find(|earlier| share_a_subject(earlier, rule) && shadows(context, earlier, rule));
        if let Some(first) = first
            && !duplicate_rule::is_repeated(group, rule)
        {
            report(context, group, rule, first, reporter);
        }
    }
}

/// Whether every call that `rule` denies is denied by `earlier`. Not where one of them is out of
/// order by itself: a rule that denies nothing, or everything.
fn shadows(context: &Context<'_>, earlier: &policy::Rule, rule: &policy::Rule) -> bool {
    let ask = |question: Question<'_>| context.analysis.ask(&question);
    let passing = decided(Question::new(), earlier, true);
    ask(decided(passing.clone(), rule, false)).is_no()
        && ask(passing).yes().is_some()
        && ask(decided(Question::new(), rule, false)).yes().is_some()
}

fn report(
    context: &Context<'_>,
    group: &Group<'_>,
    rule: &policy::Rule,
    first: &policy::Rule,
    reporter: &mut Reporter<'_>,
) {
    let pointer = rule.clause.pointer.as_str();
    let message =
        "an earlier rule denies every call that this one would: it never decides anything";
    reporter.report(
        Finding::new(&RULE, pointer, underlined(context, &rule.clause), message)
            .label(
                underlined(context, &first.clause),
                "denies all of them first",
            )
            .help("remove it, or put it before the other one if its message is to be shown")
            .fix(Fix::safe("remove it", removal(context, group, rule))),
    );
}

/// Removes the rule, with its list where it is alone in it.
fn removal(context: &Context<'_>, group: &Group<'_>, rule: &policy::Rule) -> Option<Vec<Edit>> {
    let pointer = rule.clause.pointer.as_str();
    let (list, _) = pointer.rsplit_once('/')?;
    let alike = |other: &&policy::Rule| -> bool { other.effect == rule.effect };
    let is_alone =
        rule.effect == Effect::DenyIf && group.rules.rules.iter().filter(alike).count() == 1;
    context.edit.remove(if is_alone { list } else { pointer })
}
