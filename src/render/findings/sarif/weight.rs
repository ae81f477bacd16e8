//! How much each rule weighs in the terms of code scanning: the part of a policy that it is about,
//! how often its findings are right, and how much security hangs on them.

use crate::finding::Severity;
use crate::rules::Rule;

/// What a rule is about, as the list of rules has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// Whether a policy is well-formed.
    Form,
    /// What a policy lets through.
    Posture,
    /// Limits and their counters.
    Limits,
    /// Conditions on arguments.
    Conditions,
    /// Regular expressions of conditions.
    Regex,
    /// Tools, their names and descriptions.
    Tools,
    /// Ignores of findings.
    Ignoring,
}

impl Group {
    /// The tag of its rules.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Group::Form => "form",
            Group::Posture => "posture",
            Group::Limits => "limits",
            Group::Conditions => "conditions",
            Group::Regex => "regular-expressions",
            Group::Tools => "tools",
            Group::Ignoring => "ignoring",
        }
    }

    fn of(rule: &Rule) -> Option<Self> {
        let table = GROUPS.iter().find(|(_, ids)| ids.contains(&rule.id))?;
        Some(table.0)
    }
}

/// The rules of each group.
const GROUPS: &[(Group, &[&str])] = &[
    (
        Group::Form,
        &[
            "syntax-error",
            "unknown-key",
            "duplicate-key",
            "wrong-type",
            "missing-key",
            "unsupported-version",
            "other-dialect-key",
            "invalid-limit",
            "invalid-condition",
            "invalid-rule",
            "extra-yaml-document",
            "yaml-scalar-trap",
            "duplicate-tool",
        ],
    ),
    (
        Group::Posture,
        &[
            "default-allow",
            "execute-without-limit",
            "execute-without-argument-rule",
            "destructive-allowed",
            "financial-allowed",
            "write-without-limit",
            "limit-too-loose",
            "burst-only-limit",
            "no-overall-limit",
            "empty-policy",
            "hide-everything",
            "approval-in-name-only",
            "toxic-combination",
        ],
    ),
    (
        Group::Limits,
        &[
            "shared-counter-name",
            "counter-name-mismatch",
            "counter-conflict",
            "limit-never-enforced",
            "counter-scope-mismatch",
            "fractional-limit",
            "unguarded-increment",
            "dominated-limit",
            "limit-on-dead-tool",
        ],
    ),
    (
        Group::Conditions,
        &[
            "unknown-argument",
            "operator-type-mismatch",
            "never-true",
            "always-true",
            "bypassable-deny",
            "odd-list",
            "duplicate-rule",
            "shadowed-rule",
            "numeric-string",
            "denylist-of-commands",
            "path-not-normalised",
            "host-by-substring",
        ],
    ),
    (
        Group::Regex,
        &[
            "unanchored-regex",
            "half-anchored-alternation",
            "multiline-hole",
            "case-sensitive-deny",
            "unescaped-dot",
            "matches-everything",
            "matches-nothing",
        ],
    ),
    (
        Group::Tools,
        &[
            "unknown-tool",
            "uncovered-tool",
            "hidden-and-listed",
            "duplicate-hide",
            "glob-as-name",
            "star-tool",
            "client-prefixed-name",
            "confusable-name",
            "misleading-annotation",
            "poisoned-description",
            "secret-in-policy",
            "missing-on-deny",
        ],
    ),
    (Group::Ignoring, &["unused-ignore", "ignore-without-reason"]),
];

/// Rules that go by names and descriptions, which may be about something else.
const GUESSES: &[&str] = &[
    "execute-without-limit",
    "execute-without-argument-rule",
    "destructive-allowed",
    "financial-allowed",
    "write-without-limit",
    "limit-too-loose",
    "counter-name-mismatch",
    "path-not-normalised",
    "unescaped-dot",
    "case-sensitive-deny",
    "client-prefixed-name",
    "confusable-name",
    "misleading-annotation",
    "poisoned-description",
    "secret-in-policy",
];

/// Rules whose findings matter more, or less, than their severity says, in tenths.
const CORRECTIONS: &[(&str, i32)] = &[
    ("secret-in-policy", 10),
    ("poisoned-description", 8),
    ("default-allow", 6),
    ("execute-without-limit", 8),
    ("bypassable-deny", 5),
    // The engines refuse such a policy: nothing is open, but nothing is in force either.
    ("syntax-error", -10),
    ("duplicate-hide", -10),
    ("missing-on-deny", -10),
    ("duplicate-rule", -10),
    ("dominated-limit", -10),
];

/// How much a rule weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Weight {
    /// What it is about; `None` for a rule that is in no table.
    pub(super) group: Option<Group>,
    /// How often its findings are right, in the words of code scanning.
    pub(super) precision: &'static str,
    /// In tenths, from 1 to 100, as CVSS scores go. `None` where no security hangs on it.
    security: Option<i32>,
}

impl Weight {
    /// The weight of a rule whose findings have this severity.
    pub(super) fn of(rule: &Rule, severity: Severity) -> Self {
        let group = Group::of(rule);
        let base = match severity {
            Severity::Error => 80,
            Severity::Warning => 50,
            Severity::Note => 20,
        };
        let correction = CORRECTIONS.iter().find(|(id, _)| *id == rule.id);
        let score = base + correction.map_or(0, |(_, tenths)| *tenths);
        Self {
            group,
            precision: match group {
                _ if GUESSES.contains(&rule.id) => "medium",
                Some(Group::Form | Group::Ignoring) => "very-high",
                _ => "high",
            },
            security: (group != Some(Group::Ignoring)).then_some(score),
        }
    }

    /// The score as code scanning reads it: `8.6`.
    pub(super) fn security_severity(self) -> Option<String> {
        let tenths = self.security?;
        Some(format!("{}.{}", tenths / 10, tenths % 10))
    }

    /// What its rule is filed under.
    pub(super) fn tags(self) -> Vec<&'static str> {
        let security = self.security.map(|_| "security");
        let group = self.group.map(Group::tag);
        security.into_iter().chain(group).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    #[test]
    fn every_rule_is_in_one_group_and_the_tables_name_rules() {
        let listed: Vec<&str> = GROUPS.iter().flat_map(|(_, ids)| *ids).copied().collect();
        let all: Vec<&str> = rules::ALL.iter().map(|rule| rule.id).collect();
        assert_eq!(listed, all, "the groups list the rules in their order");
        let corrected = CORRECTIONS.iter().map(|(id, _)| id);
        for id in GUESSES.iter().chain(corrected) {
            assert!(all.contains(id), "{id}");
        }
    }

    #[test]
    fn scores_follow_severity() {
        let rule = rules::find("default-allow").expect("it is a rule");
        let score = |severity| Weight::of(rule, severity).security_severity();
        assert_eq!(score(Severity::Error).as_deref(), Some("8.6"));
        assert_eq!(score(Severity::Warning).as_deref(), Some("5.6"));
        assert_eq!(score(Severity::Note).as_deref(), Some("2.6"));
        let rule = rules::find("unused-ignore").expect("it is a rule");
        assert_eq!(Weight::of(rule, Severity::Warning).tags(), ["ignoring"]);
    }
}
