//! Any text as YAML: no panic, and every span inside of the text.
#![no_main]

#[path = "../spans.rs"]
mod spans;

use mcplint::source::{Syntax, parse};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let parsed = parse(text, Syntax::Yaml);
    spans::check_findings(text, &parsed.findings);
    for comment in &parsed.comments {
        assert!(text[comment.range()].starts_with('#'));
    }
    if let Some(root) = &parsed.root {
        spans::check_node(text, root);
    }
});
