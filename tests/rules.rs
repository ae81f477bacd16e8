//! Every rule against its cases: `fixtures/rules/<id>/fires*.{json,yaml}` have to fire it,
//! `quiet*.{json,yaml}` must not, and what is said of each is kept beside it as `<case>.expected`.
//! A case may have a list of tools beside it, `<case>.tools.json`, and a configuration,
//! `<case>.toml`.
//!
//! `UPDATE_RULES=1 cargo test --test rules` writes the expected files anew; read them.

use std::fs;
use std::path::{Path, PathBuf};

use mcplint::catalog::Catalog;
use mcplint::config::Config;
use mcplint::edit;
use mcplint::finding::{Finding, Safety};
use mcplint::fix::{self, Judged};
use mcplint::lint::{Linted, Offer, Options, ToolList, lint, lint_tools};
use mcplint::render::findings::text;
use mcplint::render::{FileFindings, Report, Style};
use mcplint::rules::{self, Check, Rule};
use mcplint::source::Syntax;
use mcplint::source::file::SourceFile;
use mcplint::suppress::Ignores;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    let text = fs::read_to_string(path);
    text.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Files of a folder, sorted. None if there is no folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    paths.sort();
    paths
}

/// A policy, or a list of tools, and what goes with it.
struct Case {
    name: String,
    file: SourceFile,
    tools: Option<SourceFile>,
    options: Options,
    is_tool_list: bool,
}

impl Case {
    fn new(name: &str, file: SourceFile) -> Self {
        Self {
            name: name.to_owned(),
            file,
            tools: None,
            options: Options::default(),
            is_tool_list: false,
        }
    }

    /// The case in the file at `path`. Tool lists are `*.tools.json`.
    fn read(path: &Path) -> Self {
        let name = path.file_name().expect("it has a name").to_string_lossy();
        let syntax = match path.extension().and_then(|e| e.to_str()) {
            Some("json") => Syntax::Json,
            _ => Syntax::Yaml,
        };
        let mut case = Self::new(&name, SourceFile::new(name.as_ref(), read(path), syntax));
        case.is_tool_list = name.ends_with(".tools.json");
        let stem = path.with_extension("");
        let beside = stem.with_extension("tools.json");
        if beside != path && beside.exists() {
            case.tools = Some(SourceFile::new("tools.json", read(&beside), Syntax::Json));
        }
        let config = stem.with_extension("toml");
        if config.exists() {
            let config = Config::read(&config).expect("the configuration of the case is valid");
            case.options = Options {
                levels: config.levels(),
                ignores: Ignores {
                    configured: config.ignores(),
                    ..Ignores::default()
                },
                max_calls_per_day: config.settings.max_calls_per_day,
                risk: config.overrides,
                ..Options::default()
            };
        }
        case
    }

    fn lint(&self, file: &SourceFile) -> Linted {
        let mut catalog = Catalog::new();
        if self.is_tool_list {
            let findings = catalog.add(file);
            let list = ToolList {
                file,
                tools: catalog.tools().iter().collect(),
                options: &self.options,
            };
            return lint_tools(&list, findings);
        }
        let offer = self.tools.as_ref().map(|tools| {
            assert_eq!(
                catalog.add(tools),
                [],
                "{}: the tool list is fine",
                self.name
            );
            Offer {
                catalog: &catalog,
                server: None,
            }
        });
        lint(file, offer, &self.options)
    }

    fn findings(&self) -> Vec<Finding> {
        self.lint(&self.file).findings
    }

    /// The text after all fixes, and how many findings of `rule` with such a fix are left.
    fn fixed(&self, rule: &'static Rule, safety: Safety) -> (String, usize) {
        let judge = |file: &SourceFile| {
            let linted = self.lint(file);
            let mut findings = linted.findings;
            findings.retain(|finding| finding.rule == rule);
            Judged {
                findings,
                is_policy: linted.is_policy,
                form_errors: linted.form_errors,
            }
        };
        let fixed = fix::fix(&self.file, safety, judge);
        assert_eq!(fixed.refused, [], "{}: a fix breaks the policy", self.name);
        let again = SourceFile::new(
            self.file.name.as_str(),
            fixed.text.as_str(),
            self.file.syntax,
        );
        let left = judge(&again).findings.into_iter();
        let left = left.filter(|finding| {
            let fix = finding.fix.as_ref();
            fix.is_some_and(|fix| fix.safety == Safety::Safe || safety == Safety::Unsafe)
        });
        (fixed.text, left.count())
    }

    /// What is said of the case as text, and what its fixes make of it.
    fn expected(&self, rule: &'static Rule) -> String {
        let mut findings = self.findings();
        findings.retain(|finding| finding.rule == rule);
        let file = FileFindings {
            name: &self.file.name,
            text: &self.file.text,
            lines: &self.file.lines,
            findings: &findings,
        };
        let report = Report {
            files: &[file],
            files_checked: 1,
            ignored: 0,
        };
        let style = Style {
            color: false,
            width: 100,
        };
        let mut shown = Vec::new();
        text::write(&report, style, &mut shown).expect("a vector takes all");
        let mut shown = String::from_utf8(shown).expect("it is text");
        let (fixed, left) = self.fixed(rule, Safety::Unsafe);
        assert_eq!(left, 0, "{}: fixed findings are found again", self.name);
        if fixed != self.file.text {
            shown += "fixed:\n";
            shown += &fixed;
        }
        shown
    }
}

/// The cases of a rule, those that fire first.
fn cases(rule: &Rule) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let folder = root().join("fixtures/rules").join(rule.id);
    let of_kind = |kind: &str| {
        let mut paths = files(&folder);
        let is_list = matches!(rule.check, Check::Tools(_));
        paths.retain(|path| {
            let name = path.file_name().expect("it has a name").to_string_lossy();
            let is_case = name.ends_with(".json") || name.ends_with(".yaml");
            name.starts_with(kind) && is_case && name.ends_with(".tools.json") == is_list
        });
        paths
    };
    (of_kind("fires"), of_kind("quiet"))
}

#[test]
fn every_rule_fires_and_stays_quiet_on_its_cases() {
    let update = std::env::var_os("UPDATE_RULES").is_some();
    let mut wrong = Vec::new();
    for rule in rules::ALL
        .iter()
        .filter(|rule| !matches!(rule.check, Check::Form))
    {
        let (fires, quiet) = cases(rule);
        if fires.is_empty() || quiet.is_empty() {
            wrong.push(format!(
                "{0}: fixtures/rules/{0} needs a case `fires*` and a case `quiet*`",
                rule.id
            ));
        }
        for path in quiet {
            let case = Case::read(&path);
            for finding in case.findings() {
                if finding.rule == *rule {
                    wrong.push(format!(
                        "{}/{}: fires: {}",
                        rule.id, case.name, finding.message
                    ));
                }
            }
        }
        for path in fires {
            let case = Case::read(&path);
            let shown = case.expected(rule);
            if !shown.contains(&format!("[{}]", rule.id)) {
                wrong.push(format!("{}/{}: does not fire", rule.id, case.name));
            }
            let mut expected = path.into_os_string();
            expected.push(".expected");
            let expected = PathBuf::from(expected);
            if update {
                fs::write(&expected, &shown).expect("the expected text can be written");
            } else if fs::read_to_string(&expected).ok().as_ref() != Some(&shown) {
                wrong.push(format!("{}: now it is\n{shown}", expected.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n\nUPDATE_RULES=1 cargo test --test rules writes the expected files anew",
        wrong.join("\n")
    );
}

/// A rule that says that it needs no tools finds without them all that it ever does.
#[test]
fn rules_that_need_no_tools_find_no_more_with_them() {
    let found = |case: &Case| {
        let findings = case.findings().into_iter();
        let without_need = findings.filter(|finding| !finding.rule.needs_tools);
        let told = without_need.map(|found| (found.rule, found.pointer, found.message));
        told.collect::<Vec<_>>()
    };
    let unrelated = r#"{"tools": [{"name": "an_unrelated_tool"}]}"#;
    let lists = rules::ALL
        .iter()
        .filter(|r| matches!(r.check, Check::Tools(_)));
    assert!(lists.clone().all(|rule| rule.needs_tools));
    for rule in rules::ALL {
        let (fires, quiet) = cases(rule);
        for path in fires.iter().chain(&quiet) {
            let mut case = Case::read(path);
            let own = case.tools.take();
            if case.is_tool_list {
                continue;
            }
            let alone = found(&case);
            let other = SourceFile::new("tools.json", unrelated.to_owned(), Syntax::Json);
            for tools in own.into_iter().chain([other]) {
                case.tools = Some(tools);
                for more in found(&case) {
                    let name = &case.name;
                    assert!(alone.contains(&more), "{}/{name}: {more:?}", rule.id);
                }
            }
        }
    }
}

#[test]
fn fixtures_belong_to_rules() {
    for path in files(&root().join("fixtures/rules")) {
        let name = path.file_name().expect("it has a name").to_string_lossy();
        assert!(rules::find(&name).is_some(), "there is no rule {name}");
    }
}

/// The fenced blocks of a page: the info string and the text of each.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.push((info.to_owned(), text.join("\n") + "\n"));
    }
    blocks
}

#[test]
fn the_examples_of_the_pages_fire_and_are_put_right() {
    for rule in rules::ALL {
        let page = rule.doc;
        assert!(page.starts_with(&format!("# {}\n", rule.id)), "{}", rule.id);
        for heading in ["## Why it matters", "## Example", "## When to ignore it"] {
            assert!(page.contains(heading), "{} has no part {heading}", rule.id);
        }
        let blocks = blocks(page);
        let (lists, policies): (Vec<_>, Vec<_>) =
            blocks.iter().partition(|(info, _)| info == "json tools");
        // The page of a rule about lists of tools has no policies in it.
        let (examples, tools) = match policies.is_empty() {
            true => (lists, None),
            false => (policies, lists.first().map(|(_, text)| text.as_str())),
        };
        assert!(
            examples.len() >= 2,
            "{}: the page needs two examples",
            rule.id
        );
        for (nth, (info, text)) in examples.iter().enumerate().take(2) {
            let syntax = if info == "yaml" {
                Syntax::Yaml
            } else {
                Syntax::Json
            };
            let name = format!("{} example {}", rule.id, nth + 1);
            let mut case = Case::new(&name, SourceFile::new("example", text.as_str(), syntax));
            case.is_tool_list = info == "json tools";
            case.tools = tools.map(|tools| SourceFile::new("tools", tools, Syntax::Json));
            let fires = case.findings().iter().any(|finding| finding.rule == *rule);
            assert_eq!(fires, nth == 0, "{name}: {:#?}", case.findings());
        }
    }
}

#[test]
fn ids_are_unique_and_name_the_problem() {
    for (nth, rule) in rules::ALL.iter().enumerate() {
        let kebab = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(rule.id.chars().all(kebab), "{}", rule.id);
        assert!(
            !rules::ALL[..nth].contains(rule),
            "{} is there twice",
            rule.id
        );
        assert!(!rule.summary.ends_with('.'), "{}", rule.id);
        assert_eq!(rules::find(rule.id), Some(*rule));
    }
    assert_eq!(rules::nearest("defualt-allow"), Some("default-allow"));
}

/// Errors of form whose meaning is plain, and the same put right.
#[test]
fn errors_of_form_are_put_right() {
    let json = Syntax::Json;
    let yaml = Syntax::Yaml;
    for (safety, syntax, before, after) in [
        (
            Safety::Safe,
            json,
            r#"{"version": "1", "default": "Deny", "hide": "a", "tools": {"b": {"limits": [{"counter": "c", "window": "Minute", "max": "10", "scope": "GRANT"}]}}}"#,
            r#"{"version": "1", "default": "deny", "hide": ["a"], "tools": {"b": {"limits": [{"counter": "c", "window": "minute", "max": 10, "scope": "grant"}]}}}"#,
        ),
        (
            Safety::Safe,
            json,
            r#"{"version": "1", "default": "deny", "description": "x", "tools": {"b": {"rate_limit": {"max": 10, "window": 60}}}}"#,
            r#"{"version": "1", "default": "deny", "tools": {"b": {"limits": [{"counter": "b_rate", "window": "minute", "max": 10, "scope": "grant"}]}}}"#,
        ),
        (
            Safety::Safe,
            json,
            r#"{"version": "1", "default": "deny", "tools": {"b": {"action": "deny", "reason": "No."}, "c": {"action": "allow"}}}"#,
            r#"{"version": "1", "default": "deny", "tools": {"b": {"deny_if": [{"conditions": [], "on_deny": "No."}]}, "c": {}}}"#,
        ),
        (
            Safety::Unsafe,
            json,
            r#"{"tools": {"b": {"limits": [{"counter": "c", "window": "day", "max": 10}]}}}"#,
            r#"{"tools": {"b": {"limits": [{"counter": "c", "window": "day", "max": 10, "scope": "grant"}]}}, "version": "1", "default": "deny"}"#,
        ),
        (
            Safety::Unsafe,
            json,
            r#"{"version": "1", "defualt": "deny", "tools": {"b": {"limit": []}}}"#,
            r#"{"version": "1", "default": "deny", "tools": {"b": {"limits": []}}}"#,
        ),
        (
            Safety::Safe,
            yaml,
            "version: '1'\ndefault: 'Deny' # as it was\ntools:\n  b:\n    rules:\n      - name: x\n        conditions:\n          - {path: args.a, op: Eq, value: yes}\n          - {path: args.b, op: in, value: [12:30, 2024-01-02, 017]}\n",
            "version: '1'\ndefault: 'deny' # as it was\ntools:\n  b:\n    rules:\n      - name: x\n        conditions:\n          - {path: args.a, op: eq, value: \"yes\"}\n          - {path: args.b, op: in, value: [\"12:30\", \"2024-01-02\", 017]}\n",
        ),
        (
            Safety::Safe,
            yaml,
            "version: '1'\ntools:\n  b:\n    rate_limit: 5/hour\n  c:\n    rules: []\n",
            "version: '1'\ntools:\n  b:\n    rules: [{ name: rate of b, rate_limit: '5/hour' }]\n  c:\n    rules: []\n",
        ),
    ] {
        let file = SourceFile::new("policy", before, syntax);
        let options = Options::default();
        let judge = |file: &SourceFile| {
            let mut linted = lint(file, None, &options);
            linted
                .findings
                .retain(|found| matches!(found.rule.check, Check::Form));
            Judged {
                findings: linted.findings,
                is_policy: linted.is_policy,
                form_errors: linted.form_errors,
            }
        };
        let fixed = fix::fix(&file, safety, judge);
        assert_eq!(fixed.text, after);
        assert_eq!(fixed.refused, []);
    }
}

/// Careful policies, of which nothing is to be said.
#[test]
fn clean_policies_are_silent() {
    for path in files(&root().join("fixtures/policies/clean")) {
        let name = path.to_string_lossy().into_owned();
        if name.ends_with(".tools.json") {
            continue;
        }
        let case = Case::read(&path);
        let said: Vec<String> = case
            .findings()
            .iter()
            .map(|finding| {
                format!(
                    "{}: {} ({})",
                    finding.rule.id, finding.message, finding.pointer
                )
            })
            .collect();
        assert!(said.is_empty(), "{name}:\n{}", said.join("\n"));
    }
}

/// Policies with gaps: which rules find them, in order.
#[test]
fn gaps_of_risky_policies_are_found() {
    let of = |name: &str| {
        let case = Case::read(&root().join("fixtures/policies/risky").join(name));
        let findings = case.findings();
        let rules: Vec<String> = findings
            .iter()
            .map(|finding| {
                let at = case
                    .file
                    .lines
                    .position(&case.file.text, finding.span.start);
                format!("{}:{}", at.line, finding.rule.id)
            })
            .collect();
        rules
    };
    assert_eq!(
        of("left-open.json"),
        [
            "3:default-allow",
            "4:glob-as-name",
            "4:duplicate-hide",
            "5:no-overall-limit",
            "6:client-prefixed-name",
            "7:hidden-and-listed",
            "10:star-tool",
            "14:missing-on-deny",
        ]
    );
    assert_eq!(
        of("half-written.yaml"),
        [
            "2:default-allow",
            "4:glob-as-name",
            "5:no-overall-limit",
            "6:ignore-without-reason",
            "9:missing-on-deny",
        ]
    );
    assert_eq!(
        of("github-open.json"),
        [
            "5:toxic-combination",
            "12:shared-counter-name",
            "14:write-without-limit",
            "15:destructive-allowed",
        ]
    );
    assert_eq!(
        of("payments.json"),
        [
            "7:financial-allowed",
            "9:bypassable-deny",
            "20:unguarded-increment",
            "24:approval-in-name-only",
        ]
    );
    assert_eq!(
        of("shell.yaml"),
        [
            "11:denylist-of-commands",
            "14:burst-only-limit",
            "14:limit-too-loose",
            "16:execute-without-limit",
        ]
    );
    assert_eq!(
        of("http.json"),
        [
            "8:unanchored-regex",
            "8:unescaped-dot",
            "13:path-not-normalised",
            "18:bypassable-deny",
            "18:host-by-substring",
        ]
    );
    assert_eq!(
        of("counters.yaml"),
        [
            "9:fractional-limit",
            "12:write-without-limit",
            "16:counter-scope-mismatch",
            "19:write-without-limit",
            "25:limit-never-enforced",
        ]
    );
    assert_eq!(
        of("mailbox.yaml"),
        [
            "5:toxic-combination",
            "8:hidden-and-listed",
            "18:dominated-limit",
        ]
    );
}

/// A rule that has too much to say says how much it leaves out.
#[test]
fn what_is_left_out_is_counted() {
    let tools: Vec<String> = (0..1_500)
        .map(|n| format!("\"run_command_{n}\":{{}}"))
        .collect();
    let text = format!(
        r#"{{"version":"1","default":"deny","tools":{{{}}}}}"#,
        tools.join(",")
    );
    let case = Case::new("many", SourceFile::new("many", text, Syntax::Json));
    let mut findings = case.findings();
    findings.retain(|finding| finding.rule.id == "execute-without-limit");
    assert_eq!(findings.len(), 1_001);
    let last = &findings[1_000];
    assert!(
        last.message
            .starts_with("500 more findings of `execute-without-limit`"),
        "{}",
        last.message
    );
    assert_eq!(last.span.start, case.file.text.len());
}

#[test]
fn trees_are_values() {
    let text = r#"{"a":[1,-2.5,null,true,"x"],"b":{}}"#;
    let root = mcplint::source::json::parse(text).root.expect("it is JSON");
    assert_eq!(edit::value_of(&root).to_string(), text);
}

/// The configuration's schema and the configuration agree on what is valid.
#[test]
fn the_schema_of_the_configuration_is_true() {
    let schema: serde_json::Value =
        serde_json::from_str(mcplint::config::SCHEMA).expect("the schema is JSON");
    let schema = jsonschema::validator_for(&schema).expect("the schema is one");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mcplint.toml");
    for (text, valid) in [
        ("", true),
        (
            "fail-level = \"never\"\nmax-policy-bytes = 10\nbaseline = \"b.json\"\n",
            true,
        ),
        ("fail-level = \"off\"\n", false),
        ("max-policy-bytes = -1\n", false),
        (
            "[[policy]]\npath = \"a\"\nserver = \"s\"\ngrants = [\"g\"]\ntools = \"t\"\n",
            true,
        ),
        ("[[policy]]\nserver = \"s\"\n", false),
        ("[[policy]]\npath = \"a\"\ngrant = []\n", false),
        (
            "[rules]\nstar-tool = \"off\"\ndefault-allow = \"note\"\n",
            true,
        ),
        ("[rules]\nstar-tool = \"never\"\n", false),
        (
            "[[ignore]]\nrule = \"star-tool\"\npath = \"a\"\nat = \"\"\nreason = \"r\"\n",
            true,
        ),
        ("[[ignore]]\npath = \"a\"\n", false),
        ("[[ignore]]\nrule = \"star-tool\"\nwhy = \"r\"\n", false),
        (
            "[max-calls-per-day]\nread = 1\nwrite = 2\nexecute = 3\ndestructive = 4\nfinancial = 5\n",
            true,
        ),
        ("[max-calls-per-day]\nall = 1\n", false),
        ("[risk]\n\"send_*\" = \"write\"\n", true),
        ("[risk]\n\"send_*\" = \"mild\"\n", false),
        ("minimum = 1\n", false),
    ] {
        fs::write(&path, text).expect("it can be written");
        assert_eq!(Config::read(&path).is_ok(), valid, "read: {text}");
        let value: toml::Table = text.parse().expect("it is TOML");
        let value = serde_json::to_value(value).expect("it is JSON too");
        assert_eq!(schema.is_valid(&value), valid, "schema: {text}");
    }
}

/// Every key that the configuration knows is in its schema, and the other way round.
#[test]
fn the_schema_of_the_configuration_is_whole() {
    let schema: serde_json::Value =
        serde_json::from_str(mcplint::config::SCHEMA).expect("the schema is JSON");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mcplint.toml");
    for (before, pointer) in [
        ("", "/properties"),
        (
            "[[policy]]\npath = \"a\"\n",
            "/properties/policy/items/properties",
        ),
        (
            "[[ignore]]\nrule = \"star-tool\"\n",
            "/properties/ignore/items/properties",
        ),
        (
            "[max-calls-per-day]\n",
            "/properties/max-calls-per-day/properties",
        ),
    ] {
        fs::write(&path, format!("{before}xxxxxxxxxxxx = 1\n")).expect("it can be written");
        let Err(mcplint::config::ConfigError::Invalid(invalid)) = Config::read(&path) else {
            panic!("an unknown key is taken");
        };
        let help = invalid.mistakes[0].help.clone();
        let help = help.expect("the known keys are told");
        let mut known: Vec<&str> = help.trim_start_matches("one of ").split(", ").collect();
        let keys = schema.pointer(pointer).and_then(|keys| keys.as_object());
        let mut keys: Vec<&str> = keys
            .expect("it is there")
            .keys()
            .map(String::as_str)
            .collect();
        known.sort_unstable();
        keys.sort_unstable();
        assert_eq!(known, keys, "{pointer}");
    }
}
