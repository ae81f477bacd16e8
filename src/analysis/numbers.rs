//! Sets of float64 numbers, exact to the last bit.
//!
//! A number is known by its rank in the order of all floats, where -0 stands before 0: they are
//! equal, but print differently. A JSON number may be too large for float64 and is infinite then,
//! so both infinities belong to the order; NaN, which no JSON number is, does not.

use crate::policy::condition::Ordering;
use crate::policy::value::Value;

/// A set of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Numbers {
    /// First and last rank of each run: ascending, disjoint and not adjoining.
    runs: Vec<(i64, i64)>,
    /// Whether fractions are left out.
    whole: bool,
}

/// The place of `n` among all floats.
fn rank(n: f64) -> i64 {
    flip(n.to_bits().cast_signed())
}

fn number(rank: i64) -> f64 {
    f64::from_bits(flip(rank).cast_unsigned())
}

/// The bits of negative floats grow with their size: all but the sign have to be turned over.
fn flip(bits: i64) -> i64 {
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

impl Numbers {
    pub(super) fn none() -> Self {
        Self::from_runs(Vec::new())
    }

    pub(super) fn all() -> Self {
        Self::between(f64::NEG_INFINITY, f64::INFINITY)
    }

    /// The whole numbers.
    pub(super) fn whole() -> Self {
        Self {
            whole: true,
            ..Self::all()
        }
    }

    /// The numbers that are `<ordering> n`.
    pub(super) fn compared(ordering: Ordering, n: f64) -> Self {
        // Both zeros lie on the same side of a number that is neither.
        let (low, high) = (least_equal(n), greatest_equal(n));
        match ordering {
            _ if n.is_nan() => Self::none(),
            Ordering::Less if low == f64::NEG_INFINITY => Self::none(),
            Ordering::Less => Self::between(f64::NEG_INFINITY, number(rank(low) - 1)),
            Ordering::LessOrEqual => Self::between(f64::NEG_INFINITY, high),
            Ordering::Greater if high == f64::INFINITY => Self::none(),
            Ordering::Greater => Self::between(number(rank(high) + 1), f64::INFINITY),
            Ordering::GreaterOrEqual => Self::between(low, f64::INFINITY),
        }
    }

    /// The numbers that are equal to one of `values`, as conditions compare.
    pub(super) fn equal_to(values: &[Value]) -> Self {
        let runs = values.iter().filter_map(|value| match value.as_number() {
            Some(n) if n.is_nan() => None,
            Some(n) => Some((rank(least_equal(n)), rank(greatest_equal(n)))),
            None => printed_as(&value.printed()).map(|n| (rank(n), rank(n))),
        });
        Self::from_runs(runs.collect())
    }

    fn between(low: f64, high: f64) -> Self {
        Self::from_runs(vec![(rank(low), rank(high))])
    }

    fn from_runs(mut runs: Vec<(i64, i64)>) -> Self {
        runs.sort_unstable();
        runs.dedup_by(|next, last| {
            let joined = next.0 <= last.1.saturating_add(1);
            if joined {
                last.1 = last.1.max(next.1);
            }
            joined
        });
        Self { runs, whole: false }
    }

    /// The numbers that are not in this set, which has to have been made without `whole`.
    pub(super) fn complement(&self) -> Self {
        debug_assert!(!self.whole, "only sets of conditions are turned over");
        let mut from = rank(f64::NEG_INFINITY);
        let mut runs = Vec::with_capacity(self.runs.len() + 1);
        for &(first, last) in &self.runs {
            if from < first {
                runs.push((from, first - 1));
            }
            from = last + 1;
        }
        if from <= rank(f64::INFINITY) {
            runs.push((from, rank(f64::INFINITY)));
        }
        Self { runs, whole: false }
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        let mut runs = Vec::new();
        let (mut ours, mut theirs) = (self.runs.iter().peekable(), other.runs.iter().peekable());
        while let (Some(a), Some(b)) = (ours.peek(), theirs.peek()) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                runs.push((first, last));
            }
            if a.1 < b.1 {
                ours.next();
            } else {
                theirs.next();
            }
        }
        let whole = self.whole || other.whole;
        runs.retain(|&run| !whole || whole_in(run).is_some());
        Self { runs, whole }
    }

    /// How many runs it has.
    pub(super) fn size(&self) -> usize {
        self.runs.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(super) fn contains(&self, n: f64) -> bool {
        let rank = rank(n);
        let after = self.runs.partition_point(|run| run.0 <= rank);
        let within = after.checked_sub(1).is_some_and(|i| rank <= self.runs[i].1);
        within && !(self.whole && n.is_finite() && n.fract() != 0.0)
    }

    /// A number of the set, as plain as there is one.
    pub(super) fn pick(&self) -> Option<f64> {
        let plain = [1.0, 0.0, -1.0, 0.5, 0.1, -0.5];
        let found = plain.into_iter().find(|n| self.contains(*n));
        let whole = || self.nearest(whole_in);
        let some =
            || self.nearest(|(first, last)| Some(number(if last < 0 { last } else { first })));
        found.or_else(whole).or_else(some)
    }

    /// Of what `pick` takes from each run, the number nearest to zero.
    fn nearest(&self, pick: impl Fn((i64, i64)) -> Option<f64>) -> Option<f64> {
        let picked = self.runs.iter().filter_map(|run| pick(*run));
        picked.min_by(|a, b| a.abs().total_cmp(&b.abs()))
    }
}

/// The whole number nearest to zero in a run. An infinite number stands for whole ones too large.
fn whole_in((first, last): (i64, i64)) -> Option<f64> {
    let (low, high) = (number(first), number(last));
    let nearest = if low > 0.0 {
        low.ceil()
    } else if high < 0.0 {
        high.floor()
    } else if last < 0 {
        -0.0
    } else {
        0.0
    };
    (first <= rank(nearest) && rank(nearest) <= last).then_some(nearest)
}

fn least_equal(n: f64) -> f64 {
    if n == 0.0 { -0.0 } else { n }
}

fn greatest_equal(n: f64) -> f64 {
    if n == 0.0 { 0.0 } else { n }
}

/// The number that prints as `text`, if one does.
pub(super) fn printed_as(text: &str) -> Option<f64> {
    let n: f64 = text.parse().ok()?;
    (!n.is_nan() && Value::Float(n).printed() == text).then_some(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_exact() {
        let above = Numbers::compared(Ordering::Greater, 10.0);
        assert!(!above.contains(10.0) && above.contains(10.0_f64.next_up()));
        let below = Numbers::compared(Ordering::Less, 0.0);
        assert!(!below.contains(-0.0) && below.contains(-5e-324));
        assert_eq!(
            above.complement(),
            Numbers::compared(Ordering::LessOrEqual, 10.0)
        );
        assert!(Numbers::compared(Ordering::Greater, f64::MAX).contains(f64::INFINITY));
        assert!(Numbers::compared(Ordering::Less, f64::NAN).is_empty());
        assert!(Numbers::compared(Ordering::Greater, f64::INFINITY).is_empty());
    }

    #[test]
    fn zeros_are_equal_but_print_differently() {
        let zero = Numbers::equal_to(&[Value::Int(0)]);
        assert!(zero.contains(0.0) && zero.contains(-0.0));
        let printed = Numbers::equal_to(&[Value::Text("-0".into())]);
        assert!(printed.contains(-0.0) && !printed.contains(0.0));
        assert!(Numbers::equal_to(&[Value::Text("1000000".into())]).is_empty());
        assert!(Numbers::equal_to(&[Value::Text("1e+06".into())]).contains(1e6));
    }

    #[test]
    fn whole_numbers_know_of_gaps_without_one() {
        let between =
            Numbers::compared(Ordering::Greater, 1.0).and(&Numbers::compared(Ordering::Less, 2.0));
        assert!(!between.is_empty());
        assert!(between.and(&Numbers::whole()).is_empty());
    }

    #[test]
    fn picks_are_plain() {
        let pick = |ordering, n| Numbers::compared(ordering, n).pick();
        assert_eq!(pick(Ordering::Greater, 10_000.0), Some(10_001.0));
        assert_eq!(pick(Ordering::Less, -2.5), Some(-3.0));
        assert_eq!(Numbers::all().pick(), Some(1.0));
        assert_eq!(pick(Ordering::Greater, f64::MAX), Some(f64::INFINITY));
    }
}
