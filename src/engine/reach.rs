//! The most that a policy's limits alone let through: calls and amounts, by tool, an hour and a day.
//!
//! Windows are fixed, so this is for an hour and a day of the clock and for one grant at one server.
//! Conditions are not looked at, but for rules that deny every call. Calls that end in a JSON-RPC
//! error give back what they consumed and come on top. Negative amounts, which only the Intercept
//! dialect has, would too.

use std::collections::BTreeMap;

use crate::policy::limit::{Amount, Limit, Max, Window};
use crate::policy::{Effect, Policy, Posture, Rules};

/// The most calls, or the largest amount, in an hour and in a day; `None` where nothing limits it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Most {
    /// In an hour of the clock.
    pub per_hour: Option<u64>,
    /// In a day of the clock.
    pub per_day: Option<u64>,
}

impl Most {
    const NOTHING: Most = Most {
        per_hour: Some(0),
        per_day: Some(0),
    };

    /// `count` in each window.
    fn in_each(window: Window, count: u64) -> Self {
        let (an_hour, a_day) = match window {
            Window::Minute => (60, 60 * 24),
            Window::Hour => (1, 24),
            // A day's worth may all be used in one hour.
            Window::Day => (1, 1),
        };
        Most {
            per_hour: Some(count.saturating_mul(an_hour)),
            per_day: Some(count.saturating_mul(a_day)),
        }
    }

    fn and(self, other: Most) -> Most {
        let least = |a: Option<u64>, b: Option<u64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        };
        Most {
            per_hour: least(self.per_hour, other.per_hour),
            per_day: least(self.per_day, other.per_day),
        }
    }
}

/// How much of a tool a policy lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The tool; `None` for each of the tools that the policy does not list.
    pub tool: Option<String>,
    /// How many calls.
    pub calls: Most,
    /// How much of each argument whose number is counted, by its path (`args.amount`).
    pub amounts: Vec<(String, Most)>,
}

/// The reach of each listed tool, in the order of the policy, then that of any other if others are
/// allowed. Tools that are hidden and not listed are left out.
pub fn reach(policy: &Policy) -> Vec<Reach> {
    let all_hidden = policy.hide.iter().any(|hidden| hidden.name.value == "*");
    let of = |tool: Option<&str>, own: Option<&Rules>| {
        let is_hidden = |name| policy.hide.iter().any(|hidden| hidden.name.value == name);
        let parts = own.into_iter().chain([&policy.every_tool]);
        let denied =
            all_hidden || tool.is_some_and(is_hidden) || parts.clone().any(denies_every_call);
        of_limits(tool, denied, parts.flat_map(|part| &part.limits))
    };
    let listed = policy.tools.iter();
    let mut reaches: Vec<_> = listed
        .map(|tool| of(Some(&tool.name.value), Some(&tool.rules)))
        .collect();
    if policy.default == Posture::Allow && !all_hidden {
        reaches.push(of(None, None));
    }
    reaches
}

fn of_limits<'p>(
    tool: Option<&str>,
    denied: bool,
    limits: impl Iterator<Item = &'p Limit>,
) -> Reach {
    let mut calls = if denied {
        Most::NOTHING
    } else {
        Most::default()
    };
    let mut amounts: BTreeMap<String, Most> = BTreeMap::new();
    for limit in limits {
        let max = match limit.max {
            Max::AtMost(max) => u64::try_from(max).unwrap_or(0),
            Max::OutOfRange => 0,
            Max::NotEnforced => continue,
        };
        match &limit.amount {
            // An amount of nothing, or one that gives budget back, is never too much.
            Amount::Fixed(each) => {
                let each = u64::try_from(*each).unwrap_or(0);
                if let Some(count) = max.checked_div(each) {
                    calls = calls.and(Most::in_each(limit.window, count));
                }
            }
            Amount::Exact(path) | Amount::Truncated(path) => {
                let amount = amounts.entry(path.to_string()).or_default();
                *amount = amount.and(Most::in_each(limit.window, max));
            }
        }
    }
    if denied {
        amounts.values_mut().for_each(|most| *most = Most::NOTHING);
    }
    Reach {
        tool: tool.map(str::to_owned),
        calls,
        amounts: amounts.into_iter().collect(),
    }
}

fn denies_every_call(rules: &Rules) -> bool {
    let mut rules = rules.rules.iter();
    rules.any(|rule| rule.effect == Effect::DenyIf && rule.conditions.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Syntax;
    use crate::source::file::SourceFile;
    use crate::validate::validate;

    /// Tool, calls and amounts.
    type Row = (String, Most, Vec<(String, Most)>);

    fn reaches(policy: &str, syntax: Syntax) -> Vec<Row> {
        let file = SourceFile::new("policy", policy, syntax);
        let policy = validate(&file, None).policy.expect("it is a policy");
        let reaches = reach(&policy).into_iter();
        reaches
            .map(|r| (r.tool.unwrap_or_default(), r.calls, r.amounts))
            .collect()
    }

    fn most(per_hour: u64, per_day: u64) -> Most {
        Most {
            per_hour: Some(per_hour),
            per_day: Some(per_day),
        }
    }

    #[test]
    fn the_tightest_limit_counts_for_each_span() {
        let found = reaches(
            r#"{"version":"1","default":"allow","hide":["gone"],
             "all_tools":{"limits":[{"counter":"all","window":"day","max":1000,"scope":"grant"}]},
             "tools":{
              "free":{},"gone":{},
              "never":{"deny_if":[{"conditions":[]}]},
              "pay":{"limits":[
               {"counter":"rate","window":"minute","max":2,"scope":"grant"},
               {"counter":"day","window":"day","max":500,"scope":"grant"},
               {"counter":"spend","window":"hour","max":90,"scope":"grant","increment_from":"args.amount"},
               {"counter":"more","window":"day","max":1000,"scope":"grant","increment_from":"args.amount"}]}}}"#,
            Syntax::Json,
        );
        let spend = vec![("args.amount".to_owned(), most(90, 1000))];
        let wanted = [
            ("free", most(1000, 1000), vec![]),
            ("gone", Most::NOTHING, vec![]),
            ("never", Most::NOTHING, vec![]),
            ("pay", most(120, 500), spend),
            ("", most(1000, 1000), vec![]),
        ];
        assert_eq!(
            found,
            wanted.map(|(tool, calls, a)| (tool.to_owned(), calls, a))
        );
    }

    #[test]
    fn what_nothing_limits_is_unlimited() {
        let policy = r#"{"version":"1","default":"deny","tools":{"t":{}}}"#;
        let found = reaches(policy, Syntax::Json);
        assert_eq!(found, [("t".to_owned(), Most::default(), vec![])]);
    }

    #[test]
    fn a_call_may_count_more_than_one_or_nothing() {
        let policy = r#"
version: "1"
tools:
  t:
    rules:
    - {name: a, conditions: [{path: state.t.n, op: lte, value: 11}], state: {counter: n, window: hour, increment: 5}}
  u:
    rules:
    - {name: a, rate_limit: 7/day}
  "*":
    rules:
    - {name: all, rate_limit: 1/minute}
"#;
        let found: Vec<_> = reaches(policy, Syntax::Yaml)
            .into_iter()
            .map(|r| r.1)
            .collect();
        assert_eq!(found, [most(2, 48), most(7, 7), most(60, 1440)]);
    }
}
