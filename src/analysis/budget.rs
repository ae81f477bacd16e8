//! How much work a question may take before the answer is "don't know".
//!
//! A step stands for about a microsecond. Steps are counted, time is not: the same question always
//! gets the same answer.

use std::cell::Cell;

/// Steps that are left, of a whole that others draw on too.
#[derive(Debug)]
pub(super) struct Budget<'w> {
    left: Cell<u32>,
    whole: Option<&'w Budget<'w>>,
}

impl Budget<'_> {
    pub(super) fn new(steps: u32) -> Self {
        Self {
            left: Cell::new(steps),
            whole: None,
        }
    }

    /// At most `steps` of what is left.
    pub(super) fn part(&self, steps: u32) -> Budget<'_> {
        Budget {
            left: Cell::new(steps),
            whole: Some(self),
        }
    }

    /// Takes `steps`, of the whole as well; whether there were as many.
    pub(super) fn spend(&self, steps: usize) -> bool {
        let left = u32::try_from(steps)
            .ok()
            .and_then(|steps| self.left.get().checked_sub(steps));
        self.left.set(left.unwrap_or(0));
        let whole = self.whole.is_none_or(|whole| whole.spend(steps));
        left.is_some() && whole
    }

    /// Whether nothing is left.
    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0 || self.whole.is_some_and(Budget::is_spent)
    }

    /// How many steps are left.
    #[cfg(test)]
    pub(super) fn left(&self) -> u32 {
        self.left.get()
    }
}
