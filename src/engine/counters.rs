//! What has been consumed: counts by counter, owner and window.
//!
//! Memory is bounded by the windows that are open, not by the trace. Records may be out of order
//! of time, so closed windows are kept as well while there is room for [`CLOSED_CELLS`] counts in
//! them; then the oldest are forgotten. A call that comes later still, for a window that may have
//! been forgotten, is counted from zero and noted ([`Counters::late_calls`]): never in silence.
//!
//! The counts of one window of time stand in a table of their own ([`Era`]): most calls ask the
//! latest, which is small and near, and forgetting a window drops its table.

use std::collections::hash_map::Entry;

use foldhash::HashMap;

use super::compile::{ClauseId, CompiledPolicy, CounterId};
use super::demand::Demand;
use super::owners::{Owner, Owners};
use super::settle::Occasion;
use crate::policy::Windows;
use crate::policy::limit::Window;
use crate::policy::quantity::Quantity;
use crate::time::Timestamp;

/// How many counts of closed windows are kept for records that come out of order.
pub const CLOSED_CELLS: usize = 8_192;

/// How much room the table of a forgotten window may keep for the next one.
const KEPT_CELLS: usize = 256;

/// The counts of one policy.
#[derive(Debug)]
pub struct Counters {
    windows: Windows,
    eras: Eras,
    owners: Owners,
    peaks: Vec<Option<PeakCell>>,
    /// What was asked of each limit, by clause.
    demands: Vec<Demand>,
    /// The latest time of any call, in seconds.
    newest: i64,
    /// How many cells or owners there may be before closed windows are forgotten.
    capacity: usize,
    /// The end of the latest window that was forgotten.
    forgotten_until: i64,
    late_calls: u64,
    /// Whether the present call was found to be late.
    late: bool,
}

/// See [`Counters::peaks`].
#[derive(Debug)]
pub struct Peaks<'c> {
    cells: &'c [Option<PeakCell>],
    owners: Vec<Option<&'c str>>,
}

impl Peaks<'_> {
    /// The most that one window of a limit's counter has held. `None` if nothing was consumed, or
    /// the clause is no limit.
    pub fn of(&self, policy: &CompiledPolicy, limit: ClauseId) -> Option<Peak> {
        let peak = self.cells[policy.counter(limit)?.0 as usize].as_ref()?;
        Some(Peak {
            count: peak.count.clone(),
            owner: self.owners[peak.owner.place()].map(str::to_owned),
            start: Timestamp {
                seconds: peak.start,
                nanos: 0,
            },
        })
    }
}

/// The most that one window of a counter has held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peak {
    /// How much.
    pub count: Quantity,
    /// Whose: the grant's or session's name.
    pub owner: Option<String>,
    /// Where that window started.
    pub start: Timestamp,
}

#[derive(Debug)]
struct PeakCell {
    count: Quantity,
    owner: Owner,
    start: i64,
}

/// A window of time: its length, and where it starts. For counters that remember one window only,
/// all of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Span {
    window: Window,
    start: i64,
}

impl Span {
    fn of(window: Window, ts: Timestamp) -> Self {
        Span {
            window,
            start: window.start(ts.seconds),
        }
    }

    fn end(self) -> i64 {
        self.start + self.window.seconds()
    }
}

impl Counters {
    /// Nothing consumed yet.
    pub fn new(policy: &CompiledPolicy) -> Self {
        Self {
            windows: policy.semantics.windows,
            eras: Eras::default(),
            owners: Owners::default(),
            peaks: (0..policy.counter_count()).map(|_| None).collect(),
            demands: vec![Demand::default(); policy.clause_count()],
            newest: i64::MIN,
            capacity: CLOSED_CELLS,
            forgotten_until: i64::MIN,
            late_calls: 0,
            late: false,
        }
    }

    /// How many calls came so late that the count of their window may have been forgotten.
    pub fn late_calls(&self) -> u64 {
        self.late_calls
    }

    /// The owner that a call counts under. Call it once for each call: it also makes room.
    pub(super) fn owner(&mut self, occasion: &Occasion<'_>, ts: Timestamp) -> Owner {
        self.newest = self.newest.max(ts.seconds);
        self.late = false;
        if self.eras.cells.max(self.owners.len()) >= self.capacity {
            self.forget();
        }
        self.owners.number(occasion)
    }

    /// Adds `amount` to what a counter holds in the window of `ts`, unless that would be more than
    /// `max`; an amount of `None` only asks whether it is. Gives what the window then holds, and
    /// what it would hold had it refused nothing.
    pub(super) fn charge(
        &mut self,
        at: CounterId,
        owner: Owner,
        window: Window,
        ts: Timestamp,
        amount: Option<&Quantity>,
        max: i64,
    ) -> Option<Charged> {
        let span = Span::of(window, ts);
        let fits = |count: Quantity| (count <= Quantity::Whole(max)).then_some(count);
        match self
            .eras
            .of(self.windows, span)
            .entry(Place::new(at, owner))
        {
            Entry::Occupied(mut cell) => {
                let cell = cell.get_mut();
                // Windows match by where they start, also when their lengths differ, as the
                // engine's do.
                let held = cell.span.start == span.start;
                let count = match (held, amount) {
                    (true, Some(amount)) => cell.count.plus(amount),
                    (true, None) => cell.count.clone(),
                    (false, amount) => amount.cloned().unwrap_or(Quantity::ZERO),
                };
                let count = fits(count)?;
                let refused = match held {
                    true => cell.refused.clone(),
                    false => Quantity::ZERO,
                };
                let charged = Charged {
                    asked: count.plus(&refused),
                    count,
                };
                if amount.is_some() {
                    *cell = Cell {
                        span,
                        count: charged.count.clone(),
                        refused,
                    };
                }
                Some(charged)
            }
            Entry::Vacant(place) => {
                if !self.late && span.end() <= self.forgotten_until {
                    self.late = true;
                    self.late_calls += 1;
                }
                let count = fits(amount.cloned().unwrap_or(Quantity::ZERO))?;
                if amount.is_some() {
                    place.insert(Cell {
                        span,
                        count: count.clone(),
                        refused: Quantity::ZERO,
                    });
                    self.eras.cells += 1;
                }
                Some(Charged {
                    asked: count.clone(),
                    count,
                })
            }
        }
    }

    /// Reads a counter that remembers one window only, with the length it was last charged with.
    pub(super) fn read(&self, counter: CounterId, owner: Owner, ts: Timestamp) -> (i64, Window) {
        let cell = self
            .eras
            .all_of_time()
            .and_then(|era| era.get(&Place::new(counter, owner)));
        let Some(Cell { span, count, .. }) = cell else {
            return (0, Window::Minute);
        };
        let count = match count {
            Quantity::Whole(n) if *span == Span::of(span.window, ts) => *n,
            _ => 0,
        };
        (count, span.window)
    }

    /// Takes `amount` off again. A counter that remembers one window only is lowered in whatever
    /// window it is, and never below zero: so an error wipes out a credit, as in the engine.
    pub(super) fn give_back(
        &mut self,
        counter: CounterId,
        owner: Owner,
        window: Window,
        ts: Timestamp,
        amount: &Quantity,
    ) {
        let span = Span::of(window, ts);
        let era = self.eras.of(self.windows, span);
        if let Some(cell) = era.get_mut(&Place::new(counter, owner)) {
            cell.count = cell.count.minus(amount).max(Quantity::ZERO);
        }
    }

    /// Notes that `amount` was refused in the window of `ts`. Gives what the window would hold had
    /// it refused nothing. If the amount would `stay` there, later calls come after it.
    #[cold]
    pub(super) fn refuse(
        &mut self,
        at: CounterId,
        owner: Owner,
        window: Window,
        ts: Timestamp,
        amount: &Quantity,
        stays: bool,
    ) -> Quantity {
        let span = Span::of(window, ts);
        match self
            .eras
            .of(self.windows, span)
            .entry(Place::new(at, owner))
        {
            Entry::Occupied(mut cell) if cell.get().span.start == span.start => {
                let cell = cell.get_mut();
                let refused = cell.refused.plus(amount);
                let asked = cell.count.plus(&refused);
                if stays {
                    cell.refused = refused;
                }
                asked
            }
            // A counter that remembers one window only goes on remembering the one it has: what is
            // refused does not open another.
            Entry::Occupied(_) => amount.clone(),
            Entry::Vacant(place) => {
                if stays && self.windows == Windows::EachItsOwn {
                    place.insert(Cell {
                        span,
                        count: Quantity::ZERO,
                        refused: amount.clone(),
                    });
                    self.eras.cells += 1;
                }
                amount.clone()
            }
        }
    }

    /// Notes what a call needed of a limit.
    #[inline]
    pub(super) fn note_demand(&mut self, limit: ClauseId, need: &Quantity) {
        self.demands[limit.0 as usize].note(need);
    }

    /// What was asked of a limit.
    pub fn demand(&self, limit: ClauseId) -> &Demand {
        &self.demands[limit.0 as usize]
    }

    /// Compares what a counter holds in the window of `ts` with the most it has held.
    pub(super) fn note_peak(
        &mut self,
        counter: CounterId,
        owner: Owner,
        window: Window,
        ts: Timestamp,
        count: &Quantity,
    ) {
        let peak = &mut self.peaks[counter.0 as usize];
        if peak.as_ref().is_none_or(|peak| *count > peak.count) {
            *peak = Some(PeakCell {
                count: count.clone(),
                owner,
                start: window.start(ts.seconds),
            });
        }
    }

    /// The most that each counter has held.
    pub fn peaks(&self) -> Peaks<'_> {
        Peaks {
            cells: &self.peaks,
            owners: self.owners.names(),
        }
    }

    /// Forgets the oldest closed windows, so that at least half of the capacity is free again, and
    /// if owners take the other half, those that nothing speaks of any more.
    fn forget(&mut self) {
        let forgotten = self.eras.forget(self.newest, self.capacity / 2);
        self.forgotten_until = self.forgotten_until.max(forgotten);
        if self.owners.len() >= self.capacity / 2 {
            self.forget_owners();
        }
        let in_use = self.eras.cells.max(self.owners.len());
        self.capacity = CLOSED_CELLS.max(in_use * 2);
    }

    fn forget_owners(&mut self) {
        let mut spoken_of = vec![false; self.owners.numbered()];
        let with_peaks = self.peaks.iter().flatten().map(|peak| peak.owner);
        for owner in self.eras.owners().chain(with_peaks) {
            spoken_of[owner.place()] = true;
        }
        self.owners.retain(&spoken_of);
    }
}

/// What a counter holds for an owner.
#[derive(Debug, Clone)]
struct Cell {
    /// The window that it was last charged in.
    span: Span,
    count: Quantity,
    /// What it refused in that window.
    refused: Quantity,
}

/// What a window holds after a call.
#[derive(Debug)]
pub(super) struct Charged {
    /// What it holds.
    pub(super) count: Quantity,
    /// What it would hold had it refused nothing.
    pub(super) asked: Quantity,
}

/// The counts of one window of time.
type Era = HashMap<Place, Cell>;

/// Which counter, and whose: in one number, because each call is looked for by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Place(u64);

impl Place {
    fn new(counter: CounterId, owner: Owner) -> Self {
        Self(u64::from(counter.0) << 32 | u64::from(owner.0))
    }

    fn owner(self) -> Owner {
        Owner(self.0 as u32)
    }
}

/// The counts, by window of time.
#[derive(Debug, Default)]
struct Eras {
    numbers: HashMap<Span, usize>,
    eras: Vec<Era>,
    /// Eras that were forgotten: empty, kept for their memory.
    free: Vec<usize>,
    /// The last era that was asked for of each length of window.
    latest: [Option<(Span, usize)>; 3],
    /// How many counts there are, and eras: an era takes memory even if every count was refused.
    cells: usize,
}

impl Eras {
    /// The one era of counters that remember one window only.
    const ALL_OF_TIME: Span = Span {
        window: Window::Minute,
        start: 0,
    };

    fn of(&mut self, windows: Windows, span: Span) -> &mut Era {
        let span = match windows {
            Windows::EachItsOwn => span,
            Windows::LatestOnly => Self::ALL_OF_TIME,
        };
        let latest = &mut self.latest[span.window as usize];
        let number = match *latest {
            Some((of, number)) if of == span => number,
            _ => {
                let number = *self.numbers.entry(span).or_insert_with(|| {
                    self.cells += 1;
                    self.free.pop().unwrap_or_else(|| {
                        self.eras.push(Era::default());
                        self.eras.len() - 1
                    })
                });
                *latest = Some((span, number));
                number
            }
        };
        &mut self.eras[number]
    }

    fn all_of_time(&self) -> Option<&Era> {
        Some(&self.eras[*self.numbers.get(&Self::ALL_OF_TIME)?])
    }

    fn owners(&self) -> impl Iterator<Item = Owner> {
        self.eras
            .iter()
            .flat_map(|era| era.keys())
            .map(|place| place.owner())
    }

    /// Forgets the windows that closed first, until the closed ones hold no more than `room` less
    /// what the open ones hold. Gives the end of the last that was forgotten.
    fn forget(&mut self, newest: i64, room: usize) -> i64 {
        let mut closed: Vec<(i64, usize)> = self.ends().filter(|(end, _)| *end <= newest).collect();
        closed.sort_unstable_by(|a, b| b.cmp(a));
        let open = self.cells - closed.iter().map(|(_, cells)| cells).sum::<usize>();
        let mut room = room.saturating_sub(open);
        let forgotten = closed.iter().find(|(_, cells)| {
            let fits = room.checked_sub(*cells);
            room = fits.unwrap_or(0);
            fits.is_none()
        });
        let Some(&(cutoff, _)) = forgotten else {
            return i64::MIN;
        };
        self.latest = [None; 3];
        self.cells = 0;
        self.numbers.retain(|span, number| {
            let era = &mut self.eras[*number];
            if *span == Self::ALL_OF_TIME {
                era.retain(|_, cell| cell.span.end() > cutoff);
            } else if span.end() <= cutoff {
                era.clear();
            }
            if era.is_empty() {
                era.shrink_to(KEPT_CELLS);
                self.free.push(*number);
                return false;
            }
            self.cells += era.len() + 1;
            true
        });
        cutoff
    }

    /// When windows end, and how many counts and eras end with them.
    fn ends(&self) -> impl Iterator<Item = (i64, usize)> {
        self.numbers.iter().flat_map(|(span, number)| {
            let era = &self.eras[*number];
            let all_of_time = *span == Self::ALL_OF_TIME;
            let one = (!all_of_time).then(|| (span.end(), era.len() + 1));
            let each = era.values().take(if all_of_time { era.len() } else { 0 });
            one.into_iter().chain(each.map(|cell| (cell.span.end(), 1)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_in_which_everything_was_refused_take_no_more_memory_than_others() {
        let mut eras = Eras::default();
        for minute in 0..100_000 {
            let start = minute * 60;
            if eras.cells >= CLOSED_CELLS {
                eras.forget(start, CLOSED_CELLS / 2);
            }
            let window = Window::Minute;
            let era = eras.of(Windows::EachItsOwn, Span { window, start });
            assert!(era.is_empty());
        }
        assert!(eras.eras.len() <= CLOSED_CELLS, "{}", eras.eras.len());
    }
}
