use proptest::prelude::*;

use super::*;

fn compiled(pattern: &str) -> Pattern {
    Pattern::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error:?}"))
}

/// Patterns, the texts in which Go finds them and those in which it does not.
#[rustfmt::skip]
const MATCHES: &[(&str, &[&str], &[&str])] = &[
    ("", &["", "x"], &[]),
    ("a.b", &["axb", "aéb", "a\rb"], &["a\nb", "ab"]),
    ("(?s)a.b", &["a\nb"], &["ab"]),
    ("^b$", &["b"], &["b\n", "a\nb", "x\nb\ny"]),
    ("(?m)^b$", &["b\n", "x\nb\ny"], &["b\r\n", "ab"]),
    (r"(?m)\Ab\z", &["b"], &["b\n", "a\nb"]),
    ("^*", &["", "x"], &[]),
    // ASCII classes
    (r"^\d+$", &["123"], &["١٢٣", ""]),
    (r"^\w+$", &["a_1"], &["héllo", "\u{212A}", "ſ"]),
    (r"^\W$", &["é", "\n", "-"], &["a", "_"]),
    (r"^\s$", &[" ", "\t", "\n", "\u{C}", "\r"], &["\u{B}", "\u{A0}", "\u{85}"]),
    (r"^\S$", &["\u{B}", "\u{A0}"], &[" "]),
    (r"\bé", &["aé"], &["é", " é"]),
    (r"a\b", &["aé", "a"], &["ab"]),
    (r"é\Bé", &["éé"], &[]),
    (r"^\B$", &[""], &["a"]),
    (r"^[[:word:]]+$", &["a_1"], &["é"]),
    (r"^[[:^alpha:]]$", &["é", "1", "\n"], &["a"]),
    (r"^[[:space:]]$", &["\u{B}", " "], &["\u{A0}"]),
    (r"^[[:punct:]]+$", &["!/:@[`{~"], &["a", " "]),
    (r"^[[:digit:]\s]+$", &["1 2"], &["a"]),
    // Unicode classes
    (r"^\pL+$", &["Ωmega", "héllo"], &["1", ""]),
    (r"^\PL+$", &["1-"], &["a"]),
    (r"^\p{^L}$", &["1"], &["a"]),
    (r"^\P{^Greek}$", &["ω"], &["o"]),
    (r"^[\p{Greek}\d]+$", &["ω1"], &["o"]),
    (r"^[^\p{Greek}]$", &["o", "\n"], &["ω"]),
    (r"^\p{Any}$", &["\n", "😀"], &[""]),
    (r"^\p{Cn}$", &["\u{378}", "\u{1C89}"], &["a"]),
    (r"^\pC$", &["\0", "\u{378}"], &["a"]),
    (r"^\p{Mn}$", &["\u{1171E}"], &["a"]),
    (r"^\p{Old_Italic}$", &["\u{10300}"], &["a"]),
    // Classes
    ("^[a[b]$", &["a", "[", "b"], &["c"]),
    ("^[a&&b]$", &["a", "b", "&"], &["c"]),
    ("^[a~~b]$", &["~"], &["c"]),
    ("^[+--]$", &["+", ",", "-"], &["."]),
    ("^[]a]$", &["]", "a"], &["b"]),
    ("^[^]a]$", &["b"], &["]", "a"]),
    ("^[a-]$", &["a", "-"], &["b"]),
    ("^[-a]$", &["a", "-"], &["b"]),
    ("^[a-c-e]$", &["b", "-", "e"], &["d"]),
    ("^[[:alpha]$", &[":", "[", "a"], &["b"]),
    ("^[^a]$", &["\n", "é"], &["a"]),
    (r"^[^\x00-\x{10FFFF}]$", &[], &["a", ""]),
    (r"^[\x{D800}-\x{E000}]$", &["\u{E000}"], &["\u{FFFD}"]),
    (r"\x{D800}", &[], &["\u{FFFD}", "a"]),
    // Escapes and literals
    (r"^\<\>\-\_\@\ $", &["<>-_@ "], &[]),
    (r"^\Qa.b*\E+$", &["a.b*", "a.b**"], &["axb"]),
    (r"^\Qa\", &[r"a\b"], &["a"]),
    (r"^a\Q\E*$", &["", "aa"], &["b"]),
    (r"^\123\0\x7F\x{1F600}\07$", &["S\0\x7F\u{1F600}\x07"], &[]),
    (r"^\a\f\t\n\r\v$", &["\x07\x0C\t\n\r\x0B"], &[]),
    (r"^a]}$", &["a]}"], &[]),
    ("^a b#c$", &["a b#c"], &[]),
    // Repetitions
    ("^a{,2}$", &["a{,2}"], &["aa", ""]),
    ("^a{x}$", &["a{x}"], &[]),
    ("^{a$", &["{a"], &[]),
    ("^a{2$", &["a{2"], &["aa"]),
    ("^a{01}$", &["a{01}"], &["a"]),
    ("^a{2}$", &["aa"], &["a", "aaa"]),
    ("^a{2,}?$", &["aa", "aaa"], &["a"]),
    ("^a{0}$", &[""], &["a"]),
    ("^(?:a{1,2}){2}$", &["aa", "aaaa"], &["a", "aaaaa"]),
    ("^(?:ab)*?c$", &["c", "ababc"], &["abac"]),
    ("^(?:a*)*$", &["", "aa"], &["b"]),
    ("^a*(?i)*$", &["", "aa"], &["A"]),
    ("^(|a)+$", &["", "aa"], &["b"]),
    ("^(?U)a+?b$", &["aab"], &["b"]),
    // Groups and flags
    ("^(?P<y>[0-9]{4})-(?<m>[0-9]{2})$", &["2026-03"], &["26-03"]),
    ("^(?P<n>a)(?P<n>b)$", &["ab"], &["a"]),
    ("^(?P<1>a)$", &["a"], &["b"]),
    ("^(?i:a)b$", &["Ab", "ab"], &["AB"]),
    ("^(?i)a(?-i)b$", &["Ab"], &["AB"]),
    ("^((?i)a)b$", &["Ab"], &["AB"]),
    ("^(?i-s:a.)$", &["Ab"], &["A\n"]),
    ("^a(?)b$", &["ab"], &[]),
    ("^(?:)$", &[""], &["a"]),
    ("^(?:a|b|)c|d$", &["ac", "bc", "c", "xd"], &["x"]),
    // Folding
    ("(?i)^k$", &["K", "k", "\u{212A}"], &["s"]),
    ("(?i)^[^k]$", &["s"], &["K", "\u{212A}"]),
    (r"(?i)^\w+$", &["\u{212A}ſ"], &["é"]),
    (r"(?i)^\W$", &["é"], &["\u{212A}", "ſ"]),
    (r"(?i)^[[:lower:]]$", &["A", "ſ"], &["1"]),
    (r"(?i)^[[:^lower:]]$", &["1"], &["A", "ſ"]),
    (r"(?i)^\p{Lu}$", &["a", "A"], &["1"]),
    (r"(?i)^\P{Lu}$", &["1"], &["a", "A"]),
    (r"(?i)^\p{Greek}$", &["µ", "\u{345}"], &["a"]),
    (r"(?i)^ß$", &["ẞ"], &["ss", "SS"]),
    ("(?i)^ı$", &["ı"], &["i", "I"]),
    ("(?i)^\u{FB05}$", &["\u{FB05}"], &["\u{FB06}"]),
    ("(?i)^\u{264}$", &["\u{264}"], &["\u{A7CB}"]),
];

/// Patterns that Go refuses, and what it prints.
#[rustfmt::skip]
const REFUSED: &[(&str, &str)] = &[
    ("(unclosed", "missing closing ): `(unclosed`"),
    ("unopened)", "unexpected ): `unopened)`"),
    ("[a-", "missing closing ]: `[a-`"),
    ("x[", "missing closing ]: `[`"),
    ("x[]", "missing closing ]: `[]`"),
    ("[z-a]", "invalid character class range: `z-a`"),
    (r"[\x62-\x61]", r"invalid character class range: `\x62-\x61`"),
    (r"[a-\d]", r"invalid escape sequence: `\d`"),
    ("[[:foo:]]", "invalid character class range: `[:foo:]`"),
    ("*start", "missing argument to repetition operator: `*`"),
    ("a|*", "missing argument to repetition operator: `*`"),
    ("(*a)", "missing argument to repetition operator: `*`"),
    ("(?i)+?", "missing argument to repetition operator: `+?`"),
    ("{2}", "missing argument to repetition operator: `{2}`"),
    ("a**", "invalid nested repetition operator: `**`"),
    ("a*+", "invalid nested repetition operator: `*+`"),
    ("a+?*", "invalid nested repetition operator: `+?*`"),
    ("a{2}{3}", "invalid nested repetition operator: `{2}{3}`"),
    ("a??+b", "invalid nested repetition operator: `??+`"),
    (r"\d{2,1}", "invalid repeat count: `{2,1}`"),
    ("a{1001}", "invalid repeat count: `{1001}`"),
    ("a{1001}?", "invalid repeat count: `{1001}`"),
    ("a{99999999999}", "invalid repeat count: `{99999999999}`"),
    ("(a{100}){11}", "invalid repeat count: `{11}`"),
    ("((a{10}){10}b){0,11}?", "invalid repeat count: `{0,11}?`"),
    ("(a{100}){100}{100}", "invalid repeat count: `{100}`"),
    ("(?=look)", "invalid or unsupported Perl syntax: `(?=`"),
    ("(?!look)", "invalid or unsupported Perl syntax: `(?!`"),
    ("(?>a)", "invalid or unsupported Perl syntax: `(?>`"),
    ("(?x)a", "invalid or unsupported Perl syntax: `(?x`"),
    ("(?R)", "invalid or unsupported Perl syntax: `(?R`"),
    ("(?P=n)", "invalid or unsupported Perl syntax: `(?P`"),
    ("(?P<", "invalid or unsupported Perl syntax: `(?P`"),
    ("(?i", "invalid or unsupported Perl syntax: `(?i`"),
    ("(?", "invalid or unsupported Perl syntax: `(?`"),
    ("(?<", "invalid or unsupported Perl syntax: `(?<`"),
    ("(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"),
    ("(?i-s-m)", "invalid or unsupported Perl syntax: `(?i-s-`"),
    ("(?iÄ)", "invalid or unsupported Perl syntax: `(?iÄ`"),
    ("(?<=a)", "invalid named capture: `(?<=a)`"),
    ("(?<!a)b>", "invalid named capture: `(?<!a)b>`"),
    ("(?P<n-m>a)", "invalid named capture: `(?P<n-m>`"),
    ("(?<>a)", "invalid named capture: `(?<>`"),
    ("(?<n", "invalid named capture: `(?<n`"),
    (r"(a)\1", r"invalid escape sequence: `\1`"),
    (r"\8", r"invalid escape sequence: `\8`"),
    (r"\18", r"invalid escape sequence: `\1`"),
    (r"a\Z", r"invalid escape sequence: `\Z`"),
    (r"\C", r"invalid escape sequence: `\C`"),
    (r"\E", r"invalid escape sequence: `\E`"),
    (r"\u0041", r"invalid escape sequence: `\u`"),
    (r"\é", r"invalid escape sequence: `\é`"),
    (r"\x", r"invalid escape sequence: `\x`"),
    (r"\x4", r"invalid escape sequence: `\x4`"),
    (r"\xg1", r"invalid escape sequence: `\xg1`"),
    (r"\x{", r"invalid escape sequence: `\x{`"),
    (r"\x{}", r"invalid escape sequence: `\x{}`"),
    (r"\x{1q}", r"invalid escape sequence: `\x{1q`"),
    (r"\x{1100000}", r"invalid escape sequence: `\x{110000`"),
    (r"[\b]", r"invalid escape sequence: `\b`"),
    ("end\\", "trailing backslash at end of expression: ``"),
    ("[\\", "trailing backslash at end of expression: ``"),
    (r"\p", r"invalid character class range: `\p`"),
    (r"\pX", r"invalid character class range: `\pX`"),
    (r"\p{}", r"invalid character class range: `\p{}`"),
    (r"\p{Lu", r"invalid character class range: `\p{Lu`"),
    (r"\p{Alphabetic}x", r"invalid character class range: `\p{Alphabetic}`"),
    (r"\p{scx=Greek}", r"invalid character class range: `\p{scx=Greek}`"),
    (r"[\P{^Garay}]", r"invalid character class range: `\P{^Garay}`"),
];

#[test]
fn finds_what_go_finds() {
    for (pattern, found, missed) in MATCHES {
        let compiled = compiled(pattern);
        for text in *found {
            assert!(
                compiled.is_match(text),
                "{pattern} in {text:?}: {}",
                compiled.translated()
            );
        }
        for text in *missed {
            assert!(
                !compiled.is_match(text),
                "{pattern} in {text:?}: {}",
                compiled.translated()
            );
        }
    }
}

#[test]
fn refuses_what_go_refuses_in_its_words() {
    for (pattern, go) in REFUSED {
        let error = Pattern::new(pattern).expect_err(pattern);
        assert_eq!(error.go.as_deref(), Some(*go), "{pattern}");
    }
}

#[test]
fn says_what_and_why() {
    let messages: Vec<String> = ["(?=a)", "(?<=a)", r"(a)\1", "a**", r"\p{Grek}"]
        .into_iter()
        .map(|pattern| {
            let error = Pattern::new(pattern).expect_err(pattern);
            let help = error.help.unwrap_or_default();
            format!(
                "{} | {help} | {}",
                error.message,
                error.go.unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        messages,
        [
            "look-around `(?=` is not supported: patterns are RE2 | write two conditions, each with a pattern of its own; gateway policies can forbid one of them with `deny_if` | invalid or unsupported Perl syntax: `(?=`",
            "look-behind `(?<=` is not supported: patterns are RE2 | write two conditions, each with a pattern of its own; gateway policies can forbid one of them with `deny_if` | invalid named capture: `(?<=a)`",
            r"back-reference `\1` is not supported: patterns are RE2 | write out what may be repeated, such as `aa|bb`, or check the parts by other arguments | invalid escape sequence: `\1`",
            "`**` repeats a repetition | put the inner repetition in a group, `(?:…)` | invalid nested repetition operator: `**`",
            r"`\p{Grek}` names no class that RE2 knows | did you mean `\p{Greek}`? | invalid character class range: `\p{Grek}`",
        ]
    );
}

#[test]
fn translates_readably() {
    let translated = |pattern| compiled(pattern).translated().to_owned();
    assert_eq!(translated(r"^feat/[a-z]+$"), r"\Afeat/[a-z]+\z");
    assert_eq!(translated(r"(a|\d)*?\b"), r"(?:a|[0-9])*?(?-u:\b)");
    assert_eq!(translated(r"(?i)k1"), r"[Kk\x{212A}]1");
}

/// `levels` groups around an `a`, each with something of its own, so that every one counts.
fn nested(levels: usize) -> String {
    format!("{}a{}", "(?:".repeat(levels), "*b)".repeat(levels))
}

#[test]
fn nesting_is_limited_as_in_go() {
    let captures = |levels| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    assert!(compiled(&captures(999)).is_match("a"));
    let pattern = captures(1000);
    let error = Pattern::new(&pattern).expect_err("too deep");
    assert_eq!(
        error.go,
        Some(format!("expression nests too deeply: `{pattern}`"))
    );
    assert!(error.message.len() < 100);
    // Groups that capture nothing leave no trace in the tree.
    let plain = format!("{}a{}", "(?:".repeat(20_000), ")".repeat(20_000));
    assert!(Pattern::new(&plain[..]).is_err_and(|error| error.go.is_none()));
    let plain = format!("{}a{}", "(?:".repeat(8_000), ")".repeat(8_000));
    assert!(compiled(&plain).is_match("a"));
    assert!(Pattern::new(&nested(499)).is_ok());
    assert!(Pattern::new(&nested(500)).is_err());
}

#[test]
fn compiling_is_bounded() {
    for pattern in [
        r"\pL{1000}".to_owned(),
        r"(?i)\p{Any}{1000}[^k]{1000}".to_owned(),
        r"\PL".repeat(5_000),
        "(?i)k".repeat(6_000),
        "x".repeat(70_000),
        "(?:a{1000}|b){1000}".replace("a{1000}", "a"),
        format!("({}){{1000}}", "a|bc*".repeat(3_000)),
    ] {
        let shown: String = pattern.chars().take(30).collect();
        if let Err(error) = Pattern::new(&pattern) {
            assert!(error.message.len() < 200, "{shown}");
        }
    }
    // What is taken can be matched, at the very edge of the bound too.
    let (mut taken, mut refused) = (0, 0);
    for part in [r"\pL", r"[^a-z]", r"(?:\pN|x*)", r"(?i)\w\W", r"\b\B\pL$"] {
        for times in [1, 30, 400, 550, 700, 850, 1_000] {
            match Pattern::new(&format!("(?:{part}{part}){{{times}}}")) {
                Ok(pattern) => {
                    pattern.is_match("aé");
                    taken += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(
        taken > 10 && refused > 1,
        "{taken} taken, {refused} refused"
    );
    let pattern = format!("({}){{1000}}", "a*b+".repeat(3_000));
    let error = Pattern::new(&pattern).expect_err("too large");
    assert_eq!(error.go, Some(format!("expression too large: `{pattern}`")));
    let error = Pattern::new(r"(?:\pL\PL\pM\PM){1000}").expect_err("too large for us");
    assert_eq!(error.go, None);
    // What people write for names and titles in any script is not.
    for pattern in [
        r"^[\p{L}\p{N} .,-]{1,120}$",
        r"^\PC{1,500}$",
        r"^\p{L}{1,1000}$",
    ] {
        assert!(compiled(pattern).is_match("Łódź"), "{pattern}");
    }
}

/// Constructs that mean the same to Go and to the `regex` crate.
fn common_pattern() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "b",
        "é",
        "k",
        "-",
        "[a-c]",
        "[^a]",
        "[é0-9]",
        ".",
        "^",
        "$",
        r"\.",
        r"\n",
        "(?i:k)",
        "(?i:[^s])",
        r"\p{Greek}",
        "(?s:.)",
        "(?m:^)",
        "(?m:$)",
        "",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let repeat = prop::sample::select(vec!["*", "+", "?", "{2}", "{0,2}", "*?", "{1,}"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("({})", parts.join("|"))),
            (inner, repeat).prop_map(|(part, repeat)| format!("(?:{part}){repeat}")),
        ]
    })
}

/// Strings that are mostly syntax.
fn syntax_soup() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "(",
        ")",
        "(?:",
        "(?i)",
        "(?P<n>",
        "(?-s:",
        "|",
        "*",
        "+",
        "?",
        "{",
        "}",
        "{2,3}",
        "{,",
        "[",
        "]",
        "[^",
        "[:alpha:]",
        "-",
        r"\",
        r"\d",
        r"\W",
        r"\p{Lu}",
        r"\pN",
        r"\P{^Greek}",
        r"\Q",
        r"\E",
        r"\x{",
        r"\x4",
        r"\12",
        "a",
        "z",
        "é",
        "1",
        "^",
        "$",
        ".",
        "&&",
        "~",
    ]);
    prop::collection::vec(token, 0..16).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(pattern in any::<String>(), text in any::<String>()) {
        if let Ok(pattern) = Pattern::new(&pattern) {
            pattern.is_match(&text);
        }
    }

    /// What parses also translates: the crate never refuses the syntax of a translation.
    #[test]
    fn a_translation_is_well_formed(pattern in syntax_soup(), text in "[a-z1é({\n]{0,8}") {
        match Pattern::new(&pattern) {
            Ok(pattern) => { pattern.is_match(&text); }
            Err(error) => prop_assert!(!error.message.contains("can't be translated")),
        }
    }

    #[test]
    fn common_constructs_keep_their_meaning(
        pattern in common_pattern(),
        text in "[abékKs\u{212A}αω.\n-]{0,8}",
    ) {
        let plain = regex::Regex::new(&pattern).expect("the crate takes its own syntax");
        let translated = compiled(&pattern);
        prop_assert_eq!(translated.is_match(&text), plain.is_match(&text), "{}", translated.translated());
    }
}

#[test]
fn places_inside_of_a_character_hide_no_match() {
    let pattern = Pattern::new(r"[^a]|\B").expect("Go takes it");
    assert!(pattern.is_match("aéa"));
    assert!(!Pattern::new(r"\B").expect("Go takes it").is_match("a"));
}
