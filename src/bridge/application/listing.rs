//! The platforms in an application's list, as they come and go while it runs; and its own end.

use super::{Application, Counts};
use crate::bridge::{
    ids::{CallKey, Ids},
    routes::Desk,
    statistics::Statistics,
};

impl Application {
    /// A call is over, and known no longer.
    pub fn forget(&mut self, call: CallKey) {
        self.ids.forget(call);
    }

    /// Lists a platform behind the others. It passes messages whole if it speaks the application's dialect.
    pub(in crate::bridge) fn list(&mut self, platform: usize, passes: bool) {
        if passes && self.platforms.is_empty() {
            self.ids.relay(platform);
        }
        self.platforms.push(platform);
        self.passing.push(passes);
        self.ids.set_platforms(self.platforms.len());
    }

    /// Nothing is left of a platform. Those behind it in the list, of which there are none, would get other ids.
    pub(in crate::bridge) fn strike(&mut self, platform: usize) {
        let Some(place) = self.place_of(platform) else { return };
        self.platforms.remove(place);
        self.passing.remove(place);
        for call in self.ids.forget_platform(platform) {
            self.routes.ended(call);
        }
        self.ids.set_platforms(self.platforms.len());
        self.statistics.forget(platform);
        self.snapshots.retain_mut(|snapshot| snapshot.strike(platform));
    }

    /// It is gone. What is remembered of it can be read by its name and its rules.
    pub(in crate::bridge) fn vacate(&mut self) {
        self.server = None;
        self.platforms.clear();
        self.passing.clear();
        self.ids = Ids::new(1, 0, &[]);
        self.routes = Desk::new(Default::default(), None);
        self.statistics = Statistics::default();
        self.snapshots.clear();
        self.notices.clear();
        self.counts = Counts::default();
        self.is_gone = true;
    }
}
