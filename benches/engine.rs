//! What deciding costs by the call, once a line has been read: all tools together, and apart by
//! what their clauses ask for.

mod generator;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use generator::Shape;
use mcplint::call::ToolCall;
use mcplint::engine::{
    CompiledPolicy, CounterScoping, Counters, Replay, Thoroughness, decide, judge,
};
use mcplint::source::Syntax;
use mcplint::source::file::SourceFile;
use mcplint::trace::blocks::Block;
use mcplint::trace::native::Reader;
use mcplint::validate::validate;

/// How many calls are made up; those of one tool are a few hundred of them.
const CALLS: usize = 20_000;

/// Tools by what is asked about them.
const KINDS: [(&str, &str); 9] = [
    ("unlisted", "list_users"),
    ("hidden", "drop_table"),
    ("nothing", "list_directory"),
    ("one limit", "search_code"),
    ("regex", "query"),
    ("long text", "write_file"),
    ("list", "send_email"),
    ("nested paths", "deploy"),
    ("amount", "create_charge"),
];

fn policy() -> CompiledPolicy {
    const TEXT: &str = include_str!("../fixtures/bench/policy.json");
    let file = SourceFile::new("fixtures/bench/policy.json", TEXT, Syntax::Json);
    let policy = validate(&file, None).policy;
    let policy = policy.expect("the fixture is well-formed");
    CompiledPolicy::new(&policy, CounterScoping::Tool)
}

/// Decides `calls` from the start, as often as criterion asks. Counters begin empty each time:
/// going back in time would measure something else.
fn measure(c: &mut Criterion, name: &str, policy: &CompiledPolicy, calls: &[&ToolCall<'_>]) {
    let mut group = c.benchmark_group("decide");
    group.throughput(Throughput::Elements(calls.len() as u64));
    group.bench_function(name, |b| {
        b.iter_batched_ref(
            || Counters::new(policy),
            |counters| {
                for call in calls {
                    let decision = decide(policy, counters, call, Replay::default());
                    black_box(decision.expect("every call has a time"));
                }
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn engine(c: &mut Criterion) {
    let policy = policy();
    let block = Block::of(generator::trace(CALLS, Shape::default()));
    // A call borrows from its reader.
    let mut readers: Vec<Reader> = block.lines().map(|_| Reader::default()).collect();
    let read = readers.iter_mut().zip(block.lines());
    let calls: Vec<ToolCall<'_>> = read
        .filter_map(|(reader, line)| reader.read(line).expect("every line is a call"))
        .collect();
    let all: Vec<&ToolCall<'_>> = calls.iter().collect();
    measure(c, "all", &policy, &all);
    for (name, tool) in KINDS {
        let of_tool: Vec<_> = calls.iter().filter(|call| call.tool == tool).collect();
        measure(c, name, &policy, &of_tool);
    }
    let mut group = c.benchmark_group("judge");
    group.throughput(Throughput::Elements(calls.len() as u64));
    group.bench_function("all", |b| {
        b.iter(|| {
            for call in &calls {
                black_box(judge(&policy, call, Thoroughness::Deciding));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, engine);
criterion_main!(benches);
