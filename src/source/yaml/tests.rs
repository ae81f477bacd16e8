//! How the parts of the reader work together.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;
use crate::finding::Finding;
use crate::source::tree::Entry;

/// A tree as text, without spans: enough to compare.
fn show(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => match scalar.kind {
            ScalarKind::String => format!("{:?}", scalar.text),
            ScalarKind::Null => "null".to_owned(),
            ScalarKind::Bool(bool) => bool.to_string(),
            ScalarKind::Int(int) => int.to_string(),
            ScalarKind::UInt(int) => format!("{int}u"),
            ScalarKind::Float(float) => format!("{float:?}"),
            ScalarKind::Timestamp => format!("@{}", scalar.text),
        },
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(show).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(entries) => {
            let entry = |entry: &Entry| format!("{}: {}", entry.key, show(&entry.value));
            let entries: Vec<_> = entries.iter().map(entry).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn read(text: &str) -> Node {
    let parsed = parse(text);
    assert_eq!(parsed.findings, [], "{text}");
    parsed.root.expect("a text without findings has a tree")
}

fn shown(text: &str) -> String {
    show(&read(text))
}

/// Each finding as `rule|underlined text|message`.
fn complaints(text: &str) -> Vec<String> {
    let line = |finding: &Finding| {
        let underlined = &text[finding.span.range()];
        format!("{}|{underlined}|{}", finding.rule.id, finding.message)
    };
    parse(text).findings.iter().map(line).collect()
}

fn slice<'t>(text: &'t str, pointer: &str) -> &'t str {
    let root = read(text);
    let node = root.at(pointer).expect("the pointer names a node");
    &text[node.span.range()]
}

#[test]
fn reads_block_and_flow_collections() {
    let text = "version: \"1\"\nhide: [a, 'b', ]\ntools:\n  t:\n    rules:\n    - name: x\n    -\n  u: {}\n";
    assert_eq!(
        shown(text),
        r#"{version: "1", hide: ["a", "b"], tools: {t: {rules: [{name: "x"}, null]}, u: {}}}"#
    );
}

#[test]
fn a_scalar_keeps_its_text_and_whether_it_was_quoted() {
    let root =
        read("a: 0x10\nb: \"0x\\u0031\"\nc: |\n  hi\n  you\nd: !!str 5\ne:\nf: two\n  lines\n");
    let scalar = |key: &str| {
        let scalar = root.get(key).and_then(Node::as_scalar).expect("a scalar");
        (scalar.text.as_str(), scalar.kind, scalar.quoted)
    };
    assert_eq!(scalar("a"), ("0x10", ScalarKind::Int(16), false));
    assert_eq!(scalar("b"), ("0x1", ScalarKind::String, true));
    assert_eq!(scalar("c"), ("hi\nyou\n", ScalarKind::String, true));
    assert_eq!(scalar("d"), ("5", ScalarKind::String, false));
    assert_eq!(scalar("e"), ("", ScalarKind::Null, false));
    assert_eq!(scalar("f"), ("two lines", ScalarKind::String, false));
}

#[test]
fn obeys_tags() {
    assert_eq!(
        shown("[! 5, !mine 5, !!float 5, !<tag:yaml.org,2002:str> 5]"),
        r#"[5, "5", 5.0, "5"]"#
    );
    assert_eq!(shown("!!map {a: !!binary aGk=}"), r#"{a: "hi"}"#);
    assert_eq!(
        complaints("a: !!int x\nb: !!bool yes"),
        [
            "syntax-error|x|`x` can't be read as `!!int`",
            "syntax-error|yes|`yes` can't be read as `!!bool`"
        ]
    );
}

#[test]
fn spans_cover_the_text_and_no_more() {
    let text = "# head\na: 'x'  # c\nb:\n  - 1\n  - {k: [2, 3 ] }  \n\n# tail\n\nc: |  # note\n  hi\n  there\n\n\nd:\n  e: >-\n\nf: !!str &x plain text\n";
    assert_eq!(slice(text, "/a"), "'x'");
    assert_eq!(slice(text, "/b"), "- 1\n  - {k: [2, 3 ] }");
    assert_eq!(slice(text, "/b/1"), "{k: [2, 3 ] }");
    assert_eq!(slice(text, "/b/1/k"), "[2, 3 ]");
    assert_eq!(slice(text, "/c"), "|  # note\n  hi\n  there");
    assert_eq!(slice(text, "/d"), "e: >-");
    assert_eq!(slice(text, "/d/e"), ">-");
    assert_eq!(slice(text, "/f"), "plain text");
    assert!(slice(text, "").starts_with("a: 'x'") && slice(text, "").ends_with("plain text"));
    let root = read(text);
    let key = |pointer: &str| &text[root.entry_at(pointer).expect("a key").key_span.range()];
    assert_eq!(key("/a"), "a");
    assert_eq!(key("/d/e"), "e");
    let comments: Vec<_> = parse(text)
        .comments
        .iter()
        .map(|span| &text[span.range()])
        .collect();
    assert_eq!(comments, ["# head", "# c", "# tail", "# note"]);
}

#[test]
fn a_byte_order_mark_and_carriage_returns_are_fine() {
    let text = "\u{feff}a: 'x'\r\nb:\r\n  - é\r\n  - y\r\n";
    assert_eq!(shown(text), r#"{a: "x", b: ["é", "y"]}"#);
    assert_eq!(slice(text, "/b/1"), "y");
    assert_eq!(slice(text, "/a"), "'x'");
}

#[test]
fn a_text_without_content_is_null() {
    for text in ["", "\n", "# only\n", "---\n", "\u{feff}", "--- # x\n...\n"] {
        let root = read(text);
        assert_eq!(show(&root), "null", "{text:?}");
        assert!(root.span.is_empty());
    }
    assert_eq!(read("# only\n").span, Span::at(7));
}

#[test]
fn reports_every_duplicate_key_and_keeps_the_first() {
    let text = "a: 1\nb: {x: 1, \"x\": 2}\na: {y: 1, y: 2}\n1: p\n'1': q\nTrue: r\ntrue: s\n";
    let parsed = parse(text);
    let found: Vec<_> = parsed
        .findings
        .iter()
        .map(|f| {
            (
                f.rule.id,
                f.pointer.as_str(),
                &text[f.span.range()],
                f.labels[0].span.start,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("duplicate-key", "/b/x", "\"x\"", 9),
            ("duplicate-key", "/a", "a", 0),
            ("duplicate-key", "/a/y", "y", 27),
            ("duplicate-key", "/1", "'1'", 39),
        ]
    );
    let root = parsed.root.expect("duplicates leave a tree");
    assert_eq!(
        show(&root),
        r#"{a: 1, b: {x: 1}, 1: "p", True: "r", true: "s"}"#
    );
}

#[test]
fn a_null_key_is_told_from_its_text() {
    let root = read(
        "~: 1\n\"~\": 2\nnull: 3\n? \n: 4\n5: 5\n"
            .replace("\"~\": 2\n", "")
            .as_str(),
    );
    let kinds: Vec<_> = root
        .as_mapping()
        .expect("a mapping")
        .iter()
        .map(|entry| (entry.key.as_str(), entry.key_kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("~", ScalarKind::Null),
            ("null", ScalarKind::Null),
            ("", ScalarKind::Null),
            ("5", ScalarKind::Int(5)),
        ]
    );
}

#[test]
fn keys_must_be_scalars() {
    assert_eq!(
        complaints("? [a, b]\n: 1\n? {c: d}\n: 2\n"),
        [
            "syntax-error|[a, b]|a key must be a single value, and this one is a list",
            "syntax-error|{c: d}|a key must be a single value, and this one is an object",
        ]
    );
}

#[test]
fn merges_as_yaml_v3() {
    assert_eq!(
        shown("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\nt: {x: 0, <<: [*b, *m], w: 5}\n"),
        "{base: {x: 1, y: 2}, more: {y: 3, z: 4}, t: {x: 0, w: 5, y: 2, z: 4}}"
    );
    assert_eq!(
        shown("a: &a {<<: {p: 1}, q: 2}\nb: {<<: *a, q: 3}"),
        "{a: {q: 2, p: 1}, b: {q: 3, p: 1}}"
    );
    assert_eq!(
        shown("a: {'<<': 1}\nb: <<\nc: {!!str <<: 2}"),
        "{a: {<<: 1}, b: \"<<\", c: {<<: 2}}"
    );
    let message = "`<<` merges an object, an alias of one, or a list of those";
    assert_eq!(
        complaints("l: &l [{a: 1}]\na: {<<: 1}\nb: {<<: *l}\nc: {<<: [{}, x]}\nd:\n  <<:\n"),
        [
            format!("syntax-error|1|{message}"),
            format!("syntax-error|*l|{message}"),
            format!("syntax-error|x|{message}"),
            format!("syntax-error||{message}"),
        ]
    );
}

#[test]
fn merged_entries_keep_the_places_of_their_definition() {
    let text = "a: &a {p: 1}\nb: {<<: *a}\n";
    let root = read(text);
    let entry = root.entry_at("/b/p").expect("merged");
    assert_eq!(entry.key_span, Span::new(7, 8));
    assert_eq!(entry.value.span, Span::new(10, 11));
}

#[test]
fn aliases_stand_for_the_anchored_text() {
    let text = "a: &a [1, &n x]\nb: *a\n*n : c\nd: &a 2\ne: *a\n";
    assert_eq!(
        shown(text),
        r#"{a: [1, "x"], b: [1, "x"], x: "c", d: 2, e: 2}"#
    );
    assert_eq!(slice(text, "/b"), "[1, &n x]");
    assert_eq!(
        complaints("a: *no\nb: 1\nb: 2\n"),
        [
            "syntax-error|*no|no anchor `&no` stands before this alias",
            "duplicate-key|b|the key `b` is already defined in this object"
        ]
    );
}

#[test]
fn errors_in_anchored_text_are_reported_once() {
    assert_eq!(
        complaints("a: &a {x: 1, x: 2}\nb: *a\nc: {<<: *a}\n").len(),
        1
    );
}

#[test]
fn a_recursive_alias_is_refused() {
    for text in [
        "a: &a {b: *a}",
        "&a [*a]",
        "&a {<<: *a}",
        "a: &x\n  b:\n    - *x\n",
    ] {
        let parsed = parse(text);
        assert!(parsed.root.is_none());
        assert_eq!(parsed.findings.len(), 1, "{text}");
        assert!(
            parsed.findings[0]
                .message
                .ends_with("stands inside what it stands for")
        );
    }
}

#[test]
fn hostile_texts_are_refused_quickly() {
    let laughs: String = (1..40)
        .map(|n| {
            let aliases = vec![format!("*a{}", n - 1); 10];
            format!("a{n}: &a{n} [{}]\n", aliases.join(", "))
        })
        .collect();
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1 << 20),
        "*a, ".repeat(1 << 16)
    );
    let nested: String = (1..200)
        .map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1))
        .collect();
    let deep = "nested more than 128 levels deep";
    let heavy = "aliases stand for more than 100000 values";
    for (text, message) in [
        ("[".repeat(100_000), deep),
        ("{".repeat(100_000), deep),
        ("- ".repeat(100_000), deep),
        ("? ".repeat(100_000), deep),
        ("{a: [".repeat(100_000), deep),
        (format!("a0: &a0 ha\n{laughs}"), heavy),
        (long, heavy),
        (format!("a0: &a0 ha\n{nested}"), deep),
    ] {
        let start = Instant::now();
        let parsed = parse(&text);
        assert!(start.elapsed() < Duration::from_secs(1), "{}", &text[..20]);
        let messages: Vec<_> = parsed.findings.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(messages, [message], "{}", &text[..20]);
        assert!(parsed.root.is_none());
    }
}

#[test]
fn big_texts_are_read_in_reasonable_time() {
    for text in [
        "# comment\n".repeat(100_000),
        "- a\n".repeat(100_000),
        "- # c\n  a\n".repeat(50_000),
        format!("[{}]", "a,".repeat(200_000)),
        (0..50_000).map(|n| format!("k{n}: {n}\n")).collect(),
        format!("a: \"{}\"", "\\n\n ".repeat(50_000)),
        format!("a: |\n{}", "  x\n".repeat(100_000)),
        format!("a: {}", "x\n  ".repeat(100_000)),
        "k:\n\n\n".repeat(50_000),
        "\t\n".repeat(100_000),
        "&a ".repeat(100_000),
    ] {
        let start = Instant::now();
        let parsed = parse(&text);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(3), "{:?} {took:?}", &text[..10]);
        assert!(parsed.findings.len() <= 2 * (crate::finding::MAX_FINDINGS + 1));
    }
}

#[test]
fn collections_may_nest_128_deep() {
    let text = format!("{}{}", "[".repeat(128), "]".repeat(128));
    read(&text);
    assert_eq!(complaints(&format!("[{text}]")).len(), 1);
    read(&format!("{}a", "- ".repeat(128)));
    assert_eq!(complaints(&format!("{}a", "- ".repeat(129))).len(), 1);
    let aliased = format!("a: &a {}1{}\nb: ", "[".repeat(100), "]".repeat(100));
    let alias = |depth: usize| format!("{aliased}{}*a{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(&alias(27)).root.is_some());
    assert!(parse(&alias(28)).root.is_none());
}

#[test]
fn only_the_first_document_counts() {
    let message = "a second document starts here, and only the first is read";
    for (text, underlined) in [
        ("a: 1\n---\nb: 2\n", "---"),
        ("a: 1\n--- # two\n[broken", "--- # two"),
        ("a: 1\n---\n@bad \u{1}", "---"),
        ("a: 1\n---\n\tx: \u{2028}", "---"),
        ("a: 1\n...\n@bad", "@bad"),
        ("a: 1\n...\nb: 2", "b: 2"),
        ("a: 1\n%YAML 1.2\n---\nb", "%YAML 1.2"),
        ("a: 1\n---\n", "---"),
        ("a: 1\n# c\n---\nb: [*x", "---"),
    ] {
        assert_eq!(
            complaints(text),
            [format!("extra-yaml-document|{underlined}|{message}")],
            "{text}"
        );
        assert_eq!(
            show(&parse(text).root.expect("the first document")),
            "{a: 1}"
        );
    }
    assert_eq!(shown("---\na: 1\n...\n# end\n"), "{a: 1}");
    assert_eq!(
        complaints("[1]\nb: 2\n"),
        ["syntax-error|b: 2|the document has ended before this"]
    );
}

#[test]
fn refuses_what_the_engine_refuses_and_yaml_1_2_does_not() {
    assert_eq!(shown("%YAML 1.1\n---\na"), "\"a\"");
    for (text, complaint) in [
        (
            "%YAML 1.2\n---\na: 1",
            "%YAML 1.2|the engine reads YAML 1.1 and refuses a directive for any other version",
        ),
        ("a: \"b\\/c\"", "\\/|`\\/` is not an escape of YAML 1.1"),
        (
            "\"\\ud83d\\ude00\"",
            "\\ud83d|`\\ud83d` is not an escape of YAML 1.1",
        ),
        ("a: b\u{1}", "\u{1}|U+0001 is not allowed in YAML"),
        ("a: 'b\u{7f}'", "\u{7f}|U+007F is not allowed in YAML"),
        (
            "a: 1\n\u{feff}b: 2",
            "\u{feff}|a byte-order mark may only stand at the start of the file",
        ),
        (
            "# x\u{2028}b: 2",
            "\u{2028}|U+2028 ends the line for the engine, and does not look like it",
        ),
        ("\ta: 1", "\t|a tab can't stand in front of a line's text"),
        (
            "a: 1\n\t\nb: 2",
            "\t|a tab can't stand in front of a line's text",
        ),
        (
            "a: 1\n\t# c\nb: 2",
            "\t|a tab can't stand in front of a line's text",
        ),
    ] {
        assert_eq!(complaints(text), [format!("syntax-error|{complaint}")]);
    }
    assert_eq!(
        shown("a:\t'x\n \ty\u{2028}'\nb: |\n  \tz\n"),
        "{a: \"x y\\u{2028}\", b: \"\\tz\\n\"}"
    );
}

#[test]
fn explains_broken_yaml() {
    for (text, underlined, message) in [
        (
            "a: \"x\nb: 1",
            "b: 1",
            "this line is still inside a quoted text",
        ),
        ("a: \"x", "\"x", "this quote is never closed"),
        ("a: [1, 2", "[", "`[` is never closed"),
        ("a: [1, 2\nb: 1\n", ":", "a `:` is not allowed here"),
        ("a: {b: 1]", "{", "`{` is closed by `]`"),
        ("a: ]", "]", "this bracket is not expected here"),
        ("a: b: c", ":", "a `:` is not allowed here"),
        ("a: 1\nb\n", "b", "expected `:` after the key"),
        (
            "a:\n  - 1\n - 2\n",
            "- 2",
            "this does not fit in with the lines above",
        ),
        (
            "a:\n\t- b",
            "\t",
            "a tab can't stand in front of a line's text",
        ),
        ("a: @x", "@", "text can't start with `@`"),
        ("a: \"\\q\"", "\\q", "`\\q` is not an escape of YAML 1.1"),
        ("a: 'it's'", "s'", "nothing may follow the closing quote"),
        ("a: - b", "-", "a list element can't start here"),
        ("a: !e!x 1", "!e!x 1", "this tag's prefix is not declared"),
        (
            "tools:\n  *:\n    rules: []\n",
            "*:",
            "no anchor `&:` stands before this alias",
        ),
        ("a: [1,,2]", ",", "a value is missing here"),
        ("a: x\n\ty", "\t", "a tab is not allowed in this place"),
        (
            "a: |\n x\n\ty",
            "\t",
            "a tab can't stand in front of a line's text",
        ),
        ("%YAML 1.1", "1", "expected `---` after the directives"),
        ("a: * b", "*", "`&` and `*` need the name of an anchor"),
    ] {
        assert_eq!(
            complaints(text),
            [format!("syntax-error|{underlined}|{message}")],
            "{text}"
        );
        assert!(parse(text).root.is_none());
    }
}

#[test]
fn a_bracket_left_open_is_pointed_at() {
    let finding = &parse("a: [1, 2\nb: 1\n").findings[0];
    assert_eq!(finding.labels[0].span, Span::new(3, 4));
    let finding = &parse("a: 'x\nb: 1\n").findings[0];
    assert_eq!(finding.labels[0].span, Span::new(3, 4));
}

#[test]
fn json_reads_as_itself() {
    let text = "{\n\t\"a\": [1, -2.5e3, true, null, \"x\\ny\\u00e9\\\"\"],\n\t\"b\":{\"c\":{},\"d\":[]},\"\":\"\",\"1\":1e2\n}\n";
    assert_eq!(
        shown(text),
        r#"{a: [1, -2500.0, true, null, "x\nyé\""], b: {c: {}, d: []}, : "", 1: 100.0}"#
    );
    assert_eq!(slice(text, "/a/1"), "-2.5e3");
    assert_eq!(slice(text, "/b"), "{\"c\":{},\"d\":[]}");
    assert_eq!(slice(text, ""), text.trim_end());
}

fn to_json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => serde_json::Value::Null,
            ScalarKind::Bool(bool) => bool.into(),
            ScalarKind::Int(int) => int.into(),
            ScalarKind::UInt(int) => int.into(),
            ScalarKind::Float(float) => float.into(),
            _ => scalar.text.clone().into(),
        },
        Value::Sequence(items) => items.iter().map(to_json).collect(),
        Value::Mapping(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), to_json(&entry.value)))
            .collect(),
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        "[ -~é\u{1f600}]{0,12}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            prop::collection::hash_map("[ -~]{0,8}", inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn assert_nested(node: &Node, within: Span, text: &str) {
    let inside = |span: Span| {
        assert!(
            span.start >= within.start && span.end <= within.end,
            "{span:?} {within:?} {text:?}"
        );
        assert!(text.get(span.range()).is_some());
    };
    inside(node.span);
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => items
            .iter()
            .for_each(|item| assert_nested(item, node.span, text)),
        Value::Mapping(entries) => {
            for entry in entries {
                assert!(
                    node.span.start <= entry.key_span.start && entry.key_span.end <= node.span.end
                );
                assert_nested(&entry.value, node.span, text);
            }
        }
    }
}

fn check_spans(text: &str) {
    let parsed = parse(text);
    for finding in &parsed.findings {
        assert!(text.get(finding.span.range()).is_some(), "{text:?}");
        for label in &finding.labels {
            assert!(text.get(label.span.range()).is_some(), "{text:?}");
        }
    }
    for comment in &parsed.comments {
        assert!(text[comment.range()].starts_with('#'), "{text:?}");
    }
    // Aliases and merges bring spans from elsewhere.
    if let Some(root) = parsed
        .root
        .filter(|_| !text.contains('*') && !text.contains("<<"))
    {
        assert_nested(&root, Span::new(0, text.len()), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        check_spans(&text);
    }

    #[test]
    fn any_text_that_looks_like_yaml_is_read_or_refused(
        parts in prop::collection::vec(prop::sample::select(vec![
            "a", "b", "é", ": ", ":", "- ", "-", "? ", "\n", "\n  ", "\n    ", "\r\n", "\t", " ", "[", "]",
            "{", "}", ", ", ",", "'", "\"", "|", ">", "|-\n", ">2\n", "# c\n", "#", "&a ", "*a", "<<: ",
            "!!str ", "!x ", "!", "---\n", "...\n", "%YAML 1.1\n", "~", "1", "2024-01-02", "\\", "\\n",
            "\u{2028}", "\u{85}", "\u{feff}", "\u{1}", "😀",
        ]), 0..40)
    ) {
        check_spans(&parts.concat());
    }

    #[test]
    fn any_json_reads_as_itself(value in json(), pretty in any::<bool>()) {
        let text = if pretty { format!("{value:#}") } else { value.to_string() };
        prop_assert_eq!(to_json(&read(&text)), value);
    }
}
