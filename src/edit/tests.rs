//! Edits on texts of every layout: what the text is afterwards, and that it is still read.

use serde_json::{Value, json};

use super::Editor;
use crate::finding::Edit;
use crate::source::file::SourceFile;
use crate::source::{self, Syntax};

/// What becomes of `text`. `None` if the edit can't be made.
fn edited(
    text: &str,
    syntax: Syntax,
    edit: impl Fn(&Editor<'_>) -> Option<Vec<Edit>>,
) -> Option<String> {
    let file = SourceFile::new("p", text, syntax);
    let parsed = source::parse(text, syntax);
    assert!(parsed.findings.is_empty(), "{text}: {:?}", parsed.findings);
    let root = parsed.root.expect("the text is read");
    let edits = edit(&Editor::new(&file, &root, &parsed.comments))?;
    let mut edits: Vec<_> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut changed = text.to_owned();
    for edit in edits.iter().rev() {
        changed.replace_range(edit.span.range(), &edit.replacement);
    }
    let again = source::parse(&changed, syntax);
    assert!(again.findings.is_empty(), "{changed}: {:?}", again.findings);
    let comments = |text: &str, spans: &[crate::span::Span]| -> Vec<String> {
        spans.iter().map(|s| text[s.range()].to_owned()).collect()
    };
    let kept = comments(&changed, &again.comments);
    for comment in kept {
        let before = comments(text, &parsed.comments);
        assert!(before.contains(&comment), "{changed}: `{comment}` is new");
    }
    Some(changed)
}

fn json(text: &str, edit: impl Fn(&Editor<'_>) -> Option<Vec<Edit>>) -> Option<String> {
    edited(text, Syntax::Json, edit)
}

fn yaml(text: &str, edit: impl Fn(&Editor<'_>) -> Option<Vec<Edit>>) -> Option<String> {
    edited(text, Syntax::Yaml, edit)
}

fn limit() -> Value {
    json!({"counter": "a_rate", "window": "minute", "max": 10, "scope": "grant"})
}

#[test]
fn json_parts_go_with_their_comma_and_line() {
    for (before, pointer, after) in [
        (r#"{"a":[1,2,3]}"#, "/a/0", r#"{"a":[2,3]}"#),
        (r#"{"a":[1,2,3]}"#, "/a/1", r#"{"a":[1,3]}"#),
        (r#"{"a":[1,2,3]}"#, "/a/2", r#"{"a":[1,2]}"#),
        (r#"{"a":[ 1 ]}"#, "/a/0", r#"{"a":[]}"#),
        (r#"{"a":1, "b":2}"#, "/a", r#"{"b":2}"#),
        (r#"{"a":1 , "b":2}"#, "/b", r#"{"a":1}"#),
        ("{\"a\":\n 1}", "/a", "{}"),
        (
            "{\r\n  \"a\": 1,\r\n  \"b\": [\r\n    2\r\n  ],\r\n  \"c\": 3\r\n}\r\n",
            "/b",
            "{\r\n  \"a\": 1,\r\n  \"c\": 3\r\n}\r\n",
        ),
        (
            "\u{feff}{\n\t\"a\": 1,\n\t\"b\": 2\n}",
            "/a",
            "\u{feff}{\n\t\"b\": 2\n}",
        ),
        ("[\n  {\"x\": [\"}\"]},\n  \"]\"\n]", "/0", "[\n  \"]\"\n]"),
    ] {
        assert_eq!(json(before, |e| e.remove(pointer)).as_deref(), Some(after));
    }
    assert_eq!(json("{}", |e| e.remove("")), None);
    assert_eq!(json("{}", |e| e.remove("/a")), None);
    assert_eq!(json("[1]", |e| e.remove("/7")), None);
}

#[test]
fn json_members_are_added_as_the_file_is_laid_out() {
    let on_deny = json!("No.");
    for (before, pointer, after) in [
        (r#"{"a":{}}"#, "/a", r#"{"a":{"k":"No."}}"#),
        (r#"{"a": {}}"#, "/a", r#"{"a": {"k": "No."}}"#),
        (r#"{"a":{"x":1}}"#, "/a", r#"{"a":{"x":1,"k":"No."}}"#),
        (
            r#"{ "a": { "x": 1 } }"#,
            "/a",
            r#"{ "a": { "x": 1, "k": "No." } }"#,
        ),
        (
            "{\n  \"a\": { }\n}\n",
            "/a",
            "{\n  \"a\": { \"k\": \"No.\" }\n}\n",
        ),
        (
            "{\n\t\"a\": {\n\t\t\"x\": 1\n\t}\n}",
            "/a",
            "{\n\t\"a\": {\n\t\t\"x\": 1,\n\t\t\"k\": \"No.\"\n\t}\n}",
        ),
        (
            "{\r\n  \"x\": 1\r\n}",
            "",
            "{\r\n  \"x\": 1,\r\n  \"k\": \"No.\"\r\n}",
        ),
        ("{\"x\": 1\n}", "", "{\"x\": 1, \"k\": \"No.\"\n}"),
    ] {
        let after = Some(after);
        assert_eq!(
            json(before, |e| e.insert(pointer, "k", &on_deny)).as_deref(),
            after
        );
    }
    assert_eq!(json(r#"{"k":1}"#, |e| e.insert("", "k", &on_deny)), None);
    assert_eq!(json(r#"{"k":1}"#, |e| e.insert("/k", "x", &on_deny)), None);
    let middle = json("{\n  \"a\": 1,\n  \"b\": 2\n}", |e| {
        e.insert_after("", "a", "k", &json!(3))
    });
    assert_eq!(
        middle.as_deref(),
        Some("{\n  \"a\": 1,\n  \"k\": 3,\n  \"b\": 2\n}")
    );
}

#[test]
fn larger_values_are_broken_where_they_do_not_fit() {
    let before = "{\n    \"tools\": {\n        \"a_tool_with_a_long_name\": {}\n    }\n}\n";
    let after = json(before, |e| {
        e.push_to("/tools/a_tool_with_a_long_name", "limits", &limit())
    });
    assert_eq!(
        after.as_deref(),
        Some(
            "{\n    \"tools\": {\n        \"a_tool_with_a_long_name\": {\n            \
             \"limits\": [{ \"counter\": \"a_rate\", \"window\": \"minute\", \"max\": 10, \"scope\": \"grant\" }]\n        \
             }\n    }\n}\n"
        )
    );
    let one_line = json(r#"{"tools":{"a":{}}}"#, |e| {
        e.push_to("/tools/a", "limits", &limit())
    });
    assert_eq!(
        one_line.as_deref(),
        Some(
            r#"{"tools":{"a":{"limits":[{"counter":"a_rate","window":"minute","max":10,"scope":"grant"}]}}}"#
        )
    );
    // Where every object stands on lines of its own, new ones do too.
    let expanded = "{\n  \"a\": {\n    \"x\": [\n      {\n        \"y\": 1\n      }\n    ]\n  }\n}";
    let after = json(expanded, |e| e.push("/a/x", &json!({"z": 2})));
    assert_eq!(
        after.as_deref(),
        Some(
            "{\n  \"a\": {\n    \"x\": [\n      {\n        \"y\": 1\n      },\n      {\n        \"z\": 2\n      }\n    ]\n  }\n}"
        )
    );
}

#[test]
fn json_elements_are_added() {
    for (before, after) in [
        (r#"{"a":[]}"#, r#"{"a":["x"]}"#),
        (r#"{"a":["y"]}"#, r#"{"a":["y","x"]}"#),
        (r#"{ "a": [ "y", "z" ] }"#, r#"{ "a": [ "y", "z", "x" ] }"#),
        (
            "{\n  \"a\": [\n    \"y\"\n  ]\n}",
            "{\n  \"a\": [\n    \"y\",\n    \"x\"\n  ]\n}",
        ),
        ("{\n  \"b\": 1\n}", "{\n  \"b\": 1,\n  \"a\": [\"x\"]\n}"),
    ] {
        assert_eq!(
            json(before, |e| e.push_to("", "a", &json!("x"))).as_deref(),
            Some(after)
        );
    }
}

#[test]
fn keys_and_values_are_replaced_in_their_quotes() {
    assert_eq!(
        json(r#"{"a\u0062": "x"}"#, |e| e.rename("/ab", "c\"d")).as_deref(),
        Some(r#"{"c\"d": "x"}"#)
    );
    assert_eq!(json(r#"{"a":1,"b":2}"#, |e| e.rename("/a", "b")), None);
    assert_eq!(
        json(r#"{"a":"1"}"#, |e| e.replace("/a", &json!(1))).as_deref(),
        Some(r#"{"a":1}"#)
    );
    for (before, after) in [
        ("a: x # why\n", "a: deny # why\n"),
        ("a: 'x'\n", "a: 'deny'\n"),
        ("a: \"x\"\n", "a: \"deny\"\n"),
        ("{a: x, b: 1}\n", "{a: deny, b: 1}\n"),
    ] {
        assert_eq!(
            yaml(before, |e| e.replace("/a", &json!("deny"))).as_deref(),
            Some(after)
        );
    }
    for (new, after) in [("it's", "a: 'it''s'\n"), ("no", "a: 'no'\n")] {
        assert_eq!(
            yaml("a: 'x'\n", |e| e.replace("/a", &json!(new))).as_deref(),
            Some(after)
        );
    }
    for (new, after) in [
        ("no", "a: \"no\"\n"),
        ("10", "a: \"10\"\n"),
        ("a: b", "a: \"a: b\"\n"),
        ("a #b", "a: \"a #b\"\n"),
        ("*", "a: \"*\"\n"),
        ("", "a: \"\"\n"),
        ("a\nb", "a: \"a\\nb\"\n"),
    ] {
        assert_eq!(
            yaml("a: x\n", |e| e.replace("/a", &json!(new))).as_deref(),
            Some(after)
        );
    }
    assert_eq!(
        yaml("a: |\n  x\nb: 1\n", |e| e.replace("/a", &json!("z"))),
        None
    );
    assert_eq!(yaml("a:\n  b: 1\n", |e| e.replace("/a", &json!("z"))), None);
    assert_eq!(
        yaml("'a b': 1\n", |e| e.rename("/a b", "c")).as_deref(),
        Some("'c': 1\n")
    );
    assert_eq!(
        yaml("a: 1\n", |e| e.rename("/a", "*")).as_deref(),
        Some("\"*\": 1\n")
    );
}

#[test]
fn yaml_parts_go_with_their_lines() {
    for (before, pointer, after) in [
        (
            "a:\n  - x # one\n  - y # two\n  - z\n",
            "/a/1",
            "a:\n  - x # one\n  - z\n",
        ),
        ("a:\n  - x\n  - y\n", "/a/0", "a:\n  - y\n"),
        ("a:\n- x\n- y", "/a/1", "a:\n- x"),
        ("a:\n  - x # one\nb: 1\n", "/a/0", "a: []\nb: 1\n"),
        ("a: 1\nb:\n  c: 2\n  d: 3\ne: 4\n", "/b", "a: 1\ne: 4\n"),
        ("a: 1\r\nb: 2\r\nc: 3\r\n", "/b", "a: 1\r\nc: 3\r\n"),
        ("a: 1\nb: 2\n", "/a", "b: 2\n"),
        ("\u{feff}a: 1\nb: 2\n", "/a", "\u{feff}b: 2\n"),
        ("a:\n  b:\n    c: 1\n", "/a/b", "a: {}\n"),
        ("a: # why\n  b: 1\nc: 2\n", "/a/b", "a: {} # why\nc: 2\n"),
        ("- a: 1\n  b: 2\n- c\n", "/0/a", "- b: 2\n- c\n"),
        ("- a: 1\n  b: 2\n", "/0/b", "- a: 1\n"),
        ("- a: 1\n- c\n", "/0/a", "- {}\n- c\n"),
        ("a: |\n  text\n\n  more\nb: 1\n", "/a", "b: 1\n"),
        ("x: 1\na: >-\n  text\n\nb: 1\n", "/a", "x: 1\n\nb: 1\n"),
        ("a:\nb: 1\n", "/a", "b: 1\n"),
        ("b: 1\na:\n", "/a", "b: 1\n"),
        (
            "x: 1\na:\n  - {b: 1,\n     c: 2}\n  - d\n",
            "/a/0",
            "x: 1\na:\n  - d\n",
        ),
    ] {
        let changed = yaml(before, |e| e.remove(pointer));
        assert_eq!(changed.as_deref(), Some(after), "{before}{pointer}");
    }
}

#[test]
fn yaml_brackets_keep_the_comments_between_them() {
    for (before, pointer, after) in [
        ("a: [x, y, z]\n", "/a/1", "a: [x, z]\n"),
        ("a: [x, y,]\n", "/a/1", "a: [x,]\n"),
        ("a: {b: 1, c: 2} # why\n", "/a/b", "a: {c: 2} # why\n"),
        ("a: {b: , c: 2}\n", "/a/b", "a: {c: 2}\n"),
        (
            "a: [\n  x, # one\n  y, # two\n  z\n]\n",
            "/a/1",
            "a: [\n  x, # one # two\n  z\n]\n",
        ),
        (
            "a: [\n  x, # one\n  y\n]\n",
            "/a/1",
            "a: [\n  x, # one\n]\n",
        ),
        (
            "a: [\n  # the first\n  x,\n  y\n]\n",
            "/a/0",
            "a: [\n  # the first\n  y\n]\n",
        ),
    ] {
        let changed = yaml(before, |e| e.remove(pointer));
        if after.contains("# one # two") {
            // The comment behind goes nowhere: the line stays.
            let changed = changed.expect("it can be removed");
            assert!(
                changed.contains("# one") && changed.contains("# two"),
                "{changed}"
            );
            continue;
        }
        assert_eq!(changed.as_deref(), Some(after), "{before}{pointer}");
    }
}

#[test]
fn yaml_members_are_added_as_the_file_is_laid_out() {
    let value = json!("No more.");
    for (before, pointer, after) in [
        ("a: 1\n", "", "a: 1\nk: No more.\n"),
        ("a: 1", "", "a: 1\nk: No more."),
        (
            "a: 1 # one\n# the end\n",
            "",
            "a: 1 # one\nk: No more.\n# the end\n",
        ),
        (
            "a:\n    b: 1\nc: 2\n",
            "/a",
            "a:\n    b: 1\n    k: No more.\nc: 2\n",
        ),
        (
            "a:\n  b:\n    - c: 1\n      d: 2\n\ne: 1\n",
            "/a/b/0",
            "a:\n  b:\n    - c: 1\n      d: 2\n      k: No more.\n\ne: 1\n",
        ),
        ("a: {}\nb: 1\n", "/a", "a:\n  k: No more.\nb: 1\n"),
        ("a: # why\nb: 1\n", "/a", "a: # why\n  k: No more.\nb: 1\n"),
        ("a: {} # why\n", "/a", "a: # why\n  k: No more.\n"),
        ("a: ~\n", "/a", "a:\n  k: No more.\n"),
        ("a:", "/a", "a:\n  k: No more."),
        ("a: {b: 1}\n", "/a", "a: {b: 1, k: No more.}\n"),
        ("a: { b: 1 }\n", "/a", "a: { b: 1, k: No more. }\n"),
        ("a: {b: {}}\n", "/a/b", "a: {b: {k: No more.}}\n"),
        (
            "a: [\n  {b: 1} # one\n]\n",
            "/a/0",
            "a: [\n  {b: 1, k: No more.} # one\n]\n",
        ),
        (
            "a: {\n  b: 1 # one\n}\n",
            "/a",
            "a: {\n  b: 1, # one\n  k: No more.\n}\n",
        ),
        (
            "a: {\n  b: 1,\n}\n",
            "/a",
            "a: {\n  b: 1,\n  k: No more.,\n}\n",
        ),
        ("a: |\n  text\n\n", "", "a: |\n  text\nk: No more.\n\n"),
        ("a: 'x\n\n  y'\n", "", "a: 'x\n\n  y'\nk: No more.\n"),
        ("---\na: 1\n...\n", "", "---\na: 1\nk: No more.\n...\n"),
    ] {
        let changed = yaml(before, |e| e.insert(pointer, "k", &value));
        assert_eq!(changed.as_deref(), Some(after), "{before}");
    }
    assert_eq!(
        yaml("a: |+\n  text\n\n", |e| e.insert("", "k", &value)),
        None
    );
    assert_eq!(yaml("a: x\n", |e| e.insert("/a", "k", &value)), None);
}

#[test]
fn yaml_blocks_are_written_in_the_file_s_indentation() {
    let rule = json!({"name": "rate", "conditions": [{"path": "args.a", "op": "lt", "value": 3}], "tags": []});
    let before = "tools:\n    a:\n        rules:\n          - name: first\n    b: {}\n";
    let after = yaml(before, |e| e.push("/tools/a/rules", &rule));
    assert_eq!(
        after.as_deref(),
        Some(
            "tools:\n    a:\n        rules:\n          - name: first\n          - name: rate\n            \
             conditions:\n              - path: args.a\n                op: lt\n                value: 3\n            \
             tags: []\n    b: {}\n"
        )
    );
    let after = yaml(before, |e| {
        e.push_to("/tools/b", "rules", &json!({"name": "x"}))
    });
    assert_eq!(
        after.as_deref(),
        Some(
            "tools:\n    a:\n        rules:\n          - name: first\n    b:\n        rules:\n          - name: x\n"
        )
    );
    let flush = yaml("a:\n- x\nb: {}\n", |e| e.push_to("", "c", &json!("z")));
    assert_eq!(flush.as_deref(), Some("a:\n- x\nb: {}\nc:\n- z\n"));
    let empty = yaml("a: []\n", |e| e.push("/a", &json!("z")));
    assert_eq!(empty.as_deref(), Some("a:\n  - z\n"));
}

#[test]
fn what_is_shared_or_reached_by_alias_is_left_alone() {
    let text = "base: &b\n  x: 1\n  y: 2\nuse: *b\nlist: [&i one, two, *i]\nlast: {z: 1}\n";
    for pointer in [
        "/use/x", "/base/x", "/base", "/list/0", "/list/2", "/list/1",
    ] {
        assert_eq!(yaml(text, |e| e.remove(pointer)), None, "{pointer}");
    }
    for pointer in ["/use", "/base"] {
        assert_eq!(
            yaml(text, |e| e.insert(pointer, "k", &json!(1))),
            None,
            "{pointer}"
        );
    }
    assert_eq!(
        yaml(text, |e| e.remove("/last/z")).as_deref(),
        Some("base: &b\n  x: 1\n  y: 2\nuse: *b\nlist: [&i one, two, *i]\nlast: {}\n")
    );
    assert_eq!(
        yaml(text, |e| e.remove("/use")).as_deref(),
        Some("base: &b\n  x: 1\n  y: 2\nlist: [&i one, two, *i]\nlast: {z: 1}\n")
    );
    let in_brackets = "a: &a x\nb: {c: *a, d: 1}\n";
    assert_eq!(
        yaml(in_brackets, |e| e.remove("/b/c")).as_deref(),
        Some("a: &a x\nb: {d: 1}\n")
    );
    let merged = "a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n";
    assert_eq!(yaml(merged, |e| e.remove("/b/y")), None);
}

#[test]
fn odd_layouts_are_left_alone_or_done_right() {
    for (before, pointer) in [
        ("? a\n: 1\n? b\n: 2\n", "/b"),
        ("- - a\n  - b\n", "/0/1"),
        ("a: !!str x\nb: 1\n", "/a"),
        ("a: &x 1\nb: 2\n", "/a"),
        ("[a: 1, b]\n", "/0"),
        ("a: [\"x\", y]\n", "/a/0"),
        ("{\"a\":1,\"b\":2}\n", "/a"),
    ] {
        // `edited` reads the result again; here it only has to hold together.
        if let Some(changed) = yaml(before, |e| e.remove(pointer)) {
            let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
            let size = |text: &str| {
                let root = source::parse(text, Syntax::Yaml).root.expect("it is read");
                let node = root.at(parent).expect("the parent is there").clone();
                node.as_mapping().map_or(0, <[_]>::len) + node.as_sequence().map_or(0, <[_]>::len)
            };
            assert_eq!(size(&changed) + 1, size(before), "{changed}");
        }
    }
}

#[test]
fn new_text_stands_and_is_quoted_like_what_is_there() {
    let objects = r#"{
  "tools": {
    "a": { "limits": [{ "counter": "a_calls_of_today", "window": "day", "max": 100, "scope": "grant" }] }
  }
}"#;
    let after = objects.replace(
        "}] }",
        r#"}, { "counter": "a_rate", "window": "minute", "max": 10, "scope": "grant" }] }"#,
    );
    let added = json(objects, |edit| edit.push("/tools/a/limits", &limit()));
    assert_eq!(added, Some(after));

    let nested = "x-common:\n  - name: 'a'\n    rules:\n      b: 1\ntools:\n  c: 1\n";
    let added = yaml(nested, |edit| {
        edit.insert(
            "/tools",
            "*",
            &json!({"rules": [{"rate_limit": "60/minute"}]}),
        )
    });
    let after = format!("{nested}  '*':\n    rules:\n      - rate_limit: '60/minute'\n");
    assert_eq!(added, Some(after));
}
