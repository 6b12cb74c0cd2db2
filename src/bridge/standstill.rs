//! A platform of which nothing is read for a while, because sessions must catch up first (`net/room.rs` decides when). Its time
//! stands still meanwhile: nobody can blame it for an answer that waits unread. Applications' requests still go to it.

use std::time::Duration;

use super::{Bridge, Owner, Platform};
use crate::{port::Notice, time::Time};

/// How long a platform has been held back.
#[derive(Debug, Default)]
pub(super) struct Standstill {
    /// Since when it is, if it is.
    since: Option<Time>,
    /// How long it was before that, in all.
    before: Duration,
    /// How often it was.
    times: u64,
}

impl Standstill {
    pub fn is_on(&self) -> bool {
        self.since.is_some()
    }

    pub fn times(&self) -> u64 {
        self.times
    }

    /// The moment at which the platform's conversation is: `now`, less all the time for which nothing was read.
    pub fn conversing(&self, now: Time) -> Time {
        let now = self.since.unwrap_or(now);
        Time(now.0.saturating_sub(u64::try_from(self.before.as_millis()).unwrap_or(u64::MAX)))
    }

    /// When a moment of the conversation comes. It does not while time stands still.
    pub fn comes(&self, moment: Time) -> Option<Time> {
        if self.is_on() { None } else { Some(moment + self.before) }
    }
}

impl Platform {
    /// Whether nothing is read of it for now.
    pub fn is_held_back(&self) -> bool {
        self.standstill.is_on()
    }

    /// How often nothing was read of it for a while.
    pub fn times_held_back(&self) -> u64 {
        self.standstill.times()
    }

    /// The moment at which its conversation is.
    pub(super) fn conversing(&self, now: Time) -> Time {
        self.standstill.conversing(now)
    }

    /// When its next timer is due.
    pub(super) fn deadline(&self) -> Option<Time> {
        if self.is_held_back() {
            return None;
        }
        let conversation = self.conversation.deadline().and_then(|moment| self.standstill.comes(moment));
        [self.model.deadline(), conversation, self.passed.deadline()].into_iter().flatten().min()
    }
}

impl Bridge {
    /// Nothing is read of a platform from now on, until [`Bridge::go_on_reading`]. Returns false if that was so already.
    pub fn hold_back(&mut self, now: Time, platform: usize) -> bool {
        let standstill = &mut self.platforms[platform].standstill;
        if standstill.is_on() {
            return false;
        }
        (standstill.since, standstill.times) = (Some(now), standstill.times + 1);
        self.complain(now, Some(Owner::Platform(platform)), Notice::HeldBack {});
        true
    }

    /// The platform is read again. Everything that is waited for has as much time left as it had before. Returns false if the
    /// platform was not held back.
    pub fn go_on_reading(&mut self, now: Time, platform: usize) -> bool {
        let known = &mut self.platforms[platform];
        let Some(since) = known.standstill.since.take() else { return false };
        let held = now - since;
        known.standstill.before += held;
        if let Some(epoch) = known.epoch {
            let before = u64::try_from(known.standstill.before.as_millis()).unwrap_or_default();
            known.conversation.set_epoch(epoch + before);
        }
        known.model.wait_longer(now, held);
        known.passed.wait_longer(held);
        let notice = Notice::HeldBackNoLonger { held_s: held.as_secs_f64() };
        self.complain(now, Some(Owner::Platform(platform)), notice);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_while_nothing_is_read_and_goes_on_where_it_stopped() {
        let mut standstill = Standstill::default();
        assert_eq!(standstill.conversing(Time(500)), Time(500));
        standstill.since = Some(Time(1000));
        assert_eq!((standstill.conversing(Time(3000)), standstill.comes(Time(2000))), (Time(1000), None));
        (standstill.since, standstill.before) = (None, Duration::from_millis(2000));
        assert_eq!(standstill.conversing(Time(3000)), Time(1000));
        assert_eq!(standstill.comes(Time(2000)), Some(Time(4000)));
    }
}
