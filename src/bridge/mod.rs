//! Platforms × applications: events go from each platform to the applications that list it, requests from an application
//! to the platform that owns the call or the agent. No I/O and no clock: everything here can be replayed.

mod application;
mod complaints;
mod ids;
mod media;
mod picture;
mod platform;
mod requests;
pub mod routes;
mod serve;
mod statistics;

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use hashbrown::HashMap;

use crate::{
    dialect::{Asker, ClientOutput, Notice, Post, PostOutcome, Reply, Server, ctips, event_feed, open_media},
    message::Message,
    model::{CallIx, Transition, TransitionKind},
    time::{Time, Zone},
    vocabulary::wsdl::Fitted,
};
use application::Failed;
pub use application::{Application, ApplicationParts, Counts as ApplicationCounts, FILE_SESSION};
use complaints::Complaints;
pub use platform::{Bad, Counts as PlatformCounts, Platform, PlatformParts, shown};
use routes::Record;

/// What the shell shall do.
#[derive(Debug)]
pub enum Output {
    Connect {
        platform: usize,
    },
    Send {
        platform: usize,
        bytes: Vec<u8>,
    },
    Disconnect {
        platform: usize,
    },
    /// The WSDL of the service at this address is to be read; [`Bridge::described`] wants to know what came of it.
    Describe {
        platform: usize,
        url: Arc<str>,
    },
    /// To be posted once, or not at all; what became of it is to be said by [`Bridge::platform_answered`].
    Post {
        platform: usize,
        post: Post,
    },
    Respond {
        application: usize,
        token: u64,
        reply: Reply,
    },
    Start {
        application: usize,
        session: u32,
        callback: Box<ctips::Callback>,
        body: Bytes,
    },
    Publish {
        application: usize,
        session: u32,
        body: Bytes,
    },
    Heartbeat {
        application: usize,
        session: u32,
        body: Bytes,
    },
    End {
        application: usize,
        session: u32,
    },
    /// Bytes for an application's connection.
    Write {
        application: usize,
        session: u32,
        bytes: Bytes,
    },
    /// The connection is to be closed once everything is written.
    Close {
        application: usize,
        session: u32,
    },
    Notice {
        about: About,
        notice: Notice,
    },
    /// The record of an open route is to be kept, over whatever stood there; [`Bridge::route_kept`] wants to know when it is.
    Keep {
        route: u64,
        /// Apart, so that an output is small: nearly all are events.
        record: Box<Record>,
    },
    /// The record is needed no more.
    Drop {
        route: u64,
    },
    /// A message for the application that is a file.
    Line(Vec<u8>),
}

/// What transitions come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// A message of the platform's.
    Event,
    /// The line to the platform.
    Link,
    Request,
    Time,
}

/// Whom a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Platform(usize),
    Application(usize),
    /// Nobody who is configured any more.
    Nobody,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Bridge {
    platforms: Vec<Platform>,
    applications: Vec<Application>,
    /// Platforms whose routes are selected here.
    routers: Vec<routes::Router>,
    outputs: VecDeque<Output>,
    notices: Vec<Notice>,
    complaints: Complaints,
    transitions: Vec<Transition>,
    forgotten: Vec<CallIx>,
    message: Message,
    /// Questions of Open Media applications that were not asked yet.
    questions: Vec<media::Question>,
    /// Whoever of them a platform knows by a number.
    guests: HashMap<u64, media::Guest>,
    next_guest: u64,
}

impl Bridge {
    pub fn add_platform(&mut self, parts: PlatformParts) -> usize {
        self.platforms.push(Platform::new(parts));
        self.platforms.len() - 1
    }

    pub fn add_application(&mut self, parts: ApplicationParts) -> usize {
        let mut application = Application::new(parts);
        if let Some(first) = application.platforms.first().copied()
            && self.platforms[first].incoming.vocabulary.dialect == application.to.vocabulary.dialect
            && !application.to.vocabulary.events_name_requests()
        {
            self.platforms[first].tells_all = true;
            application.relays = true;
            application.ids.relay(first);
        }
        self.applications.push(application);
        self.applications.len() - 1
    }

    /// When the clock began, in milliseconds since 1970, so that the time of day can be said.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.platforms.iter_mut().for_each(|platform| platform.epoch = Some(epoch));
        let servers = self.applications.iter_mut().filter_map(|application| application.server.as_mut());
        servers.filter_map(Server::open_media).for_each(|server| server.set_epoch(epoch));
    }

    /// Sets the zone of platforms that tell none: the machine's zone.
    pub fn set_zone(&mut self, zone: &Zone) {
        self.platforms.iter_mut().for_each(|platform| platform.set_zone(zone.clone()));
    }

    pub fn platforms(&self) -> &[Platform] {
        &self.platforms
    }

    pub fn applications(&self) -> &[Application] {
        &self.applications
    }

    /// Platforms whose routes are selected here.
    pub fn routers(&self) -> &[routes::Router] {
        &self.routers
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    // ── platforms ─────────────────────────────────────────────────────────────────────────────────────────────────────

    pub fn platform_connected(&mut self, now: Time, index: usize) {
        self.platforms[index].connected(now);
        self.settle(now, index, Cause::Link);
    }

    pub fn platform_read(&mut self, now: Time, index: usize, mut bytes: &[u8]) {
        let mut notices = std::mem::take(&mut self.notices);
        while self.platforms[index].next(now, &mut bytes, &mut notices) {
            let about = About::Platform(index);
            for notice in notices.drain(..) {
                self.complaints.pass(now, Output::Notice { about, notice }, &mut self.outputs);
            }
            self.settle_event(now, index);
        }
        self.notices = notices;
    }

    /// Lets everything follow from a message of a platform. Applications of the platform's own dialect get it as it is.
    fn settle_event(&mut self, now: Time, index: usize) {
        if self.platforms[index].tells_all {
            self.pass_on(now, index);
        }
        if let Some((guest, message)) = self.platforms[index].take_guest() {
            self.guest_heard(now, index, guest, message);
        }
        self.settle(now, index, Cause::Event);
    }

    fn pass_on(&mut self, now: Time, index: usize) {
        self.platforms[index].stamp(now);
        let Some(event) = self.platforms[index].take_event() else { return };
        for application in &mut self.applications {
            application.pass(now, index, &self.platforms[index], &event);
        }
        self.platforms[index].keep(event);
        self.unfollow(index);
        self.collect(now);
    }

    pub fn platform_closed(&mut self, now: Time, index: usize, why: &str) {
        self.platforms[index].client.closed(now, why);
        self.settle(now, index, Cause::Link);
    }

    /// What the service's own WSDL came to: how it is spoken with and what should be known of that, or why it was not read.
    pub fn described(&mut self, now: Time, index: usize, url: &Arc<str>, found: Result<Fitted, String>) {
        self.platforms[index].described(now, url, found);
        self.settle(now, index, Cause::Link);
    }

    /// What became of a post to a platform.
    pub fn platform_answered(&mut self, now: Time, index: usize, token: u64, outcome: PostOutcome) {
        self.platforms[index].answered(now, token, outcome);
        self.settle_event(now, index);
    }

    /// A platform called the bridge; hands back what it is answered. See [`crate::dialect::Client::called`].
    pub fn platform_called(
        &mut self,
        now: Time,
        index: usize,
        path: &str,
        body: &[u8],
        charset: Option<&str>,
    ) -> Reply {
        let reply = self.platforms[index].called(now, path, body, charset);
        self.settle_event(now, index);
        reply
    }

    /// The link to a platform that is read from a file is lost, or back.
    pub fn platform_link(&mut self, now: Time, index: usize, is_up: bool) {
        self.platforms[index].set_link(now, is_up);
        self.settle(now, index, Cause::Link);
    }

    /// A message of a platform that is a file.
    pub fn platform_line(&mut self, now: Time, index: usize, text: &str) -> Result<(), Bad> {
        let result = self.platforms[index].line(now, text);
        self.settle_event(now, index);
        result
    }

    /// A line of a platform that is read from a file was not a message of either side.
    pub fn platform_unread(&mut self, now: Time, index: usize, text: &str) {
        self.platforms[index].client.heard_unread(now, Some(text));
    }

    /// Lets everything follow from what a platform did: its conversation's outputs, its picture's transitions, until
    /// nothing is left.
    fn settle(&mut self, now: Time, index: usize, mut cause: Cause) {
        self.platforms[index].stamp(now);
        loop {
            if self.converse(now, index) {
                cause = Cause::Link;
            }
            let mut transitions = std::mem::take(&mut self.transitions);
            self.platforms[index].model.take_transitions(&mut transitions);
            if transitions.is_empty() {
                self.transitions = transitions;
                break;
            }
            for transition in &transitions {
                for application in self.applications.iter_mut().filter(|known| known.statistics.is_watched()) {
                    application.note(now, index, &self.platforms[index], transition);
                }
                if transition.kind.is_order() {
                    // What was told before comes out before.
                    self.collect(now);
                    self.platforms[index].order(now, transition);
                    self.converse(now, index);
                } else {
                    self.tell(now, index, transition, cause);
                }
            }
            transitions.clear();
            self.transitions = transitions;
        }
        for service in self.platforms[index].model.take_restaffed() {
            for application in &mut self.applications {
                application.restaffed(now, index, &self.platforms[index], service);
            }
        }
        let mut forgotten = std::mem::take(&mut self.forgotten);
        self.platforms[index].tell_ended_requests();
        self.platforms[index].model.settle(&mut forgotten);
        for call in forgotten.drain(..) {
            for application in &mut self.applications {
                application.forget((index, call));
            }
        }
        self.forgotten = forgotten;
        self.settle_routes(now, index);
        self.collect(now);
    }

    /// What a platform's conversation has to say; whether the link changed.
    fn converse(&mut self, now: Time, index: usize) -> bool {
        while let Some(output) = self.platforms[index].poll(now) {
            let output = match output {
                ClientOutput::Connect => Output::Connect { platform: index },
                ClientOutput::Send(bytes) => Output::Send { platform: index, bytes },
                ClientOutput::Disconnect => Output::Disconnect { platform: index },
                ClientOutput::Describe(url) => Output::Describe { platform: index, url },
                ClientOutput::Post(post) => Output::Post { platform: index, post },
                ClientOutput::Notice(notice) => Output::Notice { about: About::Platform(index), notice },
                ClientOutput::NoAnswer { asker: Asker::Guest(guest), reason, unknown } => {
                    self.guest_unanswered(now, guest, reason, unknown);
                    continue;
                }
                // The picture has followed from the others.
                _ => continue,
            };
            self.complaints.pass(now, output, &mut self.outputs);
        }
        self.platforms[index].take_link_change()
    }

    /// Tells a transition to every application that it concerns.
    fn tell(&mut self, now: Time, index: usize, transition: &Transition, cause: Cause) {
        if self.routes_itself(now, index, transition) {
            return;
        }
        let platform = &self.platforms[index];
        for (me, application) in self.applications.iter_mut().enumerate() {
            if !application.has_passed(index, platform, transition, cause) {
                application.tell(now, me, index, platform, transition);
            }
        }
        if let (TransitionKind::RequestFailed, Some(request)) = (transition.kind, transition.request) {
            let request = platform.model.request(request);
            let reason = transition.details.reason.as_deref().unwrap_or_default();
            match self.applications.get_mut(usize::from(request.client.application)) {
                Some(application) => {
                    let (operation, about) = (request.kind, request.about);
                    let failed = Failed { operation, about, id: request.id, asked: request.asked, reason };
                    application.failed(request.client.session, &failed);
                }
                None => {
                    let notice = Notice::warn(format!("a route that the bridge selected failed: {reason}"));
                    self.complain(now, About::Platform(index), notice.one_of("failed routes"));
                }
            }
        }
    }

    /// Logs a notice about a platform, application or peer, unless its sort was logged too often of late. The I/O tasks
    /// complain through this, too, so that there is one count of complaints.
    pub fn complain(&mut self, now: Time, about: About, notice: Notice) {
        self.complaints.pass(now, Output::Notice { about, notice }, &mut self.outputs);
    }

    /// What applications' conversations have to say.
    fn collect(&mut self, now: Time) {
        let (complaints, outputs) = (&mut self.complaints, &mut self.outputs);
        for (index, application) in self.applications.iter_mut().enumerate() {
            let about = About::Application(index);
            if !application.is_quiet() {
                outputs.extend(application.lines.drain(..).map(Output::Line));
                let notices = application.notices().map(|notice| Output::Notice { about, notice });
                notices.for_each(|notice| complaints.pass(now, notice, outputs));
            }
            match &mut application.server {
                Some(Server::Ctips(server)) => {
                    while let Some(output) = server.poll() {
                        complaints.pass(now, of_ctips(index, output), outputs);
                    }
                }
                Some(Server::EventFeed(server)) => {
                    while let Some(output) = server.poll() {
                        complaints.pass(now, of_feed(index, output), outputs);
                    }
                }
                Some(Server::OpenMedia(server)) => {
                    for output in std::iter::from_fn(|| server.poll()) {
                        match output {
                            open_media::server::Output::Respond { token, reply } => {
                                application.counts.refused += u64::from(reply.status != 200);
                                outputs.push_back(Output::Respond { application: index, token, reply });
                            }
                            open_media::server::Output::Ask { ask, message } => {
                                self.questions.push(media::Question { application: index, ask, message });
                            }
                            open_media::server::Output::Notice(notice) => {
                                complaints.pass(now, Output::Notice { about, notice }, outputs);
                            }
                        }
                    }
                }
                None => {}
            }
        }
    }

    // ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// When [`Bridge::expire`] wants to be called next.
    pub fn deadline(&self) -> Option<Time> {
        let platforms = self.platforms.iter().flat_map(|p| [p.model.deadline(), p.client.deadline()]);
        let server = |a: &Application| a.server.as_ref().and_then(Server::deadline);
        let applications =
            self.applications.iter().flat_map(|a| [a.routes.deadline(), server(a), a.statistics.deadline()]);
        let routers = self.routers.iter().map(|router| router.desk.deadline());
        platforms.chain(applications).chain(routers).chain([self.complaints.deadline()]).flatten().min()
    }

    /// Lets all timers run out that are due.
    pub fn expire(&mut self, now: Time) {
        for index in 0..self.platforms.len() {
            let platform = &mut self.platforms[index];
            if platform.model.deadline().is_some_and(|deadline| deadline <= now) {
                platform.model.expire(now);
            }
            if platform.client.deadline().is_some_and(|deadline| deadline <= now) {
                platform.client.expire(now);
            }
            self.settle(now, index, Cause::Time);
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
            self.platforms[index].client.shut_down(now);
            self.settle(now, index, Cause::Link);
        }
        self.complaints.end(&mut self.outputs);
    }
}

fn of_ctips(application: usize, output: ctips::Output) -> Output {
    match output {
        ctips::Output::Respond { token, reply } => Output::Respond { application, token, reply },
        ctips::Output::Start { session, callback, body } => Output::Start { application, session, callback, body },
        ctips::Output::Publish { session, body } => Output::Publish { application, session, body },
        ctips::Output::Heartbeat { session, body } => Output::Heartbeat { application, session, body },
        ctips::Output::End { session } => Output::End { application, session },
        ctips::Output::Notice(notice) => Output::Notice { about: About::Application(application), notice },
    }
}

fn of_feed(application: usize, output: event_feed::Output) -> Output {
    match output {
        event_feed::Output::Write { session, bytes } => Output::Write { application, session, bytes },
        event_feed::Output::Close { session } => Output::Close { application, session },
        event_feed::Output::Notice(notice) => Output::Notice { about: About::Application(application), notice },
    }
}

#[cfg(test)]
mod tests;
