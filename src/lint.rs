//! One policy file before the rules: what they are told of it, how they report, and which run.

use std::cell::{Cell, OnceCell};

use ahash::AHashMap;
use globset::GlobMatcher;

use crate::analysis::Analysis;
use crate::catalog::arguments::Arguments;
use crate::catalog::{Catalog, Tool};
use crate::config::CallsPerDay;
use crate::dialect::Dialect;
use crate::edit::Editor;
use crate::finding::{Finding, MAX_FINDINGS, Severity};
use crate::policy::quantity::grouped;
use crate::policy::{self, Clause, Effect, Hidden, Policy, Posture};
use crate::risk::{self, Category, Classification, Flow, Operation, Overrides, ToolView};
use crate::rules::{self, Check, Rule};
use crate::schema::places::{Places, head};
use crate::source::file::SourceFile;
use crate::source::tree::{Entry, Node};
use crate::span::Span;
use crate::suggest::quoted;
use crate::suppress::{self, Ignores};
use crate::validate::{self, Reading, Validated};

/// Which rules run, and how much what they find matters.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    /// By id. A rule that is not in it has its own severity.
    pub configured: AHashMap<&'static str, Level>,
    /// The only rules that run, if there are any.
    pub only: Vec<&'static Rule>,
    /// Rules that do not run.
    pub skip: Vec<&'static Rule>,
}

/// How much a rule's findings matter by configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// So much.
    Report(Severity),
    /// The rule does not run.
    Off,
}

impl Levels {
    /// Whether findings of `rule` are reported at all.
    pub fn runs(&self, rule: &'static Rule) -> bool {
        (self.only.is_empty() || self.only.contains(&rule))
            && !self.skip.contains(&rule)
            && self.configured.get(rule.id) != Some(&Level::Off)
    }

    /// Leaves out the findings of rules that do not run, and gives the others their severity.
    pub fn apply(&self, findings: &mut Vec<Finding>) {
        findings.retain(|finding| self.runs(finding.rule));
        for finding in findings {
            if let Some(&Level::Report(severity)) = self.configured.get(finding.rule.id) {
                finding.severity = severity;
            }
        }
    }
}

/// How a run of lint looks at every file.
#[derive(Debug, Default)]
pub struct Options {
    /// How policies are read, if that is not to be told from their keys.
    pub dialect: Option<Dialect>,
    /// Which rules run.
    pub levels: Levels,
    /// What is not to be reported.
    pub ignores: Ignores,
    /// What the configuration says of the risk of tools.
    pub risk: Overrides,
    /// How many calls a day limits may allow.
    pub max_calls_per_day: CallsPerDay,
    /// Whether only the form is looked at, as `mcplint validate` does.
    pub form_only: bool,
}

/// What there is to say about one file.
#[derive(Debug)]
pub struct Linted {
    /// What is reported, by place and rule.
    pub findings: Vec<Finding>,
    /// What an ignore kept from being reported.
    pub ignored: suppress::Ignored,
    /// Whether the rules could look at it.
    pub judged: bool,
    /// Whether the file is a policy that an engine would take.
    pub is_policy: bool,
    /// How many errors of form it has, reported or not.
    pub form_errors: usize,
    /// Whether the file looks like a policy at all.
    pub looks_like_policy: bool,
}

/// The tools that the server of a policy offers.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// Where they are described.
    pub catalog: &'a Catalog,
    /// Of which server the policy is for, if it is for some only: lists may be of several.
    pub server: Option<&'a GlobMatcher>,
}

impl<'a> Offer<'a> {
    /// All of the tools, in the order of the lists.
    pub fn tools(self) -> impl Iterator<Item = &'a Tool> {
        let tools = self.catalog.tools().iter();
        tools.filter(move |tool| self.is_of_server(tool))
    }

    /// The first tool of that name.
    pub fn named(self, name: &str) -> Option<&'a Tool> {
        self.catalog
            .named(name)
            .find(|tool| self.is_of_server(tool))
    }

    fn is_of_server(self, tool: &Tool) -> bool {
        let (Some(glob), Some(server)) = (self.server, &tool.server) else {
            return true;
        };
        glob.is_match(server)
    }
}

/// Validates the policy `file` and lets the rules look at it; `offer` is what its server offers, if
/// that is known.
pub fn lint(file: &SourceFile, offer: Option<Offer<'_>>, options: &Options) -> Linted {
    let Reading {
        root,
        comments,
        validated,
    } = validate::read(file, options.dialect);
    let Validated {
        policy,
        dialect,
        mut findings,
        looks_like_policy,
    } = validated;
    let mut judged = false;
    let offered = offer.is_some();
    let form_errors = findings.len();
    if let (Some(root), Some(policy), Some(dialect), false) =
        (&root, &policy, dialect, options.form_only)
    {
        judged = true;
        let read = Read {
            file,
            root,
            comments: &comments,
        };
        let context = Context::new(read, policy, dialect, offer, options);
        findings.append(&mut judge(&context));
    }
    options.levels.apply(&mut findings);
    let comments = suppress::comments::read(file, &comments, root.as_ref());
    let scope = suppress::Scope {
        file,
        levels: &options.levels,
        judged,
        offered,
    };
    let ignored = options.ignores.apply(&scope, &comments, &mut findings);
    options.levels.apply(&mut findings);
    findings.retain(|found| !(options.form_only && matches!(found.rule.check, Check::Ignores)));
    findings.sort_by(validate::by_place);
    // What an alias stands for is found at each of its uses.
    findings.dedup_by(|a, b| (a.span, a.rule, &a.message) == (b.span, b.rule, &b.message));
    Linted {
        findings,
        ignored,
        judged,
        is_policy: policy.is_some(),
        form_errors,
        looks_like_policy,
    }
}

/// Everything that the rules find.
fn judge(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let levels = &context.options.levels;
    for rule in rules::ALL.iter().copied().filter(|rule| levels.runs(rule)) {
        let mut reporter = Reporter::new(rule, &mut findings);
        match rule.check {
            Check::Policy(check) => check(context, &mut reporter),
            Check::Group(check) => rules::each_group(context, check, &mut reporter),
            Check::Form | Check::Tools(_) | Check::Ignores => {}
        }
        reporter.finish(context.file);
    }
    findings
}

/// Takes what a rule finds.
#[derive(Debug)]
pub struct Reporter<'f> {
    rule: &'static Rule,
    findings: &'f mut Vec<Finding>,
    /// How many more the rule may report.
    room: usize,
    /// How many it reported beyond that.
    left_out: usize,
    /// Whether it was told to stop looking.
    stopped: Cell<bool>,
    /// How much the worst of all that it reported matters.
    worst: Severity,
}

impl<'f> Reporter<'f> {
    /// What `rule` reports goes to `findings`.
    pub fn new(rule: &'static Rule, findings: &'f mut Vec<Finding>) -> Self {
        Self {
            rule,
            findings,
            room: MAX_FINDINGS,
            left_out: 0,
            stopped: Cell::new(false),
            worst: Severity::Note,
        }
    }

    /// A finding of this rule, still to be [reported](Self::report).
    pub fn finding(&self, pointer: impl Into<String>, span: Span, message: String) -> Finding {
        Finding::new(self.rule, pointer, span, message)
    }

    /// Whether further findings would be dropped. Rules that have to think about each ask, and then
    /// look no further.
    pub fn is_full(&self) -> bool {
        let full = self.room == 0;
        self.stopped.set(self.stopped.get() || full);
        full
    }

    /// Reports a finding. Order does not matter; beyond [`MAX_FINDINGS`] they are only counted.
    pub fn report(&mut self, finding: Finding) {
        debug_assert_eq!(finding.rule, self.rule, "a rule reports only for itself");
        self.worst = self.worst.max(finding.severity);
        if self.room > 0 {
            self.room -= 1;
            self.findings.push(finding);
        } else {
            self.left_out += 1;
        }
    }

    /// Says at the end of `file` what was left out of it, if anything was.
    pub fn finish(self, file: &SourceFile) {
        let most = grouped(MAX_FINDINGS as u64);
        let message = match (self.stopped.get(), self.left_out) {
            (true, _) => format!(
                "{} looked no further after {most} findings in this file",
                quoted(self.rule.id)
            ),
            (false, 0) => return,
            (false, more) => format!(
                "{} more findings of {} in this file are left out, after {most} that are shown",
                grouped(more as u64),
                quoted(self.rule.id)
            ),
        };
        let end = Span::at(file.text.len());
        let finding = Finding::new(self.rule, "", end, message).severity(self.worst);
        self.findings
            .push(finding.help("mend these and look again"));
    }
}

/// A file as it was read.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a> {
    /// The file.
    pub file: &'a SourceFile,
    /// Its tree.
    pub root: &'a Node,
    /// Its comments, in order (YAML only), `#` included.
    pub comments: &'a [Span],
}

/// A well-formed policy and what is known about it.
#[derive(Debug)]
pub struct Context<'a> {
    /// The file it was read from.
    pub file: &'a SourceFile,
    /// The tree of the file.
    pub root: &'a Node,
    /// Its comments, in order (YAML only), `#` included.
    pub comments: &'a [Span],
    /// What it means.
    pub policy: &'a Policy,
    /// How it is written. Rules that reason about meaning don't ask.
    pub dialect: Dialect,
    /// Works out edits for fixes.
    pub edit: Editor<'a>,
    /// What the server offers, if that is known.
    pub offer: Option<Offer<'a>>,
    /// The settings of the run.
    pub options: &'a Options,
    /// Answers questions about conditions.
    pub analysis: Analysis,
    /// The tools that it lists, in the order of the file. Intercept's `"*"`, which stands for every
    /// tool, is not among them; a gateway's `"*"` is: it is a name.
    pub tools: Vec<ListedTool<'a>>,
    places: Places<'a>,
    by_name: AHashMap<&'a str, usize>,
    every_arguments: OnceCell<Option<Vec<Arguments>>>,
    hidden: AHashMap<&'a str, &'a Hidden>,
}

/// A tool that a policy lists, and what follows for calls to it from the policy alone.
#[derive(Debug)]
pub struct ListedTool<'a> {
    /// Its rules and limits.
    pub tool: &'a policy::Tool,
    /// Its key and body in the tree.
    pub entry: &'a Entry,
    /// What hides it: an entry with its name, or `*`.
    pub hidden: Option<&'a Hidden>,
    /// The rule that denies every call, if there is one.
    pub always_denied: Option<&'a Clause>,
    /// How the server describes it. `None` also where nothing is known of the server.
    pub offered: Option<&'a Tool>,
    /// What rules have worked out of it.
    pub known: Known,
    risk: OnceCell<Classification>,
    arguments: OnceCell<Option<Arguments>>,
}

/// What rules work out of a listed tool and tell each other, so that it is done once.
#[derive(Debug, Default)]
pub struct Known {
    /// What the worst call does that its conditions leave.
    pub worst_left: OnceCell<Category>,
    /// Whether its conditions and limits leave no call at all, whatever the schema says.
    pub is_dead: OnceCell<bool>,
}

impl ListedTool<'_> {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.tool.name.value
    }

    /// Whether a call may get through, as far as hiding and rules without conditions decide.
    pub fn can_be_called(&self) -> bool {
        self.hidden.is_none() && self.always_denied.is_none()
    }

    /// Its arguments, as its server describes them. `None` where it does not, or is not known.
    pub fn arguments(&self) -> Option<&Arguments> {
        let read = || Some(Arguments::new(self.offered?.input_schema.as_ref()?.tree()));
        self.arguments.get_or_init(read).as_ref()
    }
}

/// The schemas of so many tools are read for rules that hold for every tool.
const MAX_SCHEMAS: usize = 1_000;

/// In `hide`, the name that stands for every tool; in an Intercept policy, the tool whose rules hold
/// for every tool.
pub const EVERY_TOOL: &str = "*";

impl<'a> Context<'a> {
    /// What is to be known about `policy`, which was lowered from `read` as `dialect`.
    pub fn new(
        read: Read<'a>,
        policy: &'a Policy,
        dialect: Dialect,
        offer: Option<Offer<'a>>,
        options: &'a Options,
    ) -> Self {
        let Read {
            file,
            root,
            comments,
        } = read;
        let mut hidden = AHashMap::with_capacity(policy.hide.len());
        for entry in &policy.hide {
            hidden.entry(entry.name.value.as_str()).or_insert(entry);
        }
        let mut context = Self {
            file,
            root,
            comments,
            policy,
            dialect,
            edit: Editor::new(file, root, comments),
            offer,
            options,
            analysis: Analysis::new(),
            tools: Vec::new(),
            places: Places::new(root),
            by_name: AHashMap::with_capacity(policy.tools.len()),
            every_arguments: OnceCell::new(),
            hidden,
        };
        context.tools = context.listed();
        for (nth, tool) in context.tools.iter().enumerate() {
            context.by_name.insert(&tool.tool.name.value, nth);
        }
        context
    }

    fn listed(&self) -> Vec<ListedTool<'a>> {
        let entries = self.root.get("tools").and_then(Node::as_mapping);
        let entries: AHashMap<&str, &'a Entry> = entries
            .unwrap_or_default()
            .iter()
            .map(|entry| (entry.key.as_str(), entry))
            .collect();
        let for_all = self.denies_everything();
        let named = self
            .policy
            .tools
            .iter()
            .filter(|tool| self.dialect == Dialect::Gateway || tool.name.value != EVERY_TOOL);
        named
            .filter_map(|tool| {
                Some(ListedTool {
                    tool,
                    entry: entries.get(tool.name.value.as_str())?,
                    hidden: self.hidden(&tool.name.value),
                    always_denied: always_denies(&tool.rules.rules).or(for_all),
                    offered: self.offer.and_then(|offer| offer.named(&tool.name.value)),
                    known: Known::default(),
                    risk: OnceCell::new(),
                    arguments: OnceCell::new(),
                })
            })
            .collect()
    }

    /// The entry that hides every tool.
    pub fn hides_everything(&self) -> Option<&'a Hidden> {
        self.hidden.get(EVERY_TOOL).copied()
    }

    /// The node at `pointer`. Faster than [`Node::at`] where it is asked for many places.
    pub fn at(&self, pointer: &str) -> Option<&'a Node> {
        self.places.at(pointer)
    }

    /// The member at `pointer`, with its key.
    pub fn entry_at(&self, pointer: &str) -> Option<&'a Entry> {
        self.places.entry_at(pointer)
    }

    /// The rule of all tools that denies every call (Intercept only).
    pub fn denies_everything(&self) -> Option<&'a Clause> {
        always_denies(&self.policy.every_tool.rules)
    }

    /// What to underline for the whole policy, as where something is absent from it.
    pub fn head(&self) -> Span {
        head(self.root)
    }

    /// What hides the tool `name`, listed or not.
    pub fn hidden(&self, name: &str) -> Option<&'a Hidden> {
        self.hidden.get(name).copied().or(self.hides_everything())
    }

    /// The tool `name`, if the policy lists it.
    pub fn tool(&self, name: &str) -> Option<&ListedTool<'a>> {
        self.by_name.get(name).map(|&nth| &self.tools[nth])
    }

    /// The arguments of each tool of the server that can be called. `None` where those of one are not
    /// known, or there are too many.
    pub fn every_arguments(&self) -> Option<&[Arguments]> {
        let read = || {
            let open = self.offer?.tools().filter(|tool| self.is_open(&tool.name));
            let read = |tool: &Tool| Some(Arguments::new(tool.input_schema.as_ref()?.tree()));
            let all: Vec<_> = open
                .take(MAX_SCHEMAS + 1)
                .map(read)
                .collect::<Option<_>>()?;
            (1..=MAX_SCHEMAS).contains(&all.len()).then_some(all)
        };
        self.every_arguments.get_or_init(read).as_deref()
    }

    /// Whether calls of the tool `name` may get through.
    fn is_open(&self, name: &str) -> bool {
        match self.tool(name) {
            Some(listed) => listed.can_be_called(),
            None => self.policy.default == Posture::Allow && self.hidden(name).is_none(),
        }
    }

    /// What a listed tool can do at worst: by its description, or by its name where there is none.
    pub fn risk<'t>(&self, listed: &'t ListedTool<'_>) -> &'t Classification {
        listed
            .risk
            .get_or_init(|| self.options.risk.classify(&view(listed)))
    }

    /// The argument by which calls of a listed tool say what is to be done, if one decides whether that
    /// is of `category`.
    pub fn operation<'t>(
        &self,
        listed: &'t ListedTool<'_>,
        category: Category,
    ) -> Option<Operation<'t>> {
        let by_override = |evidence: &risk::Evidence| evidence.source == risk::Source::Override;
        let is_told = self.risk(listed).evidence.first().is_some_and(by_override);
        (!is_told)
            .then(|| risk::operation(&view(listed), category))
            .flatten()
    }

    /// What a listed tool lets an agent read, and what it sends out.
    pub fn flow(&self, listed: &ListedTool<'_>) -> Flow {
        risk::flow(&view(listed), self.risk(listed).category)
    }

    /// The names that the policy speaks of, with their places: those of `hide` but `*`, and then the
    /// tools.
    pub fn names(&self) -> impl Iterator<Item = Name<'a>> + '_ {
        let hidden = self.policy.hide.iter().map(|hidden| Name {
            text: &hidden.name.value,
            pointer: &hidden.pointer,
            span: hidden.name.span,
            part: Part::Hide,
        });
        let tools = self.tools.iter().map(|listed| Name {
            text: &listed.tool.name.value,
            pointer: &listed.tool.pointer,
            span: listed.tool.name.span,
            part: Part::Tools,
        });
        hidden.chain(tools).filter(|name| name.text != EVERY_TOOL)
    }
}

/// What is known of a listed tool.
fn view<'t>(listed: &'t ListedTool<'_>) -> ToolView<'t> {
    let named = ToolView::named(listed.name());
    listed.offered.map_or(named, ToolView::from)
}

/// A name of a tool in a policy.
#[derive(Debug, Clone, Copy)]
pub struct Name<'a> {
    /// The name.
    pub text: &'a str,
    /// RFC 6901 pointer of the entry of `hide`, or of the tool.
    pub pointer: &'a str,
    /// The bytes of the name, quotes included.
    pub span: Span,
    /// Where it stands.
    pub part: Part,
}

/// The parts of a policy that name tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `hide`
    Hide,
    /// `tools`
    Tools,
}

/// The first rule that denies every call: one without conditions.
fn always_denies(rules: &[policy::Rule]) -> Option<&Clause> {
    let denies = |rule: &&policy::Rule| rule.effect == Effect::DenyIf && rule.conditions.is_empty();
    rules.iter().find(denies).map(|rule| &rule.clause)
}

/// A list of tools and what is known about it.
#[derive(Debug)]
pub struct ToolList<'a> {
    /// The file it was read from.
    pub file: &'a SourceFile,
    /// The tools in it, in the order of the file.
    pub tools: Vec<&'a Tool>,
    /// The settings of the run.
    pub options: &'a Options,
}

/// Everything that the rules find in a list of tools, beside `findings`, which are those of reading it.
pub fn lint_tools(list: &ToolList<'_>, mut findings: Vec<Finding>) -> Linted {
    let levels = &list.options.levels;
    if !list.options.form_only {
        for rule in rules::ALL {
            if let (Check::Tools(check), true) = (rule.check, levels.runs(rule)) {
                let mut reporter = Reporter::new(rule, &mut findings);
                check(list, &mut reporter);
                reporter.finish(list.file);
            }
        }
    }
    levels.apply(&mut findings);
    let scope = suppress::Scope {
        file: list.file,
        levels,
        judged: true,
        offered: true,
    };
    let ignored = list.options.ignores.apply(&scope, &[], &mut findings);
    findings.sort_by(validate::by_place);
    Linted {
        findings,
        ignored,
        judged: true,
        is_policy: false,
        form_errors: 0,
        looks_like_policy: false,
    }
}
