//! Policy unit tests as people run them: what passes, what fails and how, and what is written.

#[path = "support/command.rs"]
mod command;

use std::fs;
use std::path::Path;

use command::{Desk, Run};

const POLICY: &str = r#"{"version":"1","default":"deny",
 "tools":{
  "read":{},
  "pay":{"deny_if":[{"conditions":[{"path":"args.amount","op":"gt","value":100}],"on_deny":"Over the cap."},
                    {"conditions":[{"path":"args.to","op":"eq","value":"mallory"}]},
                    {"conditions":[{"path":"args.amount","op":"gt","value":50}]}],
   "limits":[{"counter":"pay_rate","window":"minute","max":2,"scope":"grant"}]}}}
"#;

impl Desk {
    /// A folder with `p.json`, the policy.
    fn new() -> Self {
        let desk = Self::empty();
        desk.write("p.json", POLICY);
        desk
    }

    /// `mcplint test --policy p.json <arguments>`
    fn test(&self, arguments: &[&str]) -> Run {
        self.run(&[&["test", "--policy", "p.json"], arguments].concat())
    }
}

/// Three payments of one minute: the limit has room for two.
fn payments(expected: [&str; 3]) -> String {
    expected
        .map(|expected| format!("{{\"tool\":\"pay\",\"args\":{{\"amount\":7}}{expected}}}\n"))
        .concat()
}

#[test]
fn earlier_calls_use_up_limits_and_each_file_begins_anew() {
    let desk = Desk::new();
    let text = payments(["", ",\"expect\":\"allow\"", ",\"expect\":\"throttle\""]);
    desk.write("tests/a.jsonl", &text)
        .write("tests/deep/b.jsonl", &text)
        .write("tests/readme.md", "no test");
    desk.test(&["tests"])
        .exits(0)
        .shows("0 failed, 4 passed, 4 in all in 2 files");
    // Without paths, the usual places are searched.
    desk.test(&[]).exits(2).says("no tests found");
    desk.write("policies/tests/c.jsonl", &text);
    desk.test(&[]).exits(0).shows("2 in all in 1 file");
}

#[test]
fn rules_are_named_or_pointed_at() {
    let desk = Desk::new();
    let record = |rule: &str| {
        format!(
            "{{\"tool\":\"pay\",\"args\":{{\"amount\":500}},\"expect\":\"deny\",\"expect_rule\":\"{rule}\"}}\n"
        )
    };
    for (rule, code) in [
        ("/tools/pay/deny_if/args.amount-gt", 0),
        ("/tools/pay/deny_if/0", 0),
        ("/tools/pay/deny_if/1", 1),
        ("", 1),
    ] {
        desk.write("t.jsonl", record(rule));
        desk.test(&["t.jsonl"]).exits(code);
    }
    desk.write(
        "t.jsonl",
        "{\"tool\":\"read\",\"expect\":\"allow\",\"expect_rule\":\"\"}",
    );
    desk.test(&["t.jsonl"]).exits(0);
}

#[test]
fn failures_show_the_call_but_no_values() {
    let desk = Desk::new();
    let record =
        r#"{"tool":"pay","grant":"g","args":{"amount":500,"note":"hush"},"expect":"allow"}"#;
    desk.write("t.jsonl", record);
    let run = desk.test(&["t.jsonl"]).exits(1);
    run.shows("t.jsonl:1: pay")
        .shows("grant g, arguments amount, note")
        .shows("- decision: allow  (expected)")
        .shows("+ decision: deny")
        .shows("Over the cap.")
        .shows("p.json:4:")
        .hides("hush");
    desk.test(&["t.jsonl", "--show-args"])
        .exits(1)
        .shows("hush");
    for format in ["json", "junit", "github"] {
        desk.test(&["t.jsonl", "--format", format])
            .exits(1)
            .hides("hush");
    }
    let report = desk
        .test(&["t.jsonl", "--format", "json", "--show-args"])
        .json();
    let failure = &report["failures"][0];
    assert_eq!(failure["args"]["note"], "hush");
    assert_eq!(failure["actual"]["pointer"], "/tools/pay/deny_if/0");
    assert_eq!(failure["actual"]["policy"], "p.json");
    assert_eq!(report["total"], 1);
}

#[test]
fn names_of_redacted_arguments_are_shown() {
    let desk = Desk::new();
    desk.write(
        "t.jsonl",
        r#"{"tool":"pay","arg_keys":["amount"],"expect":"deny"}"#,
    );
    desk.test(&["t.jsonl"])
        .exits(1)
        .shows("argument amount")
        .shows("the decision needs args.amount");
}

#[test]
fn junit_has_a_test_for_each_expectation() {
    let desk = Desk::new();
    desk.write(
        "t.jsonl",
        payments([",\"expect\":\"allow\"", "", ",\"expect\":\"allow\""]).replace("pay", "p<a>y"),
    );
    let run = desk.test(&["t.jsonl", "--format", "junit"]).exits(1);
    let run = run
        .shows("tests=\"2\" skipped=\"0\" failures=\"2\"")
        .shows("t.jsonl:3 p&lt;a&gt;y")
        .hides("<a>");
    assert!(run.out.starts_with("<?xml"));
}

#[test]
fn annotations_stand_beside_the_record() {
    let desk = Desk::new();
    desk.write("t.jsonl", payments(["", "", ",\"expect\":\"allow\""]));
    desk.test(&["t.jsonl", "--format", "github"])
        .exits(1)
        .shows("::error file=t.jsonl,line=3,endLine=3,title=mcplint test::`pay`: expected allow")
        .shows("1 failed, 0 passed, 1 in all");
}

#[test]
fn what_can_not_be_checked_is_told_with_its_line_and_the_rest_is_run() {
    let desk = Desk::new();
    desk.write(
        "bad.jsonl",
        "{\"tool\":\"read\"}\n{\"tool\":\"read\",\"expect\":\"denied\"}\n",
    )
    .write("none.jsonl", "{\"tool\":\"read\"}\n")
    .write("half.jsonl", "{\"tool\":\"read\",\"expect_rule\":\"x\"}\n")
    .write("good.jsonl", "{\"tool\":\"read\",\"expect\":\"allow\"}\n");
    desk.test(&[
        "bad.jsonl",
        "none.jsonl",
        "half.jsonl",
        "good.jsonl",
        "gone.jsonl",
    ])
    .exits(2)
    .says(
        "bad.jsonl:2: `expect` is not one of allow, deny, throttle, unknown: did you mean `deny`?",
    )
    .says("no record of `none.jsonl` says what to `expect`")
    .says("half.jsonl:1: `expect_rule` is checked only beside `expect`")
    .says("gone.jsonl")
    .shows("0 failed, 1 passed");
}

#[test]
fn update_changes_the_expectations_and_no_other_byte() {
    let desk = Desk::new();
    let before = [
        "\u{feff}",
        "  { \"expect\" :\t\"deny\" , \"tool\":\"re\\u0061d\", \"note\":\"expect\" }  \r\n",
        "\r\n",
        "{\"tool\":\"pay\",\"args\":{\"amount\":500,\"expect\":\"allow\"},\"\\u0065xpect\":\"allow\",\"expect_rule\":\"x\",\"z\":1e2}\r\n",
        "{\"tool\":\"pay\",\"args\":{\"amount\":7}}\n",
        "{\"expect_rule\":\"/tools/pay/deny_if/0\",\"tool\":\"pay\",\"args\":{\"amount\":101},\"expect\":\"throttle\"}\n",
        "{\"tool\":\"read\",\"expect\":\"\\u0061llow\",\"expect_rule\":null}",
    ]
    .concat();
    let after = before
        .replacen("\"deny\" ,", "\"allow\" ,", 1)
        .replacen(
            "\"\\u0065xpect\":\"allow\",\"expect_rule\":\"x\"",
            "\"\\u0065xpect\":\"deny\",\"expect_rule\":\"/tools/pay/deny_if/args.amount-gt\"",
            1,
        )
        .replacen("\"throttle\"", "\"deny\"", 1);
    desk.write("t.jsonl", &before);
    set_mode(&desk.path("t.jsonl"), 0o640);
    desk.test(&["t.jsonl", "--update"])
        .exits(0)
        .shows("t.jsonl:1: read")
        .shows("- decision: deny  (expected)")
        .says("3 expectations were updated");
    assert_eq!(desk.read("t.jsonl"), after);
    assert_eq!(mode(&desk.path("t.jsonl")), 0o640);
    desk.test(&["t.jsonl"]).exits(0);
    desk.test(&["t.jsonl", "--update"])
        .exits(0)
        .says("0 expectations were updated");
    assert_eq!(desk.read("t.jsonl"), after);
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is our file");
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::metadata(path).expect("it is there").permissions();
    permissions.mode() & 0o777
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) {}

#[cfg(not(unix))]
fn mode(_: &Path) -> u32 {
    0o640
}

#[test]
fn what_is_no_plain_file_is_not_updated() {
    let desk = Desk::new();
    desk.write("t.jsonl.gz", b"\x1f\x8b\x08\x00");
    desk.test(&["t.jsonl.gz", "--update"])
        .exits(2)
        .says("it is compressed");
    desk.test(&["-", "--update"])
        .exits(2)
        .says("standard input");
    // A file that can't be checked as a whole stays as it is.
    let text = "{\"tool\":\"read\",\"expect\":\"deny\"}\n{\"tool\":1}\n";
    desk.write("t.jsonl", text);
    desk.test(&["t.jsonl", "--update"]).exits(2);
    assert_eq!(desk.read("t.jsonl"), text);
}

#[test]
fn coverage_tells_fired_from_decided_and_has_a_threshold() {
    let desk = Desk::new();
    let pay = |amount: u32, expected: &str| {
        format!("{{\"tool\":\"pay\",\"args\":{{\"amount\":{amount}}},\"expect\":\"{expected}\"}}\n")
    };
    desk.write(
        "t.jsonl",
        pay(500, "deny") + &pay(60, "deny") + &pay(1, "allow"),
    );
    let report = desk
        .test(&["t.jsonl", "--format", "json", "--coverage"])
        .exits(0)
        .json();
    let clauses = report["coverage"]["by_clause"].as_array().expect("a list");
    let counts: Vec<_> = clauses
        .iter()
        .map(|c| {
            let count = |key: &str| c[key].as_u64().expect("a number");
            [count("evaluated"), count("fired"), count("decided")]
        })
        .collect();
    assert_eq!(counts, [[3, 1, 1], [2, 0, 0], [2, 2, 1], [1, 0, 0]]);
    assert_eq!(report["coverage"]["percent"], 50.0);
    desk.test(&["t.jsonl", "--min-coverage", "50"]).exits(0);
    desk.test(&["t.jsonl", "--min-coverage", "50.1"])
        .exits(1)
        .shows("Coverage: 2 of 4 clauses fired, 50 %")
        .says("--min-coverage 50.1: 2 of 4 clauses fired, 50 %");
    desk.test(&["t.jsonl", "--min-coverage", "101"]).exits(2);
}

#[test]
fn what_could_not_be_checked_is_in_every_report() {
    let desk = Desk::new();
    desk.write("broken.jsonl", "{\"tool\":\"echo\",\"expct\":\"deny\"}\n");
    for (format, told) in [
        ("junit", "<error"),
        (
            "json",
            "\"unchecked\":[{\"file\":\"broken.jsonl\",\"line\":1,",
        ),
        ("github", "::error file=broken.jsonl,line=1"),
        ("text", "1 file could not be checked"),
    ] {
        let run = desk.test(&["--format", format, "broken.jsonl"]);
        assert_eq!(run.code, 2, "{}", run.err);
        assert!(run.out.contains(told), "{format}: {}", run.out);
        assert!(run.err.contains("did you mean `expect`"), "{}", run.err);
    }
}
