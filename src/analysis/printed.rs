//! Sets of printed forms: these texts only, or all but these.

use std::collections::BTreeSet;
use std::sync::Arc;

/// A finite set of texts, or what a finite set leaves. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Printed {
    Only(Arc<BTreeSet<Box<str>>>),
    AllBut(Arc<BTreeSet<Box<str>>>),
}

impl Printed {
    pub(super) fn none() -> Self {
        Self::only::<&str>([])
    }

    pub(super) fn all() -> Self {
        Self::only::<&str>([]).complement()
    }

    pub(super) fn only<T: Into<Box<str>>>(texts: impl IntoIterator<Item = T>) -> Self {
        Printed::Only(Arc::new(texts.into_iter().map(Into::into).collect()))
    }

    pub(super) fn complement(self) -> Self {
        match self {
            Printed::Only(texts) => Printed::AllBut(texts),
            Printed::AllBut(texts) => Printed::Only(texts),
        }
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Printed::AllBut(none), set) | (set, Printed::AllBut(none)) if none.is_empty() => {
                set.clone()
            }
            (Printed::Only(texts), set) | (set, Printed::Only(texts)) => {
                Self::only(texts.iter().filter(|text| set.contains(text)).cloned())
            }
            (Printed::AllBut(a), Printed::AllBut(b)) => {
                Printed::AllBut(Arc::new(a.union(b).cloned().collect()))
            }
        }
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        match self {
            Printed::Only(texts) => texts.contains(text),
            Printed::AllBut(texts) => !texts.contains(text),
        }
    }

    /// How many texts it names.
    pub(super) fn size(&self) -> usize {
        let (Printed::Only(texts) | Printed::AllBut(texts)) = self;
        texts.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Printed::Only(texts) if texts.is_empty())
    }
}
