//! What can be answered: yes with a witness, no, or don't know.

/// The answer to "is there one?".
#[derive(Debug, Clone, PartialEq)]
pub enum Answer<T> {
    /// There is, and this is one.
    Yes(T),
    /// There is none.
    No,
    /// A limit was hit before either was known.
    Unknown,
}

/// The answer to "is it always so?".
#[derive(Debug, Clone, PartialEq)]
pub enum Proof<T> {
    /// It is.
    Holds,
    /// It is not, and this is a counterexample.
    Fails(T),
    /// A limit was hit before either was known.
    Unknown,
}

impl<T> Answer<T> {
    /// The witness, if there is one.
    pub fn yes(self) -> Option<T> {
        match self {
            Answer::Yes(witness) => Some(witness),
            Answer::No | Answer::Unknown => None,
        }
    }

    /// Whether it is certain that there is none.
    pub fn is_no(&self) -> bool {
        matches!(self, Answer::No)
    }

    /// The answer about what `change` makes of a witness.
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Answer::Yes(witness) => Answer::Yes(change(witness)),
            Answer::No => Answer::No,
            Answer::Unknown => Answer::Unknown,
        }
    }

    /// Asks on unless there is a witness already.
    pub(super) fn or_else(self, next: impl FnOnce() -> Answer<T>) -> Answer<T> {
        match self {
            Answer::Yes(_) => self,
            Answer::No => next(),
            Answer::Unknown => match next() {
                Answer::No => Answer::Unknown,
                other => other,
            },
        }
    }

    /// The first witness among `answers`, which are asked for in order and no further than needed.
    pub fn any(answers: impl IntoIterator<Item = Answer<T>>) -> Answer<T> {
        let mut all = Answer::No;
        for answer in answers {
            all = all.or_else(|| answer);
            if matches!(all, Answer::Yes(_)) {
                break;
            }
        }
        all
    }
}

impl<T> From<Option<T>> for Answer<T> {
    fn from(found: Option<T>) -> Self {
        found.map_or(Answer::No, Answer::Yes)
    }
}

impl<T> Proof<T> {
    /// Whether it is certain.
    pub fn holds(&self) -> bool {
        matches!(self, Proof::Holds)
    }

    /// The counterexample, if there is one.
    pub fn counterexample(self) -> Option<T> {
        match self {
            Proof::Fails(witness) => Some(witness),
            Proof::Holds | Proof::Unknown => None,
        }
    }
}

/// What always holds has no counterexample.
impl<T> From<Answer<T>> for Proof<T> {
    fn from(counterexample: Answer<T>) -> Self {
        match counterexample {
            Answer::Yes(witness) => Proof::Fails(witness),
            Answer::No => Proof::Holds,
            Answer::Unknown => Proof::Unknown,
        }
    }
}
