//! `tools."*"` in a gateway policy, where it is a name like any other.

use super::{Check, Rule};
use crate::dialect::Dialect;
use crate::edit;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::lint::{Context, EVERY_TOOL, ListedTool, Reporter};
use crate::policy::limit::Amount;

/// See `star_tool.md`.
pub static RULE: Rule = Rule {
    id: "star-tool",
    severity: Severity::Error,
    summary: "`*` under `tools` of a gateway policy, where it is a name",
    doc: include_str!("star_tool.md"),
    needs_tools: false,
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    if context.dialect != Dialect::Gateway {
        return;
    }
    let Some(star) = context.tool(EVERY_TOOL) else {
        return;
    };
    let tool = star.tool;
    let message =
        "`*` is the name of one tool here, and no tool has it: these rules apply to nothing";
    let help = match tool.rules.rules.is_empty() {
        true => "limits for every tool are written under `all_tools`",
        false => {
            "limits for every tool are written under `all_tools`; conditions have to be written \
                  for each tool"
        }
    };
    reporter.report(
        Finding::new(&RULE, tool.pointer.as_str(), tool.name.span, message)
            .help(help)
            .fix(Fix::risky(
                "move the limits to `all_tools`",
                moved(context, star),
            )),
    );
}

/// The edits that make limits those of every tool, if there are only such as these may have.
fn moved(context: &Context<'_>, star: &ListedTool<'_>) -> Option<Vec<Edit>> {
    let rules = &star.tool.rules;
    let counts_calls = rules
        .limits
        .iter()
        .all(|limit| limit.amount == Amount::Fixed(1));
    if !rules.rules.is_empty() || rules.limits.is_empty() || !counts_calls {
        return None;
    }
    let body = edit::value_of(&star.entry.value);
    edit::all([
        context.edit.insert_after("", "default", "all_tools", &body),
        context.edit.remove(&star.tool.pointer),
    ])
}
