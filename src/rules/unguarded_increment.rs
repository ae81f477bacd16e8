//! Amounts that an agent may choose as it likes.

use serde_json::json;

use super::arguments;
use super::{Check, Rule, bounds, fractional_limit};
use crate::analysis::{Answer, Kind, Question, Set, Witness};
use crate::catalog::arguments::Place;
use crate::dialect::Dialect;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::lint::{Context, ListedTool, Reporter};
use crate::policy::Rules;
use crate::policy::condition::{ArgPath, Ordering, Test};
use crate::policy::limit::{Limit, Max};
use crate::suggest::quoted;

/// See `unguarded_increment.md`.
pub static RULE: Rule = Rule {
    id: "unguarded-increment",
    severity: Severity::Error,
    summary: "`increment_from` on an argument that may be negative, absent or no number",
    doc: include_str!("unguarded_increment.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    for listed in bounds::open_tools(context) {
        check_limits(context, Some(listed), &listed.tool.rules, reporter);
    }
    let closed = context.hides_everything().is_some() || context.denies_everything().is_some();
    if !closed {
        check_limits(context, None, &context.policy.every_tool, reporter);
    }
}

/// Looks at the limits in `rules`: those of a tool, or else of every tool.
fn check_limits(
    context: &Context<'_>,
    listed: Option<&ListedTool<'_>>,
    rules: &Rules,
    reporter: &mut Reporter<'_>,
) {
    let mut seen: Vec<&ArgPath> = Vec::new();
    for limit in rules.limits.iter().filter(|l| l.max != Max::NotEnforced) {
        let Some(path) = limit.amount.path().filter(|path| !seen.contains(path)) else {
            continue;
        };
        if reporter.is_full() {
            return;
        }
        seen.push(path);
        report(context, listed, limit, path, reporter);
    }
}

fn report(
    context: &Context<'_>,
    listed: Option<&ListedTool<'_>>,
    limit: &Limit,
    path: &ArgPath,
    reporter: &mut Reporter<'_>,
) {
    if listed.is_some_and(|listed| is_unknown(listed, path)) {
        return;
    }
    let Some((severity, message)) = judge(context, listed, path) else {
        return;
    };
    let place = ["increment_from", "state/increment_from"]
        .map(|key| format!("{}/{key}", limit.clause.pointer))
        .into_iter()
        .find_map(|pointer| Some((context.at(&pointer)?.span, pointer)));
    let (span, pointer) = place.unwrap_or((limit.clause.span, limit.clause.pointer.clone()));
    let least = least(context, listed, path);
    let title = format!(
        "require {} to be a number from {least}",
        quoted(&path.to_string())
    );
    let help = format!(
        "require it with `gte` to be a number from {least}: that fails when it is absent or no number, too"
    );
    reporter.report(
        Finding::new(&RULE, pointer, span, message)
            .severity(severity)
            .help(help)
            .fix(Fix::risky(title, guard(context, listed, path, least))),
    );
}

/// Whether the tool has no such argument: then every call is refused, which unknown-argument says.
fn is_unknown(listed: &ListedTool<'_>, path: &ArgPath) -> bool {
    let place = listed.arguments().map(|arguments| arguments.place(path));
    matches!(place, Some(Place::Absent(_)))
}

/// What to require of the amount at least. Below 1 the engine counts nothing, of which
/// fractional-limit tells where that matters.
fn least(context: &Context<'_>, listed: Option<&ListedTool<'_>>, path: &ArgPath) -> u8 {
    let wants_whole =
        listed.is_some_and(|listed| fractional_limit::wants_whole(context, listed, path));
    u8::from(wants_whole)
}

/// What gets through, and how bad that is.
fn judge(
    context: &Context<'_>,
    listed: Option<&ListedTool<'_>>,
    path: &ArgPath,
) -> Option<(Severity, String)> {
    let through = |set: &Set| match listed {
        Some(listed) => arguments::let_through(context, listed, path, set),
        None => arguments::let_through_by_any(context, path, set),
    };
    let shown = quoted(&path.to_string());
    if context.dialect == Dialect::Intercept {
        // Amounts above -1 are cut off to 0.
        let negative = Set::meeting(&Test::Compare(Ordering::LessOrEqual, -1.0));
        if let Answer::Yes(call) = through(&negative) {
            let call = shown_call(&call);
            let message =
                format!("a call with a negative {shown} gives budget back: {call} gets through");
            return Some((Severity::Error, message));
        }
    }
    let unusable = Set::failing(&Test::Compare(Ordering::GreaterOrEqual, 0.0));
    let call = through(&unusable).yes()?;
    if listed.is_some_and(|listed| is_declared(context, listed, path)) {
        return None;
    }
    let message = format!(
        "nothing requires {shown} to be a number from 0: this limit refuses a call such as {} \
         without saying what is wrong with it",
        shown_call(&call)
    );
    Some((Severity::Warning, message))
}

/// Whether every call that the rules let through has a number at `path` if it follows the schema, so
/// that those which the limit refuses are none of an honest agent.
fn is_declared(context: &Context<'_>, listed: &ListedTool<'_>, path: &ArgPath) -> bool {
    let Some(arguments) = listed.arguments() else {
        return false;
    };
    let argument = match arguments.place(path) {
        Place::Declared(argument) => argument,
        Place::Open | Place::Absent(_) => return false,
    };
    // A schema that declares a number hardly ever says that it is not negative.
    let unusable = match argument.declared.kinds.as_deref() {
        Some([Kind::Number]) => Test::Exists(true),
        _ => Test::Compare(Ordering::GreaterOrEqual, 0.0),
    };
    let question = Question::new()
        .passing(&listed.tool.rules)
        .passing(&context.policy.every_tool)
        .with(path, &Set::failing(&unusable))
        .as_declared(&arguments.declarations([path]));
    context.analysis.ask(&question).is_no()
}

fn shown_call(call: &Witness) -> String {
    quoted(&call.to_string())
}

fn guard(
    context: &Context<'_>,
    listed: Option<&ListedTool<'_>>,
    path: &ArgPath,
    least: u8,
) -> Option<Vec<Edit>> {
    let reason = match least {
        0 => format!("Give {path} as a number that is not negative."),
        _ => format!("Give {path} as a number from {least}."),
    };
    let conditions = json!([{"path": path.to_string(), "op": "gte", "value": least}]);
    let pointer = listed.map_or("/tools/*", |listed| &listed.tool.pointer);
    match context.dialect {
        Dialect::Gateway => {
            let rule = json!({"conditions": conditions, "on_deny": reason});
            context.edit.push_to(pointer, "require", &rule)
        }
        Dialect::Intercept => {
            let name = format!("{path} is an amount");
            let rule = json!({"name": name, "conditions": conditions, "on_deny": reason});
            context.edit.push_to(pointer, "rules", &rule)
        }
    }
}
