//! Tools that claim to change nothing, and do.

use super::{Check, Rule};
use crate::catalog::Tool;
use crate::finding::Severity;
use crate::lint::{Reporter, ToolList};
use crate::risk::{self, Category, Classification, Evidence, Source, ToolView};
use crate::source::tree::Node;
use crate::suggest::quoted;

/// See `misleading_annotation.md`.
pub static RULE: Rule = Rule {
    id: "misleading-annotation",
    severity: Severity::Warning,
    summary: "a tool whose `readOnlyHint` its own definition contradicts",
    doc: include_str!("misleading_annotation.md"),
    needs_tools: true,
    check: Check::Tools(check),
};

/// How sure the category has to be.
const SURE: f32 = 0.85;

fn check(list: &ToolList<'_>, reporter: &mut Reporter<'_>) {
    for tool in &list.tools {
        let judged = list.options.risk.classify(&ToolView::from(*tool));
        // What the configuration says of a tool is nothing that its definition says.
        if judged.evidence.iter().any(|e| e.source == Source::Override) {
            continue;
        }
        let claim = |claim: &str| claim.starts_with("readOnlyHint");
        let mut contradictions = judged.contradictions.iter();
        let Some(found) = contradictions.find(|found| claim(found.claim)) else {
            continue;
        };
        let Some((source, text)) = proof(tool, &judged, &found.against) else {
            continue;
        };
        let message = format!(
            "{} claims `{}`, and its {source} says otherwise: {}",
            quoted(&tool.name),
            found.claim,
            quoted(&text)
        );
        let span = tool.annotations.span.unwrap_or(tool.name_span);
        let help = format!(
            "treat it as a tool of the category {}: clients that trust the hint call it without \
             asking",
            judged.category
        );
        let finding = reporter.finding(tool.pointer.as_str(), span, message);
        let finding = finding.label(tool.name_span, "the tool");
        reporter.report(finding.help(help));
    }
}

/// What of its definition shows for certain that a tool changes something, and in which words.
fn proof(
    tool: &Tool,
    judged: &Classification,
    against: &Evidence,
) -> Option<(&'static str, String)> {
    // Running something may be reading, as with a query or a search; a command is more, and so is SQL
    // that changes what it finds.
    let is_execute = judged.category == Category::Execute;
    let described = || tool.description.as_deref().and_then(changing_sql);
    if let Some(statement) = is_execute.then(described).flatten() {
        return Some(("description", statement.to_owned()));
    }
    let is_sure = judged.confidence >= SURE || says_delete(judged, against);
    if is_sure && (!is_execute || runs_code(&tool.name)) {
        return Some((against.source.word(), against.text.clone()));
    }
    let mode = || changing_mode(tool, judged.decided_by_argument.as_deref()?);
    let changing = (!is_execute).then(mode).flatten()?;
    Some((Source::Schema.word(), changing))
}

/// Whether the description says that the tool deletes something, whatever its name says.
fn says_delete(judged: &Classification, against: &Evidence) -> bool {
    const VERBS: [&str; 5] = ["delete", "purge", "erase", "destroy", "wipe"];
    let verb = against.text.split_whitespace().next().unwrap_or_default();
    let verb = verb.to_lowercase();
    judged.category == Category::Destructive
        && against.source == Source::Description
        && VERBS.contains(&verb.strip_suffix('s').unwrap_or(&verb))
}

/// `operation: set`, where `argument` decides what the tool does and this is one of its values: the
/// plain name of a change.
fn changing_mode(tool: &Tool, argument: &str) -> Option<String> {
    const MOST: usize = 64;
    const PLAIN: f32 = 0.8;
    let schema = tool.input_schema.as_ref()?.tree();
    let property = schema.get("properties")?.get(argument)?;
    let values = property.get("enum")?.as_sequence()?.iter().take(MOST);
    let mut values = values.filter_map(Node::as_str);
    let changes = |value: &&str| {
        let judged = risk::classify(&ToolView::named(value));
        judged.category > Category::Read && judged.confidence >= PLAIN
    };
    let value = values.find(changes)?;
    Some(format!("{argument}: {value}"))
}

/// A statement that changes a database, if `description` says that the tool takes such. Where it also
/// says no to something, nobody knows to what.
fn changing_sql(description: &str) -> Option<&'static str> {
    const STATEMENTS: [&str; 6] = ["INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "TRUNCATE"];
    const NOES: [&str; 16] = [
        "no",
        "not",
        "never",
        "only",
        "without",
        "except",
        "cannot",
        "can't",
        "don't",
        "won't",
        "reject",
        "rejects",
        "rejected",
        "blocked",
        "forbidden",
        "disallowed",
    ];
    let words = || description.split(|c: char| !c.is_alphanumeric() && c != '\'');
    let says_no = words().any(|word| NOES.contains(&word.to_lowercase().as_str()));
    let mut statements = STATEMENTS.into_iter();
    statements.find(|statement| !says_no && words().any(|word| word == *statement))
}

/// Whether the name speaks of commands or code.
fn runs_code(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let words = [
        "command", "code", "script", "shell", "bash", "python", "terminal",
    ];
    words.iter().any(|word| name.contains(word))
}
