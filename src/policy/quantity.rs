//! Exact amounts: whole numbers in a machine word, decimals when they are needed.
//!
//! A cap of 3 has to be met by thirty calls of 0.1, so fractions are never floats here.

use std::cmp::Ordering;
use std::fmt;

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive, Zero};

/// Decimal places that an amount may have. Far more than float64 can tell apart at any size that
/// is counted; it bounds the memory that one number such as `1e-999999999` can ask for.
pub const MAX_DECIMAL_PLACES: i64 = 400;

/// An exact number. Whole numbers that fit 64 bits are always [`Quantity::Whole`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quantity {
    /// A whole number.
    Whole(i64),
    /// A fraction, or a whole number beyond 64 bits.
    Decimal(Box<BigDecimal>),
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Quantity = Quantity::Whole(0);

    /// Parses the text of a JSON number. `None` if it has more than [`MAX_DECIMAL_PLACES`].
    pub fn parse(number: &str) -> Option<Self> {
        if let Ok(n) = number.parse() {
            return Some(Quantity::Whole(n));
        }
        // Guards the size before any digit is expanded: an exponent costs nine bytes to write.
        // Past float64 only one thing matters: that it is more (or less) than any limit allows.
        let magnitude: f64 = number.parse().ok()?;
        if magnitude.is_infinite() {
            let sign = if magnitude < 0.0 { -1 } else { 1 };
            return Some(Self::from(
                BigDecimal::from(sign) * BigDecimal::from(u64::MAX),
            ));
        }
        finite(number).map(Self::from)
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        *self < Quantity::ZERO
    }

    /// The sum.
    #[must_use]
    #[inline]
    pub fn plus(&self, other: &Quantity) -> Quantity {
        match (self, other) {
            (Quantity::Whole(a), Quantity::Whole(b)) if a.checked_add(*b).is_some() => {
                Quantity::Whole(a + b)
            }
            _ => self.decimal_sum(other),
        }
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Quantity) -> Quantity {
        match (self, other) {
            (Quantity::Whole(a), Quantity::Whole(b)) if a.checked_sub(*b).is_some() => {
                Quantity::Whole(a - b)
            }
            _ => Self::from(self.decimal() - other.decimal()),
        }
    }

    /// The smallest whole number that is not less; 0 below zero, the largest there is past it.
    #[inline]
    pub fn ceiling(&self) -> u64 {
        match self {
            Quantity::Whole(n) => u64::try_from(*n).unwrap_or(0),
            Quantity::Decimal(decimal) => {
                let whole = decimal.with_scale_round(0, RoundingMode::Ceiling);
                let too_large = if self.is_negative() { 0 } else { u64::MAX };
                whole.to_u64().unwrap_or(too_large)
            }
        }
    }

    #[cold]
    fn decimal_sum(&self, other: &Quantity) -> Quantity {
        Self::from(self.decimal() + other.decimal())
    }

    #[cold]
    fn decimal_cmp(&self, other: &Quantity) -> Ordering {
        self.decimal().cmp(&other.decimal())
    }

    fn decimal(&self) -> BigDecimal {
        match self {
            Quantity::Whole(n) => BigDecimal::from(*n),
            Quantity::Decimal(d) => (**d).clone(),
        }
    }
}

/// A number that float64 can hold, exactly. `None` if it has more than [`MAX_DECIMAL_PLACES`]. Digits
/// are only expanded where they count, and are few: that takes time by the square of their number.
fn finite(number: &str) -> Option<BigDecimal> {
    /// How many digits stand before the point at most.
    const MAX_WHOLE_DIGITS: usize = 309;
    const MAX_DIGITS: usize = MAX_WHOLE_DIGITS + MAX_DECIMAL_PLACES as usize;

    let (written, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = written.split_once('.').unwrap_or((written, ""));
    let (sign, whole) = match whole.strip_prefix('-') {
        Some(whole) => (-1, whole),
        None => (1, whole),
    };
    let digits = [whole, fraction].concat();
    let digits = digits.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some(BigDecimal::zero());
    }
    if significant.len() > MAX_DIGITS {
        return None;
    }
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    let places = i64::try_from(fraction.len()).ok()? - zeros;
    let places = places.checked_sub(exponent.parse().ok()?)?;
    let significant = sign * significant.parse::<BigInt>().ok()?;
    (places <= MAX_DECIMAL_PLACES).then(|| BigDecimal::new(significant, places))
}

impl From<BigDecimal> for Quantity {
    fn from(decimal: BigDecimal) -> Self {
        let decimal = decimal.normalized();
        let whole = if decimal.is_integer() {
            decimal.to_i64()
        } else {
            None
        };
        whole.map_or_else(|| Quantity::Decimal(Box::new(decimal)), Quantity::Whole)
    }
}

impl PartialOrd for Quantity {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Quantity::Whole(a), Quantity::Whole(b)) => a.cmp(b),
            _ => self.decimal_cmp(other),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quantity::Whole(n) => n.fmt(f),
            Quantity::Decimal(d) => f.write_str(&d.to_plain_string()),
        }
    }
}

/// `1,234,567`
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn q(text: &str) -> Quantity {
        Quantity::parse(text).expect("a usable number")
    }

    #[test]
    fn tenths_add_up_exactly() {
        let mut sum = Quantity::ZERO;
        for _ in 0..30 {
            sum = sum.plus(&q("0.1"));
        }
        assert_eq!(sum, Quantity::Whole(3));
        assert!(sum.plus(&q("1e-300")) > Quantity::Whole(3));
        assert_eq!(sum.minus(&q("0.1")).to_string(), "2.9");
    }

    #[test]
    fn ceilings_are_whole_and_in_range() {
        for (number, ceiling) in [
            ("3", 3),
            ("2.1", 3),
            ("-0.5", 0),
            ("-7", 0),
            ("18446744073709551614.5", u64::MAX),
            ("1e300", u64::MAX),
        ] {
            assert_eq!(q(number).ceiling(), ceiling, "{number}");
        }
    }

    #[test]
    fn notations_of_one_number_are_one_number() {
        for text in ["1000", "1e3", "1000.0", "1.000E+3", "10000e-1"] {
            assert_eq!(q(text), Quantity::Whole(1000), "{text}");
        }
        let zeros = "0".repeat(200_000);
        for text in [
            format!("1000.{zeros}"),
            format!("0.{zeros}1e200004"),
            format!("1{zeros}e-199997"),
        ] {
            assert_eq!(q(&text), Quantity::Whole(1000));
        }
        assert_eq!(q("-0"), Quantity::ZERO);
        assert_eq!(q("-0.0e999999999"), Quantity::ZERO);
        assert!(q("-0.5").is_negative());
        assert!(q("9223372036854775808") > Quantity::Whole(i64::MAX));
    }

    proptest! {
        #[test]
        fn a_number_is_what_all_of_its_digits_say(
            number in r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,2})?"
        ) {
            let whole: BigDecimal = number.parse().expect("it is a number");
            prop_assert_eq!(finite(&number), Some(whole));
        }
    }

    #[test]
    fn numbers_that_would_cost_memory_or_time_are_bounded() {
        let digits = "3".repeat(4_000_000);
        assert_eq!(Quantity::parse(&format!("0.{digits}")), None);
        assert!(q(&digits) > Quantity::Whole(i64::MAX));
        assert_eq!(Quantity::parse("1e-999999999"), None);
        assert!(q("1e999999999") > Quantity::Whole(i64::MAX));
        assert!(q("-1e400").is_negative());
    }
}
