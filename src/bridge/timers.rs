//! Time in the bridge: when it wants to be asked again, what runs out then, and its end.

use super::{Application, Bridge, Cause};
use crate::time::Time;

impl Bridge {
    /// When [`Bridge::expire`] wants to be called next.
    pub fn deadline(&self) -> Option<Time> {
        let platforms = self.platforms.present().map(|(_, platform)| platform.deadline());
        let server = |a: &Application| a.server.as_ref().and_then(|server| server.deadline());
        let applications =
            self.applications.present().flat_map(|(_, a)| [a.routes.deadline(), server(a), a.statistics.deadline()]);
        let routers = self.routers.iter().map(|router| router.desk.deadline());
        platforms.chain(applications).chain(routers).chain([self.complaints.deadline()]).flatten().min()
    }

    /// Lets all timers run out that are due.
    pub fn expire(&mut self, now: Time) {
        self.note_time(now);
        for index in 0..self.platforms.len() {
            let platform = &mut self.platforms[index];
            if platform.is_held_back() {
                continue;
            }
            let conversing = platform.conversing(now);
            if platform.model.deadline().is_some_and(|deadline| deadline <= now) {
                platform.model.expire(now);
            }
            if platform.conversation.deadline().is_some_and(|deadline| deadline <= conversing) {
                platform.conversation.expire(conversing);
            }
            self.expire_passed(now, index);
            self.settle(now, index, Cause::Time);
            self.hear_own(now, index);
        }
        for index in 0..self.applications.len() {
            self.applications[index].routes.expire(now);
            if let Some(server) = &mut self.applications[index].server {
                server.expire(now);
            }
            self.tell_statistics(now, index);
        }
        self.routers.iter_mut().for_each(|router| router.desk.expire(now));
        self.settle_routes(now, 0);
        self.collect(now);
        self.complaints.expire(now, &mut self.outputs);
    }

    /// Tells an application the statistics of its groups' agents, for those groups that are due.
    fn tell_statistics(&mut self, now: Time, me: usize) {
        while let Some((group, session)) = self.applications[me].statistics.next(now) {
            self.platforms[group.0].stamp(now);
            self.applications[me].say_group(now, me, group, &self.platforms[group.0], session);
        }
    }

    /// The bridge is about to stop: every application is told that its platforms are gone.
    pub fn shut_down(&mut self, now: Time) {
        for index in 0..self.platforms.len() {
            self.platforms[index].model.shut_down(now, "the bridge is shutting down");
            let conversing = self.platforms[index].conversing(now);
            self.platforms[index].conversation.shut_down(conversing);
            self.settle(now, index, Cause::Link);
        }
        self.complaints.end(&mut self.outputs);
    }
}
