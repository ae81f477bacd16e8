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
        Minute::default().parse_rfc3339(text)
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

/// Reads times one after the other. Those of a trace are close together, so it is kept what the
/// last minute came to.
#[derive(Debug, Clone)]
pub struct Minute {
    /// As it is written: `2026-03-01T12:00`.
    text: [u8; 16],
    /// The seconds from 1970 to its start, without an offset.
    start: i64,
}

impl Default for Minute {
    fn default() -> Self {
        Self {
            text: *b"1970-01-01T00:00",
            start: 0,
        }
    }
}

impl Minute {
    /// [`Timestamp::parse_rfc3339`].
    ///
    /// # Errors
    /// The same.
    pub fn parse_rfc3339(&mut self, text: &str) -> Result<Timestamp, &'static str> {
        let (minute, rest) = text.as_bytes().split_first_chunk().ok_or(SHAPE)?;
        if *minute != self.text {
            *self = Self::read(minute)?;
        }
        let [b':', tens, ones, rest @ ..] = rest else {
            return Err(SHAPE);
        };
        let second = two_digits(*tens, *ones)?;
        if second > 59 {
            return Err(TIME_OF_DAY);
        }
        let (nanos, rest) = fraction(rest)?;
        let offset = offset(rest)?;
        Timestamp::new(self.start + second - offset, nanos)
    }

    fn read(text: &[u8; 16]) -> Result<Self, &'static str> {
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
        ] = text
        else {
            return Err(SHAPE);
        };
        let year = two_digits(y, yy)? * 100 + two_digits(yyy, yyyy)?;
        let days = days_since_1970(year, two_digits(m, mm)?, two_digits(d, dd)?)?;
        let (hour, minute) = (two_digits(h, hh)?, two_digits(min, minmin)?);
        if hour > 23 || minute > 59 {
            return Err(TIME_OF_DAY);
        }
        let start = days * 86_400 + hour * 3_600 + minute * 60;
        Ok(Self { text: *text, start })
    }
}

const TIME_OF_DAY: &str = "the time of day is out of range";

fn two_digits(tens: u8, ones: u8) -> Result<i64, &'static str> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Ok(i64::from(byte - b'0')),
        _ => Err(SHAPE),
    };
    Ok(digit(tens)? * 10 + digit(ones)?)
}

/// Seconds by which a time is ahead of UTC.
fn offset(text: &[u8]) -> Result<i64, &'static str> {
    match *text {
        [b'Z' | b'z'] => Ok(0),
        [sign @ (b'+' | b'-'), h, hh, b':', m, mm] => {
            let (hours, minutes) = (two_digits(h, hh)?, two_digits(m, mm)?);
            if hours > 23 || minutes > 59 {
                return Err("the offset from UTC is out of range");
            }
            let seconds = hours * 3_600 + minutes * 60;
            Ok(if sign == b'-' { -seconds } else { seconds })
        }
        [b'Z' | b'z' | b'+' | b'-', ..] => Err(SHAPE),
        _ => Err("no offset from UTC after the time: `Z` or `+01:00`"),
    }
}

/// The digits after a full stop, if there is one, as nanoseconds; and what follows them.
fn fraction(text: &[u8]) -> Result<(u32, &[u8]), &'static str> {
    const DIGITS: &str = "a fraction of a second has one to nine digits";
    let Some((b'.', mut rest)) = text.split_first() else {
        return Ok((0, text));
    };
    let (mut nanos, mut worth) = (0, NANOS_PER_SECOND);
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        if worth == 1 {
            return Err(DIGITS);
        }
        worth /= 10;
        nanos += u32::from(digit - b'0') * worth;
        rest = after;
    }
    if worth == NANOS_PER_SECOND {
        return Err(DIGITS);
    }
    Ok((nanos, rest))
}

fn days_since_1970(year: i64, month: i64, day: i64) -> Result<i64, &'static str> {
    const LENGTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    /// The days of a year that is no leap year, before each month.
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    /// Those from the first day of the year 0.
    const BEFORE_1970: i64 = 719_528;

    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let place = usize::try_from(month - 1).unwrap_or(usize::MAX);
    let (Some(length), Some(before)) = (LENGTHS.get(place), BEFORE.get(place)) else {
        return Err("there is no such month");
    };
    if day < 1 || day > length + i64::from(leap && month == 2) {
        return Err("there is no such day in that month");
    }
    // Of the years before this one, the year 0 among them.
    let leap_days = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let of_year = before + i64::from(leap && month > 2) + day - 1;
    Ok(year * 365 + leap_days + of_year - BEFORE_1970)
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
    fn every_day_of_ten_thousand_years_is_the_one_after_the_day_before() {
        let day = 86_400;
        for second in (FIRST_SECOND..=LAST_SECOND).step_by(day) {
            let written = Timestamp {
                seconds: second,
                nanos: 0,
            }
            .to_string();
            let read = Timestamp::parse_rfc3339(&written).map(|ts| ts.seconds);
            assert_eq!(read, Ok(second), "{written}");
        }
        for (text, days) in [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("9999-12-31", 2_932_896),
        ] {
            let read = Timestamp::parse_rfc3339(&format!("{text}T00:00:00Z"));
            assert_eq!(read.map(|ts| ts.seconds), Ok(days * day as i64), "{text}");
        }
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
