//! The policy that is published for each category.

use serde_json::{Value, json};

use super::Category;

/// The rules that a gateway policy is advised to have for `tool`: what stands under its name in
/// `tools`.
pub fn recommended(tool: &str, category: Category) -> Value {
    match category {
        Category::Read => json!({}),
        Category::Write => limited(tool, 30),
        Category::Execute => limited(tool, 10),
        Category::Destructive => denied("Blocked by default. Requires approval."),
        Category::Financial => denied("Requires human approval."),
    }
}

fn limited(tool: &str, max: u32) -> Value {
    let counter = format!("{}_rate", tool.to_lowercase());
    json!({ "limits": [
        { "counter": counter, "window": "minute", "max": max, "scope": "grant" }
    ] })
}

fn denied(message: &str) -> Value {
    json!({ "deny_if": [{ "conditions": [], "on_deny": message }] })
}
