//! Why a pattern is refused: in our words, and in those of Go's `regexp` package.

/// Why a pattern is not RE2, or can't be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// One lower-case sentence; quotes the offending part of the pattern, never the whole of a
    /// long one.
    pub message: String,
    /// What to write instead, where something can be said.
    pub help: Option<String>,
    /// What Go prints after `error parsing regexp: `. `None` where (some version of) Go takes the
    /// pattern and only this crate does not.
    pub go: Option<String>,
}

/// The ways in which a pattern breaks Go's syntax, each with the part of the pattern that Go quotes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault<'a> {
    /// `\p{Nope}`, `[[:nope:]]`.
    UnknownClass(&'a str),
    /// `z-a` within a class.
    ReversedRange(&'a str),
    Escape(&'a str),
    TrailingBackslash,
    /// A capture's name is missing, unclosed or malformed; look-behind reads as one.
    NamedCapture(&'a str),
    /// What follows `(?` is neither flags nor a group.
    PerlSyntax(&'a str),
    NestedRepeat(&'a str),
    /// `{5,2}`.
    BackwardCount(&'a str),
    /// `{1001}`.
    RepeatCount(&'a str),
    /// `(a{100}){100}`.
    NestedCount(&'a str),
    MissingArgument(&'a str),
    /// The class from its `[` on.
    OpenClass(&'a str),
    /// The whole pattern.
    OpenGroup(&'a str),
    /// The whole pattern.
    UnopenedGroup(&'a str),
    /// The whole pattern.
    TooDeep(&'a str),
    /// The whole pattern.
    TooLarge(&'a str),
}

impl Fault<'_> {
    /// Go's sentence and the part that it quotes.
    fn go(self) -> (&'static str, String) {
        let (phrase, quoted) = match self {
            Self::UnknownClass(part) | Self::ReversedRange(part) => {
                ("invalid character class range", part)
            }
            Self::Escape(part) => ("invalid escape sequence", part),
            Self::TrailingBackslash => ("trailing backslash at end of expression", ""),
            Self::NamedCapture(part) => ("invalid named capture", part),
            Self::PerlSyntax(part) => ("invalid or unsupported Perl syntax", part),
            Self::NestedRepeat(part) => ("invalid nested repetition operator", part),
            Self::BackwardCount(part) | Self::RepeatCount(part) | Self::NestedCount(part) => {
                ("invalid repeat count", part)
            }
            Self::MissingArgument(part) => ("missing argument to repetition operator", part),
            Self::OpenClass(part) => ("missing closing ]", part),
            Self::OpenGroup(part) => ("missing closing )", part),
            Self::UnopenedGroup(part) => ("unexpected )", part),
            Self::TooDeep(part) => ("expression nests too deeply", part),
            Self::TooLarge(part) => ("expression too large", part),
        };
        (phrase, quoted.to_owned())
    }

    fn message(self) -> String {
        match self {
            Self::UnknownClass(part) => format!("`{}` names no class that RE2 knows", brief(part)),
            Self::ReversedRange(part) => format!("the range `{}` runs backwards", brief(part)),
            Self::Escape(part) => escape_message(part),
            Self::TrailingBackslash => "a lone `\\` ends the pattern".to_owned(),
            Self::NamedCapture(part) => capture_message(part),
            Self::PerlSyntax(part) => perl_message(part),
            Self::NestedRepeat(part) => {
                format!("`{}` repeats a repetition", brief(part))
            }
            Self::BackwardCount(part) => {
                format!("the repetition `{}` counts backwards", brief(part))
            }
            Self::RepeatCount(part) => {
                format!("the repetition `{}` counts above 1000", brief(part))
            }
            Self::NestedCount(part) => format!(
                "the repetition `{}` comes to more than 1000 copies, with the repetitions inside it",
                brief(part)
            ),
            Self::MissingArgument(part) => format!("`{}` has nothing to repeat", brief(part)),
            Self::OpenClass(part) => format!("the class `{}` is never closed", brief(part)),
            Self::OpenGroup(_) => "a group is never closed: `)` is missing".to_owned(),
            Self::UnopenedGroup(_) => "a `)` closes no group".to_owned(),
            Self::TooDeep(_) => "the pattern nests deeper than 1000 levels".to_owned(),
            Self::TooLarge(_) => {
                "the pattern is too large once its repetitions are written out".to_owned()
            }
        }
    }

    fn help(self) -> Option<String> {
        let help = match self {
            Self::Escape(r"\Z") => r"write `\z` for the end of the text".to_owned(),
            Self::Escape(r"\C") => r"write `(?s:.)` for any character".to_owned(),
            Self::Escape(r"\u" | r"\U") => r"write `\x{…}`".to_owned(),
            Self::Escape(r"\h") => r"write `[\t ]`".to_owned(),
            Self::Escape(part) if part.starts_with(r"\x") => {
                r"write `\x7F` or `\x{10FFFF}`".to_owned()
            }
            Self::Escape(part) if is_back_reference(part) => BACK_REFERENCE_HELP.to_owned(),
            Self::NamedCapture(part) if is_look_behind(part) => LOOK_AROUND_HELP.to_owned(),
            Self::PerlSyntax(part) => return perl_help(part).map(str::to_owned),
            Self::BackwardCount(_) => "put the smaller number first".to_owned(),
            Self::RepeatCount(_) => {
                "write a smaller number, or `*` or `+` for any number".to_owned()
            }
            Self::NestedCount(_) => {
                "write smaller numbers, or `*` or `+` for any number".to_owned()
            }
            Self::TrailingBackslash => r"write `\\` for a literal backslash".to_owned(),
            Self::NestedRepeat(part) if part.ends_with('+') => {
                "possessive repetitions are not RE2; a repetition of a group is written `(?:…)+`"
                    .to_owned()
            }
            Self::NestedRepeat(_) => "put the inner repetition in a group, `(?:…)`".to_owned(),
            Self::MissingArgument(part) => {
                format!("write `\\{}` for the literal character", brief(part))
            }
            Self::OpenClass(_) => r"write `\[` for a literal bracket".to_owned(),
            Self::OpenGroup(_) => r"write `\(` for a literal parenthesis".to_owned(),
            Self::UnopenedGroup(_) => r"write `\)` for a literal parenthesis".to_owned(),
            _ => return None,
        };
        Some(help)
    }
}

impl From<Fault<'_>> for PatternError {
    fn from(fault: Fault<'_>) -> Self {
        let (phrase, quoted) = fault.go();
        Self {
            message: fault.message(),
            help: fault.help(),
            go: Some(format!("{phrase}: `{quoted}`")),
        }
    }
}

impl PatternError {
    /// Go would take the pattern; we don't.
    pub(super) fn ours(message: impl Into<String>, help: Option<String>) -> Self {
        Self {
            message: message.into(),
            help,
            go: None,
        }
    }
}

const LOOK_AROUND_HELP: &str = "write two conditions, each with a pattern of its own; gateway policies can forbid one of them \
     with `deny_if`";
const BACK_REFERENCE_HELP: &str =
    "write out what may be repeated, such as `aa|bb`, or check the parts by other arguments";

fn is_back_reference(part: &str) -> bool {
    let rest = part.strip_prefix('\\').unwrap_or(part);
    rest.starts_with(|c: char| c.is_ascii_digit())
}

fn is_look_behind(part: &str) -> bool {
    part.starts_with("(?<=") || part.starts_with("(?<!")
}

/// What to write instead of a group that other engines have.
fn perl_help(part: &str) -> Option<&'static str> {
    Some(match part.chars().nth(2)? {
        '=' | '!' => LOOK_AROUND_HELP,
        '>' => "write an ordinary group, `(?:…)`: RE2 never backtracks",
        '#' => "leave the comment out",
        '|' => "write an ordinary group, `(?:…)`",
        '(' => "write the cases as alternatives, `a|b`",
        'P' if part.starts_with("(?P=") => BACK_REFERENCE_HELP,
        _ => return None,
    })
}

fn escape_message(part: &str) -> String {
    if is_back_reference(part) {
        return format!("back-reference `{part}` is not supported: patterns are RE2");
    }
    if part == r"\C" {
        return r"`\C` (any byte) is not supported: text is matched by characters".to_owned();
    }
    format!("`{}` is not an escape that RE2 knows", brief(part))
}

fn capture_message(part: &str) -> String {
    if is_look_behind(part) {
        let behind = &part[..4];
        return format!("look-behind `{behind}` is not supported: patterns are RE2");
    }
    format!(
        "`{}` is no group name: a name is letters, digits and `_` up to a `>`",
        brief(part)
    )
}

fn perl_message(part: &str) -> String {
    let kind = match part.chars().nth(2) {
        Some('=' | '!') => "look-around",
        Some('>') => "atomic group",
        Some('#') => "comment",
        Some('|') => "branch reset",
        Some('(') => "conditional",
        Some('R' | '&' | '0'..='9' | '+') => "recursion",
        Some('P') => return format!("`{}` is not supported: patterns are RE2", brief(part)),
        _ => {
            return format!(
                "`{}` is neither a group nor flags that RE2 knows (`i`, `m`, `s`, `U`)",
                brief(part)
            );
        }
    };
    format!(
        "{kind} `{}` is not supported: patterns are RE2",
        brief(part)
    )
}

/// The first characters of `part`, so that a hostile pattern does not become a hostile message.
pub(super) fn brief(part: &str) -> String {
    const SHOWN: usize = 40;
    match part.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}…", &part[..cut]),
        None => part.to_owned(),
    }
}
