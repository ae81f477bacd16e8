//! Limits that are no whole number: the engine cuts off the fraction.

use serde_json::json;

use super::{Check, Rule, bounds};
use crate::dialect::Dialect;
use crate::finding::{Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::condition::{Condition, Ordering};
use crate::policy::limit::{Limit, Max};
use crate::source::tree::join;

/// See `fractional_limit.md`.
pub static RULE: Rule = Rule {
    id: "fractional-limit",
    severity: Severity::Warning,
    summary: "a limit that is no whole number, which the engine truncates",
    doc: include_str!("fractional_limit.md"),
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if context.dialect != Dialect::Intercept {
        return;
    }
    for rules in bounds::live_rules(context) {
        for limit in &rules.limits {
            let own = bounds::own_condition(rules, limit);
            if let Some((condition, ordering, number)) = own.filter(|(.., n)| is_cut_off(*n)) {
                report(condition, ordering, number, limit, reporter, context);
            }
        }
    }
}

/// Whether a limit has a fraction. Below 0 nothing is let through, whatever is cut off.
fn is_cut_off(number: f64) -> bool {
    number.fract() != 0.0 && number > 0.0
}

fn report(
    condition: &Condition,
    ordering: Ordering,
    number: f64,
    limit: &Limit,
    reporter: &mut Reporter<'_>,
    context: &Context<'_>,
) {
    let Max::AtMost(max) = limit.max else {
        return;
    };
    let op = match ordering {
        Ordering::Less => "lt",
        _ => "lte",
    };
    let window = bounds::each(limit.window);
    let message = match ordering {
        _ if max < 1 => {
            format!("`{op} {number}` lets nothing through: the engine cuts off the fraction")
        }
        Ordering::Less => format!(
            "`{op} {number}` lets {max} {window} through, not {}: the engine cuts off the fraction",
            max.saturating_add(1)
        ),
        _ => {
            format!("`{op} {number}` lets {max} {window} through: the engine cuts off the fraction")
        }
    };
    let pointer = join(&condition.pointer, "value");
    let whole = number.trunc();
    // Larger numbers have no fraction.
    let edits = context.edit.replace(&pointer, &json!(whole as i64));
    let edits = edits.filter(|_| max > 0);
    reporter.report(
        Finding::new(&RULE, pointer, limit.max_span, message)
            .help("write a whole number")
            .fix(Fix::safe(
                format!("write {whole}, which is what counts"),
                edits,
            )),
    );
}
