//! What became of a call, and which part of the policy decided it.

use std::borrow::Cow;

use super::compile::{ClauseId, CompiledPolicy};
use crate::policy::limit::{Limit, Max, Refusal};

/// What the gateway would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Forwarded.
    Allow,
    /// Refused for what the call is.
    Deny(Reason),
    /// Refused because a limit has no room.
    Throttle {
        /// The limit.
        reason: Reason,
        /// Seconds until its window ends, rounded up.
        retry_after_s: u64,
    },
    /// The recording does not hold the argument values that would decide it.
    Unknown {
        /// The argument paths that are needed (`args.amount`), in the order they were asked for.
        needs: Vec<String>,
    },
}

impl Decision {
    /// What decided, if something refused.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Decision::Deny(reason) | Decision::Throttle { reason, .. } => Some(*reason),
            Decision::Allow | Decision::Unknown { .. } => None,
        }
    }
}

/// Why a call was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No policy applies to the call.
    NoPolicy,
    /// It came in a JSON-RPC batch, which is refused as a whole.
    Batch,
    /// Its arguments are not an object.
    InvalidArguments,
    /// The tool is hidden; the number is that of the entry of `hide`.
    Hidden(u32),
    /// The tool is not listed, and the default is to deny.
    DefaultDeny,
    /// A rule, or a limit without room.
    Clause(ClauseId),
    /// A limit whose amount can't be read from the arguments.
    UnusableAmount(ClauseId),
}

/// A reason in the words of the gateway's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation<'p> {
    /// The deciding rule's name.
    pub rule: &'p str,
    /// RFC 6901 pointer of the deciding clause; empty if no clause of the policy decided.
    pub pointer: &'p str,
    /// What the agent is told.
    pub message: Cow<'p, str>,
}

impl<'p> Explanation<'p> {
    fn new(rule: &'p str, pointer: &'p str, message: impl Into<Cow<'p, str>>) -> Self {
        Self {
            rule,
            pointer,
            message: message.into(),
        }
    }

    /// Explains why a call to `tool` was refused without a policy.
    pub fn without_policy() -> Self {
        Self::new("(no policy)", "", "No policy applies to this server")
    }
}

impl CompiledPolicy {
    /// Explains a decision about a call to `tool`. `None` unless the call was refused.
    pub fn explain(&self, decision: &Decision, tool: &str) -> Option<Explanation<'_>> {
        let explanation = match decision.reason()? {
            Reason::NoPolicy => Explanation::without_policy(),
            Reason::Batch => Explanation::new("(batch)", "", "JSON-RPC batches are refused"),
            Reason::InvalidArguments => {
                Explanation::new("(invalid arguments)", "", "Arguments must be an object")
            }
            Reason::Hidden(entry) => Explanation::new(
                "(hidden)",
                self.hide_pointer(entry),
                format!("Tool \"{tool}\" is hidden by policy"),
            ),
            Reason::DefaultDeny => Explanation::new(
                "(default deny)",
                self.default_pointer(),
                format!("Tool \"{tool}\" is not permitted by policy"),
            ),
            Reason::Clause(id) => {
                let clause = self.clause(id);
                Explanation::new(&clause.name, &clause.pointer, self.message(id, decision))
            }
            Reason::UnusableAmount(id) => {
                let clause = self.clause(id);
                let message = self.limit(id).map_or("", |limit| &limit.unusable_amount);
                Explanation::new(&clause.name, &clause.pointer, message)
            }
        };
        Some(explanation)
    }

    fn message(&self, id: ClauseId, decision: &Decision) -> Cow<'_, str> {
        match (self.limit(id), decision) {
            (
                Some(Limit {
                    refusal: Refusal::TryAgain,
                    max: Max::AtMost(max),
                    counter,
                    window,
                    ..
                }),
                Decision::Throttle { retry_after_s, .. },
            ) => {
                let counter = &counter.name;
                format!(
                    "Limit {counter}: {max} per {window} reached. Try again in {retry_after_s} s."
                )
                .into()
            }
            _ => Cow::Borrowed(&self.clause(id).message),
        }
    }
}
