//! `--since` and `--until`: points in time as people write them.

use std::str::FromStr;

use crate::time::Timestamp;

/// A point in time: an RFC 3339 time, or a date for its midnight in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimePoint(pub Timestamp);

impl FromStr for TimePoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let date = text.len() == 10;
        let whole = if date {
            format!("{text}T00:00:00Z")
        } else {
            text.to_owned()
        };
        Timestamp::parse_rfc3339(&whole)
            .map(TimePoint)
            .map_err(|problem| {
                if date {
                    "not a date such as `2026-03-01`".to_owned()
                } else {
                    problem.to_owned()
                }
            })
    }
}
