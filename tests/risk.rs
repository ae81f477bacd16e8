//! The classifier against tools with known categories, and against hostile ones.

// Nobody else tells why there is nothing to compare with.
#![allow(clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};

use mcplint::catalog::Catalog;
use mcplint::risk::{Category, Classification, Overrides, Source, ToolView, classify, recommended};
use mcplint::source::Syntax;
use mcplint::source::file::SourceFile;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A tool whose category is known.
struct Known {
    server: String,
    name: String,
    description: Option<String>,
    category: Category,
}

impl Known {
    fn found(&self) -> Classification {
        classify(&ToolView {
            server: Some(&self.server),
            description: self.description.as_deref(),
            ..ToolView::named(&self.name)
        })
    }
}

fn category(word: &str) -> Category {
    let mut all = Category::ALL.into_iter();
    let word = word.to_lowercase();
    all.find(|category| category.word() == word)
        .unwrap_or_else(|| panic!("no category {word}"))
}

/// Checks that `bar` of 100 are right, and 2 of 100 dangerous tools called read at most.
fn check(tools: &[Known], bar: usize) {
    let wrong: Vec<_> = tools
        .iter()
        .filter(|tool| tool.found().category != tool.category)
        .collect();
    let lines: Vec<_> = wrong
        .iter()
        .map(|tool| {
            format!(
                "{} is {}, was called {}",
                tool.name,
                tool.category,
                tool.found().category
            )
        })
        .collect();
    let dangerous = tools
        .iter()
        .filter(|tool| tool.category > Category::Write)
        .count();
    let missed = wrong
        .iter()
        .filter(|tool| tool.category > Category::Write && tool.found().category == Category::Read);
    assert!(
        wrong.len() * 100 <= tools.len() * (100 - bar),
        "{} of {}:\n{}",
        wrong.len(),
        tools.len(),
        lines.join("\n")
    );
    assert!(
        missed.count() * 100 <= dangerous * 2,
        "{}",
        lines.join("\n")
    );
    assert!(tools.iter().all(|tool| !tool.found().evidence.is_empty()));
}

/// The tools of a list in `fixtures/risk`.
fn fixture(name: &str) -> Vec<Known> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/risk");
    let text = fs::read_to_string(folder.join(name)).expect("the fixture is there");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let parts: Vec<_> = line.splitn(4, '|').collect();
            let [word, server, name, description] = parts[..] else {
                panic!("not four parts: {line}")
            };
            Known {
                server: server.to_owned(),
                name: name.to_owned(),
                description: Some(description.to_owned()).filter(|text| !text.is_empty()),
                category: category(word),
            }
        })
        .collect()
}

#[test]
fn tools_as_they_are_met_are_judged_by_the_rulings() {
    check(&fixture("tools.txt"), 96);
}

#[test]
fn tools_of_many_servers_are_judged_by_the_rulings() {
    check(&fixture("servers.txt"), 99);
}

/// The published tools are not part of this repository: without the folder `../shared/data`, or the
/// one that `MCPLINT_DATA` names, there is nothing to compare with, which is said.
#[test]
fn published_tools_are_judged_as_published() {
    let folder = std::env::var_os("MCPLINT_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("classify/dev.jsonl");
    let Ok(text) = fs::read_to_string(&path) else {
        eprintln!(
            "no published tools at {}: nothing was compared",
            path.display()
        );
        return;
    };
    let tools: Vec<_> = text
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).expect("it is JSON");
            let text = |key: &str| row[key].as_str().map(str::to_owned);
            Known {
                server: text("server").unwrap_or_default(),
                name: text("tool").expect("a tool has a name"),
                description: text("description").filter(|text| !text.is_empty()),
                category: category(row["category"].as_str().expect("a word")),
            }
        })
        .collect();
    check(&tools, 96);
}

fn catalog(tools: Value) -> Catalog {
    let mut catalog = Catalog::new();
    let file = SourceFile::new("tools.json", tools.to_string(), Syntax::Json);
    assert_eq!(catalog.add(&file), []);
    catalog
}

fn of_list(tool: Value) -> Classification {
    classify(&ToolView::from(&catalog(json!([tool])).tools()[0]))
}

#[test]
fn the_policies_of_published_pages_are_recommended() {
    for (name, description, counter) in [
        ("run-aws-code", Some("Run AWS code"), "run-aws-code_rate"),
        ("invoke_agent_runtime", None, "invoke_agent_runtime_rate"),
        (
            "run_command",
            Some("Execute a shell command and return its output."),
            "run_command_rate",
        ),
        ("StartAHORun", None, "startahorun_rate"),
        ("run_checkov", None, "run_checkov_rate"),
    ] {
        let found = classify(&ToolView {
            description,
            ..ToolView::named(name)
        });
        assert_eq!(found.category, Category::Execute, "{name}");
        let limits = json!({ "limits": [
            { "counter": counter, "window": "minute", "max": 10, "scope": "grant" }
        ] });
        assert_eq!(recommended(name, found.category), limits);
    }
}

#[test]
fn an_argument_that_selects_the_operation_decides() {
    let found = of_list(json!({
        "name": "items", "description": "Manages items.",
        "inputSchema": { "properties": { "operation": { "enum": ["list", "create", "delete"] } } }
    }));
    assert_eq!(found.category, Category::Destructive);
    assert_eq!(found.decided_by_argument.as_deref(), Some("operation"));
    assert_eq!(found.evidence[0].source, Source::Schema);
    assert_eq!(found.evidence[0].text, "operation: delete");

    let found = of_list(json!({
        "name": "call_aws", "description": "Call AWS with the given CLI command.",
        "inputSchema": { "properties": { "cli_command": {} }, "required": ["cli_command"] }
    }));
    assert_eq!(found.category, Category::Execute);
    assert_eq!(found.decided_by_argument.as_deref(), Some("cli_command"));

    let found = of_list(json!({
        "name": "warehouse_show", "description": "Executes a SQL statement and shows its rows.",
        "inputSchema": { "properties": { "sql_query": {} }, "required": ["sql_query"] }
    }));
    assert_eq!(found.category, Category::Execute);
    assert_eq!(found.decided_by_argument.as_deref(), Some("sql_query"));

    let found = of_list(json!({
        "name": "get_items",
        "inputSchema": { "properties": { "order": { "enum": ["asc", "desc"] } } }
    }));
    assert_eq!(
        (found.category, found.decided_by_argument),
        (Category::Read, None)
    );
}

#[test]
fn claims_never_lower_a_category_and_contradictions_are_kept() {
    let found = of_list(json!({
        "name": "fetch_rows", "description": "Deletes rows and returns them.",
        "annotations": { "readOnlyHint": true, "destructiveHint": false }
    }));
    assert_eq!(found.category, Category::Destructive);
    let claims: Vec<_> = found.contradictions.iter().map(|c| c.claim).collect();
    assert_eq!(claims, ["readOnlyHint: true", "destructiveHint: false"]);
    let honest = of_list(json!({ "name": "get_rows", "annotations": { "readOnlyHint": true } }));
    assert_eq!(honest.contradictions, []);
}

#[test]
fn what_a_tool_does_not_do_is_not_held_against_it() {
    for description in [
        "Looks up a customer. Does not delete anything.",
        "Looks up a customer without modifying the record. This cannot be undone is not said here.",
        "Looks up a customer. To delete a customer use delete_customer instead.",
        "Looks up a customer (never charges, pays or deletes).",
    ] {
        let found = classify(&ToolView {
            description: Some(description),
            ..ToolView::named("customer")
        });
        assert_eq!(found.category, Category::Read, "{description}: {found:?}");
    }
    let found = classify(&ToolView {
        description: Some("Adds an entry. Unlike the journal, this is not irreversible."),
        ..ToolView::named("add_entry")
    });
    assert_eq!(found.category, Category::Write);
}

#[test]
fn the_first_override_that_fits_decides_and_says_where_it_stands() {
    let table = [("send_*", Category::Financial), ("*", Category::Read)];
    let overrides = Overrides::new(table, "mcplint.toml").expect("they are globs");
    let found = overrides.classify(&ToolView::named("send_newsletter"));
    assert_eq!(found.category, Category::Financial);
    assert_eq!(found.evidence[0].source, Source::Override);
    assert_eq!(
        found.evidence[0].text,
        "\"send_*\" = \"financial\" in mcplint.toml"
    );
    assert_eq!(found.evidence[1].text, "send");
    assert_eq!(
        overrides.classify(&ToolView::named("delete_all")).category,
        Category::Read
    );
    assert!(Overrides::new([("[", Category::Read)], "mcplint.toml").is_err());
}

#[test]
fn hostile_definitions_are_bounded() {
    let long = "delete and ".repeat(200_000);
    let deep = format!("{}1{}", "{\"properties\":".repeat(100), "}".repeat(100));
    let wide: Vec<String> = (0..50_000)
        .map(|n| format!("\"a{n}\":{{\"enum\":[\"delete\"]}}"))
        .collect();
    let schema = format!("{{\"properties\":{{{}}}}}", wide.join(","));
    for description in [
        long.clone(),
        "(".repeat(1 << 20),
        "é".repeat(1 << 20),
        "a,".repeat(1 << 20),
    ] {
        for name in ["x", &long, &"A".repeat(1 << 20), &"_".repeat(1 << 20)] {
            let found = classify(&ToolView {
                description: Some(&description),
                ..ToolView::named(name)
            });
            assert!(!found.evidence.is_empty());
            assert!(found.evidence.iter().all(|e| e.text.chars().count() <= 300));
        }
    }
    for schema in [deep, schema] {
        let text = format!("[{{\"name\":\"x\",\"inputSchema\":{schema}}}]");
        let mut catalog = Catalog::new();
        catalog.add(&SourceFile::new("tools.json", text, Syntax::Json));
        classify(&ToolView::from(&catalog.tools()[0]));
    }
}

proptest! {
    #[test]
    fn whatever_a_definition_holds_there_is_an_answer_with_evidence(
        server in proptest::option::of(".{0,20}"),
        name in ".{0,40}|[a-zA-Z_.-]{0,40}",
        description in proptest::option::of(
            "(.{0,5}|create|delete |and |or |, |to |\\(|\\)|\n|\\. |a |pay |É|that ){0,30}"),
    ) {
        let tool = ToolView {
            server: server.as_deref(),
            description: description.as_deref(),
            ..ToolView::named(&name)
        };
        let found = classify(&tool);
        prop_assert!(!found.evidence.is_empty());
        prop_assert!(found.confidence > 0.0 && found.confidence <= 1.0);
        prop_assert_eq!(found, classify(&tool));
    }
}
