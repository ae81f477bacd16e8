//! Tools that claim to change nothing, and do.

use super::{Check, Rule};
use crate::finding::Severity;
use crate::lint::{Reporter, ToolList};
use crate::risk::{Category, Source, ToolView};
use crate::suggest::quoted;

/// See `misleading_annotation.md`.
pub static RULE: Rule = Rule {
    id: "misleading-annotation",
    severity: Severity::Warning,
    summary: "a tool whose `readOnlyHint` its own definition contradicts",
    doc: include_str!("misleading_annotation.md"),
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
        // Running something may be reading, as with a query or a search; a command is more, and so is
        // SQL that changes what it finds.
        let changes = tool.description.as_deref().and_then(changing_sql);
        let runs_anything = judged.category != Category::Execute || runs_code(&tool.name);
        let (source, text) = match changes.filter(|_| judged.category == Category::Execute) {
            Some(statement) => ("description", statement),
            None if judged.confidence >= SURE && runs_anything => {
                (found.against.source.word(), found.against.text.as_str())
            }
            None => continue,
        };
        let message = format!(
            "{} claims `{}`, and its {source} says otherwise: {}",
            quoted(&tool.name),
            found.claim,
            quoted(text)
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
