//! One application: its sessions, its numbers for calls and agents, its routes, and the rules by which it is told things.

mod groups;
mod listing;
mod replies;
mod told_routes;

use std::{collections::VecDeque, sync::Arc};

use hashbrown::HashSet;

use super::{
    abilities::Able,
    ids::Ids,
    passing::switch_of,
    picture::{Live, Local, Naming},
    platform::Platform,
    routes::{self, Desk},
    snapshots::Snapshot,
    statistics::Statistics,
    story::{self, Source, Teller, Unheard},
};
use crate::{
    mapping::{CallPart, Incoming, Literal, Outgoing},
    message::{Kind, Message},
    model::{About, Asked, Audience, CallIx, ClientId, Media, RequestKind, Transition, TransitionKind},
    port::{self, ApplicationConversation, Filterable, Notice},
    time::Time,
    vocabulary::{AgentPart, Role},
};

/// A request that was refused or failed, as it is logged.
pub struct Failed<'r> {
    /// The operation that was asked for; `Refuse` if the request was refused before it was understood.
    pub operation: RequestKind,
    pub about: About,
    pub id: i64,
    /// The ids as the application gave them.
    pub asked: Asked,
    pub reason: &'r str,
}

/// What an application is made of.
pub struct ApplicationParts {
    pub name: String,
    /// None for an application that is a file: its messages are lines.
    pub server: Option<Box<dyn ApplicationConversation>>,
    pub from: Arc<Incoming>,
    pub to: Arc<Outgoing>,
    pub knobs: Vec<Literal>,
    /// The bridge's platforms, in the order in which the application lists them.
    pub platforms: Vec<usize>,
    /// How far apart the agents of one platform are from those of the next.
    pub id_step: i64,
    pub routes: routes::Settings,
    /// The platform that routes are asked of, by its place in the bridge.
    pub media_platform: Option<usize>,
    /// The media of which it is told.
    pub media: Vec<Media>,
    /// Users whose commands are refused.
    pub read_only: HashSet<String>,
    /// Numbers that the configuration gives to labels of call data.
    pub labels: Vec<(String, i64)>,
}

#[derive(Debug)]
pub struct Application {
    pub name: String,
    pub server: Option<Box<dyn ApplicationConversation>>,
    pub from: Arc<Incoming>,
    pub(super) to: Arc<Outgoing>,
    pub(super) knobs: Vec<Literal>,
    pub platforms: Vec<usize>,
    pub ids: Ids,
    pub routes: Desk,
    media: HashSet<Media>,
    pub(super) read_only: HashSet<String>,
    /// Its clients are guests of a platform: no rules are between.
    pub is_guest: bool,
    /// By place: messages of this platform pass whole, because it speaks the application's dialect.
    pub passing: Vec<bool>,
    /// Its events carry the ids of the requests that caused them.
    answers_by_events: bool,
    /// Its messages name the switch that they are about.
    pub(super) names_switches: bool,
    pub statistics: Statistics,
    /// Snapshots that are not told to the end, in the order in which they were asked for.
    pub(super) snapshots: VecDeque<Snapshot>,
    pub(super) message: Message,
    /// Slots of the fields that sessions filter by, by kind of message.
    filtered: Vec<(Option<usize>, Option<usize>)>,
    /// Messages for a file.
    pub lines: Vec<Vec<u8>>,
    pub counts: Counts,
    notices: Vec<Notice>,
    /// See [`super::story`].
    pub(super) teller: Teller,
    /// Requests of a file that failed: what was asked for, and the reason.
    failures: Vec<(&'static str, String)>,
    /// Its place is empty.
    is_gone: bool,
}

/// What became of transitions and requests, by the places of messages and rules in their plans.
#[derive(Debug, Default)]
pub struct Counts {
    pub said: Vec<u64>,
    pub published: Vec<u64>,
    pub rules: Vec<u64>,
    /// Transitions that no rule says, by kind.
    pub untold: Vec<u64>,
    /// Transitions of calls of media that the application is not told of.
    pub other_media: u64,
    /// Messages held back that would otherwise have passed: they came after the end of their call had been told.
    pub held_back: u64,
    pub requests: Vec<u64>,
    pub request_rules: Vec<u64>,
    /// Requests answered with a fault.
    pub refused: u64,
}

/// The session of an application that is a file.
pub const FILE_SESSION: u32 = 1;

impl Application {
    pub fn new(mut parts: ApplicationParts) -> Application {
        let vocabulary = &parts.to.vocabulary;
        let filtered = vocabulary
            .messages
            .iter()
            .map(|def| (def.role(Role::Agent(AgentPart::Id)), def.role(Role::Service)))
            .collect();
        let counts = Counts {
            said: vec![0; vocabulary.messages.len()],
            published: vec![0; vocabulary.messages.len()],
            rules: vec![0; parts.to.rule_names.len()],
            untold: vec![0; TransitionKind::ALL.len()],
            requests: vec![0; parts.from.vocabulary.messages.len()],
            request_rules: vec![0; parts.from.rule_names.len()],
            ..Counts::default()
        };
        let is_guest = parts.server.as_mut().is_some_and(|server| server.guest().is_some());
        Application {
            answers_by_events: vocabulary.events_name_requests(),
            names_switches: vocabulary.messages.iter().any(|def| def.role(Role::Platform).is_some()),
            name: parts.name,
            server: parts.server,
            from: parts.from,
            to: parts.to,
            knobs: parts.knobs,
            ids: Ids::new(parts.id_step, parts.platforms.len(), &parts.labels),
            passing: Vec::new(),
            platforms: parts.platforms,
            routes: Desk::new(parts.routes, parts.media_platform),
            media: parts.media.into_iter().collect(),
            read_only: parts.read_only,
            is_guest,
            statistics: Statistics::default(),
            snapshots: VecDeque::new(),
            message: Message::default(),
            filtered,
            lines: Vec::new(),
            counts,
            notices: Vec::new(),
            teller: Teller::default(),
            failures: Vec::new(),
            is_gone: false,
        }
    }

    pub fn to(&self) -> &Outgoing {
        &self.to
    }

    /// Whether a session may only listen.
    pub fn only_listens(&self, session: u32) -> bool {
        let user = self.server.as_ref().and_then(|server| server.user_of(session));
        user.is_some_and(|user| self.read_only.contains(user))
    }

    /// The platform's place in the application's list, from 0.
    pub fn place_of(&self, platform: usize) -> Option<usize> {
        self.platforms.iter().position(|known| *known == platform)
    }

    /// Tells a transition of a platform to the sessions that it concerns. `me` is the application's place in the
    /// bridge.
    pub fn tell(&mut self, now: Time, me: usize, index: usize, platform: &Platform, transition: &Transition) {
        if self.is_guest {
            return;
        }
        match (transition.kind.route_step(), transition.call) {
            (Some(step), Some(call)) => self.tell_route(now, me, (index, platform), (step, call), transition),
            (None, _) | (_, None) => self.say(me, index, platform, transition, None),
        }
    }

    /// Whether the application is told of this call; its number is given here, the first time.
    pub(super) fn is_told(&mut self, index: usize, platform: &Platform, call: CallIx) -> bool {
        let Some(known) = platform.model.find_call(call) else { return false };
        let (media, wants_guid, passes) =
            (&self.media, self.to.call_parts.contains(&CallPart::Guid), self.passes(index));
        self.ids.give((index, call), || {
            let told = passes || known.media.is_none_or(|medium| medium == Media::Unknown || media.contains(&medium));
            platform.numbering(call, wants_guid, told)
        })
    }

    /// Says a transition in the application's words.
    pub fn say(
        &mut self,
        me: usize,
        index: usize,
        platform: &Platform,
        transition: &Transition,
        local: Option<&Local>,
    ) {
        debug_assert!(transition.fits_its_signature(), "{transition:?}");
        let Some(place) = self.place_of(index) else { return };
        let Some(audience) = self.audience(me, platform, transition, local) else { return };
        if audience.only_asker && self.has_replied(platform, transition) {
            return self.untold(platform, transition, Some(Unheard::Replied));
        }
        if !self.to.says(transition.kind) {
            self.counts.untold[transition.kind as usize] += 1;
            return self.untold(platform, transition, None);
        }
        let mut is_told = |call: Option<CallIx>| call.is_none_or(|call| self.is_told(index, platform, call));
        let told = is_told(transition.call);
        // Whatever occupies an agent, the agent's state is told.
        if !told && transition.kind != TransitionKind::AgentState {
            self.counts.other_media += 1;
            return self.untold(platform, transition, Some(Unheard::OtherMedium));
        }
        is_told(transition.second);
        is_told(transition.result);
        let whole = if transition.kind.shows_one() { self.shown_whole(index, platform, transition) } else { None };
        let to = &self.to;
        let call = transition.call.and_then(|call| platform.model.find_call(call));
        if let (Some(call), true) = (call, to.numbers_labels) {
            call.data.iter().for_each(|(label, _)| self.ids.learn_label(label));
        }
        let queued_at = call.and_then(|call| call.queued_at).filter(|_| to.tells_waiting);
        let waiting = queued_at.map(|moment| platform.local(moment)).unwrap_or_default();
        let calls = [transition.call, transition.second, transition.result].map(|call| self.ids.told((index, call?)));
        let switch = switch_of(place, self.passing.contains(&true));
        let naming = Naming::Of { ids: &self.ids, parts: &to.call_parts, place, switch, platform: index, calls };
        let (model, knobs) = (&platform.model, &self.knobs);
        let live = Live {
            model,
            occasion: transition.kind.into(),
            subject: &transition.subject,
            naming,
            local,
            route: None,
            knobs,
            stamp: platform.stamps(),
            waiting: &waiting,
            members: &self.statistics.members,
            member: None,
            source: Some(platform),
        };
        let agent = transition.agent.map(|agent| platform.model.agent(agent));
        let agent_names = agent.map(|agent| [agent.number.as_str(), agent.name.as_str()]).unwrap_or_default();
        let (server, counts, lines) = (&mut self.server, &mut self.counts, &mut self.lines);
        let filtered = &self.filtered;
        let teller = &self.teller;
        let mut told = teller.is_on().then_some(&mut self.notices);
        let mut tell_story = |rule: usize, message: &Message, sessions: usize| {
            let Some(told) = &mut told else { return };
            let source = Source { platform, rule: Some((rule, &to.rule_names[rule])), transition: Some(transition) };
            let asker = audience.asker.map(|(session, _)| session);
            if let Some(out) = story::message_out(teller, &to.vocabulary, message, &source, asker, sessions) {
                told.push(out);
            }
        };
        let able = Able { ids: &self.ids, platform, index, place };
        let said = to.messages(transition.kind, &live, &mut self.message, |rule, message| {
            counts.rules[rule] += 1;
            let kind = message.kind().unwrap_or(Kind(0)).0 as usize;
            counts.said[kind] += 1;
            if let Some(whole) = &whole {
                platform.records.fill(&to.vocabulary, whole, message);
            }
            let Some(server) = server else {
                tell_story(rule, message, 1);
                return lines.push(line(to, message, &audience));
            };
            let number = |slot: Option<usize>| slot.and_then(|slot| message.get(slot).as_int()).unwrap_or(0);
            let (agent, service) = filtered[kind];
            let (agent, service) = (number(agent), number(service));
            let about = Filterable { agent, agent_names, service, switch, abilities: Some(&able) };
            let sessions = server.publish(message, &about, audience);
            counts.published[kind] += sessions as u64;
            tell_story(rule, message, sessions);
        });
        if !said {
            self.counts.untold[transition.kind as usize] += 1;
            self.untold(platform, transition, None);
        }
    }

    /// Has a story tell why an application is not told of a transition; without a reason, that of the rules.
    fn untold(&mut self, platform: &Platform, transition: &Transition, reason: Option<Unheard>) {
        if self.teller.is_on() {
            self.notices.extend(story::untold(&self.teller, &self.to, platform, transition, reason));
        }
    }

    /// A number for each call of a platform that a snapshot may name.
    pub fn give_numbers(&mut self, index: usize, platform: &Platform) {
        let calls: Vec<CallIx> = platform.model.calls().map(|(call, _)| call).collect();
        for call in calls {
            self.is_told(index, platform, call);
        }
    }

    /// Who is told; none where it is somebody of another application.
    fn audience(
        &self,
        me: usize,
        platform: &Platform,
        transition: &Transition,
        local: Option<&Local>,
    ) -> Option<port::Audience> {
        let mine = |client: ClientId| (usize::from(client.application) == me).then_some(client.session);
        let asked = transition.request.map(|request| platform.model.request(request));
        match transition.audience {
            Audience::Asker(client) => {
                let id = local.map(|local| local.id).or(asked.map(|request| request.id)).unwrap_or(0);
                Some(port::Audience { asker: Some((mine(client)?, id)), only_asker: true })
            }
            Audience::All => {
                let by =
                    local.map(|local| (local.client, local.id)).or(asked.map(|request| (request.client, request.id)));
                let asker = by.and_then(|(client, id)| mine(client).map(|session| (session, id)));
                Some(port::Audience { asker, only_asker: false })
            }
        }
    }

    /// Has a part of a story told.
    pub(super) fn tell_story(&mut self, part: Option<Notice>) {
        self.notices.extend(part);
    }

    /// Has the log say that a request of a session was refused, or failed. Of a file, it is kept for the summary.
    pub fn failed(&mut self, session: u32, failed: &Failed) {
        if self.is_gone {
            return;
        }
        let Failed { operation, about, id, asked, reason } = failed;
        let about_what = match about {
            About::Login => "a log-on or log-off",
            About::Agent => "about an agent",
            About::Call => "about a call",
            About::Route => "the selection of a route",
            About::Snapshot => "a snapshot",
        };
        let operation = match operation {
            RequestKind::Refuse => about.name(),
            operation => operation.name().trim_start_matches("ask-"),
        };
        if self.server.is_none() {
            self.failures.push((operation, (*reason).to_owned()));
            return;
        }
        self.notices.push(Notice::RequestFailed {
            about: about_what,
            operation,
            request: *id,
            session,
            agent: asked.agent,
            call: asked.call,
            second_call: asked.second,
            reason: (*reason).to_owned(),
        });
    }

    /// The requests of a file that failed since the last time.
    pub fn take_failures(&mut self) -> Vec<(&'static str, String)> {
        std::mem::take(&mut self.failures)
    }

    /// Whether nothing is there for a file or an operator.
    pub fn is_quiet(&self) -> bool {
        self.lines.is_empty() && self.notices.is_empty() && !self.ids.has_collisions()
    }

    /// What an operator should read, since the last time.
    pub fn notices(&mut self) -> impl Iterator<Item = Notice> {
        self.notices.extend(self.ids.collisions().into_iter().map(|reason| Notice::IdsCollide { reason }));
        self.notices.drain(..)
    }
}

/// A message for a file. There is one session in it: its tenant is 1, and it asked whatever was asked.
#[inline(never)]
pub(super) fn line(to: &Outgoing, message: &mut Message, audience: &port::Audience) -> Vec<u8> {
    let roles = message.kind().map(|kind| to.vocabulary.message(kind));
    for (role, value) in [(Role::Tenant, 1), (Role::Request, audience.asker.map_or(0, |(_, id)| id))] {
        if let Some(slot) = roles.and_then(|def| def.role(role)) {
            message.set(slot, crate::message::Node::Int(value));
        }
    }
    let mut line = Vec::with_capacity(512);
    to.vocabulary.write_json(message, &mut line);
    line
}
