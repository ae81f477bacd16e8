//! YAML timestamps as Go's `time` package reads and prints them.

/// A point on the calendar, as written.
struct Moment {
    year: u32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    /// Minutes east of UTC; zero, too, when the text names no zone.
    offset: i32,
}

/// What Go's `%v` prints for the time that yaml.v3 reads from a plain scalar, if it reads one:
/// `2024-01-02` prints as `2024-01-02 00:00:00 +0000 UTC`.
pub fn timestamp_text(text: &str) -> Option<String> {
    Some(moment(text)?.print())
}

/// Whether yaml.v3 takes the plain scalar `text` for a timestamp.
pub(super) fn is_timestamp(text: &str) -> bool {
    moment(text).is_some()
}

/// Four forms are read: a date; a date, spaces and a time; a date, `T` or `t`, a time and a zone.
fn moment(text: &str) -> Option<Moment> {
    let mut rest = Cursor(text);
    let (year, month, day) = rest.date()?;
    let mut moment = Moment {
        year,
        month,
        day,
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        offset: 0,
    };
    if rest.0.is_empty() {
        return Some(moment);
    }
    let zoned = rest.take('T') || rest.take('t');
    if !zoned && !rest.spaces() {
        return None;
    }
    moment.hour = rest.number(23)?;
    moment.minute = rest.colon_number()?;
    moment.second = rest.colon_number()?;
    moment.nanosecond = rest.fraction();
    if zoned {
        moment.offset = rest.zone()?;
    }
    rest.0.is_empty().then_some(moment)
}

impl Moment {
    fn print(&self) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.unsigned_abs();
        let offset = format!("{sign}{:02}{:02}", minutes / 60, minutes % 60);
        // Go names no zone but UTC here and repeats the offset instead.
        let zone = if minutes == 0 { "UTC" } else { &offset };
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}{} {offset} {zone}",
            self.year,
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.fraction(),
        )
    }

    fn fraction(&self) -> String {
        if self.nanosecond == 0 {
            return String::new();
        }
        let digits = format!(".{:09}", self.nanosecond);
        digits.trim_end_matches('0').to_owned()
    }
}

/// What is left of the text.
struct Cursor<'t>(&'t str);

impl Cursor<'_> {
    fn take(&mut self, expected: char) -> bool {
        let rest = self.0.strip_prefix(expected);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn spaces(&mut self) -> bool {
        let rest = self.0.trim_start_matches(' ');
        let any = rest.len() < self.0.len();
        self.0 = rest;
        any
    }

    /// Takes as many ASCII digits as there are, `most` at most.
    fn digits(&mut self, most: usize) -> &str {
        let bytes = self.0.as_bytes();
        let count = bytes
            .iter()
            .take(most)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        digits
    }

    /// One or two digits that make at most `max`.
    fn number(&mut self, max: u32) -> Option<u32> {
        let number = self.digits(2).parse().ok()?;
        (number <= max).then_some(number)
    }

    fn colon_number(&mut self) -> Option<u32> {
        self.take(':').then(|| self.number(59))?
    }

    fn date(&mut self) -> Option<(u32, u32, u32)> {
        let year = self.digits(4);
        if year.len() < 4 {
            return None;
        }
        let year = year.parse().ok()?;
        let month = self.take('-').then(|| self.number(12))??;
        let day = self.take('-').then(|| self.number(31))??;
        let exists = month >= 1 && day >= 1 && day <= days_in(year, month);
        exists.then_some((year, month, day))
    }

    /// An optional fraction of a second, in nanoseconds; digits past the ninth are dropped.
    fn fraction(&mut self) -> u32 {
        let Some(rest) = self.0.strip_prefix(['.', ',']) else {
            return 0;
        };
        if !rest.starts_with(|c: char| c.is_ascii_digit()) {
            return 0;
        }
        self.0 = rest;
        let digits = self.digits(usize::MAX).bytes();
        let nine = digits.chain(std::iter::repeat(b'0')).take(9);
        nine.fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'))
    }

    /// `Z`, or an offset as `+07:00`, in minutes. Go lets 24 hours and 60 minutes pass.
    fn zone(&mut self) -> Option<i32> {
        if self.take('Z') {
            return Some(0);
        }
        let sign = if self.take('-') { -1 } else { 1 };
        if sign == 1 && !self.take('+') {
            return None;
        }
        let hours = self.two_digits(24)?;
        let minutes = self.take(':').then(|| self.two_digits(60))??;
        Some(sign * (hours * 60 + minutes))
    }

    fn two_digits(&mut self, max: i32) -> Option<i32> {
        let digits = self.digits(2);
        let number = digits.parse().ok()?;
        (digits.len() == 2 && number <= max).then_some(number)
    }
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 }) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_go_does() {
        for (text, printed) in [
            ("2024-01-02", "2024-01-02 00:00:00 +0000 UTC"),
            ("2024-1-2", "2024-01-02 00:00:00 +0000 UTC"),
            ("0000-02-29", "0000-02-29 00:00:00 +0000 UTC"),
            ("2001-12-14 21:59:43", "2001-12-14 21:59:43 +0000 UTC"),
            ("2001-12-14   1:2:3.50", "2001-12-14 01:02:03.5 +0000 UTC"),
            (
                "2001-12-14t21:59:43.10-05:00",
                "2001-12-14 21:59:43.1 -0500 -0500",
            ),
            (
                "2001-12-15T02:59:43,1234567899Z",
                "2001-12-15 02:59:43.123456789 +0000 UTC",
            ),
            (
                "2001-12-15T02:59:43+05:45",
                "2001-12-15 02:59:43 +0545 +0545",
            ),
            ("2001-12-15T02:59:43+00:00", "2001-12-15 02:59:43 +0000 UTC"),
        ] {
            assert_eq!(timestamp_text(text).as_deref(), Some(printed), "{text}");
        }
    }

    #[test]
    fn leaves_everything_else_alone() {
        for text in [
            "",
            "2024",
            "2024-01",
            "24-01-02",
            "20240-01-02",
            "2024-13-01",
            "2023-02-29",
            "2024-00-10",
            "2024-01-02x",
            "2024-01-02T10:00:00",
            "2024-01-02 10:00",
            "2024-01-02 24:00:00",
            "2024-01-02 10:00:60",
            "2024-01-02 10:00:00 Z",
            "2024-01-02 10:00:00.",
            "2001-12-14 21:59:43.10 -5",
            "2001-12-14T21:59:43-5:00",
            "2001-12-14T21:59:43z",
            "2024-01-0é",
        ] {
            assert_eq!(timestamp_text(text), None, "{text}");
        }
    }
}
