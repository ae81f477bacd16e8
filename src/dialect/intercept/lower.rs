//! A valid file to a policy.

use super::condition::Condition;
use super::counters::own_path;
use super::document::{Document, Rule, State, Tool};
use super::rate_limit::{RateLimit, shorthand};
use crate::policy::condition::{ArgPath, Condition as Lowered, Ordering, Subject, Test};
use crate::policy::limit::{Amount, CounterKey, CounterScope, Limit, Max, Refusal, Window};
use crate::policy::quote::quoted;
use crate::policy::{self, Clause, Effect, Hidden, Policy, Posture, Rules, Semantics};
use crate::source::tree::join;
use crate::span::{Span, Spanned};

/// The tool whose rules hold for every call.
const EVERY_TOOL: &str = "*";

/// The policy that a file without errors means. `None` for a file with one.
pub(super) fn policy(document: &Document<'_>) -> Option<Policy> {
    let default = document.default;
    let default_allows = default.given() != Some("deny");
    let mut every_tool = Rules::default();
    let mut tools = Vec::with_capacity(document.tools.len());
    for tool in &document.tools {
        let mut rules = rules(tool)?;
        if tool.entry.key == EVERY_TOOL {
            every_tool = std::mem::take(&mut rules);
            // It lists a tool of that very name. Only under `default: deny` that matters; the
            // rules meet a call to it once.
            if default_allows {
                continue;
            }
        }
        tools.push(policy::Tool {
            name: Spanned::new(tool.entry.key.clone(), tool.entry.key_span),
            pointer: tool.pointer.clone(),
            span: tool.entry.value.span,
            rules,
        });
    }
    Some(Policy {
        default: if default_allows {
            Posture::Allow
        } else {
            Posture::Deny
        },
        default_span: default
            .entry
            .map_or(document.object.node.span, |entry| entry.value.span),
        hide: hidden(document),
        tools,
        every_tool,
        semantics: Semantics::INTERCEPT,
    })
}

fn hidden(document: &Document<'_>) -> Vec<Hidden> {
    let hidden = document.hide.iter().map(|entry| Hidden {
        name: Spanned::new(entry.name.to_owned(), entry.span),
        pointer: entry.pointer.clone(),
    });
    hidden.collect()
}

fn rules(tool: &Tool<'_>) -> Option<Rules> {
    let mut rules = Rules::default();
    for rule in &tool.rules {
        let name = rule.name.given()?;
        let on_deny = rule.on_deny.given();
        match shorthand(rule) {
            Some(limit) => {
                let limit = limit.ok()?;
                let message = on_deny.map_or_else(|| limit.message(), str::to_owned);
                written_out(tool, rule, limit, &clause(rule, name, message), &mut rules);
            }
            None => {
                let denied = format!("Denied by rule {}", quoted(name));
                let message = on_deny.map_or(denied, str::to_owned);
                let conditions = rule.conditions.iter().map(condition);
                rules.rules.push(policy::Rule {
                    effect: effect(rule),
                    conditions: conditions.collect::<Option<_>>()?,
                    clause: clause(rule, name, message),
                });
                // A rule that denies every call lets none reach its counter.
                if let (Some(state), Effect::Require) = (&rule.state, effect(rule)) {
                    let full = format!("Rate limit exceeded for {name}");
                    let message = on_deny.map_or(full, str::to_owned);
                    let clause = clause(rule, name, message);
                    rules.limits.push(limit(tool, rule, state, clause)?);
                }
            }
        }
    }
    Some(rules)
}

fn effect(rule: &Rule<'_>) -> Effect {
    match rule.action.text {
        Some("deny") => Effect::DenyIf,
        _ => Effect::Require,
    }
}

fn clause(rule: &Rule<'_>, name: &str, message: String) -> Clause {
    Clause {
        pointer: rule.object.pointer.clone(),
        span: rule.object.node.span,
        name: name.to_owned(),
        message,
    }
}

fn condition(condition: &Condition<'_>) -> Option<Lowered> {
    let path = condition.path.given()?;
    let subject = match path.strip_prefix("state.") {
        Some(key) => Subject::Counter(counter_key(key)),
        None => Subject::Argument(ArgPath::parse(path)?),
    };
    Some(Lowered {
        subject,
        test: condition.test.clone()?,
        pointer: condition.object.pointer.clone(),
        span: condition.object.node.span,
    })
}

/// A counter by the key under which the engine stores it, `<scope>.<counter>`. What stands before
/// the first dot counts as the scope, so that tool `a` with counter `b.n` and tool `a.b` with
/// counter `n` share one, as they do there.
fn counter_key(key: &str) -> CounterKey {
    let (scope, name) = key.split_once('.').unwrap_or((key, ""));
    CounterKey {
        scope: match scope {
            "_global" => CounterScope::AllTools,
            tool => CounterScope::Tool(tool.to_owned()),
        },
        name: name.to_owned(),
    }
}

fn own_key(path: &str) -> CounterKey {
    counter_key(path.strip_prefix("state.").unwrap_or(path))
}

/// A shorthand as the condition and the counter that it stands for.
fn written_out(
    tool: &Tool<'_>,
    rule: &Rule<'_>,
    rate: RateLimit,
    clause: &Clause,
    rules: &mut Rules,
) {
    let counter = own_key(&own_path(tool, &rate.counter()));
    let span = rule
        .rate_limit
        .entry
        .map_or(rule.object.node.span, |entry| entry.value.span);
    let number = rate.count as f64;
    rules.rules.push(policy::Rule {
        effect: Effect::Require,
        conditions: vec![Lowered {
            subject: Subject::Counter(counter.clone()),
            test: Test::Compare(Ordering::LessOrEqual, number),
            pointer: join(&rule.object.pointer, "rate_limit"),
            span,
        }],
        clause: clause.clone(),
    });
    rules.limits.push(Limit {
        counter,
        window: rate.window,
        max: at_most(Ordering::LessOrEqual, number),
        amount: Amount::Fixed(1),
        refusal: Refusal::ClauseMessage,
        unusable_amount: UNUSABLE_AMOUNT.into(),
        clause: clause.clone(),
        max_span: span,
    });
}

/// What the engine answers when a limit's amount can't be read from the arguments.
const UNUSABLE_AMOUNT: &str = "Internal policy error";

/// The limit of a rule with a `state` block: the first `lt` or `lte` on its own counter.
fn limit(tool: &Tool<'_>, rule: &Rule<'_>, state: &State<'_>, clause: Clause) -> Option<Limit> {
    let path = own_path(tool, state.counter.given()?);
    let own = rule.conditions.iter().find_map(|condition| {
        let ordering @ (Ordering::Less | Ordering::LessOrEqual) = compared(condition)?.0 else {
            return None;
        };
        let (_, number) = compared(condition)?;
        (condition.path.text == Some(path.as_str())).then(|| {
            let value = condition.object.node.get("value");
            let span = value.map_or(condition.object.node.span, |value| value.span);
            (at_most(ordering, number), span)
        })
    });
    let (max, max_span): (Max, Span) = own.unwrap_or((Max::NotEnforced, state.object.node.span));
    let (amount, max) = match (state.increment_from.given(), state.increment) {
        (Some(path), _) => (Amount::Truncated(ArgPath::parse(path)?), max),
        (None, Some(n)) => (Amount::Fixed(n), max),
        (None, None) if max == Max::NotEnforced => (Amount::Fixed(1), max),
        (None, None) => (Amount::Fixed(1), Max::OutOfRange),
    };
    Some(Limit {
        counter: own_key(&path),
        window: Window::parse(state.window.given()?)?,
        max,
        amount,
        refusal: Refusal::ClauseMessage,
        unusable_amount: UNUSABLE_AMOUNT.into(),
        clause,
        max_span,
    })
}

fn compared(condition: &Condition<'_>) -> Option<(Ordering, f64)> {
    match condition.test {
        Some(Test::Compare(ordering, number)) => Some((ordering, number)),
        _ => None,
    }
}

/// The most that a counter may hold, in whole numbers: `lt` allows one less than the number without
/// its fraction. The engine computes with 64 bits, by way of float64.
fn at_most(ordering: Ordering, number: f64) -> Max {
    let whole = number.trunc();
    let fits = (-(2_f64.powi(63))..2_f64.powi(63)).contains(&whole);
    if !fits {
        return Max::OutOfRange;
    }
    match ordering {
        Ordering::Less => (whole as i64)
            .checked_sub(1)
            .map_or(Max::OutOfRange, Max::AtMost),
        _ => Max::AtMost(whole as i64),
    }
}
