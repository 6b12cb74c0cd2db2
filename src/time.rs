//! The bridge's clock, given to everything that needs it and read by nothing but `net`: so whole conversations replay on a
//! virtual clock.

use std::{
    ops::{Add, Sub},
    time::Duration,
};

/// A moment, in milliseconds since some start: the process's, or the first timestamp of a replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, duration: Duration) -> Time {
        Time(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Time {
    type Output = Duration;

    fn sub(self, earlier: Time) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Milliseconds since 1970 of a date and time as contact centres write them: `2026-11-20 10:27:44`, with `T`, a fraction,
/// or a zone where there is one; a time without a zone is taken as it stands.
pub fn parse_civil(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return u64::try_from(timestamp.as_millisecond()).ok();
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    u64::try_from(zoned.timestamp().as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_times_are_read_as_they_are_written() {
        let plain = parse_civil("2009-01-01 11:00:01").unwrap();
        assert_eq!(parse_civil("2009-01-01T11:00:01"), Some(plain));
        assert_eq!(parse_civil("2009-01-01T11:00:01Z"), Some(plain));
        assert_eq!(parse_civil("2009-01-01 11:00:01.250"), Some(plain + 250));
        assert_eq!(parse_civil("2009-01-01T12:00:01+01:00"), Some(plain));
        assert_eq!(parse_civil("yesterday"), None);
    }
}
