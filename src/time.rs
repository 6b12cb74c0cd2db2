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
    if let Some(seconds) = parse_plain(text.trim_ascii().as_bytes()) {
        return Some(seconds * 1000);
    }
    u64::try_from(parse_any(text.trim())?).ok()
}

/// The same for a moment from which on something is wanted: what is before 1970, as the earliest moments of some stacks
/// are, is 0.
pub fn parse_since(text: &str) -> Option<u64> {
    Some(u64::try_from(parse_any(text.trim())?).unwrap_or(0))
}

fn parse_any(text: &str) -> Option<i64> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_millisecond());
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

/// A moment, in milliseconds since 1970, as contact centres write it: `2026-11-20 10:27:44`.
pub fn write_civil(millis: u64) -> String {
    let moment = i64::try_from(millis).ok().and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    moment.unwrap_or_default().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A moment, in milliseconds since 1970, as web services write it: `2026-11-20T10:27:44.713Z`.
pub fn write_utc(millis: u64) -> String {
    let moment = i64::try_from(millis).ok().and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    moment.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The form that nearly all have, `yyyy-mm-dd hh:mm:ss`, without going through the general parser: every event has one.
fn parse_plain(text: &[u8]) -> Option<u64> {
    let shape = b"0000-00-00 00:00:00";
    let fits = |(have, want): (&u8, &u8)| if *want == b'0' { have.is_ascii_digit() } else { have == want };
    if text.len() != shape.len() || !text.iter().zip(shape).all(fits) {
        return None;
    }
    let number =
        |at: std::ops::Range<usize>| text[at].iter().fold(0u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let (hour, minute, second) = (number(11..13), number(14..16), number(17..19));
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60
    {
        return None;
    }
    // Days since 1970, with years that begin in March so that the leap day comes last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_times_are_read_as_they_are_written() {
        let plain = parse_civil("2009-01-01 11:00:01").unwrap();
        assert_eq!(parse_civil("2009-01-01T11:00:01"), Some(plain));
        assert_eq!(parse_civil("\u{a0}2009-01-01 11:00:01\u{b}"), Some(plain));
        assert_eq!(parse_civil("2009-01-01T11:00:01Z"), Some(plain));
        assert_eq!(parse_civil("2009-01-01 11:00:01.250"), Some(plain + 250));
        assert_eq!(parse_civil("2009-01-01T12:00:01+01:00"), Some(plain));
        assert_eq!(parse_civil("yesterday"), None);
        assert_eq!(parse_civil("2026-13-01 11:00:01"), None);
        assert_eq!(write_civil(plain), "2009-01-01 11:00:01");
        assert_eq!(write_utc(plain + 7), "2009-01-01T11:00:01.007Z");
    }

    #[test]
    fn a_start_before_1970_is_the_start() {
        assert_eq!(parse_since("0001-01-01T00:00:00"), Some(0), "the least DateTime of .NET");
        assert_eq!(parse_since("0001-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse_since("1970-01-01T01:00:00.0070000+01:00"), Some(7));
        assert_eq!(parse_since("yesterday"), None);
        assert_eq!(parse_civil("0001-01-01T00:00:00"), None);
    }

    #[test]
    fn the_short_way_agrees_with_the_general_parser() {
        for text in ["1970-01-01 00:00:00", "2000-02-29 23:59:59", "2026-11-20 10:27:44", "2100-03-01 00:00:00"] {
            assert_eq!(parse_civil(text), parse_civil(&format!("{text}.0")), "{text}");
        }
    }
}
