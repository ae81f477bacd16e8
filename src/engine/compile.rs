//! `Policy` to `CompiledPolicy`: everything that can be prepared before the first call.
//!
//! Argument paths are numbered, so that one walk over a call's arguments finds all that are asked
//! for, and so are counters, so that a count is found by a few small integers. What holds for every
//! tool is kept once, beside what holds for each ([`Tool`] is the two together).

use std::collections::BTreeMap;

use foldhash::HashSet;

use super::condition::{Needle, Needles, Paths, PreparedTest, Sought};
use super::names::Names;
use crate::policy::condition::{ArgPath, Condition, Subject, Test};
use crate::policy::limit::{Amount, CounterKey, CounterScope, Limit, Max, Window};
use crate::policy::{self, Clause, Effect, Policy, Posture, Semantics, Windows};
use crate::span::Span;

/// Numbers a clause (a rule or a limit) of a compiled policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClauseId(pub u32);

/// Whether tools that use one counter name share a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CounterScoping {
    /// Each tool has its own.
    #[default]
    Tool,
    /// The tools of a policy share it.
    Policy,
}

/// A policy, ready to decide.
#[derive(Debug)]
pub struct CompiledPolicy {
    pub(super) semantics: Semantics,
    /// What holds for each listed tool, numbered; [`UNLISTED`] is empty.
    own: Vec<Part>,
    /// What holds for every tool.
    everywhere: Part,
    named: Names<Named>,
    pub(super) default: Posture,
    hide_all: Option<u32>,
    /// Pointer and bytes of each entry of `hide`.
    hide_places: Vec<(String, Span)>,
    default_span: Span,
    clauses: Vec<CompiledClause>,
    counters: usize,
}

/// What a policy says of a tool by its name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Named {
    /// Its number, if it is listed.
    pub(super) listed: Option<u32>,
    /// The first entry of `hide` that hides it.
    pub(super) hidden_by: Option<u32>,
}

#[derive(Debug)]
struct CompiledClause {
    clause: Clause,
    limit: Option<(Limit, CounterId)>,
    telling_span: Span,
}

/// The place of the tools that a policy does not list.
pub(super) const UNLISTED: u32 = 0;

/// Rules and limits that ask for the same arguments.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) rules: Vec<CompiledRule>,
    pub(super) limits: Vec<CompiledLimit>,
    pub(super) paths: Paths,
}

impl Part {
    /// Whether anything in it depends on a call's arguments.
    pub(super) fn asks_arguments(&self) -> bool {
        !self.rules.is_empty() || self.paths.len() > 0
    }
}

/// What holds for the calls of one tool: its own part, then that of every tool. Rules, limits and
/// paths are numbered through both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tool<'p> {
    pub(super) own: &'p Part,
    pub(super) everywhere: &'p Part,
}

impl<'p> Tool<'p> {
    pub(super) fn rules(self) -> impl Iterator<Item = &'p CompiledRule> {
        self.own.rules.iter().chain(&self.everywhere.rules)
    }

    pub(super) fn rule(self, place: usize) -> &'p CompiledRule {
        match place.checked_sub(self.own.rules.len()) {
            None => &self.own.rules[place],
            Some(place) => &self.everywhere.rules[place],
        }
    }

    pub(super) fn limits(self) -> impl Iterator<Item = &'p CompiledLimit> {
        self.own.limits.iter().chain(&self.everywhere.limits)
    }

    pub(super) fn has_limits(self) -> bool {
        !(self.own.limits.is_empty() && self.everywhere.limits.is_empty())
    }

    pub(super) fn path(self, number: usize) -> &'p ArgPath {
        match number.checked_sub(self.own.paths.len()) {
            None => self.own.paths.path(number),
            Some(number) => self.everywhere.paths.path(number),
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct CompiledRule {
    pub(super) effect: Effect,
    pub(super) conditions: Vec<CompiledCondition>,
    pub(super) clause: ClauseId,
    /// Whether a condition reads a counter.
    pub(super) reads_counters: bool,
}

#[derive(Debug, Clone)]
pub(super) struct CompiledCondition {
    pub(super) subject: CompiledSubject,
    pub(super) test: PreparedTest,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum CompiledSubject {
    /// The argument at this place of [`Paths`].
    Argument(usize),
    Counter(CounterId),
}

/// Numbers a counter of a compiled policy. Counters of one tool and of all tools never coincide,
/// but where a tool of the Intercept engine is called `_global`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CounterId(pub(super) u32);

#[derive(Debug, Clone)]
pub(super) struct CompiledLimit {
    pub(super) counter: CounterId,
    pub(super) window: Window,
    pub(super) max: Max,
    pub(super) amount: CompiledAmount,
    /// False if an earlier limit of the same call counts the same thing on the same counter: a
    /// counter counts a call once, however many limits ask it.
    pub(super) charges: bool,
    pub(super) clause: ClauseId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CompiledAmount {
    Fixed(i64),
    /// Read exactly from the argument at this place of [`Paths`].
    Exact(usize),
    /// Read as float64 and truncated.
    Truncated(usize),
}

impl CompiledPolicy {
    /// Prepares `policy`.
    pub fn new(policy: &Policy, scoping: CounterScoping) -> Self {
        let mut compiler = Compiler {
            clauses: Vec::new(),
            counters: BTreeMap::new(),
            scoping,
            windows: policy.semantics.windows,
        };
        let everywhere = compiler.part(&policy.every_tool);
        let mut own = vec![Part::default()];
        let mut named = Names::<Named>::default();
        for (tool, number) in policy.tools.iter().zip(UNLISTED + 1..) {
            own.push(compiler.part(&tool.rules));
            named.of(&tool.name.value).listed = Some(number);
        }
        for (hidden, entry) in policy.hide.iter().zip(0..) {
            // Of a name that stands twice, the first entry is the one that hides.
            named.of(&hidden.name.value).hidden_by.get_or_insert(entry);
        }
        Self {
            semantics: policy.semantics,
            own,
            everywhere,
            hide_all: named.get("*").and_then(|all| all.hidden_by),
            named,
            default: policy.default,
            hide_places: policy
                .hide
                .iter()
                .map(|h| (h.pointer.clone(), h.name.span))
                .collect(),
            default_span: policy.default_span,
            clauses: compiler.clauses,
            counters: compiler.counters.len(),
        }
    }

    /// The tool numbered `number`.
    pub(super) fn tool(&self, number: u32) -> Tool<'_> {
        Tool {
            own: &self.own[number as usize],
            everywhere: &self.everywhere,
        }
    }

    /// Every tool, by number.
    pub(super) fn tools(&self) -> impl Iterator<Item = Tool<'_>> {
        self.own.iter().map(|own| Tool {
            own,
            everywhere: &self.everywhere,
        })
    }

    /// What the policy says of `tool` by its name, or by `*`.
    pub(super) fn named(&self, tool: &str) -> Named {
        let mut named = self.named.get(tool).copied().unwrap_or_default();
        if let Some(all) = self.hide_all {
            named.hidden_by = Some(named.hidden_by.map_or(all, |entry| entry.min(all)));
        }
        named
    }

    /// Every clause with its number, in the order of the policy.
    pub fn clauses(&self) -> impl Iterator<Item = (ClauseId, &Clause)> {
        (0..)
            .zip(&self.clauses)
            .map(|(id, compiled)| (ClauseId(id), &compiled.clause))
    }

    /// Every limit with its number, in the order of the policy.
    pub fn limits(&self) -> impl Iterator<Item = (ClauseId, &Limit)> {
        let numbered = (0..).zip(&self.clauses);
        numbered.filter_map(|(id, c)| Some((ClauseId(id), &c.limit.as_ref()?.0)))
    }

    /// The clause numbered `id`.
    pub fn clause(&self, id: ClauseId) -> &Clause {
        &self.clauses[id.0 as usize].clause
    }

    /// The limit numbered `id`, if that clause is one.
    pub fn limit(&self, id: ClauseId) -> Option<&Limit> {
        self.clauses[id.0 as usize]
            .limit
            .as_ref()
            .map(|(limit, _)| limit)
    }

    /// The counter of the limit numbered `id`.
    pub(super) fn counter(&self, id: ClauseId) -> Option<CounterId> {
        self.clauses[id.0 as usize]
            .limit
            .as_ref()
            .map(|(_, counter)| *counter)
    }

    /// The bytes of a clause that say most: a rule's first condition, or the whole clause.
    pub(super) fn telling_span(&self, id: ClauseId) -> Span {
        self.clauses[id.0 as usize].telling_span
    }

    /// How many clauses there are.
    pub fn clause_count(&self) -> usize {
        self.clauses.len()
    }

    /// How many counters there are.
    pub(super) fn counter_count(&self) -> usize {
        self.counters
    }

    pub(super) fn hide_place(&self, entry: u32) -> (&str, Span) {
        let (pointer, span) = &self.hide_places[entry as usize];
        (pointer, *span)
    }

    pub(super) fn default_place(&self) -> (&'static str, Span) {
        ("/default", self.default_span)
    }
}

struct Compiler {
    clauses: Vec<CompiledClause>,
    counters: BTreeMap<(CounterKey, Option<Window>), CounterId>,
    scoping: CounterScoping,
    windows: Windows,
}

impl Compiler {
    fn part(&mut self, rules: &policy::Rules) -> Part {
        let mut part = Part::default();
        for rule in &rules.rules {
            let telling = rule.conditions.first().map_or(rule.clause.span, |c| c.span);
            let clause = self.clause(&rule.clause, telling, None);
            part.rules.push(self.rule(rule, clause, &mut part.paths));
        }
        let mut charged = HashSet::default();
        for limit in &rules.limits {
            let clause = self.clause(&limit.clause, limit.clause.span, Some(limit));
            let limit = self.limit(limit, clause, &mut part.paths);
            let first = charged.insert((limit.counter, limit.amount));
            // The Intercept engine reserves once for each limit.
            let charges = first || self.windows == Windows::LatestOnly;
            part.limits.push(CompiledLimit { charges, ..limit });
        }
        part
    }

    fn clause(&mut self, clause: &Clause, telling_span: Span, limit: Option<&Limit>) -> ClauseId {
        let id = u32::try_from(self.clauses.len()).expect("a policy file is at most 16 MiB");
        let limit = limit.map(|l| (l.clone(), self.counter(&l.counter, Some(l.window))));
        self.clauses.push(CompiledClause {
            clause: clause.clone(),
            limit,
            telling_span,
        });
        ClauseId(id)
    }

    fn rule(&mut self, rule: &policy::Rule, clause: ClauseId, paths: &mut Paths) -> CompiledRule {
        let conditions: Vec<_> = rule
            .conditions
            .iter()
            .map(|c| self.condition(c, paths))
            .collect();
        let reads_counters = conditions
            .iter()
            .any(|c| matches!(c.subject, CompiledSubject::Counter(_)));
        CompiledRule {
            effect: rule.effect,
            conditions,
            clause,
            reads_counters,
        }
    }

    fn condition(&mut self, condition: &Condition, paths: &mut Paths) -> CompiledCondition {
        let subject = match &condition.subject {
            Subject::Argument(path) => CompiledSubject::Argument(paths.number(path)),
            Subject::Counter(key) => CompiledSubject::Counter(self.counter(key, None)),
        };
        CompiledCondition {
            subject,
            test: prepare(&condition.test),
        }
    }

    fn limit(&mut self, limit: &Limit, clause: ClauseId, paths: &mut Paths) -> CompiledLimit {
        let mut number = |path: &ArgPath| paths.number(path);
        let amount = match &limit.amount {
            Amount::Fixed(n) => CompiledAmount::Fixed(*n),
            Amount::Exact(path) => CompiledAmount::Exact(number(path)),
            Amount::Truncated(path) => CompiledAmount::Truncated(number(path)),
        };
        CompiledLimit {
            counter: self.counter(&limit.counter, Some(limit.window)),
            window: limit.window,
            max: limit.max,
            amount,
            charges: true,
            clause,
        }
    }

    /// The number of a counter. Where a counter remembers one window only, its key says nothing
    /// of the window: two limits of different windows overwrite each other's.
    fn counter(&mut self, key: &CounterKey, window: Option<Window>) -> CounterId {
        let mut key = key.clone();
        if self.scoping == CounterScoping::Policy && matches!(key.scope, CounterScope::Tool(_)) {
            key.scope = CounterScope::Tool(String::new());
        }
        let window = match self.windows {
            Windows::EachItsOwn => window,
            Windows::LatestOnly => None,
        };
        let next = u32::try_from(self.counters.len()).expect("a policy file is at most 16 MiB");
        *self
            .counters
            .entry((key, window))
            .or_insert(CounterId(next))
    }
}

fn prepare(test: &Test) -> PreparedTest {
    match test {
        Test::Eq(value) => PreparedTest::Eq(Needle::new(value)),
        Test::Neq(value) => PreparedTest::Neq(Needle::new(value)),
        Test::In(values) => PreparedTest::In(Needles::new(values)),
        Test::NotIn(values) => PreparedTest::NotIn(Needles::new(values)),
        Test::Compare(ordering, number) => PreparedTest::Compare(*ordering, *number),
        Test::Regex(pattern) => PreparedTest::Regex(pattern.clone()),
        Test::Contains(value) => PreparedTest::Contains(Box::new(Sought::new(value))),
        Test::Exists(wanted) => PreparedTest::Exists(*wanted),
    }
}
