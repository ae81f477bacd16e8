//! Calls whose outcome is not known yet. Calls come out in the order in which they were made, so
//! that one waits for its answer and all later ones wait for it.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

use super::convert::Sink;
use super::record::Record;
use crate::call::Outcome;

/// How many calls wait behind one that has no answer before it goes without.
const MOST_CALLS: usize = 10_000;

/// How many bytes of calls wait before the first one goes without its answer.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A queue of calls. `K` names a call within its `group` (a connection, a file) until its answer
/// has come.
#[derive(Debug)]
pub struct Waiting<K> {
    queue: VecDeque<Slot<K>>,
    /// The number of the first call in the queue, counted from the first there ever was.
    first: u64,
    bytes: usize,
    /// The calls that are open, by group and name: their numbers.
    open: HashMap<u64, HashMap<K, u64>>,
    /// Whether it was told that calls go without their answers.
    told: bool,
}

#[derive(Debug)]
struct Slot<K> {
    record: Record,
    weight: usize,
    /// Under what it is open.
    waits_for: Option<(u64, K)>,
}

impl<K> Default for Waiting<K> {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            first: 0,
            bytes: 0,
            open: HashMap::new(),
            told: false,
        }
    }
}

impl<K: Hash + Eq + Clone> Waiting<K> {
    /// A call was made whose answer will name `key`. One that is still open under that name has
    /// been forgotten by its maker: it gets no answer any more.
    pub fn push(&mut self, group: u64, key: K, record: Record, sink: &mut Sink) {
        let number = self.first + self.queue.len() as u64;
        let open = self.open.entry(group).or_default();
        if let Some(forgotten) = open.insert(key.clone(), number) {
            self.settle(forgotten, Outcome::NoAnswer);
        }
        self.push_slot(record, Some((group, key)), sink);
    }

    /// A call was made whose outcome is known: it waits for those before it.
    pub fn push_settled(&mut self, record: Record, sink: &mut Sink) {
        self.push_slot(record, None, sink);
    }

    fn push_slot(&mut self, record: Record, waits_for: Option<(u64, K)>, sink: &mut Sink) {
        let weight = record.weight();
        self.bytes += weight;
        self.queue.push_back(Slot {
            record,
            weight,
            waits_for,
        });
        while self.queue.len() > MOST_CALLS || self.bytes > MOST_BYTES {
            self.give_out_unanswered(sink);
        }
        self.flush(sink);
    }

    /// The call that is open under `key` has ended so. `false` if none is.
    pub fn resolve(&mut self, group: u64, key: &K, outcome: Outcome, sink: &mut Sink) -> bool {
        self.resolve_with(group, key, sink, |record| record.outcome = outcome)
    }

    /// The answer to the call that is open under `key` has come; `change` puts into the record what
    /// it tells. `false` if none is open.
    pub fn resolve_with(
        &mut self,
        group: u64,
        key: &K,
        sink: &mut Sink,
        change: impl FnOnce(&mut Record),
    ) -> bool {
        let Some(open) = self.open.get_mut(&group) else {
            return false;
        };
        let Some(number) = open.remove(key) else {
            return false;
        };
        if open.is_empty() {
            self.open.remove(&group);
        }
        if let Some(slot) = self.slot(number) {
            slot.waits_for = None;
            change(&mut slot.record);
        }
        self.flush(sink);
        true
    }

    /// Whether a call is open under `key`.
    pub fn is_open(&self, group: u64, key: &K) -> bool {
        let open = self.open.get(&group);
        open.is_some_and(|open| open.contains_key(key))
    }

    /// Answers to the calls of `group` can't come any more: what is open there has ended so.
    pub fn abandon(&mut self, group: u64, outcome: Outcome, sink: &mut Sink) {
        let open = self.open.remove(&group).unwrap_or_default();
        for number in open.into_values() {
            self.settle(number, outcome);
        }
        self.flush(sink);
    }

    /// No answer can come any more: whatever is open has ended so, and everything goes out.
    pub fn abandon_all(&mut self, outcome: Outcome, sink: &mut Sink) {
        for number in std::mem::take(&mut self.open)
            .into_values()
            .flat_map(HashMap::into_values)
        {
            self.settle(number, outcome);
        }
        self.flush(sink);
    }

    fn slot(&mut self, number: u64) -> Option<&mut Slot<K>> {
        let nth = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.queue.get_mut(nth)
    }

    fn settle(&mut self, number: u64, outcome: Outcome) {
        if let Some(slot) = self.slot(number) {
            slot.waits_for = None;
            slot.record.outcome = outcome;
        }
    }

    /// Gives out the calls at the front whose outcome is known.
    fn flush(&mut self, sink: &mut Sink) {
        while self.queue.front().is_some_and(|s| s.waits_for.is_none()) {
            self.give_out(sink);
        }
    }

    /// Gives out the call at the front, with or without an answer.
    fn give_out_unanswered(&mut self, sink: &mut Sink) {
        let Some(slot) = self.queue.front_mut() else {
            return;
        };
        if let Some((group, key)) = slot.waits_for.take() {
            if let Some(open) = self.open.get_mut(&group) {
                open.remove(&key);
                if open.is_empty() {
                    self.open.remove(&group);
                }
            }
            if !std::mem::replace(&mut self.told, true) {
                sink.note(
                    slot.record.line,
                    "no answer came before 10,000 more calls or 16 MiB of them: how this call \
                     ended, and others like it, is left open",
                );
            }
        }
        self.give_out(sink);
    }

    fn give_out(&mut self, sink: &mut Sink) {
        if let Some(slot) = self.queue.pop_front() {
            self.first += 1;
            self.bytes -= slot.weight;
            sink.call(slot.record);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::convert::Item;
    use super::*;

    fn call(line: u64) -> Record {
        Record {
            line,
            ..Record::default()
        }
    }

    fn taken(sink: &mut Sink) -> Vec<(u64, Outcome)> {
        std::iter::from_fn(|| sink.take())
            .filter_map(|item| match item {
                Item::Call(record) => Some((record.line, record.outcome)),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn calls_come_out_in_the_order_they_were_made() {
        let (mut waiting, mut sink) = (Waiting::default(), Sink::default());
        for line in 1..=3 {
            waiting.push(0, line, call(line), &mut sink);
        }
        assert!(waiting.resolve(0, &2, Outcome::Ok, &mut sink));
        assert!(!waiting.resolve(1, &1, Outcome::Ok, &mut sink));
        assert_eq!(taken(&mut sink), []);
        assert!(waiting.resolve(0, &1, Outcome::ToolError, &mut sink));
        assert_eq!(
            taken(&mut sink),
            [(1, Outcome::ToolError), (2, Outcome::Ok)]
        );
        waiting.push_settled(call(4), &mut sink);
        waiting.abandon_all(Outcome::NoAnswer, &mut sink);
        assert_eq!(
            taken(&mut sink),
            [(3, Outcome::NoAnswer), (4, Outcome::Unspecified)]
        );
    }

    #[test]
    fn a_name_that_is_used_again_ends_the_call_that_had_it() {
        let (mut waiting, mut sink) = (Waiting::default(), Sink::default());
        waiting.push(0, "a", call(1), &mut sink);
        waiting.push(7, "a", call(2), &mut sink);
        waiting.push(0, "a", call(3), &mut sink);
        assert_eq!(taken(&mut sink), [(1, Outcome::NoAnswer)]);
        waiting.abandon(7, Outcome::NoAnswer, &mut sink);
        assert!(waiting.resolve(0, &"a", Outcome::Ok, &mut sink));
        assert_eq!(taken(&mut sink), [(2, Outcome::NoAnswer), (3, Outcome::Ok)]);
    }

    #[test]
    fn one_call_without_answer_does_not_hold_back_the_rest_for_ever() {
        let (mut waiting, mut sink) = (Waiting::default(), Sink::default());
        waiting.push(0, 1, call(1), &mut sink);
        for line in 2..=MOST_CALLS as u64 + 5 {
            waiting.push(0, line, call(line), &mut sink);
            waiting.resolve(0, &line, Outcome::Ok, &mut sink);
        }
        let given = taken(&mut sink);
        assert_eq!(given[0], (1, Outcome::Unspecified));
        assert_eq!(given.len(), MOST_CALLS + 5);
        assert!(!waiting.resolve(0, &1, Outcome::Ok, &mut sink));
        assert!(waiting.open.is_empty() && waiting.bytes == 0);
    }
}
