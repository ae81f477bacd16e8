//! Limits that slow an agent down and never stop it.

use super::bounds::{self, Rate};
use super::{Check, Rule};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::limit::Window;
use crate::policy::quantity::grouped;
use crate::suggest::quoted;

/// See `burst_only_limit.md`.
pub static RULE: Rule = Rule {
    id: "burst-only-limit",
    severity: Severity::Note,
    summary: "a limit a minute, and none a day",
    doc: include_str!("burst_only_limit.md"),
    check: Check::Policy(check),
};

/// How many minutes at the full rate the fix gives a day.
const MINUTES: u64 = 60;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let longer = |rate: Rate<'_>| rate.limit.window != Window::Minute;
    // A limit of all tools a day bounds each of them.
    if Rate::all(&context.policy.every_tool).any(|rate| rate.limit.window == Window::Day) {
        return;
    }
    for listed in bounds::real_tools(context) {
        let rules = &listed.tool.rules;
        let Some(rate) = bounds::tightest(rules).filter(|_| !Rate::all(rules).any(longer)) else {
            continue;
        };
        let message = format!(
            "{} may be called {}, which is {} times a day: nothing limits a day",
            quoted(listed.name()),
            rate.told(),
            grouped(rate.a_day())
        );
        let pointer = rate.limit.clause.pointer.as_str();
        let day = rate.calls.saturating_mul(MINUTES);
        reporter.report(
            Finding::new(&RULE, pointer, rate.limit.max_span, message)
                .help("add a limit a day that no honest use reaches")
                .fix(bounds::limiting(context, listed, day, Window::Day)),
        );
    }
}
