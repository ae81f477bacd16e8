//! Owns the random conditions and calls that the analysis is checked with, and the engine's opinion
//! about them. Calls are made of the values that the conditions name, and of their neighbours.

use std::collections::BTreeMap;

use mcplint::analysis::{Declarations, Declared, Kind};
use mcplint::call::{Args, Outcome, ToolCall};
use mcplint::engine::{CompiledPolicy, CounterScoping, Counters, Decision, Replay, decide};
use mcplint::json::Tape;
use mcplint::policy::condition::{ArgPath, Condition, Ordering, Subject, Test};
use mcplint::policy::re2::Pattern;
use mcplint::policy::value::Value;
use mcplint::policy::{Clause, Effect, Policy, Posture, Rule, Rules, Semantics, Tool};
use mcplint::span::{Span, Spanned};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

// ---------------------------------------------------------------------------------------------
// Conditions

const PATHS: [&str; 5] = ["args.a", "args.b", "args.o", "args.o.k", "args.o.k.n"];

const PATTERNS: [&str; 24] = [
    "a",
    "^a",
    "^a$",
    "a$",
    "^[a-z]+$",
    "^[0-9]+$",
    "(?i)ab",
    "^https://x\\.com(/|$)",
    "x\\.com",
    "x.com",
    ".",
    ".*",
    "^$",
    "^.*$",
    "(?s)^.*$",
    "\\bab\\b",
    "\\B",
    "^\\[",
    "a^",
    "^\\S+$",
    "^[^/]+/[^/]+$",
    "é",
    "(?m)^a$",
    "^(?:1|true|<nil>)$",
];

/// Values of policies, chosen for what they equal and what they do not.
fn values() -> Vec<Value> {
    let text = |text: &str| Value::Text(text.to_owned());
    let list = Value::List;
    let map = |entries: &[(&str, Value)]| {
        let entries = entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()));
        Value::Map(entries.collect())
    };
    vec![
        Value::Null,
        Value::Bool(true),
        Value::Bool(false),
        Value::Int(0),
        Value::Int(1),
        Value::Int(2),
        Value::Int(1_000_000),
        Value::Float(0.0),
        Value::Float(-0.0),
        Value::Float(1.0),
        Value::Float(1.5),
        Value::Float(1e6),
        Value::Float(1e21),
        Value::Float(f64::NAN),
        Value::Float(f64::INFINITY),
        text(""),
        text("1"),
        text("-0"),
        text("1e+06"),
        text("1000000"),
        text("+Inf"),
        text("true"),
        text("<nil>"),
        text("a"),
        text("ab"),
        text("A"),
        text("a b"),
        text("é"),
        text("[]"),
        text("[1 2]"),
        text("[a b 1]"),
        text("map[]"),
        text("map[k:1]"),
        text("map[k:map[n:1]]"),
        text("map[k:a n:1]"),
        text("map[k]"),
        Value::Opaque("18446744073709551615".to_owned()),
        Value::Opaque("2024-01-02 00:00:00 +0000 UTC".to_owned()),
        list(vec![]),
        list(vec![Value::Int(1_000_000)]),
        list(vec![Value::Float(1.0), text("2")]),
        map(&[]),
        map(&[("k", Value::Int(1))]),
        map(&[("k", map(&[("n", Value::Float(1.0))]))]),
    ]
}

/// What the conditions of one case speak of: little, so that they meet.
#[derive(Debug, Clone)]
pub struct World {
    paths: Vec<&'static str>,
    values: Vec<Value>,
    patterns: Vec<&'static str>,
}

pub fn world() -> impl Strategy<Value = World> {
    let paths = prop_oneof![
        2 => Just(vec!["args.a"]),
        2 => subsequence(PATHS.to_vec(), 1..=3),
        1 => Just(PATHS.to_vec()),
    ];
    let values = prop_oneof![
        2 => subsequence(values(), 1..=5),
        1 => Just(values()),
        2 => select(alike()),
    ];
    let patterns = subsequence(PATTERNS.to_vec(), 1..=4);
    (paths, values, patterns).prop_map(|(paths, values, patterns)| World {
        paths,
        values,
        patterns,
    })
}

/// Values that are told apart, or taken for one another, by how they print.
fn alike() -> Vec<Vec<Value>> {
    let texts = |texts: &[&str]| {
        texts
            .iter()
            .map(|t| Value::Text((*t).to_owned()))
            .collect::<Vec<_>>()
    };
    let with = |first: Vec<Value>, second: Vec<Value>| [first, second].concat();
    let million = Value::Int(1_000_000);
    vec![
        with(
            texts(&["1000000", "1e+06"]),
            vec![
                million.clone(),
                Value::Float(1e6),
                Value::List(vec![million]),
            ],
        ),
        with(
            texts(&["0", "-0"]),
            vec![Value::Int(0), Value::Float(0.0), Value::Float(-0.0)],
        ),
        with(
            texts(&["[1 2]", "1", "2", "1 2"]),
            vec![
                Value::List(vec![Value::Int(1), Value::Int(2)]),
                Value::Int(1),
            ],
        ),
        texts(&["map[k:1]", "map[k:map[n:1]]", "map[]", "map[n:1]", "1"]),
        with(
            texts(&["<nil>", "true"]),
            vec![Value::Null, Value::Bool(true)],
        ),
        with(
            texts(&["NaN", "+Inf"]),
            vec![Value::Float(f64::NAN), Value::Float(f64::INFINITY)],
        ),
    ]
}

pub fn condition(world: &World) -> impl Strategy<Value = Condition> + Clone + use<> {
    let tests = test(world.values.clone(), world.patterns.clone());
    (select(world.paths.clone()), tests).prop_map(|(path, test)| on(path, test))
}

/// A condition on an argument.
pub fn on(path: &str, test: Test) -> Condition {
    Condition {
        subject: Subject::Argument(path_of(path)),
        test,
        pointer: String::new(),
        span: Span::default(),
    }
}

pub fn path_of(path: &str) -> ArgPath {
    ArgPath::parse(path).expect("a path of arguments")
}

/// Tests with values and patterns of these.
pub fn test(values: Vec<Value>, patterns: Vec<&'static str>) -> BoxedStrategy<Test> {
    let value = || select(values.clone());
    let orderings = vec![
        Ordering::Less,
        Ordering::LessOrEqual,
        Ordering::Greater,
        Ordering::GreaterOrEqual,
    ];
    let numbers = vec![
        0.0,
        -0.0,
        1.0,
        1.0,
        1.5,
        2.0,
        1e6,
        -1.0,
        1e21,
        f64::MAX,
        f64::INFINITY,
        f64::NAN,
        5e-324,
    ];
    prop_oneof![
        3 => value().prop_map(Test::Eq),
        2 => value().prop_map(Test::Neq),
        2 => vec(value(), 0..4).prop_map(Test::In),
        2 => vec(value(), 0..4).prop_map(Test::NotIn),
        4 => (select(orderings), select(numbers)).prop_map(|(o, n)| Test::Compare(o, n)),
        4 => select(patterns).prop_map(|p| Test::Regex(Pattern::new(p).expect("RE2"))),
        3 => value().prop_map(Test::Contains),
        3 => any::<bool>().prop_map(Test::Exists),
    ]
    .boxed()
}

pub fn conditions(world: &World, most: usize) -> impl Strategy<Value = Vec<Condition>> + use<> {
    vec(condition(world), 0..=most)
}

pub fn rules(world: &World) -> impl Strategy<Value = Rules> + use<> {
    let rule = (any::<bool>(), vec(condition(world), 1..=3)).prop_map(|(required, conditions)| {
        match required {
            // What is required has to leave something to deny.
            true => rule(Effect::Require, &conditions[..1]),
            false => rule(Effect::DenyIf, &conditions),
        }
    });
    vec(rule, 0..=4).prop_map(|rules| Rules {
        rules,
        limits: Vec::new(),
    })
}

pub fn rule(effect: Effect, conditions: &[Condition]) -> Rule {
    Rule {
        effect,
        conditions: conditions.to_vec(),
        clause: Clause {
            pointer: String::new(),
            span: Span::default(),
            name: String::new(),
            message: String::new(),
        },
    }
}

pub fn declarations() -> impl Strategy<Value = Declarations> {
    let kinds = select(vec![
        None,
        Some(vec![Kind::Text]),
        Some(vec![Kind::Number]),
        Some(vec![Kind::Object]),
        Some(vec![Kind::List, Kind::Null]),
        Some(vec![Kind::Bool, Kind::Text]),
    ]);
    let bound = || proptest::option::weighted(0.2, select(vec![0.0, 1.0, 1.5, 2.0]));
    let enumeration = proptest::option::weighted(0.2, vec(select(values()), 0..4));
    let declared = (
        kinds,
        any::<bool>(),
        any::<bool>(),
        bound(),
        bound(),
        enumeration,
    )
        .prop_map(
            |(kinds, whole, required, minimum, exclusive_maximum, values)| Declared {
                kinds,
                whole,
                required,
                minimum,
                exclusive_maximum,
                values,
                ..Declared::default()
            },
        );
    proptest::collection::btree_map(select(&PATHS[..]).prop_map(path_of), declared, 0..3)
}

// ---------------------------------------------------------------------------------------------
// Calls

/// A small generator of random numbers, for what need not shrink.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % sides.max(1)
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.roll(from.len())]
    }
}

/// Arguments made of what the conditions name: for each path, what may stand there.
pub struct Calls {
    candidates: BTreeMap<ArgPath, Vec<Value>>,
}

impl Calls {
    pub fn about<'c>(conditions: impl IntoIterator<Item = &'c Condition>) -> Self {
        let mut candidates: BTreeMap<ArgPath, Vec<Value>> = BTreeMap::new();
        for condition in conditions {
            if let Subject::Argument(path) = &condition.subject {
                candidates
                    .entry(path.clone())
                    .or_default()
                    .extend(neighbours(&condition.test));
            }
        }
        Self { candidates }
    }

    pub fn roll(&self, dice: &mut Dice) -> Value {
        let mut arguments = Vec::new();
        for (path, candidates) in &self.candidates {
            let value = match dice.roll(8) {
                0 => continue,
                1 => dice.pick(&anything()).clone(),
                _ => dice.pick(candidates).clone(),
            };
            // A path comes after its parents. What stands at a parent is kept now and then.
            put(&mut arguments, &path.fields, value, dice.roll(3) == 0);
        }
        Value::Map(arguments)
    }
}

fn put(entries: &mut Vec<(String, Value)>, fields: &[String], value: Value, keep: bool) {
    let (name, rest) = fields.split_first().expect("a path has a field");
    let at = entries
        .binary_search_by(|(key, _)| key.cmp(name))
        .unwrap_or_else(|at| {
            let empty = if rest.is_empty() {
                Value::Null
            } else {
                Value::Map(Vec::new())
            };
            entries.insert(at, (name.clone(), empty));
            at
        });
    let entry = &mut entries[at].1;
    if rest.is_empty() {
        *entry = value;
        return;
    }
    if !matches!(entry, Value::Map(_)) && !keep {
        *entry = Value::Map(Vec::new());
    }
    if let Value::Map(entries) = entry {
        put(entries, rest, value, keep);
    }
}

pub fn anything() -> Vec<Value> {
    let mut all: Vec<Value> = values().iter().filter_map(as_argument).collect();
    for text in [
        "x",
        "\n",
        "a\nb",
        "ab ab",
        "https://x.com",
        "xacom/..",
        "aéa",
        "k/ n",
        "7",
    ] {
        all.push(Value::Text(text.to_owned()));
    }
    all
}

/// Tests of all kinds.
pub fn any_test() -> impl Strategy<Value = Test> {
    test(values(), PATTERNS.to_vec())
}

/// Values that tell a test from one that is nearly the same.
pub fn neighbours(test: &Test) -> Vec<Value> {
    match test {
        Test::Eq(value) | Test::Neq(value) | Test::Contains(value) => near(value),
        Test::In(values) | Test::NotIn(values) => values.iter().flat_map(near).collect(),
        Test::Compare(_, number) => near(&Value::Float(*number)),
        Test::Regex(_) => anything()
            .into_iter()
            .filter(|v| matches!(v, Value::Text(_)))
            .collect(),
        Test::Exists(_) => vec![Value::Null, Value::Bool(false), Value::Map(Vec::new())],
    }
    .into_iter()
    .chain([Value::Null])
    .collect()
}

fn near(value: &Value) -> Vec<Value> {
    let printed = value.printed();
    let text = |text: String| Value::Text(text);
    let mut all = vec![
        text(printed.clone()),
        text(format!("{printed}x")),
        text(format!("a{printed}")),
        text(printed.to_uppercase()),
        Value::List(vec![text(printed.clone())]),
        Value::List(vec![text("z".into()), text(printed.clone())]),
    ];
    if let Some(inner) = printed
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        all.push(Value::List(
            inner.split(' ').map(|item| text(item.into())).collect(),
        ));
        all.push(Value::List(vec![text(inner.into())]));
    }
    if let Some(argument) = as_argument(value) {
        all.push(Value::List(vec![argument.clone()]));
        all.push(argument);
    }
    if let Some(n) = value.as_number().filter(|n| !n.is_nan()) {
        for n in [n.next_up(), n.next_down(), n + 1.0, n - 1.0, -n, n / 2.0] {
            all.push(Value::Float(n));
        }
    }
    all
}

/// The argument that is written as `value` is.
fn as_argument(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Int(n) => Value::Float(*n as f64),
        Value::Float(n) if n.is_nan() => return None,
        Value::Opaque(_) => return None,
        Value::List(items) => Value::List(items.iter().filter_map(as_argument).collect()),
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .filter_map(|(k, v)| Some((k.clone(), as_argument(v)?)));
            Value::Map(entries.collect())
        }
        other => other.clone(),
    })
}

/// What stands at `path` in `arguments`.
pub fn look_up<'v>(arguments: &'v Value, path: &ArgPath) -> Option<&'v Value> {
    path.fields
        .iter()
        .try_fold(arguments, |value, name| match value {
            Value::Map(entries) => entries.iter().find(|(key, _)| key == name).map(|(_, v)| v),
            _ => None,
        })
}

/// An argument as JSON.
pub fn json(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(n) if n.is_infinite() => {
            (if *n < 0.0 { "-1e400" } else { "1e400" }).to_owned()
        }
        Value::Float(n) => format!("{n:e}"),
        Value::Text(text) | Value::Opaque(text) => serde_json::json!(text).to_string(),
        Value::List(items) => {
            format!(
                "[{}]",
                items.iter().map(json).collect::<Vec<_>>().join(", ")
            )
        }
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(k, v)| format!("{}: {}", serde_json::json!(k), json(v)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

// ---------------------------------------------------------------------------------------------
// The engine's opinion

/// Rules as the engine applies them to a tool.
pub struct Judge(CompiledPolicy);

impl Judge {
    pub fn of(rules: &[&Rules]) -> Self {
        let all = rules.iter().flat_map(|rules| rules.rules.clone());
        let tool = Tool {
            name: Spanned::new("t".to_owned(), Span::default()),
            pointer: String::new(),
            span: Span::default(),
            rules: Rules {
                rules: all.collect(),
                limits: Vec::new(),
            },
        };
        let policy = Policy {
            default: Posture::Deny,
            default_span: Span::default(),
            hide: Vec::new(),
            tools: vec![tool],
            every_tool: Rules::default(),
            semantics: Semantics::GATEWAY,
        };
        Self(CompiledPolicy::new(&policy, CounterScoping::Tool))
    }

    /// Rules that let through what meets `conditions`.
    pub fn requiring(conditions: &[Condition]) -> Self {
        let rules = Rules {
            rules: vec![rule(Effect::Require, conditions)],
            limits: Vec::new(),
        };
        Self::of(&[&rules])
    }

    /// Whether the engine lets a call with these arguments through.
    pub fn allows(&self, arguments: &str) -> bool {
        let mut tape = Tape::default();
        let object = tape.read(arguments, Span::new(0, arguments.len()));
        let object = object.expect("the arguments are JSON");
        let arguments = object.expect("the arguments are an object");
        let call = ToolCall {
            line: 1,
            ts: None,
            ts_text: None,
            session: None,
            grant: None,
            server: None,
            tool: "t".into(),
            args: Args::Object(arguments),
            outcome: Outcome::Unspecified,
            in_batch: false,
            stated: None,
        };
        let decision = decide(
            &self.0,
            &mut Counters::new(&self.0),
            &call,
            Replay::default(),
        );
        decision.expect("nothing counts") == Decision::Allow
    }
}

// ---------------------------------------------------------------------------------------------
// Patterns

/// Patterns over the characters of [`short_strings`], with everything that looks around.
pub fn pattern() -> impl Strategy<Value = String> {
    let leaf = select(vec![
        "a", "a", "b", "é", " ", "\\n", ".", "(?s:.)", "[ab]", "[^a]", "\\s", "^", "$", "\\A",
        "\\z", "\\b", "\\B", "(?m:^)", "(?m:$)", "(?i:A)", "",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 12, 3, |part| {
            let repeated = (
                part.clone(),
                select(vec!["*", "+", "?", "*?", "{2}", "{0,2}"]),
            );
            prop_oneof![
                4 => vec(part.clone(), 1..=3).prop_map(|parts| parts.concat()),
                2 => vec(part, 2..=3).prop_map(|parts| format!("(?:{})", parts.join("|"))),
                1 => repeated.prop_map(|(part, times)| format!("(?:{part}){times}")),
            ]
        })
}

/// All strings of up to four of some characters.
pub fn short_strings() -> Vec<String> {
    let mut all = vec![String::new()];
    let mut longest = all.clone();
    for _ in 0..4 {
        let longer = |text: &String| ["a", "b", " ", "\n", "é"].map(|c| format!("{text}{c}"));
        longest = longest.iter().flat_map(longer).collect();
        all.extend(longest.clone());
    }
    all
}
