//! Owns the random policies and traces of the property test: small pools of names, so that rules,
//! arguments and counters meet often, and values chosen for where evaluators go wrong.

use std::fmt;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::naive::Options;

/// One input of the property test.
#[derive(Clone)]
pub struct Case {
    /// A valid gateway policy.
    pub policy: Value,
    /// The lines of the trace: a native record, or nothing but blanks. Records are text, for the sake of escapes and number formats.
    pub records: Vec<String>,
    /// How to decide.
    pub options: Options,
}

impl Case {
    /// The records as JSONL.
    pub fn trace(&self) -> String {
        self.records
            .iter()
            .map(|record| format!("{record}\n"))
            .collect()
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}\n{:#}\n{}", self.options, self.policy, self.trace())
    }
}

/// Policies with traces that fit them.
pub fn case() -> impl Strategy<Value = Case> {
    let options = (any::<bool>(), any::<bool>()).prop_map(|(scope, assume)| Options {
        counter_scope_policy: scope,
        assume_unknown_deny: assume,
    });
    let line = prop_oneof![40 => record(), 1 => select(vec!["", "  \t"]).prop_map(str::to_owned)];
    (policy(), vec(line, 1..=60), options).prop_map(|(policy, records, options)| Case {
        policy,
        records,
        options,
    })
}

// ---------------------------------------------------------------------------------------------
// Names and values

const TOOLS: [&str; 6] = ["a", "b", "c", "d", "*", "x/y~z"];
const COUNTERS: [&str; 4] = ["calls", "spend", "calls", "per/day~"];
const FIELDS: [&str; 6] = ["amount", "to", "note", "meta", "grüße", "a/b~c"];

/// Keys of the arguments, as JSON strings; some hide a field of [`FIELDS`] behind escapes.
const KEYS: [&str; 9] = [
    r#""amount""#,
    r#""\u0061mount""#,
    r#""to""#,
    r#""note""#,
    r#""meta""#,
    r#""m\u0065ta""#,
    r#""gr\u00fc\u00dfe""#,
    r#""a\/b~c""#,
    r#""""#,
];

const PATHS: [&str; 11] = [
    "args.amount",
    "args.amount",
    "args.to",
    "args.note",
    "args.meta",
    "args.meta.kind",
    "args.meta.deep.n",
    "args.amount.kind",
    "args.grüße",
    "args.a/b~c",
    "args.absent",
];

const NUMBERS: [&str; 24] = [
    "0",
    "1",
    "1",
    "2",
    "2.0",
    "-1",
    "-0",
    "-0.0",
    "0.1",
    "0.2",
    "0.3",
    "1e0",
    "1.50",
    "5E+1",
    "99999",
    "999999",
    "1000000",
    "1e6",
    "1234567.5",
    "0.0001",
    "0.00001",
    "9007199254740993",
    "9007199254740992",
    "0.30000000000000004",
];

const EXTREMES: [&str; 6] = [
    "1e21",
    "18446744073709551616",
    "123456789012345678",
    "1.7976931348623157e308",
    "5e-324",
    "-1e-7",
];

const STRINGS: [&str; 26] = [
    r#""""#,
    r#""1""#,
    r#""1""#,
    r#""1.0""#,
    r#""-0""#,
    r#""0""#,
    r#""1e+06""#,
    r#""1000000""#,
    r#""1e-05""#,
    r#""true""#,
    r#""<nil>""#,
    r#""null""#,
    r#""[1 2]""#,
    r#""[]""#,
    r#""map[]""#,
    r#""map[kind:1]""#,
    r#""map[deep:map[n:1] kind:a]""#,
    r#""a""#,
    r#""\u0061""#,
    r#""abc""#,
    r#""ABC\n""#,
    r#""a\"b\\c\/d\t""#,
    r#""\ud83d\ude00""#,
    r#""😀 grüße""#,
    r#""e\u0301""#,
    r#""rm -rf /""#,
];

const OTHERS: [&str; 21] = [
    "true",
    "false",
    "null",
    "null",
    "[]",
    "[1,2]",
    "[1, \"2\"]",
    "[\"1 2\"]",
    "[1000000]",
    "[-0.0,1e0]",
    "[null,true]",
    "[[1],[2]]",
    "[\"a\",\"abc\"]",
    "{}",
    "{\"kind\":1}",
    "{\"kind\":\"a\",\"deep\":{\"n\":1}}",
    "{\"deep\":{\"n\":1},\"k\\u0069nd\":\"a\"}",
    "{\"deep\":{\"n\":2e6},\"\":true}",
    "{\"deep\":{},\"kind\":null}",
    "{\"deep\":[{\"n\":1}],\"kind\":[1]}",
    "{\"kind\":{\"b\":1,\"a\":[1,{\"z\":null}]}}",
];

/// Numbers and texts that are told apart, or taken for one another, by how numbers print.
const ALIKE: [&str; 14] = [
    "1",
    "1.0",
    r#""1""#,
    "0",
    "-0.0",
    r#""-0""#,
    "1000000",
    r#""1e+06""#,
    "0.0001",
    r#""0.0001""#,
    "0.00001",
    r#""1e-05""#,
    "null",
    r#""<nil>""#,
];

/// A JSON value as text.
fn value_text() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        6 => select(&NUMBERS[..]),
        1 => select(&EXTREMES[..]),
        5 => select(&STRINGS[..]),
        4 => select(&OTHERS[..]),
        5 => select(&ALIKE[..]),
    ]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![8 => select(&NUMBERS[..]), 1 => select(&EXTREMES[..])].prop_map(policy_value)
}

fn policy_value(text: &str) -> Value {
    match text.parse::<f64>() {
        // Read by the standard library: serde_json may miss the nearest float by one.
        Ok(number) if text.parse::<i64>().is_err() => Value::from(number),
        _ => serde_json::from_str(text).expect("the pools hold JSON"),
    }
}

// ---------------------------------------------------------------------------------------------
// Policies

fn policy() -> impl Strategy<Value = Value> {
    let tools = subsequence(TOOLS.to_vec(), 4..=TOOLS.len())
        .prop_flat_map(|names| (Just(names.clone()), vec(tool(), names.len())));
    let hide = prop_oneof![
        36 => Just(None),
        8 => select(vec!["b", "c", "d"]).prop_map(|name| Some(vec!["zzz", name])),
        1 => Just(Some(vec!["d", "*"])),
    ];
    let default = select(vec!["allow", "allow", "allow", "deny"]);
    (default, hide, weighted(0.6, vec(limit(false), 0..3)), tools).prop_map(
        |(default, hide, all_tools, (names, tools))| {
            let mut policy = json!({ "version": "1", "default": default });
            if let Some(hide) = hide {
                policy["hide"] = json!(hide);
            }
            if let Some(limits) = all_tools {
                policy["all_tools"] = json!({ "limits": limits });
            }
            let tools = names.into_iter().map(str::to_owned).zip(tools);
            policy["tools"] = Value::Object(tools.collect());
            policy
        },
    )
}

fn tool() -> impl Strategy<Value = Value> {
    let required = prop_oneof![6 => Just(0_usize), 3 => Just(1), 1 => Just(2)];
    let denied = prop_oneof![3 => Just(0_usize), 4 => Just(1), 2 => Just(2)];
    let rules = (required, denied)
        .prop_flat_map(|(require, deny_if)| (vec(rule(true), require), vec(rule(false), deny_if)));
    let limits = prop_oneof![1 => Just(0_usize), 4 => Just(1), 3 => Just(2), 1 => Just(3)]
        .prop_flat_map(|count| vec(limit(true), count));
    (rules, limits).prop_map(|((require, deny_if), limits)| {
        let parts = [
            ("require", require),
            ("deny_if", deny_if),
            ("limits", limits),
        ];
        let tool: Map<String, Value> = parts
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(name, list)| (name.to_owned(), Value::Array(list)))
            .collect();
        Value::Object(tool)
    })
}

fn rule(is_require: bool) -> BoxedStrategy<Value> {
    // What is required should often hold, what is denied seldom: else no call is left to count.
    let count = if is_require {
        prop_oneof![8 => Just(1_usize), 1 => Just(2), 1 => Just(0)].boxed()
    } else {
        prop_oneof![10 => Just(1_usize), 8 => Just(2), 2 => Just(3), 1 => Just(0)].boxed()
    };
    let condition = if is_require {
        prop_oneof![3 => usual_condition(), 1 => condition()].boxed()
    } else {
        condition().boxed()
    };
    let conditions = count.prop_flat_map(move |count| vec(condition.clone(), count));
    let on_deny = weighted(0.4, select(vec!["", "No.", "grüße `x` \"y\"\n"]));
    (conditions, on_deny)
        .prop_map(|(conditions, on_deny)| {
            let mut rule = json!({ "conditions": conditions });
            if let Some(on_deny) = on_deny {
                rule["on_deny"] = json!(on_deny);
            }
            rule
        })
        .boxed()
}

/// A condition that most generated calls meet.
fn usual_condition() -> impl Strategy<Value = Value> {
    select(vec![
        json!({ "path": "args.amount", "op": "exists", "value": true }),
        json!({ "path": "args.amount", "op": "lte", "value": 1000 }),
        json!({ "path": "args.amount", "op": "neq", "value": "none" }),
        json!({ "path": "args.to", "op": "exists", "value": false }),
        json!({ "path": "args.absent", "op": "exists", "value": false }),
    ])
}

fn condition() -> impl Strategy<Value = Value> {
    let any_value = || value_text().prop_map(policy_value);
    let list = || vec(any_value(), 0..4).prop_map(Value::Array);
    let pattern = select(vec![
        "^a", "b", "^$", "(?i)abc", "[0-9]+", "\\.|-rf", "ü", "c$", ".",
    ]);
    let operator = prop_oneof![
        3 => (Just("eq"), any_value()),
        3 => (Just("neq"), any_value()),
        2 => (Just("in"), list()),
        2 => (Just("not_in"), list()),
        6 => (select(vec!["lt", "lte", "gt", "gte"]), number()),
        2 => (Just("regex"), pattern.prop_map(Value::from)),
        2 => (Just("contains"), any_value()),
        4 => (Just("exists"), prop_oneof![3 => Just(true), 1 => Just(false)].prop_map(Value::from)),
    ];
    (select(&PATHS[..]), operator)
        .prop_map(|(path, (op, value))| json!({ "path": path, "op": op, "value": value }))
}

fn limit(may_sum: bool) -> impl Strategy<Value = Value> {
    let increment = if may_sum {
        weighted(0.2, amount_path()).boxed()
    } else {
        Just(None).boxed()
    };
    let max = prop_oneof![9 => 1_u64..4, 2 => 4_u64..12, 1 => Just(9_007_199_254_740_993)];
    let window = select(vec!["minute", "hour", "day", "day"]);
    (select(&COUNTERS[..]), window, max, increment).prop_map(|(counter, window, max, increment)| {
        let mut limit =
            json!({ "counter": counter, "window": window, "max": max, "scope": "grant" });
        if let Some(path) = increment {
            limit["increment_from"] = json!(path);
        }
        limit
    })
}

fn amount_path() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just("args.amount"), 1 => Just("args.note"), 2 => Just("args.meta.deep.n")]
}

// ---------------------------------------------------------------------------------------------
// Traces

/// A record, its fields in any order.
fn record() -> impl Strategy<Value = String> {
    let tool = prop_oneof![6 => select(&TOOLS[..4]), 1 => select(&TOOLS[..])];
    let identity = (
        weighted(0.07, select(vec![r#""s1""#, r#""s2""#])),
        weighted(
            0.8,
            select(vec![
                r#""g1""#,
                r#""g1""#,
                r#""g1""#,
                r#""g\u0031""#,
                r#""g2""#,
            ]),
        ),
        weighted(0.4, select(vec![r#""s1""#, r#""g1""#])),
    );
    let results = vec![
        "ok",
        "tool_error",
        "rpc_error",
        "no_answer",
        "denied",
        "error",
    ];
    let result = weighted(0.6, select(results));
    (tool, identity, result, timestamp(), arguments())
        .prop_map(|(tool, (server, grant, session), result, ts, arguments)| {
            let mut fields = vec![format!(r#""tool":"{tool}""#), format!(r#""ts":{ts}"#)];
            fields.extend(server.map(|text| format!(r#""server":{text}"#)));
            fields.extend(grant.map(|text| format!(r#""grant": {text}"#)));
            fields.extend(session.map(|text| format!(r#""session":{text}"#)));
            fields.extend(result.map(|text| format!(r#""result":"{text}""#)));
            fields.extend(arguments);
            fields
        })
        .prop_shuffle()
        .prop_map(|fields| format!("{{{}}}", fields.join(",")))
}

/// The field that holds the arguments, if there is one.
fn arguments() -> impl Strategy<Value = Option<String>> {
    let name = || select(vec!["args", "args", "arguments", r"\u0061rgs"]);
    let not_object = select(vec![
        "[]",
        "[{\"amount\":1}]",
        "\"{}\"",
        "1",
        "true",
        "false",
    ]);
    prop_oneof![
        2 => Just(None),
        1 => name().prop_map(|name| Some(format!("\"{name}\":null"))),
        1 => (name(), not_object).prop_map(|(name, value)| Some(format!("\"{name}\": {value}"))),
        24 => (name(), object()).prop_map(|(name, object)| Some(format!("\"{name}\":{object}"))),
        19 => redacted().prop_map(Some),
        1 => select(vec!["\"sha256:0a\"", "\"\"", "null"])
            .prop_map(|hash| Some(format!("\"args_hash\":{hash}"))),
    ]
}

/// An object with usable amounts more often than not.
fn object() -> impl Strategy<Value = String> {
    let amount = prop_oneof![
        3 => select(vec!["1", "0.1", "0.10", "0.2", "0.8", "9e-1", "1.0", "1e0", "0", "-0", "2.5"]),
        1 => value_text(),
    ];
    let amount = weighted(0.7, (select(&KEYS[..2]), amount));
    let rest = (subsequence(vec![2, 3, 4, 6, 7, 8], 0..5), any::<bool>());
    (amount, rest, vec(value_text(), 6), any::<bool>())
        .prop_map(|(amount, (keys, escaped), values, spaced)| {
            let mut fields: Vec<String> = amount
                .map(|(key, value)| format!("{key}:{value}"))
                .into_iter()
                .collect();
            for (key, value) in keys.into_iter().zip(values) {
                let key = if key == 4 && escaped { 5 } else { key };
                let colon = if spaced { " : " } else { ":" };
                fields.push(format!("{}{colon}{value}", KEYS[key]));
            }
            fields
        })
        .prop_shuffle()
        .prop_map(|fields| format!("{{{}}}", fields.join(",")))
}

/// The names of the arguments only; rules and amounts mostly ask for the amount.
fn redacted() -> impl Strategy<Value = String> {
    let amount = weighted(0.8, Just("amount"));
    let rest = subsequence(FIELDS[1..].to_vec(), 0..FIELDS.len());
    (amount, rest, any::<bool>()).prop_map(|(amount, rest, escaped)| {
        let keys: Vec<&str> = rest.into_iter().chain(amount).collect();
        let text = json!(keys).to_string();
        let text = if escaped {
            text.replace("amount", r"\u0061mount")
        } else {
            text
        };
        format!(r#""arg_keys":{text}"#)
    })
}

/// Two runs of days, each with its middle day's first instant in seconds since 1970.
const DAYS: [(i64, [&str; 5]); 2] = [
    (
        1_772_323_200,
        [
            "2026-02-27",
            "2026-02-28",
            "2026-03-01",
            "2026-03-02",
            "2026-03-03",
        ],
    ),
    (
        1_709_164_800,
        [
            "2024-02-27",
            "2024-02-28",
            "2024-02-29",
            "2024-03-01",
            "2024-03-02",
        ],
    ),
];

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A `ts` near the edge of a window, as JSON.
fn timestamp() -> impl Strategy<Value = String> {
    let edge = select(vec![
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, -60, 3_600, -3_600, 86_400, -1_800,
    ]);
    let near = prop_oneof![
        3 => select(vec![-SECOND, -1_000_000, -1, 0, 0, 1, 1_000_000, 2 * SECOND, 59 * SECOND]),
        3 => (0_i64..60_000).prop_map(|milliseconds| milliseconds * 1_000_000),
    ];
    let east = select(vec![0, 0, 330, -210, 345, 840, -720, -1]);
    let days = prop_oneof![16 => Just(DAYS[0]), 1 => Just(DAYS[1])];
    let (zulu, digits) = (any::<bool>(), 0_usize..10);
    (
        days,
        edge,
        near,
        east,
        (zulu, digits, weighted(0.2, Just(()))),
    )
        .prop_map(
            |((midnight, days), edge, near, east, (zulu, digits, as_number))| {
                let since_midnight = edge * SECOND + near;
                if as_number.is_some() && since_midnight % 1_000_000 == 0 {
                    return (midnight * 1_000 + since_midnight / 1_000_000).to_string();
                }
                let zone = if zulu && east == 0 {
                    "Z".to_owned()
                } else {
                    offset(east)
                };
                let local = since_midnight + east * 60 * SECOND;
                format!("\"{}{zone}\"", date_time(&days, local, digits))
            },
        )
}

fn offset(east: i64) -> String {
    let sign = if east < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", east.abs() / 60, east.abs() % 60)
}

/// Date and time of `local` nanoseconds after the middle day's start, with at least `digits` digits
/// of a second.
fn date_time(days: &[&str; 5], local: i64, digits: usize) -> String {
    let day = usize::try_from(local.div_euclid(DAY) + 2).expect("within the five days");
    let (seconds, fraction) = (local.rem_euclid(DAY) / SECOND, local.rem_euclid(SECOND));
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let nine = format!("{fraction:09}");
    let needed = nine.trim_end_matches('0').len().max(digits);
    let point = if needed == 0 { "" } else { "." };
    format!(
        "{}T{hour:02}:{minute:02}:{second:02}{point}{}",
        days[day],
        &nine[..needed]
    )
}
