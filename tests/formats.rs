//! Every format of findings and of replays, read back by that format's own parser: with hostile names
//! in policies, traces and paths, and with what only some formats tell.

#[path = "support/command.rs"]
mod command;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use command::{Desk, Run};
use pulldown_cmark::{Event, Options, Parser};
use serde_json::Value;

/// What no output may hold as it is: terminal escapes, marks that reverse a line, and the like.
const NEVER: [&str; 7] = [
    "\u{1b}", "\0", "\u{7}", "\u{202e}", "\u{200f}", "##[", "##vso[",
];
const FINDING_FORMATS: [&str; 6] = ["text", "json", "sarif", "github", "junit", "markdown"];
const REPLAY_FORMATS: [&str; 7] = ["text", "json", "jsonl", "csv", "markdown", "html", "github"];

fn fixture(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("fixtures/formats").join(name)
}

impl Desk {
    /// A folder that is the root of a repository.
    fn new() -> Self {
        let desk = Self::empty();
        fs::create_dir(desk.path(".git")).expect("a folder");
        desk
    }

    /// Copies a fixture here.
    fn take(&self, fixture_name: &str, name: &str) -> &Self {
        let text = fs::read_to_string(fixture(fixture_name)).expect("the fixture is there");
        self.write(name, &text)
    }

    fn sarif(&self, arguments: &[&str]) -> Value {
        let run = self.run(&[arguments, &["--format", "sarif"]].concat());
        let log: Value = serde_json::from_str(&run.out).expect("SARIF is JSON");
        valid_sarif(&log);
        log["runs"][0].clone()
    }
}

fn valid_sarif(log: &Value) {
    let schema = include_str!("support/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    // The standard's pattern for languages, which mcplint does not write, has a bracket too many.
    for definition in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][definition]["properties"]["language"];
        let language = language.as_object_mut().expect("the schema has it");
        language.remove("pattern").expect("the schema has it");
    }
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let errors: Vec<_> = validator.iter_errors(log).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// A command in a log: its name, its properties and its message.
type Commanded = (String, Vec<(String, String)>, String);

/// Parses a line of a log as GitHub's runner does.
fn workflow_command(line: &str) -> Option<Commanded> {
    let rest = line.trim_start().strip_prefix("::")?;
    let (command, message) = rest.split_once("::")?;
    let (name, properties) = command.split_once(' ').unwrap_or((command, ""));
    let unescape = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n");
        let text = text.replace("%3A", ":").replace("%2C", ",");
        text.replace("%25", "%")
    };
    let properties = properties.split(',').filter_map(|p| p.split_once('='));
    let properties = properties.map(|(key, value)| (key.to_owned(), unescape(value)));
    Some((name.to_owned(), properties.collect(), unescape(message)))
}

/// The lines of a log are ours, or nothing that the runner obeys. Gives the commands.
fn check_github(out: &str) -> Vec<Commanded> {
    let known = ["file", "line", "endLine", "col", "endColumn", "title"];
    let mut commands = Vec::new();
    for line in out
        .lines()
        .filter(|line| line.trim_start().starts_with("::"))
    {
        let (name, properties, message) = workflow_command(line).expect("it is a command");
        assert!(
            ["error", "warning", "notice"].contains(&name.as_str()),
            "{line}"
        );
        for (key, _) in &properties {
            assert!(known.contains(&key.as_str()), "{line}");
        }
        let title = properties.iter().find(|(key, _)| key == "title");
        assert!(
            title.is_some_and(|(_, title)| title.starts_with("mcplint")),
            "{line}"
        );
        commands.push((name, properties, message));
    }
    for kind in ["error", "warning", "notice"] {
        let of_kind = commands.iter().filter(|(name, ..)| name == kind).count();
        assert!(of_kind <= 10, "{of_kind} of {kind}");
    }
    commands
}

fn check_junit(out: &str) {
    let document = roxmltree::Document::parse(out).expect("JUnit is XML");
    let cases: Vec<_> = document
        .descendants()
        .filter(|n| n.has_tag_name("testcase"))
        .collect();
    let failures = cases.iter().flat_map(|case| case.children());
    let failures = failures.filter(|n| n.has_tag_name("failure"));
    for failure in failures.clone() {
        assert!(failure.attribute("type").is_some() && failure.attribute("message").is_some());
    }
    let root = document.root_element();
    assert_eq!(
        root.attribute("tests"),
        Some(cases.len().to_string().as_str())
    );
    assert_eq!(
        root.attribute("failures"),
        Some(failures.count().to_string().as_str())
    );
}

/// Nothing in the document is HTML but ours, a link or an image; tables have as many cells in a row
/// as they have columns.
fn check_markdown(out: &str) {
    for event in Parser::new_ext(out, Options::ENABLE_TABLES | Options::ENABLE_MATH) {
        match event {
            Event::InlineHtml(tag) => {
                assert!(["<br>", "<code>", "</code>"].contains(&&*tag), "{tag}");
            }
            Event::Html(html) => panic!("{html}"),
            Event::InlineMath(text) | Event::DisplayMath(text) => panic!("{text}"),
            Event::Start(tag) => {
                use pulldown_cmark::Tag;
                let wrong = matches!(
                    tag,
                    Tag::Link { .. } | Tag::Image { .. } | Tag::Emphasis | Tag::Strong
                );
                assert!(!wrong, "{tag:?}");
            }
            _ => {}
        }
    }
    for forbidden in ["<script", "<img", "<!--"] {
        assert!(!out.contains(forbidden), "{forbidden}");
    }
    let mut columns = None;
    for line in out.lines() {
        let bars = line.matches('|').count();
        if !line.starts_with('|') {
            assert_eq!(bars, 0, "{line}");
            columns = None;
        } else {
            assert_eq!(*columns.get_or_insert(bars), bars, "{line}");
        }
    }
    assert!(out.len() < 1024 * 1024);
}

/// Reads an output as what it is, and looks for what must not be in it.
/// No tag and no attribute but those of the page itself, and no script but its own.
fn check_html(out: &str) {
    const TAGS: [&str; 38] = [
        "body",
        "button",
        "code",
        "details",
        "div",
        "em",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "head",
        "header",
        "html",
        "i",
        "input",
        "li",
        "line",
        "main",
        "meta",
        "noscript",
        "p",
        "path",
        "script",
        "section",
        "span",
        "strong",
        "style",
        "summary",
        "svg",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ];
    let (before, rest) = out.split_once("<script>").expect("there is a script");
    let (_, after) = rest.split_once("</script>").expect("the script ends");
    let tag = regex::Regex::new(r"<([/!]?[a-zA-Z0-9]*)([^<>]*)>?").expect("a pattern");
    for found in tag.captures_iter(before).chain(tag.captures_iter(after)) {
        let name = found[1].trim_start_matches('/');
        let known = name == "a" || name == "!doctype" || TAGS.contains(&name);
        assert!(known, "{:?} is a tag", &found[0]);
        assert!(!found[2].contains(" on"), "{:?} runs a script", &found[0]);
    }
    assert_eq!(before.matches("<script").count(), 1, "the numbers");
    for address in before.split("href=\"").skip(1) {
        assert!(address.starts_with("#p"), "a link leaves the page");
    }
}

fn check(format: &str, out: &str) {
    for never in NEVER {
        assert!(!out.contains(never), "{format} holds {never:?}");
    }
    if format != "github" {
        let command = out.lines().find(|line| line.trim_start().starts_with("::"));
        assert_eq!(command, None, "{format}");
    }
    match format {
        "json" => drop(serde_json::from_str::<Value>(out).expect("it is JSON")),
        "jsonl" => {
            for line in out.lines() {
                serde_json::from_str::<Value>(line).expect("a line is JSON");
            }
        }
        "sarif" => valid_sarif(&serde_json::from_str(out).expect("SARIF is JSON")),
        "csv" => {
            for record in csv::Reader::from_reader(out.as_bytes()).records() {
                let record = record.expect("every row has all columns");
                assert!(!record.iter().any(|cell| cell.starts_with('=')));
            }
        }
        "github" => assert!(!check_github(out).is_empty()),
        "junit" => check_junit(out),
        "markdown" => check_markdown(out),
        "html" => check_html(out),
        _ => {}
    }
}

/// A name that is hostile to every format; what the file system takes of it.
fn hostile_name() -> &'static str {
    match cfg!(windows) {
        true => "%0A `a` [x](y),b.json",
        false => {
            "::error::x\u{1b}[1m %0A|`a` <script>[x](y),b:c\u{202e}]]>##[error]\n::warning::z.json"
        }
    }
}

#[test]
fn hostile_policies_pass_through_every_format() {
    let desk = Desk::new();
    let name = hostile_name();
    desk.take("hostile.json", name)
        .take("malformed.json", "malformed.json");
    desk.take("hostile.json", "plain.json");
    for command in ["lint", "validate"] {
        let mut codes = BTreeSet::new();
        for format in FINDING_FORMATS {
            let paths = [
                name,
                "malformed.json",
                "plain.json",
                "no such\u{1b}[1m|file",
            ];
            let run = desk.run(&[&[command, "--format", format], &paths[..]].concat());
            check(format, &run.out);
            check("text", &run.err);
            codes.insert(run.code);
        }
        assert_eq!(codes, BTreeSet::from([2]), "the format decides nothing");
    }
}

#[test]
fn hostile_traces_pass_through_every_format() {
    let desk = Desk::new();
    let name = hostile_name();
    let trace = name.replace(".json", ".jsonl");
    desk.take("hostile.json", name)
        .take("hostile.jsonl", &trace);
    for fail_on in [&[][..], &["--fail-on", "deny"]] {
        let mut codes = BTreeSet::new();
        for format in REPLAY_FORMATS {
            let arguments = [
                "simulate",
                "--show-args",
                "--format",
                format,
                "--policy",
                name,
            ];
            let run = desk.run(&[&arguments, fail_on, &[trace.as_str()]].concat());
            check(format, &run.out);
            check("text", &run.err);
            codes.insert(run.code);
        }
        assert_eq!(codes.len(), 1, "the format decides nothing");
    }
}

#[test]
fn a_clean_file_and_none_at_all_are_told_in_every_format() {
    let desk = Desk::new();
    desk.write(
        "p.json",
        r#"{"version":"1","default":"deny","tools":{"read":{}}}"#,
    );
    for format in FINDING_FORMATS {
        let run = desk.run(&["validate", "p.json", "--format", format]);
        assert_eq!(run.code, 0, "{}", run.err);
        if format != "github" {
            check(format, &run.out);
        }
        let run = desk.run(&["validate", "gone.json", "--format", format]);
        assert_eq!(run.code, 2);
        let told = run.out.contains("gone.json");
        assert_eq!(told, !["text", "json"].contains(&format), "{format}");
    }
    let junit = desk.run(&["validate", "p.json", "--format", "junit"]).out;
    assert!(
        junit.contains(r#"tests="1" skipped="0" failures="0" errors="0""#),
        "{junit}"
    );
}

#[test]
fn github_is_chosen_by_itself_in_actions_only() {
    let desk = Desk::new();
    desk.write("p.json", r#"{"version":"1"#);
    desk.take("hostile.json", "h.json")
        .take("hostile.jsonl", "t.jsonl");
    let simulate = ["simulate", "--policy", "h.json", "t.jsonl"];
    for arguments in [&["lint", "p.json"][..], &["validate", "p.json"], &simulate] {
        let is_github = |run: Run| run.out.starts_with("::");
        let run = |value: &str, more: &[&str]| {
            let mut command = desk.command(&[arguments, more].concat());
            is_github(Run::of(
                command
                    .env("GITHUB_ACTIONS", value)
                    .output()
                    .expect("mcplint runs"),
            ))
        };
        assert!(run("true", &[]));
        assert!(!run("true", &["--format", "text"]));
        assert!(!run("false", &[]));
        assert!(!is_github(desk.run(arguments)));
    }
}

#[test]
fn annotations_are_bounded_and_the_worst_come_first() {
    let desk = Desk::new();
    desk.take("hostile.json", "policies/p.json");
    let all = desk
        .run(&["lint", "policies/p.json", "--format", "json"])
        .out;
    let all: Value = serde_json::from_str(&all).expect("it is JSON");
    let all = all["findings"]
        .as_array()
        .expect("findings are a list")
        .len();
    // From below the root, names are those that GitHub knows all the same.
    let mut command = desk.command(&["lint", "p.json", "--format", "github"]);
    let out = Run::of(
        command
            .current_dir(desk.path("policies"))
            .output()
            .expect("mcplint runs"),
    )
    .out;
    let commands = check_github(&out);
    let kinds: Vec<_> = commands.iter().map(|(name, ..)| name.as_str()).collect();
    let mut sorted = kinds.clone();
    sorted.sort_by_key(|kind| {
        ["error", "warning", "notice"]
            .iter()
            .position(|k| k == kind)
    });
    assert_eq!(kinds, sorted);
    assert!(kinds.len() > 10);
    let more = format!("and {} more, which", all - kinds.len());
    assert!(out.contains(&more), "{out}");
    for (_, properties, _) in &commands {
        assert_eq!(
            properties[0],
            ("file".to_owned(), "policies/p.json".to_owned())
        );
    }
}

#[test]
fn sarif_lists_the_rules_that_ran_with_what_code_scanning_asks() {
    let desk = Desk::new();
    desk.take("ignored.yaml", "p.yaml");
    let run = desk.sarif(&["lint", "p.yaml", "--skip-rule", "star-tool"]);
    let rules = run["tool"]["driver"]["rules"]
        .as_array()
        .expect("rules are a list");
    assert_eq!(rules.len(), mcplint::rules::ALL.len() - 1);
    for rule in rules {
        let id = rule["id"].as_str().expect("a rule has an id");
        let name = rule["name"].as_str().expect("a rule has a name");
        assert_eq!(name.to_lowercase(), id.replace('-', ""));
        assert!(
            rule["help"]["markdown"]
                .as_str()
                .is_some_and(|page| page.starts_with("# "))
        );
        assert!(
            rule["fullDescription"]["text"]
                .as_str()
                .is_some_and(|text| text.len() > 20)
        );
        let properties = &rule["properties"];
        let tags = properties["tags"].as_array().expect("tags are a list");
        let score = properties["security-severity"].as_str();
        assert_eq!(score.is_some(), tags.contains(&"security".into()), "{id}");
        let score: Option<f64> = score.map(|score| score.parse().expect("it is a number"));
        assert!(
            score.is_none_or(|score| score > 0.0 && score <= 10.0),
            "{id}"
        );
    }
    let validated = desk.sarif(&["validate", "p.yaml"]);
    let rules = validated["tool"]["driver"]["rules"].as_array();
    assert!(rules.is_some_and(|rules| rules.iter().all(|r| r["id"] != "default-allow")));
}

#[test]
fn sarif_points_at_rules_files_places_and_fixes() {
    let desk = Desk::new();
    desk.write(
        "policies/a b#é.json",
        "{\"version\":\"1\",\"default\":\"deny\",\n \"hide\":[\"né\",\"né\"],\"tools\":{}}",
    );
    let run = desk.sarif(&["lint", "policies/a b#é.json"]);
    let results = run["results"].as_array().expect("results are a list");
    let duplicate = results.iter().find(|r| r["ruleId"] == "duplicate-hide");
    let duplicate = duplicate.expect("the second name is found");
    let index = duplicate["ruleIndex"].as_u64().expect("there is an index");
    let index = usize::try_from(index).expect("it is small");
    assert_eq!(
        run["tool"]["driver"]["rules"][index]["id"],
        "duplicate-hide"
    );
    let place = &duplicate["locations"][0];
    let file = &place["physicalLocation"]["artifactLocation"];
    assert_eq!(file["uri"], "policies/a%20b%23%C3%A9.json");
    assert_eq!(file["uriBaseId"], "%SRCROOT%");
    let region = &place["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 2);
    assert_eq!(
        (&region["startColumn"], &region["endColumn"]),
        (&15.into(), &19.into())
    );
    assert_eq!(
        (&region["byteOffset"], &region["byteLength"]),
        (&48.into(), &5.into())
    );
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(
        place["logicalLocations"][0]["fullyQualifiedName"],
        "/hide/1"
    );
    assert!(duplicate["relatedLocations"].is_array() && duplicate["fixes"].is_array());
    assert_eq!(duplicate["suppressions"], Value::Array(Vec::new()));
}

#[test]
fn fingerprints_survive_moved_lines_and_tell_findings_apart() {
    let desk = Desk::new();
    desk.take("hostile.json", "p.json");
    let prints = |run: &Value| -> Vec<String> {
        let results = run["results"]
            .as_array()
            .expect("results are a list")
            .iter();
        results
            .map(|r| r["partialFingerprints"]["mcplintFindingIdentity/v1"].to_string())
            .collect()
    };
    let before = prints(&desk.sarif(&["lint", "p.json"]));
    let text = fs::read_to_string(desk.path("p.json")).expect("it is there");
    desk.write(
        "p.json",
        text.replacen('{', "\n\n\n{\n", 1).replace("\n ", "\n    "),
    );
    assert_eq!(prints(&desk.sarif(&["lint", "p.json"])), before);
    let different: BTreeSet<_> = before.iter().collect();
    assert_eq!(different.len(), before.len());
}

#[test]
fn ignored_findings_are_marked_and_not_dropped() {
    let desk = Desk::new();
    desk.take("ignored.yaml", "p.yaml");
    desk.write(
        "mcplint.toml",
        "[[ignore]]\nrule = \"execute-without-limit\"\npath = \"p.yaml\"\nreason = \"no [x](y)\"\n",
    );
    let all = desk.sarif(&["lint", "p.yaml"]);
    let results = all["results"].as_array().expect("results are a list");
    let suppressions = |rule: &str| {
        let result = results.iter().find(|result| result["ruleId"] == rule);
        result.expect("it is there")["suppressions"].clone()
    };
    let in_source = &suppressions("default-allow")[0];
    assert_eq!(in_source["kind"], "inSource");
    assert_eq!(in_source["justification"], "a sandbox | without secrets");
    let external = &suppressions("execute-without-limit")[0];
    assert_eq!(external["kind"], "external");
    assert_eq!(external["justification"], "no [x] (y)");
    let junit = desk.run(&["lint", "p.yaml", "--format", "junit"]).out;
    assert!(
        junit.contains("ignored: a sandbox | without secrets"),
        "{junit}"
    );

    desk.run(&["lint", "p.yaml", "--write-baseline", "known.json"]);
    let known = desk.sarif(&["lint", "p.yaml", "--baseline", "known.json"]);
    let known = known["results"].as_array().expect("results are a list");
    assert_eq!(known.len(), results.len());
    assert!(
        known
            .iter()
            .all(|r| r["suppressions"][0]["status"] == "accepted")
    );
}

#[test]
fn what_could_not_be_read_is_told_as_such() {
    let desk = Desk::new();
    desk.write("p.json", "{");
    let run = desk.sarif(&["lint", "p.json", "gone.json"]);
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let told = &invocation["toolExecutionNotifications"][0];
    let file = &told["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(file["uri"], "gone.json");
    assert_eq!(run["results"][0]["ruleId"], "syntax-error");
    let whole = desk.sarif(&["lint", "p.json"]);
    assert_eq!(whole["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn markdown_is_cut_before_it_is_too_long() {
    let desk = Desk::new();
    let hidden = vec!["\"x|\u{202e}<y>\""; 990].join(",");
    let policy = format!(r#"{{"version":"1","default":"deny","hide":[{hidden}],"tools":{{}}}}"#);
    desk.write("p.json", &policy).write("q.json", &policy);
    let out = desk
        .run(&["lint", "p.json", "q.json", "--format", "markdown"])
        .out;
    check("markdown", &out);
    let rows = out
        .lines()
        .filter(|line| line.starts_with("| ") && !line.contains("severity"));
    assert_eq!(rows.count(), 500);
    assert!(
        out.contains(" more, which have no room here"),
        "{}",
        &out[..200]
    );
}
