//! `--fail-on`: which decisions, and how many of them, fail a run.

use std::fmt;
use std::str::FromStr;

use crate::replay::summary::Tally;

/// A condition on the decisions of a replay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FailOn {
    decisions: Decisions,
    threshold: Threshold,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decisions {
    Deny,
    Throttle,
    Unknown,
    /// Denied or throttled.
    Block,
    /// Lines that are no call.
    Skipped,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Threshold {
    Calls(u64),
    Percent(f64),
}

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, threshold) = text
            .split_once('=')
            .map_or((text, None), |(n, t)| (n, Some(t)));
        let decisions = match name {
            "deny" => Decisions::Deny,
            "throttle" => Decisions::Throttle,
            "unknown" => Decisions::Unknown,
            "block" => Decisions::Block,
            "skipped" => Decisions::Skipped,
            _ => {
                return Err("one of deny, throttle, unknown, block, skipped is wanted".to_owned());
            }
        };
        let threshold = match threshold.map(|t| (t, t.strip_suffix('%'))) {
            None => Threshold::Calls(1),
            Some((_, Some(percent))) => Threshold::Percent(
                percent
                    .parse()
                    .ok()
                    .filter(|p| (0.0..=100.0).contains(p))
                    .ok_or("a percentage is a number from 0 to 100")?,
            ),
            Some((calls, None)) => {
                Threshold::Calls(calls.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
                    format!(
                        "`{calls}` is not a number of calls of 1 or more; --fail-on may be repeated"
                    )
                })?)
            }
        };
        Ok(Self {
            decisions,
            threshold,
        })
    }
}

impl FailOn {
    /// Whether the condition is met: at least so many calls, or so many per cent of them, and at
    /// least one in any case. `skipped` lines were no calls; their part is that of all lines.
    pub fn is_met(&self, tally: &Tally, skipped: u64) -> bool {
        let count = self.count(tally, skipped);
        let all = self.of(tally, skipped);
        count > 0
            && match self.threshold {
                Threshold::Calls(calls) => count >= calls,
                Threshold::Percent(percent) => count as f64 * 100.0 >= percent * all as f64,
            }
    }

    /// What is counted.
    pub fn noun(&self) -> &'static str {
        match self.decisions {
            Decisions::Skipped => "lines",
            _ => "calls",
        }
    }

    /// How many there are in all: calls, or lines.
    pub fn of(&self, tally: &Tally, skipped: u64) -> u64 {
        match self.decisions {
            Decisions::Skipped => tally.calls + skipped,
            _ => tally.calls,
        }
    }

    /// How many calls, or lines, the condition speaks of.
    pub fn count(&self, tally: &Tally, skipped: u64) -> u64 {
        match self.decisions {
            Decisions::Deny => tally.deny,
            Decisions::Throttle => tally.throttle,
            Decisions::Unknown => tally.unknown,
            Decisions::Block => tally.blocked(),
            Decisions::Skipped => skipped,
        }
    }
}

impl fmt::Display for FailOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.decisions {
            Decisions::Deny => "deny",
            Decisions::Throttle => "throttle",
            Decisions::Unknown => "unknown",
            Decisions::Block => "block",
            Decisions::Skipped => "skipped",
        })?;
        match self.threshold {
            Threshold::Calls(1) => Ok(()),
            Threshold::Calls(calls) => write!(f, "={calls}"),
            Threshold::Percent(percent) => write!(f, "={percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_calls_or_per_cent() {
        let tally = Tally {
            calls: 200,
            allow: 190,
            deny: 6,
            throttle: 4,
            unknown: 0,
        };
        let met = |text: &str| text.parse::<FailOn>().map(|f| f.is_met(&tally, 50));
        assert_eq!(met("deny"), Ok(true));
        assert_eq!(met("unknown"), Ok(false));
        assert_eq!(met("unknown=0%"), Ok(false));
        assert_eq!(met("block=10"), Ok(true));
        assert_eq!(met("block=11"), Ok(false));
        assert_eq!(met("block=5%"), Ok(true));
        assert_eq!(met("throttle=2.5%"), Ok(false));
        assert_eq!(met("skipped=20%"), Ok(true));
        assert_eq!(met("skipped=51"), Ok(false));
        for bad in [
            "",
            "allow",
            "deny=",
            "deny=0",
            "deny=-1",
            "deny=101%",
            "deny=x%",
        ] {
            assert!(met(bad).is_err(), "{bad}");
        }
    }
}
