//! The half of a decision that needs no counters: posture, rules on arguments, amounts.

use smallvec::SmallVec;

use super::compile::{
    CompiledAmount, CompiledPolicy, CompiledRule, CompiledSubject, Part, UNLISTED,
};
use super::condition::{Argument, Arguments, Truth, float};
use super::decision::Reason;
use crate::call::{Args, ToolCall};
use crate::json::walk;
use crate::policy::quantity::Quantity;
use crate::policy::{Effect, MalformedArguments, Posture};

/// What is known of a call before the counters are asked.
#[derive(Debug)]
pub enum Verdict {
    /// Denied for what it is, whatever the counters say.
    Denied(Reason),
    /// Forwarded without being looked at: the engine can't read its arguments.
    Forwarded,
    /// The rules were evaluated.
    Judged(Judged),
}

/// What the rules say about a call.
#[derive(Debug)]
pub struct Judged {
    /// The tool's number.
    pub(super) tool: u32,
    denied_by: Option<u32>,
    /// What few calls have. It stands apart, because verdicts are moved about.
    details: Option<Box<Details>>,
}

/// What is to be known of a call whose amounts count, or that can't be decided from its arguments.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// The rules before the one that denies which read counters, in order.
    pub(super) open: SmallVec<[OpenRule; 2]>,
    /// Numbers of the paths whose values would be needed, in the order they were asked for; a path
    /// may stand there more than once.
    pub(super) needs: Vec<usize>,
    /// For each limit that takes its amount from an argument, in order, what the argument says.
    pub(super) amounts: SmallVec<[Measured; 1]>,
    /// The rules after the one that denies which would have denied too, if that was asked for.
    pub(super) also_deny: Vec<u32>,
}

/// How many of a tool's rules are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Thoroughness {
    /// Those that decide: none after the first that denies.
    #[default]
    Deciding,
    /// All of them, to say which would have denied too. What is decided is the same.
    Every,
}

impl Judged {
    /// The first rule that denies, whatever the counters say: its place among the tool's rules.
    pub(super) fn denied_by(&self) -> Option<usize> {
        self.denied_by.map(|place| place as usize)
    }

    /// Whether a rule denies, or may: one that reads counters.
    pub(super) fn may_deny(&self) -> bool {
        self.denied_by.is_some() || !self.open().is_empty()
    }

    /// The rules after that one which would have denied too: their places.
    pub(super) fn also_deny(&self) -> &[u32] {
        self.details
            .as_ref()
            .map_or(&[], |details| &details.also_deny)
    }

    pub(super) fn open(&self) -> &[OpenRule] {
        self.details.as_ref().map_or(&[], |details| &details.open)
    }

    pub(super) fn needs(&self) -> &[usize] {
        self.details.as_ref().map_or(&[], |details| &details.needs)
    }

    pub(super) fn amounts(&self) -> &[Measured] {
        self.details
            .as_ref()
            .map_or(&[], |details| &details.amounts)
    }
}

/// A requirement that reads counters: what its conditions on arguments already say.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenRule {
    /// Its place among the tool's rules.
    pub(super) rule: usize,
    /// The first of its conditions that fails on an argument.
    pub(super) fails_at: Option<usize>,
    /// Whether one of its conditions needs a value that was not recorded.
    pub(super) unknown: bool,
}

/// An amount taken from an argument.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Measured {
    Usable(Quantity),
    Unusable,
    /// It was not recorded: the number of its path.
    Unrecorded(usize),
}

/// Judges `call`, as far as that can be done without counters.
pub fn judge(policy: &CompiledPolicy, call: &ToolCall<'_>, thoroughness: Thoroughness) -> Verdict {
    if call.in_batch {
        return Verdict::Denied(Reason::Batch);
    }
    match policy.semantics.malformed_arguments {
        MalformedArguments::Deny if matches!(call.args, Args::NotAnObject(_)) => {
            return Verdict::Denied(Reason::InvalidArguments);
        }
        MalformedArguments::Forward if is_unreadable(&call.args) => return Verdict::Forwarded,
        MalformedArguments::Deny | MalformedArguments::Forward => {}
    }
    let named = policy.named(&call.tool);
    if let Some(entry) = named.hidden_by {
        return Verdict::Denied(Reason::Hidden(entry));
    }
    match named.listed {
        None if policy.default == Posture::Deny => Verdict::Denied(Reason::DefaultDeny),
        listed => {
            let number = listed.unwrap_or(UNLISTED);
            Verdict::Judged(judge_rules(policy, number, &call.args, thoroughness))
        }
    }
}

/// Why a call that no policy is for is refused. What a gateway refuses before it looks for a policy
/// keeps that reason.
pub fn unassigned(call: &ToolCall<'_>) -> Reason {
    if call.in_batch {
        Reason::Batch
    } else if matches!(call.args, Args::NotAnObject(_)) {
        Reason::InvalidArguments
    } else {
        Reason::NoPolicy
    }
}

#[inline]
fn judge_rules(
    policy: &CompiledPolicy,
    number: u32,
    args: &Args<'_>,
    thoroughness: Thoroughness,
) -> Judged {
    let tool = policy.tool(number);
    let own = Asked {
        part: tool.own,
        first_rule: 0,
        first_path: 0,
    };
    let everywhere = Asked {
        part: tool.everywhere,
        first_rule: tool.own.rules.len(),
        first_path: tool.own.paths.len(),
    };
    let mut denied_by = None;
    let mut details = None;
    for asked in [own, everywhere] {
        if asked.part.asks_arguments() {
            let arguments = asked.part.paths.find(args);
            asked.measure(&arguments, &mut details);
            if denied_by.is_none() {
                denied_by = asked.judge(&arguments, &mut details, thoroughness);
            } else if thoroughness == Thoroughness::Every {
                asked.judge_others(0, &arguments, &mut details);
            }
        }
    }
    Judged {
        tool: number,
        denied_by,
        details,
    }
}

/// What is noted of a call for the counters, if there is anything.
type Noted = Option<Box<Details>>;

/// A part of what holds for a tool, and where its numbers begin among those of the tool.
struct Asked<'p> {
    part: &'p Part,
    first_rule: usize,
    first_path: usize,
}

impl Asked<'_> {
    /// Gives the first rule that denies for certain, and notes what came before it.
    fn judge(
        &self,
        arguments: &Arguments<'_>,
        noted: &mut Noted,
        thoroughness: Thoroughness,
    ) -> Option<u32> {
        for (place, rule) in (self.first_rule..).zip(&self.part.rules) {
            if rule.reads_counters {
                self.open_rule(place, rule, arguments, noted.get_or_insert_default());
            } else if self.denies(rule, arguments, noted) {
                if thoroughness == Thoroughness::Every {
                    self.judge_others(place + 1 - self.first_rule, arguments, noted);
                }
                return Some(u32::try_from(place).expect("a policy file is at most 16 MiB"));
            }
        }
        None
    }

    /// Notes which rules from `first` on would deny too. Those that read counters are left out.
    fn judge_others(&self, first: usize, arguments: &Arguments<'_>, noted: &mut Noted) {
        for (place, rule) in (self.first_rule..).zip(&self.part.rules).skip(first) {
            if !rule.reads_counters && refuses(rule.effect, all_hold(rule, arguments)) {
                let place = u32::try_from(place).expect("a policy file is at most 16 MiB");
                noted.get_or_insert_default().also_deny.push(place);
            }
        }
    }

    /// Whether a rule denies for certain. If only unrecorded values can tell, notes which.
    fn denies(&self, rule: &CompiledRule, arguments: &Arguments<'_>, noted: &mut Noted) -> bool {
        let all = all_hold(rule, arguments);
        if all == Truth::Unknown {
            let unknown =
                on_arguments(rule, arguments).filter(|(_, truth)| *truth == Truth::Unknown);
            let needs = unknown.map(|(path, _)| self.first_path + path);
            noted.get_or_insert_default().needs.extend(needs);
        }
        refuses(rule.effect, all)
    }

    /// Notes what a rule that reads counters says as far as arguments go. Such rules are
    /// requirements: the gateway dialect can't read counters.
    fn open_rule(
        &self,
        place: usize,
        rule: &CompiledRule,
        arguments: &Arguments<'_>,
        details: &mut Details,
    ) {
        let mut open = OpenRule {
            rule: place,
            fails_at: None,
            unknown: false,
        };
        for (at, condition) in rule.conditions.iter().enumerate() {
            let CompiledSubject::Argument(path) = condition.subject else {
                continue;
            };
            match condition.test.of_argument(arguments[path]) {
                Truth::False => open.fails_at = open.fails_at.or(Some(at)),
                Truth::Unknown => {
                    open.unknown = true;
                    details.needs.push(self.first_path + path);
                }
                Truth::True => {}
            }
        }
        details.open.push(open);
    }

    /// Notes what the arguments say of each amount that is taken from one.
    fn measure(&self, arguments: &Arguments<'_>, noted: &mut Noted) {
        for limit in &self.part.limits {
            let (path, read): (_, fn(&str) -> Option<Quantity>) = match limit.amount {
                CompiledAmount::Fixed(_) => continue,
                CompiledAmount::Exact(path) => (path, exact),
                CompiledAmount::Truncated(path) => (path, truncated),
            };
            let amount = match arguments[path] {
                Argument::Unrecorded { .. } => Measured::Unrecorded(self.first_path + path),
                argument => measured(argument, read),
            };
            noted.get_or_insert_default().amounts.push(amount);
        }
    }
}

/// Whether all of a rule's conditions on arguments hold.
fn all_hold(rule: &CompiledRule, arguments: &Arguments<'_>) -> Truth {
    let mut all = Truth::True;
    for (_, truth) in on_arguments(rule, arguments) {
        all = all.min(truth);
        if all == Truth::False {
            break;
        }
    }
    all
}

/// Whether a rule denies for certain.
fn refuses(effect: Effect, all_hold: Truth) -> bool {
    match effect {
        Effect::Require => all_hold == Truth::False,
        Effect::DenyIf => all_hold == Truth::True,
    }
}

/// The path and truth of each of a rule's conditions on arguments, in order.
fn on_arguments<'r>(
    rule: &'r CompiledRule,
    arguments: &'r Arguments<'_>,
) -> impl Iterator<Item = (usize, Truth)> + 'r {
    rule.conditions
        .iter()
        .filter_map(|condition| match condition.subject {
            CompiledSubject::Argument(path) => {
                Some((path, condition.test.of_argument(arguments[path])))
            }
            CompiledSubject::Counter(_) => None,
        })
}

fn measured(argument: Argument<'_>, read: fn(&str) -> Option<Quantity>) -> Measured {
    match argument {
        Argument::Missing | Argument::Unrecorded { .. } => Measured::Unusable,
        Argument::Present(text) => match text.value() {
            walk::Value::Number(number) => {
                read(number).map_or(Measured::Unusable, Measured::Usable)
            }
            _ => Measured::Unusable,
        },
    }
}

fn exact(number: &str) -> Option<Quantity> {
    Quantity::parse(number).filter(|amount| !amount.is_negative())
}

/// Towards zero, as the engine converts a float64. Beyond 64 bits its platforms disagree, so such
/// an amount is not usable.
fn truncated(number: &str) -> Option<Quantity> {
    let whole = float(number).trunc();
    let fits = (-(2_f64.powi(63))..2_f64.powi(63)).contains(&whole);
    fits.then_some(Quantity::Whole(whole as i64))
}

/// Whether the Intercept engine fails to read these arguments, and so forwards the call without
/// looking at it: not an object, or a number somewhere that float64 can't hold.
fn is_unreadable(args: &Args<'_>) -> bool {
    match args {
        Args::NotAnObject(_) => true,
        Args::Object(object) => holds_infinite_number(object.text()),
        Args::None | Args::NamesOnly(_) | Args::Hashed(_) => false,
    }
}

fn holds_infinite_number(text: &str) -> bool {
    match walk::Value::of(text) {
        walk::Value::Number(number) => float(number).is_infinite(),
        walk::Value::Array(list) => {
            walk::elements(list).any(|item| holds_infinite_number(&list[item.range()]))
        }
        walk::Value::Object(object) => {
            walk::members(object).any(|(_, value)| holds_infinite_number(&object[value.range()]))
        }
        walk::Value::Null | walk::Value::Bool(_) | walk::Value::String(_) => false,
    }
}
