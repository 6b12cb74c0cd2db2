//! Open Media applications: what their clients ask goes to the platform behind as it is, and comes back under the number
//! under which it was asked. How requests fare they hear with the platform's own polls.

use super::{Bridge, Cause};
use crate::{
    dialect::{Relayed, Server},
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
        self.collect();
        self.relay(now);
    }

    /// Why the platform of an Open Media application cannot be asked, if it cannot.
    fn media_down(&self, index: usize) -> Option<String> {
        let Some(platform) = self.applications[index].platforms.first().map(|place| &self.platforms[*place]) else {
            return Some("no Open Media Service stands behind this one".into());
        };
        (platform.model.link() != LinkState::Up).then(|| format!("{} is not connected", platform.name))
    }

    /// Has platforms do what applications asked.
    fn relay(&mut self, now: Time) {
        for Question { application, ask, message } in std::mem::take(&mut self.questions) {
            let Some(platform) = self.applications[application].platforms.first().copied() else { continue };
            self.next_ask += 1;
            if self.platforms[platform].client.relay(now, self.next_ask, &message) {
                self.asked.insert(self.next_ask, (application, ask));
            } else {
                let reason = format!("{} is no Open Media Service", self.platforms[platform].name);
                self.relayed_to(now, application, ask, &Relayed::NotSent(reason));
            }
            self.settle(now, platform, Cause::Request);
        }
    }

    /// A platform did what was asked under this number, or did not.
    pub(super) fn relayed(&mut self, now: Time, ask: u64, outcome: &Relayed) {
        if let Some((application, ask)) = self.asked.remove(&ask) {
            self.relayed_to(now, application, ask, outcome);
        }
    }

    fn relayed_to(&mut self, now: Time, application: usize, ask: u64, outcome: &Relayed) {
        if let Some(server) = self.applications[application].server.as_mut().and_then(Server::open_media) {
            server.answered(now, ask, outcome);
        }
    }
}
