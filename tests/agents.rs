//! Reads the recordings of agents and of what stands before their servers, in `fixtures/traces`, and
//! compares them with what is written beside each: its calls as native lines, and its problems.
//!
//! `UPDATE_FIXTURES=1 cargo test --test agents` writes the expected files anew; read them.

use std::fmt::Write as _;
use std::fs;
use std::sync::Arc;

use mcplint::trace::blocks::{Blocks, Line};
use mcplint::trace::convert::Item;
use mcplint::trace::format::Format;
use mcplint::trace::native::Reader;
use mcplint::trace::source::{Recording, Watcher};

/// The recordings and their formats. What is in a folder is told by its shape.
const RECORDINGS: [(&str, Format); 13] = [
    ("claude-code/session.jsonl", Format::ClaudeCode),
    ("claude-code/project", Format::ClaudeCode),
    ("claude-code/hostile.jsonl", Format::ClaudeCode),
    ("codex/rollout.jsonl", Format::Codex),
    ("codex/older.jsonl", Format::Codex),
    ("codex/sessions", Format::Codex),
    ("codex/hostile.jsonl", Format::Codex),
    ("intercept/events.jsonl", Format::Intercept),
    ("intercept/hostile.jsonl", Format::Intercept),
    ("gateway/proxy.jsonl", Format::Gateway),
    ("gateway/spellings.jsonl", Format::Gateway),
    ("gateway/hostile.jsonl", Format::Gateway),
    ("gateway/with-a-mark.jsonl", Format::Gateway),
];

fn path(name: &str) -> String {
    format!("{}/fixtures/traces/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// What a recording gives: where each line comes from, and the line.
fn read(name: &str, format: Option<Format>) -> String {
    let watcher: Watcher = Arc::new(|_| ());
    let recording = Recording::find(&path(name), format).expect("the fixture is there");
    let mut calls = recording.calls(&watcher).expect("it can be read");
    let mut out = String::new();
    while let Some((file, item)) = calls.next_item().expect("it can be read") {
        let _infallible = match item {
            Item::Call(record) => {
                let mut line = String::new();
                record.write(&mut line);
                write!(out, "{file}:{} {line}", record.line)
            }
            Item::Problem { line, problem } => writeln!(out, "{file}:{line} problem: {problem}"),
            Item::Note { line, note } => writeln!(out, "{file}:{line} note: {note}"),
        };
    }
    out
}

#[test]
fn recordings_give_the_calls_that_are_written_beside_them() {
    let mut differing = Vec::new();
    for (name, format) in RECORDINGS {
        let is_file = name.ends_with(".jsonl");
        let found = read(name, is_file.then_some(format));
        let beside = path(name).replace(".jsonl", "") + ".expected";
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            fs::write(&beside, &found).expect("the fixtures can be written");
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        if found != expected {
            let diff = similar::TextDiff::from_lines(&expected, &found);
            differing.push(format!("{name}\n{}", diff.unified_diff()));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn formats_are_told_by_their_shape() {
    for (name, format) in RECORDINGS {
        if name.ends_with(".jsonl") && !name.contains("hostile") {
            assert_eq!(read(name, None), read(name, Some(format)), "{name}");
        }
    }
    let told = |line: &str| Format::detect(line);
    let native = [
        r#"{"tool":"t","decision":"allow","rule":""}"#,
        r#"{"tool":"t","type":"tool_call","instance":"i"}"#,
        r#"{"tool":"t","arg_keys":["a"]}"#,
        r#"{"tool":"t","type":"user","sessionId":"s"}"#,
    ];
    for line in native {
        assert_eq!(told(line), Some(Format::Native), "{line}");
    }
    for line in [
        r#"{"type":"user"}"#,
        r#"{"type":"event_msg"}"#,
        r#"{"decision":"allow","arg_keys":[]}"#,
    ] {
        assert_eq!(told(line), None, "{line}");
    }
    let cut = r#"{"timestamp":"t","type":"session_meta","payload":{"id":"i","base_instructions":"you are"#;
    assert_eq!(told(cut), Some(Format::Codex));
    let cut = r#"{"parentUuid":null,"type":"user","message":{"role":"user","content":"a very long"#;
    assert_eq!(told(cut), Some(Format::ClaudeCode));
}

#[test]
fn what_is_written_of_a_recording_is_a_native_trace() {
    for (name, format) in RECORDINGS {
        let mut reader = Reader::default();
        for line in read(name, Some(format)).lines() {
            let (_, line) = line
                .split_once(' ')
                .expect("where it comes from, and the line");
            if line.starts_with('{') {
                let call = reader.read(Line::alone(line));
                assert!(matches!(call, Ok(Some(_))), "{name}: {line}: {call:?}");
            }
        }
    }
}

/// Recordings that are cut off, or have another byte somewhere: nothing of them may end the program.
#[test]
fn damaged_recordings_give_what_they_have() {
    for (name, format) in RECORDINGS {
        let Ok(text) = fs::read(path(name)) else {
            continue; // It is a folder.
        };
        for at in (0..text.len()).step_by(61) {
            read_damaged(&text[..at], format);
            for byte in *b"\"{}[],:\\0\n\xff" {
                let mut text = text.clone();
                text[at] = byte;
                read_damaged(&text, format);
            }
        }
    }
}

fn read_damaged(text: &[u8], format: Format) {
    let stream = Box::new(std::io::Cursor::new(text.to_vec()));
    let items = format.items(Blocks::new(stream));
    let mut items = items.expect("every format can be read");
    let lines = text.split(|byte| *byte == b'\n').count() as u64;
    while let Some(item) = items.next_item().expect("it is in memory") {
        let line = match item {
            Item::Call(record) => record.line,
            Item::Problem { line, .. } | Item::Note { line, .. } => line,
        };
        assert!((1..=lines).contains(&line));
    }
}
