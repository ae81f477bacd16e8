//! How often the clauses of a policy were evaluated, fired and decided while a trace was replayed.

use super::compile::{ClauseId, CompiledPolicy};
use super::decision::{Decision, Reason};
use super::judge::Verdict;

/// What became of the clauses of one policy. Both a tool's rules and its limits are evaluated in
/// order, so how far each call came says which were evaluated: memory and time for each call do
/// not grow with the number of clauses.
#[derive(Debug)]
pub struct Coverage {
    tools: Vec<Reached>,
    /// By clause: the calls that it decided.
    decided: Vec<u64>,
    /// By clause: the calls that an earlier rule decided, and that it would have denied too.
    behind: Vec<u64>,
}

/// How many calls came how far: `rules[n]` came to the first n rules and no further.
#[derive(Debug, Clone, Default)]
struct Reached {
    rules: Vec<u64>,
    limits: Vec<u64>,
}

/// How often a clause was exercised, in calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exercise {
    /// The calls that came to it: nothing before it had refused them.
    pub evaluated: u64,
    /// The calls that it refused, or would have refused had no rule before it done so. The latter
    /// are counted only if every rule was judged, and never for limits.
    pub fired: u64,
    /// The calls that it refused.
    pub decided: u64,
}

impl Exercise {
    /// Both together: for clauses that stand at one place.
    fn and(self, other: Exercise) -> Exercise {
        Exercise {
            evaluated: self.evaluated.max(other.evaluated),
            fired: self.fired + other.fired,
            decided: self.decided + other.decided,
        }
    }
}

impl Coverage {
    /// Nothing looked at yet.
    pub fn new(policy: &CompiledPolicy) -> Self {
        Self {
            tools: vec![Reached::default(); policy.tools().count()],
            decided: vec![0; policy.clause_count()],
            behind: vec![0; policy.clause_count()],
        }
    }

    /// Notes what deciding a call looked at.
    pub fn note(&mut self, policy: &CompiledPolicy, verdict: &Verdict, decision: &Decision) {
        let Verdict::Judged(judged) = verdict else {
            return;
        };
        let tool = policy.tool(judged.tool);
        let (mut rules, mut limits) = (tool.rules().count(), tool.limits().count());
        if let Some(Reason::Clause(clause) | Reason::UnusableAmount(clause)) = decision.reason() {
            self.decided[clause.0 as usize] += 1;
            match tool.rules().position(|rule| rule.clause == clause) {
                Some(place) => (rules, limits) = (place + 1, 0),
                None => {
                    let place = tool.limits().position(|limit| limit.clause == clause);
                    limits = place.map_or(0, |place| place + 1);
                }
            }
        }
        for &place in judged.also_deny() {
            let clause = tool.rule(place as usize).clause;
            self.behind[clause.0 as usize] += 1;
        }
        let reached = &mut self.tools[judged.tool as usize];
        count(&mut reached.rules, rules);
        count(&mut reached.limits, limits);
    }

    /// Adds what `other`, of the same policy, has counted.
    pub fn add(&mut self, other: &Coverage) {
        for (tool, others) in self.tools.iter_mut().zip(&other.tools) {
            add(&mut tool.rules, &others.rules);
            add(&mut tool.limits, &others.limits);
        }
        add(&mut self.decided, &other.decided);
        add(&mut self.behind, &other.behind);
    }

    /// How often each clause was exercised, by its number.
    fn exercises(&self, policy: &CompiledPolicy) -> Vec<Exercise> {
        let refused = self.decided.iter().zip(&self.behind);
        let mut exercises: Vec<_> = refused
            .map(|(&decided, &behind)| Exercise {
                evaluated: 0,
                fired: decided + behind,
                decided,
            })
            .collect();
        for (tool, reached) in policy.tools().zip(&self.tools) {
            let rules = tool.rules().map(|rule| rule.clause);
            let limits = tool.limits().map(|limit| limit.clause);
            let rules = rules.zip(came_to(&reached.rules));
            for (clause, calls) in rules.chain(limits.zip(came_to(&reached.limits))) {
                exercises[clause.0 as usize].evaluated += calls;
            }
        }
        exercises
    }

    /// How often each place of the policy was exercised, in the policy's order: a rule and its
    /// limit may share one, and are told together. The number is that of the first clause there.
    pub fn by_place(&self, policy: &CompiledPolicy) -> Vec<(ClauseId, Exercise)> {
        let mut places: Vec<(ClauseId, Exercise)> = Vec::new();
        let mut known = foldhash::HashMap::default();
        for ((id, clause), exercise) in policy.clauses().zip(self.exercises(policy)) {
            let place = *known.entry(clause.pointer.as_str()).or_insert(places.len());
            match places.get_mut(place) {
                Some((_, told)) => *told = told.and(exercise),
                None => places.push((id, exercise)),
            }
        }
        places
    }
}

fn count(calls: &mut Vec<u64>, depth: usize) {
    if calls.len() <= depth {
        calls.resize(depth + 1, 0);
    }
    calls[depth] += 1;
}

fn add(calls: &mut Vec<u64>, others: &[u64]) {
    if calls.len() < others.len() {
        calls.resize(others.len(), 0);
    }
    for (calls, others) in calls.iter_mut().zip(others) {
        *calls += others;
    }
}

/// How many calls came to the first, the second and so on, of which `ends` says how many came no
/// further.
fn came_to(ends: &[u64]) -> impl Iterator<Item = u64> {
    let mut left: u64 = ends.iter().sum();
    let further = ends.iter().map(move |ended| {
        left -= ended;
        left
    });
    further.chain(std::iter::repeat(0))
}
