//! Keeps README.md and docs/ true: the commands in them are run and have to print what they show.
//!
//! A fenced `console` block is a transcript: `$ ` starts a command, what follows is its output. Commands
//! of mcplint (`mcplint …`, `cargo run --release -- …`) and `echo $?` are run in the root of the
//! repository. A line `…` stands for any lines.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ANY_LINES: &str = "…";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// README.md and the files of docs/.
fn documents() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("docs")).expect("there is a folder docs");
    let mut paths: Vec<PathBuf> = folder
        .map(|entry| entry.expect("docs can be read").path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    paths.push(root().join("README.md"));
    paths.sort();
    paths
}

/// What a command printed, to both of its outputs in the order of printing, and how it exited.
struct Ran {
    printed: String,
    code: Option<i32>,
}

fn mcplint(arguments: &[String]) -> Ran {
    let mut output = tempfile::tempfile().expect("a temporary file can be made");
    let handle = |file: &File| Stdio::from(file.try_clone().expect("a file can be shared"));
    let status = Command::new(env!("CARGO_BIN_EXE_mcplint"))
        .args(arguments)
        .current_dir(root())
        .env_remove("COLUMNS")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("GITHUB_ACTIONS")
        .stdin(Stdio::null())
        .stdout(handle(&output))
        .stderr(handle(&output))
        .status()
        .expect("the binary runs");
    let mut printed = String::new();
    output
        .seek(SeekFrom::Start(0))
        .expect("a file can be rewound");
    output
        .read_to_string(&mut printed)
        .expect("mcplint prints UTF-8");
    // The documents write paths with slashes.
    let printed = if cfg!(windows) {
        printed.replace('\\', "/")
    } else {
        printed
    };
    Ran {
        printed,
        code: status.code(),
    }
}

/// The arguments of a command line: words, of which some are in quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None;
    let mut quote = None;
    for c in command.chars() {
        match quote {
            Some(mark) if c == mark => quote = None,
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_with(String::new);
            }
            None if c == ' ' => words.extend(word.take()),
            _ => word.get_or_insert_with(String::new).push(c),
        }
    }
    words.extend(word);
    words
}

/// Runs a command of a transcript; `last` is how the one before it exited. `None` if it is not ours.
fn run(command: &str, last: &mut Option<i32>) -> Option<String> {
    if command == "echo $?" {
        return Some(format!(
            "{}\n",
            last.expect("a command before it has exited")
        ));
    }
    let ours = ["mcplint ", "cargo run --release -- "];
    let arguments = ours.iter().find_map(|start| command.strip_prefix(start))?;
    let ran = mcplint(&words(arguments));
    *last = ran.code;
    Some(ran.printed)
}

/// Whether `printed` is `shown`, in which [`ANY_LINES`] stands for any lines.
fn matches(shown: &[&str], printed: &[&str]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((&ANY_LINES, rest)) => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        Some((line, rest)) => printed
            .split_first()
            .is_some_and(|(first, others)| first == line && matches(rest, others)),
    }
}

/// A document as it should be, and what is wrong with it.
#[derive(Default)]
struct Checked {
    text: String,
    commands: usize,
    wrong: String,
}

impl Checked {
    fn document(path: &Path) -> Self {
        let mut checked = Self::default();
        let text = read(path);
        let mut lines = text.lines().enumerate().peekable();
        let mut last = None;
        while let Some((_, line)) = lines.next() {
            checked.line(line);
            if line != "```console" {
                continue;
            }
            while let Some((number, line)) = lines.next_if(|(_, line)| *line != "```") {
                checked.line(line);
                let mut shown = Vec::new();
                while let Some((_, output)) =
                    lines.next_if(|(_, line)| !line.starts_with("$ ") && *line != "```")
                {
                    shown.push(output);
                }
                let command = line.strip_prefix("$ ").unwrap_or(line);
                let printed = run(command, &mut last);
                let place = format!("{}:{}: {command}", path.display(), number + 1);
                checked.transcript(&place, &shown, printed.as_deref());
            }
        }
        checked
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn transcript(&mut self, place: &str, shown: &[&str], printed: Option<&str>) {
        let same = printed.is_none_or(|printed| {
            let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
            let shown: Vec<&str> = shown.iter().map(|line| line.trim_end()).collect();
            matches(&shown, &printed)
        });
        self.commands += usize::from(printed.is_some());
        let keep = same || shown.contains(&ANY_LINES);
        for line in match printed {
            Some(printed) if !keep => printed.lines().map(str::trim_end).collect(),
            _ => shown.to_vec(),
        } {
            self.line(line);
        }
        if !same {
            let printed = printed.unwrap_or_default();
            writeln!(self.wrong, "{place}\nprinted:\n{printed}").expect("a string takes it");
        }
    }
}

/// The transcripts of the documents are what the commands print.
#[test]
fn commands_print_what_the_documents_show() {
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let mut wrong = String::new();
    let mut commands = 0;
    for path in documents() {
        let checked = Checked::document(&path);
        commands += checked.commands;
        wrong.push_str(&checked.wrong);
        if update {
            fs::write(&path, checked.text).expect("a document can be written");
        }
    }
    assert!(commands > 0, "the documents show no command");
    assert!(
        wrong.is_empty(),
        "{wrong}\nUPDATE_DOCS=1 cargo test --test docs writes what is printed into the blocks \
         without a line `{ANY_LINES}`"
    );
}

/// The exit codes of the README's table are those that mcplint has.
#[test]
fn exit_codes_are_as_documented() {
    let readme = read(&root().join("README.md"));
    let documented: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split_once(" | "))
        .map(|(code, _)| code.trim_matches('`'))
        .filter(|code| code.parse::<i32>().is_ok())
        .collect();
    assert_eq!(documented, ["0", "1", "2"]);
    let quickstart = "fixtures/quickstart";
    for (command, code) in [
        (format!("validate {quickstart}/policy.json"), 0),
        (
            format!("simulate --policy {quickstart}/policy.json {quickstart}/trace.jsonl"),
            0,
        ),
        (format!("validate {quickstart}/broken.json"), 1),
        (
            format!(
                "simulate --fail-on throttle --policy {quickstart}/policy.json {quickstart}/trace.jsonl"
            ),
            1,
        ),
        ("validate --no-such-option".to_owned(), 2),
        (format!("validate {quickstart}/no-such-file.json"), 2),
        (format!("validate --config {quickstart}/broken.json"), 2),
        (
            format!("simulate --policy {quickstart}/broken.json {quickstart}/trace.jsonl"),
            2,
        ),
    ] {
        let ran = mcplint(&words(&command));
        assert_eq!(ran.code, Some(code), "mcplint {command}\n{}", ran.printed);
    }
}

/// The long options in a text: `--fail-on` and the like.
fn options(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_lowercase() && c != '-')
        .filter(|word| {
            word.strip_prefix("--")
                .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))
        })
        .collect()
}

/// Every option that the documents speak of is one that `--help` knows.
#[test]
fn documented_options_exist() {
    let helps = [
        "validate",
        "lint",
        "simulate",
        "test",
        "trace convert",
        "classify",
        "explain",
        "schema",
    ]
    .map(|command| mcplint(&words(&format!("{command} --help"))).printed);
    // The script that measures has options of its own.
    let script = read(&root().join("benches/compare.py"));
    let texts = helps.iter().map(String::as_str).chain([script.as_str()]);
    let known: BTreeSet<&str> = texts.flat_map(options).collect();
    for path in documents() {
        let text = read(&path);
        // Cargo has options of its own.
        let ours: Vec<&str> = text
            .lines()
            .map(|line| {
                line.split_once("cargo run --release -- ")
                    .map_or(line, |(_, ours)| ours)
            })
            .filter(|line| !line.contains("cargo "))
            .collect();
        for option in ours.iter().flat_map(|line| options(line)) {
            assert!(
                known.contains(option),
                "{}: there is no option {option}",
                path.display()
            );
        }
    }
}

/// What docs/rules.md has behind its mark: every rule, in the order of the list.
fn index_of_rules() -> String {
    let mut index = "| rule | severity | finds |\n|---|---|---|\n".to_owned();
    for rule in mcplint::rules::ALL {
        let (id, page) = (rule.id, page(rule));
        writeln!(
            index,
            "| [`{id}`]({page}) | {} | {} |",
            rule.severity, rule.summary
        )
        .expect("a string takes it");
    }
    index
}

/// The page of a rule, from docs/.
fn page(rule: &mcplint::rules::Rule) -> String {
    let form = format!("../src/rules/form/{}.md", rule.id);
    let own = format!("../src/rules/{}.md", rule.id.replace('-', "_"));
    let link = if root().join("docs").join(&form).exists() {
        form
    } else {
        own
    };
    assert!(
        root().join("docs").join(&link).exists(),
        "{link} is not there"
    );
    link
}

/// docs/rules.md lists the rules that there are.
#[test]
fn the_index_of_rules_is_that_of_the_code() {
    const MARK: &str = "<!-- rules -->\n";
    let path = root().join("docs/rules.md");
    let text = read(&path);
    let (before, _) = text.split_once(MARK).expect("the index has its mark");
    let wanted = format!("{before}{MARK}{}", index_of_rules());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, wanted).expect("a document can be written");
        return;
    }
    assert_eq!(
        text, wanted,
        "UPDATE_DOCS=1 cargo test --test docs writes the index of docs/rules.md anew"
    );
}

/// The README's test command is the one that continuous integration runs.
#[test]
fn the_test_command_is_that_of_continuous_integration() {
    const COMMAND: &str = "cargo test --release";
    for file in ["README.md", ".ci/run", ".github/workflows/ci.yml"] {
        let text = read(&root().join(file));
        let named = text
            .lines()
            .any(|line| line.trim().trim_start_matches("run: ") == COMMAND);
        assert!(named, "{file} does not run `{COMMAND}`");
    }
}
