//! What calls asked of a limit, throttled ones included: so that a replay says which maximum would
//! have been enough, and how many calls others would have throttled.
//!
//! A call's *need* is the smallest maximum under which it fits: what its window had been asked for
//! before it, by calls that were allowed and by those that this counter refused, and its own
//! amount. Under a maximum m the calls with a need above m are throttled. That is exact where every
//! call counts 1; where amounts differ it is the most that could be, because a large call that is
//! refused leaves room for smaller ones.

use crate::policy::quantity::Quantity;

/// Needs are counted one by one below this, and above it in steps of at most this part of them.
const SLOTS: usize = 64;

/// How many points a curve has at most.
pub const MAX_POINTS: usize = 32;

/// What the calls that came to one limit needed.
#[derive(Debug, Clone, Default)]
pub struct Demand {
    peak: Option<Quantity>,
    /// By order of magnitude: how many calls had needs in each step. Memory is taken for magnitudes
    /// that occur.
    calls: Vec<Option<Box<[u64; SLOTS]>>>,
}

/// How many calls a maximum would have throttled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// The maximum.
    pub max: u64,
    /// The calls with a need above it.
    pub throttled: u64,
}

impl Demand {
    /// Notes a call that needed so much.
    #[inline]
    pub(super) fn note(&mut self, need: &Quantity) {
        if self.peak.as_ref().is_none_or(|peak| need > peak) {
            self.peak = Some(need.clone());
        }
        let (magnitude, slot) = place(need.ceiling());
        if self.calls.len() <= magnitude {
            self.calls.resize(magnitude + 1, None);
        }
        self.calls[magnitude].get_or_insert_with(|| Box::new([0; SLOTS]))[slot] += 1;
    }

    /// The largest need: the smallest maximum that throttles nothing is this, rounded up. `None` if
    /// no call came to the limit.
    pub fn peak(&self) -> Option<&Quantity> {
        self.peak.as_ref()
    }

    /// How many calls maxima would have throttled, in ascending order: the last throttles none.
    /// The maxima are ends of steps, so that each number is that of all calls with a need above.
    pub fn curve(&self) -> Vec<Point> {
        let mut left: u64 = self.steps().map(|(_, calls)| calls).sum();
        let all: Vec<Point> = self
            .steps()
            .map(|(max, calls)| {
                left -= calls;
                Point {
                    max,
                    throttled: left,
                }
            })
            .collect();
        let mut points = thinned(&all);
        // The end of the last step may lie behind the largest need.
        if let (Some(last), Some(peak)) = (points.last_mut(), &self.peak) {
            last.max = peak.ceiling();
        }
        points
    }

    /// The end of each step in which there were calls, and how many.
    fn steps(&self) -> impl Iterator<Item = (u64, u64)> {
        let magnitudes = self.calls.iter().enumerate();
        magnitudes.flat_map(|(magnitude, slots)| {
            let slots = slots.iter().flat_map(|slots| slots.iter().enumerate());
            slots
                .filter(|(_, calls)| **calls > 0)
                .map(move |(slot, calls)| (end(magnitude, slot), *calls))
        })
    }
}

/// The order of magnitude of a need, and the step in it.
fn place(need: u64) -> (usize, usize) {
    let bits = SLOTS.trailing_zeros();
    let magnitude = (u64::BITS - need.leading_zeros()).saturating_sub(bits);
    // From the second magnitude on, the upper half of the slots is used.
    (magnitude as usize, (need >> magnitude) as usize)
}

/// The largest need of a step.
fn end(magnitude: usize, slot: usize) -> u64 {
    let steps = u128::try_from(slot + 1).expect("slots are few");
    let end = (steps << magnitude) - 1;
    u64::try_from(end).unwrap_or(u64::MAX)
}

/// At most [`MAX_POINTS`] of the points, evenly spread, with the first and the last.
fn thinned(points: &[Point]) -> Vec<Point> {
    let last = points.len().saturating_sub(1);
    if points.len() <= MAX_POINTS {
        return points.to_vec();
    }
    (0..MAX_POINTS)
        .map(|nth| points[nth * last / (MAX_POINTS - 1)])
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn demand(needs: &[u64]) -> Demand {
        let mut demand = Demand::default();
        for need in needs {
            let need = need.to_string();
            demand.note(&Quantity::parse(&need).expect("it is a number"));
        }
        demand
    }

    #[test]
    fn small_needs_are_counted_one_by_one() {
        let points = demand(&[1, 2, 3, 1, 2, 9]).curve();
        let points: Vec<_> = points.iter().map(|p| (p.max, p.throttled)).collect();
        assert_eq!(points, [(1, 4), (2, 2), (3, 1), (9, 0)]);
        assert_eq!(Demand::default().curve(), []);
    }

    #[test]
    fn steps_hold_what_is_put_into_them_and_are_narrow() {
        for need in (0..5_000).chain([1 << 40, (1 << 40) + 12_345, u64::MAX - 1, u64::MAX]) {
            let (magnitude, slot) = place(need);
            assert!(slot < SLOTS, "{need}");
            let end = end(magnitude, slot);
            assert!(end >= need, "{need}");
            assert!(end - need <= need / (SLOTS as u64 / 2), "{need}");
        }
    }

    proptest! {
        #[test]
        fn every_point_is_what_counting_gives(
            needs in prop::collection::vec(prop_oneof![0..200_u64, any::<u64>()], 1..300)
        ) {
            let demand = demand(&needs);
            let points = demand.curve();
            prop_assert!(points.len() <= MAX_POINTS);
            for point in &points {
                let above = needs.iter().filter(|need| **need > point.max).count();
                prop_assert_eq!(point.throttled, above as u64, "{:?}", point);
            }
            let peak = needs.iter().max().copied().unwrap_or(0);
            let last = points.last().copied();
            prop_assert_eq!(last, Some(Point { max: peak, throttled: 0 }));
        }
    }
}
