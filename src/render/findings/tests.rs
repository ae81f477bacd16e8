use proptest::prelude::*;

use super::text::{Style, summary};
use super::*;
use crate::render::escape::is_dangerous;
use crate::rules::form::{DUPLICATE_KEY, SYNTAX_ERROR, UNKNOWN_KEY, WRONG_TYPE};
use crate::span::Span;

const PLAIN: Style = Style {
    color: false,
    width: 80,
};

/// The span of the `nth` time (from 0) that `needle` stands in `text`.
fn nth(text: &str, needle: &str, nth: usize) -> Span {
    let (start, _) = text
        .match_indices(needle)
        .nth(nth)
        .expect("the needle is there");
    Span::new(start, start + needle.len())
}

/// The report of one file, written by `write`.
fn written(
    name: &str,
    text: &str,
    findings: &[Finding],
    write: impl FnOnce(&Report<'_>, &mut dyn std::io::Write) -> std::io::Result<()>,
) -> String {
    let lines = LineIndex::new(text);
    let file = FileFindings {
        name,
        text,
        lines: &lines,
        findings,
    };
    let report = Report {
        files: &[file],
        files_checked: 3,
        ignored: 1,
    };
    let mut out = Vec::new();
    write(&report, &mut out).expect("a Vec takes all that is written");
    String::from_utf8(out).expect("the output is UTF-8")
}

fn drawn(text: &str, finding: Finding) -> String {
    written("policy.json", text, &[finding], |report, out| {
        text::write(report, PLAIN, out)
    })
}

const POLICY: &str = r#"{
  "version": "1",
  "tools": {
    "delete_issue": {
      "deny": true
    },
    "create_charge": {
      "limt": []
    }
  },
  "tools": {}
}
"#;

fn unknown_key() -> Finding {
    let span = nth(POLICY, "\"limt\"", 0);
    let message = "`limt` is not a key of a tool, so the limit does nothing and every call of `create_charge` is let through";
    Finding::new(&UNKNOWN_KEY, "/tools/create_charge/limt", span, message)
        .note("ignored by the engine")
        .help("did you mean `limits`?")
}

fn duplicate_key() -> Finding {
    let span = nth(POLICY, "\"tools\"", 1);
    Finding::new(
        &DUPLICATE_KEY,
        "/tools",
        span,
        "`tools` is written twice in one object",
    )
    .note("this one counts")
    .label(nth(POLICY, "\"tools\"", 0), "first here")
    .help("merge the two objects")
}

#[test]
fn a_finding_is_drawn_with_its_note_and_help() {
    insta::assert_snapshot!(drawn(POLICY, unknown_key()), @r#"
    error[unknown-key]
      × `limt` is not a key of a tool, so the limit does nothing and every call of
      │ `create_charge` is let through
       ╭─[policy.json:8:7]
     7 │     "create_charge": {
     8 │       "limt": []
       ·       ───┬──
       ·          ╰── ignored by the engine
     9 │     }
       ╰────
      help: did you mean `limits`?
    "#);
}

#[test]
fn another_place_follows_in_lines_of_its_own() {
    insta::assert_snapshot!(drawn(POLICY, duplicate_key()), @r#"
    error[duplicate-key]
      × `tools` is written twice in one object
        ╭─[policy.json:11:3]
     10 │   },
     11 │   "tools": {}
        ·   ───┬───
        ·      ╰── this one counts
     12 │ }
        ╰────
       ╭─[policy.json:3:3]
     2 │   "version": "1",
     3 │   "tools": {
       ·   ───┬───
       ·      ╰── first here
     4 │     "delete_issue": {
       ╰────
      help: merge the two objects
    "#);
}

#[test]
fn of_a_whole_object_the_first_line_is_underlined() {
    let tools = Span::new(nth(POLICY, "{", 1).start, nth(POLICY, "  },", 1).end - 1);
    let finding = Finding::new(&WRONG_TYPE, "/tools", tools, "`tools` must be an array");
    insta::assert_snapshot!(drawn(POLICY, finding), @r#"
    error[wrong-type]
      × `tools` must be an array
       ╭─[policy.json:3:12]
     2 │   "version": "1",
     3 │   "tools": {
       ·            ─
     4 │     "delete_issue": {
       ╰────
    "#);
}

#[test]
fn places_that_overlap_are_named() {
    let pair = nth(POLICY, "\"deny\": true", 0);
    let finding = Finding::new(
        &WRONG_TYPE,
        "/tools/delete_issue",
        pair,
        "`deny` must be an array",
    )
    .note("this pair")
    .label(nth(POLICY, "true", 0), "the value")
    .label(nth(POLICY, "{", 2), "the tool");
    insta::assert_snapshot!(drawn(POLICY, finding), @r#"
    error[wrong-type]
      × `deny` must be an array
       ╭─[policy.json:5:7]
     3 │   "tools": {
     4 │     "delete_issue": {
       ·                     ┬
       ·                     ╰── the tool
     5 │       "deny": true
       ·       ──────┬─────
       ·             ╰── this pair
     6 │     },
       ╰────
      see policy.json:5:15: the value
    "#);
}

#[test]
fn a_long_line_is_cut_around_the_finding() {
    let text = format!(
        "{{{}\"x\":\"\u{202e}ö日本\t\",{}}}",
        "\"abcdefgh\":1234,".repeat(500),
        "\"ijklmnop\":1234,".repeat(500)
    );
    let finding = Finding::new(
        &WRONG_TYPE,
        "/x",
        nth(&text, "\"\u{202e}ö日本\t\"", 0),
        "`x` must be a number",
    )
    .note("a string")
    .label(nth(&text, "1234", 499), "a number")
    .label(nth(&text, "abcd", 3), "first here");
    insta::assert_snapshot!(drawn(&text, finding), @r#"
    error[wrong-type]
      × `x` must be a number
       ╭─[policy.json:1:8006]
     1 │ …4,"abcdefgh":1234,"x":"\u{202e}ö日本    ","ijklmnop":1234,"ijklmnop"…
       ·               ──┬─     ─────────┬─────────
       ·                 │               ╰── a string
       ·                 ╰── a number
       ╰────
      see policy.json:1:51: first here
    "#);
}

#[test]
fn a_place_far_away_is_named() {
    let text = format!("a: 1\n{}a: 2", "b:\n".repeat(60));
    let finding = Finding::new(
        &DUPLICATE_KEY,
        "/a",
        nth(&text, "a", 1),
        "`a` is written twice",
    )
    .label(nth(&text, "a", 0), "first here")
    .help("remove one");
    insta::assert_snapshot!(drawn(&text, finding), @r#"
    error[duplicate-key]
      × `a` is written twice
        ╭─[policy.json:62:1]
     61 │ b:
     62 │ a: 2
        · ─
        ╰────
      help: remove one
      see policy.json:1:1: first here
    "#);
}

#[test]
fn most_of_very_many_places_are_only_counted() {
    let text = "a: 1\n".repeat(100);
    let mut finding = Finding::new(
        &DUPLICATE_KEY,
        "/a",
        nth(&text, "a", 99),
        "`a` is written 100 times",
    );
    for at in 0..99 {
        finding = finding.label(nth(&text, "a", at), "also here");
    }
    let shown = drawn(&text, finding);
    assert_eq!(shown.matches("also here").count(), 8, "{shown}");
    assert!(
        shown.ends_with("  see policy.json:8:1: also here\n  and 91 more places\n\n"),
        "{shown}"
    );
}

#[test]
fn the_end_of_a_file_with_windows_line_ends_can_be_shown() {
    let text = "{\r\n  \"a\": 1,\r\n";
    let finding = Finding::new(
        &SYNTAX_ERROR,
        "",
        Span::at(text.len()),
        "the text ends inside an object",
    )
    .note("`}` expected");
    let shown = drawn(text, finding);
    insta::assert_snapshot!(shown.replace(" \n", "~\n"), @r#"
    error[syntax-error]
      × the text ends inside an object
       ╭─[policy.json:3:1]
     2 │   "a": 1,
     3 │ ~
       · ┬
       · ╰── `}` expected
       ╰────
    "#);
}

#[test]
fn an_empty_file_can_be_shown() {
    let shown = drawn(
        "",
        Finding::new(&SYNTAX_ERROR, "", Span::at(0), "the file is empty"),
    );
    insta::assert_snapshot!(shown.replace(" \n", "~\n"), @r#"
    error[syntax-error]
      × the file is empty
       ╭─[policy.json:1:1]
     1 │ ~
       · ─
       ╰────
    "#);
}

#[test]
fn a_byte_order_mark_has_no_column_and_wide_characters_two() {
    let text = "\u{feff}{\"日本\": tru}";
    let finding = Finding::new(&SYNTAX_ERROR, "", nth(text, "tru", 0), "`tru` is not JSON")
        .note("here")
        .label(Span::new(0, 4), "in this object");
    insta::assert_snapshot!(drawn(text, finding), @r#"
    error[syntax-error]
      × `tru` is not JSON
       ╭─[policy.json:1:8]
     1 │ {"日本": tru}
       · ┬        ─┬─
       · │         ╰── here
       · ╰── in this object
       ╰────
    "#);
}

#[test]
fn colours_are_used_only_when_asked_for_and_links_never() {
    let color = Style {
        color: true,
        ..PLAIN
    };
    let findings = [unknown_key(), duplicate_key()];
    let shown = written("policy.json", POLICY, &findings, |report, out| {
        text::write(report, color, out)
    });
    assert!(
        shown.contains("\u{1b}[31merror[unknown-key]\u{1b}[0m\n"),
        "{shown}"
    );
    assert!(!shown.contains("\u{1b}]8"), "{shown}");
    assert!(!drawn(POLICY, duplicate_key()).contains('\u{1b}'));
}

#[test]
fn json_follows_the_contract() {
    let json = written(
        "policy.json",
        POLICY,
        &[unknown_key(), duplicate_key()],
        json::write,
    );
    insta::assert_snapshot!(json, @r#"
    {"version":1,"findings":[
     {"rule":"unknown-key","severity":"error","message":"`limt` is not a key of a tool, so the limit does nothing and every call of `create_charge` is let through","file":"policy.json","pointer":"/tools/create_charge/limt","line":8,"column":7,"end_line":8,"end_column":13,"help":"did you mean `limits`?"},
     {"rule":"duplicate-key","severity":"error","message":"`tools` is written twice in one object","file":"policy.json","pointer":"/tools","line":11,"column":3,"end_line":11,"end_column":10,"help":"merge the two objects","labels":[{"line":3,"column":3,"end_line":3,"end_column":10,"text":"first here"}]}],
     "summary":{"files":3,"errors":2,"warnings":0,"notes":0,"ignored":1}}
    "#);
    let document: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(document["summary"]["errors"], 2);
}

#[test]
fn json_without_findings_is_a_document_too() {
    insta::assert_snapshot!(written("policy.json", POLICY, &[], json::write), @r#"
    {"version":1,"findings":[],
     "summary":{"files":3,"errors":0,"warnings":0,"notes":0,"ignored":1}}
    "#);
}

#[test]
fn the_summary_counts_in_words() {
    let found = [duplicate_key(), unknown_key()];
    let mut warned = [unknown_key()];
    warned[0].severity = Severity::Warning;
    let line = |findings: &[&[Finding]], files_checked, ignored| {
        let lines = LineIndex::new(POLICY);
        let file = |findings| FileFindings {
            name: "p",
            text: POLICY,
            lines: &lines,
            findings,
        };
        let files: Vec<_> = findings.iter().copied().map(file).collect();
        summary(&Report {
            files: &files,
            files_checked,
            ignored,
        })
    };
    assert_eq!(line(&[], 0, 0), "no files to check");
    assert_eq!(line(&[], 1, 0), "1 file is fine");
    assert_eq!(line(&[&[]], 3, 1), "3 files are fine (1 finding ignored)");
    assert_eq!(line(&[&warned], 1, 0), "1 warning in 1 file");
    assert_eq!(line(&[&found, &[]], 3, 0), "2 errors in 1 of 3 files");
    assert_eq!(
        line(&[&found, &warned], 2, 2),
        "2 errors, 1 warning in 2 files (2 findings ignored)"
    );
}

/// Escape sequences, line ends, a reversed word, and commands of two CI systems.
const HOSTILE: &str = "a\u{1b}[2J\r\n::error::x \u{202e}cba\u{2066} ::warning::y\u{9b}31m\u{2028}::z##[error]w ##vso[task.x]\u{200b}\0\u{7f}\u{e0041}";

/// `HOSTILE` or something like it wherever text can be.
fn hostile_finding(text: &str, span: Span, label: Span) -> Finding {
    Finding::new(&UNKNOWN_KEY, text, span, text)
        .note(text)
        .help(text)
        .label(label, text)
}

/// That a terminal and a CI system can be shown `output`.
fn is_safe(output: &str) -> bool {
    let line_is_safe = |line: &str| {
        !line.contains(is_dangerous)
            && !line.trim_start().starts_with("::")
            && !line.contains("##[")
            && !line.contains("##vso[")
    };
    output.split('\n').all(line_is_safe)
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let finding = hostile_finding(HOSTILE, Span::new(1, 3), Span::new(9, HOSTILE.len()));
    let far = finding.clone().label(Span::new(2, 3), HOSTILE);
    for width in [0, 40, 80, 1000] {
        let style = Style {
            color: false,
            width,
        };
        let shown = written(
            HOSTILE,
            HOSTILE,
            &[finding.clone(), far.clone()],
            |report, out| text::write(report, style, out),
        );
        assert!(is_safe(&shown), "{shown}");
    }
    let json = written(HOSTILE, HOSTILE, &[far], json::write);
    assert!(is_safe(&json), "{json}");
    let document: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let found = &document["findings"][0];
    for shown in [
        &found["message"],
        &found["file"],
        &found["help"],
        &found["labels"][1]["text"],
    ] {
        assert_eq!(shown, HOSTILE);
    }
}

fn hostile_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[ -~]{0,12}",
        2 => r"(?s).{0,4}",
        2 => r"[\n\r\t]{1,2}",
        1 => Just("::error::".to_owned()),
        1 => Just("##[x]".to_owned()),
        1 => Just("\u{feff}".to_owned()),
        1 => Just("\u{301}日\u{1f600}\u{200d}".to_owned()),
        1 => Just("\u{1b}[31m\u{202e}\u{9b}\u{2028}".to_owned()),
        1 => Just("x".repeat(300)),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_and_any_place_can_be_shown(
        text in hostile_text(),
        words in hostile_text(),
        (start, len) in (0_usize..2000, 0_usize..400),
        (label_start, label_len) in (0_usize..2000, 0_usize..400),
        width in 0_usize..250,
    ) {
        // Beyond the end, too, and in the middle of characters.
        let at = |start: usize, len| {
            let start = start % (text.len() + 2);
            Span::new(start, start + len)
        };
        let finding = hostile_finding(&words, at(start, len), at(label_start, label_len));
        let style = Style { color: false, width };
        let findings = [finding];
        let shown = written("p", &text, &findings, |report, out| text::write(report, style, out));
        prop_assert!(is_safe(&shown), "{}", shown);
        let json = written("p", &text, &findings, json::write);
        prop_assert!(is_safe(&json), "{}", json);

        let place = LineIndex::new(&text).position(&text, findings[0].span.start);
        let in_line_end = text.as_bytes().get(findings[0].span.start) == Some(&b'\n');
        let named = format!("[p:{}:{}]", place.line, place.column);
        prop_assert!(in_line_end || shown.contains(&named), "{}\n{}", named, shown);
    }
}
