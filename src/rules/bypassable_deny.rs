//! Denials that a call gets round by leaving the argument out or sending another type.

use ahash::AHashMap;
use serde_json::{Value as Json, json};

use super::conditions::{self, Group, groups};
use super::{Check, Rule, never_true};
use crate::analysis::{Answer, Kind, Question, Set, Witness};
use crate::catalog::arguments::{Argument, Place};
use crate::edit;
use crate::finding::{Edit, Finding, Fix, Severity};
use crate::lint::{Context, Reporter};
use crate::policy::condition::{ArgPath, Condition, Ordering, Test};
use crate::policy::limit::Amount;
use crate::policy::value::Value;
use crate::policy::{self, Effect};
use crate::source::tree::{Node, join};
use crate::suggest::quoted;

/// See `bypassable_deny.md`.
pub static RULE: Rule = Rule {
    id: "bypassable-deny",
    severity: Severity::Error,
    summary: "a `deny_if` is passed by leaving the argument out or sending another type",
    doc: include_str!("bypassable_deny.md"),
    check: Check::Policy(check),
};

fn check(context: &Context<'_>, reporter: &mut Reporter<'_>) {
    let groups = groups(context).into_iter();
    for group in groups.filter(|group| !group.is_too_large()) {
        if reporter.is_full() {
            return;
        }
        let mut without = Without::new();
        let rules = group.rules.rules.iter();
        for rule in rules.filter(|rule| rule.effect == Effect::DenyIf) {
            check_rule(context, group, rule, &mut without, reporter);
        }
    }
}

/// Calls of one tool that get through without an argument. Rules that look at nothing else need not
/// ask again.
type Without<'d> = AHashMap<&'d ArgPath, Option<Witness>>;

/// One finding for each argument, at the first condition that looks at it.
fn check_rule<'d>(
    context: &'d Context<'_>,
    group: Group<'d>,
    rule: &'d policy::Rule,
    without: &mut Without<'d>,
    reporter: &mut Reporter<'_>,
) {
    if never_true::never_holds(context, &group, rule) {
        return;
    }
    let mut seen = Vec::new();
    for condition in &rule.conditions {
        let Some(path) =
            conditions::path(condition).filter(|path| fails_open(path, &condition.test))
        else {
            continue;
        };
        if !seen.contains(&path) {
            seen.push(path);
            let denial = Denial {
                context,
                group,
                rule,
                condition,
                path,
            };
            if let Some(hole) = denial.hole(without) {
                reporter.report(denial.finding(&hole));
            }
        }
    }
}

/// Whether what a test is there to deny gets past it in another shape. `exists` asks for that shape
/// itself, and a flag that is left out is not set.
fn fails_open(path: &ArgPath, test: &Test) -> bool {
    match test {
        Test::Exists(_) => false,
        Test::Eq(value) => !conditions::set_a_flag(std::slice::from_ref(value)),
        Test::In(values) => !values.is_empty() && !conditions::set_a_flag(values),
        Test::Contains(Value::Text(text)) => !text.starts_with('-') && !holds_options(path),
        _ => true,
    }
}

/// Whether an argument is a list of options by its name: those that are left out are not set.
fn holds_options(path: &ArgPath) -> bool {
    let name = path.fields.last().map_or("", String::as_str);
    let mut words = name.rsplit(|c: char| !c.is_ascii_alphanumeric());
    let last = words.next().unwrap_or_default().to_ascii_lowercase();
    ["flags", "options", "opts", "switches", "features"].contains(&last.as_str())
}

/// A condition of a rule that denies, and the argument that it looks at.
struct Denial<'d, 'c> {
    context: &'d Context<'c>,
    group: Group<'d>,
    rule: &'d policy::Rule,
    condition: &'d Condition,
    path: &'d ArgPath,
}

/// A way past a denial.
struct Hole {
    /// The shape of the argument that gets through.
    shape: Shape,
    severity: Severity,
    /// Arguments of a call that gets through.
    call: Witness,
    /// The same with another type, where that gets through as well.
    other: Option<Witness>,
}

#[derive(PartialEq)]
enum Shape {
    Missing,
    OtherType,
}

impl<'d> Denial<'d, '_> {
    fn hole(&self, without: &mut Without<'d>) -> Option<Hole> {
        if self.is_counted() {
            return None;
        }
        let argument = match self.group.place(self.condition) {
            Some(Place::Declared(argument)) => Some(argument),
            _ => None,
        };
        let has_type = argument
            .as_ref()
            .is_some_and(|argument| argument.declared.kinds.is_some());
        // Left out, it is something that the rule would not deny: a list without the element, or the
        // default.
        let is_harmless = argument.is_some_and(|argument| self.spares_default(&argument));
        let missing = || self.passing_without(without);
        if let Some(call) = (!is_harmless).then(missing).flatten() {
            let is_required = |path| self.group.arguments().is_some_and(|a| a.requires(path));
            return Some(Hole {
                shape: Shape::Missing,
                severity: match is_required(self.path) {
                    true => Severity::Note,
                    false => Severity::Error,
                },
                call,
                other: self
                    .has_few_rules()
                    .then(|| self.with_other_type())
                    .flatten(),
            });
        }
        let call = (!has_type).then(|| self.with_other_type())??;
        Some(Hole {
            shape: Shape::OtherType,
            severity: Severity::Warning,
            call,
            other: None,
        })
    }

    /// Whether there is time to look for more than one way past each rule.
    fn has_few_rules(&self) -> bool {
        const FEW: usize = 50;
        self.group.rules.rules.len() <= FEW
    }

    /// Whether the rule is not meant for calls without the argument.
    fn spares_default(&self, argument: &Argument) -> bool {
        let test = &self.condition.test;
        let kinds = argument.declared.kinds.as_deref().unwrap_or_default();
        let is_list = kinds.contains(&Kind::List)
            && kinds
                .iter()
                .all(|kind| matches!(kind, Kind::List | Kind::Null));
        let default = argument.default.as_ref();
        matches!(test, Test::Contains(_)) && is_list
            || default.is_some_and(|value| !Set::meeting(test).contains(Some(value)))
    }

    /// Whether a limit refuses calls in which the argument is not an amount.
    fn is_counted(&self) -> bool {
        let limits = &self.group.rules.limits;
        let amounts = limits.iter().map(|limit| &limit.amount);
        matches!(self.condition.test, Test::Compare(..))
            && amounts
                .into_iter()
                .any(|amount| matches!(amount, Amount::Exact(path) if path == self.path))
    }

    /// A call that gets through without the argument.
    fn passing_without(&self, without: &mut Without<'d>) -> Option<Witness> {
        let ask = || self.passing(&Set::of_kinds(&[Kind::Missing]));
        let mut paths = self.rule.conditions.iter().map(conditions::path);
        match paths.all(|path| path == Some(self.path)) {
            true => without.entry(self.path).or_insert_with(ask).clone(),
            false => ask(),
        }
    }

    /// A call that has one of `shapes` where the rule looks, meets all its other conditions, and is
    /// denied by none of the rules.
    fn passing(&self, shapes: &Set) -> Option<Witness> {
        let conditions = self.rule.conditions.iter();
        let others: Vec<Condition> = conditions
            .filter(|condition| conditions::path(condition) != Some(self.path))
            .cloned()
            .collect();
        let question = Question::new()
            .passing(self.group.rules)
            .passing(&self.context.policy.every_tool)
            .meeting(&others)
            .with(self.path, shapes);
        match self.context.analysis.ask(&question) {
            Answer::Yes(witness) => Some(witness),
            Answer::No | Answer::Unknown => None,
        }
    }

    /// A call that gets through with what the rule is there to deny, in another type.
    fn with_other_type(&self) -> Option<Witness> {
        match &self.condition.test {
            Test::Compare(ordering, number) => {
                let text = beyond(*ordering, *number);
                let text = Set::equal_to(&[Value::Text(text)]).and(&Set::of_kinds(&[Kind::Text]));
                self.passing(&text)
                    .or_else(|| self.passing(&Set::of_kinds(&[Kind::Text])))
            }
            test @ (Test::Regex(_) | Test::Contains(_)) => {
                let text = Set::meeting(test).and(&Set::of_kinds(&[Kind::Text]));
                let text = self.context.analysis.string_in(&text).yes()?;
                let list = Value::List(vec![Value::Text(text)]);
                self.passing(&Set::equal_to(&[list]).and(&Set::of_kinds(&[Kind::List])))
            }
            _ => None,
        }
    }

    fn finding(&self, hole: &Hole) -> Finding {
        let (path, call) = (
            quoted(&self.path.to_string()),
            quoted(&hole.call.to_string()),
        );
        let message = match hole.shape {
            Shape::Missing => format!("leaving {path} out passes this denial: {call} gets through"),
            Shape::OtherType => {
                format!("another type of {path} passes this denial: {call} gets through")
            }
        };
        let condition = self.condition;
        let finding = Finding::new(&RULE, condition.pointer.as_str(), condition.span, message)
            .severity(hole.severity)
            .help(self.help(hole))
            .fix(self.fix(hole));
        match (&hole.shape, self.presence_check()) {
            (Shape::OtherType, Some(presence)) => {
                finding.label(presence.span, "this asks only that there is something")
            }
            _ => finding,
        }
    }

    /// A `require` that the argument is there.
    fn presence_check(&self) -> Option<&Condition> {
        let rules = self.group.rules.rules.iter();
        let required = rules.filter(|rule| rule.effect == Effect::Require);
        let mut conditions = required.flat_map(|rule| &rule.conditions);
        conditions.find(|condition| {
            conditions::path(condition) == Some(self.path) && condition.test == Test::Exists(true)
        })
    }

    fn help(&self, hole: &Hole) -> String {
        let also = hole.other.as_ref().map(|call| {
            let call = quoted(&call.to_string());
            format!("so does {call}; ")
        });
        let enforced = match hole.severity {
            Severity::Note => {
                "the schema asks for the argument, but gateways do not enforce schemas; "
            }
            _ => "",
        };
        let advice = match (self.turned(), &self.condition.test) {
            (Some((op, _)), _) => {
                format!("`require` the opposite with {}, which fails when the argument is missing or of another type", quoted(op))
            }
            (None, Test::Compare(..)) => {
                "`require` a bound on the argument: a comparison fails when it is missing or of another type".to_owned()
            }
            (None, Test::Regex(_) | Test::Contains(_)) => {
                "`require` what is allowed with a `regex`, or at least that the argument exists".to_owned()
            }
            (None, _) => "`require` that the argument exists, or what it may be with `in`".to_owned(),
        };
        format!("{}{enforced}{advice}", also.unwrap_or_default())
    }

    /// The operator that holds for just those values of the right type that this rule lets pass.
    fn turned(&self) -> Option<(&'static str, &Condition)> {
        let [only] = &self.rule.conditions[..] else {
            return None;
        };
        let op = match &only.test {
            Test::Compare(Ordering::Less, _) => "gte",
            Test::Compare(Ordering::LessOrEqual, _) => "gt",
            Test::Compare(Ordering::Greater, _) => "lte",
            Test::Compare(Ordering::GreaterOrEqual, _) => "lt",
            Test::Neq(_) => "eq",
            Test::NotIn(values) if !values.is_empty() => "in",
            _ => return None,
        };
        Some((op, only))
    }

    fn fix(&self, hole: &Hole) -> Option<Fix> {
        match self.turned() {
            Some((op, only)) => Fix::risky("require the opposite instead", self.turn(op, only)),
            None if hole.shape == Shape::Missing => {
                let path = self.path.to_string();
                let rule = json!({
                    "conditions": [{ "path": path, "op": "exists", "value": true }],
                    "on_deny": format!("{path} is required."),
                });
                let tool = &self.group.listed?.tool.pointer;
                let edits = self.context.edit.push_to(tool, "require", &rule);
                let title = match hole.other {
                    Some(_) => "require that the argument exists, which leaves other types open",
                    None => "require that the argument exists",
                };
                Fix::risky(title, edits)
            }
            None => None,
        }
    }

    /// Makes the rule a `require` of the opposite.
    fn turn(&self, op: &str, only: &Condition) -> Option<Vec<Edit>> {
        let (context, tool) = (self.context, &self.group.listed?.tool.pointer);
        let list = join(tool, "deny_if");
        let is_alone = context.at(&list)?.as_sequence()?.len() == 1;
        let has_require = context.at(tool)?.get("require").is_some();
        if is_alone && !has_require {
            return edit::all([
                context.edit.rename(&list, "require"),
                context.edit.replace(&join(&only.pointer, "op"), &json!(op)),
            ]);
        }
        let rule = turned_rule(context.at(&self.rule.clause.pointer)?, op)?;
        let gone = if is_alone {
            &list
        } else {
            &self.rule.clause.pointer
        };
        let added = match has_require {
            true => context.edit.push(&join(tool, "require"), &rule),
            false => context
                .edit
                .insert_after(tool, "deny_if", "require", &json!([rule])),
        };
        edit::all([context.edit.remove(gone), added])
    }
}

/// The rule at `node` with another operator.
fn turned_rule(node: &Node, op: &str) -> Option<Json> {
    let mut rule = edit::value_of(node);
    *rule.get_mut("conditions")?.get_mut(0)?.get_mut("op")? = json!(op);
    Some(rule)
}

/// A number that the comparison denies, as text.
fn beyond(ordering: Ordering, number: f64) -> String {
    let far = match ordering {
        Ordering::Greater | Ordering::GreaterOrEqual => number.trunc() + 1.0,
        Ordering::Less | Ordering::LessOrEqual => number.trunc() - 1.0,
    };
    far.to_string()
}
