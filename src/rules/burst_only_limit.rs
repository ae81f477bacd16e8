//! Limits that slow an agent down and never stop it.

use super::bounds::{self, Rate};
use super::{Check, Rule};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, ListedTool, Reporter};
use crate::policy::limit::{Max, Window};
use crate::policy::quantity::grouped;
use crate::suggest::quoted;

/// See `burst_only_limit.md`.
pub static RULE: Rule = Rule {
    id: "burst-only-limit",
    severity: Severity::Note,
    summary: "a limit a minute, of calls or of amounts, and none a day",
    doc: include_str!("burst_only_limit.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

const MINUTES_A_DAY: u64 = 24 * 60;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if bounds::is_bounded_a_day(context) {
        return;
    }
    for listed in bounds::real_tools(context) {
        check_calls(context, listed, reporter);
        check_amounts(listed, reporter);
    }
}

fn check_calls(context: &Context<'_>, listed: &ListedTool<'_>, reporter: &mut Reporter<'_>) {
    let rules = &listed.tool.rules;
    let longer = |rate: Rate<'_>| rate.limit.window != Window::Minute;
    let Some(rate) = bounds::tightest(rules).filter(|_| !Rate::all(rules).any(longer)) else {
        return;
    };
    let message = format!(
        "{} may be called {}, which is {} times a day: nothing limits a day",
        quoted(listed.name()),
        rate.told(),
        grouped(rate.a_day())
    );
    let pointer = rate.limit.clause.pointer.as_str();
    let day = bounds::a_day_at(rate.calls);
    reporter.report(
        Finding::new(&RULE, pointer, rate.limit.max_span, message)
            .help("add a limit a day that no honest use reaches")
            .fix(bounds::limiting(context, listed, day, Window::Day)),
    );
}

/// Looks at the caps of amounts of a tool that has no limit for longer, of whatever kind.
fn check_amounts(listed: &ListedTool<'_>, reporter: &mut Reporter<'_>) {
    let enforced = || {
        let limits = listed.tool.rules.limits.iter();
        limits.filter(|limit| limit.max != Max::NotEnforced)
    };
    if enforced().any(|limit| limit.window != Window::Minute) {
        return;
    }
    for limit in enforced() {
        let most = limit.max.number().and_then(|max| u64::try_from(max).ok());
        let (Some(path), Some(most)) = (limit.amount.path(), most) else {
            continue;
        };
        let message = format!(
            "the sum of {} may be {} a minute, which is {} a day: nothing limits a day",
            quoted(&path.to_string()),
            grouped(most),
            grouped(most.saturating_mul(MINUTES_A_DAY))
        );
        reporter.report(
            Finding::new(
                &RULE,
                limit.clause.pointer.as_str(),
                limit.max_span,
                message,
            )
            .help("add a cap a day that no honest use reaches"),
        );
    }
}
