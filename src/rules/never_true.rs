//! Conditions that contradict each other, or the tool's schema.

use super::conditions::{self, Group, decided, paths, spelled, underlined};
use super::{Check, Rule, bounds, operator_type_mismatch, unknown_argument};
use crate::analysis::{Declarations, Question};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::condition::{Condition, Test};
use crate::policy::limit::{Amount, Limit, Max};
use crate::policy::{self, Effect};
use crate::source::tree::join;
use crate::suggest::quoted;

/// See `never_true.md`.
pub static RULE: Rule = Rule {
    id: "never-true",
    severity: Severity::Error,
    summary: "conditions that contradict each other or the tool's schema",
    doc: include_str!("never_true.md"),
    needs_tools: true,
    check: Check::Group(check),
};

fn check(context: &Context<'_>, group: &Group<'_>, reporter: &mut Reporter<'_>) {
    let mut blocked = false;
    for rule in &group.rules.rules {
        blocked |= check_rule(context, group, rule, reporter);
    }
    if !blocked {
        check_together(context, group, reporter);
    }
    for limit in &group.rules.limits {
        check_limit(context, group, limit, reporter);
    }
}

/// Whether the rule alone stops every call, or other rules tell why it is out of order.
fn check_rule(
    context: &Context<'_>,
    group: &Group<'_>,
    rule: &policy::Rule,
    reporter: &mut Reporter<'_>,
) -> bool {
    if rule
        .conditions
        .iter()
        .any(|condition| is_empty(context, condition))
    {
        return true;
    }
    let contradiction = if context.analysis.satisfiable(&rule.conditions).is_no() {
        Some(contradiction(context, rule))
    } else if rule.conditions.iter().any(|c| is_misread(group, c)) {
        return true;
    } else {
        against_schema(context, group, rule)
    };
    let Some(Contradiction { last, other, why }) = contradiction else {
        return false;
    };
    let consequence = match rule.effect {
        Effect::DenyIf => "the rule never denies anything",
        Effect::Require => "every call is denied",
    };
    let message = format!("{} {why}: {consequence}", quoted(&spelled(context, last)));
    let mut finding = Finding::new(&RULE, last.pointer.as_str(), last.span, message)
        .help("change it, or remove the rule");
    if let Some(other) = other {
        finding = finding
            .label(other.span, "contradicts this")
            .help(match rule.effect {
                Effect::DenyIf => "write a rule for each: any of them denies",
                Effect::Require => "change one of them, or remove the rule",
            });
    }
    reporter.report(finding);
    true
}

/// A condition that can't hold, and why.
struct Contradiction<'c> {
    last: &'c Condition,
    other: Option<&'c Condition>,
    why: &'static str,
}

/// Conditions that nothing meets for a reason of their own, of which rules of their own tell.
fn is_empty(context: &Context<'_>, condition: &Condition) -> bool {
    match &condition.test {
        Test::In(values) => values.is_empty(),
        Test::Regex(_) => {
            let alone = std::slice::from_ref(condition);
            context.analysis.satisfiable(alone).is_no()
        }
        _ => false,
    }
}

/// Whether a condition looks at what is not there, or in a way that does not fit its type.
pub(super) fn is_misread(group: &Group<'_>, condition: &Condition) -> bool {
    unknown_argument::absent(group, condition).is_some()
        || operator_type_mismatch::mismatched(group, condition).is_some()
}

/// Whether this rule, or one that it leaves it to, says that the conditions of `rule` never hold.
pub(super) fn never_holds(context: &Context<'_>, group: &Group<'_>, rule: &policy::Rule) -> bool {
    rule.conditions.iter().any(|c| is_misread(group, c))
        || context.analysis.satisfiable(&rule.conditions).is_no()
        || against_schema(context, group, rule).is_some()
}

/// The condition with which those of `rule` stop to go together, and one that it contradicts.
fn contradiction<'c>(context: &Context<'_>, rule: &'c policy::Rule) -> Contradiction<'c> {
    let conditions = &rule.conditions;
    // What more conditions are added to stays unmet.
    let (mut possible, mut impossible) = (0, conditions.len());
    while impossible - possible > 1 {
        let middle = usize::midpoint(possible, impossible);
        match context.analysis.satisfiable(&conditions[..middle]).is_no() {
            true => impossible = middle,
            false => possible = middle,
        }
    }
    let nth = impossible - 1;
    let last = &conditions[nth];
    let other = conditions[..nth].iter().find(|other| {
        let pair = [(*other).clone(), last.clone()];
        context.analysis.satisfiable(&pair).is_no()
    });
    let why = match nth {
        0 => "can never hold",
        _ => "can't hold together with the other conditions of the rule",
    };
    Contradiction { last, other, why }
}

/// The first condition that no call meets which follows the schema.
fn against_schema<'c>(
    context: &Context<'_>,
    group: &Group<'_>,
    rule: &'c policy::Rule,
) -> Option<Contradiction<'c>> {
    let declarations = group.arguments()?.declarations(paths(&rule.conditions));
    let declarations = counted(declarations, rule.effect);
    let never = |conditions: &[Condition]| {
        let question = Question::new()
            .meeting(conditions)
            .as_declared(&declarations);
        context.analysis.ask(&question).is_no()
    };
    let conditions = rule.conditions.iter();
    let mut countable = conditions.filter(|condition| counts(rule.effect, condition));
    let last = countable.find(|condition| never(std::slice::from_ref(*condition)))?;
    Some(Contradiction {
        last,
        other: None,
        why: "never holds for what the tool's schema declares",
    })
}

/// What is held against a rule. A `deny_if` may well be there to enforce the schema: its bounds, and
/// what has to be there.
fn counted(mut declarations: Declarations, effect: Effect) -> Declarations {
    if effect == Effect::DenyIf {
        for declared in declarations.values_mut() {
            declared.required = false;
            declared.whole = false;
            declared.minimum = None;
            declared.maximum = None;
            declared.exclusive_minimum = None;
            declared.exclusive_maximum = None;
        }
    }
    declarations
}

/// Whether a condition may contradict the schema by mistake.
fn counts(effect: Effect, condition: &Condition) -> bool {
    let asks_for_more = matches!(
        condition.test,
        Test::Neq(_) | Test::NotIn(_) | Test::Exists(_)
    );
    conditions::path(condition).is_some() && !(effect == Effect::DenyIf && asks_for_more)
}

/// A limit that has no room for a single call.
fn check_limit(
    context: &Context<'_>,
    group: &Group<'_>,
    limit: &Limit,
    reporter: &mut Reporter<'_>,
) {
    if limit.max == Max::OutOfRange {
        return check_range(context, group, limit, reporter);
    }
    let (Max::AtMost(max), Amount::Fixed(amount)) = (limit.max, &limit.amount) else {
        return;
    };
    let Some((condition, ..)) = bounds::own_condition(group.rules, limit) else {
        return;
    };
    let alone = std::slice::from_ref(condition);
    if *amount <= max || *amount <= 0 || context.analysis.satisfiable(alone).is_no() {
        return;
    }
    let pointer = condition.pointer.as_str();
    let message = format!(
        "{} leaves no room for a call, which counts {amount}: every call is denied",
        quoted(&spelled(context, condition))
    );
    reporter.report(
        Finding::new(&RULE, pointer, condition.span, message)
            .help("write how many calls are allowed, with `lte`; to shut a tool off, hide it"),
    );
}

/// A limit that the engine can't count to.
fn check_range(
    context: &Context<'_>,
    group: &Group<'_>,
    limit: &Limit,
    reporter: &mut Reporter<'_>,
) {
    let clause = &limit.clause.pointer;
    let shorthand = format!("{clause}/rate_limit");
    let (pointer, shown) = match bounds::own_condition(group.rules, limit) {
        _ if context.at(&shorthand).is_some() => (shorthand, "this limit".to_owned()),
        // Of what is not finite yaml-scalar-trap says it.
        Some((condition, _, number)) if number.is_finite() => {
            let alone = std::slice::from_ref(condition);
            if context.analysis.satisfiable(alone).is_no() {
                return;
            }
            let shown = quoted(&spelled(context, condition));
            (condition.pointer.clone(), shown)
        }
        _ => return,
    };
    let span = context
        .at(&pointer)
        .map_or(limit.max_span, |node| node.span);
    let beyond = "beyond the 64 bits that the engine counts with: every call is denied, or on some platforms none";
    let message = match is_rounded_up(context, &pointer) {
        true => {
            format!("{shown} is rounded to 9223372036854775808, which is {beyond}")
        }
        false => format!("{shown} is {beyond}"),
    };
    reporter.report(
        Finding::new(&RULE, pointer, span, message)
            .help("write a smaller number; to shut a tool off, hide it"),
    );
}

/// Whether the number of the condition or the `rate_limit` at `pointer` would fit 64 bits as it is
/// written: the engine reads it as a float64 first, of which the nearest is 2^63.
fn is_rounded_up(context: &Context<'_>, pointer: &str) -> bool {
    let written = context.at(&join(pointer, "value"));
    let written = written.or_else(|| context.at(pointer));
    let number = written.and_then(|node| node.as_scalar()?.text.split('/').next());
    number.is_some_and(|number| number.trim().parse::<i64>().is_ok())
}

/// Rules that leave no call between them.
fn check_together(context: &Context<'_>, group: &Group<'_>, reporter: &mut Reporter<'_>) {
    let rules = group.comparable();
    let mut passing = Question::new();
    for (nth, rule) in rules.iter().enumerate() {
        passing = decided(passing, rule, true);
        if nth == 0 || !context.analysis.ask(&passing).is_no() {
            continue;
        }
        let with = |other: &&&policy::Rule| {
            let both = decided(decided(Question::new(), other, true), rule, true);
            context.analysis.ask(&both).is_no()
        };
        let other = rules[..nth].iter().find(with);
        let pointer = rule.clause.pointer.as_str();
        let message = "no call passes both this and the rules before it: every call is denied";
        let span = underlined(context, &rule.clause);
        let mut finding = Finding::new(&RULE, pointer, span, message)
            .help("change one of the rules; to shut a tool off, hide it");
        if let Some(other) = other {
            let span = underlined(context, &other.clause);
            finding = finding.label(span, "what passes this is denied there");
        }
        return reporter.report(finding);
    }
}
