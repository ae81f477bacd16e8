//! mcplint where others run it: the action's steps, the pre-commit hooks, editors, shells.
//!
//! The scripts of the action run with the variables that a runner sets. The real pre-commit and zizmor
//! are asked where they are installed.
#![cfg(unix)]
// Nobody else tells what was left out.
#![allow(clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use regex::Regex;
use tempfile::TempDir;

const CAREFUL: &str = r#"{
  "version": "1",
  "default": "deny",
  "all_tools": { "limits": [{ "counter": "calls", "window": "day", "max": 500, "scope": "grant" }] },
  "tools": {
    "list_issues": {}
  }
}
"#;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn open(policy: &str) -> String {
    policy.replace(r#""default": "deny""#, r#""default": "allow""#)
}

/// A git repository, and beside it the files that a runner hands to a step.
struct Repository {
    folder: TempDir,
    runner: TempDir,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Repository {
    fn new() -> Self {
        let folder = || TempDir::new().expect("a folder for the test");
        let repository = Self {
            folder: folder(),
            runner: folder(),
        };
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
        fs::write(path, content).expect("a file of the repository");
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let git = [
            ("GIT_AUTHOR_NAME", "test"),
            ("GIT_AUTHOR_EMAIL", "test@example.com"),
            ("GIT_COMMITTER_NAME", "test"),
            ("GIT_COMMITTER_EMAIL", "test@example.com"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
        ];
        command
            .current_dir(self.path())
            .envs(git)
            .env_remove("GITHUB_ACTIONS")
            .stdin(Stdio::null());
        command
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git").args(arguments).output();
        let ran = Ran::of(&output.expect("git runs"));
        assert_eq!(ran.code, Some(0), "git {arguments:?}: {}", ran.err);
        ran.out.trim().to_owned()
    }

    /// Commits everything and gives the commit's name.
    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--no-verify", "--message", "policies"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs a step of the action with these variables beside those that a runner sets.
    fn step(&self, script: &str, variables: &[(&str, &str)]) -> Ran {
        let mut command = self.command(root().join(".github/action").join(script));
        command
            .env("MCPLINT", env!("CARGO_BIN_EXE_mcplint"))
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_ACTION_PATH", root())
            .env("GITHUB_OUTPUT", self.runner_file("output"))
            .env("GITHUB_STEP_SUMMARY", self.runner_file("summary"))
            .env("RUNNER_TEMP", self.runner.path())
            .env("INPUT_STEP_SUMMARY", "true")
            .env("INPUT_CONFIG", "")
            .envs(variables.iter().copied());
        Ran::of(&command.output().expect("the step runs"))
    }

    fn lint(&self, variables: &[(&str, &str)]) -> Ran {
        let defaults = [
            ("INPUT_PATHS", ""),
            ("INPUT_TOOLS", ""),
            ("INPUT_MIN_SEVERITY", "note"),
            ("INPUT_FAIL_LEVEL", ""),
            ("INPUT_ANNOTATE", "true"),
            ("INPUT_SARIF_FILE", "mcplint.sarif"),
        ];
        self.step("lint.sh", &[&defaults, variables].concat())
    }

    fn replay(&self, base: &str, traces: &str) -> Ran {
        self.replay_with(base, traces, &[])
    }

    fn replay_with(&self, base: &str, traces: &str, variables: &[(&str, &str)]) -> Ran {
        let defaults = [
            ("INPUT_TRACES", traces),
            ("INPUT_POLICIES", ""),
            ("INPUT_BASE", ""),
            ("DEFAULT_BASE", base),
        ];
        self.step("replay.sh", &[&defaults, variables].concat())
    }

    fn runner_file(&self, name: &str) -> PathBuf {
        self.runner.path().join(name)
    }

    /// What steps wrote to the outputs, or to the summary.
    fn runner_text(&self, name: &str) -> String {
        fs::read_to_string(self.runner_file(name)).unwrap_or_default()
    }
}

/// A program of the PATH, if it is there. Otherwise it is said that a test is left out.
fn installed(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        eprintln!("left out: {program} is not installed");
    }
    found
}

fn ten_policies() -> Repository {
    let repository = Repository::new();
    for number in 0..8 {
        repository.write(&format!("policies/{number}.json"), CAREFUL);
    }
    repository.write("policies/open.json", &open(CAREFUL));
    repository.write("policies/broken.json", "{\"version\": \"1\",\n");
    repository.write("package.json", "{\"name\":\"no policy\"}");
    repository
}

#[test]
fn the_action_reports_in_three_ways_and_fails_only_at_the_end() {
    let repository = ten_policies();
    let ran = repository.lint(&[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.contains("::error file=policies/open.json,line=3"),
        "{ran:?}"
    );
    assert!(
        ran.out.contains("::error file=policies/broken.json"),
        "{ran:?}"
    );
    let outputs = repository.runner_text("output");
    assert_eq!(
        outputs,
        "exit-code=1\nfindings=2\nsarif-file=mcplint.sarif\n"
    );
    let sarif = fs::read_to_string(repository.path().join("mcplint.sarif")).expect("it is written");
    let sarif: serde_json::Value = serde_json::from_str(&sarif).expect("SARIF is JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 2);
    let summary = repository.runner_text("summary");
    assert!(summary.contains("default-allow"), "{summary}");
    assert!(summary.contains("syntax-error"), "{summary}");
    let verdict = [
        ("EXIT_CODE", "1"),
        ("CHANGED", ""),
        ("INPUT_FAIL_ON_CHANGE", "false"),
    ];
    assert_eq!(repository.step("verdict.sh", &verdict).code, Some(1));
}

#[test]
fn the_action_takes_paths_tool_lists_and_levels() {
    let repository = ten_policies();
    repository.write("lists/a list.json", r#"{"tools":[{"name":"list_issues","inputSchema":{"type":"object"}},{"name":"get_issue","inputSchema":{"type":"object"}}]}"#);
    let ran = repository.lint(&[
        ("INPUT_PATHS", "policies/0.json\n\n  policies/1.json  "),
        ("INPUT_TOOLS", "lists/a list.json"),
        ("INPUT_FAIL_LEVEL", "note"),
        ("INPUT_SARIF_FILE", "out.sarif"),
        ("INPUT_STEP_SUMMARY", "false"),
        ("INPUT_ANNOTATE", "false"),
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("note[uncovered-tool]"), "{ran:?}");
    assert!(!ran.out.contains("::"), "{ran:?}");
    assert_eq!(
        repository.runner_text("output"),
        "exit-code=1\nfindings=2\nsarif-file=out.sarif\n"
    );
    assert_eq!(repository.runner_text("summary"), "");
}

#[test]
fn the_action_refuses_words_it_does_not_know() {
    let repository = ten_policies();
    for (input, value) in [
        ("INPUT_FAIL_LEVEL", "eror"),
        ("INPUT_MIN_SEVERITY", ""),
        ("INPUT_ANNOTATE", "yes"),
        ("INPUT_STEP_SUMMARY", "$(touch pwned)"),
        ("INPUT_SARIF_FILE", "policies/0.json"),
        ("INPUT_SARIF_FILE", "exit-code=0\n.sarif"),
    ] {
        let ran = repository.lint(&[(input, value)]);
        assert_eq!(ran.code, Some(2), "{input}: {ran:?}");
        assert!(
            ran.out.starts_with("::error title=mcplint::the input `"),
            "{ran:?}"
        );
    }
    assert!(!repository.path().join("pwned").exists());
    assert_eq!(repository.runner_text("output"), "");
}

#[test]
fn a_trouble_is_an_exit_code_too() {
    let repository = ten_policies();
    repository.write("mcplint.sarif", "of an earlier run");
    let ran = repository.lint(&[("INPUT_CONFIG", "nowhere.toml")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("nowhere.toml"), "{ran:?}");
    assert_eq!(
        repository.runner_text("output"),
        "exit-code=2\nfindings=0\n"
    );
}

#[test]
fn the_action_takes_the_binary_that_it_is_given() {
    let repository = Repository::new();
    let ran = repository.step(
        "build.sh",
        &[("INPUT_BINARY", env!("CARGO_BIN_EXE_mcplint"))],
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let outputs = repository.runner_text("output");
    assert_eq!(
        outputs,
        format!("binary={}\n", env!("CARGO_BIN_EXE_mcplint"))
    );
    let ran = repository.step("build.sh", &[("INPUT_BINARY", "no-such-program")]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.out.starts_with("::error "), "{ran:?}");
}

#[test]
fn a_changed_policy_is_replayed_against_the_one_before() {
    let repository = Repository::new();
    repository.write("policies/github.json", CAREFUL);
    repository.write(
        "traces/week.jsonl",
        concat!(
            "{\"ts\":\"2026-03-02T08:00:00Z\",\"grant\":\"a\",\"tool\":\"list_issues\"}\n",
            "{\"ts\":\"2026-03-02T08:00:01Z\",\"grant\":\"a\",\"tool\":\"create_issue\"}\n",
        ),
    );
    let base = repository.commit();

    let ran = repository.replay(&base, "traces/week.jsonl");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(repository.runner_text("output"), "changed=false\n");

    repository.write("policies/github.json", &open(CAREFUL));
    let ran = repository.replay(&base, "traces/week.jsonl\n");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("create_issue"), "{ran:?}");
    assert!(ran.out.contains("::warning title=mcplint::"), "{ran:?}");
    assert!(repository.runner_text("output").ends_with("changed=true\n"));
    let summary = repository.runner_text("summary");
    assert!(summary.contains("deny -> allow"), "{summary}");
    assert!(summary.contains("create_issue"), "{summary}");

    // The base can be named, in any way that git knows.
    let named = [("INPUT_BASE", "main")];
    let ran = repository.replay_with("", "traces/week.jsonl", &named);
    assert!(ran.out.contains("Changed by this commit"), "{ran:?}");
    assert_eq!(repository.git(&["worktree", "list"]).lines().count(), 1);

    let verdict = |fail| {
        let variables = [
            ("EXIT_CODE", "0"),
            ("CHANGED", "true"),
            ("INPUT_FAIL_ON_CHANGE", fail),
        ];
        repository.step("verdict.sh", &variables).code
    };
    assert_eq!(verdict("false"), Some(0));
    assert_eq!(verdict("true"), Some(1));
    assert_eq!(verdict("maybe"), Some(2));
}

#[test]
fn without_a_base_nothing_is_replayed_and_nothing_fails() {
    let repository = Repository::new();
    repository.write("policies/github.json", CAREFUL);
    repository.write("t.jsonl", "{\"tool\":\"list_issues\"}\n");
    repository.commit();
    let zeros = "0".repeat(40);
    let unknown = "1".repeat(40);
    for base in ["", &zeros, &unknown, "--upload-pack=touch pwned", "HEAD"] {
        let ran = repository.replay(base, "t.jsonl");
        assert_eq!(ran.code, Some(0), "{base}: {ran:?}");
        assert!(ran.out.starts_with("::notice "), "{base}: {ran:?}");
    }
    assert!(!repository.path().join("pwned").exists());
    let head = repository.git(&["rev-parse", "HEAD"]);
    repository.write("broken.jsonl", "{\"tool\":\n");
    for (traces, variable) in [
        ("t.jsonl", ("INPUT_BASE", "nowhere")),
        ("t.jsonl", ("INPUT_CONFIG", "/etc/mcplint.toml")),
        ("t.jsonl", ("INPUT_POLICIES", "a=b.json\n x=/p.json")),
        (" \n", ("INPUT_POLICIES", "")),
        ("broken.jsonl", ("INPUT_POLICIES", "")),
    ] {
        let ran = repository.replay_with(&head, traces, &[variable]);
        assert_eq!(ran.code, Some(2), "{variable:?} {ran:?}");
        assert!(ran.out.contains("::error title=mcplint::"), "{ran:?}");
    }
    let ran = repository.replay(
        &repository.git(&["rev-parse", "HEAD"]),
        "no\u{1b}[31m.jsonl",
    );
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(!ran.out.contains('\u{1b}'), "{ran:?}");
}

/// Writes the configuration of pre-commit, with hooks of the checkout that is tested.
fn with_hooks(repository: &Repository, hooks: &[&str]) {
    let known = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).expect("there are hooks");
    let mut config = String::from("repos:\n- repo: local\n  hooks:\n");
    for hook in hooks {
        // The definition of the hook, with the binary under test instead of one that is built.
        let start = known
            .find(&format!("- id: {hook}\n"))
            .expect("the hook is there");
        let text = &known[start..];
        let end = text.find("\n\n").unwrap_or(text.len());
        let binary = env!("CARGO_BIN_EXE_mcplint");
        for line in text[..end]
            .replace("entry: mcplint", &format!("entry: {binary}"))
            .lines()
        {
            let line = line.replace("language: rust", "language: system");
            config.push_str(&format!("  {line}\n"));
        }
    }
    repository.write(".pre-commit-config.yaml", &config);
}

fn pre_commit(repository: &Repository) -> Ran {
    let mut command = repository.command("git");
    command
        .args(["commit", "--message", "a change"])
        .env("PRE_COMMIT_HOME", repository.runner_file("pre-commit"));
    Ran::of(&command.output().expect("git runs"))
}

#[test]
fn a_commit_is_stopped_fixed_and_let_through() {
    if !installed("pre-commit") {
        return;
    }
    let repository = Repository::new();
    with_hooks(&repository, &["mcplint-policy-fix", "mcplint-policy"]);
    let mut install = repository.command("pre-commit");
    let installed = install.arg("install").output().expect("pre-commit runs");
    assert!(installed.status.success(), "{installed:?}");

    repository.write("package.json", "{\"name\":\"no policy\"}");
    repository.write("config/app.yaml", "default: allow\nname: no policy\n");
    repository.write("gateway.json", &open(CAREFUL));
    repository.git(&["add", "--all"]);
    let stopped = pre_commit(&repository);
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    let said = stopped.out + &stopped.err;
    assert!(said.contains("error[default-allow]"), "{said}");
    assert!(said.contains("gateway.json:3:14"), "{said}");
    assert!(!said.contains("package.json"), "{said}");

    // A tool that is hidden twice is put right by the hook, which stops the commit to show it.
    let hidden_twice = CAREFUL.replace(
        "  \"tools\"",
        "  \"hide\": [\"delete_issue\", \"delete_issue\"],\n  \"tools\"",
    );
    repository.write("gateway.json", &hidden_twice);
    repository.git(&["add", "--all"]);
    let fixed = pre_commit(&repository);
    assert_eq!(fixed.code, Some(1), "{fixed:?}");
    let policy = fs::read_to_string(repository.path().join("gateway.json")).expect("it is there");
    assert!(policy.contains("\"hide\": [\"delete_issue\"],"), "{policy}");

    repository.git(&["add", "--all"]);
    let passed = pre_commit(&repository);
    assert_eq!(passed.code, Some(0), "{passed:?}");
}

#[test]
fn workflows_and_the_action_are_safe_to_run() {
    if !installed("zizmor") {
        return;
    }
    let output = Command::new("zizmor")
        .args(["--offline", "--no-progress"])
        .arg(root().join(".github/workflows"))
        .arg(root().join("action.yml"))
        .output()
        .expect("zizmor runs");
    assert!(output.status.success(), "{:?}", Ran::of(&output));
}

#[test]
fn no_step_of_the_action_has_an_expression_in_its_script() {
    let action = fs::read_to_string(root().join("action.yml")).expect("there is an action");
    for line in action
        .lines()
        .filter(|line| line.trim_start().starts_with("run:"))
    {
        assert!(!line.contains("${{"), "{line}");
    }
}

#[test]
fn every_input_of_the_action_is_documented_with_its_default() {
    let action = fs::read_to_string(root().join("action.yml")).expect("there is an action");
    let docs = fs::read_to_string(root().join("docs/pipeline.md")).expect("there are docs");
    let inputs = action
        .split("\noutputs:")
        .next()
        .expect("inputs come first");
    let input =
        Regex::new(r#"(?m)^  ([a-z-]+):\n    description: .*\n    default: "?([^"\n]*)"?$"#)
            .expect("a pattern");
    let mut count = 0;
    for found in input.captures_iter(inputs) {
        count += 1;
        let default = match &found[2] {
            "" => "|".to_owned(),
            text => format!("`{text}` |"),
        };
        let row = format!("| `{}` | {default}", &found[1]);
        assert!(docs.contains(&row), "docs/pipeline.md has no row `{row}`");
    }
    assert_eq!(count, 13);
}

#[test]
fn the_problem_matcher_finds_each_finding() {
    let matcher =
        fs::read_to_string(root().join("docs/problem-matcher.json")).expect("it is there");
    let matcher: serde_json::Value = serde_json::from_str(&matcher).expect("it is JSON");
    let patterns = matcher["problemMatcher"][0]["pattern"]
        .as_array()
        .expect("patterns");
    let patterns: Vec<Regex> = patterns
        .iter()
        .map(|pattern| Regex::new(pattern["regexp"].as_str().expect("a text")).expect("a pattern"))
        .collect();
    let output = Command::new(env!("CARGO_BIN_EXE_mcplint"))
        .args([
            "lint",
            "--color",
            "never",
            "--no-config",
            "fixtures/quickstart",
        ])
        .current_dir(root())
        .env("COLUMNS", "10000")
        .env_remove("GITHUB_ACTIONS")
        .output()
        .expect("mcplint runs");
    let text = String::from_utf8(output.stdout).expect("output is UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    let matched = lines
        .windows(3)
        .filter(|window| {
            patterns
                .iter()
                .zip(*window)
                .all(|(pattern, line)| pattern.is_match(line))
        })
        .count();
    let findings = lines
        .iter()
        .filter(|line| patterns[0].is_match(line))
        .count();
    assert!(findings > 10, "{text}");
    assert_eq!(matched, findings, "{text}");
}

#[test]
fn shells_and_the_manual_know_every_command() {
    let mcplint = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_mcplint"))
            .args(arguments)
            .output();
        let ran = Ran::of(&output.expect("mcplint runs"));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran.out
    };
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = mcplint(&["completions", shell]);
        for word in ["simulate", "classify", "min-severity"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    let folder = TempDir::new().expect("a folder for the test");
    mcplint(&["man", folder.path().to_str().expect("a plain path")]);
    let page =
        |name: &str| fs::read_to_string(folder.path().join(name)).expect("the page is there");
    assert!(page("mcplint-trace-convert.1").contains("\\-\\-redact"));
    assert!(page("mcplint-simulate.1").contains("\\-\\-fail\\-on"));
    assert_eq!(page("mcplint.1"), mcplint(&["man"]));
}
