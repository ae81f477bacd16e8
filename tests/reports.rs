//! The numbers of reports, worked out again in another way; and snapshots.

#[path = "support/command.rs"]
mod command;

use std::fmt::Write as _;

use command::{Desk, Run};
use proptest::prelude::*;

use mcplint::engine::{CounterScoping, Replay, Thoroughness};
use mcplint::replay::assign::Assigned;
use mcplint::replay::pipeline::{Event, Options, Session};
use mcplint::replay::summary::{Summarizer, Summary};
use mcplint::source::Syntax;
use mcplint::source::file::SourceFile;
use mcplint::trace::blocks::Blocks;
use mcplint::validate::validate;

/// The summary of a replay.
fn replay(policy: &str, trace: &str) -> Summary {
    let file = SourceFile::new("p.json", policy, Syntax::Json);
    let policy = validate(&file, None).policy.expect("it is a policy");
    let policies = [Assigned::to_all("p.json", &policy, CounterScoping::Tool)];
    let options = Options {
        replay: Replay::default(),
        interval: None,
        keep_args: false,
        thoroughness: Thoroughness::Every,
        threads: std::num::NonZeroUsize::MIN,
    };
    let mut session = Session::new(&policies, options);
    let mut summarizer = Summarizer::default();
    let bytes = std::io::Cursor::new(trace.as_bytes().to_vec());
    session
        .replay(0, Blocks::new(Box::new(bytes)), &mut |event| {
            if let Event::Decided(row) = event {
                summarizer.count(&row);
            }
            std::ops::ControlFlow::Continue(())
        })
        .expect("nothing ends the replay");
    summarizer.finish(&policies, &session.counters, &session.coverage)
}

fn policy(max: u64, increment: &str) -> String {
    format!(
        r#"{{"version":"1","default":"deny","tools":{{"pay":{{"limits":[
         {{"counter":"c","window":"minute","max":{max},"scope":"grant"{increment}}}]}}}}}}"#
    )
}

/// A call: the second it is made in, its grant, its amount, and whether it ended in an error.
type Call = (u32, u8, u32, bool);

fn trace(calls: &[Call]) -> String {
    let mut text = String::new();
    for (second, grant, amount, failed) in calls {
        let ts = 1_772_366_400_000 + u64::from(*second) * 1_000;
        let result = if *failed { "rpc_error" } else { "ok" };
        writeln!(
            text,
            r#"{{"ts":{ts},"grant":"g{grant}","tool":"pay","args":{{"amount":{amount}}},"result":"{result}"}}"#
        )
        .expect("a string takes it");
    }
    text
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let failed = prop::bool::weighted(0.2);
    prop::collection::vec((0..150_u32, 0..2_u8, 0..30_u32, failed), 1..80)
}

fn throttled(increment: &str, max: u64, trace: &str) -> u64 {
    replay(&policy(max, increment), trace).limits[0].throttled
}

const AMOUNT: &str = r#","increment_from":"args.amount""#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_curve_is_what_replays_under_its_maxima_throttle(calls in calls(), max in 1..6_u64) {
        let trace = trace(&calls);
        let limit = replay(&policy(max, ""), &trace).limits.remove(0);
        prop_assert!(limit.curve_is_exact);
        for point in &limit.curve {
            prop_assert_eq!(throttled("", point.max, &trace), point.throttled, "{:?}", point);
        }
        let enough = limit.enough.expect("calls came to it");
        prop_assert_eq!(throttled("", enough, &trace), 0);
        if enough > 1 {
            prop_assert!(throttled("", enough - 1, &trace) > 0);
        }
    }

    #[test]
    fn of_amounts_the_curve_is_a_bound_and_what_is_enough_is_exact(
        calls in calls(),
        max in 1..100_u64,
    ) {
        let trace = trace(&calls);
        let limit = replay(&policy(max, AMOUNT), &trace).limits.remove(0);
        prop_assert!(!limit.curve_is_exact);
        for point in limit.curve.iter().filter(|point| point.max > 0) {
            prop_assert!(throttled(AMOUNT, point.max, &trace) <= point.throttled);
        }
        let enough = limit.enough.expect("calls came to it").max(1);
        prop_assert_eq!(throttled(AMOUNT, enough, &trace), 0);
        if enough > 1 {
            prop_assert!(throttled(AMOUNT, enough - 1, &trace) > 0);
        }
    }
}

#[test]
fn calls_that_another_limit_refuses_are_no_demand() {
    let policy = r#"{"version":"1","default":"deny","tools":{"pay":{"limits":[
      {"counter":"a","window":"minute","max":5,"scope":"grant"},
      {"counter":"b","window":"hour","max":2,"scope":"grant"}]}}}"#;
    let summary = replay(policy, &trace(&[(0, 0, 1, false); 9]));
    let enough: Vec<_> = summary.limits.iter().map(|limit| limit.enough).collect();
    assert_eq!(enough, [Some(2), Some(9)]);
}

impl Desk {
    /// A folder with `p.json`, a policy.
    fn new() -> Self {
        let desk = Self::empty();
        desk.write("p.json", policy(2, ""));
        desk
    }

    fn simulate(&self, arguments: &[&str]) -> Run {
        self.run(&[&["simulate", "--policy", "p.json"], arguments].concat())
    }
}

#[test]
fn a_snapshot_is_kept_and_then_compared() {
    let desk = Desk::new();
    let calls = trace(&[(0, 0, 1, false); 4]);
    desk.write("t.jsonl", &calls);
    let snapshot = ["t.jsonl", "--snapshot", "s.jsonl"];
    desk.simulate(&snapshot)
        .exits(0)
        .says("the decisions of 4 calls are kept in `s.jsonl`");
    let kept = desk.read("s.jsonl");
    assert_eq!(kept.lines().next(), Some(r#"{"mcplint_snapshot":1}"#));
    assert!(!kept.contains("amount"));
    desk.simulate(&snapshot)
        .exits(0)
        .says("no decision differs from the snapshot `s.jsonl`");
    // Another policy decides otherwise.
    desk.write("p.json", policy(1, ""));
    let changed = desk.simulate(&snapshot).exits(1);
    changed
        .says("1 call differs from the snapshot `s.jsonl`")
        .says("allow -> throttle: 1 call of pay")
        .says("t.jsonl:2 pay: allow -> throttle by /tools/pay/limits/c");
    assert_eq!(desk.read("s.jsonl"), kept);
    desk.simulate(&["t.jsonl", "--snapshot", "s.jsonl", "--update-snapshot"])
        .exits(0);
    desk.simulate(&snapshot).exits(0);
}

#[test]
fn calls_that_come_and_go_are_told() {
    let desk = Desk::new();
    let calls = trace(&[(0, 0, 1, false), (60, 0, 1, false), (120, 0, 1, false)]);
    desk.write("t.jsonl", &calls);
    let snapshot = ["t.jsonl", "--snapshot", "s.jsonl"];
    desk.simulate(&snapshot).exits(0);
    let lines: Vec<_> = calls.lines().collect();
    desk.write(
        "t.jsonl",
        format!("{}\n\n{}\n\n{}\n", lines[0], lines[2], lines[1]),
    );
    desk.simulate(&snapshot)
        .exits(1)
        .says("2 calls differ")
        .says("no longer in the trace, was allow: 1 call of pay")
        .says("not in the snapshot, now allow: 1 call of pay");
}

#[test]
fn what_is_no_snapshot_is_neither_compared_nor_overwritten() {
    let desk = Desk::new();
    desk.write("t.jsonl", trace(&[(0, 0, 1, false)]));
    desk.write("notes.txt", "mine\n");
    let notes = ["t.jsonl", "--snapshot", "notes.txt"];
    desk.simulate(&notes).exits(2).says("it is no snapshot");
    desk.simulate(&["t.jsonl", "--snapshot", "notes.txt", "--update-snapshot"])
        .exits(2)
        .says("was not overwritten");
    desk.simulate(&["t.jsonl", "--snapshot", "t.jsonl"])
        .exits(2);
    assert_eq!(desk.read("notes.txt"), "mine\n");
    desk.write("s.jsonl", "{\"mcplint_snapshot\":1}\n{\"line\":1}\n");
    desk.simulate(&["t.jsonl", "--snapshot", "s.jsonl"])
        .exits(2)
        .says("line 2");
}

#[test]
fn snapshots_and_summaries_are_the_same_for_any_number_of_threads() {
    let desk = Desk::new();
    let mut text = String::new();
    for n in 0..20_000_u64 {
        writeln!(
            text,
            r#"{{"ts":{},"grant":"g{}","session":"s{}","tool":"{}","recorded":"{}","args":{{}}}}"#,
            1_772_366_400_000 + n * 900,
            n % 7,
            n % 501,
            ["pay", "other"][usize::from(n % 5 == 0)],
            ["allow", "deny"][usize::from(n % 3 == 0)],
        )
        .expect("a string takes it");
    }
    desk.write("t.jsonl", &text);
    let mut first = None;
    for threads in ["1", "2", "4"] {
        let name = format!("s{threads}.jsonl");
        let run = desk.simulate(&[
            "t.jsonl",
            "--format",
            "json",
            "--threads",
            threads,
            "--snapshot",
            &name,
        ]);
        let result = (run.exits(0).out, desk.read(&name));
        assert_eq!(*first.get_or_insert_with(|| result.clone()), result);
    }
}

#[test]
fn calls_after_a_block_and_recorded_decisions_are_counted() {
    let desk = Desk::new();
    let line = |session: &str, tool: &str, recorded: &str| {
        format!(
            "{{\"ts\":1772366400000,\"grant\":\"{session}\",\"session\":\"{session}\",\"tool\":\"{tool}\"{recorded}}}\n"
        )
    };
    let deny = ",\"recorded\":\"deny\",\"recorded_rule\":\"old\"";
    let allow = ",\"recorded\":\"allow\"";
    desk.write(
        "t.jsonl",
        [
            line("a", "pay", allow),
            line("a", "gone", allow),
            line("a", "pay", deny),
            line("a", "gone", ""),
            line("b", "pay", deny),
        ]
        .concat(),
    );
    let summary = desk
        .simulate(&["t.jsonl", "--format", "json"])
        .exits(0)
        .json();
    let sessions = &summary["sessions"];
    assert_eq!(sessions["total"], 2);
    assert_eq!(sessions["blocked"], 1);
    assert_eq!(sessions["first_blocked"]["line"], 2);
    assert_eq!(sessions["first_blocked"]["call"], 2);
    assert_eq!(sessions["first_blocked"]["rule"], "(default deny)");
    assert_eq!(sessions["after_block"]["calls"], 2);
    assert_eq!(sessions["after_block"]["allow"], 1);
    let recorded = &summary["recorded"];
    assert_eq!(recorded["calls"], 4);
    assert_eq!(recorded["same"], 1);
    assert_eq!(recorded["matrix"]["deny"]["allow"], 2);
    assert_eq!(recorded["matrix"]["allow"]["deny"], 1);
    let most = &recorded["disagreements"][0];
    assert_eq!(most["recorded_rule"], "old");
    assert_eq!(most["first_line"], 3);
    assert_eq!(most["calls"], 2);
    let reach = &summary["reach"][0];
    assert_eq!(reach["tool"], "pay");
    assert_eq!(reach["calls_per_hour"], 120);
    let text = desk.simulate(&["t.jsonl", "-v"]).exits(0).out;
    for part in [
        "Recorded decisions: 1 of 4 are the same in the replay",
        "2 recorded as deny by `old`, now allow, first at t.jsonl:3",
        "2 calls came after a block, 1 of them allowed",
        "Reach: the most that the limits let through",
    ] {
        assert!(text.contains(part), "`{part}` not in:\n{text}");
    }
}

#[test]
fn skipped_lines_can_fail_a_run() {
    let desk = Desk::new();
    desk.write("t.jsonl", &(trace(&[(0, 0, 1, false)]) + "x\n"));
    desk.simulate(&["t.jsonl", "--fail-on", "skipped=50%"])
        .exits(1)
        .says("--fail-on skipped=50%: 1 of 2 lines");
    desk.simulate(&["t.jsonl", "--fail-on", "skipped=2"])
        .exits(0);
}
