//! The rules: each has an id that never changes, a default severity, a one-line summary and a page.
//!
//! A rule of lint is a file `<id>.rs` with one static `RULE`, and its page `<id>.md` beside it.
//! Adding one adds its `mod` and its line in [`ALL`].

use std::fmt;

use conditions::Group;

use crate::catalog::DUPLICATE_TOOL;
use crate::finding::Severity;
use crate::lint::{Context, Reporter, ToolList};
use crate::suggest;

mod always_true;
mod another_command;
mod approval_in_name_only;
mod arguments;
mod bounds;
mod burst_only_limit;
mod bypassable_deny;
mod case_sensitive_deny;
mod client_prefixed_name;
mod conditions;
mod confusable_name;
mod counter_conflict;
mod counter_name_mismatch;
mod counter_scope_mismatch;
mod default_allow;
mod denylist_of_commands;
mod destructive_allowed;
mod disguise;
mod dominated_limit;
mod duplicate_hide;
mod duplicate_rule;
mod empty_policy;
mod execute_without_argument_rule;
mod execute_without_limit;
mod financial_allowed;
pub mod form;
mod fractional_limit;
mod glob_as_name;
mod half_anchored_alternation;
mod hidden_and_listed;
mod hide_everything;
mod holds;
mod host_by_substring;
mod ignore_without_reason;
mod limit_never_enforced;
mod limit_on_dead_tool;
mod limit_too_loose;
mod matches_everything;
mod matches_nothing;
mod misleading_annotation;
mod missing_on_deny;
mod multiline_hole;
mod never_true;
mod no_overall_limit;
mod numeric_string;
mod odd_list;
mod open_calls;
mod operator_type_mismatch;
mod other_scheme;
mod other_ways;
mod path_not_normalised;
mod poisoned_description;
mod secret_in_policy;
mod shadowed_rule;
mod shared_counter_name;
mod site;
mod star_tool;
mod toxic_combination;
mod unanchored_regex;
mod uncovered_tool;
mod unescaped_dot;
mod unguarded_increment;
mod unknown_argument;
mod unknown_tool;
mod unused_ignore;
mod way_out;
mod write_without_limit;

pub(crate) use conditions::each_group;
pub use ignore_without_reason::RULE as IGNORE_WITHOUT_REASON;
pub use secret_in_policy::{masked, masked_lines};
pub use unused_ignore::RULE as UNUSED_IGNORE;

/// What a finding can be about.
pub struct Rule {
    /// Kebab-case name of the problem.
    pub id: &'static str,
    /// Severity unless configuration, or the case at hand, says otherwise.
    pub severity: Severity,
    /// What it catches, in one sentence.
    pub summary: &'static str,
    /// Its page, in Markdown: what it finds, why it matters, an example that fires, the same put
    /// right, when to ignore it. A test runs the examples.
    pub doc: &'static str,
    /// Whether it may find more where it is known which tools the server offers.
    pub needs_tools: bool,
    /// How it is found.
    pub check: Check,
}

/// How what a rule is about is found.
#[derive(Clone, Copy)]
pub enum Check {
    /// While a file is read, validated and lowered.
    Form,
    /// By looking at a policy that is well-formed.
    Policy(fn(&Context<'_>, &mut Reporter<'_>)),
    /// By looking at the rules of a well-formed policy, those that hold for the same calls together.
    Group(fn(&Context<'_>, &Group<'_>, &mut Reporter<'_>)),
    /// By looking at a list of tools.
    Tools(fn(&ToolList<'_>, &mut Reporter<'_>)),
    /// When everything else is known: about ignores.
    Ignores,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rule({})", self.id)
    }
}

/// Every rule, in the order of the documentation.
pub static ALL: &[&Rule] = &[
    // Form
    &form::SYNTAX_ERROR,
    &form::UNKNOWN_KEY,
    &form::DUPLICATE_KEY,
    &form::WRONG_TYPE,
    &form::MISSING_KEY,
    &form::UNSUPPORTED_VERSION,
    &form::OTHER_DIALECT_KEY,
    &form::INVALID_LIMIT,
    &form::INVALID_CONDITION,
    &form::INVALID_RULE,
    &form::EXTRA_YAML_DOCUMENT,
    &form::YAML_SCALAR_TRAP,
    &DUPLICATE_TOOL,
    // Posture
    &default_allow::RULE,
    &execute_without_limit::RULE,
    &execute_without_argument_rule::RULE,
    &destructive_allowed::RULE,
    &financial_allowed::RULE,
    &write_without_limit::RULE,
    &limit_too_loose::RULE,
    &burst_only_limit::RULE,
    &no_overall_limit::RULE,
    &empty_policy::RULE,
    &hide_everything::RULE,
    &approval_in_name_only::RULE,
    &toxic_combination::RULE,
    // Limits
    &shared_counter_name::RULE,
    &counter_name_mismatch::RULE,
    &counter_conflict::RULE,
    &limit_never_enforced::RULE,
    &counter_scope_mismatch::RULE,
    &fractional_limit::RULE,
    &unguarded_increment::RULE,
    &dominated_limit::RULE,
    &limit_on_dead_tool::RULE,
    // Conditions
    &unknown_argument::RULE,
    &operator_type_mismatch::RULE,
    &never_true::RULE,
    &always_true::RULE,
    &bypassable_deny::RULE,
    &odd_list::RULE,
    &duplicate_rule::RULE,
    &shadowed_rule::RULE,
    &numeric_string::RULE,
    &denylist_of_commands::RULE,
    &path_not_normalised::RULE,
    &host_by_substring::RULE,
    // Regular expressions
    &unanchored_regex::RULE,
    &half_anchored_alternation::RULE,
    &multiline_hole::RULE,
    &case_sensitive_deny::RULE,
    &unescaped_dot::RULE,
    &matches_everything::RULE,
    &matches_nothing::RULE,
    // Tools
    &unknown_tool::RULE,
    &uncovered_tool::RULE,
    &hidden_and_listed::RULE,
    &duplicate_hide::RULE,
    &glob_as_name::RULE,
    &star_tool::RULE,
    &client_prefixed_name::RULE,
    &confusable_name::RULE,
    &misleading_annotation::RULE,
    &poisoned_description::RULE,
    &secret_in_policy::RULE,
    &missing_on_deny::RULE,
    // Ignoring
    &UNUSED_IGNORE,
    &IGNORE_WITHOUT_REASON,
];

/// What remarks that are shown as findings are filed under. It is no rule, and never named.
pub static REMARK: Rule = Rule {
    id: "",
    severity: Severity::Error,
    summary: "",
    doc: "",
    needs_tools: false,
    check: Check::Form,
};

/// The rule called `id`.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

/// The id that `word` is probably meant to be.
pub fn nearest(word: &str) -> Option<&'static str> {
    suggest::nearest(word, ALL.iter().map(|rule| rule.id))
}
