//! Where a policy tests the text of an argument, and which text gets past everything that is asked of
//! it.

use super::conditions::{self, Group};
use super::holds::Holds;
use super::never_true;
use crate::analysis::{Analysis, Kind, Question, Set, Witness};
use crate::catalog::arguments::Place;
use crate::finding::Finding;
use crate::lint::{Context, ListedTool, Reporter};
use crate::policy::condition::{ArgPath, Condition, Subject, Test};
use crate::policy::re2::Pattern;
use crate::policy::value::Value;
use crate::policy::{Effect, Rule, Rules};
use crate::source::tree::join;
use crate::suggest::quoted;

/// The longest list that is looked for. No call needs more, but hostile policies do.
const MAX_ELEMENTS: usize = 64;

/// A condition on an argument, and what else is asked of the same call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    /// The rules that the condition is one of.
    pub rules: &'a Rules,
    /// What is asked of every call, where that is something else.
    pub every_tool: Option<&'a Rules>,
    /// The tool, if the rules are one's.
    pub listed: Option<&'a ListedTool<'a>>,
    /// What kinds of argument the tool declares, if that is known.
    declared: Declaration,
    pub rule: &'a Rule,
    pub condition: &'a Condition,
    pub path: &'a ArgPath,
}

/// What a condition looks for. `neq` and `not_in` look for what `eq` and `in` do, and hold for the
/// rest.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sought<'a> {
    /// Texts in which this is found.
    Pattern(&'a Pattern),
    /// This as a part of a text, or an element of a list.
    Part(&'a Value),
    /// One of these.
    Values(&'a [Value]),
    /// Nothing that has a text.
    Other,
}

/// What a tool declares its argument to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declaration {
    /// A list, and no text.
    List,
    /// One of a few values.
    Choice,
    /// A text may be what it is.
    Other,
}

/// The conditions on arguments of tools that can be called, in the order of the file. Those that
/// never hold, or never fail, for what the tool's schema says are left out: other rules tell of them.
pub(super) fn sites<'a>(context: &'a Context<'_>) -> Vec<Site<'a>> {
    let every_tool = &context.policy.every_tool;
    let mut found = Vec::new();
    for group in conditions::groups(context) {
        let others = group.listed.map(|_| every_tool);
        add(&group, others, &mut found);
    }
    found
}

/// Reports what `find` says of each of the [`sites`].
pub(super) fn report_each(
    context: &Context<'_>,
    reporter: &mut Reporter<'_>,
    find: impl Fn(&Context<'_>, &Site<'_>, &Reporter<'_>) -> Option<Finding>,
) {
    for site in sites(context) {
        if reporter.is_full() {
            return;
        }
        if let Some(finding) = find(context, &site, reporter) {
            reporter.report(finding);
        }
    }
}

fn add<'a>(group: &Group<'a>, every_tool: Option<&'a Rules>, found: &mut Vec<Site<'a>>) {
    for rule in &group.rules.rules {
        for condition in &rule.conditions {
            let is_idle =
                || never_true::is_misread(group, condition) || excludes_nothing(group, condition);
            if let (Some(path), false) = (conditions::path(condition), is_idle()) {
                found.push(Site {
                    rules: group.rules,
                    every_tool,
                    listed: group.listed,
                    declared: Declaration::of(group, condition),
                    rule,
                    condition,
                    path,
                });
            }
        }
    }
}

/// Whether nothing that the argument is declared to be is left out by a `neq` or `not_in`.
fn excludes_nothing(group: &Group<'_>, condition: &Condition) -> bool {
    let (Test::Neq(_) | Test::NotIn(_), Some(Place::Declared(argument))) =
        (&condition.test, group.place(condition))
    else {
        return false;
    };
    let excluded = Set::failing(&condition.test);
    let kinds = argument.declared.kinds;
    kinds.is_some_and(|kinds| excluded.and(&Set::of_kinds(&kinds)).is_plainly_empty())
}

impl Declaration {
    fn of(group: &Group<'_>, condition: &Condition) -> Self {
        let Some(Place::Declared(argument)) = group.place(condition) else {
            return Self::Other;
        };
        match argument.declared.kinds {
            Some(kinds) if !kinds.contains(&Kind::Text) && kinds.contains(&Kind::List) => {
                Self::List
            }
            _ if argument.declared.values.is_some() => Self::Choice,
            _ => Self::Other,
        }
    }
}

impl<'a> Site<'a> {
    /// Whether calls are denied that have what is [sought](Self::sought), and not those that don't.
    /// To require anything else is to deny that.
    pub fn denies(&self) -> bool {
        let is_opposite = matches!(self.condition.test, Test::Neq(_) | Test::NotIn(_));
        (self.rule.effect == Effect::DenyIf) != is_opposite
    }

    /// What is looked for.
    pub fn sought(&self) -> Sought<'a> {
        match &self.condition.test {
            Test::Regex(pattern) => Sought::Pattern(pattern),
            Test::Contains(value) => Sought::Part(value),
            Test::Eq(value) | Test::Neq(value) => Sought::Values(std::slice::from_ref(value)),
            Test::In(values) | Test::NotIn(values) => Sought::Values(values),
            Test::Compare(..) | Test::Exists(_) => Sought::Other,
        }
    }

    /// What is looked for, as messages name it.
    pub fn sought_by_name(&self) -> String {
        match self.sought() {
            Sought::Pattern(pattern) => quoted(pattern.source()),
            Sought::Part(value) | Sought::Values([value]) => quoted(&value.printed()),
            Sought::Values(_) | Sought::Other => "this list".to_owned(),
        }
    }

    /// The pattern that is looked for.
    pub fn pattern(&self) -> Option<&'a Pattern> {
        match self.sought() {
            Sought::Pattern(pattern) => Some(pattern),
            _ => None,
        }
    }

    /// The text that is looked for as it stands.
    pub fn substring(&self) -> Option<&'a str> {
        match self.sought() {
            Sought::Part(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The texts of which one is all that is denied.
    pub fn denied_texts(&self) -> impl Iterator<Item = &'a str> {
        let values = match self.sought() {
            Sought::Values(values) if self.denies() => values,
            _ => &[],
        };
        values.iter().filter_map(text)
    }

    /// The conditions of the same rules on the same argument, this one included.
    pub fn beside(&self) -> impl Iterator<Item = Site<'a>> {
        let site = *self;
        let conditions = |rule: &'a Rule| rule.conditions.iter().map(move |c| (rule, c));
        let conditions = self.rules.rules.iter().flat_map(conditions);
        let same = conditions.filter(move |(_, other)| conditions::path(other) == Some(site.path));
        same.map(move |(rule, condition)| Site {
            rule,
            condition,
            ..site
        })
    }

    /// The texts that the argument is compared with, by this condition and those beside it.
    pub fn compared(&self) -> Vec<String> {
        let texts = self.beside().map(|site| compared(&site.condition.test));
        texts.flatten().collect()
    }

    /// Whether the argument is one of a few values.
    pub fn is_choice(&self) -> bool {
        self.declared == Declaration::Choice
    }

    /// Whether the argument is a list, of which no condition looks at every element.
    pub fn is_list(&self) -> bool {
        self.declared == Declaration::List
    }

    /// The name of the argument.
    pub fn name(&self) -> &'a str {
        self.path.fields.last().map_or("", String::as_str)
    }

    /// How the server describes the argument.
    pub fn said(&self) -> Option<&'a str> {
        self.listed?.arguments()?.description(self.path)
    }

    /// How the server describes the tool.
    pub fn description(&self) -> Option<&'a str> {
        self.listed?.offered?.description.as_deref()
    }

    /// What is required of the same argument, this condition's test included if it is.
    pub fn required(&self) -> impl Iterator<Item = &'a Test> {
        let path = self.path;
        let all = std::iter::once(self.rules).chain(self.every_tool);
        let rules = all.flat_map(|rules| &rules.rules);
        let required = rules.filter(|rule| rule.effect == Effect::Require);
        let conditions = required.flat_map(|rule| &rule.conditions);
        conditions.filter_map(move |condition| match &condition.subject {
            Subject::Argument(other) if other == path => Some(&condition.test),
            _ => None,
        })
    }

    /// Whether all that is required of the argument together binds it at both ends.
    pub fn is_bound(&self) -> bool {
        let (mut start, mut end) = (false, false);
        for test in self.required() {
            match test {
                Test::Regex(pattern) => {
                    let bounds = pattern.shape().bounds();
                    start |= bounds.start;
                    end |= bounds.end;
                }
                Test::Eq(_) | Test::In(_) => return true,
                _ => {}
            }
        }
        start && end
    }

    /// A text of `wanted` that some call has in the argument and gets through with, as the engine
    /// confirms. Of a list: one with such an element, as JSON.
    pub fn gets_through(&self, analysis: &Analysis, wanted: &Set) -> Option<String> {
        if self.is_list() {
            let text = analysis.string_in(wanted).yes()?;
            let mut ways = self.elements_for(text).into_iter();
            return ways.find_map(|elements| self.list_through(analysis, elements));
        }
        let declared = self.declared_values();
        let wanted = declared.map_or_else(|| wanted.clone(), |values| wanted.and(&values));
        match self.witness(analysis, &wanted)?.argument(self.path) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        }
    }

    /// The only values that the tool declares the argument to have, if it does.
    fn declared_values(&self) -> Option<Set> {
        if self.declared != Declaration::Choice {
            return None;
        }
        match self.listed?.arguments()?.place(self.path) {
            Place::Declared(argument) => Some(Set::equal_to(&argument.declared.values?)),
            Place::Open | Place::Absent(_) => None,
        }
    }

    /// The elements of a list that do what `text` does alone: those of a command are its program
    /// and its arguments, and a shell runs any line.
    fn elements_for(&self, text: String) -> Vec<Vec<String>> {
        let is_lines = self
            .path
            .fields
            .last()
            .is_some_and(|name| name.ends_with('s'));
        if self.holds() != Holds::Command || is_lines {
            return vec![vec![text]];
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./:".contains(c);
        let words = text.chars().all(is_plain).then(|| {
            let words = text.split_ascii_whitespace();
            words.map(str::to_owned).collect()
        });
        let by_shell = vec!["sh".to_owned(), "-c".to_owned(), text];
        words.into_iter().chain([by_shell]).collect()
    }

    /// A list of `elements`, and of what is required, that some call gets through with.
    fn list_through(&self, analysis: &Analysis, mut elements: Vec<String>) -> Option<String> {
        elements.extend(self.required().filter_map(contained).take(MAX_ELEMENTS));
        if elements.len() > MAX_ELEMENTS {
            return None;
        }
        let shown = serde_json::to_string(&elements).ok()?;
        let list: Vec<Value> = elements.into_iter().map(Value::Text).collect();
        self.witness(analysis, &Set::list(&list)).map(|_| shown)
    }

    /// A call that gets through with one of `wanted` in the argument.
    fn witness(&self, analysis: &Analysis, wanted: &Set) -> Option<Witness> {
        let mut question = Question::new().passing(self.rules);
        if let Some(rules) = self.every_tool {
            question = question.passing(rules);
        }
        analysis.ask(&question.with(self.path, wanted)).yes()
    }

    /// The first of `texts` that some call gets through with.
    pub fn first_through(
        &self,
        analysis: &Analysis,
        texts: impl IntoIterator<Item = String>,
    ) -> Option<String> {
        let mut texts = texts.into_iter();
        texts.find_map(|text| {
            let only = Set::equal_to(&[Value::Text(text)]);
            self.gets_through(analysis, &only)
        })
    }

    /// RFC 6901 pointer of what the argument is compared with.
    pub fn value_pointer(&self) -> String {
        join(&self.condition.pointer, "value")
    }

    /// A finding about what the argument is compared with.
    pub fn finding(
        &self,
        context: &Context<'_>,
        reporter: &Reporter<'_>,
        message: String,
    ) -> Finding {
        let pointer = self.value_pointer();
        let value = context.at(&pointer);
        let span = value.map_or(self.condition.span, |value| value.span);
        reporter.finding(pointer, span, message)
    }
}

/// What to do where something is required of one element of a list.
pub(super) const HELP_FOR_LISTS: &str = "another element of the list may be anything: allow whole lists with `in`, or use a tool \
     that takes a single value";

/// The text that a value is.
pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The text that has to be in a list.
fn contained(test: &Test) -> Option<String> {
    match test {
        Test::Contains(value) => text(value).map(str::to_owned),
        _ => None,
    }
}

/// The texts of `test`.
fn compared(test: &Test) -> Vec<String> {
    let plain = |value: &Value| text(value).map(str::to_owned);
    match test {
        Test::Regex(pattern) => {
            let texts = pattern.shape().texts();
            texts.into_iter().map(|text| text.text).collect()
        }
        Test::Contains(value) | Test::Eq(value) | Test::Neq(value) => {
            plain(value).into_iter().collect()
        }
        Test::In(values) | Test::NotIn(values) => values.iter().filter_map(plain).collect(),
        Test::Compare(..) | Test::Exists(_) => Vec::new(),
    }
}
