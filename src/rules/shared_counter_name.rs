//! One counter name on several tools: do they share a budget or not?

use ahash::{AHashMap, AHashSet};

use super::{Check, Rule, bounds, counter_conflict, counter_name_mismatch};
use crate::dialect::Dialect;
use crate::finding::{Finding, Severity};
use crate::lint::{Context, ListedTool, Reporter};
use crate::policy::limit::Limit;
use crate::suggest::quoted;

/// See `shared_counter_name.md`.
pub static RULE: Rule = Rule {
    id: "shared-counter-name",
    severity: Severity::Warning,
    summary: "one counter name on several tools",
    doc: include_str!("shared_counter_name.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

type Use<'c, 'a> = (&'c ListedTool<'a>, &'c Limit);

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if context.dialect != Dialect::Gateway {
        return;
    }
    // Where the maximums differ, or the name is a mistake, the more specific rules say so.
    let conflicts = counter_conflict::names(context);
    let mistakes: AHashSet<&str> = counter_name_mismatch::mistaken(context)
        .map(|limit| limit.clause.pointer.as_str())
        .collect();
    let mut names: Vec<&str> = Vec::new();
    let mut uses: AHashMap<&str, Vec<Use<'_, '_>>> = AHashMap::new();
    for listed in bounds::open_tools(context) {
        for limit in &listed.tool.rules.limits {
            let name = limit.counter.name.as_str();
            if conflicts.contains(name) || mistakes.contains(limit.clause.pointer.as_str()) {
                continue;
            }
            let of_name = uses.entry(name).or_insert_with(|| {
                names.push(name);
                Vec::new()
            });
            if of_name
                .last()
                .is_none_or(|(last, _)| last.name() != listed.name())
            {
                of_name.push((listed, limit));
            }
        }
    }
    for name in names {
        if let [first, second, rest @ ..] = uses[name].as_slice() {
            report(context, *first, *second, rest.len(), reporter);
        }
    }
}

/// Reports the name where it stands the second time.
fn report(
    context: &Context<'_>,
    first: Use<'_, '_>,
    second: Use<'_, '_>,
    more: usize,
    reporter: &mut Reporter<'_>,
) {
    let (listed, limit) = second;
    let others = match more {
        0 => String::new(),
        1 => " and 1 more tool".to_owned(),
        n => format!(" and {n} more tools"),
    };
    let message = format!(
        "{} counts for {}, {}{others}: whether they share one budget or have one each, the policy \
         does not say",
        quoted(&limit.counter.name),
        quoted(first.0.name()),
        quoted(listed.name()),
    );
    let place = |limit: &Limit| {
        let node = context.at(&limit.clause.pointer);
        let name = node.and_then(|node| node.get("counter"));
        name.map_or(limit.clause.span, |name| name.span)
    };
    let pointer = format!("{}/counter", limit.clause.pointer);
    reporter.report(
        Finding::new(&RULE, pointer, place(limit), message)
            .label(place(first.1), "the same name here")
            .help("name each counter after its tool; for one budget of several tools write a limit under `all_tools`"),
    );
}
