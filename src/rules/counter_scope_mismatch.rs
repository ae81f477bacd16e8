//! Rules that read a counter which counts other calls than those they decide.

use super::{Check, Rule, bounds};
use crate::dialect::Dialect;
use crate::finding::{Finding, Severity};
use crate::lint::{Context, EVERY_TOOL, Reporter};
use crate::policy::condition::{Condition, Subject};
use crate::policy::limit::{CounterKey, CounterScope};
use crate::policy::{self};
use crate::schema::places::head;
use crate::source::tree::join;
use crate::suggest::quoted;

/// See `counter_scope_mismatch.md`.
pub static RULE: Rule = Rule {
    id: "counter-scope-mismatch",
    severity: Severity::Error,
    summary: "a rule that reads the counter of other calls than those it decides",
    doc: include_str!("counter_scope_mismatch.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if context.dialect != Dialect::Intercept {
        return;
    }
    for listed in bounds::open_tools(context) {
        for (condition, scope) in tools_read(&listed.tool.rules.rules) {
            if scope != own_scope(listed.name()) {
                let message = match scope {
                    EVERY_TOOL => star(condition),
                    other => format!(
                        "this rule of {} reads a counter of {}: it does not count the calls that the \
                         rule decides",
                        quoted(listed.name()),
                        quoted(other)
                    ),
                };
                report(context, condition, message, reporter);
            }
        }
    }
    for (condition, scope) in tools_read(&context.policy.every_tool.rules) {
        let message = match scope {
            EVERY_TOOL => star(condition),
            tool => format!(
                "this rule of all tools reads a counter of {}: calls of the other tools are not \
                 counted on it",
                quoted(tool)
            ),
        };
        report(context, condition, message, reporter);
    }
}

/// What is wrong with reading a counter of `*`, as if that were a tool.
fn star(condition: &Condition) -> String {
    let name = match &condition.subject {
        Subject::Counter(key) => key.name.as_str(),
        Subject::Argument(_) => "",
    };
    format!(
        "counters of all tools are read as {}: {} is none, and this condition always reads 0",
        quoted(&format!("state._global.{name}")),
        quoted(&format!("state.*.{name}"))
    )
}

/// What stands for the tool `name` in the path of a counter: the engine takes what stands before the
/// first dot for the tool.
fn own_scope(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

/// Whether `condition`, in a rule of `scope`, reads a counter that this rule finds fault with.
pub(super) fn reads_another(condition: &Condition, scope: &CounterScope) -> bool {
    let Subject::Counter(CounterKey {
        scope: CounterScope::Tool(read),
        ..
    }) = &condition.subject
    else {
        return false;
    };
    match scope {
        CounterScope::Tool(tool) => read != own_scope(tool),
        CounterScope::AllTools => true,
    }
}

/// The conditions on counters of tools, each with the tool.
fn tools_read(rules: &[policy::Rule]) -> impl Iterator<Item = (&Condition, &str)> {
    let conditions = rules.iter().flat_map(|rule| &rule.conditions);
    conditions.filter_map(|condition| match &condition.subject {
        Subject::Counter(CounterKey {
            scope: CounterScope::Tool(tool),
            ..
        }) => Some((condition, tool.as_str())),
        _ => None,
    })
}

fn report(
    context: &Context<'_>,
    condition: &Condition,
    message: String,
    reporter: &mut Reporter<'_>,
) {
    let pointer = join(&condition.pointer, "path");
    let span = context.at(&pointer).map_or(condition.span, head);
    reporter.report(Finding::new(&RULE, pointer, span, message).help(
        "read a counter of the tool itself, or count all calls: `state._global.` and a `state` \
         block under `\"*\"`",
    ));
}
