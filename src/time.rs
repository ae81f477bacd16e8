//! Instants: RFC 3339 texts and numbers of milliseconds, to the nanosecond, on the UTC axis.

use std::fmt;

/// An instant, in seconds and nanoseconds since 1970-01-01T00:00:00Z. Years 0000 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Whole seconds, rounded towards the past.
    pub seconds: i64,
    /// Nanoseconds after them, below 10^9.
    pub nanos: u32,
}

const FIRST_SECOND: i64 = -62_167_219_200; // 0000-01-01T00:00:00Z
const LAST_SECOND: i64 = 253_402_300_799; // 9999-12-31T23:59:59Z
const NANOS_PER_SECOND: u32 = 1_000_000_000;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Timestamp = Timestamp {
        seconds: 0,
        nanos: 0,
    };

    /// Parses an RFC 3339 date-time with any offset and up to nine digits of fraction.
    ///
    /// # Errors
    /// A few words about what is wrong. A 60th second is refused, as the engine refuses it.
    pub fn parse_rfc3339(text: &str) -> Result<Self, &'static str> {
        let bytes = text.as_bytes();
        let local = local_seconds(bytes.first_chunk().ok_or(SHAPE)?)?;
        let (nanos, at) = fraction(bytes, 19)?;
        let (offset, at) = offset(bytes, at)?;
        if at != bytes.len() {
            return Err(SHAPE);
        }
        Self::new(local - offset, nanos)
    }

    /// Parses the text of a JSON number: milliseconds since 1970, perhaps with a fraction.
    ///
    /// # Errors
    /// A few words about what is wrong.
    pub fn parse_millis(number: &str) -> Result<Self, &'static str> {
        const RANGE: &str = "the time is outside of the years 0000 to 9999";
        let (millis, part) = match number.parse::<i64>() {
            Ok(millis) => (millis, 0.0),
            Err(_) => {
                let value: f64 = number.parse().map_err(|_| RANGE)?;
                if value.abs() > 1e15 {
                    return Err(RANGE);
                }
                (value.floor() as i64, value - value.floor())
            }
        };
        let nanos = (millis.rem_euclid(1_000) as f64 + part) * 1e6;
        Self::new(
            millis.div_euclid(1_000),
            (nanos as u32).min(NANOS_PER_SECOND - 1),
        )
    }

    /// The instant so many nanoseconds after 1970 began.
    pub fn from_unix_nanos(nanos: u64) -> Self {
        const PER_SECOND: u64 = NANOS_PER_SECOND as u64;
        Self {
            seconds: (nanos / PER_SECOND) as i64,
            nanos: (nanos % PER_SECOND) as u32,
        }
    }

    fn new(seconds: i64, nanos: u32) -> Result<Self, &'static str> {
        if (FIRST_SECOND..=LAST_SECOND).contains(&seconds) {
            Ok(Self { seconds, nanos })
        } else {
            Err("the time is outside of the years 0000 to 9999")
        }
    }

    /// This instant and `duration` more; the last instant there is if that is too late.
    #[must_use]
    pub fn plus(self, duration: std::time::Duration) -> Self {
        let nanos = self.nanos + duration.subsec_nanos();
        let seconds = i64::try_from(duration.as_secs())
            .ok()
            .and_then(|more| self.seconds.checked_add(more))
            .and_then(|sum| sum.checked_add(i64::from(nanos / NANOS_PER_SECOND)));
        let last = Self {
            seconds: LAST_SECOND,
            nanos: NANOS_PER_SECOND - 1,
        };
        let later = seconds.map_or(last, |seconds| Self {
            seconds,
            nanos: nanos % NANOS_PER_SECOND,
        });
        later.min(last)
    }
}

const SHAPE: &str = "not an RFC 3339 time such as `2026-03-01T12:00:00Z`";

/// Seconds since 1970 of a date and time without fraction and offset.
fn local_seconds(text: &[u8; 19]) -> Result<i64, &'static str> {
    let &[
        y,
        yy,
        yyy,
        yyyy,
        b'-',
        m,
        mm,
        b'-',
        d,
        dd,
        b'T' | b't' | b' ',
        h,
        hh,
        b':',
        min,
        minmin,
        b':',
        s,
        ss,
    ] = text
    else {
        return Err(SHAPE);
    };
    let year = two_digits(y, yy)? * 100 + two_digits(yyy, yyyy)?;
    let days = days_since_1970(year, two_digits(m, mm)?, two_digits(d, dd)?)?;
    let (hour, minute) = (two_digits(h, hh)?, two_digits(min, minmin)?);
    let second = two_digits(s, ss)?;
    if hour > 23 || minute > 59 || second > 59 {
        return Err("the time of day is out of range");
    }
    Ok(days * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn two_digits(tens: u8, ones: u8) -> Result<i64, &'static str> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(i64::from(byte - b'0')),
        _ => Err(SHAPE),
    };
    Ok(digit(tens)? * 10 + digit(ones)?)
}

/// Seconds by which the time before `at` is ahead of UTC, and where the offset ends.
fn offset(bytes: &[u8], at: usize) -> Result<(i64, usize), &'static str> {
    match bytes[at..] {
        [b'Z' | b'z', ..] => Ok((0, at + 1)),
        [sign @ (b'+' | b'-'), h, hh, b':', m, mm, ..] => {
            let (hours, minutes) = (two_digits(h, hh)?, two_digits(m, mm)?);
            if hours > 23 || minutes > 59 {
                return Err("the offset from UTC is out of range");
            }
            let seconds = hours * 3_600 + minutes * 60;
            Ok((if sign == b'-' { -seconds } else { seconds }, at + 6))
        }
        _ => Err("no offset from UTC after the time: `Z` or `+01:00`"),
    }
}

/// The digits after a full stop at `at`, if there is one, as nanoseconds; and where they end.
fn fraction(bytes: &[u8], at: usize) -> Result<(u32, usize), &'static str> {
    if bytes.get(at) != Some(&b'.') {
        return Ok((0, at));
    }
    let digits = bytes[at + 1..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    if digits == 0 || digits > 9 {
        return Err("a fraction of a second has one to nine digits");
    }
    let written = &bytes[at + 1..=at + digits];
    let value = written.iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'));
    Ok((value * 10_u32.pow(9 - digits as u32), at + 1 + digits))
}

fn days_since_1970(year: i64, month: i64, day: i64) -> Result<i64, &'static str> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return Err("there is no such month"),
    };
    if day < 1 || day > length {
        return Err("there is no such day in that month");
    }
    // Years counted from March, so that the leap day comes last (H. Hinnant, days_from_civil).
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * m + 2) / 5 + day - 1;
    Ok(
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
            - 719_468,
    )
}

/// RFC 3339 in UTC, with as many fraction digits as are needed in groups of three.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.seconds.div_euclid(86_400);
        let second = self.seconds.rem_euclid(86_400);
        let z = days + 719_468;
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let m = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * m + 2) / 5 + 1;
        let month = if m < 10 { m + 3 } else { m - 9 };
        let year = year_of_era + z.div_euclid(146_097) * 400 + i64::from(month <= 2);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        match self.nanos {
            0 => {}
            n if n % 1_000_000 == 0 => write!(f, ".{:03}", n / 1_000_000)?,
            n if n % 1_000 == 0 => write!(f, ".{:06}", n / 1_000)?,
            n => write!(f, ".{n:09}")?,
        }
        f.write_str("Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        Timestamp::parse_rfc3339(text).map_or_else(|e| e.to_owned(), |t| t.to_string())
    }

    #[test]
    fn offsets_and_fractions_are_read_to_the_nanosecond() {
        assert_eq!(
            parsed("2026-03-01T12:00:00.123Z"),
            "2026-03-01T12:00:00.123Z"
        );
        assert_eq!(
            parsed("2026-03-01T00:10:00.000000001+05:45"),
            "2026-02-28T18:25:00.000000001Z"
        );
        assert_eq!(
            parsed("2024-02-29t23:59:59.5-00:30"),
            "2024-03-01T00:29:59.500Z"
        );
        assert_eq!(parsed("1969-12-31T23:59:59Z"), "1969-12-31T23:59:59Z");
        assert_eq!(parsed("0000-03-01T00:00:00Z"), "0000-03-01T00:00:00Z");
        assert_eq!(
            Timestamp::parse_rfc3339("1970-01-02T00:00:01Z").map(|t| t.seconds),
            Ok(86_401)
        );
    }

    #[test]
    fn what_is_no_time_says_so() {
        for text in [
            "",
            "2026",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-12-31T23:59:60Z",
            "2026-03-01T00:00:00",
            "2026-03-01T00:00:00.Z",
            "2026-03-01T00:00:00.1234567890Z",
            "2026-03-01T00:00:00+24:00",
            "2026-03-01T00:00:00Zx",
            "+026-03-01T00:00:00Z",
            "0000-01-01T00:00:00+01:00",
            "2026-03-01T00:00:00é",
        ] {
            assert!(Timestamp::parse_rfc3339(text).is_err(), "{text}");
        }
    }

    #[test]
    fn milliseconds_are_read_exactly() {
        let millis = |text| Timestamp::parse_millis(text).map(|t| t.to_string());
        assert_eq!(
            millis("1772366400123"),
            Ok("2026-03-01T12:00:00.123Z".into())
        );
        assert_eq!(
            millis("1772366400123.5"),
            Ok("2026-03-01T12:00:00.123500Z".into())
        );
        assert_eq!(millis("1.7723664e12"), Ok("2026-03-01T12:00:00Z".into()));
        assert_eq!(millis("-1"), Ok("1969-12-31T23:59:59.999Z".into()));
        assert!(millis("1e300").is_err());
        assert!(millis("9223372036854775807").is_err());
    }
}
