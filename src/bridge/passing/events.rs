//! Events and answers of a platform, on their way to applications of its own dialect.

use super::{Passed, Whole, names::ToApplication, rename, switch_of};
use crate::{
    bridge::{
        Cause,
        abilities::Able,
        application::{Application, line},
        platform::Platform,
        story::{self, Source},
    },
    message::Message,
    model::{Id, LinkState, RequestKind, Transition, TransitionKind},
    port::{self, Filterable},
    time::Time,
    vocabulary::{AgentPart, Renames as _, Role, Side, Thing},
};

/// One message that passes.
pub(in crate::bridge) struct Passing<'e> {
    /// The place of the platform in the bridge.
    pub index: usize,
    pub platform: &'e Platform,
    /// The request that the message answers.
    pub answers: Option<&'e Passed>,
}

impl Application {
    /// Whether messages of this platform go to this application whole: both speak the same dialect.
    pub(in crate::bridge) fn passes(&self, index: usize) -> bool {
        self.place_of(index).is_some_and(|place| self.passing[place])
    }

    /// Passes a message on to the sessions that want it.
    pub(in crate::bridge) fn pass(&mut self, now: Time, me: usize, passing: &Passing<'_>, message: &mut Message) {
        let Passing { index, platform, answers } = *passing;
        let Some((kind, place)) = message.kind().zip(self.place_of(index)).filter(|(_, place)| self.passing[*place])
        else {
            return;
        };
        if let Some(guest) = self.server.as_mut().and_then(|server| server.guest()) {
            return guest.hear(now, message);
        }
        // Failures and answers to questions are the asker's alone.
        let asks = |passed: &Passed| matches!(passed.operation, RequestKind::State | RequestKind::Data);
        let is_answer = answers.is_some_and(|passed| platform.is_failure || asks(passed));
        let mine = answers.filter(|passed| usize::from(passed.client.application) == me);
        let asker = mine.map(|passed| (passed.client.session, passed.id));
        let side = self.to.vocabulary.message(kind).side;
        match side {
            Side::Event if is_answer && asker.is_none() => return,
            Side::Event => {}
            // The answer to a request that passed: its asker's alone.
            Side::Reply if asker.is_some() => {}
            Side::Reply | Side::Request | Side::Callback => return,
        }
        // Once a call was told to be over, no more events are told under its id. If the platform goes on with it, it is
        // another call, with an id of its own.
        if platform.follows_spent(message) {
            self.counts.held_back += 1;
            return;
        }
        let audience = port::Audience { asker, only_asker: is_answer || side == Side::Reply };
        let mut renamed = std::mem::take(&mut self.message);
        let is_other = self.rename_event(index, place, platform, message, &mut renamed);
        self.tell_whole((index, place), platform, if is_other { &mut renamed } else { message }, audience);
        self.message = renamed;
    }

    /// Copies a message with the application's ids. Returns false if its own are the application's.
    fn rename_event(
        &mut self,
        index: usize,
        place: usize,
        platform: &Platform,
        message: &Message,
        into: &mut Message,
    ) -> bool {
        let vocabulary = &self.to.vocabulary;
        let Some(kind) = message.kind().filter(|kind| vocabulary.names_anything(*kind)) else { return false };
        let parts = &self.to.call_parts;
        let mut names = ToApplication { ids: &mut self.ids, parts, platform, index, place };
        if place == 0 {
            // Its numbers are the application's, but for calls whose numbers another one has.
            let calls = vocabulary.message(kind).roles.iter().filter_map(|(role, slot)| match role {
                Role::Call(_, part) => Some((*part, *slot)),
                Role::Agent(_)
                | Role::Service
                | Role::Request
                | Role::Session
                | Role::Tenant
                | Role::Platform
                | Role::Sequence
                | Role::Time
                | Role::Utc => None,
            });
            let mut is_other = false;
            for (part, slot) in calls {
                let id = Id::from_value(message.get(slot));
                is_other |= !id.is_none() && names.rename(Thing::Call(part), id).is_some();
            }
            if !is_other {
                return false;
            }
        }
        rename(vocabulary, message, false, &mut names, into);
        true
    }

    fn tell_whole(
        &mut self,
        (index, place): (usize, usize),
        platform: &Platform,
        message: &mut Message,
        audience: port::Audience,
    ) {
        let Some(kind) = message.kind() else { return };
        self.counts.said[kind.0 as usize] += 1;
        let asker = audience.asker.map(|(session, _)| session);
        let source = Source { platform, rule: None, transition: None };
        let Some(server) = &mut self.server else {
            let number =
                self.to.vocabulary.message(kind).role(Role::Request).and_then(|slot| message.get(slot).as_int());
            let is_same = audience.asker.map_or(0, |(_, id)| id) == number.unwrap_or(0);
            let whole = !message.held().is_empty() && is_same;
            let line = if whole { message.held().as_bytes().to_vec() } else { line(&self.to, message, &audience) };
            self.lines.push(line);
            if self.teller.is_on() {
                self.tell_story(story::message_out(&self.teller, &self.to.vocabulary, message, &source, asker, 1));
            }
            return;
        };
        let Some(passes) = server.passes() else { return };
        let def = self.to.vocabulary.message(kind);
        let number = |role| def.role(role).and_then(|slot| message.get(slot).as_int()).unwrap_or(0);
        let agent = number(Role::Agent(AgentPart::Id));
        let native = self.ids.native_agent(place, agent).filter(|_| agent != 0);
        let known = native.and_then(|native| platform.model.agent_by_id(Id::Int(native)));
        let known = known.map(|agent| platform.model.agent(agent));
        let able = Able { ids: &self.ids, platform, index, place };
        let about = Filterable {
            agent,
            abilities: Some(&able),
            agent_names: known.map(|agent| [agent.number.as_str(), agent.name.as_str()]).unwrap_or_default(),
            service: number(Role::Service),
            switch: if self.names_switches { number(Role::Platform) } else { switch_of(place, true) },
        };
        let sessions = passes.pass(message, &about, audience);
        self.counts.published[kind.0 as usize] += sessions as u64;
        if self.teller.is_on() {
            self.tell_story(story::message_out(&self.teller, &self.to.vocabulary, message, &source, asker, sessions));
        }
    }

    /// The platform's own record of what a transition shows, with the application's ids.
    pub(in crate::bridge) fn shown_whole(
        &mut self,
        index: usize,
        platform: &Platform,
        shown: &Transition,
    ) -> Option<Whole> {
        let place = self.place_of(index).filter(|place| self.passing[*place])?;
        let model = &platform.model;
        let native = |thing| match thing {
            Thing::Call(part) => model.find_call(shown.call?)?.name(part).cloned(),
            Thing::Agent => model.agent(shown.agent?).id.clone(),
            Thing::Service(_) => Some(model.service(shown.service?).id.clone()),
            Thing::AgentOrNumber | Thing::Switch => None,
        };
        let mut whole = platform.records.whole(native)?;
        let parts = &self.to.call_parts;
        let mut names = ToApplication { ids: &mut self.ids, parts, platform, index, place };
        self.to.vocabulary.rename(&mut whole.message, &mut names);
        Some(whole)
    }

    /// Whether the application is not told of a transition of a platform whose messages it gets whole. The picture then
    /// tells only what no message says: what a lost link or time has ended, what a snapshot shows after a cut, and what
    /// became of requests that the platform was not asked. `just_passed`: the message that caused it has passed.
    pub(in crate::bridge) fn has_passed(
        &mut self,
        index: usize,
        platform: &Platform,
        transition: &Transition,
        cause: Cause,
        just_passed: bool,
    ) -> bool {
        for call in [transition.call, transition.second, transition.result].into_iter().flatten() {
            // Requests will name the call by the number that passed.
            self.is_told(index, platform, call);
        }
        let is_presumed_over = |call| platform.model.find_call(call).is_some_and(|call| call.presumed_over);
        if matches!(transition.kind, TransitionKind::LinkDown | TransitionKind::LinkUp) {
            return just_passed;
        }
        // Nothing passes while the platform is away, nor of a call that only the bridge takes for over.
        if platform.model.link() != LinkState::Up || transition.call.is_some_and(is_presumed_over) {
            return false;
        }
        if transition.details.presumed || transition.kind.is_answer() {
            return false;
        }
        match cause {
            // A snapshot that the bridge asked for did not pass: its differences are told.
            Cause::Event => just_passed,
            // States have messages of their own, whenever they are shown.
            Cause::Link => transition.kind == TransitionKind::AgentState,
            Cause::Time | Cause::Request => true,
        }
    }
}
