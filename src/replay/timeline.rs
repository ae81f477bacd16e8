//! What was decided when: calls over time, in a bounded number of steps of equal width.

use std::collections::BTreeMap;

use super::summary::Tally;
use crate::engine::Decision;
use crate::time::Timestamp;

/// How many steps are kept. When there would be more, steps are joined into wider ones.
pub const MAX_STEPS: usize = 2_048;

/// The widths of steps in seconds, each a multiple of the one before. After the last they double.
const WIDTHS: [i64; 10] = [1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400, 604_800];

/// Counts decisions by time. Calls without a time are counted apart.
#[derive(Debug)]
pub struct Timeline {
    width: i64,
    /// By the number of the step since 1970.
    steps: BTreeMap<i64, Tally>,
    without_time: u64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            width: WIDTHS[0],
            steps: BTreeMap::new(),
            without_time: 0,
        }
    }
}

impl Timeline {
    /// Counts a call.
    pub fn count(&mut self, ts: Option<Timestamp>, decision: &Decision) {
        let Some(ts) = ts else {
            self.without_time += 1;
            return;
        };
        let step = ts.seconds.div_euclid(self.width);
        self.steps.entry(step).or_default().count(decision);
        while self.steps.len() > MAX_STEPS {
            self.widen();
        }
    }

    fn widen(&mut self) {
        let next = WIDTHS.iter().find(|width| **width > self.width);
        let wider = next.copied().unwrap_or(2 * self.width);
        let times = wider / self.width;
        let mut steps: BTreeMap<i64, Tally> = BTreeMap::new();
        for (step, tally) in &self.steps {
            steps.entry(step.div_euclid(times)).or_default().add(tally);
        }
        self.steps = steps;
        self.width = wider;
    }

    /// The width of a step, in seconds.
    pub fn width(&self) -> i64 {
        self.width
    }

    /// The steps in which there were calls: the second since 1970 that each begins with, and what was
    /// decided in it, in ascending order.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = (i64, &Tally)> {
        let width = self.width;
        self.steps
            .iter()
            .map(move |(step, tally)| (step * width, tally))
    }

    /// Calls that do not say when they were made.
    pub fn without_time(&self) -> u64 {
        self.without_time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Option<Timestamp> {
        Some(Timestamp::parse_millis(&(seconds * 1_000).to_string()).expect("a time"))
    }

    #[test]
    fn steps_widen_and_lose_no_call() {
        let mut timeline = Timeline::default();
        for second in 0..100_000 {
            timeline.count(at(second - 50_000), &Decision::Allow);
        }
        timeline.count(None, &Decision::Allow);
        assert_eq!(timeline.width(), 60);
        assert!(timeline.steps().len() <= MAX_STEPS);
        let calls: u64 = timeline.steps().map(|(_, tally)| tally.calls).sum();
        assert_eq!((calls, timeline.without_time()), (100_000, 1));
        let (first, tally) = timeline.steps().next().expect("there are steps");
        // -50,000 lies 20 seconds before the end of its minute.
        assert_eq!((first, tally.calls), (-50_040, 20));
    }

    #[test]
    fn any_span_of_time_fits() {
        let mut timeline = Timeline::default();
        for year in 0..=9_000_i64 {
            timeline.count(at(year * 31_556_952 - 60_000_000_000), &Decision::Allow);
        }
        assert!(timeline.steps().len() <= MAX_STEPS);
        let calls: u64 = timeline.steps().map(|(_, tally)| tally.calls).sum();
        assert_eq!(calls, 9_001);
    }
}
