//! What the engine's validator refuses: policies that load and can't mean anything.

use ahash::AHashMap;

use super::counters::{self, Counters};
use super::document::{Document, Hidden, Rule, State, Tool, is_null};
use super::fields::{choice, required};
use super::rate_limit::{Problem, RateLimit, shorthand};
use super::report::{AbsentKey, Report};
use crate::finding::Label;
use crate::policy::limit::Window;
use crate::rules::form::{INVALID_LIMIT, INVALID_RULE, UNSUPPORTED_VERSION, WRONG_TYPE};
use crate::schema::words::{
    POSTURES_BY_OTHER_NAMES, Synonyms, WINDOW_HELP, WINDOWS_BY_OTHER_NAMES, argument_in,
    did_you_mean, listed, meant, write,
};
use crate::source::tree::join;
use crate::span::Span;
use crate::suggest::quoted;

/// Reports what is wrong with `document`.
pub(super) fn check(document: &Document<'_>, report: &mut Report) {
    version(document, report);
    if document.default.given().is_some() {
        let postures = &["allow", "deny"];
        let synonyms = POSTURES_BY_OTHER_NAMES;
        choice(
            &document.object,
            document.default,
            &WRONG_TYPE,
            postures,
            synonyms,
            report,
        );
    }
    hide(&document.hide, report);
    let counters = Counters::of(&document.tools);
    for tool in &document.tools {
        counters::check_duplicates(tool, report);
        for rule in &tool.rules {
            check_rule(tool, rule, &counters, report);
        }
    }
}

fn version(document: &Document<'_>, report: &mut Report) {
    const WRITE: &str = "version: \"1\"";
    let (object, field) = (&document.object, document.version);
    match required(object, field, WRITE, None, report) {
        None | Some("1") => {}
        Some(text) => {
            let message = format!(
                "policy version {} is not supported: the only version is `\"1\"`",
                quoted(text)
            );
            let (pointer, span) = object.place(field);
            report
                .refuse(&UNSUPPORTED_VERSION, pointer, span, message)
                .help = Some(write(WRITE));
        }
    }
}

fn hide(hidden: &[Hidden<'_>], report: &mut Report) {
    let mut first: AHashMap<&str, Span> = AHashMap::default();
    for entry in hidden {
        if entry.name.trim().is_empty() {
            let message = "an entry of `hide` must not be empty";
            report
                .refuse(&WRONG_TYPE, &entry.pointer, entry.span, message)
                .help = Some("write the tool's name, or remove the entry".into());
        } else if let Some(earlier) = first.get(entry.name) {
            let message = format!(
                "{} is hidden twice, which the engine refuses",
                quoted(entry.name)
            );
            let finding = report.refuse(&INVALID_RULE, &entry.pointer, entry.span, message);
            finding.labels.push(Label {
                span: *earlier,
                text: "the first time".into(),
            });
            finding.help = Some("remove one of the two".into());
        } else {
            first.insert(entry.name, entry.span);
        }
    }
}

fn check_rule(tool: &Tool<'_>, rule: &Rule<'_>, counters: &Counters<'_>, report: &mut Report) {
    let limit = shorthand(rule);
    if let Some(Err(())) = limit {
        bad_shorthand(rule, report);
        return;
    }
    required(
        &rule.object,
        rule.name,
        "name: <what it is for>",
        None,
        report,
    );
    if let Some(Ok(limit)) = limit {
        counters::check_own(tool, rule, limit, counters, report);
        return;
    }
    let (object, actions) = (&rule.object, &["evaluate", "deny"]);
    if choice(object, rule.action, &INVALID_RULE, actions, ACTIONS, report) {
        conditions_fit_the_action(rule, report);
    }
    if let Some(state) = &rule.state {
        check_state(state, report);
    }
    for condition in &rule.conditions {
        let Some(path) = condition.path.given() else {
            continue;
        };
        if !path.starts_with("state.") || counters.define(path) {
            continue;
        }
        if counters.are_unclear(path) {
            report.refused = true;
        } else {
            let (pointer, span) = condition.object.place(condition.path);
            counters::undefined(path, pointer, span, report).help =
                Some("a counter is defined by the `state` block of a rule of that tool".into());
        }
    }
}

/// What people write for `evaluate`, which has no single counterpart elsewhere.
const ACTIONS: Synonyms = &[("block", "deny"), ("reject", "deny"), ("check", "evaluate")];

fn conditions_fit_the_action(rule: &Rule<'_>, report: &mut Report) {
    let object = &rule.object;
    let entry = object.node.entry("conditions");
    // A list that is none has been reported.
    if entry.is_some_and(|entry| entry.value.as_sequence().is_none() && !is_null(&entry.value)) {
        return;
    }
    let denies = rule.action.text == Some("deny");
    match (denies, entry) {
        (true, Some(entry)) if !rule.conditions.is_empty() => {
            let message = "a rule with `action: deny` denies every call and can't have conditions";
            let pointer = join(&object.pointer, "conditions");
            report
                .refuse(&INVALID_RULE, pointer, entry.key_span, message)
                .help = Some(
                "leave `action` out: a rule with conditions denies unless all of them hold".into(),
            );
        }
        (false, _) if rule.conditions.is_empty() => {
            let others = ["conditions", "rate_limit", "action"];
            let explained = others.iter().any(|key| object.has_misspelt(key));
            if explained || rule.rate_limit.text.is_none() {
                report.refused = true;
                return;
            }
            let (pointer, span) = match entry {
                Some(entry) => (join(&object.pointer, "conditions"), entry.key_span),
                None => (object.pointer.clone(), object.head),
            };
            // One finding for all that the rule lacks.
            if entry.is_none() && rule.name.entry.is_none() && !object.has_misspelt("name") {
                let absent = AbsentKey {
                    key: "conditions",
                    member: "conditions: [ … ]",
                    why: String::new(),
                    help: None,
                };
                report.absent(object, absent);
                return;
            }
            let message = "a rule needs at least one condition, unless it is `action: deny` or has \
                           a `rate_limit`";
            report.refuse(&INVALID_RULE, pointer, span, message).help =
                Some("add `conditions`, or `action: deny` to deny every call".into());
        }
        _ => {}
    }
}

/// Reports why a shorthand can't be written out.
fn bad_shorthand(rule: &Rule<'_>, report: &mut Report) {
    let object = &rule.object;
    let text = rule.rate_limit.given().unwrap_or_default();
    if let Err(problem) = RateLimit::parse(text) {
        let (message, help) = explain(problem, text);
        let (pointer, span) = object.place(rule.rate_limit);
        report.refuse(&INVALID_LIMIT, pointer, span, message).help = Some(help);
    }
    let conditions = (!rule.conditions.is_empty()).then_some("conditions");
    let state = rule.state.as_ref().map(|_| "state");
    for key in [conditions, state].into_iter().flatten() {
        let message = format!("a rule with `rate_limit` can't have `{key}` as well");
        let span = object.node.entry(key).map_or(object.head, |e| e.key_span);
        report
            .refuse(&INVALID_RULE, join(&object.pointer, key), span, message)
            .help = Some("write two rules".into());
    }
    if rule.action.text == Some("deny") {
        let message = "a rule with `action: deny` denies every call and can't have a `rate_limit`";
        let (pointer, span) = object.place(rule.action);
        report.refuse(&INVALID_RULE, pointer, span, message).help =
            Some("leave `action` out".into());
    }
}

fn explain(problem: Problem<'_>, text: &str) -> (String, String) {
    const EXAMPLE: &str = "write the number of calls and the window, such as `10/minute`";
    match problem {
        Problem::Format => (
            format!(
                "`rate_limit` must be a number and a window, such as `5/hour`, not {}",
                quoted(text)
            ),
            match text.parse::<u32>() {
                Ok(n) if n > 0 => format!("name the window, such as `{n}/minute`"),
                _ => EXAMPLE.into(),
            },
        ),
        Problem::Count(count) => (
            format!(
                "the number of calls in `rate_limit` must be a whole number from 1 to {}, not {}",
                i64::MAX,
                quoted(count)
            ),
            match count.trim().parse::<i64>() {
                Ok(0) => "to deny every call, write `action: deny` instead".into(),
                Ok(n) if n > 0 => "leave out the spaces".into(),
                _ => EXAMPLE.into(),
            },
        ),
        Problem::Window(window) => {
            let windows = Window::NAMES;
            let known = meant(window.trim(), windows.into_iter(), WINDOWS_BY_OTHER_NAMES);
            (
                format!(
                    "the window in `rate_limit` must be {}, not {}",
                    listed(windows, "or"),
                    quoted(window)
                ),
                known.map_or_else(|| WINDOW_HELP.into(), did_you_mean),
            )
        }
    }
}

fn check_state(state: &State<'_>, report: &mut Report) {
    let object = &state.object;
    required(object, state.counter, "counter: <name>", None, report);
    if required(object, state.window, "window: day", None, report).is_some() {
        let (windows, synonyms) = (&Window::NAMES, WINDOWS_BY_OTHER_NAMES);
        choice(
            object,
            state.window,
            &INVALID_LIMIT,
            windows,
            synonyms,
            report,
        );
    }
    let Some(path) = state.increment_from.given() else {
        return;
    };
    if !path.starts_with("args.") {
        let message = format!(
            "`increment_from` must start with `args.`, not {}",
            quoted(path)
        );
        let (pointer, span) = object.place(state.increment_from);
        let fields = (!path.starts_with("state."))
            .then(|| argument_in(path))
            .flatten();
        report.refuse(&INVALID_LIMIT, pointer, span, message).help =
            fields.map(|fields| did_you_mean(&format!("args.{fields}")));
    }
}
