//! A place's zone: the difference between local time and UTC there, at any moment. Only the shell can know the
//! machine's zone, or that of a named place, so that it hands the rules in.

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, Offset, TimeZone},
};

/// A zone's rules, with the stretch between two changes of the clocks that was looked up last.
#[derive(Debug, Clone)]
pub struct Zone {
    rules: TimeZone,
    /// The stretch of moments, in milliseconds since 1970, in which local time is `ahead` milliseconds ahead of UTC.
    since: i64,
    until: i64,
    ahead: i64,
}

impl Default for Zone {
    fn default() -> Zone {
        Zone { rules: TimeZone::UTC, since: i64::MIN, until: i64::MAX, ahead: 0 }
    }
}

impl Zone {
    pub fn new(rules: TimeZone) -> Zone {
        Zone { rules, since: 0, until: 0, ahead: 0 }
    }

    /// The milliseconds by which local time is ahead of UTC at a moment.
    pub fn ahead(&self, moment: u64) -> i64 {
        let moment = i64::try_from(moment).unwrap_or(i64::MAX);
        if (self.since..self.until).contains(&moment) { self.ahead } else { self.find(moment) }
    }

    /// Remembers the stretch that contains a moment, because the next moment is most likely in it, too.
    pub fn stay(&mut self, moment: u64) {
        let Ok(moment) = i64::try_from(moment) else { return };
        if (self.since..self.until).contains(&moment) {
            return;
        }
        let Ok(timestamp) = Timestamp::from_millisecond(moment) else { return };
        // A change at exactly this moment has already happened.
        let after = Timestamp::from_millisecond(moment.saturating_add(1)).unwrap_or(timestamp);
        let at = |change: jiff::tz::TimeZoneTransition| change.timestamp().as_millisecond();
        self.since = self.rules.preceding(after).next().map_or(i64::MIN, at);
        self.until = self.rules.following(timestamp).next().map_or(i64::MAX, at);
        self.ahead = self.find(moment);
    }

    fn find(&self, moment: i64) -> i64 {
        let timestamp = Timestamp::from_millisecond(moment).unwrap_or_default();
        i64::from(self.rules.to_offset(timestamp).seconds()) * 1000
    }

    /// The difference between UTC and the local time that a clock shows, given as milliseconds since 1970. An hour that
    /// occurs twice is the first, unless that is before a known earlier moment. A time that does not exist is read by
    /// the clock before the change.
    pub fn ahead_of_civil(&self, civil: i64, not_before: Option<u64>) -> i64 {
        let shown: Option<DateTime> =
            Timestamp::from_millisecond(civil).ok().map(|shown| TimeZone::UTC.to_datetime(shown));
        let Some(shown) = shown else { return 0 };
        let millis = |offset: jiff::tz::Offset| i64::from(offset.seconds()) * 1000;
        match self.rules.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => millis(offset),
            AmbiguousOffset::Gap { before, .. } => millis(before),
            AmbiguousOffset::Fold { before, after } => {
                let first = u64::try_from(civil - millis(before)).unwrap_or(0);
                millis(if not_before.is_some_and(|moment| first < moment) { after } else { before })
            }
        }
    }
}

/// A zone that needs no list of places: `UTC`, an offset such as `+02:00`, or a place's rules as POSIX writes them.
pub fn zone(text: &str) -> Option<Zone> {
    if text == "UTC" {
        return Some(Zone::default());
    }
    let rules = match offset(text) {
        Some(offset) => TimeZone::fixed(offset),
        None => TimeZone::posix(text).ok()?,
    };
    Some(Zone::new(rules))
}

/// Reads an offset such as `+02:00`.
fn offset(text: &str) -> Option<Offset> {
    let (sign, rest) = if let Some(rest) = text.strip_prefix('-') { (-1, rest) } else { (1, text.strip_prefix('+')?) };
    let (hours, minutes) = rest.split_once(':').filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2)?;
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    if minutes < 60 { Offset::from_seconds(sign * seconds).ok() } else { None }
}

/// Writes a moment, in milliseconds since 1970, by a pattern of strftime. None if there is no such pattern or moment.
pub fn write_by(pattern: &str, moment: i64, zone: &Zone) -> Option<String> {
    let moment = Timestamp::from_millisecond(moment).ok()?.to_zoned_datetime(zone.rules.clone());
    jiff::fmt::strtime::format(pattern, &moment).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_utc;

    /// Berlin's rules as a POSIX text, which needs no zone file.
    fn berlin() -> Zone {
        Zone::new(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap())
    }

    const HOUR: i64 = 3_600_000;

    #[test]
    fn zones_without_a_list_of_places_are_read_and_written_in() {
        let moment = parse_utc("2026-07-01 08:30:00").unwrap() as i64;
        let write = |name: &str| zone(name).and_then(|zone| write_by("%d.%m. %H:%M %z", moment, &zone));
        assert_eq!(write("UTC").as_deref(), Some("01.07. 08:30 +0000"));
        assert_eq!(write("-03:30").as_deref(), Some("01.07. 05:00 -0330"));
        assert_eq!(write("CET-1CEST,M3.5.0,M10.5.0/3").as_deref(), Some("01.07. 10:30 +0200"));
        for wrong in ["Europe/Berlin", "+2", "+02:60", "+99:00", "", "+é2:00"] {
            assert!(zone(wrong).is_none(), "{wrong}");
        }
        assert_eq!(write_by("%Q%", moment, &Zone::default()), None);
        assert_eq!(write_by("%Y", i64::MAX, &Zone::default()), None);
    }

    #[test]
    fn the_stretch_between_two_changes_is_remembered_and_no_more() {
        let mut zone = berlin();
        let moments = [
            ("2026-10-25 00:59:59", 2),
            ("2026-10-25 01:00:00", 1),
            ("2026-10-25 00:59:59", 2),
            ("2026-07-01 00:00:00", 2),
            ("2026-03-29 00:59:59", 1),
            ("2026-03-29 01:00:00", 2),
        ];
        for (text, hours) in moments {
            let moment = parse_utc(text).unwrap();
            assert_eq!(zone.ahead(moment), hours * HOUR, "{text}");
            zone.stay(moment);
            assert_eq!(zone.ahead(moment), hours * HOUR, "{text}, remembered");
        }
        let mut utc = Zone::default();
        utc.stay(parse_utc("2026-07-01 00:00:00").unwrap());
        assert_eq!(utc.ahead(0), 0);
    }

    #[test]
    fn an_hour_that_comes_twice_is_the_one_that_has_not_been() {
        let zone = berlin();
        let shown = parse_utc("2026-10-25 02:30:00").unwrap() as i64;
        assert_eq!(zone.ahead_of_civil(shown, None), 2 * HOUR);
        assert_eq!(zone.ahead_of_civil(shown, parse_utc("2026-10-25 00:30:00")), 2 * HOUR);
        assert_eq!(zone.ahead_of_civil(shown, parse_utc("2026-10-25 00:30:01")), HOUR);
        let nowhere = parse_utc("2026-03-29 02:30:00").unwrap() as i64;
        assert_eq!(zone.ahead_of_civil(nowhere, None), HOUR);
    }
}
