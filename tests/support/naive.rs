//! Owns a second, naive evaluation of gateway policies: written from the published description alone,
//! sharing no code with the engine it checks. It parses every record anew, keeps every counter for
//! ever and computes amounts exactly; it is slow and panics on malformed input.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bigdecimal::BigDecimal;
use serde_json::Value;
use serde_json::value::RawValue;

/// What the command line can change about the decisions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// One count for a counter name in the whole policy, instead of one for each tool.
    pub counter_scope_policy: bool,
    /// Calls that can't be decided count as denied for the limits, instead of as allowed.
    pub assume_unknown_deny: bool,
}

/// The decision the policy calls for, in the words of `simulate --format jsonl`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Line of the trace, from 1.
    pub line: usize,
    /// `allow`, `deny`, `throttle` or `unknown`.
    pub decision: String,
    /// Name of the deciding rule, empty when none decided.
    pub rule: String,
    /// JSON Pointer of the deciding clause, empty when none decided.
    pub pointer: String,
    /// What the agent is told, empty when nothing.
    pub message: String,
    /// Seconds to the end of the window, of a throttled call.
    pub retry_after_s: Option<u64>,
    /// Paths whose values an unknown call lacks.
    pub needs: Vec<String>,
}

/// Decides every call of `trace` (JSONL) under `policy` (a valid gateway policy), in trace order.
pub fn decide_all(policy: &Value, trace: &str, options: Options) -> Vec<Expected> {
    let mut counters = Counters::new();
    let mut decisions = Vec::new();
    for (index, text) in trace.lines().enumerate() {
        if !text.trim().is_empty() {
            let call = Call::parse(text);
            let verdict = decide(policy, &call, options, &mut counters);
            decisions.push(verdict.on_line(index + 1));
        }
    }
    decisions
}

// ---------------------------------------------------------------------------------------------
// JSON, with the source text of its numbers

/// A JSON value whose numbers keep the text they were written in.
#[derive(Debug)]
enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

fn json(text: &str) -> Json {
    match text.trim().as_bytes()[0] {
        b'{' => {
            let fields: BTreeMap<String, Box<RawValue>> =
                serde_json::from_str(text).expect("an object");
            Json::Object(
                fields
                    .into_iter()
                    .map(|(key, raw)| (key, json(raw.get())))
                    .collect(),
            )
        }
        b'[' => {
            let elements: Vec<Box<RawValue>> = serde_json::from_str(text).expect("a list");
            Json::List(elements.iter().map(|raw| json(raw.get())).collect())
        }
        b'"' => Json::Text(serde_json::from_str(text).expect("a string")),
        b't' | b'f' => Json::Bool(text.trim() == "true"),
        b'n' => Json::Null,
        _ => Json::Number(text.trim().to_owned()),
    }
}

fn float(number: &str) -> f64 {
    number.parse().expect("every JSON number is a Rust float")
}

/// The text Go's `%v` gives for the value.
fn go_text(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(text) => go_float(float(text)),
        Json::Text(text) => text.clone(),
        Json::List(elements) => {
            let texts: Vec<String> = elements.iter().map(go_text).collect();
            format!("[{}]", texts.join(" "))
        }
        Json::Object(fields) => {
            let texts: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{key}:{}", go_text(value)))
                .collect();
            format!("map[{}]", texts.join(" "))
        }
    }
}

/// Go's `%v` of a float: the shortest digits, with an exponent from 1e+06 upwards and below 0.0001.
fn go_float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').expect("`{:e}` writes an e");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes a whole exponent");
    if value == 0.0 || (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn is_eq(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => float(left) == float(right),
        _ => go_text(left) == go_text(right),
    }
}

// ---------------------------------------------------------------------------------------------
// Calls

/// Who a call counts for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Holder {
    Grant(String),
    Session(String),
    Anonymous,
}

#[derive(Debug)]
enum Arguments {
    Known(Json),
    /// Only the names of the top-level arguments were recorded.
    Redacted(BTreeSet<String>),
    /// Only that there were some was recorded.
    Hashed,
    NotAnObject,
}

#[derive(Debug)]
struct Call {
    tool: String,
    server: Option<String>,
    holder: Holder,
    /// Nanoseconds since 1970; absent only where the policy has no limits.
    instant: Option<i128>,
    arguments: Arguments,
    failed: bool,
}

impl Call {
    fn parse(record: &str) -> Call {
        let Json::Object(mut fields) = json(record) else {
            panic!("a record is an object")
        };
        let text = |name: &str| match fields.get(name) {
            Some(Json::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let (tool, server) = (
            text("tool").expect("a record names its tool"),
            text("server"),
        );
        let holder = match (text("grant"), text("session")) {
            (Some(grant), _) => Holder::Grant(grant),
            (None, Some(session)) => Holder::Session(session),
            (None, None) => Holder::Anonymous,
        };
        let failed = text("result").as_deref() == Some("rpc_error");
        let instant = fields.get("ts").map(nanoseconds);
        let arguments = arguments(&mut fields);
        Call {
            tool,
            server,
            holder,
            instant,
            arguments,
            failed,
        }
    }

    fn at(&self) -> i128 {
        self.instant.expect("a call that meets a limit has a time")
    }
}

fn arguments(fields: &mut BTreeMap<String, Json>) -> Arguments {
    let values = fields.remove("args").or_else(|| fields.remove("arguments"));
    let hash = fields.remove("args_hash");
    match (values, fields.remove("arg_keys")) {
        (None | Some(Json::Null), Some(Json::List(keys))) => {
            Arguments::Redacted(keys.iter().map(go_text).collect())
        }
        (None | Some(Json::Null), _) if matches!(&hash, Some(Json::Text(h)) if !h.is_empty()) => {
            Arguments::Hashed
        }
        (None | Some(Json::Null), _) => Arguments::Known(Json::Object(BTreeMap::new())),
        (Some(object @ Json::Object(_)), _) => Arguments::Known(object),
        (Some(_), _) => Arguments::NotAnObject,
    }
}

const SECOND: i128 = 1_000_000_000;

/// The instant a `ts` names, in nanoseconds since 1970.
fn nanoseconds(ts: &Json) -> i128 {
    match ts {
        Json::Number(milliseconds) => {
            milliseconds.parse::<i128>().expect("whole milliseconds") * 1_000_000
        }
        Json::Text(text) => rfc3339(text),
        _ => panic!("a time is a string or a number"),
    }
}

/// `YYYY-MM-DDThh:mm:ss[.f{1,9}](Z|±hh:mm)`.
fn rfc3339(text: &str) -> i128 {
    let number = |from: usize, to: usize| -> i128 { text[from..to].parse().expect("digits") };
    let days = days_since_1970(number(0, 4), number(5, 7), number(8, 10));
    let local = days * 86_400 + number(11, 13) * 3_600 + number(14, 16) * 60 + number(17, 19);

    let zone_at = text[19..].find(['Z', '+', '-']).expect("a zone") + 19;
    let digits = text[19..zone_at].trim_start_matches('.');
    let fraction: i128 = format!("{digits:0<9}").parse().expect("digits");
    let east = match &text[zone_at..=zone_at] {
        "Z" => 0,
        sign => {
            let size = number(zone_at + 1, zone_at + 3) * 60 + number(zone_at + 4, zone_at + 6);
            if sign == "-" { -size } else { size }
        }
    };
    (local - east * 60) * SECOND + fraction
}

/// Days from 1970-01-01, counted year by year and month by month.
fn days_since_1970(year: i128, month: i128, day: i128) -> i128 {
    let is_leap = |year: i128| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let years: i128 = (1970..year)
        .map(|year| if is_leap(year) { 366 } else { 365 })
        .sum();
    let months: i128 = (1..month)
        .map(|month| match month {
            2 if is_leap(year) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        })
        .sum();
    years + months + day - 1
}

// ---------------------------------------------------------------------------------------------
// Conditions

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    False,
    Unknown,
    True,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }
}

/// What a path leads to.
enum Found<'a> {
    Missing,
    /// Recorded without its value; a path of several fields may lead nowhere.
    Unknown {
        certainly_present: bool,
    },
    Value(&'a Json),
}

fn look_up<'a>(arguments: &'a Arguments, path: &str) -> Found<'a> {
    let fields: Vec<&str> = path
        .strip_prefix("args.")
        .expect("paths start with `args.`")
        .split('.')
        .collect();
    match arguments {
        Arguments::NotAnObject => panic!("refused before its rules"),
        Arguments::Redacted(keys) if keys.contains(fields[0]) => Found::Unknown {
            certainly_present: fields.len() == 1,
        },
        Arguments::Redacted(_) => Found::Missing,
        Arguments::Hashed => Found::Unknown {
            certainly_present: false,
        },
        Arguments::Known(object) => {
            let mut value = object;
            for field in fields {
                let Json::Object(inner) = value else {
                    return Found::Missing;
                };
                let Some(next) = inner.get(field) else {
                    return Found::Missing;
                };
                value = next;
            }
            Found::Value(value)
        }
    }
}

fn condition_holds(condition: &Value, arguments: &Arguments) -> Truth {
    let op = text_of(&condition["op"]);
    let value = json(&condition["value"].to_string());
    match look_up(arguments, text_of(&condition["path"])) {
        Found::Missing => Truth::from(op == "exists" && matches!(value, Json::Bool(false))),
        Found::Value(argument) => Truth::from(holds(op, argument, &value)),
        Found::Unknown { certainly_present } => match (op, &value) {
            ("in", Json::List(elements)) if elements.is_empty() => Truth::False,
            ("not_in", Json::List(elements)) if elements.is_empty() && certainly_present => {
                Truth::True
            }
            _ => Truth::Unknown,
        },
    }
}

/// Whether the operator holds between an argument that is present and the policy's value.
fn holds(op: &str, argument: &Json, value: &Json) -> bool {
    match (op, argument, value) {
        ("eq", _, _) => is_eq(argument, value),
        ("neq", _, _) => !is_eq(argument, value),
        ("in", _, Json::List(elements)) => elements.iter().any(|it| is_eq(argument, it)),
        ("not_in", _, Json::List(elements)) => !elements.iter().any(|it| is_eq(argument, it)),
        ("lt", Json::Number(left), Json::Number(right)) => float(left) < float(right),
        ("lte", Json::Number(left), Json::Number(right)) => float(left) <= float(right),
        ("gt", Json::Number(left), Json::Number(right)) => float(left) > float(right),
        ("gte", Json::Number(left), Json::Number(right)) => float(left) >= float(right),
        ("regex", Json::Text(text), Json::Text(pattern)) => regex::Regex::new(pattern)
            .expect("a valid pattern")
            .is_match(text),
        ("contains", Json::Text(text), Json::Text(part)) => text.contains(part.as_str()),
        ("contains", Json::List(elements), _) => elements.iter().any(|it| is_eq(it, value)),
        ("exists", _, Json::Bool(wanted)) => !matches!(argument, Json::Null) == *wanted,
        ("lt" | "lte" | "gt" | "gte" | "regex" | "contains", _, _) => false,
        _ => panic!("no operator `{op}` with {value:?}"),
    }
}

// ---------------------------------------------------------------------------------------------
// Verdicts

#[derive(Debug, Clone)]
struct Verdict {
    decision: &'static str,
    rule: String,
    pointer: String,
    message: String,
    retry_after_s: Option<u64>,
    needs: Vec<String>,
}

impl Verdict {
    fn allow() -> Verdict {
        Verdict::refuse("allow", "", "", "")
    }

    fn unknown(needs: Vec<String>) -> Verdict {
        Verdict {
            needs,
            ..Verdict::refuse("unknown", "", "", "")
        }
    }

    fn deny(rule: &str, pointer: &str, message: &str) -> Verdict {
        Verdict::refuse("deny", rule, pointer, message)
    }

    fn refuse(decision: &'static str, rule: &str, pointer: &str, message: &str) -> Verdict {
        Verdict {
            decision,
            rule: rule.to_owned(),
            pointer: pointer.to_owned(),
            message: message.to_owned(),
            retry_after_s: None,
            needs: Vec::new(),
        }
    }

    fn on_line(self, line: usize) -> Expected {
        let Verdict {
            decision,
            rule,
            pointer,
            message,
            retry_after_s,
            needs,
        } = self;
        Expected {
            line,
            decision: decision.to_owned(),
            rule,
            pointer,
            message,
            retry_after_s,
            needs,
        }
    }
}

fn decide(policy: &Value, call: &Call, options: Options, counters: &mut Counters) -> Verdict {
    if let Some(verdict) = refuse_outright(policy, call) {
        return verdict;
    }
    let rules = check_rules(policy, call);
    if let Some(denied) = rules.denied {
        return denied;
    }
    let limits = check_limits(policy, call, options, counters);
    let verdict = combine(&rules.needs, &limits);
    let counts = match verdict.decision {
        "allow" => true,
        "unknown" => limits.refused.is_none() && !options.assume_unknown_deny,
        _ => false,
    };
    if counts && !call.failed {
        for (key, _, amount) in limits.reserved {
            *counters.entry(key).or_default() += amount;
        }
    }
    verdict
}

/// The verdict, given the rules that can't be decided and what the limits said.
fn combine(rule_needs: &[String], limits: &Limits) -> Verdict {
    let mut needs: Vec<String> = rule_needs.to_vec();
    add_new(&mut needs, &limits.needs);
    match &limits.refused {
        None if needs.is_empty() => Verdict::allow(),
        Some(refusal) if needs.is_empty() => refusal.clone(),
        Some(refusal) if limits.needs.is_empty() && refusal.decision == "deny" => refusal.clone(),
        _ => Verdict::unknown(needs),
    }
}

fn refuse_outright(policy: &Value, call: &Call) -> Option<Verdict> {
    let tool = &call.tool;
    if matches!(call.arguments, Arguments::NotAnObject) {
        let (rule, message) = ("(invalid arguments)", "The arguments are not an object");
        return Some(Verdict::deny(rule, "", message));
    }
    for (index, hidden) in items(&policy["hide"]).iter().enumerate() {
        if text_of(hidden) == "*" || text_of(hidden) == tool {
            let message = format!("Tool \"{tool}\" is hidden by policy");
            return Some(Verdict::deny(
                "(hidden)",
                &format!("/hide/{index}"),
                &message,
            ));
        }
    }
    if policy["default"] == "deny" && policy["tools"].get(tool).is_none() {
        let message = format!("Tool \"{tool}\" is not permitted by policy");
        return Some(Verdict::deny("(default deny)", "/default", &message));
    }
    None
}

struct Rules {
    /// The first rule that denies for certain.
    denied: Option<Verdict>,
    /// Paths of the unknown conditions of the rules that can't be decided.
    needs: Vec<String>,
}

fn check_rules(policy: &Value, call: &Call) -> Rules {
    let mut needs = Vec::new();
    for (kind, denying) in [("require", Truth::False), ("deny_if", Truth::True)] {
        for (index, rule) in items(&policy["tools"][&call.tool][kind]).iter().enumerate() {
            let (truth, unknown) = all_hold(items(&rule["conditions"]), &call.arguments);
            if truth == denying {
                let denied = Some(denied_by(&call.tool, kind, index, rule));
                return Rules {
                    denied,
                    needs: Vec::new(),
                };
            }
            if truth == Truth::Unknown {
                add_new(&mut needs, &unknown);
            }
        }
    }
    Rules {
        denied: None,
        needs,
    }
}

/// The conjunction of the conditions, and the paths of those that are unknown.
fn all_hold(conditions: &[Value], arguments: &Arguments) -> (Truth, Vec<String>) {
    let truths: Vec<Truth> = conditions
        .iter()
        .map(|condition| condition_holds(condition, arguments))
        .collect();
    let unknown: Vec<String> = conditions
        .iter()
        .zip(&truths)
        .filter(|(_, truth)| **truth == Truth::Unknown)
        .map(|(condition, _)| text_of(&condition["path"]).to_owned())
        .collect();
    if truths.contains(&Truth::False) {
        (Truth::False, unknown)
    } else if truths.contains(&Truth::Unknown) {
        (Truth::Unknown, unknown)
    } else {
        (Truth::True, unknown)
    }
}

fn denied_by(tool: &str, kind: &str, index: usize, rule: &Value) -> Verdict {
    let clause = format!("/tools/{}/{kind}", escaped(tool));
    let name = match items(&rule["conditions"]).first() {
        None => format!("{clause}/always"),
        Some(first) => {
            let (path, op) = (text_of(&first["path"]), text_of(&first["op"]));
            format!("{clause}/{}-{op}", escaped(path))
        }
    };
    let message = match rule["on_deny"].as_str() {
        None | Some("") => format!("Denied by rule `{name}`"),
        Some(message) => message.to_owned(),
    };
    Verdict::deny(&name, &format!("{clause}/{index}"), &message)
}

// ---------------------------------------------------------------------------------------------
// Limits

/// Whose calls a counter counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Scope {
    Tool(String),
    /// Of all tools whose own limits name the counter.
    SharedByTools,
    /// Of all tools, by `all_tools`.
    AllTools,
}

/// One count: server, holder, scope, counter, window, start of the window.
type CounterKey = (Option<String>, Holder, Scope, String, String, i128);

type Counters = HashMap<CounterKey, BigDecimal>;

/// Where an amount comes from: the fixed 1, or an argument's path.
type Source = Option<String>;

#[derive(Default)]
struct Limits {
    /// The first limit that refuses for certain.
    refused: Option<Verdict>,
    /// Paths of the unknown amounts before it.
    needs: Vec<String>,
    /// What the call adds to each counter if it is allowed.
    reserved: Vec<(CounterKey, Source, BigDecimal)>,
}

impl Limits {
    /// Adds the amount, unless the call already added this source's amount to this counter.
    fn reserve(&mut self, key: &CounterKey, source: Source, amount: BigDecimal) {
        if !self
            .reserved
            .iter()
            .any(|(k, s, _)| k == key && *s == source)
        {
            self.reserved.push((key.clone(), source, amount));
        }
    }

    fn reserved_on(&self, key: &CounterKey) -> BigDecimal {
        self.reserved
            .iter()
            .filter(|(k, _, _)| k == key)
            .map(|(_, _, amount)| amount)
            .sum()
    }
}

enum Amount {
    Known(BigDecimal),
    Unknown,
    Unusable,
}

fn check_limits(policy: &Value, call: &Call, options: Options, counters: &Counters) -> Limits {
    let own = format!("/tools/{}/limits", escaped(&call.tool));
    let own_scope = if options.counter_scope_policy {
        Scope::SharedByTools
    } else {
        Scope::Tool(call.tool.clone())
    };
    let places = [
        (own, &policy["tools"][&call.tool]["limits"], own_scope),
        (
            "/all_tools/limits".to_owned(),
            &policy["all_tools"]["limits"],
            Scope::AllTools,
        ),
    ];
    let mut limits = Limits::default();
    for (place, list, scope) in places {
        for (index, limit) in items(list).iter().enumerate() {
            check_limit(&mut limits, limit, &scope, call, counters);
            if let Some(refusal) = &mut limits.refused {
                refusal.rule = format!("{place}/{}", escaped(text_of(&limit["counter"])));
                refusal.pointer = format!("{place}/{index}");
                return limits;
            }
        }
    }
    limits
}

fn check_limit(
    limits: &mut Limits,
    limit: &Value,
    scope: &Scope,
    call: &Call,
    counters: &Counters,
) {
    let counter = text_of(&limit["counter"]);
    let source: Source = limit["increment_from"].as_str().map(str::to_owned);
    let amount = match (&source, amount(source.as_deref(), call)) {
        (_, Amount::Known(amount)) => amount,
        (Some(path), Amount::Unknown) => {
            return add_new(&mut limits.needs, std::slice::from_ref(path));
        }
        (path, _) => {
            let path = path.as_deref().unwrap_or_default();
            let message = format!("Limit {counter}: {path} is not a usable amount");
            limits.refused = Some(Verdict::deny("", "", &message));
            return;
        }
    };
    let window = text_of(&limit["window"]);
    let key = counter_key(call, scope, counter, window);
    limits.reserve(&key, source, amount);
    let count = counters.get(&key).cloned().unwrap_or_default() + limits.reserved_on(&key);
    if count > whole(&limit["max"]) {
        limits.refused = Some(throttled(limit, call.at(), key.5));
    }
}

fn throttled(limit: &Value, instant: i128, window_start: i128) -> Verdict {
    let (counter, window, max) = (
        text_of(&limit["counter"]),
        text_of(&limit["window"]),
        &limit["max"],
    );
    let left = window_start + window_length(window) - instant;
    let seconds = (left + SECOND - 1) / SECOND;
    let message = format!("Limit {counter}: {max} per {window} reached. Try again in {seconds} s.");
    let retry_after_s = Some(u64::try_from(seconds).expect("the window is not over"));
    Verdict {
        retry_after_s,
        ..Verdict::refuse("throttle", "", "", &message)
    }
}

fn amount(path: Option<&str>, call: &Call) -> Amount {
    let Some(path) = path else {
        return Amount::Known(BigDecimal::from(1));
    };
    match look_up(&call.arguments, path) {
        Found::Unknown { .. } => Amount::Unknown,
        Found::Value(Json::Number(text)) => {
            let amount: BigDecimal = text.parse().expect("JSON numbers are decimals");
            if amount < BigDecimal::default() {
                Amount::Unusable
            } else {
                Amount::Known(amount)
            }
        }
        Found::Missing | Found::Value(_) => Amount::Unusable,
    }
}

fn counter_key(call: &Call, scope: &Scope, counter: &str, window: &str) -> CounterKey {
    let start = call.at() - call.at().rem_euclid(window_length(window));
    let (server, holder) = (call.server.clone(), call.holder.clone());
    (
        server,
        holder,
        scope.clone(),
        counter.to_owned(),
        window.to_owned(),
        start,
    )
}

fn window_length(window: &str) -> i128 {
    match window {
        "minute" => 60 * SECOND,
        "hour" => 3_600 * SECOND,
        "day" => 86_400 * SECOND,
        _ => panic!("no window `{window}`"),
    }
}

// ---------------------------------------------------------------------------------------------
// Reading the policy

fn items(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn text_of(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn whole(value: &Value) -> BigDecimal {
    BigDecimal::from(value.as_u64().expect("a whole number"))
}

/// The name as a segment of a JSON Pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn add_new(paths: &mut Vec<String>, more: &[String]) {
    for path in more {
        if !paths.contains(path) {
            paths.push(path.clone());
        }
    }
}
