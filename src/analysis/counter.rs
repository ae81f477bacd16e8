//! What conditions on counters say. Counters are whole numbers, always there, and at zero before
//! the first call; nothing is known here of what calls make of them.

use super::set::{Kind, Set};
use crate::policy::condition::Test;
use crate::policy::value::Value;

/// What a counter may hold, and more.
pub(super) fn any() -> Set {
    Set::everything()
        .taking(Kind::Number, &Set::whole_numbers())
        .and(&Set::of_kinds(&[Kind::Number]))
}

/// Where `test` holds, or fails, as far as that is easily said; else wherever it might.
pub(super) fn possible(test: &Test, holds: bool) -> Set {
    let exact = match test {
        Test::Eq(value) | Test::Neq(value) => value.as_number().is_some(),
        Test::In(values) | Test::NotIn(values) => values.iter().all(|v| v.as_number().is_some()),
        Test::Compare(..) | Test::Regex(_) | Test::Contains(_) | Test::Exists(_) => true,
    };
    match (exact, holds) {
        // Counters print as integers, arguments as floats.
        (false, _) => any(),
        (true, true) => Set::meeting(test),
        (true, false) => Set::failing(test),
    }
}

/// Whether `test` holds for a counter at zero, which prints as the argument 0 does.
pub(super) fn holds_at_rest(test: &Test) -> bool {
    Set::meeting(test).contains(Some(&Value::Float(0.0)))
}
