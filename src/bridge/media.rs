//! Open Media applications: what their clients ask goes to the platform behind as it is, and comes back under the number
//! under which it was asked. What they added the platform's conversation follows for them, with one poll for all.

use super::{Bridge, Cause};
use crate::{
    dialect::{Asker, Server, open_media::server::Answer},
    message::Message,
    model::LinkState,
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

/// Who a guest of a platform is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Guest {
    /// A question of an application, by the number that its conversation gave it.
    Asks { application: usize, ask: u64 },
    /// A request that a client of an application added.
    Follows { application: usize, id: i64 },
}

impl Bridge {
    /// One HTTP POST of an Open Media application.
    pub(super) fn media_request(&mut self, now: Time, index: usize, token: u64, body: &[u8], charset: Option<&str>) {
        let down = self.media_down(index);
        let mut message = std::mem::take(&mut self.message);
        let application = &mut self.applications[index];
        let Some(server) = application.server.as_mut().and_then(Server::open_media) else { return };
        server.link(down);
        server.request(now, token, body, charset, &mut message);
        if let Some(kind) = message.kind() {
            application.counts.requests[kind.0 as usize] += 1;
        }
        self.message = message;
        self.collect(now);
        self.ask_platforms(now);
    }

    /// Why the platform of an Open Media application cannot be asked, if it cannot.
    fn media_down(&self, index: usize) -> Option<String> {
        let Some(platform) = self.applications[index].platforms.first().map(|place| &self.platforms[*place]) else {
            return Some("no Open Media Service stands behind this one".into());
        };
        (platform.model.link() != LinkState::Up).then(|| format!("{} is not connected", platform.name))
    }

    /// Has platforms do what applications asked.
    fn ask_platforms(&mut self, now: Time) {
        for Question { application, ask, mut message } in std::mem::take(&mut self.questions) {
            let Some(platform) = self.applications[application].platforms.first().copied() else { continue };
            let guest = self.guest(Guest::Asks { application, ask });
            self.platforms[platform].client.ask(now, &mut message, guest);
            self.settle(now, platform, Cause::Request);
        }
    }

    fn guest(&mut self, guest: Guest) -> Asker {
        self.next_guest += 1;
        self.guests.insert(self.next_guest, guest);
        Asker::Guest(self.next_guest)
    }

    /// A platform told a guest something: the answer to a question, or how a request fares.
    pub(super) fn guest_heard(&mut self, now: Time, platform: usize, number: u64, message: Message) {
        match self.guests.get(&number).copied() {
            Some(Guest::Asks { application, ask }) => {
                self.guests.remove(&number);
                self.media_answered(now, application, ask, Answer::Reply(message));
                self.follow(now, application, platform);
            }
            Some(Guest::Follows { application, id }) => {
                if let Some(server) = self.media_server(application) {
                    server.hear_of(now, id, &message);
                }
                self.unfollow(platform);
            }
            None => {}
        }
    }

    /// A question has no answer. `unknown`: it may have been done nevertheless.
    pub(super) fn guest_unanswered(&mut self, now: Time, number: u64, reason: String, unknown: bool) {
        if let Some(Guest::Asks { application, ask }) = self.guests.get(&number).copied() {
            self.guests.remove(&number);
            let answer = if unknown { Answer::Unknown(reason) } else { Answer::NotSent(reason) };
            self.media_answered(now, application, ask, answer);
        }
    }

    fn media_answered(&mut self, now: Time, application: usize, ask: u64, answer: Answer) {
        if let Some(server) = self.media_server(application) {
            server.answered(now, ask, &answer);
        }
    }

    fn media_server(&mut self, application: usize) -> Option<&mut crate::dialect::open_media::Server> {
        self.applications[application].server.as_mut().and_then(Server::open_media)
    }

    /// Has a platform follow what an application's client has added there.
    fn follow(&mut self, now: Time, application: usize, platform: usize) {
        let added = self.media_server(application).and_then(|server| server.take_added());
        if let Some(id) = added {
            let guest = self.guest(Guest::Follows { application, id });
            self.platforms[platform].client.follow(now, id, guest);
        }
    }

    /// What is over need not be followed any more.
    pub(super) fn unfollow(&mut self, platform: usize) {
        let mut over = Vec::new();
        for (number, guest) in &self.guests {
            let Guest::Follows { application, id } = guest else { continue };
            let is_here = self.applications[*application].platforms.first() == Some(&platform);
            let server = self.applications[*application].server.as_ref();
            let is_open = matches!(server, Some(Server::OpenMedia(server)) if server.is_open(*id));
            if is_here && !is_open {
                over.push((*number, *id));
            }
        }
        for (number, id) in over {
            self.guests.remove(&number);
            self.platforms[platform].client.unfollow(id);
        }
    }
}
