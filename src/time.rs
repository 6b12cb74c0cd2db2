//! Times, without reading a clock: only `net` reads one, and callers pass the time in, so that whole conversations replay
//! on a virtual clock. Also reads and writes dates and times in text. `clock` follows a platform's clock, `zone` its zone.

mod clock;
mod zone;

use std::{
    ops::{Add, Sub},
    time::Duration,
};

pub use clock::Clock;
pub use zone::{Zone, write_by, zone};

/// A moment, in milliseconds since the start of the process or the first timestamp of a replay.
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

/// A date and time as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// With a zone: the moment, in milliseconds since 1970.
    Moment(i64),
    /// Without a zone: the local time, counted as if it were UTC.
    Civil(i64),
}

impl Written {
    /// The moment in milliseconds since 1970, if local time is `ahead` milliseconds ahead of UTC; none before 1970.
    pub fn moment(self, ahead: i64) -> Option<u64> {
        let (Written::Moment(millis) | Written::Civil(millis)) = self;
        let ahead = if matches!(self, Written::Civil(_)) { ahead } else { 0 };
        u64::try_from(millis.saturating_sub(ahead)).ok()
    }
}

/// Reads a date and time as contact centres write them: `2026-11-20 10:27:44`, optionally with `T`, a fraction, or a zone.
pub fn parse(text: &str) -> Option<Written> {
    if let Some(seconds) = parse_plain(text.trim_ascii().as_bytes()) {
        return Some(Written::Civil((seconds * 1000) as i64));
    }
    let text = text.trim();
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(Written::Moment(timestamp.as_millisecond()));
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?;
    Some(Written::Civil(zoned.timestamp().as_millisecond()))
}

/// Milliseconds since 1970, for a time in UTC or with a zone.
pub fn parse_utc(text: &str) -> Option<u64> {
    parse(text)?.moment(0)
}

/// Like `parse_utc`, for the start of a period in a request. A time before 1970 is 0, because some SOAP stacks send their
/// earliest possible time.
pub fn parse_since(text: &str) -> Option<u64> {
    Some(parse(text)?.moment(0).unwrap_or(0))
}

/// Writes a date and time, given as milliseconds since 1970 in its own zone, as contact centres do: `2026-11-20 10:27:44`.
/// Written by hand, because every event of the bridge has one or two.
pub fn write_civil(millis: u64) -> String {
    // Days are counted from a first of March, so that the leap day is the last day of a year.
    let (days, seconds) = (millis / 86_400_000 + 719_468, millis / 1000 % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = (era * 400 + year_of_era + u64::from(month <= 2)).min(9999);
    let mut text = *b"0000-00-00 00:00:00";
    let parts = [(0..4, year), (5..7, month), (8..10, day)];
    let time = [(11..13, seconds / 3600), (14..16, seconds / 60 % 60), (17..19, seconds % 60)];
    for (place, mut number) in parts.into_iter().chain(time) {
        for digit in text[place].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
    }
    text.iter().copied().map(char::from).collect()
}

/// Writes a moment, in milliseconds since 1970, as web services do: `2026-11-20T10:27:44.713Z`.
pub fn write_utc(millis: u64) -> String {
    let moment = i64::try_from(millis).ok().and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok());
    moment.unwrap_or_default().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The moment that a text tells, in milliseconds since 1970. A time without a zone is in the given one.
pub fn moment(text: &str, zone: &Zone) -> Option<i64> {
    match parse(text)? {
        Written::Moment(moment) => Some(moment),
        Written::Civil(civil) => civil.checked_sub(zone.ahead_of_civil(civil, None)),
    }
}

/// Reads the common form `yyyy-mm-dd hh:mm:ss` without the general parser, because every event has one.
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
    fn times_are_read_as_they_are_written() {
        let Some(Written::Civil(plain)) = parse("2009-01-01 11:00:01") else { panic!("no civil time") };
        assert_eq!(parse("2009-01-01T11:00:01"), Some(Written::Civil(plain)));
        assert_eq!(parse("\u{a0}2009-01-01 11:00:01\u{b}"), Some(Written::Civil(plain)));
        assert_eq!(parse("2009-01-01 11:00:01.250"), Some(Written::Civil(plain + 250)));
        assert_eq!(parse("2009-01-01T11:00:01Z"), Some(Written::Moment(plain)));
        assert_eq!(parse("2009-01-01T12:00:01+01:00"), Some(Written::Moment(plain)));
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("2026-13-01 11:00:01"), None);
        assert_eq!(write_civil(plain as u64), "2009-01-01 11:00:01");
        assert_eq!(write_utc(plain as u64 + 7), "2009-01-01T11:00:01.007Z");
        assert_eq!(Written::Civil(plain).moment(3_600_000), Some(plain as u64 - 3_600_000));
        assert_eq!(Written::Moment(plain).moment(3_600_000), Some(plain as u64));
    }

    #[test]
    fn a_start_before_1970_is_the_start() {
        assert_eq!(parse_since("0001-01-01T00:00:00"), Some(0), "the least DateTime of .NET");
        assert_eq!(parse_since("0001-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse_since("1970-01-01T01:00:00.0070000+01:00"), Some(7));
        assert_eq!(parse_since("yesterday"), None);
        assert_eq!(parse_utc("0001-01-01T00:00:00"), None);
    }

    #[test]
    fn the_short_ways_agree_with_the_general_ones() {
        let texts = ["1970-01-01 00:00:00", "2000-02-29 23:59:59", "2026-11-20 10:27:44", "2100-03-01 00:00:00"];
        for text in texts.into_iter().chain(["2024-02-29 12:00:00", "2023-12-31 23:59:59", "2026-03-01 00:00:00"]) {
            assert_eq!(parse(text), parse(&format!("{text}.0")), "{text}");
            assert_eq!(parse_utc(text).map(write_civil).as_deref(), Some(text));
        }
    }
}
