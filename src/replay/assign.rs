//! Which policy decides a call.

use globset::{Glob, GlobMatcher};

use crate::call::ToolCall;
use crate::engine::{CompiledPolicy, CounterScoping, Reach, reach};
use crate::policy::Policy;

/// A policy and the calls it is for.
#[derive(Debug)]
pub struct Assigned {
    /// How reports name it: its path as it was given.
    pub name: String,
    /// The policy, ready to decide.
    pub policy: CompiledPolicy,
    /// How much of each tool its limits let through.
    pub reach: Vec<Reach>,
    /// Which servers' calls; every call's if `None`, those without a server included.
    pub server: Option<GlobMatcher>,
    /// Which grants' calls; every call's if empty.
    pub grants: Vec<GlobMatcher>,
}

impl Assigned {
    /// `policy` for every call.
    pub fn to_all(name: impl Into<String>, policy: &Policy, scoping: CounterScoping) -> Self {
        Self {
            name: name.into(),
            policy: CompiledPolicy::new(policy, scoping),
            reach: reach(policy),
            server: None,
            grants: Vec::new(),
        }
    }

    /// Whether it is for calls with this server and grant.
    pub fn is_for(&self, server: Option<&str>, grant: Option<&str>) -> bool {
        let server_fits = match &self.server {
            None => true,
            Some(glob) => server.is_some_and(|server| glob.is_match(server)),
        };
        let grant_fits = self.grants.is_empty()
            || grant.is_some_and(|grant| self.grants.iter().any(|glob| glob.is_match(grant)));
        server_fits && grant_fits
    }
}

/// The number of the policy that decides `call`: the first that is for it.
#[inline]
pub fn policy_for(policies: &[Assigned], call: &ToolCall<'_>) -> Option<usize> {
    policies.iter().position(|assigned| {
        let for_every_call = assigned.server.is_none() && assigned.grants.is_empty();
        for_every_call || assigned.is_for(call.server.as_deref(), call.grant.as_deref())
    })
}

/// A glob over server, grant or tool names, where `*` also stands for `/`.
///
/// # Errors
/// What is wrong with the glob.
pub fn name_glob(pattern: &str) -> Result<GlobMatcher, globset::Error> {
    Glob::new(pattern).map(|glob| glob.compile_matcher())
}
