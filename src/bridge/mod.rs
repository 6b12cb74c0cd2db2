//! Platforms × applications. It owns the ways between them: events go from each platform to the applications that list it,
//! requests from an application to the platform that owns the call or the agent. It deliberately names no dialect and has no
//! I/O and no clock, so everything here can be replayed.
//!
//! Invariant: ids never cross between two platforms of one application (`nothing_crosses_over_between_two_platforms`).

mod abilities;
mod application;
mod complaints;
mod exchange;
mod guests;
mod history;
mod ids;
mod joining;
pub mod latency;
mod offered;
mod passing;
mod picture;
mod places;
mod platform;
mod requests;
mod room;
pub mod routes;
mod serve;
mod snapshots;
mod standstill;
mod statistics;
mod story;
mod timers;

use std::{collections::VecDeque, sync::Arc};

use hashbrown::HashMap;

use crate::{
    message::Message,
    model::{CallIx, Consequence, Transition, TransitionKind},
    port::{self, ApplicationOutput, Input, Notice},
    time::{Time, Zone},
    vocabulary::wsdl::Fitted,
};
use application::Failed;
pub use application::{Application, ApplicationParts, Counts as ApplicationCounts, FILE_SESSION};
use complaints::Complaints;
pub use exchange::{OtherVocabulary, Rules};
use history::History;
pub use history::{Happening, Query, Watch};
use passing::Passing;
pub use places::Places;
use platform::Unanswered;
pub use platform::{Bad, Counts as PlatformCounts, Platform, PlatformParts, shown};
pub use room::Room;
use routes::Record;

/// The owner of a connection: a platform or an application, by its place in the bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    Platform(usize),
    Application(usize),
}

/// What the shell shall do.
#[derive(Debug)]
pub enum Output {
    /// Something that a conversation wants of the shell.
    Wire { owner: Owner, output: port::Output },
    /// Something for an operator to read; none where it concerns nobody who is configured.
    Notice { about: Option<Owner>, notice: Box<Notice> },
    /// The record of an open route is to be kept, over whatever stood there; [`Bridge::route_kept`] wants to know when it is.
    Keep {
        route: u64,
        /// Apart, so that an output is small: nearly all are events.
        record: Box<Record>,
    },
    /// The record is needed no more.
    Drop { route: u64 },
    /// A message for the application that is a file.
    Line(Vec<u8>),
}

/// The causes of transitions and orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// A message of the platform's.
    Event,
    /// The line to the platform.
    Link,
    Request,
    Time,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Bridge {
    platforms: Places<Platform>,
    applications: Places<Application>,
    /// Platforms whose routes are selected here.
    routers: Vec<routes::Router>,
    outputs: VecDeque<Output>,
    notices: Vec<Notice>,
    complaints: Complaints,
    /// Events that were discarded with sessions, by application and cause.
    discarded: HashMap<(usize, &'static str), u64>,
    consequences: Vec<Consequence>,
    forgotten: Vec<CallIx>,
    message: Message,
    /// Questions of guests that were not asked yet.
    questions: Vec<guests::Question>,
    /// The purposes that the numbers of askers stand for.
    guests: HashMap<u64, guests::Purpose>,
    next_guest: u64,
    /// The sessions whose queues have little room.
    rooms: room::Rooms,
    /// The platform or application that went on last with what is told in portions.
    turn: usize,
    /// The message that is being settled has been passed on.
    just_passed: bool,
    /// See [`story`].
    logs_stories: bool,
    history: Option<History>,
    /// When the clock began, in milliseconds since 1970.
    epoch: u64,
    /// The zone of platforms that tell none.
    zone: Option<Zone>,
    /// Records of routes are kept; numbers of routes begin after this one.
    keeps_routes_after: Option<u64>,
}

impl Bridge {
    pub fn platforms(&self) -> &Places<Platform> {
        &self.platforms
    }

    pub fn applications(&self) -> &Places<Application> {
        &self.applications
    }

    /// Platforms whose routes are selected here.
    pub fn routers(&self) -> &[routes::Router] {
        &self.routers
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    // ── inputs ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Takes in an input of a connection.
    pub fn handle(&mut self, now: Time, owner: Owner, mut input: Input<'_>) {
        self.note_time(now);
        match owner {
            Owner::Platform(index) => self.platform_input(now, index, &mut input),
            Owner::Application(index) => self.application_input(now, index, &mut input),
        }
    }

    /// Entries of the history are of this time from now on.
    fn note_time(&self, now: Time) {
        if let Some(history) = &self.history {
            history.tape.set_now(now);
        }
    }

    /// An input of bytes may hold several messages: everything follows from one before the next is read.
    fn platform_input(&mut self, now: Time, index: usize, input: &mut Input<'_>) {
        let holds_several = matches!(input, Input::Bytes { .. });
        let cause = match input {
            Input::Opened { .. } | Input::Closed { .. } | Input::Described { .. } => Cause::Link,
            Input::Bytes { .. }
            | Input::Text { .. }
            | Input::Request(_)
            | Input::Answered { .. }
            | Input::Delivered { .. }
            | Input::Verified { .. } => Cause::Event,
        };
        loop {
            let is_one = self.platforms[index].take_next(now, input, &mut self.notices);
            self.say_notices(now, index);
            if is_one || !holds_several {
                self.settle_event(now, index, cause);
            }
            self.hear_own(now, index);
            if !(is_one && holds_several) {
                break;
            }
        }
    }

    /// Lets everything follow from the events that a platform's conversation says itself.
    fn hear_own(&mut self, now: Time, index: usize) {
        while let Some(message) = self.platforms[index].next_own() {
            self.platforms[index].take_own(now, message, &mut self.notices);
            self.say_notices(now, index);
            self.settle_event(now, index, Cause::Event);
        }
    }

    /// Has told what was noticed while a message of a platform was read.
    fn say_notices(&mut self, now: Time, index: usize) {
        let about = Some(Owner::Platform(index));
        let notices = self.notices.drain(..);
        notices.for_each(|notice| self.complaints.pass(now, about, notice.into(), &mut self.outputs));
    }

    /// Lets everything follow from a message of a platform. Applications of the platform's own dialect get it as it is.
    fn settle_event(&mut self, now: Time, index: usize, cause: Cause) {
        if self.platforms[index].tells_all {
            self.tell_implied(now, index, cause);
            self.pass_on(now, index);
        }
        if let Some((guest, message)) = self.platforms[index].take_guest() {
            self.guest_heard(now, index, guest, &message);
            self.platforms[index].keep(message);
        }
        self.settle(now, index, cause);
    }

    /// A message may imply that something happened before it. That is told before the message passes.
    fn tell_implied(&mut self, now: Time, index: usize, cause: Cause) {
        let mut implied = std::mem::take(&mut self.consequences);
        self.platforms[index].model.take_implied(&mut implied);
        if !implied.is_empty() {
            self.platforms[index].stamp(now);
            implied.iter().for_each(|next| self.take_note(now, index, next, cause));
            implied.clear();
            self.collect(now);
        }
        self.consequences = implied;
    }

    fn pass_on(&mut self, now: Time, index: usize) {
        let Some((mut message, request)) = self.platforms[index].take_event() else { return };
        self.platforms[index].stamp(now);
        let platform = &self.platforms[index];
        let passing = Passing { index, platform, answers: request.and_then(|request| platform.passed.get(request)) };
        for (me, application) in self.applications.present_mut() {
            application.pass(now, me, &passing, &mut message);
        }
        if let Some(request) = request {
            self.platforms[index].passed_is_answered(now, request);
        }
        self.platforms[index].keep(message);
        self.just_passed = true;
        self.unfollow(index);
        self.collect(now);
    }

    /// What the service's own WSDL came to: how it is spoken with and what should be known of that, or why it was not read.
    pub fn described(&mut self, now: Time, index: usize, url: &Arc<str>, found: Result<Fitted, String>) {
        self.platforms[index].described(now, url, found);
        self.settle(now, index, Cause::Link);
    }

    /// The link to a platform that is read from a file is lost, or back.
    pub fn platform_link(&mut self, now: Time, index: usize, is_up: bool) {
        self.platforms[index].set_link(now, is_up);
        self.settle(now, index, Cause::Link);
    }

    /// A message of a platform that is a file.
    pub fn platform_line(&mut self, now: Time, index: usize, text: &str) -> Result<(), Bad> {
        let result = self.platforms[index].line(now, text);
        self.settle_event(now, index, Cause::Event);
        result
    }

    /// A line of a platform that is read from a file was not a message of either side.
    pub fn platform_unread(&mut self, now: Time, index: usize, text: &str) {
        self.platforms[index].unread(now, text);
    }

    /// Lets everything follow from what a platform did: its conversation's outputs, and the consequences in its picture, until
    /// nothing is left.
    fn settle(&mut self, now: Time, index: usize, mut cause: Cause) {
        self.platforms[index].stamp(now);
        if self.converse(now, index) {
            cause = Cause::Link;
        }
        // The conversation is not asked again here: a transition makes it say nothing, and after an order it is heard at once.
        loop {
            let mut consequences = std::mem::take(&mut self.consequences);
            self.platforms[index].model.take_consequences(&mut consequences);
            if consequences.is_empty() {
                self.consequences = consequences;
                break;
            }
            consequences.iter().for_each(|next| self.take_note(now, index, next, cause));
            consequences.clear();
            self.consequences = consequences;
        }
        if self.platforms[index].model.has_to_settle() {
            self.settle_picture(now, index);
        }
        self.settle_passed(now, index);
        self.settle_routes(now, index);
        self.collect(now);
        self.just_passed = false;
    }

    /// Lets go of what ended in a platform's picture.
    fn settle_picture(&mut self, now: Time, index: usize) {
        for service in self.platforms[index].model.take_restaffed() {
            for (_, application) in self.applications.present_mut() {
                application.restaffed(now, index, service);
            }
        }
        let mut forgotten = std::mem::take(&mut self.forgotten);
        self.platforms[index].tell_ended_requests();
        self.platforms[index].time_ended_requests(now);
        self.platforms[index].model.settle(&mut forgotten);
        for call in forgotten.drain(..) {
            for (_, application) in self.applications.present_mut() {
                application.forget((index, call));
            }
        }
        self.forgotten = forgotten;
    }

    /// Lets the platform or the applications know what happened in its picture.
    fn take_note(&mut self, now: Time, index: usize, next: &Consequence, cause: Cause) {
        let is_traced = self.logs_stories;
        if self.platforms[index].teller.is_on()
            && let Some(changed) = self.platforms[index].consequence_story(next)
        {
            self.complain(now, Some(Owner::Platform(index)), changed);
        }
        match next {
            Consequence::Tell(transition) => self.tell(now, index, transition, cause),
            Consequence::Order(order) => {
                // Everything told so far leaves before the order.
                self.collect(now);
                self.platforms[index].order(now, order);
                self.converse(now, index);
            }
        }
        if is_traced {
            // A story is told in its order.
            self.collect(now);
        }
    }

    /// What a platform's conversation has to say; whether the link changed.
    fn converse(&mut self, now: Time, index: usize) -> bool {
        let owner = Owner::Platform(index);
        while let Some(output) = self.platforms[index].poll(now) {
            match output {
                port::Output::Notice(notice) => self.complaints.pass(now, Some(owner), notice, &mut self.outputs),
                output => self.outputs.push_back(Output::Wire { owner, output }),
            }
        }
        for Unanswered { guest, reason, unknown } in self.platforms[index].take_unanswered() {
            self.guest_unanswered(now, guest, &reason, unknown);
        }
        self.platforms[index].take_link_change()
    }

    /// Tells a transition to every application that it concerns. Statistics count it, whoever routes the call.
    fn tell(&mut self, now: Time, index: usize, transition: &Transition, cause: Cause) {
        let routes_itself = !self.routers.is_empty() && self.routes_itself(now, index, transition);
        let platform = &self.platforms[index];
        for (me, application) in self.applications.present_mut() {
            if application.statistics.is_watched() {
                application.note(now, index, platform, transition);
            }
            let is_heard = application.passes(index)
                && application.has_passed(index, platform, transition, cause, self.just_passed);
            if !routes_itself && !is_heard {
                application.tell(now, me, index, platform, transition);
            }
        }
        if !routes_itself && let (TransitionKind::RequestFailed, Some(request)) = (transition.kind, transition.request)
        {
            let request = platform.model.request(request);
            let reason = transition.details.reason.as_deref().unwrap_or_default();
            match self.applications.get_mut(usize::from(request.client.application)) {
                Some(application) => {
                    let (operation, about) = (request.kind, request.about);
                    let failed = Failed { operation, about, id: request.id, asked: request.asked, reason };
                    application.failed(request.client.session, &failed);
                }
                None => {
                    let notice = Notice::RouteFailed { reason: reason.to_owned() };
                    self.complain(now, Some(Owner::Platform(index)), notice);
                }
            }
        }
    }

    /// What applications' conversations have to say.
    fn collect(&mut self, now: Time) {
        let (complaints, outputs) = (&mut self.complaints, &mut self.outputs);
        for (index, application) in self.applications.present_mut() {
            let owner = Owner::Application(index);
            if !application.is_quiet() {
                for notice in application.notices() {
                    complaints.pass(now, Some(owner), notice.into(), outputs);
                }
                outputs.extend(application.lines.drain(..).map(Output::Line));
            }
            while let Some(output) = application.server.as_mut().and_then(|server| server.poll()) {
                match output {
                    ApplicationOutput::Wire(port::Output::Notice(notice)) => {
                        complaints.pass(now, Some(owner), notice, outputs);
                    }
                    ApplicationOutput::Wire(output) => {
                        if let port::Output::Respond { reply, .. } = &output {
                            application.counts.refused += u64::from(reply.status != 200);
                        }
                        outputs.push_back(Output::Wire { owner, output });
                    }
                    ApplicationOutput::Ask { ask, message } => {
                        self.questions.push(guests::Question { application: index, ask, message: *message });
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
