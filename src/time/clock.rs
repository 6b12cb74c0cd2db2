//! A platform's clock, as its messages show it. Some platforms tell UTC beside local time, others only local time.
//! Local clocks are set, twice a year or by hand, while calls go on.

use super::{Written, Zone, parse};

/// Differences between local time and UTC, and changes of local clocks, are multiples of a quarter of an hour.
const QUARTER: i64 = 15 * 60_000;
/// A message may show a time a little before the previous message's although no clock was set.
const JITTER: i64 = 60_000;
/// The largest difference between two zones. A larger one has another cause.
const FARTHEST: i64 = 26 * 3_600_000;

/// A platform's clock, and what is known of its zone.
#[derive(Debug, Default)]
pub struct Clock {
    /// The texts read last, local and UTC, because most messages come in the same second as the one before.
    read: [(String, Option<Written>); 2],
    /// The milliseconds by which the platform's local time is ahead of UTC, once a message has told both.
    told: Option<i64>,
    /// The same, estimated, for a platform that tells only local time.
    seems: Option<i64>,
    /// The zone of a platform that tells none.
    zone: Zone,
    /// The difference that was assumed for the local time read last, if no message had told it.
    assumed: Option<i64>,
    /// The moment that was shown last, and the time of the bridge's own clock then, if it has one.
    last: Option<(Option<u64>, u64)>,
}

impl Clock {
    /// Sets the zone of a platform that tells none.
    pub fn set_zone(&mut self, zone: Zone) {
        self.zone = zone;
    }

    /// The difference between local time and UTC, if the platform has told it.
    pub fn told(&self) -> Option<i64> {
        self.told
    }

    /// The difference assumed for the local time read last, if it came from the zone alone.
    pub fn assumed(&self) -> Option<i64> {
        self.assumed
    }

    /// The moment, in milliseconds since 1970, of a message with these times; none if it has no times. `now` is the
    /// bridge's own clock, if there is one besides the messages' times.
    pub fn read(&mut self, now: Option<u64>, local: Option<&str>, utc: Option<&str>) -> Option<u64> {
        self.assumed = None;
        let [local, utc] = [(0, local), (1, utc)].map(|(place, text)| self.written(place, text?));
        let moment = match (local, utc.and_then(|utc| utc.moment(0))) {
            (Some(Written::Civil(civil)), Some(utc)) => self.learn(now, civil, utc),
            (_, Some(utc)) => utc,
            (Some(local @ Written::Moment(_)), None) => local.moment(0)?,
            (Some(local @ Written::Civil(civil)), None) => local.moment(self.ahead_of_civil(now, civil))?,
            (None, None) => return None,
        };
        self.last = Some((now, moment));
        Some(moment)
    }

    fn written(&mut self, place: usize, text: &str) -> Option<Written> {
        let (last, written) = &mut self.read[place];
        if last != text {
            last.clear();
            last.push_str(text);
            *written = parse(text);
        }
        *written
    }

    /// A message told both local time and UTC. If the difference is larger than any zone's, one of the two is wrong,
    /// and UTC is as likely to be wrong as local time.
    fn learn(&mut self, now: Option<u64>, civil: i64, utc: u64) -> u64 {
        let ahead = civil.saturating_sub(i64::try_from(utc).unwrap_or(i64::MAX));
        if ahead.abs() > FARTHEST {
            let ahead = self.ahead_of_civil(now, civil);
            return Written::Civil(civil).moment(ahead).unwrap_or(utc);
        }
        self.told = Some(quarters(ahead + QUARTER / 2) * QUARTER);
        utc
    }

    /// The difference between local time and UTC for a message that tells only local time.
    fn ahead_of_civil(&mut self, now: Option<u64>, civil: i64) -> i64 {
        let expected = self.expected(now);
        let after = |ahead: i64| expected.map(|expected| civil - ahead - i64::try_from(expected).unwrap_or(i64::MAX));
        if let Some(told) = self.told {
            // The clock may have been set. Without another clock that shows how much time has passed, a step back, or
            // forward by an hour, means that the clock was set; any other step is time that has passed.
            let set = after(told).map_or(0, |after| quarters(after + JITTER));
            let ahead = if set < 0 || set == 4 || now.is_some() { told + set * QUARTER } else { told };
            self.told = Some(ahead);
            return ahead;
        }
        match after(0).filter(|ahead| now.is_some() && ahead.abs() <= FARTHEST) {
            Some(ahead) => {
                let ahead = quarters(ahead + QUARTER / 2) * QUARTER;
                self.seems = Some(ahead);
                ahead
            }
            None => {
                let ahead = self.zone.ahead_of_civil(civil, self.last.map(|(_, moment)| moment));
                *self.assumed.insert(ahead)
            }
        }
    }

    /// The time that the platform's clock should show: the time it showed last, plus the time that has passed since.
    fn expected(&self, now: Option<u64>) -> Option<u64> {
        match (self.last, now) {
            (Some((Some(then), moment)), Some(now)) => Some(moment + now.saturating_sub(then)),
            (Some((_, moment)), _) => Some(moment),
            (None, now) => now,
        }
    }

    /// The current moment by the platform's clock, and the difference between local time and UTC there.
    pub fn now(&mut self, now: u64) -> (u64, i64) {
        let moment = self.expected(Some(now)).unwrap_or(now);
        if self.told.is_none() && self.seems.is_none() {
            self.zone.stay(moment);
        }
        (moment, self.ahead(moment))
    }

    /// The difference between local time and UTC at a moment, in milliseconds: as the platform tells it, otherwise as
    /// its zone has it.
    pub fn ahead(&self, moment: u64) -> i64 {
        self.told.or(self.seems).unwrap_or_else(|| self.zone.ahead(moment))
    }
}

/// The number of whole quarters of an hour.
fn quarters(millis: i64) -> i64 {
    millis.div_euclid(QUARTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::parse_utc;

    fn at(text: &str) -> Option<u64> {
        parse_utc(text)
    }

    const HOUR: i64 = 3_600_000;

    #[test]
    fn the_unambiguous_time_counts_where_a_message_tells_it() {
        let mut clock = Clock::default();
        let read = |clock: &mut Clock, local: &str, utc: &str| clock.read(None, Some(local), Some(utc));
        assert_eq!(read(&mut clock, "2026-10-25 02:59:59", "2026-10-25 00:59:59"), at("2026-10-25 00:59:59"));
        assert_eq!(clock.told(), Some(2 * HOUR));
        assert_eq!(read(&mut clock, "2026-10-25 02:00:00", "2026-10-25 01:00:00"), at("2026-10-25 01:00:00"));
        assert_eq!(clock.told(), Some(HOUR));
        // Two times that are a second apart do not mean another zone.
        assert_eq!(read(&mut clock, "2026-10-25 02:00:02", "2026-10-25 01:00:01"), at("2026-10-25 01:00:01"));
        assert_eq!(clock.told(), Some(HOUR));
    }

    #[test]
    fn local_time_alone_goes_by_what_was_told_last() {
        let mut clock = Clock::default();
        clock.read(None, Some("2026-07-01 12:00:00"), Some("2026-07-01 10:00:00"));
        assert_eq!(clock.read(None, Some("2026-07-01 12:00:30"), None), at("2026-07-01 10:00:30"));
        // The clock is set back, and then forward by an hour: no time passes.
        assert_eq!(clock.read(None, Some("2026-07-01 11:00:31"), None), at("2026-07-01 10:00:31"));
        assert_eq!(clock.told(), Some(HOUR));
        assert_eq!(clock.read(None, Some("2026-07-01 12:00:33"), None), at("2026-07-01 10:00:33"));
        // Twenty minutes of silence count as twenty minutes.
        assert_eq!(clock.read(None, Some("2026-07-01 12:20:33"), None), at("2026-07-01 10:20:33"));
    }

    #[test]
    fn what_no_zone_explains_is_no_zone() {
        let mut clock = Clock::default();
        assert_eq!(
            clock.read(None, Some("2026-07-01 12:00:00"), Some("1970-01-01 00:00:00")),
            at("2026-07-01 12:00:00")
        );
        assert_eq!(clock.told(), None);
        assert_eq!(clock.read(None, Some("2026-07-01 12:00:00"), Some("soon")), at("2026-07-01 12:00:00"));
        assert_eq!(clock.read(None, Some("2026-07-01T12:00:00+02:00"), None), at("2026-07-01 10:00:00"));
        assert_eq!(clock.read(None, None, None), None);
    }

    #[test]
    fn a_platform_that_tells_local_time_alone_is_where_it_seems_to_be() {
        let mut clock = Clock::default();
        let now = at("2026-07-01 10:00:07");
        assert_eq!(clock.read(now, Some("2026-07-01 19:00:00"), None), at("2026-07-01 10:00:00"));
        let later = now.map(|now| now + 5000);
        assert_eq!(clock.now(later.unwrap()), (at("2026-07-01 10:00:05").unwrap(), 9 * HOUR));
        assert_eq!(clock.read(later, Some("2026-07-01 18:00:05"), None), at("2026-07-01 10:00:05"), "the clock is set");
        // A clock that shows another year tells nothing about the zone.
        let mut clock = Clock::default();
        assert_eq!(clock.read(now, Some("2009-01-01 11:00:01"), None), at("2009-01-01 11:00:01"));
        assert_eq!(clock.ahead(0), 0);
    }
}
