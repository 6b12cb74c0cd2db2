//! The statistics of groups' agents that an application's sessions subscribe to. What they are is in `statistics`.

use super::Application;
use crate::{
    bridge::platform::Platform,
    model::{Audience, ClientId, ServiceIx, Transition, TransitionKind},
    time::Time,
};

impl Application {
    /// Notes which groups' statistics a transition changes. A platform whose messages pass tells statistics itself.
    pub fn note(&mut self, now: Time, index: usize, platform: &Platform, transition: &Transition) {
        if self.place_of(index).is_some() && !self.passes(index) {
            self.statistics.note(now, index, &platform.model, transition);
        }
    }

    /// The set of agents that serve a group has changed.
    pub fn restaffed(&mut self, now: Time, index: usize, service: ServiceIx) {
        if self.statistics.is_watched() && self.place_of(index).is_some() && !self.passes(index) {
            self.statistics.change(now, (index, service));
        }
    }

    /// A session has subscribed to the statistics of these groups' agents. The ids are the application's; none means
    /// all groups.
    pub fn want_groups(&mut self, session: u32, groups: Option<&[i64]>, platforms: &[Platform]) {
        for (place, index) in self.platforms.iter().enumerate() {
            let platform = &platforms[*index];
            if self.passes(*index) {
                continue;
            }
            for (service, known) in platform.model.services() {
                let number = || self.ids.service(place, known.kind, &known.id);
                if groups.is_none_or(|groups| groups.contains(&number())) {
                    self.statistics.want(session, (*index, service));
                }
            }
        }
    }

    /// Tells the statistics of one group's agents.
    pub fn say_group(
        &mut self,
        now: Time,
        me: usize,
        (index, service): (usize, ServiceIx),
        platform: &Platform,
        session: Option<u32>,
    ) {
        if self.statistics.look(now, (index, service), session.is_some(), &platform.model, |at| platform.civil(at)) {
            let mut transition = Transition::new(TransitionKind::GroupAgents);
            transition.service = Some(service);
            if let (Some(session), Ok(application)) = (session, u16::try_from(me)) {
                transition.audience = Audience::Asker(ClientId { application, session });
            }
            self.say(me, index, platform, &transition, None);
        }
        self.statistics.members.clear();
    }
}
