//! The command as a clumsy and as a hostile user meets it: exit codes, streams, messages, formats.

#[path = "support/command.rs"]
mod command;

use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use command::{Desk, Run};
use serde_json::Value;

const POLICY: &str = r#"{"version":"1","default":"deny","hide":["gone"],
 "tools":{
  "read":{},
  "pay":{"deny_if":[{"conditions":[{"path":"args.amount","op":"gt","value":100}],"on_deny":"Over the cap."}],
   "limits":[{"counter":"pay_rate","window":"minute","max":2,"scope":"grant"}]}}}
"#;

const FIVE_MISTAKES: &str = r#"{"version":"2","default":"maybe","hied":["x"],
 "tools":{"a":{"limits":[{"counter":"c","window":"week","max":0,"scope":"grant"}]}}}
"#;

impl Desk {
    /// A folder with `p.json`, a valid policy.
    fn new() -> Self {
        let desk = Self::empty();
        desk.write("p.json", POLICY);
        desk
    }

    /// `mcplint simulate <arguments> --policy p.json`
    fn simulate(&self, arguments: &[&str]) -> Run {
        self.run(&[&["simulate"], arguments, &["--policy", "p.json"]].concat())
    }
}

impl Run {
    fn rows(&self) -> Vec<Value> {
        let lines = self.out.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("each line is JSON"))
            .collect()
    }

    fn decisions(&self) -> Vec<String> {
        let rows = self.rows();
        rows.iter()
            .map(|row| row["decision"].as_str().expect("a word").to_owned())
            .collect()
    }
}

fn call(tool: &str, second: u32, args: &str) -> String {
    format!(
        "{{\"ts\":\"2026-03-01T12:00:{second:02}Z\",\"tool\":\"{tool}\",\"grant\":\"g\",\"args\":{args}}}\n"
    )
}

// ---------------------------------------------------------------------------------------------
// Usage

#[test]
fn usage_errors_exit_with_2_and_help_with_0() {
    let desk = Desk::new();
    // Without a command: lint on what discovery finds.
    desk.run::<&str>(&[])
        .exits(2)
        .says("no policies found below `.`")
        .shows_nothing();
    desk.run(&["lint", "--only-rule", "default-alow", "p.json"])
        .exits(2)
        .says("did you mean `default-allow`?");
    desk.run(&["--help"])
        .exits(0)
        .shows("validate")
        .shows("simulate")
        .without_messages();
    desk.run(&["--version"]).exits(0).shows("mcplint ");
    desk.run(&["simlate"]).exits(2).says("simulate");
    desk.run(&["validate", "--formt", "json"])
        .exits(2)
        .says("--format");
    desk.run(&["simulate"]).exits(2).says("<TRACE>");
    for (flag, value, words) in [
        ("--interval", "1", "time unit needed"),
        ("--since", "2026", "RFC 3339"),
        ("--until", "2026-13-01", "not a date"),
        ("--threads", "0", "1..=256"),
        ("--threads", "100000", "1..=256"),
        ("--fail-on", "allow", "deny, throttle, unknown, block"),
        ("--fail-on", "block=101%", "from 0 to 100"),
        (
            "--fail-on",
            "deny=0",
            "is not a number of calls of 1 or more",
        ),
    ] {
        desk.simulate(&["t.jsonl", flag, value])
            .exits(2)
            .says(words)
            .shows_nothing();
    }
    desk.write("t.jsonl", "");
    desk.simulate(&["t.jsonl", "--only", "["])
        .exits(2)
        .says("--only")
        .shows_nothing();
}

#[test]
fn standard_input_is_read_once() {
    let desk = Desk::new();
    for arguments in [
        &["simulate", "-", "-", "--policy", "p.json"][..],
        &["simulate", "-", "--policy", "-"],
        &["simulate", "-", "--policy", "s=-"],
    ] {
        desk.run_with_input(arguments, b"")
            .exits(2)
            .says("more than once")
            .shows_nothing();
    }
}

// ---------------------------------------------------------------------------------------------
// validate

#[test]
fn every_mistake_is_found_with_its_place() {
    let desk = Desk::new();
    desk.write("five.json", FIVE_MISTAKES);
    desk.run(&["validate", "five.json"])
        .exits(1)
        .shows("5 errors in 1 file")
        .without_messages();
    let run = desk
        .run(&["validate", "five.json", "--format", "json"])
        .exits(1);
    let report = run.json();
    let places: Vec<_> = report["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|f| {
            format!(
                "{}:{} {}",
                f["line"],
                f["column"],
                f["pointer"].as_str().expect("a text")
            )
        })
        .collect();
    let wanted = [
        "1:12 /version",
        "1:26 /default",
        "1:34 /hied",
        "2:50 /tools/a/limits/0/window",
        "2:63 /tools/a/limits/0/max",
    ];
    assert_eq!(places, wanted);
    assert_eq!(report["summary"]["errors"], 5);
}

#[test]
fn a_broken_policy_is_not_replayed_and_its_findings_are_told() {
    let desk = Desk::new();
    desk.write("five.json", FIVE_MISTAKES)
        .write("t.jsonl", call("read", 0, "{}"));
    let told = desk.run(&["validate", "five.json"]).out;
    let run = desk.run(&[
        "simulate",
        "t.jsonl",
        "--policy",
        "five.json",
        "--format",
        "jsonl",
    ]);
    let run = run.exits(2).shows_nothing().says("nothing was replayed");
    let findings = told.rsplit_once("\n5 errors").expect("a summary").0;
    assert!(run.err.starts_with(findings), "{}", run.err);
}

#[test]
fn files_that_are_no_policies_are_findings() {
    let desk = Desk::new();
    desk.write("bin.json", b"\x00\xff\xfe{}")
        .write("empty.json", "")
        .write("empty.yaml", "");
    desk.write("deep.json", "[".repeat(100_000))
        .write("deep.yaml", "[".repeat(100_000));
    desk.write("deep2.json", "{\"a\":".repeat(100_000))
        .write("deep2.yaml", "- ".repeat(100_000));
    for (file, words) in [
        ("bin.json", "not UTF-8"),
        ("empty.json", "the file is empty"),
        ("empty.yaml", "no `version`"),
        ("deep.json", "128 levels"),
        ("deep2.json", "128 levels"),
        ("deep.yaml", "128 levels"),
        ("deep2.yaml", "128 levels"),
    ] {
        desk.run(&["validate", file]).exits(1).shows(words);
    }
}

#[test]
fn a_huge_name_with_many_mistakes_under_it_costs_little() {
    let desk = Desk::new();
    let keys: Vec<_> = (0..5_000).map(|n| format!("\"k{n}\":1")).collect();
    let name = "n".repeat(1 << 20);
    let tools = format!("{{\"{name}\":{{{}}}}}", keys.join(","));
    desk.write(
        "p.json",
        format!("{{\"version\":\"1\",\"default\":\"deny\",\"tools\":{tools}}}"),
    );
    let run = desk.run(&["validate", "p.json"]).exits(1);
    assert!(run.shows("names are too long").out.len() < 2_000);
}

#[test]
fn byte_order_marks_and_carriage_returns_are_fine_and_duplicates_are_not() {
    let desk = Desk::new();
    desk.write(
        "bom.json",
        format!("\u{feff}{}", POLICY.replace('\n', "\r\n")),
    );
    desk.run(&["validate", "bom.json"])
        .exits(0)
        .shows("1 file is fine");
    desk.write(
        "twice.json",
        POLICY.replace("\"read\":{}", "\"read\":{},\"re\\u0061d\":{}"),
    );
    let report = desk
        .run(&["validate", "twice.json", "--format", "json"])
        .exits(1)
        .json();
    assert_eq!(report["findings"][0]["rule"], "duplicate-key");
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_checked() {
    let desk = Desk::new();
    desk.write("big.json", vec![b' '; 17 << 20])
        .write("five.json", FIVE_MISTAKES);
    fs::create_dir(desk.path("none")).expect("a folder");
    let run = desk.run(&[
        "validate",
        "nope.json",
        "none",
        "big.json",
        "five.json",
        "p.json",
        "./p.json",
    ]);
    run.exits(2)
        .says("can't read `nope.json`")
        .says("no policies found below `none`")
        .says("`big.json` is larger than 16 MiB")
        .shows("5 errors in 1 of 2 files");
    desk.run(&["validate", "none"]).exits(2).shows_nothing();
    let hostile = desk
        .run(&["validate", "a\n::error::\u{1b}[31m\u{202e}.json"])
        .exits(2);
    assert_eq!(hostile.err.lines().count(), 1, "{}", hostile.err);
    assert_safe(&hostile);
}

#[test]
fn standard_input_is_a_policy_as_well() {
    let desk = Desk::new();
    desk.run_with_input(&["validate", "-"], POLICY.as_bytes())
        .exits(0)
        .without_messages();
    desk.run_with_input(&["validate", "-"], FIVE_MISTAKES.as_bytes())
        .exits(1)
        .shows("[-:1:12]");
}

#[test]
fn folders_are_searched_honouring_gitignore_inside_and_outside_of_a_repository() {
    let desk = Desk::new();
    for file in [
        "a.policy.json",
        "policies/team/b.json",
        "kept/policy.yaml",
        "ignored/policy.json",
        "other.json",
    ] {
        desk.write(file, POLICY);
    }
    desk.write(".gitignore", "ignored/\n");
    fs::remove_file(desk.path("p.json")).expect("it is there");
    desk.run(&["validate"]).exits(0).shows("3 files are fine");
    desk.run(&["validate", "."])
        .exits(0)
        .shows("3 files are fine");
    desk.run(&["validate", "ignored/policy.json"])
        .exits(0)
        .shows("1 file is fine");
    desk.run(&["validate", "policies/team"])
        .exits(0)
        .shows("1 file is fine");
    desk.write(".git/HEAD", "");
    desk.run(&["validate"]).exits(0).shows("3 files are fine");
    let mut inside = desk.command(&["validate"]);
    let inside = inside.current_dir(desk.path("policies/team")).output();
    Run::of(inside.expect("mcplint runs"))
        .exits(0)
        .shows("1 file is fine");
}

#[test]
fn what_nearly_was_a_policy_is_told_where_none_is_found() {
    let desk = Desk::empty();
    desk.write("sub/policies/a.json", POLICY)
        .write("stripe-policies.json", POLICY)
        .write("node_modules/policy.json", POLICY)
        .write("policy.md", "# Our policy")
        .write(".gitignore", "sub/\nnode_modules/\n");
    let run = desk.run(&["lint"]).exits(2);
    let run = run
        .says("no policies found below `.`")
        .says("`stripe-policies.json` is called otherwise")
        .says("`sub/policies/a.json` is excluded by a `.gitignore`");
    assert!(!run.err.contains("node_modules") && !run.err.contains("policy.md"));
}

#[test]
fn a_policy_where_calls_are_wanted_is_told_once() {
    let desk = Desk::new();
    desk.write("p.yaml", "version: '1'\ndefault: deny\ntools: {}\n");
    for command in ["test", "simulate"] {
        for policy in ["p.json", "p.yaml"] {
            let run = desk.run(&[command, policy]).exits(2).shows_nothing();
            run.says("this looks like a policy, not a trace")
                .says(&format!("`--policy {policy}`"));
        }
    }
}

#[test]
fn a_hook_passes_over_what_is_no_policy_but_not_a_damaged_one() {
    let desk = Desk::new();
    desk.write("package.json", "{\"name\":\"x\"}")
        .write("broken.json", "{")
        .write("x.policy.json", "{");
    let run = desk.run(&[
        "validate",
        "--only-policies",
        "-v",
        "package.json",
        "broken.json",
        "p.json",
    ]);
    run.exits(0)
        .shows("1 file is fine")
        .says("`package.json` does not look like a policy");
    // Its folder says that it is a policy, or the configuration does.
    desk.write("policies/broken.json", "{\n");
    desk.run(&["validate", "--only-policies", "policies/broken.json"])
        .exits(1);
    desk.write("elsewhere/broken.yaml", "a: [\n");
    let broken = ["validate", "--only-policies", "elsewhere/broken.yaml"];
    desk.run(&broken).exits(0);
    desk.write("mcplint.toml", "[[policy]]\npath = \"elsewhere/*\"\n");
    desk.run(&broken).exits(1);
    desk.run(&["validate", "--only-policies", "x.policy.json"])
        .exits(1)
        .shows("syntax-error");
}

#[test]
fn levels_decide_what_is_shown_and_what_fails() {
    let desk = Desk::new();
    desk.write("five.json", FIVE_MISTAKES);
    desk.run(&["validate", "five.json", "--fail-level", "never"])
        .exits(0)
        .shows("5 errors");
    desk.run(&["validate", "five.json", "--fail-level", "note"])
        .exits(1);
    desk.run(&["validate", "five.json", "--min-severity", "error"])
        .exits(1)
        .shows("5 errors");
    desk.run(&["validate", "--min-severity", "bad"])
        .exits(2)
        .says("error, warning, note");
    desk.write("mcplint.toml", "fail-level = \"never\"\n");
    desk.run(&["validate", "five.json"]).exits(0);
}

#[test]
fn colours_are_asked_for_or_left_out() {
    let desk = Desk::new();
    desk.write("five.json", FIVE_MISTAKES);
    let colored = |arguments: &[&str], set: Option<(&str, &str)>| {
        let mut command = desk.command(arguments);
        command.envs(set);
        Run::of(command.output().expect("mcplint runs"))
            .out
            .contains('\u{1b}')
    };
    let plain = ["validate", "five.json"];
    let always = ["validate", "five.json", "--color", "always"];
    assert!(!colored(&plain, None));
    assert!(colored(&always, Some(("NO_COLOR", "1"))));
    assert!(colored(&plain, Some(("CLICOLOR_FORCE", "1"))));
    assert!(!colored(&plain, Some(("CLICOLOR_FORCE", "0"))));
}

#[test]
fn results_go_to_a_file_but_never_over_what_is_read() {
    let desk = Desk::new();
    desk.write("t.jsonl", call("read", 0, "{}"));
    let run = desk.simulate(&["t.jsonl", "--format", "jsonl", "-o", "out.jsonl"]);
    run.exits(0).shows_nothing().without_messages();
    let written = fs::read_to_string(desk.path("out.jsonl")).expect("it was written");
    assert_eq!(
        written,
        desk.simulate(&["t.jsonl", "--format", "jsonl", "-o", "-"])
            .out
    );
    desk.simulate(&["t.jsonl", "-o", "./t.jsonl"])
        .exits(2)
        .says("would overwrite `t.jsonl`");
    desk.simulate(&["t.jsonl", "-o", "p.json"])
        .exits(2)
        .says("would overwrite `p.json`");
    desk.run(&["validate", "p.json", "-o", "p.json"])
        .exits(2)
        .says("would overwrite");
    desk.simulate(&["t.jsonl", "-o", "no/where"])
        .exits(2)
        .says("can't write `no/where`");
    assert_eq!(
        fs::read_to_string(desk.path("p.json")).expect("it is there"),
        POLICY
    );
}

// ---------------------------------------------------------------------------------------------
// Traces

#[test]
fn what_is_no_trace_at_all_is_told_once_and_without_its_content() {
    let desk = Desk::new();
    let records =
        "[\n  {\n    \"tool\": \"read\",\n    \"args\": {\n      \"a\": \"SECRET\"\n    }\n  }\n]";
    let utf_16: Vec<u8> = "\u{feff}{}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let traces: [(&str, &[u8], &str); 7] = [
        ("text", b"SECRET is this\nand this\n", "text:1: not JSON"),
        ("pretty", records.as_bytes(), "jq -c"),
        (
            "list",
            b"[{\"tool\":\"read\",\"args\":{\"a\":\"SECRET\"}}]",
            "not a JSON object",
        ),
        (
            "csv",
            b"ts,tool,args\n2026,read,SECRET\n",
            "csv:1: not JSON",
        ),
        (
            "junk",
            b"\x00\x01\xff\xfeSECRET\n\x80\n",
            "junk:1: the line is not UTF-8",
        ),
        ("wide", &utf_16, "UTF-16"),
        ("no-tool", b"{\"args\":{\"a\":\"SECRET\"}}", "has no `tool`"),
    ];
    for (name, content, words) in traces {
        desk.write(name, content);
        let run = desk.simulate(&[name]).exits(2).shows_nothing().says(words);
        let run = run.says(&format!("no line of `{name}` is a tool call"));
        assert_eq!(run.err.lines().count(), 2, "{}", run.err);
        assert!(!run.err.contains("SECRET"));
    }
    desk.simulate(&["nowhere"])
        .exits(2)
        .says("can't read the trace `nowhere`")
        .shows_nothing();
    desk.simulate(&["."])
        .exits(2)
        .says("begins like a recording");
}

#[test]
fn an_empty_trace_is_a_warning() {
    let desk = Desk::new();
    desk.write("t.jsonl", "").write("blank.jsonl", "\n  \n");
    for trace in ["t.jsonl", "blank.jsonl"] {
        desk.simulate(&[trace])
            .exits(0)
            .says("warning")
            .says("is empty")
            .shows("0 calls");
        desk.simulate(&[trace, "--strict", "--fail-on", "block"])
            .exits(2)
            .says("nothing was checked");
    }
    desk.write("one.jsonl", call("read_file", 0, "{}"));
    desk.simulate(&["one.jsonl", "t.jsonl", "--strict"])
        .exits(0);
}

#[test]
fn names_of_rules_show_where_they_end() {
    let desk = Desk::new();
    let policy = "version: '1'\ntools:\n  pay:\n    rules:\n      - name: denied by, first at 3\n        \
                  action: deny\n";
    desk.write("p.yaml", policy).write(
        "t.jsonl",
        "{\"tool\":\"pay\",\"args\":{},\"expect\":\"allow\"}\n",
    );
    let policy = ["--policy", "p.yaml"];
    desk.run(&[&["simulate", "t.jsonl"][..], &policy].concat())
        .shows("1 denied by `denied by, first at 3`, first at");
    desk.run(&[&["test", "t.jsonl"][..], &policy].concat())
        .exits(1)
        .shows("`denied by, first at 3`: ");
}

#[test]
fn lines_that_cannot_be_read_are_counted_and_located() {
    let desk = Desk::new();
    let cut = format!(
        "{}{{\"tool\":\"read\",\"args\":{{\"x\":\"SEC",
        call("read", 0, "{}")
    );
    desk.write("cut.jsonl", cut);
    let run = desk.simulate(&["cut.jsonl", "--format", "json"]).exits(0);
    assert_eq!(run.json()["skipped"], 1);
    run.says("cut.jsonl:2: not JSON: the line is cut short");
    desk.simulate(&["cut.jsonl", "--strict"])
        .exits(2)
        .says("cut.jsonl:2:")
        .says("--strict");
    desk.write(
        "many.jsonl",
        "x\n".repeat(6) + &call("read", 0, "{}") + "x\n",
    );
    let run = desk
        .simulate(&["many.jsonl"])
        .exits(0)
        .says("many.jsonl:5:")
        .says("2 more unreadable lines");
    assert!(!run.err.contains("many.jsonl:6:"));
    desk.write("six.jsonl", call("read", 0, "{}") + &"x\n".repeat(6));
    desk.simulate(&["six.jsonl"])
        .exits(0)
        .says("1 more unreadable line of");
}

#[test]
fn lines_longer_than_any_call_are_passed_over_and_their_neighbours_are_not() {
    let desk = Desk::new();
    let long = "x".repeat(70 << 20);
    desk.write(
        "t.jsonl",
        format!("{long}\n{{\"tool\":\"read\"}}\n{{\"tool\":\"b\"}}\n{long}\n{{\"tool\":\"c\"}}\n"),
    );
    for threads in ["1", "2"] {
        let run = desk
            .simulate(&["t.jsonl", "--format", "jsonl", "--threads", threads])
            .exits(0);
        let lines: Vec<_> = run.rows().iter().map(|row| row["line"].as_u64()).collect();
        assert_eq!(lines, [Some(2), Some(3), Some(5)]);
        run.says("t.jsonl:1: the line is longer than 64 MiB")
            .says("t.jsonl:4:");
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = flate2::read::GzEncoder::new(text.as_bytes(), flate2::Compression::fast());
    encoder.read_to_end(&mut packed).expect("memory is read");
    packed
}

/// A Zstandard frame of one raw block.
fn zstd(text: &str) -> Vec<u8> {
    let size = u32::try_from(text.len()).expect("it is short");
    let header = (size << 3 | 1).to_le_bytes();
    // One segment whose size has four bytes, no checksum.
    [
        &[0x28, 0xb5, 0x2f, 0xfd, 0xa0][..],
        &size.to_le_bytes(),
        &header[..3],
        text.as_bytes(),
    ]
    .concat()
}

#[test]
fn compressed_traces_are_read_whatever_they_are_called() {
    let desk = Desk::new();
    let line = call("read", 0, "{}");
    let skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc";
    let (gz, zst) = (gzip(&line), zstd(&line));
    for (name, bytes, calls) in [
        ("one.gz", gz.clone(), 1),
        ("members.log", [&gz[..], &gz].concat(), 2),
        ("one.zst", zst.clone(), 1),
        (
            "frames.log",
            [&zst[..], skippable, &zst, skippable].concat(),
            2,
        ),
        ("skip-first.zst", [&skippable[..], &zst].concat(), 1),
    ] {
        desk.write(name, &bytes);
        let run = desk
            .simulate(&[name, "--format", "json"])
            .exits(0)
            .without_messages();
        assert_eq!(run.json()["calls"], calls, "{name}");
        let piped = desk.run_with_input(
            &["simulate", "-", "--policy", "p.json", "--format", "json"],
            &bytes,
        );
        assert_eq!(piped.exits(0).json()["calls"], calls, "{name}");
    }
    let window = b"\x28\xb5\x2f\xfd\x00\xff\x29\0\0hello";
    // The same frame, said to end with a checksum, and with a wrong one.
    let mut unsound = [&zst[..], &[0; 4]].concat();
    unsound[4] |= 4;
    for (name, bytes, words) in [
        (
            "cut.gz",
            gz[..gz.len() - 5].to_vec(),
            "gzip data is damaged or cut short",
        ),
        (
            "cut.zst",
            zst[..zst.len() - 5].to_vec(),
            "Zstandard data is damaged or cut short",
        ),
        (
            "head.zst",
            zst[..5].to_vec(),
            "Zstandard data is damaged or cut short",
        ),
        (
            "tail.zst",
            [&zst[..], b"junk"].concat(),
            "Zstandard data is damaged or cut short",
        ),
        (
            "skip.zst",
            [&zst[..], &skippable[..9]].concat(),
            "Zstandard data is damaged or cut short",
        ),
        (
            "checksum.zst",
            unsound,
            "Zstandard data is damaged or cut short",
        ),
        (
            "window.zst",
            window.to_vec(),
            "Zstandard data asks for a window of more than 128 MiB",
        ),
    ] {
        desk.write(name, &bytes);
        desk.simulate(&[name])
            .exits(2)
            .says(&format!("can't read the trace `{name}`: its {words}"))
            .shows_nothing();
    }
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_opened_once() {
    let desk = Desk::new();
    let made = Command::new("mkfifo").arg(desk.path("pipe")).status();
    assert!(made.expect("mkfifo runs").success());
    let path = desk.path("pipe");
    // More than a pipe holds: a writer whose reader goes away fails.
    let text = call("read", 0, "{}").repeat(5_000);
    let writer = std::thread::spawn(move || fs::write(path, text));
    let run = desk.simulate(&["pipe", "--format", "json"]).exits(0);
    assert_eq!(run.json()["calls"], 5_000);
    writer.join().expect("no panic").expect("all was read");
}

#[test]
fn several_traces_are_one_history() {
    let desk = Desk::new();
    let pay = call("pay", 0, "{\"amount\":1}");
    desk.write("a.jsonl", pay.repeat(2)).write("b.jsonl", &pay);
    let run = desk
        .simulate(&["a.jsonl", "b.jsonl", "--format", "jsonl"])
        .exits(0);
    assert_eq!(run.decisions(), ["allow", "allow", "throttle"]);
    let rows = run.rows();
    assert_eq!(
        (&rows[2]["trace"], &rows[2]["line"]),
        (&"b.jsonl".into(), &1.into())
    );
}

// ---------------------------------------------------------------------------------------------
// Deciding

#[test]
fn conditions_fail_a_run() {
    let desk = Desk::new();
    let pay = call("pay", 0, "{\"amount\":1}");
    let redacted = "{\"ts\":\"2026-03-01T12:05:00Z\",\"tool\":\"pay\",\"arg_keys\":[\"amount\"]}\n";
    desk.write(
        "t.jsonl",
        format!("{}{}{redacted}", pay.repeat(3), call("gone", 0, "{}")),
    );
    // Of five calls, one is denied, one is throttled and one is unknown.
    for (condition, code) in [
        ("deny", 1),
        ("deny=1", 1),
        ("deny=2", 0),
        ("throttle=20%", 1),
        ("throttle=20.1%", 0),
        ("unknown", 1),
        ("block=2", 1),
        ("block=40%", 1),
        ("block=3", 0),
        ("unknown=0%", 1),
    ] {
        let run = desk
            .simulate(&["t.jsonl", "--fail-on", condition])
            .exits(code)
            .shows("5 calls");
        assert_eq!(
            run.err.contains("--fail-on"),
            code == 1,
            "{condition}: {}",
            run.err
        );
    }
    desk.simulate(&["t.jsonl", "--fail-on", "deny=9", "--fail-on", "throttle"])
        .exits(1);
}

#[test]
fn calls_outside_of_what_is_reported_still_use_up_limits() {
    let desk = Desk::new();
    let pay: String = (0..3)
        .map(|second| call("pay", second, "{\"amount\":1}"))
        .collect();
    desk.write("t.jsonl", pay + &call("read", 3, "{}"));
    let jsonl = |arguments: &[&str]| {
        desk.simulate(&[&["t.jsonl", "--format", "jsonl"], arguments].concat())
            .exits(0)
            .decisions()
    };
    assert_eq!(
        jsonl(&["--since", "2026-03-01T12:00:02Z"]),
        ["throttle", "allow"]
    );
    assert_eq!(
        jsonl(&["--until", "2026-03-01T12:00:02Z"]),
        ["allow", "allow"]
    );
    assert_eq!(jsonl(&["--since", "2026-03-02"]), [""; 0]);
    assert_eq!(jsonl(&["--only", "r*"]), ["allow"]);
    assert_eq!(
        jsonl(&["--only", "p*", "--since", "2026-03-01T12:00:02Z"]),
        ["throttle"]
    );
}

#[test]
fn records_without_times_need_a_word_under_limits() {
    let desk = Desk::new();
    desk.write(
        "t.jsonl",
        "{\"tool\":\"read\"}\n".to_owned() + &"{\"tool\":\"pay\"}\n".repeat(3),
    );
    desk.simulate(&["t.jsonl"])
        .exits(2)
        .says("t.jsonl:2:")
        .says("--interval 1s")
        .says("--ignore-limits");
    let decisions = |arguments: &[&str]| {
        desk.simulate(&[&["t.jsonl", "--format", "jsonl"], arguments].concat())
            .exits(0)
            .decisions()
    };
    assert_eq!(
        decisions(&["--interval", "1s"]),
        ["allow", "allow", "allow", "throttle"]
    );
    assert_eq!(decisions(&["--interval", "30s"]), ["allow"; 4]);
    assert_eq!(decisions(&["--interval", "9999999999years"])[0], "allow");
    assert_eq!(decisions(&["--ignore-limits"]), ["allow"; 4]);
}

#[test]
fn counters_and_unknowns_are_counted_as_asked() {
    let desk = Desk::new();
    desk.write(
        "t.jsonl",
        ["a", "b"].map(|tool| call(tool, 0, "{}")).concat(),
    );
    let limits = r#"{"limits":[{"counter":"c","window":"day","max":1,"scope":"grant"}]}"#;
    desk.write(
        "p.json",
        format!(r#"{{"version":"1","default":"deny","tools":{{"a":{limits},"b":{limits}}}}}"#),
    );
    let jsonl = |trace: &str, flag: &str, value: &str| {
        desk.simulate(&[trace, "--format", "jsonl", flag, value])
            .exits(0)
            .decisions()
    };
    assert_eq!(
        jsonl("t.jsonl", "--counter-scope", "tool"),
        ["allow", "allow"]
    );
    assert_eq!(
        jsonl("t.jsonl", "--counter-scope", "policy"),
        ["allow", "throttle"]
    );
    desk.write("p.json", POLICY);
    let redacted = "{\"ts\":1,\"tool\":\"pay\",\"arg_keys\":[\"amount\"]}\n".repeat(2);
    let known = "{\"ts\":1,\"tool\":\"pay\"}\n";
    desk.write("u.jsonl", redacted + known);
    assert_eq!(
        jsonl("u.jsonl", "--assume-unknown", "allow"),
        ["unknown", "unknown", "throttle"]
    );
    assert_eq!(
        jsonl("u.jsonl", "--assume-unknown", "deny"),
        ["unknown", "unknown", "allow"]
    );
}

#[test]
fn policies_are_for_servers_and_grants() {
    let desk = Desk::new();
    desk.write("t.jsonl", "{\"tool\":\"read\",\"server\":\"a\"}\n{\"tool\":\"read\",\"server\":\"b\",\"grant\":\"x-1\"}\n");
    let run = desk
        .run(&[
            "simulate", "t.jsonl", "--policy", "a=p.json", "--format", "jsonl",
        ])
        .exits(0)
        .without_messages();
    let rows = run.rows();
    assert_eq!(
        (&rows[0]["decision"], &rows[0]["policy"]),
        (&"allow".into(), &"p.json".into())
    );
    assert_eq!(
        (&rows[1]["decision"], &rows[1]["rule"]),
        (&"deny".into(), &"(no policy)".into())
    );
    assert_eq!(rows[1]["policy"], Value::Null);
    let run = desk.run(&[
        "simulate",
        "t.jsonl",
        "--policy",
        "p.json",
        "--policy",
        "stripe=p.json",
    ]);
    run.exits(0).says("`stripe`").says("`a`, `b`");
    let many: String = (0..30)
        .map(|n| format!("{{\"tool\":\"read\",\"server\":\"s{n}\"}}\n"))
        .collect();
    desk.write("many.jsonl", many);
    desk.run(&["simulate", "many.jsonl", "--policy", "stripe=p.json"])
        .exits(0)
        .says("`stripe`");
    desk.run(&["simulate", "many.jsonl", "--policy", "s29=p.json"])
        .exits(0)
        .without_messages();
    for (policies, words) in [
        (
            &["--policy", "p.json", "--policy", "p.json"][..],
            "more than one policy for every call",
        ),
        (
            &["--policy", "a=p.json", "--policy", "a=p.json"],
            "two policies for the server `a`",
        ),
        (&["--policy", "=p.json"], "no server before the equals sign"),
        (&["--policy", "[=p.json"], "the name `[`"),
        (&["--policy", "nope.json"], "can't read `nope.json`"),
        (&["--policy", "."], "can't read `.`"),
    ] {
        desk.run(&[&["simulate", "t.jsonl"], policies].concat())
            .exits(2)
            .says(words)
            .shows_nothing();
    }
}

#[test]
fn the_configuration_says_which_policy_is_for_what() {
    let desk = Desk::new();
    desk.write("t.jsonl", "{\"tool\":\"read\",\"server\":\"a\"}\n{\"tool\":\"read\",\"server\":\"a\",\"grant\":\"x-1\"}\n");
    desk.write(
        "mcplint.toml",
        "[[policy]]\npath = \"p.json\"\nserver = \"a\"\ngrants = [\"x-*\"]\n",
    );
    let run = desk
        .run(&["simulate", "t.jsonl", "--format", "jsonl"])
        .exits(0);
    assert_eq!(run.decisions(), ["deny", "allow"]);
    desk.run(&["simulate", "t.jsonl", "--no-config"])
        .exits(2)
        .says("no policies found below `.`");
    for (text, words) in [
        (
            "[[policy]]\npath = \"p.json\"\ngrant = []\n",
            "mcplint.toml:3:1]",
        ),
        (
            "[[policy]]\npath = \"x/*.json\"\n",
            "`x/*.json` of the configuration names no file",
        ),
        (
            "[[policy]]\npath = \"[\"\n",
            "the path `[` of the configuration",
        ),
        (
            "fail-level = \"\u{1b}[31m\"\n",
            "mcplint.toml` is not a valid configuration",
        ),
    ] {
        desk.write("mcplint.toml", text);
        assert_safe(
            &desk
                .run(&["simulate", "t.jsonl"])
                .exits(2)
                .says(words)
                .shows_nothing(),
        );
    }
    desk.run(&["validate", "--config", "nope.toml"])
        .exits(2)
        .says("can't read `nope.toml`");
}

#[test]
fn a_single_policy_is_discovered_and_several_are_asked_about() {
    let desk = Desk::new();
    desk.write("t.jsonl", call("read", 0, "{}"))
        .write("policy.json", POLICY);
    desk.run(&["simulate", "t.jsonl"])
        .exits(0)
        .shows("under policy.json");
    desk.write("policies/b.json", POLICY);
    let run = desk.run(&["simulate", "t.jsonl"]).exits(2);
    run.says("there are 2 policies here")
        .says("--policy SERVER=FILE")
        .shows_nothing();
}

#[test]
fn argument_values_appear_only_where_they_are_asked_for() {
    let desk = Desk::new();
    let args = r#"{"amount":987654321,"note":"SECRET","deep":{"SECRET-key":["SECRET"]}}"#;
    let broken = [
        r#"{"tool":"pay","args":{"note":"SECRET"}"#,
        r#"{"tool":"pay","args":{"note":SECRET}}"#,
        r#"{"tool":"pay","args":{"note":"SECRET\x"}}"#,
        r#"{"tool":"pay","args":{"note":"SECRET"},"arguments":{"note":"SECRET"}}"#,
        r#"{"tool":"pay","ts":"SECRET","args":{"note":"SECRET"}}"#,
        r#"{"tool":"pay","result":"SECRET"}"#,
        r#"{"tool":{"note":"SECRET"}}"#,
        r#"{"tool":"pay","arg_keys":{"note":"SECRET"}}"#,
        r#"{"tool":"pay","args":{"note":1,"note":"SECRET"}}"#,
    ];
    let mut trace = call("pay", 0, args) + &call("pay", 0, "\"SECRET\"") + &call("gone", 0, args);
    for line in broken {
        // Every problem is one of the first of a trace, and so is told.
        desk.write("t.jsonl", format!("{trace}{line}\n"));
        let run = desk.simulate(&["t.jsonl"]).exits(0).says("t.jsonl:4:");
        assert!(!run.err.contains("SECRET"), "{}", run.err);
        let strict = desk.simulate(&["t.jsonl", "--strict"]).exits(2);
        assert!(!strict.err.contains("SECRET"), "{}", strict.err);
    }
    trace += &broken.join("\n");
    desk.write("t.jsonl", trace);
    for format in ["text", "json", "jsonl", "csv"] {
        let run = desk
            .simulate(&["t.jsonl", "--format", format, "-v"])
            .exits(0);
        for secret in ["SECRET", "987654321"] {
            assert!(
                !run.out.contains(secret) && !run.err.contains(secret),
                "{format}"
            );
        }
    }
    let shown = desk
        .simulate(&["t.jsonl", "--format", "jsonl", "--show-args"])
        .exits(0);
    let wanted: Value = serde_json::from_str(args).expect("it is JSON");
    assert_eq!(shown.rows()[0]["args"], wanted);
    desk.simulate(&["t.jsonl", "--format", "csv", "--show-args"])
        .exits(0)
        .shows("SECRET-key");
}

// ---------------------------------------------------------------------------------------------
// Formats

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn decisions_have_the_fields_of_the_contract() {
    let desk = Desk::new();
    let redacted = "{\"ts\":0,\"tool\":\"pay\",\"arg_keys\":[\"amount\"]}\n";
    let pay = call("pay", 50, "{\"amount\":1}").replace("Z\"", ".250+02:00\"");
    desk.write(
        "t.jsonl",
        call("read", 0, "{}") + &call("pay", 0, "{\"amount\":101}") + redacted + &pay.repeat(3),
    );
    let run = desk.simulate(&["t.jsonl", "--format", "jsonl"]).exits(0);
    let rows = run.rows();
    let fields = [
        "line", "ts", "server", "grant", "tool", "decision", "rule", "pointer", "message", "policy",
    ];
    assert_eq!(keys(&rows[0]), fields);
    assert_eq!(
        (&rows[0]["rule"], &rows[0]["message"]),
        (&"".into(), &"".into())
    );
    assert_eq!(keys(&rows[1]), fields);
    assert_eq!(rows[1]["rule"], "/tools/pay/deny_if/args.amount-gt");
    assert_eq!(rows[1]["pointer"], "/tools/pay/deny_if/0");
    assert_eq!(rows[1]["message"], "Over the cap.");
    assert_eq!(keys(&rows[2]), [&fields[..], &["needs"]].concat());
    assert_eq!(rows[2]["needs"], serde_json::json!(["args.amount"]));
    assert_eq!(rows[2]["ts"], "1970-01-01T00:00:00Z");
    assert_eq!(keys(&rows[5]), [&fields[..], &["retry_after_s"]].concat());
    assert_eq!(rows[5]["retry_after_s"], 10);
    assert_eq!(rows[5]["ts"], "2026-03-01T12:00:50.250+02:00");
    assert_eq!(
        rows[5]["message"],
        "Limit pay_rate: 2 per minute reached. Try again in 10 s."
    );
}

#[test]
fn summaries_have_the_fields_of_the_contract() {
    let desk = Desk::new();
    let pay = call("pay", 0, "{\"amount\":1}")
        .replace("\"grant\":\"g\"", "\"session\":\"s-1\",\"server\":\"bank\"");
    desk.write(
        "t.jsonl",
        format!("{}x\n{}", pay.repeat(3), call("gone", 1, "{}")),
    );
    let summary = desk
        .simulate(&["t.jsonl", "--format", "json"])
        .exits(0)
        .json();
    let fields = [
        "version", "calls", "allow", "deny", "throttle", "unknown", "skipped", "by_tool",
        "by_rule", "limits", "unused", "sessions", "coverage", "reach",
    ];
    assert_eq!(keys(&summary), fields);
    assert_eq!(
        keys(&summary["by_tool"][0]),
        [
            "server", "tool", "calls", "allow", "deny", "throttle", "unknown"
        ]
    );
    assert_eq!(
        keys(&summary["by_rule"][0]),
        [
            "rule",
            "pointer",
            "policy",
            "decision",
            "calls",
            "first_line"
        ]
    );
    let limit = &summary["limits"][0];
    for (field, value) in [
        ("pointer", Value::from("/tools/pay/limits/0")),
        ("counter", "pay_rate".into()),
        ("window", "minute".into()),
        ("max", 2.into()),
        ("peak", 2.into()),
        ("peak_grant", "s-1".into()),
        ("peak_window", "2026-03-01T12:00:00Z".into()),
        ("throttled", 1.into()),
    ] {
        assert_eq!(limit[field], value, "{field}");
    }
    assert_eq!(summary["skipped"], 1);
    assert_eq!(summary["sessions"]["total"], 1);
    assert_eq!(summary["sessions"]["first_blocked"]["line"], 3);
    assert_eq!(summary["unused"], serde_json::json!([]));
}

#[test]
fn a_place_that_no_call_came_to_is_listed_once() {
    let desk = Desk::new();
    desk.write(
        "i.yaml",
        "version: \"1\"\ntools:\n  pay:\n    rules:\n      - name: cap\n        conditions:\n          - path: state.pay.n\n            op: lte\n            value: 5\n        state:\n          counter: n\n          window: hour\n  other:\n    rules:\n      - name: cap\n        conditions:\n          - path: state.other.n\n            op: lte\n            value: 5\n        state:\n          counter: n\n          window: hour\n",
    );
    desk.write("t.jsonl", call("pay", 0, "{}"));
    let run = desk
        .run(&[
            "simulate", "t.jsonl", "--policy", "i.yaml", "--format", "json",
        ])
        .exits(0);
    let unused = run.json()["unused"].clone();
    assert_eq!(unused.as_array().map(Vec::len), Some(1), "{unused}");
    assert_eq!(unused[0]["pointer"], "/tools/other/rules/0");
}

#[test]
fn the_result_is_the_same_for_any_number_of_threads() {
    let desk = Desk::new();
    let mut trace = String::new();
    for n in 0..20_000_u32 {
        match n % 50 {
            7 => trace.push_str("{\"tool\":\n"),
            13 => trace.push('\n'),
            21 => trace.push_str("{\"ts\":1,\"tool\":\"pay\",\"arg_keys\":[\"amount\"],\"session\":\"\\u0041\"}\n"),
            _ => writeln!(
                trace,
                "{{\"ts\":{},\"tool\":\"{}\",\"grant\":\"g{}\",\"args\":{{\"amount\":{},\"pad\":\"{}\"}}}}",
                1_772_366_400_000_u64 + u64::from(n) * 700 - u64::from(n % 11) * 9_000,
                ["pay", "read", "gone", "p\\u0061y"][n as usize % 4],
                n % 7,
                n % 103,
                "x".repeat(n as usize % 90),
            )
            .expect("a String takes all"),
        }
    }
    desk.write("t.jsonl", trace);
    for format in ["text", "json", "jsonl", "csv"] {
        let run = |threads| {
            desk.simulate(&["t.jsonl", "--format", format, "--threads", threads])
                .exits(0)
        };
        let one = run("1").says("out of time order").says("unreadable lines");
        for threads in ["2", "5"] {
            let other = run(threads);
            assert!(
                one.out == other.out && one.err == other.err,
                "{format}, {threads} threads"
            );
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let desk = Desk::new();
    desk.write("t.jsonl", call("read", 0, "{}").repeat(20_000));
    for format in ["jsonl", "csv"] {
        let mut command = desk.command(&[
            "simulate", "t.jsonl", "--policy", "p.json", "--format", format,
        ]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("mcplint runs");
        let mut first = [0; 10];
        let mut out = child.stdout.take().expect("it is piped");
        out.read_exact(&mut first).expect("there is output");
        drop(out);
        Run::of(child.wait_with_output().expect("mcplint ends"))
            .exits(0)
            .without_messages();
    }
}

// ---------------------------------------------------------------------------------------------
// Hostile names

const HOSTILE: [&str; 24] = [
    "\u{1b}[31mred",
    "a\nb\r\nerror: x",
    "::error::x",
    "\n::error file=x::y",
    "%0A::error::",
    "<script>alert(1)</script>",
    "\u{202e}abc",
    "\u{9b}31m",
    "=cmd()",
    "+1",
    "-x",
    "@x",
    "a\u{2028}b",
    "\u{200b}z",
    "##[error]x",
    "##vso[task.x]",
    "tab\tx",
    "|x",
    "`md`",
    "\0nul",
    "\u{e0041}tag",
    ",\"q\"",
    " ",
    "\u{feff}x",
];

/// Nothing that a terminal or a CI system obeys.
fn assert_safe(run: &Run) {
    for text in [&run.out, &run.err] {
        let dangerous = |c: char| c != '\n' && mcplint::render::escape::is_dangerous(c);
        assert!(!text.contains(dangerous), "{text:?}");
        for line in text.lines() {
            assert!(!line.trim_start().starts_with("::"), "{line}");
            assert!(!line.contains("##[") && !line.contains("##vso["), "{line}");
        }
    }
}

fn hostile_trace() -> (String, Vec<Value>) {
    let mut records = Vec::new();
    for name in HOSTILE {
        for field in ["tool", "server", "grant", "session"] {
            let mut record = serde_json::json!({"ts": 1, "tool": "pay", "server": "s", "grant": "g", "session": "t"});
            record[field] = name.into();
            records.push(record);
        }
    }
    let mut trace: String = records.iter().map(|record| format!("{record}\n")).collect();
    let quoted = |name: &str| Value::from(name).to_string();
    for name in ["\u{1b}[31m", "\n::error::", "\u{202e}"] {
        let name = quoted(name);
        writeln!(trace, "{{\"tool\":\"x\",\"args\":{{{name}:1,{name}:2}}}}")
            .expect("a String takes all");
        writeln!(trace, "{{\"tool\":\"x\",\"result\":{name}}}").expect("a String takes all");
    }
    (trace, records)
}

#[test]
fn hostile_names_reach_no_output_as_they_are() {
    let desk = Desk::new();
    let (trace, records) = hostile_trace();
    desk.write("t.jsonl", trace);
    let mut policy: Value = serde_json::from_str(POLICY).expect("it is JSON");
    policy["hide"] = HOSTILE[..8].iter().copied().collect();
    for name in &HOSTILE[8..] {
        policy["tools"][name] = serde_json::json!({
            "deny_if": [{"conditions": [], "on_deny": name}],
            "limits": [{"counter": name, "window": "minute", "max": 1, "scope": "grant"}],
        });
    }
    desk.write("p.json", policy.to_string());
    for format in ["text", "json", "jsonl", "csv"] {
        let run = desk
            .simulate(&["t.jsonl", "--format", format])
            .exits(0)
            .says("stands twice");
        assert_safe(&run);
        match format {
            "json" => assert_eq!(
                run.json()["by_tool"].as_array().map(Vec::len),
                Some(2 * HOSTILE.len() + 1)
            ),
            "jsonl" => {
                for (row, record) in run.rows().iter().zip(&records) {
                    for field in ["tool", "server", "grant", "session"] {
                        assert_eq!(row[field], record[field]);
                    }
                }
            }
            "csv" => {
                for line in run.out.lines() {
                    for cell in line.split(',') {
                        assert!(
                            !cell
                                .trim_start_matches('"')
                                .starts_with(['=', '+', '-', '@']),
                            "{line}"
                        );
                    }
                }
            }
            _ => {}
        }
    }
    policy["tools"]["\u{1b}[31m\n::error::"] = serde_json::json!({"\u{202e}limits": 1});
    desk.write("p.json", policy.to_string());
    for format in ["text", "json"] {
        assert_safe(
            &desk
                .run(&["validate", "p.json", "--format", format])
                .exits(1),
        );
    }
    assert_safe(&desk.simulate(&["t.jsonl", "--format", "jsonl"]).exits(2));
}

#[test]
fn halves_of_surrogates_are_replaced() {
    let desk = Desk::new();
    desk.write(
        "t.jsonl",
        "{\"tool\":\"\\ud800\",\"server\":\"\\udfff\",\"session\":\"\\ud83d\\ude00\"}\n",
    );
    let rows = desk
        .simulate(&["t.jsonl", "--format", "jsonl"])
        .exits(0)
        .rows();
    assert_eq!(
        (&rows[0]["tool"], &rows[0]["session"]),
        (&"\u{fffd}".into(), &"😀".into())
    );
}

#[test]
fn enormous_names_are_cut_for_people_and_whole_for_programs() {
    let desk = Desk::new();
    let name = "n".repeat(1 << 20);
    desk.write("p.json", format!("{{\"version\":\"1\",\"default\":\"deny\",\"tools\":{{\"{name}\":{{\"deny_if\":[{{\"conditions\":[]}}]}}}}}}"));
    let twice = format!("{{\"tool\":\"x\",\"args\":{{\"{name}\":1,\"{name}\":2}}}}\n");
    desk.write(
        "t.jsonl",
        format!("{{\"tool\":\"{name}\",\"server\":\"{name}\",\"session\":\"{name}\"}}\n{twice}"),
    );
    let text = desk.simulate(&["t.jsonl"]).exits(0);
    for line in text.out.lines().chain(text.err.lines()) {
        assert!(
            line.chars().count() < 500,
            "{} characters",
            line.chars().count()
        );
    }
    assert_eq!(
        desk.simulate(&["t.jsonl", "--format", "jsonl"]).rows()[0]["tool"],
        name.as_str()
    );
}

// ---------------------------------------------------------------------------------------------
// Counters that forget

fn minutes(count: u64) -> String {
    let mut trace = String::new();
    for minute in 0..count {
        for call in 0..3 {
            let ts = 1_772_366_400_000 + minute * 60_000 + call;
            writeln!(
                trace,
                "{{\"ts\":{ts},\"tool\":\"pay\",\"grant\":\"g{}\"}}",
                minute % 7
            )
            .expect("a String takes all");
        }
    }
    trace
}

#[test]
fn closed_windows_are_forgotten_and_late_calls_are_told() {
    let desk = Desk::new();
    let in_order = minutes(17_000);
    desk.write("t.jsonl", &in_order);
    let run = desk
        .simulate(&["t.jsonl", "--format", "json"])
        .exits(0)
        .without_messages();
    let summary = run.json();
    assert_eq!(
        (&summary["allow"], &summary["throttle"]),
        (&34_000.into(), &17_000.into())
    );
    let late = "{\"ts\":1772366400000,\"tool\":\"pay\",\"grant\":\"g0\"}\n";
    desk.write("t.jsonl", in_order + late);
    let run = desk.simulate(&["t.jsonl", "--format", "json"]).exits(0);
    run.says("1 call came too late").says("t.jsonl:51001");
}

#[test]
fn order_does_not_matter_while_windows_are_remembered() {
    let desk = Desk::new();
    let in_order = minutes(600);
    let mut lines: Vec<_> = in_order.lines().collect();
    // A fixed shuffle: 7 and 1800 have no divisor in common.
    lines = (0..lines.len())
        .map(|n| lines[n * 7 % lines.len()])
        .collect();
    desk.write("t.jsonl", lines.join("\n"));
    let run = desk
        .simulate(&["t.jsonl", "--format", "json"])
        .exits(0)
        .says("out of time order");
    assert!(!run.err.contains("too late"));
    let summary = run.json();
    assert_eq!(
        (&summary["allow"], &summary["throttle"]),
        (&1_200.into(), &600.into())
    );
}

// ---------------------------------------------------------------------------------------------
// What tools can do

const TOOLS: &str = r#"{"server":"s","tools":[
 {"name":"get_item"},
 {"name":"delete_item","description":"Delete an item."},
 {"name":"=send","description":"Send a message\u001b[31m."}]}
"#;

#[test]
fn tools_are_classified_in_every_format() {
    let desk = Desk::new();
    desk.write("tools.json", TOOLS);
    let run = desk
        .run(&["classify", "tools.json"])
        .exits(0)
        .without_messages();
    let destructive = run.out.find("Destructive (critical)").expect("a heading");
    assert!(destructive < run.out.find("Read (low)").expect("a heading"));
    run.shows("3 tools: 1 destructive, 1 write, 1 read");

    let run = desk
        .run(&["classify", "tools.json", "--format", "json"])
        .exits(0);
    let report = run.json();
    assert_eq!(report["summary"]["destructive"], 1);
    assert_eq!(report["tools"][1]["evidence"][0]["source"], "name");

    let run = desk
        .run(&["classify", "tools.json", "--format", "jsonl"])
        .exits(0);
    let rows: Vec<Value> = run
        .out
        .lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect();
    assert_eq!(rows[0]["recommended"], serde_json::json!({}));
    assert_eq!(rows[1]["server"], "s");
    assert_eq!(rows[1]["severity"], "critical");
    assert_eq!(rows[1]["confidence"], serde_json::json!(0.97));
    assert_eq!(
        rows[1]["recommended"]["deny_if"][0]["on_deny"],
        "Blocked by default. Requires approval."
    );

    let run = desk
        .run(&["classify", "tools.json", "--format", "csv"])
        .exits(0);
    assert_eq!(run.out.lines().count(), 4);
    run.shows("s,'=send,write,medium,");
}

#[test]
fn classify_shows_what_is_severe_enough_and_reads_standard_input() {
    let desk = Desk::new();
    let line = b"{\"tool\":\"reboot\"}\n{\"tool\":\"list\"}\n";
    let arguments = [
        "classify",
        "-",
        "--min-severity",
        "high",
        "--format",
        "jsonl",
    ];
    let run = desk
        .run_with_input(&arguments, line)
        .exits(0)
        .without_messages();
    assert_eq!(run.out.lines().count(), 1);
    run.shows("\"tool\":\"reboot\"");
    desk.run_with_input(&["classify", "-"], b"[]")
        .exits(0)
        .says("there are no tools");
    desk.run_with_input(&["classify", "-", "-"], b"[]")
        .exits(2)
        .says("standard input is named twice");
    desk.run(&["classify"]).exits(2);
    desk.run(&["classify", "nowhere.json"])
        .exits(2)
        .says("can't read `nowhere.json`");
}

#[test]
fn what_is_no_tool_is_told_and_the_others_are_classified() {
    let desk = Desk::new();
    desk.write(
        "tools.jsonl",
        "{\"tool\":\"a\"}\nnonsense\n{\"tool\":\"b\"}\n",
    );
    let run = desk
        .run(&["classify", "tools.jsonl", "--format", "jsonl"])
        .exits(1);
    assert_eq!(run.out.lines().count(), 2);
    run.says("tools.jsonl:2:1");
}

#[test]
fn hostile_tools_reach_no_output_as_they_are() {
    let desk = Desk::new();
    let tool = r#"[{"name":"x\u001b]0;y\u0007\u202e","server":"\u009b1m::error::z",
        "description":"Frob\u001b[2J the \u2028 thing", "inputSchema":{"required":["sql"],
        "properties":{"sql":{},"operation\u001b":{}}}}]"#;
    desk.write("tools.json", tool);
    for format in ["text", "json", "jsonl", "csv"] {
        let run = desk
            .run(&["classify", "tools.json", "--format", format])
            .exits(0);
        assert!(
            !run.out
                .contains(['\x1b', '\u{9b}', '\u{7}', '\u{202e}', '\u{2028}']),
            "{format}"
        );
    }
    let name = "x\u{1b}]0;y\u{7}\u{202e}";
    let run = desk
        .run(&["explain", name, "--tools", "tools.json"])
        .exits(0);
    assert!(
        !run.out
            .contains(['\x1b', '\u{9b}', '\u{7}', '\u{202e}', '\u{2028}'])
    );
    let policy = &run.out[run.out.find("{\n").expect("a policy")..];
    let policy: Value = serde_json::from_str(policy).expect("it is JSON");
    assert!(policy["tools"].get(name).is_some());
}

#[test]
fn a_tool_is_explained_with_a_policy_that_validates() {
    let desk = Desk::new();
    for (name, description) in [
        ("StartAHORun", None),
        ("get_item", None),
        ("wipe", None),
        ("x", Some("Create and send an invoice")),
    ] {
        let mut arguments = vec!["explain", name];
        arguments.extend(description.iter().flat_map(|text| ["--description", text]));
        let run = desk.run(&arguments).exits(0).without_messages();
        let policy = &run.out[run.out.find("{\n").expect("a policy")..];
        desk.write("explained.json", policy);
        desk.run(&["validate", "explained.json"]).exits(0);
    }
    let run = desk.run(&["explain", "StartAHORun"]).exits(0);
    run.shows("Execute").shows("\"startahorun_rate\"");
}

#[test]
fn explain_tells_rules_from_tools() {
    let desk = Desk::new();
    let run = desk
        .run(&["explain", "duplicate-key"])
        .exits(0)
        .without_messages();
    run.shows("duplicate-key (error)");
    desk.run(&["explain", "uncovered-tool"])
        .shows("```json\n")
        .hides("```json tools");
    let run = desk.run(&["explain", "duplicate-keys"]).exits(0);
    run.says("no rule is called `duplicate-keys`")
        .says("`duplicate-key`");
    desk.write("tools.json", TOOLS);
    let run = desk
        .run(&["explain", "delete_itm", "--tools", "tools.json"])
        .exits(2);
    run.says("did you mean `delete_item`?");
    desk.run(&["explain", "delete_item", "--tools", "tools.json"])
        .exits(0)
        .shows("s/delete_item");
}

#[test]
fn the_configuration_overrides_categories() {
    let desk = Desk::new();
    desk.write("tools.json", TOOLS);
    desk.write(
        "mcplint.toml",
        "[risk]\n\"zz*\" = \"read\"\n\"del*\" = \"write\"\n\"*\" = \"financial\"\n",
    );
    let run = desk
        .run(&["classify", "tools.json", "--format", "jsonl"])
        .exits(0);
    let categories: Vec<_> = run
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["category"].to_string())
        .collect();
    assert_eq!(categories, ["\"financial\"", "\"write\"", "\"financial\""]);
    run.shows("in mcplint.toml")
        .shows("\"source\":\"override\"");
    desk.write("mcplint.toml", "[risk]\n\"[\" = \"read\"\n");
    desk.run(&["classify", "tools.json"])
        .exits(2)
        .says("under `[risk]`");
    desk.write("mcplint.toml", "[risk]\n\"a\" = \"harmless\"\n");
    desk.run(&["classify", "tools.json"])
        .exits(2)
        .says("harmless");
}
