//! Policies under which what is private can be talked out of an agent.

use super::execute_without_argument_rule::{Free, unheld};
use super::holds::Holds;
use super::{Check, Rule, bounds, way_out};
use crate::finding::{Finding, Severity};
use crate::lint::{Context, ListedTool, Reporter};
use crate::risk::Category;
use crate::suggest::quoted;

/// See `toxic_combination.md`.
pub static RULE: Rule = Rule {
    id: "toxic-combination",
    severity: Severity::Warning,
    summary: "one policy lets an agent read what strangers wrote, read private data, and send data out",
    doc: include_str!("toxic_combination.md"),
    needs_tools: true,
    check: Check::Policy(check),
};

/// So many tools of each kind are looked at for three that differ.
const MOST: usize = 8;

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if let Some(found) = Combination::of(context) {
        report(context, &found, reporter);
    }
}

/// A tool for each step of the way out.
struct Combination<'c> {
    untrusted: &'c ListedTool<'c>,
    private: &'c ListedTool<'c>,
    out: &'c ListedTool<'c>,
}

/// The tools for each step, in the order of the file.
#[derive(Default)]
struct Steps<'c> {
    untrusted: Vec<&'c ListedTool<'c>>,
    private: Vec<&'c ListedTool<'c>>,
    out: Vec<&'c ListedTool<'c>>,
}

impl<'c> Combination<'c> {
    /// The first of those with the most different tools. `None` if one tool does it all: then nothing
    /// is combined.
    fn of(context: &'c Context<'_>) -> Option<Self> {
        let steps = Steps::of(context);
        let mut best: Option<(usize, Self)> = None;
        for &untrusted in steps.untrusted.iter().take(MOST) {
            for &private in steps.private.iter().take(MOST) {
                for &out in steps.out.iter().take(MOST) {
                    let found = Self {
                        untrusted,
                        private,
                        out,
                    };
                    let different = found.different();
                    if best.as_ref().is_none_or(|(most, _)| different > *most) {
                        best = Some((different, found));
                    }
                }
            }
        }
        best.filter(|(different, _)| *different > 1)
            .map(|(_, found)| found)
    }

    /// How many tools it has.
    fn different(&self) -> usize {
        let [a, b, c] = [self.untrusted, self.private, self.out].map(ListedTool::name);
        1 + usize::from(b != a) + usize::from(c != a && c != b)
    }
}

impl<'c> Steps<'c> {
    fn of(context: &'c Context<'_>) -> Self {
        let mut steps = Self::default();
        for listed in bounds::real_tools(context) {
            let flow = context.flow(listed);
            let goes_out = flow.opens_pages || flow.sends;
            let held = goes_out && way_out::is_held(context, listed);
            if flow.reads_untrusted && !(flow.opens_pages && held) {
                steps.untrusted.push(listed);
            }
            if flow.reads_private {
                steps.private.push(listed);
            }
            if (goes_out && !held) || runs_anything(context, listed) {
                steps.out.push(listed);
            }
        }
        steps
    }
}

/// Whether a tool runs any command or code, which can send. A query seldom leads out of its
/// database.
fn runs_anything(context: &Context<'_>, listed: &ListedTool<'_>) -> bool {
    if bounds::category(context, listed) != Some(Category::Execute) {
        return false;
    }
    let holds = match unheld(context, listed) {
        None => return false,
        Some(Free::Argument(name)) => Holds::by_name(&name),
        Some(Free::Unknown) => Holds::by_name(listed.name()),
    };
    !matches!(holds, Holds::Sql | Holds::Cypher)
}

fn report(context: &Context<'_>, found: &Combination<'_>, reporter: &mut Reporter<'_>) {
    let Combination {
        untrusted,
        private,
        out,
    } = found;
    let message = format!(
        "what strangers wrote, which {} reads, can talk the agent into sending out through {} what {} \
         returns",
        quoted(untrusted.name()),
        quoted(out.name()),
        quoted(private.name()),
    );
    let span = context.root.entry("tools").map(|entry| entry.key_span);
    let mut finding =
        Finding::new(&RULE, "/tools", span.unwrap_or(context.head()), message).help(format!(
            "require of {} where it may send to, or leave one of the three to another agent with a \
             policy of its own",
            quoted(out.name())
        ));
    let steps = [
        (untrusted, "reads what strangers wrote"),
        (private, "reads what is private"),
        (out, "sends data out"),
    ];
    for (nth, (tool, _)) in steps.iter().enumerate() {
        let does = |(other, does): &(&&ListedTool<'_>, &'static str)| {
            (other.name() == tool.name()).then_some(*does)
        };
        if steps[..nth].iter().find_map(does).is_none() {
            let all: Vec<&str> = steps.iter().filter_map(does).collect();
            finding = finding.label(tool.tool.name.span, all.join(", "));
        }
    }
    reporter.report(finding);
}
