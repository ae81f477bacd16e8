//! The page of a replay: its size, and a browser's view of it where one is installed.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

const POLICY: &str = r#"{
  "version": "1",
  "default": "deny",
  "tools": {
    "</script><script>document.title='pwned'</script>": {},
    "pay": {
      "deny_if": [{ "conditions": [{ "path": "args.amount", "op": "gt", "value": 100 }], "on_deny": "Over the cap." }],
      "limits": [{ "counter": "pay_rate", "window": "minute", "max": 2, "scope": "grant" }]
    }
  }
}
"#;

/// Renders the page of `trace`, a text of native lines.
fn page(folder: &Path, trace: &str) -> String {
    fs::write(folder.join("p.json"), POLICY).expect("a policy");
    fs::write(folder.join("t.jsonl"), trace).expect("a trace");
    let status = Command::new(env!("CARGO_BIN_EXE_mcplint"))
        .args([
            "simulate", "--quiet", "--policy", "p.json", "--format", "html",
        ])
        .args(["-o", "page.html", "t.jsonl"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .status()
        .expect("mcplint runs");
    assert!(status.success());
    fs::read_to_string(folder.join("page.html")).expect("the page is UTF-8")
}

/// Calls of `tools` tools by as many sessions and grants, `every` seconds from each other.
fn calls(number: u32, tools: u32, every: u32) -> String {
    let mut trace = String::new();
    for nth in 0..number {
        let (ms, tool) = (u64::from(nth * every) * 1_000, nth % tools);
        let name = match tool {
            0 => "pay".to_owned(),
            1 => "</script><script>document.title='pwned'</script>".to_owned(),
            _ => format!("<img src=x onerror=alert({tool})> {}", "x".repeat(300)),
        };
        let _infallible = writeln!(
            trace,
            "{{\"ts\":{ms},\"session\":\"s{tool}\",\"grant\":\"g{tool}\",\"tool\":\"{name}\",\"args\":{{\"amount\":{nth}}}}}"
        );
    }
    trace
}

#[test]
fn a_page_stays_small_however_much_there_is_to_show() {
    let folder = TempDir::new().expect("a folder for the test");
    let few = page(folder.path(), &calls(100, 5, 1));
    let many = page(folder.path(), &calls(100_000, 20_000, 13));
    assert!(few.len() < 60_000, "{}", few.len());
    assert!(many.len() < 1_000_000, "{}", many.len());
    assert!(many.contains("… and 19,000 more tools"));
}

#[test]
fn a_browser_draws_the_timeline_and_runs_no_name() {
    let browsers = ["chromium", "chromium-browser", "google-chrome"];
    let installed = |name: &&&str| {
        let mut version = Command::new(name);
        let version = version
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    };
    let Some(browser) = browsers.iter().find(installed) else {
        return;
    };
    let folder = TempDir::new().expect("a folder for the test");
    page(folder.path(), &calls(300, 4, 2));
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(format!(
            "file://{}",
            folder.path().join("page.html").display()
        ))
        .stdin(Stdio::null())
        .output()
        .expect("the browser runs");
    let dom = String::from_utf8(output.stdout).expect("the page is UTF-8");
    let bars = dom.matches("<rect class=\"allow\"").count();
    assert!(bars > 50, "{bars} bars of allowed calls");
    assert!(
        dom.contains("<rect class=\"deny\""),
        "denied calls are drawn"
    );
    assert!(
        dom.contains("<button type=\"button\">Denied</button>"),
        "tables can be sorted"
    );
    assert!(
        dom.contains("<title>Replay of t.jsonl</title>"),
        "no name is run"
    );
    assert!(!dom.contains("<img"), "no name is a tag");
}
