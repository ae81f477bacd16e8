//! Which clauses of the policies were exercised, and how often.

use super::assign::Assigned;
use crate::engine::{Coverage, Exercise};
use crate::span::Span;

/// A clause of a policy and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoveredClause {
    /// Number of the policy.
    pub policy: usize,
    /// RFC 6901 pointer of the clause.
    pub pointer: String,
    /// The clause's name.
    pub rule: String,
    /// The bytes of the clause.
    pub span: Span,
    /// How often.
    pub exercise: Exercise,
}

/// Every rule and limit, in the order of the policies.
pub fn covered(policies: &[Assigned], coverage: &[Coverage]) -> Vec<CoveredClause> {
    let mut clauses = Vec::new();
    for (number, (assigned, coverage)) in policies.iter().zip(coverage).enumerate() {
        for (id, exercise) in coverage.by_place(&assigned.policy) {
            let clause = assigned.policy.clause(id);
            clauses.push(CoveredClause {
                policy: number,
                pointer: clause.pointer.clone(),
                rule: clause.name.clone(),
                span: clause.span,
                exercise,
            });
        }
    }
    clauses
}

/// How many clauses fired, of how many: what is meant by their coverage.
pub fn share(clauses: &[CoveredClause]) -> (usize, usize) {
    let fired = clauses.iter().filter(|clause| clause.exercise.fired > 0);
    (fired.count(), clauses.len())
}
