//! Descriptions of tools that are written for the agent and hidden from people.

use std::sync::LazyLock;

use regex::Regex;

use super::{Check, Rule};
use crate::catalog::Tool;
use crate::finding::Severity;
use crate::lint::{Reporter, ToolList};
use crate::render::escape::is_dangerous;
use crate::source::tree::{Node, Value, join, join_index};
use crate::span::Span;
use crate::suggest::quoted;

/// See `poisoned_description.md`.
pub static RULE: Rule = Rule {
    id: "poisoned-description",
    severity: Severity::Warning,
    summary: "hidden characters or orders to the agent in a tool's description",
    doc: include_str!("poisoned_description.md"),
    needs_tools: true,
    check: Check::Tools(check),
};

/// Orders that no honest description gives.
static ORDERS: LazyLock<Regex> = LazyLock::new(|| {
    let orders = [
        r"\b(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+)?(?:previous|prior|earlier|above|preceding)\s+(?:instructions?|prompts?|rules|messages|guidelines)",
        r"\b(?:do\s+not|don't|never|without)\s+(?:tell(?:ing)?|mention(?:ing)?|inform(?:ing)?|notify(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|show(?:ing)?|alert(?:ing)?)\s+(?:(?:this|that|it|about|anything|any\s+of\s+this)\s+)*(?:to\s+)?(?:the\s+)?user\b",
        r"\b(?:hide|conceal|keep)\s+(?:this|it|that)\s+(?:secret\s+)?from\s+(?:the\s+)?user\b",
        r"\b(?:reveal|send|include|leak|repeat)\s+(?:the|your)\s+system\s+prompt\b",
        r"\b(?:read|open|cat|include|send|pass|upload)\b[^.\n]{0,80}(?:~/\.ssh|id_rsa|~/\.aws|/etc/passwd|\.cursor/mcp\.json|\.env\s+file)",
        r"<!--[^>]{0,400}\b(?:you|must|always|never|ignore|instructions?|assistant|agent|system|secretly)\b",
        r"\b(?:system|developer)\s*:\s*(?:you|ignore|always|never|from\s+now|do\s+not)\b",
        r"\byou\s+are\s+now\s+(?:in|an?|the|acting|operating|running)\b",
        r"<\s*/?\s*(?:important|system|instructions?|secret|hidden)\s*>",
        // What was said elsewhere, to this server.
        r"\b(?:must|always|also|silently|be\s+sure\s+to)\b[^.\n]{0,80}\b(?:pass|include|send|provide|copy|forward|attach|append|paste|submit)\b[^.\n]{0,60}\b(?:(?:full|entire|whole|complete)\s+(?:conversation|chat|message)(?:\s+(?:history|log|transcript))?|(?:conversation|chat)\s+(?:history|transcript)\s+so\s+far)\b",
        r"\b(?:must|always|also|silently|be\s+sure\s+to)\b[^.\n]{0,40}\b(?:send|forward|bcc|cc|mail|e-?mail|upload)\s+(?:a\s+)?(?:copy|copies)\s+of\s+(?:every|each|all|any)\b[^.\n]{0,60}\bto\b",
    ];
    let any = format!("(?i){}", orders.join("|"));
    Regex::new(&any).expect("an expression of our own")
});

fn check(list: &ToolList<'_>, reporter: &mut Reporter<'_>) {
    for tool in &list.tools {
        if let (Some(text), Some(span)) = (&tool.description, tool.description_span) {
            let pointer = join(&tool.pointer, "description");
            look(tool, text, &pointer, span, reporter);
        }
        if let Some(schema) = &tool.input_schema {
            let pointer = join(&tool.pointer, "inputSchema");
            look_into(tool, &schema.tree(), &pointer, reporter);
        }
    }
}

/// Looks at the keys and texts of a schema. Recursion is bounded by the reader.
fn look_into(tool: &Tool, node: &Node, pointer: &str, reporter: &mut Reporter<'_>) {
    match &node.value {
        Value::Scalar(scalar) => look(tool, &scalar.text, pointer, node.span, reporter),
        Value::Sequence(items) => {
            for (nth, item) in items.iter().enumerate() {
                look_into(tool, item, &join_index(pointer, nth), reporter);
            }
        }
        Value::Mapping(entries) => {
            for entry in entries {
                let below = join(pointer, &entry.key);
                look(tool, &entry.key, &below, entry.key_span, reporter);
                look_into(tool, &entry.value, &below, reporter);
            }
        }
    }
}

fn look(tool: &Tool, text: &str, pointer: &str, span: Span, reporter: &mut Reporter<'_>) {
    let what = match (hidden(text), ORDERS.find(text)) {
        (Some(c), _) => format!("has a character that can't be seen, U+{:04X}", u32::from(c)),
        (None, Some(order)) => format!("gives the agent an order: {}", quoted(order.as_str())),
        (None, None) => return,
    };
    let message = format!("the definition of {} {what}", quoted(&tool.name));
    let help = "agents take descriptions for instructions: read it as it is, and don't let the \
                server near private data before you know why it says so";
    let finding = reporter.finding(pointer, span, message);
    reporter.report(finding.help(help));
}

/// The flags of regions, such as those of England and Scotland: a flag and tags that spell which.
static FLAGS: LazyLock<Regex> = LazyLock::new(|| {
    let flag = r"\x{1F3F4}[\x{E0030}-\x{E0039}\x{E0061}-\x{E007A}]{3,6}\x{E007F}";
    Regex::new(flag).expect("an expression of our own")
});

/// A character that only software reads. Joiners are at home in emoji and in some scripts, and a
/// byte-order mark at the beginning is a slip.
fn hidden(text: &str) -> Option<char> {
    let text = FLAGS.replace_all(text.trim_start_matches('\u{feff}'), "");
    let mut before = ' ';
    text.chars().find(|&c| {
        let joins = matches!(c, '\u{200c}' | '\u{200d}') && !before.is_ascii();
        let is_hidden = is_dangerous(c) && !c.is_control() && !joins;
        let is_hidden = is_hidden && !matches!(c, '\u{ad}' | '\u{2028}' | '\u{2029}');
        before = c;
        is_hidden || c == '\u{1b}' || c == '\u{8}'
    })
}
