use super::*;
use crate::source::Syntax;

fn read(text: &str) -> (Catalog, Vec<Finding>) {
    let mut catalog = Catalog::new();
    let findings = catalog.add(&SourceFile::new("tools.json", text, Syntax::Json));
    (catalog, findings)
}

fn names(catalog: &Catalog) -> Vec<&str> {
    let tools = catalog.tools().iter();
    tools.map(|tool| tool.name.as_str()).collect()
}

#[test]
fn every_wrapping_of_a_list_is_read() {
    for (text, pointer, server) in [
        (
            r#"{"server":"s","tools":[{"name":"a"}]}"#,
            "/tools/0",
            Some("s"),
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a"}]}}"#,
            "/result/tools/0",
            None,
        ),
        (r#"[{"name":"a"}]"#, "/0", None),
        ("{\"server\":\"s\",\"tool\":\"a\"}\n", "", Some("s")),
        (
            "\u{feff}{\n \"tools\": [\n{\"name\":\"a\"}]}\n",
            "/tools/0",
            None,
        ),
    ] {
        let (catalog, findings) = read(text);
        assert_eq!(findings, [], "{text}");
        let tool = &catalog.tools()[0];
        assert_eq!((tool.name.as_str(), tool.pointer.as_str()), ("a", pointer));
        assert_eq!(tool.server.as_deref(), server);
        assert_eq!(&text[tool.name_span.range()], "\"a\"");
    }
}

#[test]
fn lists_may_follow_each_other() {
    let (catalog, findings) = read(
        "{\"tools\":\n[{\"name\":\"a\"}]}\n{\"tools\":[{\"name\":\"a\"}]} [{\"name\":\"b\"}]\n{\"tool\":\"c\"}",
    );
    assert_eq!(findings, []);
    assert_eq!(names(&catalog), ["a", "a", "b", "c"]);
    assert_eq!(catalog.named("a").count(), 2);
}

#[test]
fn what_can_not_be_read_is_told_and_the_rest_is_read() {
    let text = "{\"tool\":\"a\"}\n{\"tool\":\n{\"tool\":\"b\",\"description\":7}\n5\n{\"nom\":1}\n[1,{\"name\":null}]\n{\"tool\":\"c\"}";
    let (catalog, findings) = read(text);
    assert_eq!(names(&catalog), ["a", "b", "c"]);
    let found: Vec<_> = findings
        .iter()
        .map(|f| (f.rule.id, f.message.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("syntax-error", "expected `,` or `}`"),
            (
                "wrong-type",
                "`description` of a tool must be a string, not a number"
            ),
            ("wrong-type", "expected tools, found a number"),
            ("missing-key", "the tool has no `name`"),
            ("wrong-type", "a tool must be an object, not a number"),
            ("wrong-type", "the tool's name must be a string, not null"),
        ]
    );
}

#[test]
fn a_tool_that_stands_twice_is_told_with_both_places() {
    let (catalog, findings) =
        read(r#"{"tools":[{"name":"a"},{"name":"b","x":1,"x":2},{"name":"a"}]}"#);
    assert_eq!(names(&catalog), ["a", "b", "a"]);
    let found: Vec<_> = findings
        .iter()
        .map(|f| (f.rule.id, f.pointer.as_str()))
        .collect();
    assert_eq!(
        found,
        [("duplicate-key", ""), ("duplicate-tool", "/tools/2")]
    );
}

#[test]
fn annotations_and_schemas_are_kept_with_their_places() {
    let text = r#" [{"name":"a","annotations":{"readOnlyHint":true,"destructiveHint":"no"},
        "inputSchema":{"type":"object","properties":{"x":{"type":"string"}}}}]"#;
    let (catalog, findings) = read(text);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].pointer, "/0/annotations/destructiveHint");
    let tool = &catalog.tools()[0];
    assert_eq!(tool.annotations.read_only, Some(true));
    assert_eq!(tool.annotations.destructive, None);
    let schema = tool.input_schema.as_ref().expect("it has one").tree();
    let x = schema.at("/properties/x/type").expect("there");
    assert_eq!(&text[x.span.range()], "\"string\"");
}

#[test]
fn a_flood_of_findings_is_bounded_and_counted() {
    let (_, findings) = read(&"[7]\n".repeat(5000));
    assert_eq!(findings.len(), crate::finding::MAX_FINDINGS + 1);
    let last = findings.last().expect("there are some");
    assert_eq!(last.message, "the file has 4000 findings more than these");
}
