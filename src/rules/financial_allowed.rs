//! Tools that move money, without a bound on how much.

use serde_json::json;

use super::arguments::{self, Described};
use super::holds::words;
use super::{Check, Rule, bounds};
use crate::analysis::{Answer, Set};
use crate::dialect::Dialect;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::lint::{Context, ListedTool, Reporter};
use crate::policy::condition::{ArgPath, Ordering, Test};
use crate::policy::limit::Max;
use crate::risk::Category;
use crate::suggest::quoted;

/// See `financial_allowed.md`.
pub static RULE: Rule = Rule {
    id: "financial-allowed",
    severity: Severity::Error,
    summary: "a Financial tool that can be called without bounds on the amount",
    doc: include_str!("financial_allowed.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// More than any bound that somebody writes: what is let through with more has none.
const UNBOUNDED: f64 = 1e300;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for listed in bounds::within_reach(context, Category::Financial) {
        if let Some(lack) = lack(context, listed) {
            report(context, listed, &lack, reporter);
        }
    }
}

/// What is missing, if anything is.
fn lack(context: &Context<'_>, listed: &ListedTool<'_>) -> Option<Lack> {
    let amounts = amounts(context, listed);
    let Some(shown) = amounts.first().map(|path| quoted(&path.to_string())) else {
        let is_known = Described::of(listed).is_known();
        return Some(match is_known {
            true => Lack {
                what:
                    "none of its arguments is a number that says how much, so no rule can bound it"
                        .to_owned(),
                help: "deny every call, or hide the tool",
            },
            false => Lack::of_bounds("nothing bounds how much".to_owned()),
        });
    };
    let bounded = |path: &ArgPath| {
        let more = Set::meeting(&Test::Compare(Ordering::Greater, UNBOUNDED));
        !matches!(
            arguments::let_through(context, listed, path, &more),
            Answer::Yes(_)
        )
    };
    let one_call = amounts.iter().any(bounded);
    let in_all = amounts.iter().any(|path| is_capped(listed, path));
    let what = match (one_call, in_all) {
        (true, true) => return None,
        (false, false) => {
            format!("nothing bounds {shown} of one call, and no cap of its own the sum of all")
        }
        (false, true) => {
            format!("nothing bounds {shown} of one call: the first may use up the whole cap")
        }
        (true, false) => format!("it has no cap of its own on the sum of {shown} over all calls"),
    };
    Some(Lack::of_bounds(what))
}

/// What is missing, and what to do.
struct Lack {
    what: String,
    help: &'static str,
}

impl Lack {
    fn of_bounds(what: String) -> Self {
        Self {
            what,
            help: "deny every call, or bound the amount of one call and cap the sum (`increment_from`)",
        }
    }
}

/// Whether a limit adds up what is at `path`.
fn is_capped(listed: &ListedTool<'_>, path: &ArgPath) -> bool {
    let enforced = |max| max != Max::NotEnforced;
    let limits = &listed.tool.rules.limits;
    limits
        .iter()
        .any(|limit| enforced(limit.max) && limit.amount.path() == Some(path))
}

/// The arguments that say how much: by the server's description, or else those that the policy
/// takes for one, since it adds them up, or at least compares them.
fn amounts(context: &Context<'_>, listed: &ListedTool<'_>) -> Vec<ArgPath> {
    let described = Described::of(listed);
    let described = described.amounts().into_iter();
    let mut amounts: Vec<ArgPath> = described.map(arguments::argument).collect();
    if amounts.is_empty() {
        let summed = listed.tool.rules.limits.iter();
        amounts.extend(summed.filter_map(|limit| limit.amount.path().cloned()));
    }
    if amounts.is_empty() {
        let compared = arguments::conditions(context, listed).filter(|(path, _, condition)| {
            matches!(condition.test, Test::Compare(..)) && !counts_something_else(path)
        });
        amounts.extend(compared.map(|(path, ..)| path.clone()));
    }
    amounts
}

/// Whether a number says how long, how often or which, rather than how much.
fn counts_something_else(path: &ArgPath) -> bool {
    const WORDS: [&str; 20] = [
        "day", "days", "hour", "hours", "minute", "minutes", "second", "seconds", "month",
        "months", "year", "years", "due", "date", "page", "limit", "offset", "timeout", "retries",
        "id",
    ];
    let name = path.fields.last().map_or("", String::as_str);
    words(name)
        .iter()
        .any(|word| WORDS.contains(&word.as_str()))
}

fn report(
    context: &Context<'_>,
    listed: &ListedTool<'_>,
    lack: &Lack,
    reporter: &mut Reporter<'_>,
) {
    let name = &listed.tool.name;
    let message = format!(
        "{} moves money and can be called: {}",
        quoted(&name.value),
        lack.what
    );
    let title = format!("deny every call of {}", quoted(&name.value));
    reporter.report(
        Finding::new(&RULE, listed.tool.pointer.as_str(), name.span, message)
            .help(lack.help)
            .fix(Fix::risky(title, denial(context, listed))),
    );
}

fn denial(context: &Context<'_>, listed: &ListedTool<'_>) -> Option<Vec<Edit>> {
    let reason = "Agents do not move money here. Do not retry.";
    let pointer = &listed.tool.pointer;
    match context.dialect {
        Dialect::Gateway => {
            let rule = json!({"conditions": [], "on_deny": reason});
            context.edit.push_to(pointer, "deny_if", &rule)
        }
        Dialect::Intercept => {
            let name = format!("no {}", listed.name());
            let rule = json!({"name": name, "action": "deny", "on_deny": reason});
            context.edit.push_to(pointer, "rules", &rule)
        }
    }
}
