//! `mcplint lint` as its users meet it: what it reports, ignores, knows already and puts right.

#[path = "support/command.rs"]
mod command;

use std::fs;
use std::path::Path;

use command::{Desk, Run};
use serde_json::Value;

const OPEN: &str = "{\n  \"version\": \"1\",\n  \"default\": \"allow\",\n  \"hide\": [\"a\", \"a\"],\n  \
                    \"all_tools\": { \"limits\": [{ \"counter\": \"c\", \"window\": \"hour\", \"max\": 600, \"scope\": \"grant\" }] },\n  \
                    \"tools\": { \"read_file\": {} }\n}\n";

impl Desk {
    /// A folder with `p.json`, a policy with two gaps: default-allow and duplicate-hide.
    fn new() -> Self {
        let desk = Self::empty();
        desk.write("p.json", OPEN);
        desk
    }

    /// Only the rules of these tests run: others come and go.
    fn lint(&self, arguments: &[&str]) -> Run {
        let rules = [
            "default-allow",
            "duplicate-hide",
            "unused-ignore",
            "ignore-without-reason",
        ];
        let only = rules.iter().flat_map(|rule| ["--only-rule", rule]);
        let only: Vec<&str> = only.collect();
        self.run(&[&["lint"], arguments, &only].concat())
    }
}

fn names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).expect("the folder is there");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("it is read")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

// ---------------------------------------------------------------------------------------------
// Reporting

#[test]
fn without_a_command_what_is_found_is_linted() {
    let desk = Desk::new();
    desk.write("policies/a.json", OPEN);
    desk.run::<&str>(&[])
        .exits(1)
        .shows("error[default-allow]")
        .shows("[policies/a.json:3:14]")
        .hides("p.json:3");
    desk.run_with_input(&["lint", "-"], OPEN)
        .exits(1)
        .shows("[-:3:14]");
}

#[test]
fn findings_and_fixes_have_the_fields_of_the_contract() {
    let desk = Desk::new();
    let run = desk.lint(&["p.json", "--format", "json"]).exits(1);
    let report: Value = serde_json::from_str(&run.out).expect("it is JSON");
    let finding = &report["findings"][1];
    assert_eq!(finding["rule"], "duplicate-hide");
    assert_eq!(finding["severity"], "warning");
    assert_eq!(finding["pointer"], "/hide/1");
    assert_eq!(finding["labels"][0]["column"], 12);
    let fix = &finding["fix"];
    assert_eq!(fix["safety"], "safe");
    let edit = &fix["edits"][0];
    let offset = |key: &str| edit[key].as_u64().expect("an offset") as usize;
    let mut text = OPEN.to_owned();
    let replacement = edit["replacement"].as_str().expect("a text");
    text.replace_range(offset("start")..offset("end"), replacement);
    assert!(text.contains("\"hide\": [\"a\"],"), "{text}");
    assert_eq!(report["summary"]["errors"], 1);
}

#[test]
fn rules_are_chosen_and_levels_configured() {
    let desk = Desk::new();
    desk.run(&["lint", "p.json", "--only-rule", "duplicate-hide"])
        .exits(0)
        .shows("1 warning in 1 file");
    desk.lint(&["p.json", "--skip-rule", "default-allow"])
        .exits(0);
    desk.write(
        "mcplint.toml",
        "[rules]\ndefault-allow = \"note\"\nduplicate-hide = \"off\"\n",
    );
    desk.run(&["lint", "p.json", "--skip-rule", "uncovered-tool"])
        .exits(0)
        .shows("note[default-allow]")
        .hides("duplicate-hide");
    desk.run(&["lint", "p.json", "--min-severity", "warning"])
        .exits(0)
        .hides("default-allow");
    desk.run(&["lint", "p.json", "--fail-level", "note"])
        .exits(1);
    // Who asks for a rule by its name gets it.
    desk.run(&["lint", "p.json", "--only-rule", "duplicate-hide"])
        .shows("warning[duplicate-hide]");
    desk.run(&["lint", "p.json", "--skip-rule", "duplicate-hid"])
        .exits(2)
        .says("did you mean `duplicate-hide`?");
}

#[test]
fn a_policy_that_was_not_looked_at_is_not_called_fine() {
    let desk = Desk::new();
    desk.write(
        "broken.json",
        "{ \"version\": \"2\", \"default\": \"deny\" }",
    );
    desk.lint(&["broken.json"])
        .exits(2)
        .hides("fine")
        .says("`broken.json` is not a valid policy");
    desk.run(&["lint", "broken.json"])
        .exits(1)
        .shows("error[unsupported-version]");
}

#[test]
fn a_safety_that_is_no_file_changes_none() {
    let desk = Desk::new();
    desk.run(&["lint", "--fix", "unsafe", "p.json"])
        .exits(2)
        .says("write `--fix=unsafe`");
    assert_eq!(desk.read("p.json"), OPEN);
    desk.run(&["p.json"])
        .exits(2)
        .says("write `mcplint lint p.json`");
}

#[test]
fn what_only_a_list_of_tools_shows_is_ignored_without_one_too() {
    let desk = Desk::new();
    desk.write(
        "p.yaml",
        "version: \"1\"\ndefault: deny\ntools:\n  # mcplint: ignore[unknown-argument] soon\n  pay: {}\n",
    );
    desk.write(
        "tools.json",
        r#"[{"name":"pay","inputSchema":{"type":"object","properties":{}}}]"#,
    );
    let only = [
        "lint",
        "p.yaml",
        "--only-rule",
        "unused-ignore",
        "--only-rule",
        "unknown-argument",
    ];
    desk.run(&only).hides("unused-ignore");
    desk.run(&[&only[..], &["--tools", "tools.json"]].concat())
        .shows("this ignore of `unknown-argument` ignores nothing");
    desk.write(
        "mcplint.toml",
        "[[ignore]]\nrule = \"unknown-argument\"\npath = \"p.yaml\"\nreason = \"soon\"\n",
    );
    desk.run(&only).hides("unused-ignore");
}

#[test]
fn findings_have_one_order_whatever_the_threads() {
    let desk = Desk::new();
    for nth in 0..60 {
        desk.write(&format!("policies/{nth:02}.json"), OPEN);
    }
    let run = desk.lint(&["policies", "--format", "json"]).exits(1);
    let report: Value = serde_json::from_str(&run.out).expect("it is JSON");
    let findings = report["findings"].as_array().expect("a list");
    let files: Vec<&str> = findings
        .iter()
        .map(|f| f["file"].as_str().expect("a name"))
        .collect();
    assert_eq!(files.len(), 120);
    assert!(files.is_sorted(), "{files:?}");
}

#[test]
fn lists_of_tools_come_from_options_or_the_configuration() {
    let desk = Desk::new();
    let tools = r#"{ "tools": [{ "name": "read_files" }, { "name": "read_files" }] }"#;
    desk.write("tools.json", tools);
    let run = desk
        .run(&["lint", "p.json", "--tools", "tools.json"])
        .exits(1);
    let run = run
        .shows("error[unknown-tool]")
        .shows("did you mean `read_files`?")
        .shows("warning[duplicate-tool]")
        .shows("[tools.json:1:49]");
    drop(run);
    desk.write(
        "mcplint.toml",
        "[[policy]]\npath = \"p.json\"\nserver = \"files\"\ntools = \"tools.json\"\n",
    );
    desk.run(&["lint"]).exits(1).shows("error[unknown-tool]");
    desk.write("sub/x", "");
    desk.run(&["lint", "--no-config", "p.json"])
        .hides("unknown-tool");
    // Lists of other servers are not about this policy.
    desk.write(
        "tools.json",
        r#"[{ "server": "mail", "name": "read_files" }, { "server": "files", "name": "read_file" }, { "server": "files", "name": "a" }]"#,
    );
    desk.run(&["lint"]).hides("unknown-tool");
    // A list of one server may call it otherwise than the configuration does.
    desk.write(
        "tools.json",
        r#"{ "server": "mcp-server-files", "tools": [{ "name": "read_files" }] }"#,
    );
    desk.run(&["lint"]).shows("error[unknown-tool]");
    desk.run(&["lint", "p.json", "--tools", "nope.json"])
        .exits(2)
        .says("can't read `nope.json`");
    desk.write("none.json", r#"{ "tools": [] }"#);
    desk.run(&["lint", "p.json", "--tools", "none.json"])
        .says("the list `none.json` offers no tool");
}

// ---------------------------------------------------------------------------------------------
// Ignoring

#[test]
fn the_configuration_ignores_by_path_and_place() {
    let desk = Desk::new();
    desk.write("other.json", OPEN);
    desk.write(
        "mcplint.toml",
        "[[ignore]]\nrule = \"default-allow\"\npath = \"p.json\"\nreason = \"a sandbox\"\n\
         [[ignore]]\nrule = \"duplicate-hide\"\nat = \"/hide\"\nreason = \"generated\"\n",
    );
    desk.lint(&["p.json"])
        .exits(0)
        .shows("1 file is fine (2 findings ignored)");
    desk.lint(&["p.json", "other.json"])
        .exits(1)
        .shows("[other.json:3:14]")
        .shows("1 error in 1 of 2 files (3 findings ignored)");
}

#[test]
fn ignores_of_the_configuration_are_accountable() {
    let desk = Desk::new();
    desk.write(
        "mcplint.toml",
        "[[policy]]\npath = \"p.json\"\n\n[[ignore]]\nrule = \"default-allow\"\npath = \"gone/*.json\"\nreason = \"x\"\n\n\
         [[ignore]]\nrule = \"duplicate-hide\"\nat = \"/tools\"\n",
    );
    desk.lint(&[])
        .exits(1)
        .shows("warning[unused-ignore]")
        .shows("no file that was looked at has this path")
        .shows("the rule finds nothing there")
        .shows("warning[ignore-without-reason]")
        .shows("mcplint.toml:9:1]");
    // A run on some files knows nothing of the others.
    desk.lint(&["p.json"])
        .hides("has this path")
        .shows("finds nothing there");
    // Nothing is known of a rule that did not run.
    desk.run(&["lint", "p.json", "--only-rule", "default-allow"])
        .hides("unused-ignore");
    desk.run(&["validate", "p.json"])
        .exits(0)
        .hides("unused-ignore");
}

#[test]
fn wrong_configurations_are_shown_with_what_was_meant() {
    let desk = Desk::new();
    for (text, place, words) in [
        (
            "[rules]\ndefault-alow = \"off\"\n",
            ":2:1]",
            "did you mean `default-allow`?",
        ),
        (
            "[rules]\ndefault-allow = \"warn\"\n",
            ":2:17]",
            "one of error, warning, note, off",
        ),
        ("[ruls]\n", ":1:2]", "did you mean `rules`?"),
        (
            "[[ignore]]\nrule = \"x\"\n",
            ":2:8]",
            "there is no rule `x`",
        ),
        (
            "[[ignore]]\nrule = \"star-tool\"\npath = \"[\"\n",
            ":3:8]",
            "unclosed",
        ),
        (
            "[[ignore]]\nrule = \"star-tool\"\nat = \"tools\"\n",
            ":3:6]",
            "starts with `/`",
        ),
        (
            "[[ignore]]\nrule = \"star-tool\"\nwhy = \"x\"\n",
            ":3:1]",
            "one of rule, path, at, reason",
        ),
        (
            "[max-calls-per-day]\nexecut = 1\n",
            ":2:1]",
            "did you mean `execute`?",
        ),
        ("[max-calls-per-day]\nexecute = -1\n", ":2:11]", "-1"),
        ("[risk]\n\"[\" = \"read\"\n", ":2:1]", "`[` under `[risk]`"),
        ("baseline = 5\n", ":1:12]", "expected a string"),
        (
            "= 5\n",
            ":1:1]",
            "mcplint.toml` is not a valid configuration",
        ),
    ] {
        desk.write("mcplint.toml", text);
        desk.run(&["lint", "p.json"])
            .exits(2)
            .says(place)
            .says(words);
    }
}

/// Whoever puts one thing right should not be told of the next only then.
#[test]
fn all_that_is_wrong_with_a_configuration_is_told_at_once() {
    let desk = Desk::new();
    let text = "baselin = \"b\"\n\
                [rules]\ndefault-alow = \"off\"\nstar-tool = \"warn\"\nempty-policy = \"off\"\n\
                [[ignore]]\nrule = \"x\"\nat = \"tools\"\n\
                [[ignore]]\nrule = \"star-tool\"\n\
                [[ignore]]\npath = \"a\"\n\
                [[policy]]\n\
                [risk]\n\"[\" = \"read\"\nok = \"rd\"\n";
    desk.write("mcplint.toml", text);
    let mut run = desk.run(&["lint", "p.json"]).exits(2);
    for place in [":1:1]", ":3:1]", ":4:13]", ":7:8]", ":8:6]", ":16:6]"] {
        run = run.says(place);
    }
    run.says("missing field `rule`")
        .says("missing field `path`")
        .says("`[` under `[risk]`");
}

#[test]
fn a_baseline_knows_what_was_there() {
    let desk = Desk::new();
    desk.write("sub/q.json", OPEN);
    desk.lint(&["p.json", "sub/q.json", "--write-baseline"])
        .exits(0)
        .says("4 findings are kept in");
    let known = [
        "p.json",
        "sub/q.json",
        "--baseline",
        "mcplint-baseline.json",
    ];
    desk.lint(&known)
        .exits(0)
        .shows("2 files are fine (4 findings ignored)");
    // It holds when lines move, and what is new is reported.
    let moved = OPEN.replace("\"version\"", "\n\n  \"version\"");
    desk.write(
        "p.json",
        moved.replace("[\"a\", \"a\"]", "[\"a\", \"b\", \"a\", \"b\"]"),
    );
    desk.lint(&known)
        .exits(0)
        .shows("duplicate-hide")
        .hides("error[default-allow]");
    // What is gone is said.
    desk.write("p.json", OPEN.replace("allow", "deny"));
    desk.lint(&known)
        .exits(0)
        .shows("warning[unused-ignore]")
        .shows("`default-allow` in `p.json`")
        .shows("[mcplint-baseline.json:");
    desk.lint(&["sub/q.json", "--baseline", "mcplint-baseline.json"])
        .exits(0)
        .hides("unused-ignore");
    // The configuration may name it, and it is written again over an earlier one only.
    desk.write("mcplint.toml", "baseline = \"mcplint-baseline.json\"\n");
    desk.lint(&["sub/q.json"])
        .exits(0)
        .shows("2 findings ignored");
    desk.lint(&["p.json", "sub/q.json", "--write-baseline"])
        .exits(0)
        .says("3 findings");
    desk.lint(&["sub/q.json", "--write-baseline", "p.json"])
        .exits(2)
        .says("`p.json` is no baseline and was not overwritten");
    desk.lint(&["p.json", "--baseline", "none.json"])
        .exits(2)
        .says("there is no baseline `none.json`")
        .says("--write-baseline none.json");
    desk.lint(&["p.json", "--baseline", "p.json"])
        .exits(2)
        .says("`p.json` is not a baseline");
}

#[test]
fn comments_ignore_in_yaml() {
    let desk = Desk::new();
    let text =
        "version: \"1\"\ndefault: allow # mcplint: ignore[default-allow] a sandbox\ntools: {}\n";
    desk.write("p.yaml", text);
    desk.lint(&["p.yaml"])
        .exits(0)
        .shows("1 file is fine (1 finding ignored)");
    desk.write("p.yaml", text.replace("allow #", "deny #"));
    desk.lint(&["p.yaml", "--fix"])
        .exits(0)
        .shows("1 file is fine");
    assert_eq!(
        desk.read("p.yaml"),
        "version: \"1\"\ndefault: deny\ntools: {}\n"
    );
}

// ---------------------------------------------------------------------------------------------
// Fixing

#[test]
fn safe_fixes_are_made_and_others_on_request() {
    let desk = Desk::new();
    desk.lint(&["p.json", "--fix"])
        .exits(1)
        .says("1 fix was made in 1 file")
        .shows("default-allow")
        .hides("duplicate-hide");
    assert_eq!(desk.read("p.json"), OPEN.replace(", \"a\"]", "]"));
    desk.lint(&["p.json", "--fix=unsafe"])
        .exits(0)
        .shows("1 file is fine");
    let fixed = OPEN.replace(", \"a\"]", "]").replace("allow", "deny");
    assert_eq!(desk.read("p.json"), fixed);
    desk.lint(&["p.json", "--fix=unsafe"])
        .says("0 fixes were made in 0 files");
    assert_eq!(names(desk.folder()), ["p.json"], "no file is left behind");
}

#[test]
fn a_diff_shows_fixes_and_writes_nothing() {
    let desk = Desk::new();
    desk.lint(&["p.json", "--diff"])
        .exits(1)
        .shows("--- a/p.json\n+++ b/p.json\n")
        .shows("-  \"hide\": [\"a\", \"a\"],\n+  \"hide\": [\"a\"],\n")
        .hides("+  \"default\"")
        .says("1 fix would be made in 1 file");
    desk.lint(&["p.json", "--diff", "--fix=unsafe"])
        .exits(1)
        .shows("+  \"default\": \"deny\"");
    desk.run_with_input(&["lint", "-", "--diff"], OPEN)
        .exits(1)
        .shows("+++ b/-");
    desk.run_with_input(&["lint", "-", "--fix"], OPEN)
        .says("standard input can't be fixed");
    assert_eq!(desk.read("p.json"), OPEN);
}

#[test]
fn fixes_keep_line_ends_marks_and_what_is_ignored() {
    let desk = Desk::new();
    let windows = format!("\u{feff}{}", OPEN.replace('\n', "\r\n"));
    desk.write("p.json", windows.trim_end());
    desk.lint(&["p.json", "--fix"]);
    assert_eq!(
        desk.read("p.json"),
        windows.trim_end().replace(", \"a\"]", "]")
    );
    desk.write("p.json", OPEN).write(
        "mcplint.toml",
        "[[ignore]]\nrule = \"duplicate-hide\"\nreason = \"generated\"\n",
    );
    desk.lint(&["p.json", "--fix"]).says("0 fixes");
    assert_eq!(desk.read("p.json"), OPEN);
    desk.write("mcplint.toml", "");
    desk.lint(&["p.json", "--fix=unsafe", "--min-severity", "error"]);
    let fixed = OPEN.replace("\"default\": \"allow\"", "\"default\": \"deny\"");
    assert_eq!(desk.read("p.json"), fixed, "only what is shown is fixed");
}

#[cfg(unix)]
#[test]
fn fixes_follow_links_and_keep_permissions() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let desk = Desk::new();
    let mode = |name: &str| {
        let data = fs::metadata(desk.path(name)).expect("the file is there");
        data.permissions().mode() & 0o777
    };
    fs::set_permissions(desk.path("p.json"), fs::Permissions::from_mode(0o640))
        .expect("it is ours");
    symlink("p.json", desk.path("link.json")).expect("a link");
    desk.lint(&["link.json", "--fix"]).says("1 fix was made");
    let link = fs::symlink_metadata(desk.path("link.json")).expect("the link is there");
    assert!(link.is_symlink());
    assert_eq!(desk.read("p.json"), OPEN.replace(", \"a\"]", "]"));
    assert_eq!(mode("p.json"), 0o640);
}
