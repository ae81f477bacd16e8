//! Limits that are there and limit nothing.

use super::bounds;
use super::{Check, Rule};
use crate::config::CallsPerDay;
use crate::finding::{Finding, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::quantity::grouped;
use crate::risk::Category;
use crate::suggest::quoted;

/// See `limit_too_loose.md`.
pub static RULE: Rule = Rule {
    id: "limit-too-loose",
    severity: Severity::Warning,
    summary: "a limit far beyond what is recommended for tools of the category",
    doc: include_str!("limit_too_loose.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// So many times what is recommended is too much.
const FACTOR: u64 = 10;
const MINUTES_A_DAY: u64 = 24 * 60;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for listed in bounds::real_tools(context) {
        let category = bounds::category(context, listed);
        let most = category.and_then(|category| most(&context.options.max_calls_per_day, category));
        let (Some(category), Some(most), Some(rate)) =
            (category, most, bounds::tightest(&listed.tool.rules))
        else {
            continue;
        };
        if rate.a_day() <= most {
            continue;
        }
        let message = format!(
            "{} may be called {} times a day, and more than {} are too many for a tool of category {category}",
            quoted(listed.name()),
            grouped(rate.a_day()),
            grouped(most)
        );
        let pointer = rate.limit.clause.pointer.as_str();
        reporter.report(
            Finding::new(&RULE, pointer, rate.limit.max_span, message)
                .help("lower it, add a limit a day, or set `max-calls-per-day` in `mcplint.toml`"),
        );
    }
}

/// The most calls a day. For what is to be denied altogether only the configuration has a number.
fn most(configured: &CallsPerDay, category: Category) -> Option<u64> {
    let (configured, a_minute) = match category {
        Category::Read => (configured.read, Some(60)),
        Category::Write => (configured.write, Some(30)),
        Category::Execute => (configured.execute, Some(10)),
        Category::Destructive => (configured.destructive, None),
        Category::Financial => (configured.financial, None),
    };
    configured.or(a_minute.map(|calls: u64| calls * MINUTES_A_DAY * FACTOR))
}
