//! The one internal representation of a policy. It knows spans, not syntax.
//!
//! Both dialects lower to it, and everything after reads nothing else: what differs between them at
//! run time is written down as data ([`Semantics`], the texts in [`Clause`]), so nobody later has
//! to ask which syntax a policy was written in.

pub mod condition;
pub mod limit;
pub mod quantity;
pub(crate) mod quote;
pub mod re2;
pub mod value;

use crate::span::{Span, Spanned};
use condition::Condition;
use limit::Limit;

/// A policy: what may be called, under which conditions and how often.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// What happens to tools that are not listed.
    pub default: Posture,
    /// Where `default` stands; the whole document where it is left out.
    pub default_span: Span,
    /// Tools that are hidden and denied, in the order of the file.
    pub hide: Vec<Hidden>,
    /// The listed tools, in the order of the file. Names are unique.
    pub tools: Vec<Tool>,
    /// What holds for every call, after the tool's own rules and limits.
    pub every_tool: Rules,
    /// What the dialects do differently at run time.
    pub semantics: Semantics,
}

/// What happens to a tool that the policy does not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posture {
    /// It may be called.
    Allow,
    /// It is denied.
    Deny,
}

/// An entry of `hide`.
#[derive(Debug, Clone, PartialEq)]
pub struct Hidden {
    /// An exact tool name, or `*` for every tool.
    pub name: Spanned<String>,
    /// RFC 6901 pointer of the entry.
    pub pointer: String,
}

/// A listed tool and what holds for calls to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Exact name; the span is that of the key.
    pub name: Spanned<String>,
    /// RFC 6901 pointer of its body.
    pub pointer: String,
    /// The bytes of its body.
    pub span: Span,
    /// Its rules and limits.
    pub rules: Rules,
}

/// Rules, then limits, each in the order they are evaluated.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rules {
    /// Conditions on a call. All of them come before any limit.
    pub rules: Vec<Rule>,
    /// Limits on how often, or how much.
    pub limits: Vec<Limit>,
}

/// A list of conditions, ANDed, and what follows from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What the conditions decide.
    pub effect: Effect,
    /// The conditions. Empty ones hold for every call.
    pub conditions: Vec<Condition>,
    /// Its place, name and message.
    pub clause: Clause,
}

/// What a rule's conditions decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The call is denied unless all conditions hold.
    Require,
    /// The call is denied when all conditions hold.
    DenyIf,
}

/// A part of a policy that can decide a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// RFC 6901 pointer of the clause.
    pub pointer: String,
    /// Its bytes.
    pub span: Span,
    /// The name under which decisions report it.
    pub name: String,
    /// What the agent is told. For limits see also [`limit::Refusal`].
    pub message: String,
}

/// What the two published formats do differently when a call is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Semantics {
    /// Which windows a counter remembers.
    pub windows: Windows,
    /// What happens to a call whose arguments are not an object.
    pub malformed_arguments: MalformedArguments,
}

impl Semantics {
    /// The gateway dialect: see sections 1 and 4 of the policy language reference.
    pub const GATEWAY: Semantics = Semantics {
        windows: Windows::EachItsOwn,
        malformed_arguments: MalformedArguments::Deny,
    };
    /// The Intercept engine's behaviour.
    pub const INTERCEPT: Semantics = Semantics {
        windows: Windows::LatestOnly,
        malformed_arguments: MalformedArguments::Forward,
    };
}

/// Which windows a counter remembers when records are not in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Windows {
    /// A call is counted in the window of its own timestamp.
    EachItsOwn,
    /// One window a counter: a call in any other window, later or earlier, starts it anew.
    LatestOnly,
}

/// What happens to a call whose arguments are not an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MalformedArguments {
    /// Denied, before anything else is looked at.
    Deny,
    /// Forwarded without being looked at. A hole in enforcement, which reports say.
    Forward,
}
