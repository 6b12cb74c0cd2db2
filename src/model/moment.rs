//! The moment that the model is at, and the message that it takes in. The clock of the machine is never read.

use crate::time::Time;

#[derive(Debug, Default)]
pub(super) struct Moment {
    pub now: Time,
    /// The moment of the message by the platform's clock, in milliseconds since 1970, where the message has one.
    pub clock: Option<u64>,
    /// The difference between the platform's local time and UTC, in milliseconds.
    pub ahead: i64,
    /// Counts messages, so that a list that a message gives can be told complete.
    pub stamp: u64,
}

impl Moment {
    /// Time never goes back.
    pub fn reach(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    /// A message begins.
    pub fn begin(&mut self, now: Time, clock: Option<u64>) {
        self.reach(now);
        self.clock = clock;
        self.stamp += 1;
    }
}
