//! Replaying traces through policies: which recorded calls would be allowed, denied or throttled.
//!
//! [`assign`] says which policy a call falls under, [`pipeline`] reads and judges on as many
//! threads as are wanted and settles in the order of the trace. [`summary`], [`timeline`],
//! [`covered`], [`sessions`] and [`recorded`] count; [`expectation`] compares decisions with what
//! records say they should be, [`snapshot`] with what they were.

pub mod assign;
pub mod covered;
pub mod expectation;
pub mod pipeline;
pub mod recorded;
pub mod sessions;
pub mod snapshot;
pub mod summary;
pub mod timeline;
mod workers;

use std::borrow::Cow;

use crate::call::{Stated, ToolCall};
use crate::engine::{CompiledPolicy, Decision, Explanation};
use crate::time::Timestamp;

/// A decided call, as reports show it.
#[derive(Debug)]
pub struct Row<'r> {
    /// The trace's number, in the order they were given, from 0.
    pub trace: usize,
    /// Line of that trace, from 1.
    pub line: u64,
    /// When the call was made, as far as known or assumed.
    pub ts: Option<Timestamp>,
    /// The call as it was recorded. Its arguments may have been left out.
    pub call: &'r ToolCall<'r>,
    /// The arguments as recorded, if they were asked for.
    pub args: Option<&'r str>,
    /// The number of the policy it fell under.
    pub policy: Option<usize>,
    /// What became of it.
    pub decision: &'r Decision,
    /// That policy.
    pub compiled: Option<&'r CompiledPolicy>,
}

impl<'r> Row<'r> {
    /// The conversation it belongs to.
    pub fn session(&self) -> Option<&'r str> {
        self.call.session.as_deref()
    }

    /// The identity it was made under.
    pub fn grant(&self) -> Option<&'r str> {
        self.call.grant.as_deref()
    }

    /// The MCP server it was made to.
    pub fn server(&self) -> Option<&'r str> {
        self.call.server.as_deref()
    }

    /// The tool.
    pub fn tool(&self) -> &'r str {
        &self.call.tool
    }

    /// What the record says of the decision.
    pub fn stated(&self) -> Option<&'r Stated<Cow<'r, str>>> {
        self.call.stated.as_deref()
    }

    /// Why it was refused, if it was.
    pub fn explanation(&self) -> Option<Explanation<'_>> {
        self.decision.explain(self.compiled, self.tool())
    }

    /// When the call was made: as it was written, or else in UTC.
    pub fn time(&self) -> Option<Cow<'_, str>> {
        let text = self.call.ts_text.map(Cow::Borrowed);
        text.or_else(|| Some(self.ts?.to_string().into()))
    }
}
