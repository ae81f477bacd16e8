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
    /// The first rule that denies, whatever the counters say.
    pub(super) denied_by: Option<usize>,
    /// The rules before it that read counters, in order.
    pub(super) open: SmallVec<[OpenRule; 2]>,
    /// Numbers of the paths whose values would be needed, in the order they were asked for; a path
    /// may stand there more than once.
    pub(super) needs: Vec<usize>,
    /// For each limit that takes its amount from an argument, in order, what the argument says.
    pub(super) amounts: SmallVec<[Measured; 1]>,
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
pub fn judge(policy: &CompiledPolicy, call: &ToolCall<'_>) -> Verdict {
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
    if let Some(entry) = policy.hidden_by(&call.tool) {
        return Verdict::Denied(Reason::Hidden(entry));
    }
    match policy.listed(&call.tool) {
        Some(number) => Verdict::Judged(judge_rules(policy, number, &call.args)),
        None if policy.default == Posture::Deny => Verdict::Denied(Reason::DefaultDeny),
        None => Verdict::Judged(judge_rules(policy, UNLISTED, &call.args)),
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

fn judge_rules(policy: &CompiledPolicy, number: u32, args: &Args<'_>) -> Judged {
    let tool = policy.tool(number);
    let mut judged = Judged {
        tool: number,
        denied_by: None,
        open: SmallVec::new(),
        needs: Vec::new(),
        amounts: SmallVec::new(),
    };
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
    for asked in [own, everywhere] {
        asked.judge(args, &mut judged);
    }
    judged
}

/// A part of what holds for a tool, and where its numbers begin among those of the tool.
struct Asked<'p> {
    part: &'p Part,
    first_rule: usize,
    first_path: usize,
}

impl Asked<'_> {
    fn judge(&self, args: &Args<'_>, judged: &mut Judged) {
        let arguments = self.part.paths.find(args);
        judged.amounts.extend(self.measure(&arguments));
        if judged.denied_by.is_some() {
            return;
        }
        for (place, rule) in (self.first_rule..).zip(&self.part.rules) {
            if rule.reads_counters {
                judged
                    .open
                    .push(self.open_rule(place, rule, &arguments, &mut judged.needs));
            } else if self.denies(rule, &arguments, &mut judged.needs) {
                judged.denied_by = Some(place);
                return;
            }
        }
    }

    /// Whether a rule denies for certain. If only unrecorded values can tell, notes which.
    fn denies(
        &self,
        rule: &CompiledRule,
        arguments: &Arguments<'_>,
        needs: &mut Vec<usize>,
    ) -> bool {
        let noted = needs.len();
        let mut all = Truth::True;
        for (path, truth) in on_arguments(rule, arguments) {
            match truth {
                Truth::False => {
                    all = Truth::False;
                    break;
                }
                Truth::Unknown => {
                    all = Truth::Unknown;
                    needs.push(self.first_path + path);
                }
                Truth::True => {}
            }
        }
        if all == Truth::False {
            needs.truncate(noted);
        }
        match rule.effect {
            Effect::Require => all == Truth::False,
            Effect::DenyIf => all == Truth::True,
        }
    }

    /// What a rule that reads counters says as far as arguments go. Such rules are requirements: the
    /// gateway dialect can't read counters.
    fn open_rule(
        &self,
        place: usize,
        rule: &CompiledRule,
        arguments: &Arguments<'_>,
        needs: &mut Vec<usize>,
    ) -> OpenRule {
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
                    needs.push(self.first_path + path);
                }
                Truth::True => {}
            }
        }
        open
    }

    /// What the arguments say of each amount that is taken from one.
    fn measure(&self, arguments: &Arguments<'_>) -> impl Iterator<Item = Measured> {
        self.part.limits.iter().filter_map(|limit| {
            let (path, read): (_, fn(&str) -> Option<Quantity>) = match limit.amount {
                CompiledAmount::Fixed(_) => return None,
                CompiledAmount::Exact(path) => (path, exact),
                CompiledAmount::Truncated(path) => (path, truncated),
            };
            Some(match arguments[path] {
                Argument::Unrecorded { .. } => Measured::Unrecorded(self.first_path + path),
                argument => measured(argument, read),
            })
        })
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
        Argument::Present(text) => match walk::Value::of(text) {
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
        Args::Object(text) => holds_infinite_number(text),
        Args::None | Args::NamesOnly(_) => false,
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
