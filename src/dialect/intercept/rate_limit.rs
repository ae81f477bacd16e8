//! The shorthand `rate_limit: 5/hour`, which the engine writes out as a condition and a counter.

use super::document::Rule;
use crate::policy::limit::Window;

/// A limit as the shorthand says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RateLimit {
    /// How many calls, from 1.
    pub count: i64,
    /// Within which window.
    pub window: Window,
}

/// Why a text is no rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem<'a> {
    /// There is no `/` in it.
    Format,
    /// What stands before the `/` is not a whole number from 1 to 2^63 - 1.
    Count(&'a str),
    /// What stands after the first `/` is not a window.
    Window(&'a str),
}

impl RateLimit {
    /// Reads `N/window`. The number may have a `+` and leading zeros, and nothing else.
    pub fn parse(text: &str) -> Result<Self, Problem<'_>> {
        let (count, window) = text.split_once('/').ok_or(Problem::Format)?;
        let count = count
            .parse()
            .ok()
            .filter(|count| *count > 0)
            .ok_or(Problem::Count(count))?;
        let window = Window::parse(window).ok_or(Problem::Window(window))?;
        Ok(Self { count, window })
    }

    /// The name of the counter that the engine makes up.
    pub fn counter(self) -> String {
        format!("_rate_{}", self.window)
    }

    /// What the agent is told where the policy does not say it.
    pub fn message(self) -> String {
        let Self { count, window } = self;
        format!("Rate limit of {count} per {window} reached. Try again later.")
    }
}

/// The shorthand of a rule that has one: what it says, if it can be written out.
pub(super) fn shorthand(rule: &Rule<'_>) -> Option<Result<RateLimit, ()>> {
    let text = rule.rate_limit.given()?;
    let alone =
        rule.conditions.is_empty() && rule.state.is_none() && rule.action.text != Some("deny");
    let limit = RateLimit::parse(text).ok().filter(|_| alone);
    Some(limit.ok_or(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_engine_reads() {
        let hourly = |count| {
            let window = Window::Hour;
            Ok(RateLimit { count, window })
        };
        assert_eq!(RateLimit::parse("5/hour"), hourly(5));
        assert_eq!(RateLimit::parse("+05/hour"), hourly(5));
        assert_eq!(
            RateLimit::parse("9223372036854775807/hour"),
            hourly(i64::MAX)
        );
        for (text, problem) in [
            ("5", Problem::Format),
            ("0/hour", Problem::Count("0")),
            ("5 /hour", Problem::Count("5 ")),
            ("5_0/hour", Problem::Count("5_0")),
            ("５/hour", Problem::Count("５")),
            (
                "9223372036854775808/day",
                Problem::Count("9223372036854775808"),
            ),
            ("5/Hour", Problem::Window("Hour")),
            ("5/hour/minute", Problem::Window("hour/minute")),
        ] {
            assert_eq!(RateLimit::parse(text), Err(problem));
        }
    }
}
