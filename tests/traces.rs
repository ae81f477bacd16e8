//! Recordings of other formats: what each fixture gives, as native lines, told problems and notes.
//! `UPDATE_FIXTURES=1 cargo test --test traces` writes what is expected anew; read the difference.

use std::fmt::Write as _;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use mcplint::trace::blocks::{Block, Blocks};
use mcplint::trace::convert::{Item, Items};
use mcplint::trace::format::Format;
use mcplint::trace::source::{Recording, Source, Watcher};

fn fixtures(format: &str) -> Vec<PathBuf> {
    let folder = Path::new("fixtures/traces").join(format);
    let entries = fs::read_dir(&folder).expect("the folder of fixtures");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|e| e != "expected"));
    paths.sort();
    paths
}

fn items(format: Format, bytes: &[u8]) -> Box<dyn Items> {
    let stream = Box::new(Cursor::new(bytes.to_vec()));
    format
        .items(Blocks::new(stream))
        .expect("the format can be read")
}

/// `12> {native line}`, `12! problem` or `12? note` for each item.
fn told(items: &mut dyn Items) -> String {
    let mut out = String::new();
    while let Some(item) = items.next_item().expect("reading memory") {
        let _infallible = match item {
            Item::Call(record) => {
                let mut line = String::new();
                record.write(&mut line);
                write!(out, "{}> {line}", record.line)
            }
            Item::Problem { line, problem } => writeln!(out, "{line}! {problem}"),
            Item::Note { line, note } => writeln!(out, "{line}? {note}"),
        };
    }
    out
}

fn check_fixtures(format: Format) {
    for path in fixtures(format.name()) {
        let bytes = fs::read(&path).expect("a fixture");
        let detected = Format::detect(&String::from_utf8_lossy(&bytes));
        assert_eq!(detected, Some(format), "{}", path.display());
        let found = told(&mut *items(format, &bytes));
        let expected = path.with_extension("expected");
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&expected, &found).expect("writing what is expected");
        }
        let expected = fs::read_to_string(expected).expect("what is expected");
        assert_eq!(found, expected, "{}", path.display());
    }
}

#[test]
fn jsonrpc_recordings_give_their_calls() {
    check_fixtures(Format::JsonRpc);
}

#[test]
fn otel_exports_give_their_calls() {
    check_fixtures(Format::Otel);
}

/// However a recording is cut off, and whatever a byte of it turns into, reading ends.
#[test]
fn damaged_recordings_end() {
    for format in [Format::JsonRpc, Format::Otel] {
        for path in fixtures(format.name()) {
            let bytes = fs::read(&path).expect("a fixture");
            for at in (0..bytes.len()).step_by(7) {
                told(&mut *items(format, &bytes[..at]));
                let mut changed = bytes.clone();
                changed[at] = b"\"{}[],:\\\n\xff0"[at % 11];
                told(&mut *items(format, &changed));
                Format::detect(&String::from_utf8_lossy(&changed));
            }
        }
    }
}

fn unwatched() -> Watcher {
    Arc::new(|_| ())
}

/// The tool, file and line of each call, in the order of the blocks.
fn places(mut source: Source) -> Vec<(String, usize, u64)> {
    let (mut block, mut places) = (Block::default(), Vec::new());
    while source.next_into(&mut block).expect("reading files") {
        for line in block.lines() {
            let origin = block.origin(line.number);
            let record: serde_json::Value = serde_json::from_str(line.text()).expect("a record");
            let tool = record["tool"].as_str().expect("a tool").to_owned();
            places.push((tool, origin.file, origin.line));
        }
    }
    places
}

#[test]
fn the_files_of_a_folder_are_merged_by_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let native =
        |ts: &str, tool: &str| format!("{{\"ts\":\"2026-04-01T{ts}Z\",\"tool\":\"{tool}\"}}\n");
    let rpc = |ts: &str, id: u32, tool: &str| {
        format!(
            "{{\"ts\":\"2026-04-01T{ts}Z\",\"dir\":\"client\",\"message\":{{\"jsonrpc\":\"2.0\",\"id\":{id},\
             \"method\":\"tools/call\",\"params\":{{\"name\":\"{tool}\"}}}}}}\n"
        )
    };
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        fs::write(path, text).expect("a recording");
    };
    write(
        "b.jsonl",
        native("09:00:00", "b1") + "{\"tool\":\"b2\"}\n" + &native("12:00:00", "b3"),
    );
    write(
        "a/deep.jsonl",
        rpc("10:00:00", 1, "a1") + &rpc("11:00:00", 2, "a2"),
    );
    write("c.jsonl", native("11:30:00", "c1"));
    write("settings.json", "{\"no\":\"recording\"}".into());
    write("readme.md", "no".into());
    let argument = folder.path().display().to_string();
    let recording = Recording::find(&argument, None).expect("a folder of recordings");
    assert_eq!(recording.names().len(), 3);
    let passed_over: Vec<_> = recording.passed_over().iter().map(|p| &p.file).collect();
    assert_eq!(passed_over, [&folder.path().join("settings.json")]);
    let source = recording.open(&unwatched()).expect("it opens");
    let places = places(source);
    let order: Vec<_> = places.iter().map(|p| (p.0.as_str(), p.1, p.2)).collect();
    assert_eq!(
        order,
        [
            ("b1", 1, 1),
            ("b2", 1, 2),
            ("a1", 0, 1),
            ("a2", 0, 2),
            ("c1", 2, 1),
            ("b3", 1, 3)
        ]
    );
}

#[test]
fn a_folder_without_recordings_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let argument = folder.path().display().to_string();
    assert!(Recording::find(&argument, None).is_err());
    fs::write(folder.path().join("x.json"), "{}").expect("a file");
    assert!(Recording::find(&argument, None).is_err());
}

/// One span may be longer than what is read at once, and stand on one line with all others.
#[test]
fn an_export_on_one_line_is_read_span_by_span() {
    let long = "x".repeat(700_000);
    let span = |nth: u32| {
        format!(
            r#"{{"traceId":"1","spanId":"{nth:x}","name":"execute_tool t{nth}","startTimeUnixNano":"{}","attributes":[{{"key":"gen_ai.operation.name","value":{{"stringValue":"execute_tool"}}}},{{"key":"gen_ai.tool.call.arguments","value":{{"kvlistValue":{{"values":[{{"key":"a","value":{{"stringValue":"{long}\\"}}}}]}}}}}}]}}"#,
            1_000 - nth
        )
    };
    let spans: Vec<_> = (1..=20).map(span).collect();
    let export = format!(
        r#"{{"resourceLogs":[{}],"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#,
        "[],".repeat(300_000) + "[]",
        spans.join(",")
    );
    let mut items = items(Format::Otel, export.as_bytes());
    let mut tools = Vec::new();
    while let Some(item) = items.next_item().expect("reading memory") {
        match item {
            Item::Call(record) => tools.push(record.tool),
            other => panic!("{other:?}"),
        }
    }
    let wanted: Vec<_> = (1..=20).rev().map(|nth| format!("t{nth}")).collect();
    assert_eq!(tools, wanted);
}

/// Runs mcplint; gives its exit code, standard output and standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_mcplint"))
        .args(arguments)
        .output()
        .expect("mcplint runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("it was not killed");
    (code, text(output.stdout), text(output.stderr))
}

const RECONNECT: &str = "fixtures/traces/jsonrpc/reconnect.jsonl";

#[test]
fn a_converted_trace_is_decided_like_the_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(
        path("p.json"),
        r#"{"version":"1","default":"allow","tools":{"wait":{"limits":[{"counter":"c","window":"hour","max":1,"scope":"grant"}]}}}"#,
    )
    .expect("a policy");
    let (code, _, err) = run(&["trace", "convert", RECONNECT, "-o", &path("t.jsonl")]);
    assert_eq!((code, err.as_str()), (0, ""));
    let decisions = |trace: &str| {
        let arguments = [
            "simulate",
            "--policy",
            &path("p.json"),
            "--format",
            "jsonl",
            trace,
        ];
        let (code, out, err) = run(&arguments);
        assert_eq!((code, err.as_str()), (0, ""));
        let mut lines = Vec::new();
        let decisions: Vec<_> = out
            .lines()
            .map(|line| {
                let mut row: serde_json::Value = serde_json::from_str(line).expect("JSON");
                lines.push(row["line"].take());
                row
            })
            .collect();
        (decisions, lines)
    };
    let (recorded, recorded_lines) = decisions(RECONNECT);
    let (converted, converted_lines) = decisions(&path("t.jsonl"));
    assert_eq!(recorded, converted);
    assert_eq!(recorded_lines, [4, 7, 11, 13, 14]);
    assert_eq!(converted_lines, [1, 2, 3, 4, 5]);
}

#[test]
fn a_redacted_trace_has_no_values_and_the_same_tokens_with_the_same_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    fs::write(
        path("t.jsonl"),
        r#"{"tool":"t","args":{"a":"SECRET","b":4711}}"#,
    )
    .expect("a trace");
    fs::write(path("key"), "0123456789abcdef\n").expect("a key");
    fs::write(path("short"), "0123456789abcde\n").expect("a key");
    let redact = |more: &[&str]| {
        let trace = path("t.jsonl");
        let arguments = [&["trace", "convert", &trace, "--redact"], more].concat();
        run(&arguments)
    };
    let (code, out, _) = redact(&[]);
    assert_eq!(code, 0);
    assert!(!out.contains("SECRET") && !out.contains("4711") && out.contains("\"a\":\"s:"));
    assert_ne!(out, redact(&[]).1, "the key is made anew");
    let with_key = redact(&["--redact-key-file", &path("key")]);
    assert_eq!(with_key, redact(&["--redact-key-file", &path("key")]));
    let (code, out, err) = redact(&["--redact-key-file", &path("short")]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("shorter than 16 bytes"), "{err}");
}

#[test]
fn lines_that_can_not_be_converted_are_told_with_their_numbers() {
    let hostile = "fixtures/traces/jsonrpc/hostile.jsonl";
    let (code, out, err) = run(&["trace", "convert", hostile]);
    assert_eq!((code, out.lines().count()), (0, 3));
    assert!(err.contains("hostile.jsonl:2: not JSON"), "{err}");
    assert!(err.contains("6 more unreadable lines"), "{err}");
    let (code, _, err) = run(&["trace", "convert", "--strict", hostile]);
    assert_eq!(code, 2);
    assert!(err.contains("hostile.jsonl:2:"), "{err}");
    let (code, _, err) = run(&["trace", "convert", "--input", "native", RECONNECT]);
    assert_eq!(code, 2);
    assert!(err.contains("without --input the format is told"), "{err}");
}

/// A folder whose files have these names and texts.
fn folder_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

const ALLOW_ALL: &str = r#"{"version":"1","default":"allow","tools":{}}"#;

#[test]
fn a_format_that_nothing_in_the_file_has_is_an_error() {
    let policy = "fixtures/quickstart/policy.json";
    let recordings = [
        ("jsonrpc", RECONNECT),
        ("claude-code", "fixtures/traces/claude-code/session.jsonl"),
        ("codex", "fixtures/traces/codex/rollout.jsonl"),
        ("intercept", "fixtures/traces/intercept/events.jsonl"),
        ("native", "fixtures/quickstart/without-time.jsonl"),
    ];
    let asked = [
        "jsonrpc",
        "otel",
        "claude-code",
        "codex",
        "intercept",
        "gateway",
        "native",
    ];
    for (has, recording) in recordings {
        // An event of Intercept's may do as a native record.
        let other = |asked: &&str| *asked != has && (has, *asked) != ("intercept", "native");
        for asked in asked.into_iter().filter(other) {
            for command in [&["simulate", "--policy", policy][..], &["trace", "convert"]] {
                let (code, out, err) = run(&[command, &["--input", asked, recording]].concat());
                assert_eq!((code, out.as_str()), (2, ""), "{has} as {asked}: {err}");
                let said = format!(
                    "`{recording}`: nothing in it is of the format that --input names, `{asked}`: it looks like `{has}`"
                );
                assert!(err.contains(&said), "{err}");
            }
        }
    }
}

#[test]
fn a_recording_without_calls_is_none_that_is_empty() {
    let messages = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}\n";
    let folder = folder_of(&[
        ("t.jsonl", messages),
        ("blank.jsonl", " \n"),
        ("odd.jsonl", "{\"a\":1}\n"),
    ]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    for input in ["auto", "jsonrpc"] {
        let (code, _, err) = run(&["trace", "convert", "--input", input, &path("t.jsonl")]);
        assert_eq!(code, 0, "{err}");
        assert!(
            err.contains("has no tool calls") && !err.contains("is empty"),
            "{err}"
        );
    }
    let (code, _, err) = run(&["trace", "convert", "--input", "codex", &path("blank.jsonl")]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("is empty"), "{err}");
    let (code, _, err) = run(&["trace", "convert", "--input", "codex", &path("odd.jsonl")]);
    assert_eq!(code, 2);
    assert!(
        err.contains("nothing in it is of the format that --input names, `codex`\n"),
        "{err}"
    );
}

#[test]
fn what_is_no_recording_is_refused_by_what_it_is() {
    let call = "{\"tool\":\"t\",\"args\":{}}\n";
    let pretty = "{\n  \"version\": \"1\",\n  \"default\": \"allow\",\n  \"tools\": {}\n}\n";
    let folder = folder_of(&[
        ("t.jsonl", call),
        ("policy.json", pretty),
        ("tools.json", "{\"tools\":[]}"),
    ]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let policy = path("policy.json");
    let simulate = |more: &[&str]| run(&[&["simulate", "--policy", &policy], more].concat());
    let (_, decisions, _) = simulate(&["--format", "jsonl", &path("t.jsonl")]);
    fs::write(path("decisions.jsonl"), decisions).expect("a file");
    let (code, _, err) = simulate(&["--snapshot", &path("snapshot.jsonl"), &path("t.jsonl")]);
    assert_eq!(code, 0, "{err}");
    let told = [
        (
            "decisions.jsonl",
            "these are decisions of mcplint, not a trace",
        ),
        ("policy.json", "this looks like a policy, not a trace"),
        (
            "snapshot.jsonl",
            "this is a snapshot of mcplint's decisions, not a trace",
        ),
        ("tools.json", "this looks like a tool list, not a trace"),
    ];
    for (name, why) in told {
        for input in ["auto", "native", "codex"] {
            let (code, out, err) = simulate(&["--input", input, &path(name)]);
            assert_eq!((code, out.as_str()), (2, ""), "{name}: {err}");
            assert!(err.contains(why), "{name}: {err}");
        }
    }
    let (code, out, err) = simulate(&[&folder.path().display().to_string()]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.starts_with("1 call of ") && out.contains("t.jsonl under"),
        "{out}"
    );
    for (name, why) in told {
        assert!(
            err.contains(&format!("{name}: {why}: the file was passed over")),
            "{err}"
        );
    }
}

#[test]
fn a_folder_that_is_read_strictly_has_nothing_but_recordings() {
    let call = "{\"tool\":\"t\"}\n";
    let folder = folder_of(&[
        ("p.yaml", ALLOW_ALL),
        ("t.jsonl", call),
        ("x.jsonl.gz", "no gzip"),
    ]);
    let here = folder.path().display().to_string();
    let policy = folder.path().join("p.yaml").display().to_string();
    for command in [
        &["simulate", "--policy", &policy][..],
        &["trace", "convert"],
    ] {
        let (code, out, err) = run(&[command, &[&here]].concat());
        assert_eq!(code, 0, "{err}");
        assert!(
            !out.contains("x.jsonl.gz") && !out.contains("skipped"),
            "{out}"
        );
        let why = "x.jsonl.gz: it is called .gz, but there is no gzip in it";
        assert!(err.contains(why), "{err}");
        let (code, out, err) = run(&[command, &["--strict", &here]].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(why), "{err}");
    }
}

/// A span of an export: its role's attributes, with arguments or without.
fn span(id: u32, parent: Option<u32>, is_tool: bool, has_arguments: bool) -> String {
    let of_role = match is_tool {
        true => ("gen_ai.operation.name", "execute_tool"),
        false => ("mcp.method.name", "tools/call"),
    };
    let arguments = has_arguments.then_some(("gen_ai.tool.call.arguments", r#"{\"a\":1}"#));
    let attributes: Vec<_> = [Some(of_role), arguments]
        .iter()
        .flatten()
        .map(|(key, text)| format!(r#"{{"key":"{key}","value":{{"stringValue":"{text}"}}}}"#))
        .collect();
    let parent = parent.map_or(String::new(), |p| format!(r#""parentSpanId":"{p}","#));
    format!(
        r#"{{"traceId":"1","spanId":"{id}",{parent}"name":"tools/call t","startTimeUnixNano":"{id}","attributes":[{}]}}"#,
        attributes.join(",")
    )
}

fn export(spans: &[String]) -> String {
    let spans = spans.join(",");
    told(&mut *items(
        Format::Otel,
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#).as_bytes(),
    ))
}

#[test]
fn arguments_of_a_span_that_is_missing_are_unknown() {
    // The execution with the arguments around one request is there, the other one's is not.
    let told = export(&[
        span(1, None, true, true),
        span(2, Some(1), false, false),
        span(3, Some(9), false, false),
        span(4, None, true, false),
    ]);
    let lines: Vec<_> = told.lines().collect();
    assert!(lines[0].starts_with("3? no span of this call"), "{told}");
    assert!(
        lines[1].starts_with("3? 1 call lies in spans that are not in this file"),
        "{told}"
    );
    assert!(
        lines[2].starts_with("1> ") && lines[2].contains("\"args\":{\"a\":1}"),
        "{told}"
    );
    assert!(
        lines[3].starts_with("3> ") && lines[3].contains("\"args_hash\""),
        "{told}"
    );
    assert!(
        lines[4].starts_with("4> ") && lines[4].contains("\"args\":{}"),
        "{told}"
    );
    // Where requests have the arguments themselves, one without has none.
    let told = export(&[span(1, None, false, true), span(2, Some(9), false, false)]);
    assert!(
        told.contains("\"args\":{}") && !told.contains("args_hash"),
        "{told}"
    );
}

#[test]
fn what_a_value_would_decide_is_unknown_in_a_redacted_trace() {
    let call = "{\"tool\":\"t\",\"args\":{\"amount\":5}}\n";
    let folder = folder_of(&[("t.jsonl", call)]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let redacted = path("r.jsonl");
    let (code, _, err) = run(&[
        "trace",
        "convert",
        "--redact",
        &path("t.jsonl"),
        "-o",
        &redacted,
    ]);
    assert_eq!(code, 0, "{err}");
    let text = fs::read_to_string(&redacted).expect("it was written");
    assert!(text.ends_with(",\"redacted\":true}\n"), "{text}");
    let (_, again, _) = run(&["trace", "convert", &redacted]);
    assert_eq!(again, text, "the tokens are kept");
    let policy = "fixtures/scenarios/redacted-unknown/policy.json";
    for (trace, decision) in [(path("t.jsonl"), "allow"), (redacted, "unknown")] {
        let (_, out, _) = run(&["simulate", "--policy", policy, "--format", "jsonl", &trace]);
        assert!(
            out.contains(&format!("\"decision\":\"{decision}\"")),
            "{out}"
        );
    }
}

#[test]
fn a_conversion_that_fails_leaves_the_file_as_it_was() {
    let folder = folder_of(&[("t.jsonl", "{\"tool\":\"t\"}\nno\n")]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let convert = |more: &[&str]| {
        run(&[
            &[
                "trace",
                "convert",
                "-o",
                &path("out.jsonl"),
                &path("t.jsonl"),
            ],
            more,
        ]
        .concat())
        .0
    };
    let files = || fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!((convert(&["--strict"]), files()), (2, 1));
    assert_eq!((convert(&[]), files()), (0, 2));
    let before = fs::read(path("out.jsonl")).expect("it was written");
    assert_eq!((convert(&["--strict"]), files()), (2, 2));
    assert_eq!(fs::read(path("out.jsonl")).expect("it is there"), before);
}
