//! A platform's moments: its own clock and zone, and how times are written.

use super::Platform;
use crate::{
    message::Message,
    time::{self, Time, Zone},
    vocabulary::Vocabulary,
};

pub(super) fn local(moment: u64, ahead: i64) -> String {
    time::write_civil(moment.saturating_add_signed(ahead))
}

/// The times in a message, local and UTC; none where the dialect has no such fields.
pub fn shown<'m>(vocabulary: &Vocabulary, message: &'m Message) -> Option<[Option<&'m str>; 2]> {
    let def = vocabulary.message(message.kind()?);
    let shown = def.mentions.times.map(|slot| message.get(slot?).text());
    (shown != [None, None]).then_some(shown)
}

impl Platform {
    /// Sets the moment of the messages that follow, for dialects that write it. The moment is taken from the platform's
    /// clock, so that it agrees with the times in the platform's own messages.
    pub fn stamp(&mut self, now: Time) {
        let Some(epoch) = self.epoch else { return };
        let (moment, ahead) = self.clock.now(epoch + now.0);
        if (moment / 1000, ahead) != self.stamped {
            self.stamped = (moment / 1000, ahead);
            self.stamp = [local(moment, ahead), time::write_civil(moment)];
        }
    }

    /// The moment of the message being told: local time, and UTC.
    pub fn stamps(&self) -> [&str; 2] {
        self.stamp.each_ref().map(String::as_str)
    }

    /// A moment, in the platform's local time.
    pub fn local(&self, moment: u64) -> String {
        local(moment, self.clock.ahead(moment))
    }

    /// A moment of the bridge's clock in the platform's local time, to the second.
    pub fn civil(&self, at: Time) -> String {
        self.local(self.epoch.map_or(0, |epoch| epoch + at.0) / 1000 * 1000)
    }

    /// When the bridge's clock began, in milliseconds since 1970.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.epoch = Some(epoch);
        self.conversation.set_epoch(epoch);
    }

    /// Sets the zone of a platform whose messages tell none.
    pub fn set_zone(&mut self, zone: Zone) {
        self.clock.set_zone(zone);
    }
}
