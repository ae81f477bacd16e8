//! What has been consumed: counts by counter, owner and window.
//!
//! Memory is bounded by the windows that are open, not by the trace. Records may be out of order
//! of time, so closed windows are kept as well while there is room for [`CLOSED_CELLS`] of them;
//! then the oldest are forgotten. A call that comes later still, for a window that may have been
//! forgotten, is counted from zero and noted ([`Counters::late_calls`]): never in silence.

use ahash::{AHashMap, AHashSet};

use super::compile::{ClauseId, CompiledPolicy, CounterId};
use super::settle::Occasion;
use crate::policy::Windows;
use crate::policy::limit::Window;
use crate::policy::quantity::Quantity;
use crate::time::Timestamp;

/// How many counts of closed windows are kept for records that come out of order.
pub const CLOSED_CELLS: usize = 16_384;

/// The counts of one policy.
#[derive(Debug)]
pub struct Counters {
    windows: Windows,
    cells: AHashMap<CellKey, Cell>,
    owners: Owners,
    peaks: Vec<Option<PeakCell>>,
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

/// Whose counts: a grant (or a session, or nobody in particular) at a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Owner(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct CellKey {
    counter: CounterId,
    owner: Owner,
    /// Where the window starts; always 0 where a counter remembers one window only.
    start: i64,
}

#[derive(Debug, Clone)]
struct Cell {
    window: Window,
    start: i64,
    count: Quantity,
}

impl Cell {
    fn end(&self) -> i64 {
        self.start + self.window.seconds()
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

fn window_start(window: Window, ts: Timestamp) -> i64 {
    ts.seconds - ts.seconds.rem_euclid(window.seconds())
}

impl Counters {
    /// Nothing consumed yet.
    pub fn new(policy: &CompiledPolicy) -> Self {
        Self {
            windows: policy.semantics.windows,
            cells: AHashMap::new(),
            owners: Owners::default(),
            peaks: (0..policy.counter_count()).map(|_| None).collect(),
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
        if self.cells.len().max(self.owners.len()) >= self.capacity {
            self.forget();
        }
        self.owners.number(occasion)
    }

    /// What a counter holds in the window of `ts`.
    pub(super) fn count(
        &mut self,
        counter: CounterId,
        owner: Owner,
        window: Window,
        ts: Timestamp,
    ) -> Quantity {
        let start = window_start(window, ts);
        match self.cells.get(&self.key(counter, owner, start)) {
            // Windows match by where they start, also when their lengths differ, as the engine's do.
            Some(cell) if cell.start == start => cell.count.clone(),
            Some(_) => Quantity::ZERO,
            None => {
                if !self.late && start + window.seconds() <= self.forgotten_until {
                    self.late = true;
                    self.late_calls += 1;
                }
                Quantity::ZERO
            }
        }
    }

    /// Reads a counter that remembers one window only, with the length it was last stored with.
    pub(super) fn read(&self, counter: CounterId, owner: Owner, ts: Timestamp) -> (i64, Window) {
        let Some(cell) = self.cells.get(&self.key(counter, owner, 0)) else {
            return (0, Window::Minute);
        };
        let count = match cell.count {
            Quantity::Whole(n) if cell.start == window_start(cell.window, ts) => n,
            _ => 0,
        };
        (count, cell.window)
    }

    /// Sets what a counter holds in the window of `ts`.
    pub(super) fn store(
        &mut self,
        counter: CounterId,
        owner: Owner,
        window: Window,
        ts: Timestamp,
        count: Quantity,
    ) {
        let start = window_start(window, ts);
        let key = self.key(counter, owner, start);
        self.cells.insert(
            key,
            Cell {
                window,
                start,
                count,
            },
        );
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
        let key = self.key(counter, owner, window_start(window, ts));
        if let Some(cell) = self.cells.get_mut(&key) {
            cell.count = cell.count.minus(amount).max(Quantity::ZERO);
        }
    }

    /// Compares what a counter holds in the window of `ts` with the most it has held.
    pub(super) fn note_peak(
        &mut self,
        counter: CounterId,
        owner: Owner,
        window: Window,
        ts: Timestamp,
    ) {
        let start = window_start(window, ts);
        let Some(cell) = self.cells.get(&self.key(counter, owner, start)) else {
            return;
        };
        let peak = &mut self.peaks[counter.0 as usize];
        if peak.as_ref().is_none_or(|peak| cell.count > peak.count) {
            *peak = Some(PeakCell {
                count: cell.count.clone(),
                owner,
                start,
            });
        }
    }

    /// The most that one window of a limit's counter has held. `None` if nothing was consumed, or
    /// the clause is no limit.
    pub fn peak(&self, policy: &CompiledPolicy, limit: ClauseId) -> Option<Peak> {
        let peak = self.peaks[policy.counter(limit)?.0 as usize].as_ref()?;
        Some(Peak {
            count: peak.count.clone(),
            owner: self.owners.name(peak.owner),
            start: Timestamp {
                seconds: peak.start,
                nanos: 0,
            },
        })
    }

    fn key(&self, counter: CounterId, owner: Owner, start: i64) -> CellKey {
        let start = match self.windows {
            Windows::EachItsOwn => start,
            Windows::LatestOnly => 0,
        };
        CellKey {
            counter,
            owner,
            start,
        }
    }

    /// Forgets the oldest closed windows, so that at least half of the capacity is free again, and
    /// the owners that nothing speaks of any more.
    fn forget(&mut self) {
        let mut ends: Vec<i64> = self
            .cells
            .values()
            .map(Cell::end)
            .filter(|end| *end <= self.newest)
            .collect();
        let open = self.cells.len() - ends.len();
        let keep = (self.capacity / 2).saturating_sub(open);
        if ends.len() > keep {
            ends.sort_unstable_by(|a, b| b.cmp(a));
            let cutoff = ends[keep];
            self.cells.retain(|_, cell| cell.end() > cutoff);
            self.forgotten_until = self.forgotten_until.max(cutoff);
        }
        let mut spoken_of: AHashSet<Owner> = self.cells.keys().map(|key| key.owner).collect();
        spoken_of.extend(self.peaks.iter().flatten().map(|peak| peak.owner));
        self.owners.retain(&spoken_of);
        let in_use = self.cells.len().max(self.owners.len());
        self.capacity = CLOSED_CELLS.max(in_use * 2);
    }
}

/// Numbers the owners of counts. Numbers of forgotten owners are used again.
#[derive(Debug, Default)]
struct Owners {
    numbers: AHashMap<Box<[u8]>, u32>,
    keys: Vec<Option<Box<[u8]>>>,
    free: Vec<u32>,
    /// The key that is looked up, kept for its memory.
    key: Vec<u8>,
}

impl Owners {
    fn len(&self) -> usize {
        self.numbers.len()
    }

    fn number(&mut self, occasion: &Occasion<'_>) -> Owner {
        self.write_key(occasion);
        if let Some(number) = self.numbers.get(self.key.as_slice()) {
            return Owner(*number);
        }
        let key: Box<[u8]> = self.key.as_slice().into();
        let number = self.free.pop().unwrap_or_else(|| {
            self.keys.push(None);
            u32::try_from(self.keys.len() - 1).expect("memory ends before the numbers do")
        });
        self.keys[number as usize] = Some(key.clone());
        self.numbers.insert(key, number);
        Owner(number)
    }

    /// Server and grant as one key. What they are comes first, and how long the server's name is,
    /// so that no two pairs share one.
    fn write_key(&mut self, occasion: &Occasion<'_>) {
        let (kind, name) = match (occasion.grant, occasion.session) {
            (Some(grant), _) => (2, grant),
            (None, Some(session)) => (1, session),
            (None, None) => (0, ""),
        };
        let server = occasion.server.unwrap_or("");
        self.key.clear();
        self.key
            .push(kind | u8::from(occasion.server.is_some()) << 2);
        self.key
            .extend_from_slice(&(server.len() as u64).to_le_bytes());
        self.key.extend_from_slice(server.as_bytes());
        self.key.extend_from_slice(name.as_bytes());
    }

    /// The grant's or session's name.
    fn name(&self, owner: Owner) -> Option<String> {
        let key = self.keys[owner.0 as usize].as_ref()?;
        let (kind, rest) = key.split_first()?;
        let (length, rest) = rest.split_first_chunk::<8>()?;
        let name = rest.get(usize::try_from(u64::from_le_bytes(*length)).ok()?..)?;
        (kind & 3 != 0).then(|| String::from_utf8_lossy(name).into_owned())
    }

    fn retain(&mut self, spoken_of: &AHashSet<Owner>) {
        for (number, key) in (0..).zip(&mut self.keys) {
            if !spoken_of.contains(&Owner(number))
                && let Some(key) = key.take()
            {
                self.numbers.remove(&key);
                self.free.push(number);
            }
        }
    }
}
