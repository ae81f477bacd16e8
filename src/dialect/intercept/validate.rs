//! What the engine's validator refuses: policies that load and can't mean anything.

use ahash::{AHashMap, AHashSet};

use super::condition::field_place;
use super::document::{Document, Field, Hidden, Object, Rule, State, Tool, is_null};
use super::rate_limit::{Problem, RateLimit};
use super::report::Report;
use crate::finding::{Finding, Label};
use crate::policy::limit::Window;
use crate::rules;
use crate::rules::form::{
    INVALID_LIMIT, INVALID_RULE, MISSING_KEY, UNSUPPORTED_VERSION, WRONG_TYPE,
};
use crate::schema::words::{
    POSTURES_BY_OTHER_NAMES, Synonyms, WINDOWS_BY_OTHER_NAMES, argument_in, did_you_mean, listed,
    meant, write,
};
use crate::source::tree::join;
use crate::span::Span;
use crate::suggest::quoted;

/// Reports what is wrong with `document`.
pub(super) fn check(document: &Document<'_>, report: &mut Report) {
    version(document, report);
    if document.default.given().is_some() {
        let place = (&document.object, document.default, "default");
        choice(
            place,
            &WRONG_TYPE,
            &["allow", "deny"],
            POSTURES_BY_OTHER_NAMES,
            report,
        );
    }
    hide(&document.hide, report);
    let counters = Counters::of(&document.tools);
    for tool in &document.tools {
        duplicate_counters(tool, report);
        for rule in &tool.rules {
            check_rule(tool, rule, &counters, report);
        }
    }
}

fn version(document: &Document<'_>, report: &mut Report) {
    const WRITE: &str = "version: \"1\"";
    let place = ("this policy", "version");
    let (object, field) = (&document.object, document.version);
    match required(object, field, place, WRITE, report) {
        None | Some("1") => {}
        Some(text) => {
            let message = format!(
                "policy version {} is not supported: the only version is `\"1\"`",
                quoted(text)
            );
            let (pointer, span) = field_place(object, field, "version");
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
            report.refuse(&WRONG_TYPE, &entry.pointer, entry.span, message);
        } else if let Some(earlier) = first.get(entry.name) {
            let message = format!(
                "{} is hidden twice, which the engine refuses",
                quoted(entry.name)
            );
            let finding = report.refuse(&INVALID_RULE, &entry.pointer, entry.span, message);
            finding.labels.push(label(*earlier, "the first time"));
            finding.help = Some("remove one of the two".into());
        } else {
            first.insert(entry.name, entry.span);
        }
    }
}

fn label(span: Span, text: &str) -> Label {
    let text = text.to_owned();
    Label { span, text }
}

/// The text of a field that has to be there. `place` is what its object is called, and its key.
pub(super) fn required<'a>(
    object: &Object<'_>,
    field: Field<'a>,
    place: (&str, &'static str),
    help: &str,
    report: &mut Report,
) -> Option<&'a str> {
    let (noun, key) = place;
    let text = field.text?;
    if !text.is_empty() {
        return Some(text);
    }
    if object.has_misspelt(key) {
        report.refused = true;
        return None;
    }
    let finding = if field.entry.is_some() {
        let (pointer, span) = field_place(object, field, key);
        report.refuse(
            &MISSING_KEY,
            pointer,
            span,
            format!("`{key}` of {noun} is empty"),
        )
    } else {
        let message = format!("{noun} has no `{key}`");
        report.refuse(&MISSING_KEY, &object.pointer, object.head, message)
    };
    let verb = if field.entry.is_some() {
        "write"
    } else {
        "add"
    };
    finding.help = Some(match help.split_once(':') {
        Some((start, _)) if start == key => format!("{verb} `{help}`"),
        _ => help.to_owned(),
    });
    None
}

/// Whether a field is one of `words`; reports it if it is not, as broken `rule` unless only the
/// letter case is wrong.
pub(super) fn choice(
    (object, field, key): (&Object<'_>, Field<'_>, &str),
    rule: &'static rules::Rule,
    words: &[&'static str],
    synonyms: Synonyms,
    report: &mut Report,
) -> bool {
    let Some(text) = field.given() else {
        return true;
    };
    if words.contains(&text) {
        return true;
    }
    let (pointer, span) = field_place(object, field, key);
    let same_word = |word: &&&str| word.eq_ignore_ascii_case(text.trim());
    if let Some(word) = words.iter().find(same_word) {
        let message = format!("`{key}` must be written `{word}`, not {}", quoted(text));
        report.refuse(&WRONG_TYPE, pointer, span, message).help = Some(write(word));
        return false;
    }
    let listed = listed(words.iter().copied(), "or");
    let message = match words.len() {
        ..=3 => format!("`{key}` must be {listed}, not {}", quoted(text)),
        _ => format!("there is no {} as `{key}`", quoted(text)),
    };
    let help = match meant(text, words.iter().copied(), synonyms) {
        Some(word) => Some(did_you_mean(word)),
        None => (words.len() > 3).then(|| format!("`{key}` can be {listed}")),
    };
    report.refuse(rule, pointer, span, message).help = help;
    false
}

/// The counters that the tools of a file define.
struct Counters<'a> {
    of_tools: AHashMap<&'a str, AHashSet<String>>,
}

impl<'a> Counters<'a> {
    fn of(tools: &[Tool<'a>]) -> Self {
        let of_tools = tools.iter().map(|tool| {
            let names = tool.rules.iter().filter_map(counter_of);
            (tool.entry.key.as_str(), names.map(|c| c.name).collect())
        });
        Self {
            of_tools: of_tools.collect(),
        }
    }

    /// Whether the counter that `path` reads is defined. Paths without a counter's name pass.
    fn define(&self, path: &str) -> bool {
        let mut parts = path.splitn(3, '.').skip(1);
        let (Some(scope), Some(counter)) = (parts.next(), parts.next()) else {
            return true;
        };
        // The scope of the wildcard's counters, unless a tool has taken the name.
        let tool = match scope {
            "_global" if !self.of_tools.contains_key("_global") => "*",
            scope => scope,
        };
        self.of_tools
            .get(tool)
            .is_some_and(|names| names.contains(counter))
    }
}

/// The counter that a rule defines, and where.
struct Definition {
    name: String,
    pointer: String,
    span: Span,
}

/// A shorthand that can be written out defines a counter; one that can't leaves the rule's own
/// `state` block in force.
fn counter_of(rule: &Rule<'_>) -> Option<Definition> {
    let (name, (pointer, span)) = match (shorthand(rule), &rule.state) {
        (Some(Ok(limit)), _) => (
            limit.counter(),
            field_place(&rule.object, rule.rate_limit, "rate_limit"),
        ),
        (_, Some(state)) => (
            state.counter.text?.to_owned(),
            field_place(&state.object, state.counter, "counter"),
        ),
        (_, None) => return None,
    };
    Some(Definition {
        name,
        pointer,
        span,
    })
}

/// The shorthand of a rule that has one: what it says, if it can be written out.
pub(super) fn shorthand(rule: &Rule<'_>) -> Option<Result<RateLimit, ()>> {
    let text = rule.rate_limit.given()?;
    let alone =
        rule.conditions.is_empty() && rule.state.is_none() && rule.action.text != Some("deny");
    let limit = RateLimit::parse(text).ok().filter(|_| alone);
    Some(limit.ok_or(()))
}

/// Two rules of a tool can't have one counter, whatever their windows are.
fn duplicate_counters(tool: &Tool<'_>, report: &mut Report) {
    let mut first: AHashMap<String, Span> = AHashMap::default();
    for found in tool.rules.iter().filter_map(counter_of) {
        match first.get(&found.name) {
            // A counter without a name is reported as that.
            Some(_) if found.name.is_empty() => {}
            Some(earlier) => {
                let message = format!(
                    "another rule of tool {} has the counter {} already",
                    quoted(&tool.entry.key),
                    quoted(&found.name)
                );
                let finding = report.refuse(&INVALID_RULE, found.pointer, found.span, message);
                finding.labels.push(label(*earlier, "defined here first"));
                finding.help = Some(if found.name.starts_with("_rate_") {
                    "keep one limit for each window".into()
                } else {
                    "give each rule of a tool a counter of its own".into()
                });
            }
            None => {
                first.insert(found.name, found.span);
            }
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
        ("this rule", "name"),
        "name: <what it is for>",
        report,
    );
    if let Some(Ok(limit)) = limit {
        own_counter_is_found(tool, rule, limit, counters, report);
        return;
    }
    let place = (&rule.object, rule.action, "action");
    if choice(place, &INVALID_RULE, &["evaluate", "deny"], ACTIONS, report) {
        conditions_fit_the_action(rule, report);
    }
    if let Some(state) = &rule.state {
        check_state(state, report);
    }
    for condition in &rule.conditions {
        let Some(path) = condition.path.given() else {
            continue;
        };
        if path.starts_with("state.") && !counters.define(path) {
            let (pointer, span) = field_place(&condition.object, condition.path, "path");
            undefined(path, pointer, span, report).help =
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
        let (pointer, span) = field_place(object, rule.rate_limit, "rate_limit");
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
        let (pointer, span) = field_place(object, rule.action, "action");
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
                known.map_or_else(|| EXAMPLE.into(), did_you_mean),
            )
        }
    }
}

fn check_state(state: &State<'_>, report: &mut Report) {
    let object = &state.object;
    let noun = "this `state` block";
    required(
        object,
        state.counter,
        (noun, "counter"),
        "counter: <name>",
        report,
    );
    let window = ("window: day", (object, state.window, "window"));
    if required(object, state.window, (noun, "window"), window.0, report).is_some() {
        choice(
            window.1,
            &INVALID_LIMIT,
            &Window::NAMES,
            WINDOWS_BY_OTHER_NAMES,
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
        let (pointer, span) = field_place(object, state.increment_from, "increment_from");
        let fields = (!path.starts_with("state."))
            .then(|| argument_in(path))
            .flatten();
        report.refuse(&INVALID_LIMIT, pointer, span, message).help =
            fields.map(|fields| did_you_mean(&format!("args.{fields}")));
    }
}

/// Where a rule's own counter is read: the scope is the tool's name, or `_global` for `*`.
pub(super) fn own_path(tool: &Tool<'_>, counter: &str) -> String {
    let scope = match tool.entry.key.as_str() {
        "*" => "_global",
        name => name,
    };
    format!("state.{scope}.{counter}")
}

/// The engine writes a shorthand out before it validates it, and may then not find the counter.
fn own_counter_is_found(
    tool: &Tool<'_>,
    rule: &Rule<'_>,
    limit: RateLimit,
    counters: &Counters<'_>,
    report: &mut Report,
) {
    let path = own_path(tool, &limit.counter());
    if counters.define(&path) {
        return;
    }
    let name = tool.entry.key.as_str();
    let (pointer, span) = field_place(&rule.object, rule.rate_limit, "rate_limit");
    let finding = undefined(&path, pointer, span, report);
    finding.help = Some(if name == "*" {
        "a tool called `_global` has taken the name that the counters of `\"*\"` go by".into()
    } else {
        format!(
            "the engine takes what stands before the first dot of {} for the tool: it can't limit \
             tools with a dot in their name, except all together under `\"*\"`",
            quoted(name)
        )
    });
}

fn undefined<'r>(
    path: &str,
    pointer: String,
    span: Span,
    report: &'r mut Report,
) -> &'r mut Finding {
    let message = format!(
        "no rule has a `state` block for the counter {}",
        quoted(path)
    );
    report.refuse(&INVALID_RULE, pointer, span, message)
}
