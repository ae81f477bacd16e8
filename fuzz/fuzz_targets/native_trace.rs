//! Any bytes as a trace: the same calls however the bytes arrive, and no panic deciding them.
#![no_main]

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::LazyLock;

use mcplint::engine::{CounterScoping, Replay};
use mcplint::policy::Policy;
use mcplint::replay::assign::Assigned;
use mcplint::replay::pipeline::{Event, Options, Session};
use mcplint::source::Syntax;
use mcplint::source::file::SourceFile;
use mcplint::trace::blocks::Blocks;
use mcplint::validate::validate;

const POLICY: &str = r#"{"version":"1","default":"deny","hide":["h"],
 "all_tools":{"limits":[{"counter":"all","window":"hour","max":3,"scope":"grant"}]},
 "tools":{"a":{"require":[{"conditions":[{"path":"args.x.y","op":"exists","value":true}]}],
  "deny_if":[{"conditions":[{"path":"args.n","op":"gt","value":5}]},
             {"conditions":[{"path":"args.s","op":"regex","value":"^a+$"}]}],
  "limits":[{"counter":"sum","window":"minute","max":9,"scope":"grant","increment_from":"args.n"}]},"b":{}}}"#;

static MODEL: LazyLock<Policy> = LazyLock::new(|| {
    let file = SourceFile::new("policy.json", POLICY, Syntax::Json);
    validate(&file, None).policy.expect("the policy is valid")
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let inline = replay(bytes, 1);
    assert_eq!(inline, replay(bytes, 2));
});

fn replay(bytes: &[u8], threads: usize) -> Vec<String> {
    let policies = [Assigned::to_all("policy.json", &MODEL, CounterScoping::Tool)];
    let options = Options {
        replay: Replay::default(),
        interval: Some(std::time::Duration::from_secs(7)),
        keep_args: true,
        threads: NonZeroUsize::new(threads).expect("there is one"),
    };
    let mut told = Vec::new();
    let blocks = Blocks::new(Box::new(std::io::Cursor::new(bytes.to_vec())));
    let result = Session::new(&policies, options).replay(0, blocks, &mut |event: Event<'_>| {
        told.push(format!("{event:?}"));
        ControlFlow::Continue(())
    });
    told.push(format!("{result:?}"));
    told
}
