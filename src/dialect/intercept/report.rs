//! What is found on the way, and whether the engine would refuse the file for it.

use std::collections::BTreeMap;

use super::document::Object;
use crate::dialect::{Dialect, traps};
use crate::finding::Finding;
use crate::policy::re2::Patterns;
use crate::rules::Rule;
use crate::rules::form::{MISSING_KEY, YAML_SCALAR_TRAP};
use crate::schema::words::listed;
use crate::source::tree::Node;
use crate::span::Span;

/// More findings than this are left out: who has so many has one mistake in many copies.
const MAX_FINDINGS: usize = 10_000;

/// What is absent from an object.
#[derive(Debug)]
struct Absent {
    /// What the object is called.
    noun: &'static str,
    /// What to underline.
    head: Span,
    keys: Vec<AbsentKey>,
}

/// A key that has to be there and is not.
#[derive(Debug)]
pub(super) struct AbsentKey {
    pub key: &'static str,
    /// What to add.
    pub member: &'static str,
    /// What to say where nothing else is absent: why it has to be there, if that needs saying, and
    /// other advice than to add it.
    pub why: String,
    pub help: Option<String>,
}

/// Collects findings.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
    /// What is absent from each object, by its pointer.
    absent: BTreeMap<String, Absent>,
    /// Whether the engine refuses the file.
    pub refused: bool,
    /// The patterns of the file.
    pub patterns: Patterns,
}

impl Report {
    /// Something that the engine refuses as well. The finding is returned to be filled in.
    pub fn refuse(
        &mut self,
        rule: &'static Rule,
        pointer: impl Into<String>,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.refused = true;
        self.stricter(rule, pointer, span, message)
    }

    /// Something that the engine passes over in silence.
    pub fn stricter(
        &mut self,
        rule: &'static Rule,
        pointer: impl Into<String>,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Finding {
        // The one that is too many is written over by the next.
        self.findings.truncate(MAX_FINDINGS);
        self.findings
            .push(Finding::new(rule, pointer, span, message));
        self.findings.last_mut().expect("it was just added")
    }

    /// A key is absent, for which the engine refuses the file. All that is absent from one object
    /// will be one finding.
    pub fn absent(&mut self, object: &Object<'_>, key: AbsentKey) {
        self.refused = true;
        if self.is_full() {
            return;
        }
        let absent = self.absent.entry(object.pointer.clone());
        let absent = absent.or_insert_with(|| Absent {
            noun: object.part.this(),
            head: object.head,
            keys: Vec::new(),
        });
        absent.keys.push(key);
    }

    /// Reports the traps in `node`, which is at `pointer`; `counts` says whether a counter is compared
    /// with it.
    pub fn traps(&mut self, node: &Node, pointer: &str, counts: bool) {
        traps::each(
            node,
            &mut pointer.to_owned(),
            Dialect::Intercept,
            &mut |trap| {
                let trap = if counts {
                    trap.of_a_counter(node)
                } else {
                    trap
                };
                self.stricter(&YAML_SCALAR_TRAP, trap.pointer, trap.span, trap.message)
                    .help = Some(trap.help);
            },
        );
    }

    /// Whether nothing more will be kept.
    pub fn is_full(&self) -> bool {
        self.findings.len() + self.absent.len() >= MAX_FINDINGS
    }

    /// What was found, in no particular order.
    pub fn into_findings(mut self) -> Vec<Finding> {
        let absent = std::mem::take(&mut self.absent);
        self.findings.extend(
            absent
                .into_iter()
                .map(|(pointer, absent)| absent.finding(pointer)),
        );
        self.findings.truncate(MAX_FINDINGS);
        self.findings
    }
}

impl Absent {
    fn finding(self, pointer: String) -> Finding {
        let noun = self.noun;
        let (message, help) = match &self.keys[..] {
            [only] => (
                format!("{noun} has no `{}`{}", only.key, only.why),
                only.help.clone(),
            ),
            keys => {
                let names = listed(keys.iter().map(|absent| absent.key), "or");
                (format!("{noun} has no {names}"), None)
            }
        };
        let members = || listed(self.keys.iter().map(|absent| absent.member), "and");
        Finding::new(&MISSING_KEY, pointer, self.head, message)
            .help(help.unwrap_or_else(|| format!("add {}", members())))
    }
}
