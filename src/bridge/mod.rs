//! Platforms × applications: events go from each platform to the applications that list it, requests from an application
//! to the platform that owns the call or the agent. No I/O and no clock: everything here can be replayed.

mod application;
mod ids;
mod picture;
mod platform;
mod requests;
mod routes;

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{
    dialect::{ClientOutput, Notice, ctips},
    message::Message,
    model::{CallIx, LinkState, Transition, TransitionKind},
    time::Time,
};
pub use application::{Application, ApplicationParts, Counts as ApplicationCounts, FILE_SESSION};
pub use platform::{Bad, Counts as PlatformCounts, Platform, PlatformParts};

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
    Respond {
        application: usize,
        token: u64,
        reply: ctips::Reply,
    },
    Start {
        application: usize,
        session: u32,
        callback: ctips::Callback,
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
    Notice {
        about: About,
        notice: Notice,
    },
    /// A message for the application that is a file.
    Line(Vec<u8>),
}

/// Whom a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Platform(usize),
    Application(usize),
}

/// See the module.
#[derive(Debug, Default)]
pub struct Bridge {
    platforms: Vec<Platform>,
    applications: Vec<Application>,
    outputs: VecDeque<Output>,
    notices: Vec<Notice>,
    transitions: Vec<Transition>,
    forgotten: Vec<CallIx>,
    message: Message,
}

impl Bridge {
    pub fn add_platform(&mut self, parts: PlatformParts) -> usize {
        self.platforms.push(Platform::new(parts));
        self.platforms.len() - 1
    }

    pub fn add_application(&mut self, parts: ApplicationParts) -> usize {
        self.applications.push(Application::new(parts));
        self.applications.len() - 1
    }

    /// When the clock began, in milliseconds since 1970, so that the time of day can be said.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.platforms.iter_mut().for_each(|platform| platform.epoch = Some(epoch));
    }

    pub fn platforms(&self) -> &[Platform] {
        &self.platforms
    }

    pub fn applications(&self) -> &[Application] {
        &self.applications
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    // ── platforms ─────────────────────────────────────────────────────────────────────────────────────────────────────

    pub fn platform_connected(&mut self, now: Time, index: usize) {
        self.platforms[index].connected(now);
        self.settle(now, index);
    }

    pub fn platform_read(&mut self, now: Time, index: usize, bytes: &[u8]) {
        let mut notices = std::mem::take(&mut self.notices);
        self.platforms[index].read(now, bytes, &mut notices);
        let about = About::Platform(index);
        self.outputs.extend(notices.drain(..).map(|notice| Output::Notice { about, notice }));
        self.notices = notices;
        self.settle(now, index);
    }

    pub fn platform_closed(&mut self, now: Time, index: usize, why: &str) {
        self.platforms[index].client.closed(now, why);
        self.settle(now, index);
    }

    /// A message of a platform that is a file.
    pub fn platform_line(&mut self, now: Time, index: usize, text: &str) -> Result<(), Bad> {
        let result = self.platforms[index].line(now, text);
        self.settle(now, index);
        result
    }

    /// Lets everything follow from what a platform did: its conversation's outputs, its picture's transitions, until
    /// nothing is left.
    fn settle(&mut self, now: Time, index: usize) {
        self.platforms[index].stamp(now);
        loop {
            self.converse(now, index);
            let mut transitions = std::mem::take(&mut self.transitions);
            self.platforms[index].model.take_transitions(&mut transitions);
            if transitions.is_empty() {
                self.transitions = transitions;
                break;
            }
            for transition in transitions.drain(..) {
                if transition.kind.is_order() {
                    // What was told before comes out before.
                    self.collect();
                    self.platforms[index].order(now, &transition);
                    self.converse(now, index);
                } else {
                    self.tell(now, index, &transition);
                }
            }
            self.transitions = transitions;
        }
        let mut forgotten = std::mem::take(&mut self.forgotten);
        self.platforms[index].model.settle(&mut forgotten);
        for call in forgotten.drain(..) {
            for application in &mut self.applications {
                application.forget((index, call));
            }
        }
        self.forgotten = forgotten;
        self.collect();
    }

    fn converse(&mut self, now: Time, index: usize) {
        let Platform { client, model, .. } = &mut self.platforms[index];
        while let Some(output) = client.poll() {
            let about = About::Platform(index);
            self.outputs.push_back(match output {
                ClientOutput::Connect => Output::Connect { platform: index },
                ClientOutput::Send(bytes) => Output::Send { platform: index, bytes },
                ClientOutput::Disconnect => Output::Disconnect { platform: index },
                ClientOutput::Notice(notice) => Output::Notice { about, notice },
                ClientOutput::Up => {
                    model.link_up(now);
                    continue;
                }
                ClientOutput::Down(reason) => {
                    model.link_down(now, &reason);
                    continue;
                }
                ClientOutput::Resync => {
                    model.resync(now);
                    continue;
                }
                ClientOutput::Failed(request, reason) => {
                    model.fail_request(now, request, reason);
                    continue;
                }
            });
        }
    }

    fn tell(&mut self, now: Time, index: usize, transition: &Transition) {
        let platform = &self.platforms[index];
        for (me, application) in self.applications.iter_mut().enumerate() {
            application.tell(now, me, index, platform, transition);
        }
        if let (TransitionKind::RequestFailed, Some(request)) = (transition.kind, transition.request) {
            let request = platform.model.request(request);
            let reason = transition.details.reason.as_deref().unwrap_or_default();
            let application = &mut self.applications[usize::from(request.client.application)];
            application.failed(now, request.client.session, request.id, request.about, reason);
        }
    }

    /// What applications' conversations have to say.
    fn collect(&mut self) {
        for (index, application) in self.applications.iter_mut().enumerate() {
            self.outputs.extend(application.lines.drain(..).map(Output::Line));
            let about = About::Application(index);
            self.outputs.extend(application.notices.drain(..).map(|notice| Output::Notice { about, notice }));
            let Some(server) = &mut application.server else { continue };
            while let Some(output) = server.poll() {
                self.outputs.push_back(match output {
                    ctips::Output::Respond { token, reply } => Output::Respond { application: index, token, reply },
                    ctips::Output::Start { session, callback, body } => {
                        Output::Start { application: index, session, callback, body }
                    }
                    ctips::Output::Publish { session, body } => Output::Publish { application: index, session, body },
                    ctips::Output::Heartbeat { session, body } => {
                        Output::Heartbeat { application: index, session, body }
                    }
                    ctips::Output::End { session } => Output::End { application: index, session },
                    ctips::Output::Notice(notice) => Output::Notice { about: About::Application(index), notice },
                });
            }
        }
    }

    // ── applications ──────────────────────────────────────────────────────────────────────────────────────────────────

    /// One HTTP POST of an application.
    pub fn request(&mut self, now: Time, index: usize, token: u64, body: &[u8], charset: Option<&str>) {
        let mut message = std::mem::take(&mut self.message);
        let Some(server) = &mut self.applications[index].server else { return };
        let handled = server.request(now, token, body, charset, &mut message);
        let counts = &mut self.applications[index].counts;
        if let Some(kind) = message.kind() {
            counts.requests[kind.0 as usize] += 1;
        }
        let respond = |reply| Output::Respond { application: index, token, reply };
        match handled {
            ctips::Handled::Done(reply) => {
                counts.refused += u64::from(reply.status != 200);
                self.outputs.push_back(respond(reply));
            }
            ctips::Handled::Later => {}
            ctips::Handled::Online { session, reply } => {
                self.outputs.push_back(respond(reply));
                self.tell_lost_links(index, session);
            }
            ctips::Handled::Asked { session, id, reply } => {
                self.outputs.push_back(respond(reply));
                self.asked(now, index, session, id, &message);
            }
        }
        self.message = message;
        self.collect();
    }

    /// A request of the application that is a file.
    pub fn application_line(&mut self, now: Time, index: usize, text: &str) -> Result<(), Bad> {
        let from = self.applications[index].from.clone();
        let mut message = std::mem::take(&mut self.message);
        let read = from.vocabulary.read_json(text, true, &Vec::new(), &mut message);
        let result = match read {
            Ok(decoded) => {
                let def = message.kind().map(|kind| from.vocabulary.message(kind));
                let role = def.and_then(|def| def.role(crate::vocabulary::Role::Request));
                let id = role.and_then(|slot| message.get(slot).as_int()).unwrap_or(0);
                if def.is_some_and(|def| def.session) {
                    Err(Bad("a request of the session's own: there are no sessions in a file".into()))
                } else {
                    self.asked(now, index, FILE_SESSION, id, &message);
                    decoded.malformed.map_or(Ok(()), |malformed| Err(Bad(malformed)))
                }
            }
            Err(error) => Err(Bad(from.vocabulary.explain(true, &error))),
        };
        self.message = message;
        self.collect();
        result
    }

    /// Whoever comes on line learns which platforms are not there.
    fn tell_lost_links(&mut self, index: usize, session: u32) {
        for platform in self.applications[index].platforms.clone() {
            if self.platforms[platform].model.link() != LinkState::Up {
                let transition = Transition::new(TransitionKind::LinkDown);
                self.answer(index, platform, session, 0, transition);
            }
        }
    }

    pub fn session_started(&mut self, now: Time, index: usize, session: u32, result: Result<(), String>) {
        if let Some(server) = &mut self.applications[index].server {
            server.started(now, session, result);
        }
        self.collect();
    }

    pub fn heartbeat_answered(&mut self, index: usize, session: u32, answered: bool) {
        if let Some(server) = &mut self.applications[index].server {
            server.heartbeat_answered(session, answered);
        }
        self.collect();
    }

    pub fn session_lost(&mut self, index: usize, session: u32, reason: &str, cause: &'static str) {
        if let Some(server) = &mut self.applications[index].server {
            server.session_lost(session, reason, cause);
        }
        self.collect();
    }

    // ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// When [`Bridge::expire`] wants to be called next.
    pub fn deadline(&self) -> Option<Time> {
        let platforms = self.platforms.iter().flat_map(|p| [p.model.deadline(), p.client.deadline()]);
        let server = |a: &Application| a.server.as_ref().and_then(ctips::Server::deadline);
        let applications = self.applications.iter().flat_map(|a| [a.routes.deadline(), server(a)]);
        platforms.chain(applications).flatten().min()
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
            self.settle(now, index);
        }
        for index in 0..self.applications.len() {
            for call in self.applications[index].routes.expire(now) {
                self.route_timed_out(index, call);
            }
            if let Some(server) = &mut self.applications[index].server {
                server.expire(now);
            }
        }
        self.collect();
    }

    /// The bridge is about to stop: every application is told that its platforms are gone.
    pub fn shut_down(&mut self, now: Time) {
        for index in 0..self.platforms.len() {
            self.platforms[index].model.link_down(now, "the bridge is shutting down");
            self.settle(now, index);
        }
    }
}
