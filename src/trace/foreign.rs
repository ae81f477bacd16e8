//! Files that are given as recordings of a format and have nothing of it: what they look like
//! instead, and how they are refused.

use std::fmt;
use std::io::{self, Read};

use super::Stream;
use super::blocks::Blocks;
use super::convert::{Item, Items};
use super::format::{Format, LOOKED_AT, Look, Shape};

/// What is given for a recording by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// The decisions that `simulate --format jsonl` writes.
    Decisions,
    /// A snapshot of decisions.
    Snapshot,
    /// A policy.
    Policy,
    /// A list of tools.
    ToolList,
}

impl Other {
    /// What mcplint itself writes about calls. Read as calls, all of these would be without arguments.
    pub(super) fn written_by_mcplint(shape: &Shape<'_>) -> Option<Self> {
        const DECISION: [&str; 6] = ["line", "tool", "decision", "rule", "pointer", "policy"];
        if shape.has("mcplint_snapshot") {
            return Some(Other::Snapshot);
        }
        let is_decision = DECISION.iter().all(|key| shape.has(key));
        is_decision.then_some(Other::Decisions)
    }

    /// What a whole document is that begins with `text`.
    pub(super) fn of_document(text: &str) -> Option<Self> {
        let shape = Shape::of(text);
        let begins = |key: &str, with: char| shape.raw(key).is_some_and(|v| v.starts_with(with));
        let has_rules = begins("tools", '{') || shape.has("default") || shape.has("all_tools");
        if shape.has("version") && has_rules || is_policy_in_yaml(text) {
            return Some(Other::Policy);
        }
        let list = text.strip_prefix('[').map(str::trim_ascii_start);
        let first = Shape::of(list.unwrap_or(""));
        let is_tool = first.has("name") && first.has("inputSchema");
        (begins("tools", '[') || is_tool).then_some(Other::ToolList)
    }

    /// Whether it is refused even if somebody says that it is a recording.
    fn is_certain(self) -> bool {
        matches!(self, Other::Decisions | Other::Snapshot)
    }
}

/// Whether a YAML document that begins like this has the keys of a policy. No recording is in YAML.
fn is_policy_in_yaml(text: &str) -> bool {
    let has = |key: &str| {
        let mut rest = text.lines().filter_map(|line| line.strip_prefix(key));
        rest.any(|rest| rest.starts_with(':'))
    };
    has("version") && (has("tools") || has("default") || has("all_tools"))
}

impl fmt::Display for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Other::Decisions => "these are decisions of mcplint, not a trace",
            Other::Snapshot => "this is a snapshot of mcplint's decisions, not a trace",
            Other::Policy => "this looks like a policy, not a trace",
            Other::ToolList => "this looks like a tool list, not a trace",
        })
    }
}

/// A file that has nothing of the format that it was to be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// The format that was asked for.
    pub asked: Option<Format>,
    /// What the file looks like.
    pub look: Look,
}

impl Foreign {
    /// What `error` says, if it is about such a file.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(asked) = self.asked {
            let name = asked.name();
            write!(
                f,
                "nothing in it is of the format that --input names, `{name}`"
            )?;
        }
        match (self.look, self.asked) {
            (Look::Format(format), _) => write!(f, ": it looks like `{}`", format.name()),
            (Look::Other(other), Some(_)) => write!(f, ": {other}"),
            (Look::Other(other), None) => write!(f, "{other}"),
            (Look::Unknown, Some(_)) => Ok(()),
            (Look::Unknown, None) => f.write_str("no recording that is known begins like this"),
        }
    }
}

impl std::error::Error for Foreign {}

impl From<Foreign> for io::Error {
    fn from(foreign: Foreign) -> Self {
        io::Error::new(io::ErrorKind::InvalidData, foreign)
    }
}

/// A stream of which the start was looked at.
pub(super) struct Told {
    /// The format that was asked for, or else the one that the stream seems to have.
    pub format: Option<Format>,
    /// What to say if the stream turns out to have nothing of the format that was asked for.
    pub doubt: Option<Foreign>,
    /// The stream as it was.
    pub stream: Stream,
}

impl Told {
    /// Looks at the start of `stream`, which is to be read as `asked`, if anything.
    ///
    /// # Errors
    /// What reading says, or [`Foreign`] for what is no recording.
    pub fn of(mut stream: Stream, asked: Option<Format>) -> io::Result<Self> {
        let mut start = Vec::with_capacity(LOOKED_AT);
        let mut first = (&mut stream).take(LOOKED_AT as u64);
        first.read_to_end(&mut start)?;
        let text = String::from_utf8_lossy(&start);
        let look = Look::of(&text);
        let foreign = Foreign { asked, look };
        if let Look::Other(other) = look
            && (asked.is_none() || other.is_certain())
        {
            return Err(Foreign {
                asked: None,
                ..foreign
            }
            .into());
        }
        let is_blank = text.trim_start_matches('\u{feff}').trim_ascii().is_empty();
        let is_doubted = asked.is_some_and(|asked| !is_blank && !asked.is_of(&text));
        Ok(Self {
            format: asked.or(look.format()),
            doubt: is_doubted.then_some(foreign),
            stream: Box::new(io::Cursor::new(start).chain(stream)),
        })
    }

    /// The calls, read as `format` in blocks of about `size` bytes.
    ///
    /// # Errors
    /// If the format can't be read.
    pub fn items(self, format: Format, size: usize) -> io::Result<Box<dyn Items>> {
        let items = format.items(Blocks::of_size(self.stream, size))?;
        Ok(match self.doubt {
            None => items,
            doubt => Box::new(Doubted { items, doubt }),
        })
    }
}

/// The calls of a recording that does not begin like one of its format. Ends in an error if there
/// are none.
struct Doubted {
    items: Box<dyn Items>,
    doubt: Option<Foreign>,
}

impl Items for Doubted {
    fn next_item(&mut self) -> io::Result<Option<Item>> {
        let item = self.items.next_item()?;
        let is_unknown = |foreign: &Foreign| foreign.look == Look::Unknown;
        match &item {
            Some(Item::Call(_)) => self.doubt = None,
            // What is wrong with a line says more than that it looks like nothing that is known.
            Some(Item::Problem { .. }) if self.doubt.as_ref().is_some_and(is_unknown) => {
                self.doubt = None;
            }
            Some(_) => {}
            None => {
                if let Some(foreign) = self.doubt.take() {
                    return Err(foreign.into());
                }
            }
        }
        Ok(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_recording_is_told_by_its_keys() {
        let told = |text: &str| match Look::of(text) {
            Look::Other(other) => Some(other),
            _ => None,
        };
        let decision = r#"{"line":1,"ts":null,"tool":"t","decision":"deny","rule":"","pointer":"","policy":null}"#;
        assert_eq!(told(decision), Some(Other::Decisions));
        assert_eq!(
            told("{\"mcplint_snapshot\":1}\n{\"line\":1,\"tool\":\"t\"}"),
            Some(Other::Snapshot)
        );
        let policy = "{\n  \"version\": \"1\",\n  \"tools\": {\n    \"x\":\n {\"tool\":1}\n}\n}";
        assert_eq!(told(policy), Some(Other::Policy));
        assert_eq!(told(&policy[..40]), Some(Other::Policy), "it is cut off");
        assert_eq!(
            told("{\"tools\":[\n{\"name\":\"x\"}]}"),
            Some(Other::ToolList)
        );
        assert_eq!(
            told(r#"[{"name":"x","inputSchema":{}}]"#),
            Some(Other::ToolList)
        );
        for recording in [
            r#"{"tool":"t","decision":"allow","policy":"p"}"#,
            r#"{"tool":"t","version":"1","tools":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#,
            "{\n\"resourceSpans\":[\n{\"tools\":[]}\n]}",
        ] {
            assert_eq!(told(recording), None, "{recording}");
            assert_ne!(Look::of(recording), Look::Unknown, "{recording}");
        }
    }
}
