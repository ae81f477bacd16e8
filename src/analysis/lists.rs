//! Sets of lists: by printed form, and by what they contain.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::answer::Answer;
use super::budget::Budget;
use super::numbers::printed_as;
use super::printed::Printed;
use crate::policy::value::Value;

/// The longest way of reading a printed list that is tried, in elements.
const MAX_ELEMENTS: usize = 64;

/// A set of lists: those that print as one of `printed`, have an element equal to each of `has`,
/// and none equal to one of `lacks`. If there is a `single` one, that list and no other that prints
/// alike.
#[derive(Debug, Clone)]
pub(super) struct Lists {
    printed: Printed,
    single: Option<Vec<Value>>,
    has: Arc<Vec<Value>>,
    lacks: Arc<Elements>,
    /// Whether one of `has` can't be there without one of `lacks`.
    torn: bool,
}

/// Values, such that it is soon known whether one equals another.
#[derive(Debug, Clone, Default)]
struct Elements {
    /// Numbers, by their bits; of the zeros, the one without a sign.
    numbers: BTreeSet<u64>,
    /// What numbers print.
    printed_numbers: BTreeSet<Box<str>>,
    /// What everything else prints.
    printed: BTreeSet<Box<str>>,
}

impl Elements {
    fn of(value: &Value) -> Self {
        let mut all = Self::default();
        let printed = value.printed().into_boxed_str();
        match value.as_number() {
            Some(n) => {
                all.numbers.extend((!n.is_nan()).then(|| bits(n)));
                all.printed_numbers.insert(printed);
            }
            None => {
                all.printed.insert(printed);
            }
        }
        all
    }

    /// Whether one of them equals `argument`, as [`equals`] has it.
    fn have(&self, argument: &Value) -> bool {
        let printed = argument.printed();
        let as_number = match argument.as_number() {
            Some(n) => self.numbers.contains(&bits(n)),
            None => self.printed_numbers.contains(printed.as_str()),
        };
        as_number || self.printed.contains(printed.as_str())
    }

    fn and(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.numbers.extend(&other.numbers);
        all.printed_numbers
            .extend(other.printed_numbers.iter().cloned());
        all.printed.extend(other.printed.iter().cloned());
        all
    }

    fn is_empty(&self) -> bool {
        self.printed_numbers.is_empty() && self.printed.is_empty()
    }

    fn len(&self) -> usize {
        self.printed_numbers.len() + self.printed.len()
    }
}

/// Equal numbers have the same.
fn bits(n: f64) -> u64 {
    if n == 0.0 { 0 } else { n.to_bits() }
}

/// Whether an argument equals a policy's value: as numbers, or as printed.
pub(super) fn equals(argument: &Value, wanted: &Value) -> bool {
    match (argument.as_number(), wanted.as_number()) {
        (Some(argument), Some(wanted)) => argument == wanted,
        _ => argument.printed() == wanted.printed(),
    }
}

impl Lists {
    pub(super) fn of(printed: Printed) -> Self {
        Self {
            printed,
            single: None,
            has: Arc::default(),
            lacks: Arc::default(),
            torn: false,
        }
    }

    /// This list only.
    pub(super) fn only(items: &[Value]) -> Self {
        let printed = Value::List(items.to_vec()).printed();
        Self {
            single: Some(items.to_vec()),
            ..Self::of(Printed::only([printed]))
        }
    }

    pub(super) fn all() -> Self {
        Self::of(Printed::all())
    }

    pub(super) fn none() -> Self {
        Self::of(Printed::none())
    }

    pub(super) fn with(element: &Value) -> Self {
        Self {
            has: Arc::new(vec![element.clone()]),
            ..Self::all()
        }
    }

    pub(super) fn without(element: &Value) -> Self {
        Self {
            lacks: Arc::new(Elements::of(element)),
            ..Self::all()
        }
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        if let Some(items) = self.single.as_ref().or(other.single.as_ref()) {
            let printed = Value::List(items.clone()).printed();
            let in_both = [self, other]
                .iter()
                .all(|set| set.contains(items, &printed));
            return if in_both {
                Self::only(items)
            } else {
                Self::none()
            };
        }
        let mut both = Self {
            printed: self.printed.and(&other.printed),
            single: None,
            has: union(&self.has, &other.has),
            lacks: match (self.lacks.is_empty(), other.lacks.is_empty()) {
                (_, true) => Arc::clone(&self.lacks),
                (true, false) => Arc::clone(&other.lacks),
                (false, false) => Arc::new(self.lacks.and(&other.lacks)),
            },
            torn: self.torn || other.torn,
        };
        // What neither forbids by itself is asked again only where there is more that forbids it.
        let mut doubtful = both.has.iter().enumerate().filter(|(nth, _)| {
            let ours = *nth < self.has.len();
            !(if ours { &other.lacks } else { &self.lacks }).is_empty()
        });
        both.torn = both.torn || doubtful.any(|(_, wanted)| both.element(wanted).is_none());
        both
    }

    /// The complement of a set that is described by printed forms alone.
    pub(super) fn complement_of_printed(self) -> Self {
        debug_assert!(
            self.single.is_none() && self.has.is_empty() && self.lacks.is_empty(),
            "printed forms alone"
        );
        Self::of(self.printed.complement())
    }

    pub(super) fn is_plainly_empty(&self) -> bool {
        self.printed.is_empty() || self.torn
    }

    /// How many texts and elements it names.
    pub(super) fn size(&self) -> usize {
        self.printed.size() + self.has.len() + self.lacks.len()
    }

    pub(super) fn contains(&self, items: &[Value], printed: &str) -> bool {
        self.printed.contains(printed) && self.fit(items)
    }

    fn fit(&self, items: &[Value]) -> bool {
        let all_allowed = items.iter().all(|item| self.allows(item));
        let is_there = |wanted| items.iter().any(|item| equals(item, wanted));
        let is_it = self.single.as_ref().is_none_or(|single| single == items);
        is_it && all_allowed && self.has.iter().all(is_there)
    }

    fn allows(&self, item: &Value) -> bool {
        !self.lacks.have(item)
    }

    /// An element that equals `wanted` and is allowed. What equals a number is a number or what the
    /// policy's number prints; zero has two numbers, which print differently.
    fn element(&self, wanted: &Value) -> Option<Value> {
        let numbers = match wanted.as_number() {
            Some(0.0) => vec![0.0, -0.0],
            Some(n) if !n.is_nan() => vec![n],
            _ => vec![],
        };
        let numbers = numbers.into_iter().map(Value::Float);
        let mut all = numbers.chain([Value::Text(wanted.printed())]);
        all.find(|item| self.allows(item))
    }

    /// A list of the set.
    pub(super) fn pick(&self, budget: &Budget<'_>) -> Answer<Value> {
        if let Some(items) = &self.single {
            return Answer::Yes(Value::List(items.clone()));
        }
        match &self.printed {
            Printed::Only(texts) => {
                Answer::any(texts.iter().map(|text| self.printing(text, budget)))
            }
            Printed::AllBut(_) => self.fresh().into(),
        }
    }

    /// A list that prints as none of finitely many texts: longer and longer ones are tried.
    fn fresh(&self) -> Option<Value> {
        let elements = self.has.iter().map(|wanted| self.element(wanted));
        let mut items = elements.collect::<Option<Vec<_>>>()?;
        let mut padding = (0_u32..).map(|n| Value::Text(format!("x{n}")));
        loop {
            let list = Value::List(items);
            if self.printed.contains(&list.printed()) {
                return Some(list);
            }
            let Value::List(list) = list else { return None };
            items = list;
            items.push(padding.find(|item| self.allows(item))?);
        }
    }

    /// A list of the set that prints as `text`.
    fn printing(&self, text: &str, budget: &Budget<'_>) -> Answer<Value> {
        let inner = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let Some(inner) = inner else {
            return Answer::No;
        };
        if inner.is_empty() && self.fit(&[]) {
            return Answer::Yes(Value::List(Vec::new()));
        }
        let mut items = Vec::new();
        self.split(inner, &mut items, budget)
            .map(|()| Value::List(items))
    }

    /// Reads `rest` as elements with a space between them, in every way until one fits. A text says
    /// no more about an element than that it prints so, and only a number can equal what its text
    /// does not: strings and numbers stand for all elements.
    fn split(&self, rest: &str, items: &mut Vec<Value>, budget: &Budget<'_>) -> Answer<()> {
        let full = items.len() + 1 >= MAX_ELEMENTS;
        let spaces = rest.match_indices(' ').map(|(at, _)| at);
        let ends = spaces.filter(|_| !full).chain([rest.len()]);
        let mut answer = Answer::No;
        for end in ends {
            if !budget.spend(1 + self.has.len()) {
                return Answer::Unknown;
            }
            let as_number = printed_as(&rest[..end]).map(Value::Float);
            for item in as_number
                .into_iter()
                .chain([Value::Text(rest[..end].to_owned())])
            {
                if !self.allows(&item) {
                    continue;
                }
                items.push(item);
                answer = answer.or_else(|| match rest.get(end + 1..) {
                    Some(rest) => self.split(rest, items, budget),
                    None if self.fit(items) => Answer::Yes(()),
                    None => Answer::No,
                });
                if matches!(answer, Answer::Yes(())) {
                    return answer;
                }
                items.pop();
            }
        }
        let cut_short = full && rest.contains(' ');
        if cut_short { Answer::Unknown } else { answer }
    }
}

fn union(ours: &Arc<Vec<Value>>, theirs: &[Value]) -> Arc<Vec<Value>> {
    let mut all = Arc::clone(ours);
    for value in theirs.iter().filter(|value| !ours.contains(value)) {
        Arc::make_mut(&mut all).push(value.clone());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    fn pick(lists: &Lists) -> Answer<String> {
        lists.pick(&Budget::new(1000)).map(|list| list.printed())
    }

    #[test]
    fn printed_lists_are_read_in_every_way() {
        let printed = Lists::of(Printed::only(["[a b 1]"]));
        assert_eq!(
            pick(&printed.and(&Lists::with(&text("a b")))),
            Answer::Yes("[a b 1]".into())
        );
        assert_eq!(pick(&printed.and(&Lists::with(&text("a 1")))), Answer::No);
        let both = printed.and(&Lists::with(&Value::Int(1)));
        assert_eq!(pick(&both), Answer::Yes("[a b 1]".into()));
        assert_eq!(pick(&both.and(&Lists::without(&text("1")))), Answer::No);
        let without = printed
            .and(&Lists::without(&text("a")))
            .and(&Lists::without(&text("a b")));
        assert_eq!(pick(&without), Answer::Yes("[a b 1]".into()));
    }

    #[test]
    fn elements_equal_as_numbers_or_as_printed() {
        let million = Lists::with(&Value::Int(1_000_000));
        // The element 1e6 is allowed by what forbids the text.
        let not_text = million.and(&Lists::without(&text("1000000")));
        assert_eq!(pick(&not_text), Answer::Yes("[1e+06]".into()));
        assert!(
            not_text
                .and(&Lists::without(&text("1e+06")))
                .is_plainly_empty()
        );
        assert!(
            million
                .and(&Lists::without(&Value::Float(1e6)))
                .and(&Lists::without(&text("1000000")))
                .is_plainly_empty()
        );
    }

    #[test]
    fn the_two_zeros_are_elements_that_print_differently() {
        let zero = Lists::with(&Value::Int(0)).and(&Lists::without(&text("0")));
        assert_eq!(pick(&zero), Answer::Yes("[-0]".into()));
        assert!(zero.and(&Lists::without(&text("-0"))).is_plainly_empty());
    }

    #[test]
    fn one_list_is_told_from_others_that_print_alike() {
        let single = Lists::only(&[text("a b"), text("1")]);
        assert_eq!(
            single.pick(&Budget::new(1)),
            Answer::Yes(Value::List(vec![text("a b"), text("1")]))
        );
        let has = |part: &str| single.and(&Lists::with(&text(part)));
        assert_eq!(pick(&has("a b")), Answer::Yes("[a b 1]".into()));
        assert!(has("a").is_plainly_empty());
        assert_eq!(pick(&has("a")), Answer::No);
        let alike = Lists::only(&[text("a"), text("b"), text("1")]);
        assert_eq!(pick(&single.and(&alike)), Answer::No);
        let unprinted = Lists::of(Printed::only(["[a b 1]"]).complement());
        assert_eq!(pick(&single.and(&unprinted)), Answer::No);
    }

    #[test]
    fn lists_that_are_left_out_are_avoided() {
        let left_out = Lists::of(Printed::only(["[]", "[x0]"]).complement());
        assert_eq!(pick(&left_out), Answer::Yes("[x0 x1]".into()));
    }
}
