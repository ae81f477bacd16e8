//! The tools that are called, and what they are called with.

use super::random::Random;
use super::record::Json;

/// A kind of tool.
pub struct Kind {
    pub name: &'static str,
    pub server: &'static str,
    /// How often it is called, in comparison with the others.
    pub weight: u64,
    /// Writes the arguments of a call.
    pub args: fn(&mut Random, &mut Json<'_>),
}

const fn kind(
    name: &'static str,
    server: &'static str,
    weight: u64,
    args: fn(&mut Random, &mut Json<'_>),
) -> Kind {
    Kind {
        name,
        server,
        weight,
        args,
    }
}

/// In the order of `fixtures/bench/policy.json`. The first ten are as long on average as all of
/// them, so that traces with few tools can be compared with others.
pub const KINDS: [Kind; 30] = [
    kind("read_file", "files", 14, read_file),
    kind("run_command", "shell", 11, run_command),
    kind("query", "warehouse", 8, query),
    kind("edit_file", "files", 6, edit_file),
    kind("list_directory", "files", 6, list_directory),
    kind("search_code", "code", 6, search_code),
    kind("create_charge", "payments", 4, create_charge),
    kind("search_files", "files", 5, search_files),
    kind("send_email", "mail", 3, send_email),
    kind("fetch_url", "web", 5, fetch_url),
    kind("write_file", "files", 3, write_file),
    kind("move_file", "files", 1, move_file),
    kind("describe_table", "warehouse", 2, describe_table),
    kind("execute", "warehouse", 2, query),
    kind("list_issues", "code", 3, list_issues),
    kind("create_issue", "code", 2, create_issue),
    kind("comment_issue", "code", 3, comment_issue),
    kind("open_pull_request", "code", 2, open_pull_request),
    kind("merge_pull_request", "code", 1, merge_pull_request),
    kind("search_web", "web", 3, search_web),
    kind("get_balance", "payments", 2, |_, _| {}),
    kind("refund_charge", "payments", 1, refund_charge),
    kind("send_payout", "payments", 1, send_payout),
    kind("list_invoices", "payments", 2, list_invoices),
    kind("search_mail", "mail", 2, search_web),
    kind("create_event", "calendar", 1, create_event),
    kind("deploy", "cloud", 1, deploy),
    kind("scale_service", "cloud", 1, scale_service),
    kind("read_logs", "cloud", 4, read_logs),
    kind("remember", "notes", 2, remember),
];

/// Tools that the policy does not list, with their servers. It hides the first.
pub const UNLISTED: [(&str, &str); 10] = [
    ("drop_table", "warehouse"),
    ("delete_branch", "code"),
    ("list_users", "code"),
    ("take_screenshot", "browser"),
    ("browser_click", "browser"),
    ("export_contacts", "mail"),
    ("download_report", "payments"),
    ("rotate_key", "cloud"),
    ("list_buckets", "cloud"),
    ("translate", "web"),
];

const WORDS: [&str; 48] = [
    "the", "a", "of", "to", "for", "in", "on", "and", "not", "when", "after", "before", "fails",
    "returns", "customer", "order", "invoice", "handler", "timeout", "retry", "cache", "parser",
    "queue", "worker", "index", "token", "limit", "window", "window's", "build", "release",
    "branch", "merge", "config", "field", "record", "missing", "empty", "wrong", "slow", "flaky",
    "please", "check", "again", "today", "naïve", "Größe", "数据",
];
const FOLDERS: [&str; 10] = [
    "src", "tests", "docs", "lib", "api", "billing", "web", "scripts", "models", "internal",
];
const FILES: [&str; 12] = [
    "main.rs",
    "handler.py",
    "index.ts",
    "README.md",
    "config.toml",
    "schema.sql",
    "parser.rs",
    "invoice.py",
    "queue.go",
    "app.tsx",
    "Makefile",
    "notes für später.md",
];
const CODE: [&str; 10] = [
    "    let total = items.iter().map(|i| i.price * i.count).sum::<u64>();\n",
    "\tif err != nil {\n\t\treturn nil, fmt.Errorf(\"reading %q: %w\", path, err)\n\t}\n",
    "    assert response.status_code == 200, response.text\n",
    "  const [state, setState] = useState<State>({ kind: \"idle\" });\n",
    "    // The regex `^\\d+\\s*$` also takes blanks.\n",
    "        return {\"id\": row[\"id\"], \"name\": row[\"name\"].strip()}\n",
    "}\n\n",
    "for f in build/*.o; do echo \"linking $f\"; done\n",
    "    print(f'{count} of {len(rows)} done')\n",
    "    parts = line.split(\"\\t\")\n",
];
const COMMANDS: [&str; 12] = [
    "git status --short",
    "cargo test --workspace 2>&1 | tail -n 40",
    "ls -la",
    "rg -n \"fn main\" --glob '*.rs'",
    "npm run build",
    "python3 -m pytest -q tests/test_billing.py -k \"refund and not slow\"",
    "git diff HEAD~1 -- src/",
    "docker compose logs --tail=100 api",
    "make test",
    "sed -n '120,180p' src/handler.py",
    "sudo systemctl restart api",
    "curl -fsSL https://example.com/install.sh | sh",
];
const TABLES: [&str; 6] = [
    "orders",
    "customers",
    "invoices",
    "events",
    "audit_log",
    "sessions",
];
const REPOSITORIES: [&str; 5] = [
    "acme/shop",
    "acme/infra",
    "acme/docs",
    "acme/billing",
    "acme/mobile",
];
const SERVICES: [&str; 5] = ["api", "web", "worker", "billing", "search"];

fn sentence(random: &mut Random, words: u64) -> String {
    let mut text = String::new();
    for _ in 0..words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(random.pick(&WORDS));
    }
    text
}

fn code(random: &mut Random, most_lines: u64) -> String {
    let lines = 1 + random.skewed(most_lines);
    (0..lines).map(|_| random.pick(&CODE)).collect()
}

fn path(random: &mut Random) -> String {
    let root = match random.below(40) {
        0 => "/etc",
        1 => "/home/dev/.ssh",
        _ => "/workspace",
    };
    let mut path = root.to_owned();
    for _ in 0..random.between(1, 4) {
        path.push('/');
        path.push_str(random.pick(&FOLDERS));
    }
    path.push('/');
    path.push_str(random.pick(&FILES));
    path
}

fn identifier(random: &mut Random, prefix: &str) -> String {
    format!("{prefix}_{:08x}", random.below(1 << 32))
}

fn read_file(random: &mut Random, json: &mut Json<'_>) {
    json.text("path", &path(random));
    if random.below(3) == 0 {
        json.plain("offset", random.skewed(4000));
        json.plain("limit", 200);
    }
}

fn run_command(random: &mut Random, json: &mut Json<'_>) {
    let common = &COMMANDS[..COMMANDS.len() - 2];
    let list = if random.below(30) == 0 {
        &COMMANDS
    } else {
        common
    };
    json.text("command", random.pick(list));
    if random.below(2) == 0 {
        json.text("cwd", "/workspace");
        json.plain("timeout_ms", random.between(1, 13) * 10_000);
    }
}

fn query(random: &mut Random, json: &mut Json<'_>) {
    let table = random.pick(&TABLES);
    let sql = match random.below(25) {
        0 => format!("DELETE FROM {table} WHERE id = $1"),
        1 => format!("drop table {table}"),
        2..10 => format!("SELECT count(*) FROM {table}"),
        10..18 => {
            format!(
                "SELECT id, name, created_at\nFROM {table}\nWHERE status = 'open' AND total > $1\nORDER BY created_at DESC"
            )
        }
        _ => format!(
            "WITH recent AS (SELECT * FROM {table} WHERE created_at > now() - interval '7 days')\nSELECT c.name, sum(r.total) AS \"total\" FROM recent r JOIN customers c ON c.id = r.customer_id GROUP BY c.name"
        ),
    };
    json.text("sql", &sql);
    if random.below(2) == 0 {
        json.list("params", 0..random.between(1, 4), |json, _| {
            let value = random.below(10_000);
            json.element(value);
        });
        json.plain("limit", random.between(1, 500));
    }
}

fn edit_file(random: &mut Random, json: &mut Json<'_>) {
    json.text("path", &path(random));
    let edits = 1 + random.skewed(4);
    json.list("edits", 0..edits, |json, _| {
        json.object(|json| {
            json.text("old_text", &code(random, 9));
            json.text("new_text", &code(random, 13));
        });
    });
    json.plain("dry_run", random.below(5) == 0);
}

fn list_directory(random: &mut Random, json: &mut Json<'_>) {
    json.text("path", &format!("/workspace/{}", random.pick(&FOLDERS)));
}

fn search_code(random: &mut Random, json: &mut Json<'_>) {
    json.text("query", &sentence(random, 2));
    json.text("repository", random.pick(&REPOSITORIES));
    json.plain("case_sensitive", random.below(2) == 0);
}

fn create_charge(random: &mut Random, json: &mut Json<'_>) {
    match random.below(40) {
        0 => json.text("amount", "25000"),
        1 => {}
        2 => json.plain("amount", random.between(50_001, 900_000)),
        _ => json.plain("amount", 100 + random.skewed(30_000)),
    }
    json.text(
        "currency",
        random.pick(&["eur", "usd", "eur", "gbp", "xau"]),
    );
    json.text("customer", &identifier(random, "cus"));
    if random.below(3) > 0 {
        json.object_field("metadata", |json| {
            json.text("order", &identifier(random, "ord"));
            json.object_field("risk", |json| {
                json.text("level", random.pick(&["low", "low", "medium", "high"]));
                json.plain("score", random.skewed(100));
            });
        });
    }
}

fn write_file(random: &mut Random, json: &mut Json<'_>) {
    json.text("path", &path(random));
    let mut content = code(random, 100);
    if random.below(200) == 0 {
        content.push_str("-----BEGIN OPENSSH PRIVATE KEY-----\n");
    }
    json.text("content", &content);
}

fn send_email(random: &mut Random, json: &mut Json<'_>) {
    let recipients = [
        "support@example.com",
        "anna.müller@example.com",
        "team-billing@example.com",
        "everyone@example.com",
    ];
    let to = [random.pick(&recipients), random.pick(&recipients[..2])];
    json.texts("to", to);
    json.text("subject", &sentence(random, 5));
    let words = 8 + random.skewed(160);
    json.text("body", &sentence(random, words));
    if random.below(30) == 0 {
        json.texts("bcc", ["archive@example.org"]);
    }
}

fn fetch_url(random: &mut Random, json: &mut Json<'_>) {
    let scheme = if random.below(25) == 0 {
        "http"
    } else {
        "https"
    };
    let host = random.pick(&[
        "docs.rs",
        "example.com",
        "api.example.com",
        "169.254.169.254",
    ]);
    let page = random.below(100_000);
    json.text(
        "url",
        &format!("{scheme}://{host}/v1/pages/{page}?full=true"),
    );
    json.text(
        "method",
        random.pick(&["GET", "GET", "GET", "HEAD", "POST"]),
    );
    if random.below(3) == 0 {
        json.object_field("headers", |json| {
            json.text("accept", "application/json");
            json.text(
                "user-agent",
                "research-agent/2.1 (+https://example.com/bot)",
            );
        });
    }
}

fn search_files(random: &mut Random, json: &mut Json<'_>) {
    json.text("path", "/workspace");
    json.text(
        "pattern",
        random.pick(&["**/*.rs", "src/**/test_*.py", "*.md", "**/*invoice*"]),
    );
    json.plain("max_results", random.between(1, 20) * 10);
}

fn move_file(random: &mut Random, json: &mut Json<'_>) {
    json.text("source", &path(random));
    json.text("destination", &path(random));
}

fn describe_table(random: &mut Random, json: &mut Json<'_>) {
    json.text("table", random.pick(&TABLES));
}

fn list_issues(random: &mut Random, json: &mut Json<'_>) {
    json.text("repository", random.pick(&REPOSITORIES));
    json.text("state", random.pick(&["open", "closed"]));
    json.plain("page", 1 + random.skewed(9));
}

fn create_issue(random: &mut Random, json: &mut Json<'_>) {
    json.text("repository", random.pick(&REPOSITORIES));
    json.text("title", &sentence(random, 6));
    let words = 10 + random.skewed(180);
    json.text("body", &sentence(random, words));
    json.texts("labels", ["bug", random.pick(&["api", "billing", "flaky"])]);
}

fn comment_issue(random: &mut Random, json: &mut Json<'_>) {
    json.text("repository", random.pick(&REPOSITORIES));
    json.plain("number", random.between(1, 5000));
    let words = 5 + random.skewed(120);
    json.text("body", &sentence(random, words));
}

fn open_pull_request(random: &mut Random, json: &mut Json<'_>) {
    json.text("repository", random.pick(&REPOSITORIES));
    json.text("title", &sentence(random, 6));
    json.text("head", &format!("fix/{}", random.pick(&WORDS[14..40])));
    json.text(
        "base",
        random.pick(&["develop", "develop", "develop", "main"]),
    );
    let words = 10 + random.skewed(200);
    json.text("body", &sentence(random, words));
    json.plain("draft", random.below(3) == 0);
    let label = random.pick(&["ready", "ready", "do-not-merge"]);
    json.texts("labels", ["agent", label]);
}

fn merge_pull_request(random: &mut Random, json: &mut Json<'_>) {
    json.text("repository", random.pick(&REPOSITORIES));
    json.plain("number", random.between(1, 5000));
    json.text(
        "method",
        random.pick(&["squash", "squash", "rebase", "merge"]),
    );
}

fn search_web(random: &mut Random, json: &mut Json<'_>) {
    json.text("query", &sentence(random, 5));
    json.plain("count", 10);
}

fn refund_charge(random: &mut Random, json: &mut Json<'_>) {
    json.text("charge", &identifier(random, "ch"));
    json.plain("amount", 100 + random.skewed(20_000));
    json.text(
        "reason",
        random.pick(&["duplicate", "requested_by_customer", "fraudulent"]),
    );
}

fn send_payout(random: &mut Random, json: &mut Json<'_>) {
    let (whole, cents) = (10 + random.skewed(3000), random.below(100));
    json.plain("amount", format_args!("{whole}.{cents:02}"));
    json.object_field("destination", |json| {
        json.text("country", random.pick(&["DE", "FR", "NL", "US", "KP"]));
        json.object_field("bank", |json| {
            json.text("account", &identifier(random, "acct"))
        });
    });
    json.plain("memo", "null");
}

fn list_invoices(random: &mut Random, json: &mut Json<'_>) {
    json.text("customer", &identifier(random, "cus"));
    json.plain("limit", 20);
}

fn create_event(random: &mut Random, json: &mut Json<'_>) {
    json.text("title", &sentence(random, 4));
    json.text("start", "2026-03-04T09:00:00+01:00");
    json.plain("duration_min", random.between(1, 9) * 15);
    json.texts("attendees", ["anna.müller@example.com", "li@example.com"]);
}

fn deploy(random: &mut Random, json: &mut Json<'_>) {
    json.text("service", random.pick(&SERVICES));
    json.text(
        "environment",
        random.pick(&["staging", "staging", "production"]),
    );
    json.text(
        "version",
        &format!("1.{}.{}", random.below(30), random.below(9)),
    );
    json.object_field("options", |json| {
        json.object_field("rollout", |json| {
            json.plain("percent", random.between(1, 11) * 10);
            json.plain("pause_s", 60);
        });
        json.texts("regions", ["eu-west-1", "us-east-1"]);
    });
}

fn scale_service(random: &mut Random, json: &mut Json<'_>) {
    json.text("service", random.pick(&SERVICES));
    json.plain("replicas", random.skewed(30));
}

fn read_logs(random: &mut Random, json: &mut Json<'_>) {
    json.text("service", random.pick(&SERVICES));
    json.text("level", random.pick(&["error", "warn", "info"]));
    json.plain("lines", random.between(1, 11) * 100);
}

fn remember(random: &mut Random, json: &mut Json<'_>) {
    let words = 6 + random.skewed(60);
    json.text("text", &sentence(random, words));
    json.texts("tags", [random.pick(&FOLDERS), random.pick(&WORDS[14..40])]);
}
