//! Which clauses of a policy were looked at while a trace was replayed.

use super::compile::{ClauseId, CompiledPolicy};
use super::decision::{Decision, Reason};
use super::judge::Verdict;

/// How far into each tool's rules and limits any call came: both are evaluated in order, so a
/// prefix says it all.
#[derive(Debug)]
pub struct Coverage {
    tools: Vec<Reached>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Reached {
    rules: usize,
    limits: usize,
}

impl Coverage {
    /// Nothing looked at yet.
    pub fn new(policy: &CompiledPolicy) -> Self {
        Self {
            tools: vec![Reached::default(); policy.tools().count()],
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
            match tool.rules().position(|rule| rule.clause == clause) {
                Some(place) => (rules, limits) = (place + 1, 0),
                None => {
                    let place = tool.limits().position(|limit| limit.clause == clause);
                    limits = place.map_or(0, |place| place + 1);
                }
            }
        }
        let reached = &mut self.tools[judged.tool as usize];
        reached.rules = reached.rules.max(rules);
        reached.limits = reached.limits.max(limits);
    }

    /// The clauses that no call came to, in the order of the policy.
    pub fn never_reached(&self, policy: &CompiledPolicy) -> Vec<ClauseId> {
        let mut reached = vec![false; policy.clause_count()];
        for (tool, depth) in policy.tools().zip(&self.tools) {
            let rules = tool.rules().take(depth.rules).map(|rule| rule.clause);
            let limits = tool.limits().take(depth.limits).map(|limit| limit.clause);
            for clause in rules.chain(limits) {
                reached[clause.0 as usize] = true;
            }
        }
        let clauses = policy.clauses().zip(reached);
        clauses
            .filter(|(_, reached)| !reached)
            .map(|((id, _), _)| id)
            .collect()
    }
}
