//! What became of a call, and which part of the policy decided it.

use std::borrow::Cow;

use super::compile::{ClauseId, CompiledPolicy};
use crate::call::Ruling;
use crate::policy::limit::{Limit, Max, Refusal};
use crate::policy::quote::quoted;
use crate::span::Span;

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
        retry_after_s: u32,
    },
    /// The recording does not hold the argument values that would decide it.
    Unknown {
        /// The argument paths that are needed (`args.amount`), in the order they were asked for.
        needs: Vec<String>,
    },
}

impl Decision {
    /// The decision in one word.
    pub fn ruling(&self) -> Ruling {
        match self {
            Decision::Allow => Ruling::Allow,
            Decision::Deny(_) => Ruling::Deny,
            Decision::Throttle { .. } => Ruling::Throttle,
            Decision::Unknown { .. } => Ruling::Unknown,
        }
    }

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

/// What decided, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'p> {
    /// The deciding rule's name, in the words of the gateway's log.
    pub rule: &'p str,
    /// RFC 6901 pointer of the deciding clause; empty if no clause of a policy decided.
    pub pointer: &'p str,
    /// The bytes of the clause.
    pub span: Option<Span>,
}

impl Reason {
    /// Names what decided. `policy` is the one that did, if one did.
    pub fn place(self, policy: Option<&CompiledPolicy>) -> Place<'_> {
        let nowhere = |rule| Place {
            rule,
            pointer: "",
            span: None,
        };
        match (self, policy) {
            (Reason::Batch, _) => nowhere("(batch)"),
            (Reason::InvalidArguments, _) => nowhere("(invalid arguments)"),
            (Reason::Hidden(entry), Some(policy)) => {
                let (pointer, span) = policy.hide_place(entry);
                Place {
                    rule: "(hidden)",
                    pointer,
                    span: Some(span),
                }
            }
            (Reason::DefaultDeny, Some(policy)) => {
                let (pointer, span) = policy.default_place();
                Place {
                    rule: "(default deny)",
                    pointer,
                    span: Some(span),
                }
            }
            (Reason::Clause(id) | Reason::UnusableAmount(id), Some(policy)) => {
                let clause = policy.clause(id);
                Place {
                    rule: &clause.name,
                    pointer: &clause.pointer,
                    span: Some(policy.telling_span(id)),
                }
            }
            (Reason::NoPolicy, _) | (_, None) => nowhere("(no policy)"),
        }
    }
}

impl Decision {
    /// Explains the decision about a call to `tool`, which `policy` decided if there was one.
    /// `None` unless the call was refused.
    pub fn explain<'p>(
        &self,
        policy: Option<&'p CompiledPolicy>,
        tool: &str,
    ) -> Option<Explanation<'p>> {
        let reason = self.reason()?;
        let Place { rule, pointer, .. } = reason.place(policy);
        let message = match (reason, policy) {
            (Reason::Batch, _) => "A batch of calls is refused as a whole".into(),
            (Reason::InvalidArguments, _) => "The arguments are not an object".into(),
            (Reason::Hidden(_), _) => format!("Tool {} is hidden by policy", quoted(tool)).into(),
            (Reason::DefaultDeny, _) => {
                format!("Tool {} is not permitted by policy", quoted(tool)).into()
            }
            (Reason::Clause(id), Some(policy)) => policy.message(id, self),
            (Reason::UnusableAmount(id), Some(policy)) => policy
                .limit(id)
                .map_or("", |limit| limit.unusable_amount.as_str())
                .into(),
            (Reason::NoPolicy, _) | (_, None) => "No policy applies to this call".into(),
        };
        Some(Explanation {
            rule,
            pointer,
            message,
        })
    }
}

impl CompiledPolicy {
    /// What a clause tells the agent.
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
