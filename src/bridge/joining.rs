//! Platforms and applications that come, also while the bridge runs, those that go, and platforms that are made anew. Everybody
//! else keeps sessions, calls and ids. It deliberately does not decide who comes or goes: the shell does, by a configuration.

use super::{
    Application, ApplicationParts, Bridge, Cause, Owner, Platform, PlatformParts,
    guests::{Purpose, Question},
};
use crate::{
    model::{LinkState, Transition, TransitionKind},
    time::{Time, Zone},
};

/// How it is said of a platform that is taken out of the configuration.
const TAKEN_OUT: &str = "it is not in the configuration any more";
const CHANGED: &str = "its section of the configuration has changed";

impl Bridge {
    pub fn add_platform(&mut self, parts: PlatformParts) -> usize {
        let mut platform = Platform::new(parts);
        if self.epoch > 0 {
            platform.set_epoch(self.epoch);
        }
        if let Some(zone) = &self.zone {
            platform.set_zone(zone.clone());
        }
        let index = self.platforms.push(platform);
        self.set_tellers();
        index
    }

    pub fn add_application(&mut self, parts: ApplicationParts) -> usize {
        let mut application = Application::new(parts);
        if let (true, Some(server)) = (self.epoch > 0, &mut application.server) {
            server.set_epoch(self.epoch);
        }
        if let Some(last) = self.keeps_routes_after {
            application.routes.keep(last);
        }
        let platforms = std::mem::take(&mut application.platforms);
        let index = self.applications.push(application);
        platforms.into_iter().for_each(|platform| self.list(index, platform));
        self.set_tellers();
        index
    }

    /// An application has a further platform in its list.
    fn list(&mut self, index: usize, platform: usize) {
        let (application, listed) = (&mut self.applications[index], &mut self.platforms[platform]);
        let passes = listed.incoming.vocabulary.dialect == application.to.vocabulary.dialect;
        application.list(platform, passes);
        if passes && !listed.tells_all {
            listed.tell_all();
        }
    }

    /// When the clock began, in milliseconds since 1970, so that the time of day can be said.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.platforms.present_mut().for_each(|(_, platform)| platform.set_epoch(epoch));
        let servers = self.applications.present_mut().filter_map(|(_, application)| application.server.as_mut());
        servers.for_each(|server| server.set_epoch(epoch));
    }

    /// Sets the zone of platforms that tell none: the machine's zone.
    pub fn set_zone(&mut self, zone: &Zone) {
        self.zone = Some(zone.clone());
        self.platforms.present_mut().for_each(|(_, platform)| platform.set_zone(zone.clone()));
    }

    /// An application that came may want statistics of this platform.
    pub fn want_statistics(&mut self, platform: usize) {
        self.platforms[platform].conversation.want_statistics();
    }

    /// Whether a platform or an application is there, or its place is empty.
    pub fn is_there(&self, owner: Owner) -> bool {
        match owner {
            Owner::Platform(index) => self.platforms.is_present(index),
            Owner::Application(index) => self.applications.is_present(index),
        }
    }

    /// An application that runs hears a further platform, after those that it lists. Its sessions are told how the link to that
    /// platform stands, and may ask for a snapshot.
    pub fn widen(&mut self, now: Time, index: usize, platform: usize) {
        self.list(index, platform);
        let kind = match self.platforms[platform].model.link() {
            LinkState::Up => TransitionKind::LinkUp,
            LinkState::Down | LinkState::Unknown => TransitionKind::LinkDown,
        };
        self.tell_alone(now, index, platform, kind);
    }

    fn tell_alone(&mut self, now: Time, index: usize, platform: usize, kind: TransitionKind) {
        self.platforms[platform].stamp(now);
        let transition = Transition::new(kind);
        self.applications[index].tell(now, index, platform, &self.platforms[platform], &transition);
        self.tell_guest_of_link(index);
        self.collect(now);
    }

    /// An application is about to go: its sessions are told that its platforms are gone.
    pub fn part_application(&mut self, now: Time, index: usize) {
        for platform in self.applications[index].platforms.clone() {
            if self.platforms[platform].model.link() == LinkState::Up {
                self.tell_alone(now, index, platform, TransitionKind::LinkDown);
            }
        }
    }

    /// An application is gone, and its connections with it. Outcomes of what it asked for are told to nobody.
    pub fn remove_application(&mut self, index: usize) {
        let owner = Owner::Application(index);
        self.unfollow_all(index);
        self.applications[index].vacate();
        self.applications.empty(index);
        self.rooms.forget(index);
        self.questions.retain(|Question { application, .. }| *application != index);
        self.guests.retain(|_, purpose| match purpose {
            Purpose::Asks { application, .. } | Purpose::Follows { application, .. } => *application != index,
        });
        self.discarded.retain(|(application, _), _| *application != index);
        self.complaints.forget(owner);
    }

    /// A platform is taken out. Its conversation takes its leave; its link is lost for good, so that its calls end, as
    /// applications have room. Then it is gone.
    pub fn part_platform(&mut self, now: Time, index: usize) {
        self.go_on_reading(now, index);
        let conversing = self.platforms[index].conversing(now);
        self.platforms[index].conversation.shut_down(conversing);
        self.lose_link(now, index, TAKEN_OUT);
        self.platforms[index].model.part(now);
        self.settle(now, index, Cause::Link);
        self.platforms[index].leave();
    }

    /// Nobody needs to be told that a platform is lost that never was there.
    fn lose_link(&mut self, now: Time, index: usize, reason: &str) {
        if self.platforms[index].model.link() != LinkState::Unknown {
            self.platforms[index].went_down(now, reason);
        }
    }

    /// Ends what still ends of platforms that go, whether or not anybody has room.
    pub fn finish_parting(&mut self, now: Time) {
        let going: Vec<usize> = self.platforms.present().filter(|(_, it)| it.is_leaving).map(|(at, _)| at).collect();
        for index in going {
            while self.platforms[index].model.has_more() {
                self.platforms[index].model.go_on(now);
                self.settle(now, index, Cause::Time);
            }
            self.remove_platform(now, index);
        }
    }

    /// A platform is gone, and nothing is left of it.
    pub(super) fn remove_platform(&mut self, now: Time, index: usize) {
        for (_, application) in self.applications.present_mut() {
            application.strike(index);
        }
        self.platforms[index].vacate();
        self.platforms.empty(index);
        self.complaints.forget(Owner::Platform(index));
        self.collect(now);
    }

    /// A platform is made anew: another conversation goes on with its picture. Its link is lost until that has logged on.
    pub fn renew_platform(&mut self, now: Time, index: usize, parts: PlatformParts) {
        self.go_on_reading(now, index);
        let conversing = self.platforms[index].conversing(now);
        self.platforms[index].conversation.shut_down(conversing);
        self.lose_link(now, index, CHANGED);
        self.settle(now, index, Cause::Link);
        if self.platforms[index].renew(parts) {
            self.forget_stories();
        }
        let platform = &mut self.platforms[index];
        if platform.tells_all {
            platform.tell_all();
        }
        if self.epoch > 0 {
            platform.set_epoch(self.epoch);
        }
    }

    /// A conversation that is new begins: what it wants at once follows.
    pub fn begin_platform(&mut self, now: Time, index: usize) {
        self.settle(now, index, Cause::Link);
    }
}
