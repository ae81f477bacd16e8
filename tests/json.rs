//! Compares mcplint's JSON checker with `serde_json`, on generated texts and on damaged ones.

#[path = "support/json_oracle.rs"]
mod json_oracle;

use json_oracle::compare;
use proptest::prelude::*;
use proptest::sample::{Index, select};

const CASES: u32 = if cfg!(debug_assertions) {
    2_000
} else {
    20_000
};

/// A string with its quotes: few different ones, so that keys repeat, spelt in several ways.
fn string() -> impl Strategy<Value = String> {
    let parts = select(vec![
        "a",
        "a",
        "b",
        "\\u0061",
        "\\n",
        "\\\"",
        "\\\\",
        "\\/",
        "é",
        "\\u00e9",
        "😀",
        "\\ud83d\\ude00",
        "\\ud800",
        "\\udc00",
        "\\ud800\\u0061",
        "\\ud800\\ud800\\udc00",
        " ",
        "::",
        "\\u0000",
        "\u{7f}",
        "\u{2028}",
        "abcdefghijklmnopqrstuvwxyz",
    ]);
    prop::collection::vec(parts, 0..4).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

fn scalar() -> impl Strategy<Value = String> {
    let word = select(vec![
        "null",
        "true",
        "false",
        "0",
        "-0",
        "1",
        "-1.5e+9",
        "1E400",
        "0.10",
        "123456789012345678901234567890",
    ]);
    prop_oneof![word.prop_map(str::to_owned), string()]
}

fn space() -> impl Strategy<Value = &'static str> {
    select(vec!["", "", "", " ", "\n", "\t\r\n  "])
}

fn json() -> impl Strategy<Value = String> {
    let value = scalar().prop_recursive(6, 60, 5, |inner| {
        let item = (space(), inner, space())
            .prop_map(|(a, item, b)| format!("{a}{item}{b}"))
            .boxed();
        let member = (space(), string(), space(), item.clone())
            .prop_map(|(a, key, b, value)| format!("{a}{key}{b}:{value}"));
        prop_oneof![
            prop::collection::vec(item, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..5)
                .prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    });
    (space(), value, space()).prop_map(|(a, value, b)| format!("{a}{value}{b}"))
}

/// What is done to a text: cut out so much, put that there.
fn damage() -> impl Strategy<Value = (Index, usize, &'static str)> {
    let pieces = select(vec![
        "", "", ",", ":", "\"", "\\", "{", "}", "[", "]", "0", "-", ".", "e", "+", "u", "t", " ",
        "\u{0}", "\u{1f}", "\u{a0}", "\u{feff}", "//", "/**/", "nul", "NaN", "01", "'",
    ]);
    (any::<Index>(), 0_usize..3, pieces)
}

fn damaged(text: &str, damages: &[(Index, usize, &str)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for (index, removed, added) in damages {
        let at = index.index(chars.len() + 1);
        let end = chars.len().min(at + removed);
        chars.splice(at..end, added.chars());
    }
    chars.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn json_is_read_as_serde_json_reads_it(text in json()) {
        compare(&text);
    }

    #[test]
    fn damaged_json_is_read_as_serde_json_reads_it(
        text in json(),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        compare(&damaged(&text, &damages));
    }

    #[test]
    fn any_text_is_read_as_serde_json_reads_it(text in r#"(?s)([\[\]{}:,"\\ue0-9tfnral. +-]|.)*"#) {
        compare(&text);
    }

    #[test]
    fn depth_is_bounded_at_the_same_level_whatever_is_open(open in prop::collection::vec(any::<bool>(), 120..136)) {
        let mut text = String::new();
        for object in &open {
            text.push_str(if *object { "{\"k\":" } else { "[" });
        }
        text.push('1');
        compare(&text);
        for object in open.iter().rev() {
            text.push(if *object { '}' } else { ']' });
        }
        compare(&text);
    }
}
