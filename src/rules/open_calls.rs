//! Which calls the conditions and limits of a tool leave: whether any, and how bad the worst of them is.

use std::collections::BTreeMap;

use super::arguments::{self, argument};
use super::conditions::Group;
use super::{always_true, never_true};
use crate::analysis::{Kind, Question, Set};
use crate::catalog::arguments::{Arguments, Place};
use crate::lint::{Context, ListedTool};
use crate::policy::condition::{ArgPath, Condition, Test};
use crate::policy::limit::{Amount, Limit, Max};
use crate::policy::value::Value;
use crate::policy::{Effect, Rules};
use crate::risk::{Category, Operation};

/// Whether no call gets through, whatever it has: all conditions together, or a limit, stand in the way
/// of each. Other rules say so.
pub(super) fn are_none(context: &Context<'_>, listed: &ListedTool<'_>) -> bool {
    let are_none = || {
        let both = [&listed.tool.rules, &context.policy.every_tool];
        both.iter()
            .any(|rules| rules.limits.iter().any(has_no_room))
            || no_call_passes(context, both)
    };
    *listed.known.is_dead.get_or_init(are_none)
}

/// Whether a limit refuses the first call already.
fn has_no_room(limit: &Limit) -> bool {
    match (limit.max, &limit.amount) {
        (Max::OutOfRange, _) => true,
        (Max::AtMost(max), Amount::Fixed(amount)) => *amount > max && *amount > 0,
        (Max::AtMost(_) | Max::NotEnforced, _) => false,
    }
}

/// Whether no call gets through that follows the tool's schema: a rule, or the amount of a limit, asks
/// for what that does not have. Other rules say so, and that every call is denied.
pub(super) fn none_fits(context: &Context<'_>, listed: &ListedTool<'_>) -> bool {
    let group = Group::of(listed);
    if group.is_too_large() || listed.arguments().is_none() {
        return false;
    }
    let is_absent = |path: &ArgPath| matches!(group.place_of(path), Some(Place::Absent(_)));
    let mut amounts = group.rules.limits.iter().filter_map(|l| l.amount.path());
    amounts.any(is_absent)
        || group.rules.rules.iter().any(|rule| match rule.effect {
            Effect::Require => never_true::never_holds(context, &group, rule),
            Effect::DenyIf => always_true::always_holds(context, &group, rule),
        })
}

fn no_call_passes(context: &Context<'_>, both: [&Rules; 2]) -> bool {
    if both.iter().all(|rules| rules.rules.is_empty()) {
        return false;
    }
    let all = both.into_iter();
    let question = all.fold(Question::new(), |question, rules| question.passing(rules));
    context.analysis.ask(&question).is_no()
}

/// What the worst call does that gets through. Less than `category`, that of the tool, where an
/// argument says what is to be done and the conditions leave only some of that.
pub(super) fn worst(
    context: &Context<'_>,
    listed: &ListedTool<'_>,
    category: Category,
) -> Category {
    let worst = || left(context, listed, category).unwrap_or(category);
    *listed.known.worst_left.get_or_init(worst)
}

fn left(context: &Context<'_>, listed: &ListedTool<'_>, category: Category) -> Option<Category> {
    let arguments = listed.arguments()?;
    arguments::conditions(context, listed).next()?;
    let operation = context.operation(listed, category)?;
    let path = argument(operation.argument());
    let mut conditions = arguments::conditions(context, listed).filter(|(at, ..)| **at == path);
    conditions.next()?;
    let values = values(context, listed, &operation, &path)?;
    let gets_through = |set: &Set| !arguments::let_through(context, listed, &path, set).is_no();
    let unnamed = match operation.listed() {
        Some(_) => unnamed(arguments, &operation, &path, category),
        None => Set::failing(&Test::In(values.values().flatten().cloned().collect())),
    };
    if gets_through(&unnamed) {
        return None;
    }
    let mut worst_first = values.iter().rev();
    let (left, _) = worst_first.find(|(_, values)| gets_through(&Set::equal_to(values)))?;
    Some(category.min(*left))
}

/// The values that the argument at `path` may have, by what they do: those of the schema, or else
/// those that are required of it. `None` if nobody knows of one of the latter what it does.
fn values(
    context: &Context<'_>,
    listed: &ListedTool<'_>,
    operation: &Operation<'_>,
    path: &ArgPath,
) -> Option<BTreeMap<Category, Vec<Value>>> {
    let mut values: BTreeMap<Category, Vec<Value>> = BTreeMap::new();
    if let Some(listed) = operation.listed() {
        for value in listed {
            let does = operation.does(value).unwrap_or(Category::Read);
            values
                .entry(does)
                .or_default()
                .push(Value::Text(value.clone()));
        }
        return Some(values);
    }
    let required = arguments::conditions(context, listed)
        .filter(|(at, effect, _)| *at == path && *effect == Effect::Require);
    for value in required.flat_map(|(.., condition)| named(condition)) {
        let Value::Text(text) = value else {
            return None;
        };
        values
            .entry(operation.does(text)?)
            .or_default()
            .push(value.clone());
    }
    Some(values)
}

/// The values that a condition names as those that are allowed.
fn named(condition: &Condition) -> &[Value] {
    match &condition.test {
        Test::Eq(value) => std::slice::from_ref(value),
        Test::In(values) => values,
        _ => &[],
    }
}

/// What leaves it to the tool what is to be done: no value, unless one is needed, or the tool then
/// takes one that does less than `category`.
fn unnamed(
    arguments: &Arguments,
    operation: &Operation<'_>,
    path: &ArgPath,
    category: Category,
) -> Set {
    let Place::Declared(argument) = arguments.place(path) else {
        return Set::of_kinds(&[Kind::Missing, Kind::Null]);
    };
    let does_less = match &argument.default {
        Some(Value::Text(text)) => operation.does(text).is_some_and(|does| does < category),
        _ => false,
    };
    let declared = &argument.declared;
    let may_be_null = declared
        .kinds
        .as_ref()
        .is_none_or(|kinds| kinds.contains(&Kind::Null));
    match (declared.required || does_less, may_be_null) {
        (true, _) => Set::none(),
        (false, true) => Set::of_kinds(&[Kind::Missing, Kind::Null]),
        (false, false) => Set::of_kinds(&[Kind::Missing]),
    }
}
