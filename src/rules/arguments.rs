//! What arguments of tools are for, by their names: text that is run, amounts of money.

use std::sync::LazyLock;

use regex::Regex;

use crate::analysis::{Answer, Language, Question, Set, Witness};
use crate::lint::{Context, ListedTool};
use crate::policy::condition::{ArgPath, Condition, Subject, Test};
use crate::policy::{Effect, Posture};
use crate::source::tree::Node;

/// So many tools are asked for a call that gets through.
const MAX_ASKED: usize = 100;

/// Names of arguments whose text a tool runs.
const FREE_FORM: &[&str] = &[
    "command",
    "commands",
    "cmd",
    "shell_command",
    "shell",
    "bash",
    "script",
    "code",
    "source_code",
    "expression",
    "query",
    "sql",
    "sql_query",
    "statement",
    "javascript",
    "js",
    "python",
];

/// Names of arguments whose text is run on, or as what the tool is for.
const FED: &[&str] = &["input", "stdin"];

/// Names of arguments whose text a tool goes to: to run what is there, unless it is told what to run.
const PLACES: &[&str] = &["url", "uri"];

/// Names of arguments that say how much money.
const AMOUNTS: &[&str] = &[
    "amount",
    "amount_cents",
    "amount_in_cents",
    "amount_usd",
    "total",
    "total_amount",
    "unit_amount",
    "amount_sats",
    "value_in_wei",
    "notional",
    "price",
    "quantity",
    "qty",
];

/// Those of [`AMOUNTS`] that are one factor of what is paid.
const FACTORS: &[&str] = &["unit_amount", "price", "quantity", "qty"];

/// Words of names and descriptions of amounts in the smallest unit, which has no fractions.
const SMALLEST_UNITS: &[&str] = &[
    "cents", "sats", "satoshi", "satoshis", "wei", "lamports", "smallest", "minor",
];

/// The arguments that the server describes, with what it says of each. None where nothing is known.
pub(super) struct Described(Option<Node>);

impl Described {
    /// Those of a tool.
    pub fn of(listed: &ListedTool<'_>) -> Self {
        let schema = listed.offered.and_then(|tool| tool.input_schema.as_ref());
        Self(schema.map(crate::catalog::RawValue::tree))
    }

    /// Whether the server describes arguments at all.
    pub fn is_known(&self) -> bool {
        self.properties().is_some()
    }

    fn properties(&self) -> Option<&Node> {
        self.0.as_ref()?.get("properties")
    }

    fn named(&self, names: &'static [&'static str]) -> impl Iterator<Item = (&str, &Node)> {
        let members = self.properties().and_then(Node::as_mapping);
        members
            .unwrap_or_default()
            .iter()
            .filter(move |member| names.contains(&plain(&member.key).as_str()))
            .map(|member| (member.key.as_str(), &member.value))
    }

    /// The arguments whose text is run: any text will do for them. By their names, or else by what
    /// is said of them, first those that are sure to be.
    pub fn free_form(&self) -> Vec<&str> {
        let by_name = |names| {
            let named = self.named(names);
            named.filter(|(_, schema)| is_any_text(schema))
        };
        let all = self.properties().and_then(Node::as_mapping);
        let all = all.unwrap_or_default().iter();
        let described = all
            .map(|member| (member.key.as_str(), &member.value))
            .filter(|(_, schema)| is_any_text(schema) && says_run(schema));
        let run = by_name(FREE_FORM).chain(described);
        let mut found: Vec<&str> = run.map(|(name, _)| name).collect();
        let is_told = !found.is_empty();
        found.extend(by_name(FED).map(|(name, _)| name));
        if !is_told {
            found.extend(by_name(PLACES).map(|(name, _)| name));
        }
        found
    }

    /// The arguments that say how much money, in numbers: what is written as text can't be added up,
    /// and may be the name of a price. A price or a quantity does not beside an amount.
    pub fn amounts(&self) -> Vec<&str> {
        let numbers = self
            .named(AMOUNTS)
            .filter(|(_, schema)| !is_of_type(schema, &["string", "object", "array"]));
        let mut amounts: Vec<&str> = numbers.map(|(name, _)| name).collect();
        let is_whole = |name: &&str| !FACTORS.contains(&plain(name).as_str());
        if amounts.iter().any(is_whole) {
            amounts.retain(|name| is_whole(name));
        }
        amounts
    }

    /// Whether an argument counts cents or the like, by its name or its description: then it has no
    /// fractions that matter.
    pub fn counts_smallest_units(&self, path: &ArgPath) -> bool {
        let name = path.fields.last().map_or("", String::as_str);
        let schema = path
            .fields
            .iter()
            .try_fold(self.0.as_ref(), |schema, field| {
                Some(schema?.get("properties")?.get(field))
            });
        let description = schema
            .flatten()
            .and_then(|schema| schema.get("description"));
        let description = description.and_then(Node::as_str).unwrap_or_default();
        let says = |text: &str| {
            let text = plain(text);
            let mut words = text.split(|c: char| !c.is_alphanumeric());
            words.any(|word| SMALLEST_UNITS.contains(&word))
        };
        plain(name) == "unit_amount" || says(name) || says(description)
    }

    /// Whether an argument is declared to be a whole number.
    pub fn is_whole(&self, path: &ArgPath) -> bool {
        let [field] = path.fields.as_slice() else {
            return false;
        };
        let step = self
            .properties()
            .and_then(|properties| properties.get(field)?.get("multipleOf"));
        let step = step.and_then(Node::as_scalar);
        step.is_some_and(|step| step.text.parse().is_ok_and(|step: f64| step.fract() == 0.0))
    }
}

fn is_of_type(schema: &Node, types: &[&str]) -> bool {
    let declared = schema.get("type").and_then(Node::as_str);
    declared.is_some_and(|declared| types.contains(&declared))
}

/// Whether any text will do, as far as the schema says.
fn is_any_text(schema: &Node) -> bool {
    let is_choice = schema.get("enum").is_some() || schema.get("const").is_some();
    !is_choice && !is_of_type(schema, &["integer", "number", "boolean", "object"])
}

/// Whether the description of an argument begins with its being code that is run.
fn says_run(schema: &Node) -> bool {
    static CODE_TO_RUN: LazyLock<Regex> = LazyLock::new(|| {
        let code = r"(?:source(?: code)?|code|scripts?|commands?|command line|sql|statements?|expressions?|function|snippet|program)";
        let run = r"(?:execute|run|evaluate|eval|interpret)";
        let expression = format!(
            r"(?i)^(?:the |an? )?(?:[a-z]+ ){{0,2}}{code} (?:to (?:be )?|that (?:is|are|will be) ){run}d?\b"
        );
        Regex::new(&expression).expect("an expression of our own")
    });
    let said = schema.get("description").and_then(Node::as_str);
    said.is_some_and(|said| CODE_TO_RUN.is_match(said))
}

/// `sourceCode` and `source-code` as `source_code`.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 4);
    let mut after_lower = false;
    for c in name.chars() {
        if c.is_uppercase() && after_lower {
            plain.push('_');
        }
        after_lower = c.is_lowercase() || c.is_numeric();
        plain.extend(match c {
            '-' | '.' | ' ' => '_'.to_lowercase(),
            c => c.to_lowercase(),
        });
    }
    plain
}

/// Whether the name of a tool says that it runs a text: `run_command`, `executeSql`.
pub(super) fn name_says_free_form(tool: &str) -> bool {
    const WORDS: &[&str] = &[
        "command",
        "shell",
        "bash",
        "script",
        "code",
        "sql",
        "query",
        "javascript",
        "python",
    ];
    plain(tool).split('_').any(|word| WORDS.contains(&word))
}

/// The conditions on arguments that every call of a tool meets, each with what it is for.
pub(super) fn conditions<'c>(
    context: &'c Context<'_>,
    listed: &'c ListedTool<'_>,
) -> impl Iterator<Item = (&'c ArgPath, Effect, &'c Condition)> {
    let own = listed.tool.rules.rules.iter();
    own.chain(&context.policy.every_tool.rules)
        .flat_map(|rule| rule.conditions.iter().map(move |c| (rule.effect, c)))
        .filter_map(|(effect, condition)| match &condition.subject {
            Subject::Argument(path) => Some((path, effect, condition)),
            Subject::Counter(_) => None,
        })
}

/// Texts of no great length, as they are written every day.
static EVERYDAY: LazyLock<Language> = LazyLock::new(|| ours(r"\A[a-z][ -~]{6}[a-z]\z"));

/// Texts with something to see.
static VISIBLE: LazyLock<Language> = LazyLock::new(|| ours("[!-~]"));

fn ours(expression: &str) -> Language {
    Language::shape(expression).expect("a short expression of our own")
}

/// Whether a condition has a say in what an argument holds: it looks at that, and for more than
/// whether there is something and how long it is, or it asks that there be nothing.
pub(super) fn holds_back(context: &Context<'_>, effect: Effect, condition: &Condition) -> bool {
    let denies = effect == Effect::DenyIf;
    let test = &condition.test;
    let (refused, usual) = match test {
        Test::Exists(wanted) => return *wanted == denies,
        Test::Neq(_) | Test::NotIn(_) if !denies => (Set::failing(test), &VISIBLE),
        _ if denies => (Set::meeting(test), &VISIBLE),
        _ => (Set::failing(test), &EVERYDAY),
    };
    let usual = Set::strings(&[(*usual).clone()], &[]);
    !context.analysis.string_in(&refused.and(&usual)).is_no()
}

/// A call that the rules let through with one of `set` at `path`.
pub(super) fn let_through(
    context: &Context<'_>,
    listed: &ListedTool<'_>,
    path: &ArgPath,
    set: &Set,
) -> Answer<Witness> {
    let question = Question::new()
        .passing(&listed.tool.rules)
        .passing(&context.policy.every_tool)
        .with(path, set);
    context.analysis.ask(&question)
}

/// A call, of whatever tool, that the rules let through with one of `set` at `path`.
pub(super) fn let_through_by_any(
    context: &Context<'_>,
    path: &ArgPath,
    set: &Set,
) -> Answer<Witness> {
    if context.policy.default == Posture::Allow {
        let question = Question::new().passing(&context.policy.every_tool);
        return context.analysis.ask(&question.with(path, set));
    }
    let open = context.tools.iter().filter(|tool| tool.can_be_called());
    let asked = open.take(MAX_ASKED);
    Answer::any(asked.map(|listed| let_through(context, listed, path, set)))
}

/// The argument `name`, not nested.
pub(super) fn argument(name: &str) -> ArgPath {
    ArgPath {
        fields: vec![name.to_owned()],
    }
}
