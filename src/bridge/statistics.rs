//! Statistics of groups' agents, for applications that subscribe to them on platforms that tell none. Each group is
//! told at the subscription, and again when something about its agents has changed. Nothing is computed while nobody
//! subscribes.

use std::{
    collections::{BTreeSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use hashbrown::HashMap;

use crate::{
    model::{
        Agent, AgentIx, AgentState, Call, CallIx, CallType, Media, Model, Occupation, PartyState, Readiness, Service,
        ServiceIx, Transition, TransitionKind,
    },
    time::Time,
};

/// The shortest interval between two updates of a group.
const INTERVAL: Duration = Duration::from_secs(1);
/// The most agents told in one portion. The pause after it lets the reader catch up and delays nobody else.
const PORTION: usize = 500;
const PAUSE: Duration = Duration::from_millis(10);

/// A group of one of the bridge's platforms.
type Group = (usize, ServiceIx);

/// One agent of a group, at one moment.
#[derive(Debug, Clone)]
pub struct Member {
    pub agent: AgentIx,
    /// None while the agent's state is unknown.
    pub occupation: Option<Occupation>,
    /// When the state began, as contact centres write it.
    pub since: String,
    /// The distributed call that the agent handles.
    pub contact: Option<CallIx>,
    pub disposition: Option<i64>,
    pub calls: Calls,
}

/// The number of calls an agent is connected to, by sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Calls {
    pub acd: i64,
    pub outbound_acd: i64,
    pub non_acd: i64,
    pub chats: i64,
    pub emails: i64,
    pub held: i64,
}

/// An application's pending statistics of groups' agents.
#[derive(Debug, Default)]
pub struct Statistics {
    watched: bool,
    /// The fingerprint of what was told last of each group, and when.
    told: HashMap<Group, (u64, Time)>,
    /// Groups that may have changed, by the time from which they may be told.
    changed: BTreeSet<(Time, usize, ServiceIx)>,
    waiting: HashMap<Group, Time>,
    /// Groups that a session has just subscribed to.
    wanted: VecDeque<(u32, Group)>,
    /// The end of the current pause: nothing is told before it.
    resume: Time,
    portion: usize,
    /// The members of the group that is being told.
    pub members: Vec<Member>,
}

impl Statistics {
    pub fn is_watched(&self) -> bool {
        self.watched
    }

    /// Sets whether anybody subscribes.
    pub fn watch(&mut self, watched: bool) {
        if self.watched && !watched {
            *self = Statistics { resume: self.resume, ..Statistics::default() };
        }
        self.watched = watched;
    }

    /// A platform is gone, and its groups with it.
    pub fn forget(&mut self, platform: usize) {
        self.told.retain(|group, _| group.0 != platform);
        self.changed.retain(|(_, owner, _)| *owner != platform);
        self.waiting.retain(|group, _| group.0 != platform);
        self.wanted.retain(|(_, group)| group.0 != platform);
    }

    /// A session subscribed to a group.
    pub fn want(&mut self, session: u32, group: Group) {
        self.wanted.push_back((session, group));
    }

    /// Something about the group may have changed.
    pub fn change(&mut self, now: Time, group: Group) {
        if !self.watched || self.waiting.contains_key(&group) {
            return;
        }
        let due = self.told.get(&group).map_or(now, |(_, told)| now.max(*told + INTERVAL));
        self.waiting.insert(group, due);
        self.changed.insert((due, group.0, group.1));
    }

    /// Marks the groups that a transition changes.
    pub fn note(&mut self, now: Time, platform: usize, model: &Model, transition: &Transition) {
        if transition.kind.is_answer() {
            return;
        }
        if let (Some(service), TransitionKind::ServiceAdded | TransitionKind::ServiceChanged) =
            (transition.service, transition.kind)
        {
            self.change(now, (platform, service));
        }
        let calls = [transition.call, transition.second, transition.result].into_iter().flatten();
        let calls = calls.filter_map(|call| model.find_call(call));
        let agents = calls.flat_map(|call| call.agents_in().map(|(_, agent)| agent)).chain(transition.agent);
        for service in agents.flat_map(|agent| &model.agent(agent).services) {
            self.change(now, (platform, *service));
        }
    }

    pub fn deadline(&self) -> Option<Time> {
        let changed = self.changed.first().map(|(due, ..)| *due);
        let next = if self.wanted.is_empty() { changed? } else { self.resume };
        Some(next.max(self.resume))
    }

    /// The next group to tell. The session is set if only that session wants it.
    pub fn next(&mut self, now: Time) -> Option<(Group, Option<u32>)> {
        if now < self.resume {
            return None;
        }
        if self.portion >= PORTION {
            self.portion = 0;
            self.resume = now + PAUSE;
            return None;
        }
        if let Some((session, group)) = self.wanted.pop_front() {
            return Some((group, Some(session)));
        }
        let (due, platform, service) = *self.changed.first().filter(|(due, ..)| *due <= now)?;
        self.changed.remove(&(due, platform, service));
        self.waiting.remove(&(platform, service));
        Some(((platform, service), None))
    }

    /// Computes the current statistics of a group's agents, and returns whether they must be told. A session that has
    /// just subscribed is always told; all sessions are told only if something differs from what was told last.
    pub fn look(
        &mut self,
        now: Time,
        group: Group,
        is_asked: bool,
        model: &Model,
        write: impl Fn(Time) -> String,
    ) -> bool {
        self.members = members(model, group.1, write);
        self.portion += 1 + self.members.len();
        let service = model.service(group.1);
        if !service.told && self.members.is_empty() && !self.told.contains_key(&group) {
            return false;
        }
        if is_asked {
            return true;
        }
        let print = fingerprint(model, service, &self.members);
        let last = self.told.insert(group, (print, now));
        last.is_none_or(|(last, _)| last != print)
    }
}

/// A short form of a group's statistics, to find out whether they changed.
fn fingerprint(model: &Model, service: &Service, members: &[Member]) -> u64 {
    let mut hasher = DefaultHasher::new();
    service.name.hash(&mut hasher);
    for member in members {
        let agent = model.agent(member.agent);
        (&agent.number, &agent.name, &agent.station, &agent.reason).hash(&mut hasher);
        let Member { agent, occupation, since, contact, disposition, calls } = member;
        (agent, occupation, since, disposition, calls).hash(&mut hasher);
        let call = contact.and_then(|call| model.find_call(call));
        call.map(|call| (&call.ani, &call.dnis)).hash(&mut hasher);
    }
    hasher.finish()
}

/// All agents who are logged on at a group.
fn members(model: &Model, service: ServiceIx, write: impl Fn(Time) -> String) -> Vec<Member> {
    let agents = model.agents().filter(|(_, agent)| agent.is_logged_on() && agent.services.contains(&service));
    let member = |(index, agent): (AgentIx, &Agent)| {
        let (occupation, contact) = occupation(model, index, service);
        let wraps = matches!(occupation, Some(Occupation::Wrap));
        Member {
            agent: index,
            occupation,
            since: write(agent.since),
            contact,
            disposition: agent.disposition.filter(|_| !wraps),
            calls: calls(model, index),
        }
    };
    agents.map(member).collect()
}

/// An agent's calls and how the agent is connected to each, in the order of joining them.
fn of_agent(model: &Model, agent: AgentIx) -> impl Iterator<Item = (CallIx, &Call, PartyState)> {
    model.agent(agent).calls.iter().filter_map(move |index| {
        let call = model.find_call(*index).filter(|call| call.is_live())?;
        Some((*index, call, call.parties[call.live_party_of(agent)?].state))
    })
}

fn calls(model: &Model, agent: AgentIx) -> Calls {
    let mut calls = Calls::default();
    for (_, call, state) in of_agent(model, agent) {
        match state {
            PartyState::Held => calls.held += 1,
            PartyState::Connected | PartyState::Initiated | PartyState::Dialled => match sort(call) {
                Sort::Chat => calls.chats += 1,
                Sort::Email => calls.emails += 1,
                Sort::Acd => calls.acd += 1,
                Sort::OutboundAcd => calls.outbound_acd += 1,
                Sort::NonAcd => calls.non_acd += 1,
                Sort::Other => {}
            },
            PartyState::Alerting | PartyState::Left => {}
        }
    }
    calls
}

/// The sort that a call counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Acd,
    OutboundAcd,
    NonAcd,
    Chat,
    Email,
    /// A medium without a count of its own.
    Other,
}

fn sort(call: &Call) -> Sort {
    match (call.media, call.ty) {
        (Some(Media::Chat), _) => Sort::Chat,
        (Some(Media::Email), _) => Sort::Email,
        (Some(Media::Sms | Media::OpenMedia), _) => Sort::Other,
        (Some(Media::Voice | Media::Unknown) | None, Some(CallType::Acd)) => Sort::Acd,
        (Some(Media::Voice | Media::Unknown) | None, Some(ty)) if ty.is_made_by_agents() => Sort::OutboundAcd,
        (Some(Media::Voice | Media::Unknown) | None, _) => Sort::NonAcd,
    }
}

/// An agent's occupation, seen from a group: the oldest call that a group distributed, otherwise the oldest of all
/// calls.
fn occupation(model: &Model, agent: AgentIx, group: ServiceIx) -> (Option<Occupation>, Option<CallIx>) {
    let entry = model.agent(agent);
    let is_ready = entry.readiness != Some(Readiness::NotReady);
    let distributed = of_agent(model, agent).find(|(_, call, _)| sort(call) != Sort::NonAcd);
    let any = distributed.or_else(|| of_agent(model, agent).next());
    let contact = distributed.map(|(index, ..)| index);
    let Some(state) = entry.told else { return (None, contact) };
    let busy = |ready: Occupation, otherwise: Occupation| if is_ready { ready } else { otherwise };
    let occupation = match (state, any) {
        (AgentState::LoggedOff | AgentState::Other, _) => return (None, contact),
        (AgentState::Idle, _) => Occupation::Idle,
        (AgentState::NotReady, _) => Occupation::NotReady,
        (AgentState::Wrap, _) => Occupation::Wrap,
        (AgentState::Reserved, _) => Occupation::Reserved,
        (AgentState::PendingActive, None) => Occupation::Alerting,
        (AgentState::Active, None) => busy(Occupation::Busy, Occupation::BusyNotReady),
        (AgentState::PendingActive | AgentState::Active, Some((_, call, party))) => {
            let is_elsewhere = call.service.is_some_and(|service| service != group);
            let alerts = party == PartyState::Alerting;
            let dials = |call: &Call| call.originator == Some(agent);
            match sort(call) {
                Sort::NonAcd if dials(call) => busy(Occupation::Outgoing, Occupation::OutgoingNotReady),
                Sort::NonAcd => busy(Occupation::Incoming, Occupation::IncomingNotReady),
                Sort::Other => busy(Occupation::Busy, Occupation::BusyNotReady),
                Sort::OutboundAcd | Sort::Acd | Sort::Chat | Sort::Email if is_elsewhere => Occupation::Elsewhere,
                Sort::OutboundAcd if alerts => Occupation::OutboundAlerting,
                Sort::OutboundAcd => Occupation::OutboundAcd,
                Sort::Acd | Sort::Chat | Sort::Email if alerts => Occupation::Alerting,
                Sort::Acd | Sort::Chat => Occupation::Acd,
                Sort::Email => match of_agent(model, agent).find(|(_, call, _)| sort(call) == Sort::NonAcd) {
                    Some((_, call, _)) if dials(call) => Occupation::EmailOutgoing,
                    Some(_) => Occupation::EmailIncoming,
                    None => Occupation::Email,
                },
            }
        }
    };
    (Some(occupation), contact)
}
