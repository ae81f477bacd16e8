//! Does one set of rules permit no more than another?

use super::answer::{Answer, Proof};
use super::question::Question;
use super::{Analysis, Declarations, Witness};
use crate::policy::{Effect, Rules};

impl Analysis {
    /// Does every call that passes all of `narrow` pass all of `wide` too? Each side is what holds
    /// for one tool: its own rules and those of every tool. Limits are left out. With
    /// `declarations`, only calls count that are as declared.
    pub fn permits_no_more(
        &self,
        narrow: &[&Rules],
        wide: &[&Rules],
        declarations: Option<&Declarations>,
    ) -> Proof<Witness> {
        let mut passing = Question::new();
        for rules in narrow {
            passing = passing.passing(rules);
        }
        if let Some(declarations) = declarations {
            passing = passing.as_declared(declarations);
        }
        let denials = wide.iter().flat_map(|rules| &rules.rules);
        let denied = denials.map(|rule| {
            let denied = match rule.effect {
                Effect::Require => passing.clone().failing(&rule.conditions),
                Effect::DenyIf => passing.clone().meeting(&rule.conditions),
            };
            self.ask(&denied)
        });
        Answer::any(denied).into()
    }
}
