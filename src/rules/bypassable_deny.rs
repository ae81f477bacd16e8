//! Denials that a call gets round by leaving the argument out or sending another type.

use ahash::AHashMap;
use serde_json::{Value as Json, json};

use super::conditions::{self, Group, decided, groups};
use super::disguise::{Guise, Tested};
use super::{Check, Rule, never_true};
use crate::analysis::{Kind, Question, Set, Witness};
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
    needs_tools: true,
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

/// So many rules are asked about more than once.
const FEW_RULES: usize = 50;

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
            if let Some(hole) = denial.hole(without).filter(|_| !denial.is_needless()) {
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
    /// The same in another shape, where that gets through as well.
    other: Option<Witness>,
}

#[derive(PartialEq)]
enum Shape {
    Missing,
    OtherType,
    /// One that the schema itself gives the argument.
    DeclaredType(Kind),
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
        // Left out, it is something that the rule would not deny: a list without the element, or the
        // default.
        let is_harmless = argument
            .as_ref()
            .is_some_and(|argument| self.spares_default(argument));
        let missing = || self.passing_without(without);
        let missing = (!is_harmless).then(missing).flatten();
        let typed = argument.filter(|argument| argument.declared.kinds.is_some());
        let is_asked = missing.is_none() || self.has_few_rules();
        let declared = typed.as_ref().filter(|_| is_asked);
        if let Some((kind, call)) = declared.and_then(|a| self.with_declared_type(a)) {
            return Some(Hole {
                shape: Shape::DeclaredType(kind),
                severity: Severity::Error,
                call,
                other: missing,
            });
        }
        let other = || self.with_other_type();
        match missing {
            Some(call) => Some(Hole {
                shape: Shape::Missing,
                severity: self.severity_of_missing(),
                call,
                other: self.has_few_rules().then(other).flatten(),
            }),
            None => Some(Hole {
                shape: Shape::OtherType,
                severity: Severity::Warning,
                call: typed.is_none().then(other)??,
                other: None,
            }),
        }
    }

    fn severity_of_missing(&self) -> Severity {
        let arguments = self.group.arguments();
        match arguments.is_some_and(|arguments| arguments.requires(self.path)) {
            true => Severity::Note,
            false => Severity::Error,
        }
    }

    /// Whether the rule denies nothing that is not denied before it: other rules tell of that.
    fn is_needless(&self) -> bool {
        let rules = self.group.rules.rules.iter();
        let earlier = rules.take_while(|other| other.clause.pointer != self.rule.clause.pointer);
        let looks_here = |other: &&policy::Rule| {
            conditions::paths(&other.conditions).any(|path| path == self.path)
        };
        let related: Vec<_> = earlier.filter(looks_here).take(FEW_RULES + 1).collect();
        if related.len() > FEW_RULES {
            return false;
        }
        let question = Question::new().meeting(&self.rule.conditions);
        let question = related
            .into_iter()
            .fold(question, |question, other| decided(question, other, true));
        self.context.analysis.ask(&question).is_no()
    }

    /// Whether there is time to look for more than one way past each rule.
    fn has_few_rules(&self) -> bool {
        self.group.rules.rules.len() <= FEW_RULES
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
        self.passing_as(&[(self.path.clone(), shapes.clone())])
    }

    fn passing_as(&self, guise: &[(ArgPath, Set)]) -> Option<Witness> {
        let conditions = self.rule.conditions.iter();
        let is_worn = |path: &ArgPath| guise.iter().any(|(worn, _)| worn == path);
        let others: Vec<Condition> = conditions
            .filter(|condition| !conditions::path(condition).is_some_and(is_worn))
            .cloned()
            .collect();
        let question = Question::new()
            .passing(self.group.rules)
            .passing(&self.context.policy.every_tool)
            .meeting(&others);
        let question = guise
            .iter()
            .fold(question, |question, (path, set)| question.with(path, set));
        self.context.analysis.ask(&question).yes()
    }

    fn tested(&self) -> Tested<'_> {
        Tested {
            analysis: &self.context.analysis,
            path: self.path,
            test: &self.condition.test,
        }
    }

    /// A call that gets through with what the rule is there to deny, in another type.
    fn with_other_type(&self) -> Option<Witness> {
        let guises = self.tested().usual_guises();
        guises.iter().find_map(|guise| self.passing_as(guise))
    }

    /// The same in a type that the schema gives the argument beside the one that the rule looks at.
    fn with_declared_type(&self, argument: &Argument) -> Option<(Kind, Witness)> {
        let arguments = self.group.arguments()?;
        let guises = self.tested().declared_guises(argument, arguments);
        let is_declared = |guise: &Guise| {
            let here = guise.iter().find(|(path, _)| path == self.path);
            here.is_some_and(|(_, set)| !set.and(&argument.declared.set()).is_plainly_empty())
        };
        let mut guises = guises.into_iter().filter(|(_, guise)| is_declared(guise));
        guises.find_map(|(kind, guise)| Some((kind, self.passing_as(&guise)?)))
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
            Shape::DeclaredType(kind) => {
                let kind = kind.called();
                format!("{path} may be {kind}, which passes this denial: {call} gets through")
            }
        };
        let condition = self.condition;
        let finding = Finding::new(&RULE, condition.pointer.as_str(), condition.span, message)
            .severity(hole.severity)
            .help(self.help(hole))
            .fix(self.fix(hole));
        match (&hole.shape, self.presence_check()) {
            (Shape::OtherType | Shape::DeclaredType(_), Some(presence)) => {
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
            (None, _) if hole.shape != Shape::Missing => {
                "`require` what is allowed with a `regex`, which fails for other types than text: that the argument exists is not enough".to_owned()
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
