//! Whether what points into a text points into that text.

use mcplint::finding::Finding;
use mcplint::source::tree::{Node, Value};

#[allow(dead_code, reason = "not every target has a tree")]
pub fn check_node(text: &str, node: &Node) {
    assert!(text.get(node.span.range()).is_some(), "{:?}", node.span);
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter().for_each(|item| check_node(text, item)),
        Value::Mapping(entries) => {
            for entry in entries {
                assert!(text.get(entry.key_span.range()).is_some());
                check_node(text, &entry.value);
            }
        }
    }
}

pub fn check_findings(text: &str, findings: &[Finding]) {
    for finding in findings {
        let spans = finding.labels.iter().map(|label| label.span);
        for span in spans.chain([finding.span]) {
            assert!(text.get(span.range()).is_some(), "{finding:?}");
        }
        assert!(finding.pointer.is_empty() || finding.pointer.starts_with('/'));
    }
}
