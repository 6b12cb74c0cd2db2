//! Applications whose clients are guests of a platform: what they ask goes to the platform behind as it is, and comes back
//! under the number under which it was asked. The platform's conversation follows what they added there, for all of them
//! together.

use super::{Bridge, Cause, application::Application};
use crate::{
    message::Message,
    model::LinkState,
    port::{Asker, Guest},
    time::Time,
};

/// A question of an application that waits to be asked of its platform.
#[derive(Debug)]
pub(super) struct Question {
    pub application: usize,
    /// The number that the application's conversation gave it.
    pub ask: u64,
    pub message: Message,
}

/// Why the bridge gave a platform's conversation the number of an asker.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// A question of an application, by the number that its conversation gave it.
    Asks { application: usize, ask: u64 },
    /// Something that a client of an application added.
    Follows { application: usize, id: i64 },
}

impl Bridge {
    fn guest(&mut self, application: usize) -> Option<&mut dyn Guest> {
        self.applications[application].server.as_mut()?.guest()
    }

    /// Tells an application's conversation whether its platform can be asked.
    pub(super) fn tell_guest_of_link(&mut self, index: usize) {
        if !self.applications[index].is_guest {
            return;
        }
        let platform = self.applications[index].platforms.first().map(|place| &self.platforms[*place]);
        let down = match platform {
            None => Some("no platform stands behind this application".to_owned()),
            Some(platform) if platform.model.link() == LinkState::Up => None,
            Some(platform) => Some(format!("{} is not connected", platform.name)),
        };
        if let Some(guest) = self.guest(index) {
            guest.link(down);
        }
    }

    /// Has platforms do what applications asked.
    pub(super) fn ask_platforms(&mut self, now: Time) {
        for Question { application, ask, mut message } in std::mem::take(&mut self.questions) {
            let Some(platform) = self.applications[application].platforms.first().copied() else { continue };
            let asker = self.asker(Purpose::Asks { application, ask });
            let conversing = self.platforms[platform].conversing(now);
            match self.platforms[platform].conversation.asks() {
                Some(asks) => asks.ask(conversing, &mut message, asker),
                None => self.guest_unanswered(now, self.next_guest, "the platform serves no guests", false),
            }
            self.settle(now, platform, Cause::Request);
        }
    }

    fn asker(&mut self, purpose: Purpose) -> Asker {
        self.next_guest += 1;
        self.guests.insert(self.next_guest, purpose);
        Asker::Guest(self.next_guest)
    }

    /// A platform told a guest something: the answer to a question, or how something fares.
    pub(super) fn guest_heard(&mut self, now: Time, platform: usize, number: u64, message: &Message) {
        match self.guests.get(&number).copied() {
            Some(Purpose::Asks { application, ask }) => {
                self.guests.remove(&number);
                if let Some(guest) = self.guest(application) {
                    guest.answered(now, ask, message);
                }
                self.follow(now, application, platform);
            }
            Some(Purpose::Follows { application, id }) => {
                if let Some(guest) = self.guest(application) {
                    guest.hear_of(now, id, message);
                }
                self.unfollow(platform);
            }
            None => {}
        }
    }

    /// A question has no answer. `unknown`: it may have been done nevertheless.
    pub(super) fn guest_unanswered(&mut self, now: Time, number: u64, reason: &str, unknown: bool) {
        if let Some(Purpose::Asks { application, ask }) = self.guests.get(&number).copied() {
            self.guests.remove(&number);
            if let Some(guest) = self.guest(application) {
                guest.unanswered(now, ask, reason, unknown);
            }
        }
    }

    /// Has a platform follow what an application's client has added there.
    fn follow(&mut self, now: Time, application: usize, platform: usize) {
        let Some(id) = self.guest(application).and_then(|guest| guest.take_added()) else { return };
        let asker = self.asker(Purpose::Follows { application, id });
        let conversing = self.platforms[platform].conversing(now);
        if let Some(asks) = self.platforms[platform].conversation.asks() {
            asks.follow(conversing, id, asker);
        }
    }

    /// Stops following what the clients of an application have added, which goes.
    pub(super) fn unfollow_all(&mut self, index: usize) {
        let Some(platform) = self.applications[index].platforms.first().copied() else { return };
        for purpose in self.guests.values() {
            let Purpose::Follows { application, id } = purpose else { continue };
            if let (true, Some(asks)) = (*application == index, self.platforms[platform].conversation.asks()) {
                asks.unfollow(*id);
            }
        }
    }

    /// Stops following requests that are over.
    pub(super) fn unfollow(&mut self, platform: usize) {
        let mut over = Vec::new();
        for (number, purpose) in &self.guests {
            let Purpose::Follows { application, id } = purpose else { continue };
            let Application { platforms, server, .. } = &mut self.applications[*application];
            let is_here = platforms.first() == Some(&platform);
            let guest = server.as_mut().and_then(|server| server.guest());
            if is_here && !guest.is_some_and(|guest| guest.is_open(*id)) {
                over.push((*number, *id));
            }
        }
        for (number, id) in over {
            self.guests.remove(&number);
            if let Some(asks) = self.platforms[platform].conversation.asks() {
                asks.unfollow(id);
            }
        }
    }
}
