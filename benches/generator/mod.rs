//! Makes up traces for measuring: records like those that agents leave behind, in the order of
//! time, the same bytes for the same [`Shape`] on any machine.

// Each bench target uses its own part of this module.
#![allow(dead_code)]

mod random;
mod record;
mod tools;

use std::time::{Duration, UNIX_EPOCH};

use random::Random;
use record::Json;
use tools::{KINDS, Kind, UNLISTED};

/// 2026-03-02T06:00:00Z, in milliseconds since 1970.
const START: u64 = 1_772_431_200_000;

/// What a trace is like.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// How many agents there are, at least 1.
    pub grants: u64,
    /// How many tools a policy would list, at least 1. They take turns at the kinds of tools.
    pub tools: u64,
    /// What chance starts from.
    pub seed: u64,
}

impl Default for Shape {
    fn default() -> Self {
        Shape {
            grants: 100,
            tools: KINDS.len() as u64,
            seed: 1,
        }
    }
}

/// A tool that is called.
struct Called {
    kind: &'static Kind,
    server: &'static str,
    name: String,
}

/// Gives one record after the other.
pub struct Generator {
    shape: Shape,
    random: Random,
    /// Time of the next record, in milliseconds since 1970.
    now: u64,
    /// Who makes the next calls, and how many of them.
    grant: u64,
    calls_left: u64,
    args: String,
}

impl Generator {
    /// A trace of this shape, from its start.
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            random: Random::new(shape.seed),
            now: START,
            grant: 0,
            calls_left: 0,
            args: String::new(),
        }
    }

    /// Appends the next record to `out`, with its line end.
    pub fn write_record(&mut self, out: &mut String) {
        self.now += self.gap();
        self.take_turns();
        let Called { kind, server, name } = self.called();
        self.write_args(kind);
        let time = humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(self.now));
        let fields = [
            format!(r#""ts":"{time}""#),
            format!(r#""session":"{}""#, self.session()),
            format!(r#""grant":"{}""#, grant_name(self.grant)),
            format!(r#""server":"{server}""#),
            format!(r#""tool":"{name}""#),
            format!(r#""args":{}"#, self.args),
        ];
        let result = self.result();
        // Recorders are programs: each keeps to an order, and few differ.
        let order = match self.random.below(40) {
            0 => [4, 5, 0, 2, 1, 3],
            1 => [5, 4, 3, 2, 1, 0],
            _ => [0, 1, 2, 3, 4, 5],
        };
        for (place, field) in order.into_iter().enumerate() {
            out.push(if place == 0 { '{' } else { ',' });
            out.push_str(&fields[field]);
        }
        if let Some(result) = result {
            out.push_str(r#","result":""#);
            out.push_str(result);
            out.push('"');
        }
        out.push_str("}\n");
    }

    /// Milliseconds to the next call: mostly a moment, at times a pause.
    fn gap(&mut self) -> u64 {
        match self.random.below(10_000) {
            0 => self.random.between(60_000, 600_000),
            1..40 => self.random.between(500, 5_000),
            _ => self.random.below(90),
        }
    }

    /// Agents work in runs of calls. Some work more than others.
    fn take_turns(&mut self) {
        if self.calls_left == 0 {
            let grants = self.shape.grants;
            self.grant = self.random.below(grants).min(self.random.below(grants));
            self.calls_left = 1 + self.random.skewed(60);
        }
        self.calls_left -= 1;
    }

    /// What is called. One call in ten is to a tool that is not listed.
    fn called(&mut self) -> Called {
        let place = self.kind();
        let kind = &KINDS[place];
        if self.random.below(10) == 0 {
            let (name, server) = self.random.pick(&UNLISTED);
            let name = name.to_owned();
            return Called { kind, server, name };
        }
        let copies = (self.shape.tools - place as u64).div_ceil(KINDS.len() as u64);
        Called {
            kind,
            server: kind.server,
            name: tool_name(kind.name, self.random.below(copies)),
        }
    }

    /// The place of a kind, by its weight.
    fn kind(&mut self) -> usize {
        let kinds = &KINDS[..KINDS.len().min(index(self.shape.tools))];
        let all: u64 = kinds.iter().map(|kind| kind.weight).sum();
        let mut chosen = self.random.below(all);
        let mut place = 0;
        while chosen >= kinds[place].weight {
            chosen -= kinds[place].weight;
            place += 1;
        }
        place
    }

    fn write_args(&mut self, kind: &Kind) {
        self.args.clear();
        let ascii_only = self.random.below(12) == 0;
        let mut json = Json::new(&mut self.args, ascii_only);
        json.object(|json| (kind.args)(&mut self.random, json));
    }

    /// A conversation lasts for half an hour.
    fn session(&self) -> String {
        let mut of_both = Random::new(self.grant ^ (self.now / 1_800_000) << 24);
        format!("s-{:08x}", of_both.below(1 << 32))
    }

    fn result(&mut self) -> Option<&'static str> {
        match self.random.below(200) {
            0..10 => Some("tool_error"),
            10..13 => Some("rpc_error"),
            13 => Some("no_answer"),
            14..24 => None,
            _ => Some("ok"),
        }
    }
}

/// The name of the copy numbered `copy` of a tool: the first has the tool's own.
fn tool_name(kind: &str, copy: u64) -> String {
    match copy {
        0 => kind.to_owned(),
        _ => format!("{kind}_{copy}"),
    }
}

fn grant_name(number: u64) -> String {
    const ROLES: [&str; 7] = [
        "triage", "docs", "deploy", "support", "billing", "review", "research",
    ];
    let roles = ROLES.len() as u64;
    format!("agent-{}-{}", ROLES[index(number % roles)], number / roles)
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A trace of so many calls.
pub fn trace(calls: usize, shape: Shape) -> String {
    let mut generator = Generator::new(shape);
    let mut text = String::new();
    for _ in 0..calls {
        generator.write_record(&mut text);
    }
    text
}
