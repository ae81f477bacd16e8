//! Errors of form that can be put right: what was meant is plain from the tree alone. The edits come
//! from the [`Editor`], which gives none where it is not sure of the text.

use serde_json::{Value as Json, json};

use super::Dialect;
use crate::edit::{self, Editor};
use crate::finding::{Edit, Finding, Fix};
use crate::policy::condition::OPERATORS;
use crate::policy::limit::Window;
use crate::rules::form::{
    MISSING_KEY, OTHER_DIALECT_KEY, UNKNOWN_KEY, WRONG_TYPE, YAML_SCALAR_TRAP,
};
use crate::schema::places::Places;
use crate::schema::words::{Rate, rate_of};
use crate::source::tree::{Node, ScalarKind, join, tokens};
use crate::suggest::quoted;

/// A tree with errors of form.
#[derive(Debug)]
pub(crate) struct Broken<'a> {
    /// How it is written.
    pub dialect: Dialect,
    /// The tree.
    pub root: &'a Node,
    /// Works out edits of its text.
    pub edit: &'a Editor<'a>,
}

impl Broken<'_> {
    /// Adds what puts it right to each of `findings` where that is known.
    pub fn mend(&self, findings: &mut [Finding]) {
        let places = Places::new(self.root);
        for finding in findings.iter_mut().filter(|found| found.fix.is_none()) {
            if let Some(node) = places.at(&finding.pointer) {
                finding.fix = self.fix(finding, node, &places);
            }
        }
    }

    fn fix(&self, finding: &Finding, node: &Node, places: &Places<'_>) -> Option<Fix> {
        let pointer = finding.pointer.as_str();
        let path: Vec<String> = tokens(pointer).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match finding.rule {
            rule if *rule == WRONG_TYPE => self.write(pointer, &retyped(&path, node)?),
            rule if *rule == YAML_SCALAR_TRAP => self.write(pointer, &untrapped(node)?),
            rule if *rule == MISSING_KEY => self.add(pointer, &path, node),
            rule if *rule == UNKNOWN_KEY || *rule == OTHER_DIALECT_KEY => {
                let (parent, _) = pointer.rsplit_once('/')?;
                let owner = places.at(parent)?;
                let renamed = self.rename(finding);
                renamed.or_else(|| self.convert(pointer, &path, node, owner))
            }
            _ => None,
        }
    }

    /// Puts `value` in the place of what is at `pointer`.
    fn write(&self, pointer: &str, value: &Json) -> Option<Fix> {
        let title = format!("write {}", quoted(&value.to_string()));
        Fix::safe(title, self.edit.replace(pointer, value))
    }

    /// Gives a misspelt key the name that the finding asks for: whoever found it knows which keys are
    /// absent there.
    fn rename(&self, finding: &Finding) -> Option<Fix> {
        let help = finding.help.as_deref()?;
        let known = help.strip_prefix("did you mean `")?.strip_suffix("`?")?;
        let edits = self.edit.rename(&finding.pointer, known);
        Fix::risky(format!("call it {}", quoted(known)), edits)
    }

    /// Adds the first of the absent keys of which only one value is right, or safe.
    fn add(&self, pointer: &str, path: &[&str], object: &Node) -> Option<Fix> {
        let known: &[(&str, &str)] = match (path, self.dialect) {
            ([], Dialect::Gateway) => &[("version", "1"), ("default", "deny")],
            ([], Dialect::Intercept) => &[("version", "1")],
            ([.., "limits", _], Dialect::Gateway) => &[("scope", "grant")],
            _ => &[],
        };
        let (key, value) = known.iter().find(|(key, _)| object.get(key).is_none())?;
        let edits = self.edit.insert(pointer, key, &json!(value));
        Fix::risky(format!("add `{key}: {value}`"), edits)
    }

    /// Says in this dialect what the key at `pointer`, with the value `node` in `owner`, says in
    /// another.
    fn convert(&self, pointer: &str, path: &[&str], node: &Node, owner: &Node) -> Option<Fix> {
        match (self.dialect, path) {
            (Dialect::Gateway, ["description"])
            | (Dialect::Gateway, ["tools", _, "require" | "deny_if", _, "name"]) => {
                let title = "remove it: it decides nothing";
                Fix::safe(title, self.edit.remove(pointer))
            }
            (Dialect::Gateway, ["tools", _, "action"]) => self.action(pointer, node, owner),
            (Dialect::Gateway, [.., "rate_limit"]) => {
                let counter = match path {
                    ["tools", name, "rate_limit"] => format!("{}_rate", name.to_lowercase()),
                    ["all_tools", "rate_limit"] => "all_tools_rate".to_owned(),
                    _ => return None,
                };
                let Rate::Exact(max, window) = rate_of(node) else {
                    return None;
                };
                let window = window.to_string();
                let limit =
                    json!({"counter": counter, "window": window, "max": max, "scope": "grant"});
                self.move_to(pointer, owner, "limits", &limit)
            }
            (Dialect::Intercept, ["tools", _, "rules", _, "rate_limit"]) => {
                let Rate::Exact(max, window) = rate_of(node) else {
                    return None;
                };
                self.write(pointer, &json!(format!("{max}/{window}")))
            }
            (Dialect::Intercept, ["tools", name, "rate_limit"]) if !name.contains('.') => {
                let Rate::Exact(max, window) = rate_of(node) else {
                    return None;
                };
                let title = format!("rate of {name}");
                let rule = json!({"name": title, "rate_limit": format!("{max}/{window}")});
                self.move_to(pointer, owner, "rules", &rule)
            }
            _ => None,
        }
    }

    /// The `action` of a tool, with the `reason` beside it.
    fn action(&self, pointer: &str, action: &Node, owner: &Node) -> Option<Fix> {
        let (parent, _) = pointer.rsplit_once('/')?;
        let reason = owner.get("reason");
        let without_reason = match reason {
            Some(_) => self.edit.remove(&join(parent, "reason"))?,
            None => Vec::new(),
        };
        match (action.as_str()?, reason.map(Node::as_str)) {
            ("allow", _) if without_reason.is_empty() => {
                Fix::safe("remove it: the tool is allowed", self.edit.remove(pointer))
            }
            ("deny", None | Some(Some(_))) if owner.get("deny_if").is_none() => {
                let mut rule = json!({"conditions": []});
                if let Some(text) = reason.and_then(Node::as_str) {
                    rule["on_deny"] = json!(text);
                }
                let renamed = self.renamed(pointer, "deny_if", &rule);
                let edits = edit::all([renamed, Some(without_reason)]);
                Fix::safe("deny every call with a rule of `deny_if`", edits)
            }
            _ => None,
        }
    }

    /// Puts `element` in the list `key` of `owner` in place of the member at `pointer`.
    fn move_to(&self, pointer: &str, owner: &Node, key: &str, element: &Json) -> Option<Fix> {
        let (parent, _) = pointer.rsplit_once('/')?;
        let edits = match owner.get(key) {
            None => self.renamed(pointer, key, element),
            Some(_) => {
                let added = self.edit.push(&join(parent, key), element);
                edit::all([self.edit.remove(pointer), added])
            }
        };
        Fix::safe(format!("write it as an entry of `{key}`"), edits)
    }

    /// Makes the member at `pointer` a list `key` with one element.
    fn renamed(&self, pointer: &str, key: &str, element: &Json) -> Option<Vec<Edit>> {
        let list = Json::Array(vec![element.clone()]);
        edit::all([
            self.edit.rename(pointer, key),
            self.edit.replace(pointer, &list),
        ])
    }
}

/// The value that was meant by one of the wrong type at `path`: a word in the wrong case, a number in
/// quotes, one name instead of a list.
fn retyped(path: &[&str], node: &Node) -> Option<Json> {
    let text = node.as_str()?;
    let words: &[&str] = match path {
        ["default"] => &["allow", "deny"],
        ["hide"] => return (!text.is_empty()).then(|| json!([text])),
        [.., "window"] => &Window::NAMES,
        [.., "scope"] => &["grant"],
        [.., "op"] => &OPERATORS,
        ["tools", _, "rules", _, "action"] => &["deny", "evaluate"],
        [.., "limits", _, "max"] | [.., "state", "increment"] => {
            let number = text.trim().parse::<i64>().ok()?;
            return (number >= 1).then(|| json!(number));
        }
        _ => return None,
    };
    let mut words = words.iter();
    words
        .find(|word| word.eq_ignore_ascii_case(text.trim()))
        .map(|word| json!(word))
}

/// The text that was meant by one without quotes, where the engine takes it for text or where it can
/// mean nothing else.
fn untrapped(node: &Node) -> Option<Json> {
    let scalar = node.as_scalar()?;
    let is_text = matches!(scalar.kind, ScalarKind::String | ScalarKind::Timestamp);
    (is_text && !scalar.quoted).then(|| json!(scalar.text))
}
