//! How the objections to a gateway policy are said: which rule of form each one breaks, what is
//! wrong, and what to write instead.

use std::collections::BTreeMap;

use ahash::AHashSet;

use super::foreign;
use super::part::Part;
use super::places::{Place, Places};
use super::words::{
    KEYS_BY_OTHER_NAMES, OPERATORS_BY_OTHER_NAMES, POSTURES_BY_OTHER_NAMES, Synonyms, WINDOW_HELP,
    WINDOWS_BY_OTHER_NAMES, argument_in, did_you_mean, json, listed, literal, meant,
    operators_help, shown, unquoted, window_of, write,
};
use super::{About, Objection};
use crate::finding::Finding;
use crate::policy::condition::OPERATORS;
use crate::policy::limit::Window;
use crate::rules::Rule;
use crate::rules::form::{
    INVALID_CONDITION, INVALID_LIMIT, MISSING_KEY, UNKNOWN_KEY, UNSUPPORTED_VERSION, WRONG_TYPE,
};
use crate::source::tree::{Node, ScalarKind, join, tokens};
use crate::suggest::quoted;

/// The findings for `objections`, in no particular order.
pub(super) fn findings(objections: &[Objection], places: &Places) -> Vec<Finding> {
    if let Some(finding) = foreign::wallet_policy(places) {
        return vec![finding];
    }
    let mut report = Report {
        places,
        findings: Vec::new(),
        explained: AHashSet::default(),
    };
    // Unexpected keys first: one that is misspelt explains the absence of the right one.
    for Objection { pointer, about } in objections {
        if let About::Unexpected(key) = about {
            report.unexpected(pointer, key);
        }
    }
    let mut absent: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for Objection { pointer, about } in objections {
        match about {
            About::Unexpected(_) => {}
            About::Missing(key) => absent.entry(pointer).or_default().push(key),
            About::Unnamed => report.unnamed(pointer),
            About::Value => report.findings.push(value(pointer, places)),
        }
    }
    for (pointer, keys) in absent {
        report.missing(pointer, keys);
    }
    report.findings
}

struct Report<'p, 'a> {
    places: &'p Places<'a>,
    findings: Vec<Finding>,
    /// Objects and the absent keys that a finding about another key of theirs accounts for.
    explained: AHashSet<(String, String)>,
}

impl Report<'_, '_> {
    fn unexpected(&mut self, pointer: &str, key: &str) {
        let path: Vec<String> = tokens(pointer).collect();
        let part = Part::at(&path);
        let object = self.places.find(pointer).node;
        let Some(entry) = self.places.member(object, key) else {
            return;
        };
        let sibling = |key: &str| self.places.member(object, key);
        if foreign::is_covered(part, key, &sibling) {
            return;
        }
        if foreign::owner(part, entry).is_some() {
            // Intercept's rules say in other keys when they apply.
            if part == Part::Rule {
                self.explain(pointer, "conditions");
            }
            let found = foreign::finding(part, &path, entry, &sibling);
            self.findings.extend(found);
            return;
        }
        let message = format!("{} is not a key of {}", quoted(key), part.noun());
        let finding = Finding::new(&UNKNOWN_KEY, join(pointer, key), entry.key_span, message);
        let absent = part
            .keys()
            .filter(|known| self.places.member(object, known).is_none());
        let help = match misplaced(part, key) {
            Some(help) => help,
            None => match meant(key, absent, KEYS_BY_OTHER_NAMES) {
                Some(known) => {
                    self.explain(pointer, known);
                    did_you_mean(known)
                }
                None => format!("{} can have {}", part.noun(), listed(part.keys(), "and")),
            },
        };
        self.findings.push(finding.help(help));
    }

    fn explain(&mut self, pointer: &str, key: &str) {
        self.explained.insert((pointer.to_owned(), key.to_owned()));
    }

    /// All that is absent from one object is one finding.
    fn missing(&mut self, pointer: &str, mut keys: Vec<&str>) {
        keys.retain(|key| {
            let absence = (pointer.to_owned(), (*key).to_owned());
            !self.explained.contains(&absence)
        });
        let path: Vec<String> = tokens(pointer).collect();
        let noun = Part::at(&path).noun().trim_start_matches("a ");
        let place = self.places.find(pointer);
        let (message, help) = match keys[..] {
            [] => return,
            [key] => {
                let part = Part::at(&below(&path, key));
                let message = format!(
                    "this {noun} has no `{key}`, which must be {}",
                    part.must_be()
                );
                (message, addition(part, &path, place.node))
            }
            _ => {
                let members = keys.iter().map(|key| {
                    let part = Part::at(&below(&path, key));
                    member(part, &path, place.node)
                });
                let members: Vec<String> = members.collect();
                let listed = listed(keys.iter().copied(), "or");
                let message = format!("this {noun} has no {listed}");
                (message, format!("add `{}`", members.join(", ")))
            }
        };
        let finding = Finding::new(&MISSING_KEY, pointer, place.owner_span(), message);
        self.findings.push(finding.help(help));
    }

    /// A tool without a name in the object at `pointer`.
    fn unnamed(&mut self, pointer: &str) {
        let object = self.places.find(pointer).node;
        if let Some(entry) = self.places.member(object, "") {
            let message = "the name of a tool must not be empty";
            let pointer = join(pointer, "");
            let finding = Finding::new(&WRONG_TYPE, pointer, entry.key_span, message);
            self.findings
                .push(finding.help("write the tool's name, or remove the entry"));
        }
    }
}

const LEAVE_OUT: &str = "leave the key out";

/// The reference tokens of a member of the object at `path`.
fn below(path: &[String], key: &str) -> Vec<String> {
    let mut longer = path.to_vec();
    longer.push(key.to_owned());
    longer
}

/// What to do about the absence of `part` from `object`, which is at `path`.
fn addition(part: Part, path: &[String], object: &Node) -> String {
    match part {
        Part::Operator => operators_help(),
        Part::Default => {
            format!(
                "add `{}` to deny every tool that is not listed",
                member(part, path, object)
            )
        }
        Part::Conditions => format!(
            "add `{}`; an empty list makes the rule apply to every call",
            member(part, path, object)
        ),
        _ => format!("add `{}`", member(part, path, object)),
    }
}

/// What to add to `object`, which is at `path` and lacks `part`.
fn member(part: Part, path: &[String], object: &Node) -> String {
    let text = match part {
        Part::Version => r#""version": "1""#,
        Part::Default => r#""default": "deny""#,
        Part::Conditions => r#""conditions": [ … ]"#,
        Part::Path => r#""path": "args.<field>""#,
        Part::Operator => r#""op": "eq""#,
        Part::Operand if object.get("op").and_then(Node::as_str) == Some("exists") => {
            r#""value": true"#
        }
        Part::Operand => r#""value": …"#,
        Part::Counter => return format!(r#""counter": {}"#, json(&counter_name(path))),
        Part::Window => r#""window": "minute""#,
        Part::Max => r#""max": 10"#,
        _ => r#""scope": "grant""#,
    };
    text.to_owned()
}

/// The customary name of a counter for the tool that `path` leads to.
pub(super) fn counter_name(path: &[String]) -> String {
    match path {
        [tools, name, ..] if tools == "tools" => format!("{}_rate", name.to_lowercase()),
        _ => "all_tools_rate".into(),
    }
}

/// Advice about a key that stands in the wrong object.
fn misplaced(part: Part, key: &str) -> Option<String> {
    if part == Part::OverallLimit && key == "increment_from" {
        return Some(
            "limits of `all_tools` count each call as 1: put this limit under the tool that has \
             the argument"
                .into(),
        );
    }
    let homes: Vec<&str> = Part::homes_of(key).map(Part::noun).collect();
    (!homes.is_empty()).then(|| format!("`{key}` is a key of {}", homes.join(" or of ")))
}

/// Says what is wrong with a value.
fn value(pointer: &str, places: &Places) -> Finding {
    let path: Vec<String> = tokens(pointer).collect();
    let value = Wrong {
        part: Part::at(&path),
        pointer,
        place: places.find(pointer),
        path: &path,
    };
    match value.part {
        Part::Version => value.version(),
        Part::Default => value.choice(&WRONG_TYPE, &["allow", "deny"], POSTURES_BY_OTHER_NAMES),
        Part::Window => value.choice(&INVALID_LIMIT, &Window::NAMES, WINDOWS_BY_OTHER_NAMES),
        Part::Scope => value.choice(&INVALID_LIMIT, &["grant"], &[]),
        Part::Operator => value.choice(&INVALID_CONDITION, &OPERATORS, OPERATORS_BY_OTHER_NAMES),
        Part::Operand => value.operand(places),
        Part::Path => value.argument_path(&INVALID_CONDITION),
        Part::IncrementFrom => value.argument_path(&INVALID_LIMIT),
        Part::Max => value.max(),
        Part::Counter => value.name(&INVALID_LIMIT),
        Part::HiddenName => value.name(&WRONG_TYPE),
        _ => value.wrong_type(),
    }
}

/// A value that the schema objects to.
struct Wrong<'a> {
    part: Part,
    pointer: &'a str,
    place: Place<'a>,
    path: &'a [String],
}

impl<'a> Wrong<'a> {
    fn node(&self) -> &'a Node {
        self.place.node
    }

    fn finding(&self, rule: &'static Rule, message: String) -> Finding {
        Finding::new(rule, self.pointer, self.place.span(), message)
    }

    /// "… must be …, not …", the form of nearly every message.
    fn must_be(&self, rule: &'static Rule, but_is: &str) -> Finding {
        let message = format!(
            "{} must be {}, not {but_is}",
            self.subject(),
            self.part.must_be()
        );
        self.finding(rule, message)
    }

    /// What the value is called.
    fn subject(&self) -> String {
        let parent = |levels: usize| match self.path.iter().rev().nth(levels) {
            Some(key) => quoted(key),
            None => "the policy".into(),
        };
        match self.part {
            Part::Policy => "a policy".into(),
            Part::HiddenName => "an entry of `hide`".into(),
            Part::Tool => format!("tool {}", parent(0)),
            Part::Rule => format!("a rule of {}", parent(1)),
            Part::Condition => "a condition".into(),
            Part::Limit | Part::OverallLimit => "a limit".into(),
            _ => parent(0),
        }
    }

    fn wrong_type(&self) -> Finding {
        let finding = self.must_be(&WRONG_TYPE, &shown(self.node()));
        match self.retyped() {
            Some(help) => finding.help(help),
            None => finding,
        }
    }

    /// What to write instead of a value of the wrong type.
    fn retyped(&self) -> Option<String> {
        let node = self.node();
        let is_null = node.as_scalar().is_some_and(|s| s.kind == ScalarKind::Null);
        match self.part {
            Part::Hide | Part::AllTools | Part::Tools if is_null => Some(LEAVE_OUT.into()),
            Part::Rules | Part::Limits | Part::OnDeny if is_null => Some(LEAVE_OUT.into()),
            Part::Rule | Part::Condition | Part::Limit | Part::OverallLimit if is_null => {
                Some("remove it, or write what is missing".into())
            }
            Part::Conditions if is_null => {
                Some("write `[]` for a rule that applies to every call".into())
            }
            Part::Hide => node
                .as_str()
                .map(|name| write(&format!("[{}]", json(name)))),
            Part::Rules | Part::Conditions | Part::Limits => node
                .as_mapping()
                .map(|_| "put it in a list: `[{ … }]`".into()),
            Part::Tool => Some(match node.as_str().map(str::to_lowercase).as_deref() {
                Some("deny") => {
                    r#"write `{ "deny_if": [{ "conditions": [] }] }` to deny every call"#.into()
                }
                _ => "write `{}` for a tool without rules or limits".into(),
            }),
            Part::Tools => {
                let first = node.as_sequence()?.first()?.as_str()?;
                Some(write(&format!("{{ {}: {{}}, … }}", json(first))))
            }
            Part::AllTools => node.as_sequence().map(|_| write(r#"{ "limits": [ … ] }"#)),
            Part::HiddenName | Part::Counter | Part::OnDeny if !is_null => {
                node.as_scalar().map(|scalar| write(&json(&scalar.text)))
            }
            _ => None,
        }
    }

    fn version(&self) -> Finding {
        let help = "write `\"version\": \"1\"`";
        let node = self.node();
        if let Some(text) = node.as_str() {
            let message = format!(
                "policy version {} is not supported: the only version is `\"1\"`",
                quoted(text)
            );
            return self.finding(&UNSUPPORTED_VERSION, message).help(help);
        }
        let but_is = shown(node);
        let message = format!("`version` must be the string `\"1\"`, in quotes, not {but_is}");
        self.finding(&UNSUPPORTED_VERSION, message).help(help)
    }

    /// One word out of several. `rule` is broken by a word that is none of them.
    fn choice(&self, rule: &'static Rule, words: &[&'static str], synonyms: Synonyms) -> Finding {
        let Some(text) = self.node().as_str() else {
            let seconds = (self.part == Part::Window)
                .then(|| window_of(self.node()))
                .flatten();
            let finding = self.must_be(&WRONG_TYPE, &shown(self.node()));
            return match (seconds, self.part) {
                (Some(window), _) => finding.help(write(&json(&window.to_string()))),
                (None, Part::Window) => finding.help(WINDOW_HELP),
                (None, Part::Operator) => finding.help(operators_help()),
                _ => finding,
            };
        };
        if let Some(word) = words
            .iter()
            .find(|word| word.eq_ignore_ascii_case(text.trim()))
        {
            let message = format!(
                "{} must be written `{word}`, not {}",
                self.subject(),
                quoted(text)
            );
            return self.finding(&WRONG_TYPE, message).help(write(&json(word)));
        }
        let finding = self.must_be(rule, &quoted(text));
        match meant(text, words.iter().copied(), synonyms) {
            Some(word) => finding.help(did_you_mean(word)),
            None if words.len() == 1 => finding.help(write(&json(words[0]))),
            None if self.part == Part::Operator => finding.help(operators_help()),
            None if self.part == Part::Window => finding.help(WINDOW_HELP),
            None => finding,
        }
    }

    fn name(&self, rule: &'static Rule) -> Finding {
        match self.node().as_str() {
            Some(_) => {
                let message = format!("{} must not be empty", self.subject());
                let help = match self.part {
                    Part::Counter => write(&json(&counter_name(self.path))),
                    _ => "write the tool's name, or remove the entry".into(),
                };
                self.finding(rule, message).help(help)
            }
            None => self.wrong_type(),
        }
    }

    fn max(&self) -> Finding {
        let node = self.node();
        let Some(scalar) = node.as_scalar() else {
            return self.wrong_type();
        };
        let n = match scalar.kind {
            ScalarKind::Int(n) => n as f64,
            ScalarKind::UInt(n) => n as f64,
            ScalarKind::Float(n) => n,
            _ => {
                let finding = self.wrong_type();
                return match scalar.text.trim().parse::<i64>() {
                    Ok(n) if n >= 1 => finding.help(unquoted(n)),
                    _ => finding,
                };
            }
        };
        let written = quoted(&scalar.text);
        if n >= 1.0 && (n.fract() == 0.0 || n.is_infinite()) {
            let message = format!("`max` must be at most {}, not {written}", i64::MAX);
            return self.finding(&INVALID_LIMIT, message);
        }
        let finding = self.must_be(&INVALID_LIMIT, &written);
        if n > 1.0 {
            let (below, above) = (n.floor(), n.ceil());
            finding.help(format!("write `{below}` or `{above}`"))
        } else if n <= 0.0 {
            finding.help("to deny every call, write `\"deny_if\": [{ \"conditions\": [] }]`")
        } else {
            finding
        }
    }

    /// A path that does not name an argument breaks `rule`.
    fn argument_path(&self, rule: &'static Rule) -> Finding {
        let Some(text) = self.node().as_str() else {
            return self.wrong_type();
        };
        let key = self.subject();
        if text.starts_with("args.") {
            let message = format!("{key} has an empty field name: {}", quoted(text));
            let fields: Vec<&str> = text.split('.').filter(|field| !field.is_empty()).collect();
            let finding = self.finding(rule, message);
            return match fields.len() {
                1 => finding.help("name the argument: `args.<field>`"),
                _ => finding.help(did_you_mean(&fields.join("."))),
            };
        }
        let message = format!("{key} must start with `args.`, not {}", quoted(text));
        let help = if text.starts_with("state.") {
            "counters can't be read here: write an entry of `limits`".into()
        } else {
            match argument_in(text) {
                Some(fields) => did_you_mean(&format!("args.{fields}")),
                None => "name an argument: `args.<field>`".into(),
            }
        };
        self.finding(rule, message).help(help)
    }

    /// The operand of an operator that takes only one type.
    fn operand(&self, places: &Places) -> Finding {
        let parent = self
            .pointer
            .rsplit_once('/')
            .map_or("", |(parent, _)| parent);
        let op = places
            .member(places.find(parent).node, "op")
            .and_then(|op| op.value.as_str())
            .unwrap_or_default();
        let node = self.node();
        let text = node.as_scalar().map(|scalar| scalar.text.trim());
        let (needs, help) = match op {
            "in" | "not_in" => (
                "a list",
                literal(node).map(|value| write(&format!("[{value}]"))),
            ),
            "regex" => ("a pattern in quotes", text.map(|text| write(&json(text)))),
            "exists" => (
                "`true` or `false`",
                text.map(str::to_lowercase)
                    .filter(|text| text == "true" || text == "false")
                    .map(unquoted),
            ),
            _ => (
                "a number",
                text.filter(|text| text.parse::<serde_json::Number>().is_ok())
                    .map(unquoted),
            ),
        };
        let message = format!("`{op}` needs {needs}, not {}", shown(node));
        let finding = self.finding(&INVALID_CONDITION, message);
        match help {
            Some(help) => finding.help(help),
            None => finding,
        }
    }
}
