//! Agents: who is logged on where, and in which state. The state that applications see is derived from what an agent's
//! calls show, what the platform says the agent is doing, and the last readiness, in this order.

use smallvec::SmallVec;

use super::{
    requests::{Expect, Requests},
    timers::Timer,
    *,
};
use crate::{message::Value, time};

/// Whether an agent takes calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    NotReady,
}

#[derive(Debug, Default)]
pub struct Agent {
    pub id: Option<NativeId>,
    /// The login name or number.
    pub number: String,
    pub name: String,
    pub station: String,
    /// None where the platform has not said.
    pub logged_on: Option<bool>,
    /// A log-on that is not told yet: whose it is should follow.
    pub(super) logging_on: bool,
    pub readiness: Option<Readiness>,
    /// What the platform says the agent is doing, apart from readiness.
    pub activity: Option<AgentState>,
    /// The state that the platform hinted at, and when, while no event of a call shows it.
    pub(super) hint: Option<(AgentState, Time)>,
    /// True if the agent works at a telephone alone, without the platform's program.
    pub phone: bool,
    /// Why the agent is not ready.
    pub reason: String,
    /// Readiness of single media, whatever the agent's own is.
    pub media: SmallVec<[(Media, Readiness); 2]>,
    /// Calls that the agent is wrapping up; none for a wrap-up without a known call.
    pub wraps: SmallVec<[Option<CallIx>; 2]>,
    /// The state that applications were told last, and when it began.
    pub told: Option<AgentState>,
    pub since: Time,
    /// The last disposition that the agent gave to any call.
    pub disposition: Option<i64>,
    /// The last call is gone and the platform has not said what comes next: the state stands until then.
    pub settling: Option<Time>,
    /// When the last call was gone.
    pub free_since: Time,
    /// Those of the last log-on.
    pub services: SmallVec<[ServiceIx; 4]>,
    /// Live calls that the agent is in, in the order of joining them.
    pub calls: SmallVec<[CallIx; 2]>,
    /// Calls that the agent answered and whose wrap-up is not over.
    pub owes: SmallVec<[CallIx; 2]>,
    /// Applications were told that the agent exists.
    pub shown: bool,
    /// The link was lost since the platform last said anything of this agent.
    pub stale: bool,
    /// The agent was told as logged off because the link was lost: no message of the platform will correct that.
    lost: bool,
    seen_epoch: u64,
    stamp: u64,
    /// When the platform last said something of the agent's state, by its clock.
    pub(super) last_word: Option<u64>,
}

impl Agent {
    pub fn is_logged_on(&self) -> bool {
        self.logged_on == Some(true)
    }

    /// Whether the agent is there: logged on, or doing something where nothing was said of that.
    pub fn is_there(&self) -> bool {
        self.logged_on.unwrap_or(self.told.is_some())
    }

    /// Whether a call keeps the agent busy, known or not.
    pub fn is_on_call(&self) -> bool {
        !self.calls.is_empty() || matches!(self.activity, Some(AgentState::Active | AgentState::PendingActive))
    }

    pub(super) fn end_activity(&mut self, now: Time) {
        if self.activity.take().is_some() {
            self.free_since = now;
        }
    }
}

/// Number spaces of what agents are known by.
const ID: u8 = 0;
const NUMBER: u8 = 1;
const NAME: u8 = 2;
const STATION: u8 = 3;

/// How a station leads to its agent: by its digits.
fn station_id(number: &str) -> SpacedId {
    let text: String = digits(number).iter().map(|digit| char::from(*digit)).collect();
    SpacedId { space: STATION, id: NativeId::Text(text.into()) }
}

impl Model {
    // ── who is who ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The agent with this record id.
    pub fn agent_by_id(&self, id: Id) -> Option<AgentIx> {
        self.agent_ids.get(&SpacedRef { space: ID, id }).copied().filter(|_| !id.is_none())
    }

    /// The agent who logs in with this number, else the one of this name.
    pub fn agent_by_login(&self, login: &str) -> Option<AgentIx> {
        let by = |space| self.agent_ids.get(&SpacedRef { space, id: Id::Text(login) }).copied();
        by(NUMBER).or_else(|| by(NAME)).filter(|_| !login.is_empty())
    }

    /// The agent who is logged on at this station.
    pub fn agent_by_station(&self, number: &str) -> Option<AgentIx> {
        let digits = digits(number);
        let text = std::str::from_utf8(&digits).ok().filter(|text| !text.is_empty())?;
        let agent = *self.agent_ids.get(&SpacedRef { space: STATION, id: Id::Text(text) })?;
        Some(agent).filter(|agent| self.agents[*agent].is_logged_on())
    }

    /// What a device is that an event names: an agent, who is learnt of thereby, or another.
    pub(super) fn device(&mut self, device: &Device) -> KnownDevice {
        let agent = if device.names_agent() { self.agent_or_new(device.id) } else { self.agent_meant(device) };
        if let (Some(agent), Some(DeviceKind::Agent)) = (agent, device.kind)
            && self.agents[agent].station.is_empty()
        {
            self.learn_station(agent, device.number);
        }
        let kind = if agent.is_some() { Some(DeviceKind::Agent) } else { device.kind };
        KnownDevice { kind, agent, id: NativeId::new(device.id), number: kept(device.number).to_owned() }
    }

    fn agent_or_new(&mut self, id: Id) -> Option<AgentIx> {
        if let Some(agent) = self.agent_by_id(id) {
            return Some(agent);
        }
        let native = NativeId::new(id)?;
        if self.agents.len() >= self.settings.max_agents {
            return None;
        }
        let agent = self.agents.insert(Agent { id: Some(native.clone()), ..Agent::default() });
        self.agent_ids.insert(SpacedId { space: ID, id: native }, agent);
        self.agent_seen_as(agent);
        Some(agent)
    }

    /// The agent that a change is about, with everything learnt that it says of the agent.
    pub(super) fn agent_of(&mut self, change: &Change) -> Result<AgentIx, Effect> {
        let known = if change.party.id.is_none() {
            self.agent_by_login(change.text(Fact::Number)).or_else(|| self.agent_by_station(change.party.number))
        } else {
            self.agent_by_id(change.party.id)
        };
        let agent = match known {
            Some(agent) => agent,
            None if change.party.id.is_none() => return Err(Effect::UnknownAgent),
            None => self.agent_or_new(change.party.id).ok_or(Effect::Full)?,
        };
        let renumbered = self.learn(agent, NUMBER, change.text(Fact::Number));
        let renamed = self.learn(agent, NAME, change.text(Fact::Name));
        self.agents[agent].stale = false;
        if (renumbered || renamed) && self.agents[agent].shown {
            self.tell(Transition::new(TransitionKind::AgentChanged).agent(agent));
        }
        Ok(agent)
    }

    /// Whether the agent was not called so before.
    fn learn(&mut self, agent: AgentIx, space: u8, new: &str) -> bool {
        let new = kept(new);
        let entry = &mut self.agents[agent];
        let known = if space == NUMBER { &mut entry.number } else { &mut entry.name };
        if new.is_empty() || known == new {
            return false;
        }
        let old = SpacedId { space, id: NativeId::Text(std::mem::replace(known, new.to_owned()).into()) };
        if self.agent_ids.get(&old) == Some(&agent) {
            self.agent_ids.remove(&old);
        }
        self.agent_ids.insert(SpacedId { space, id: NativeId::Text(new.into()) }, agent);
        true
    }

    /// Whether the station is another than before.
    fn learn_station(&mut self, agent: AgentIx, new: &str) -> bool {
        let new = kept(new);
        let entry = &mut self.agents[agent];
        if new.is_empty() || entry.station == new {
            return false;
        }
        let old = station_id(&std::mem::replace(&mut entry.station, new.to_owned()));
        if self.agent_ids.get(&old) == Some(&agent) {
            self.agent_ids.remove(&old);
        }
        self.claim_station(agent);
        true
    }

    /// Whoever sat at the agent's station before, it is the agent's now.
    fn claim_station(&mut self, agent: AgentIx) {
        let station = &self.agents[agent].station;
        if !station.is_empty() {
            self.agent_ids.insert(station_id(station), agent);
        }
    }

    // ── log-on ────────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn logged_on(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        self.show(agent);
        let was_on = self.agents[agent].is_logged_on();
        let services = change.services.iter().flatten();
        let services: SmallVec<[ServiceIx; 4]> = services.filter_map(|service| self.service_of(service)).collect();
        let joins = services.iter().any(|service| !self.agents[agent].services.contains(service));
        self.log_on(agent, change.text(Fact::Station), joins);
        for service in services {
            self.join_service(agent, service);
        }
        self.agents[agent].last_word = self.clock;
        if let Some(state) = change.int(Fact::State).and_then(AgentState::from_code) {
            self.show_state(agent, state);
        }
        if let Some(readiness) = change.int(Fact::Underlying).and_then(AgentState::from_code) {
            self.learn_readiness(agent, readiness, was_on);
        }
        self.tell_agent_state(Some(agent), None);
        Effect::Taken
    }

    /// Notes the readiness of an agent whose state is not shown otherwise. An agent who was logged on before may be on
    /// a call, or in work after a call.
    fn learn_readiness(&mut self, agent: AgentIx, state: AgentState, was_on: bool) {
        match state {
            AgentState::Idle if was_on => self.agents[agent].readiness = Some(Readiness::Ready),
            AgentState::NotReady if was_on => self.agents[agent].readiness = Some(Readiness::NotReady),
            _ => self.set_state(agent, state),
        }
    }

    /// The platform shows the agent in this state. If it is not a state of a call, the agent is on no call.
    fn show_state(&mut self, agent: AgentIx, state: AgentState) {
        if matches!(state, AgentState::Idle | AgentState::NotReady | AgentState::LoggedOff) {
            self.doubt_calls_of(agent, None);
        }
        self.set_state(agent, state);
    }

    /// Some platforms tell a log-on twice, and only once who it is: that is waited for, but not for long.
    pub(super) fn log_on_begun(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        if self.agents[agent].number.is_empty() && !self.agents[agent].is_logged_on() {
            self.learn_station(agent, change.text(Fact::Station));
            self.agents[agent].logging_on = true;
            self.timers.set(self.now + self.settings.state_grace, Timer::LogOn(agent));
            return Effect::Taken;
        }
        self.show(agent);
        self.log_on(agent, change.text(Fact::Station), false);
        self.tell_agent_state(Some(agent), None);
        Effect::Taken
    }

    pub(super) fn log_on_grace_over(&mut self, agent: AgentIx) {
        if self.agents[agent].logging_on {
            self.show(agent);
            self.log_on(agent, "", false);
            self.tell_agent_state(Some(agent), None);
        }
    }

    pub(super) fn agent_present(&mut self, change: &Change) -> Effect {
        match self.agent_of(change) {
            Ok(agent) => {
                let entry = &self.agents[agent];
                if entry.logged_on.is_none() || entry.logging_on {
                    self.show(agent);
                    self.log_on(agent, "", false);
                    self.tell_agent_state(Some(agent), None);
                }
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    pub(super) fn agent_serves(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let services = change.services.iter().flatten();
        let services: SmallVec<[ServiceIx; 4]> = services.filter_map(|service| self.service_of(service)).collect();
        let entry = &mut self.agents[agent];
        let known = std::mem::replace(&mut entry.services, services);
        let left = known.iter().filter(|one| !entry.services.contains(one));
        let joined = entry.services.iter().filter(|one| !known.contains(one));
        let before = self.restaffed.len();
        self.restaffed.extend(left.chain(joined));
        if self.restaffed.len() > before && self.agents[agent].is_logged_on() {
            self.tell_services(agent);
        }
        Effect::Taken
    }

    /// The agent's services have changed. The log-on is told again, because it is the message that names them.
    fn tell_services(&mut self, agent: AgentIx) {
        self.tell(Transition::new(TransitionKind::AgentLoggedOn).agent(agent));
    }

    /// An agent who was told to be gone with the link, and does something, is there.
    pub(super) fn is_found_again(&mut self, agent: Option<AgentIx>) {
        if let Some(agent) = agent.filter(|agent| self.agents[*agent].lost) {
            self.presume(true, |model| model.log_on(agent, "", false));
        }
    }

    /// Everything told of the agent since the last log-off still holds, because messages of one moment come in any
    /// order. The caller tells the state afterwards. If an agent who is logged on `joins` a service, the log-on is told
    /// once more, with all services.
    fn log_on(&mut self, agent: AgentIx, station: &str, joins: bool) {
        let moved = self.learn_station(agent, station);
        let now = self.now;
        let entry = &mut self.agents[agent];
        let was_on = entry.is_logged_on();
        entry.logging_on = false;
        entry.lost = false;
        if !was_on {
            entry.logged_on = Some(true);
            entry.told = None;
            entry.since = now;
            entry.disposition = None;
            entry.services.clear();
            self.claim_station(agent);
        }
        self.agent_seen_as(agent);
        let requests = self.requests_shown(Expect::LoggedOn(agent));
        let transition = Transition::new(TransitionKind::AgentLoggedOn).agent(agent);
        if was_on && !moved && !joins {
            self.answer_only(transition, requests);
        } else {
            self.tell_answering(transition, requests);
        }
    }

    pub(super) fn logged_off(&mut self, change: &Change) -> Effect {
        match self.agent_of(change) {
            Ok(agent) => {
                self.agents[agent].last_word = self.clock;
                self.log_off(agent);
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    pub(super) fn log_off(&mut self, agent: AgentIx) {
        self.doubt_calls_of(agent, None);
        self.wrap_up_over(agent, |_| true);
        let entry = &mut self.agents[agent];
        let was_off = entry.logged_on == Some(false) || entry.lost;
        entry.logging_on = false;
        entry.logged_on = Some(false);
        entry.readiness = None;
        entry.activity = None;
        entry.hint = None;
        entry.phone = false;
        entry.told = None;
        entry.settling = None;
        entry.reason.clear();
        entry.wraps.clear();
        let requests = self.requests_shown(Expect::LoggedOff(agent));
        let transition = Transition::new(TransitionKind::AgentLoggedOff).agent(agent);
        if was_off {
            self.answer_only(transition, requests);
        } else {
            self.tell_answering(transition, requests);
        }
        self.fail_requests_of_agent(agent);
    }

    // ── state ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn readiness(&mut self, change: &Change, readiness: Readiness) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        self.agents[agent].last_word = self.clock;
        // Only a message about the agent's activity, not one about readiness alone, shows that the agent is on no call.
        if change.int(Fact::State).is_some() {
            self.doubt_calls_of(agent, None);
        }
        let reason = change.fact(Fact::Reason);
        let reason = if readiness == Readiness::Ready { Value::Absent } else { reason };
        let mut buffer = itoa::Buffer::new();
        let reason = kept(reason.as_text(&mut buffer).unwrap_or_default());
        let entry = &mut self.agents[agent];
        // Zero is none.
        let is_none = |reason: &str| matches!(reason, "" | "0");
        let is_new = entry.reason != reason && !(is_none(&entry.reason) && is_none(reason));
        entry.reason.clear();
        entry.reason.push_str(reason);
        let told = entry.told;
        self.is_ready(agent, readiness);
        if is_new && told == Some(AgentState::NotReady) && self.agents[agent].told == told {
            self.tell(Transition::new(TransitionKind::AgentReason).agent(agent));
        }
        Effect::Taken
    }

    fn is_ready(&mut self, agent: AgentIx, readiness: Readiness) {
        let state = if readiness == Readiness::Ready { AgentState::Idle } else { AgentState::NotReady };
        self.set_state(agent, state);
        let requests = self.requests_shown(Expect::Readiness(agent, readiness));
        self.tell_state_answering(agent, None, requests);
    }

    /// Nothing keeps the agent any more: the last readiness holds, and who never said otherwise is ready. Unless there is
    /// another call, or the work after one.
    pub(super) fn freed(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        if change.call.is_empty() {
            self.doubt_calls_of(agent, None);
        }
        let entry = &mut self.agents[agent];
        entry.last_word = self.clock;
        entry.end_activity(self.now);
        // The work after a call that nobody knows is any work that is known.
        if self.named_call(&change.call).is_none() {
            self.all_wraps_over(agent);
        }
        let entry = &mut self.agents[agent];
        if !entry.calls.is_empty() || !entry.wraps.is_empty() {
            self.tell_agent_state(Some(agent), None);
            return Effect::Taken;
        }
        let readiness = *entry.readiness.get_or_insert(Readiness::Ready);
        self.is_ready(agent, readiness);
        Effect::Taken
    }

    /// The agent waits for the call, which is to alert next.
    pub(super) fn reserve(&mut self, agent: AgentIx, call: CallIx) {
        self.agents[agent].last_word = self.clock;
        self.set_state(agent, AgentState::Reserved);
        self.tell_agent_state(Some(agent), Some(call));
    }

    /// The agent does not wait for the call any more. The state stands until the platform says the next.
    pub(super) fn release(&mut self, agent: AgentIx, call: CallIx) {
        let entry = &mut self.agents[agent];
        if entry.activity == Some(AgentState::Reserved) && entry.calls.is_empty() {
            entry.end_activity(self.now);
            self.settle_state(agent);
            self.tell_agent_state(Some(agent), Some(call));
        }
    }

    pub(super) fn medium_readiness(&mut self, change: &Change, readiness: Readiness) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let Some(medium) = change.int(Fact::Media).and_then(Media::from_code) else { return Effect::Taken };
        let media = &mut self.agents[agent].media;
        match media.iter_mut().find(|(known, _)| *known == medium) {
            Some((_, known)) => *known = readiness,
            None => media.push((medium, readiness)),
        }
        Effect::Taken
    }

    pub(super) fn activity(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let call = self.named_call(&change.call).filter(|call| self.calls[*call].is_live());
        if call.is_none() && self.named_call(&change.call).is_some() {
            return Effect::Late;
        }
        self.agents[agent].last_word = self.clock;
        if let Some(state) = change.int(Fact::State).and_then(AgentState::from_code) {
            self.set_state(agent, state);
        }
        self.tell_agent_state(Some(agent), call);
        Effect::Taken
    }

    /// What the platform says of an agent's state: readiness ends all wrap-up, activity leaves it alone.
    pub(super) fn set_state(&mut self, agent: AgentIx, state: AgentState) {
        self.agents[agent].settling = None;
        self.agents[agent].hint = None;
        match state {
            AgentState::Idle | AgentState::NotReady => {
                self.wrap_up_over(agent, |_| true);
                let entry = &mut self.agents[agent];
                entry.wraps.clear();
                entry.end_activity(self.now);
                entry.readiness = Some(if state == AgentState::Idle { Readiness::Ready } else { Readiness::NotReady });
            }
            AgentState::Wrap => {
                let entry = &mut self.agents[agent];
                entry.end_activity(self.now);
                if entry.wraps.is_empty() {
                    entry.wraps.push(None);
                }
            }
            AgentState::Reserved | AgentState::PendingActive | AgentState::Active => {
                self.agents[agent].activity = Some(state);
            }
            AgentState::LoggedOff | AgentState::Other => {}
        }
    }

    /// What applications should see, where anything is known.
    fn state_of(&self, agent: AgentIx) -> Option<AgentState> {
        let entry = &self.agents[agent];
        if entry.logged_on == Some(false) {
            return None;
        }
        let party_states = entry.calls.iter().filter_map(|index| {
            let call = &self.calls[*index];
            call.live_party_of(agent).map(|place| call.parties[place].state)
        });
        let mut alerting = entry.activity == Some(AgentState::PendingActive);
        for state in party_states {
            match state {
                PartyState::Connected | PartyState::Held => return Some(AgentState::Active),
                PartyState::Alerting => alerting = true,
                PartyState::Initiated | PartyState::Dialled | PartyState::Left => {}
            }
        }
        match (entry.activity, entry.readiness) {
            (Some(AgentState::Active), _) => Some(AgentState::Active),
            _ if alerting => Some(AgentState::PendingActive),
            _ if !entry.wraps.is_empty() => Some(AgentState::Wrap),
            (Some(AgentState::Reserved), _) => Some(AgentState::Reserved),
            _ if entry.settling.is_some() => entry.told,
            (_, Some(Readiness::Ready)) => Some(AgentState::Idle),
            (_, Some(Readiness::NotReady)) => Some(AgentState::NotReady),
            (_, None) => entry.told,
        }
    }

    pub(super) fn tell_agent_state(&mut self, agent: Option<AgentIx>, call: Option<CallIx>) {
        if let Some(agent) = agent {
            self.tell_state_answering(agent, call, Requests::new());
        }
    }

    /// Tells the state where it changed; whoever asked for it is answered in any case, and so is whoever asked for the end
    /// of a wrap-up after which it is the first.
    pub(super) fn tell_state_answering(&mut self, agent: AgentIx, call: Option<CallIx>, mut requests: Requests) {
        requests.extend(self.wrap_ups_shown(agent));
        requests.extend(self.outcome_as_state(agent));
        let mut state = self.state_of(agent);
        if self.agents[agent].lost && state.is_some() {
            self.is_found_again(Some(agent));
            state = self.state_of(agent);
        }
        let changed = state.is_some() && state != self.agents[agent].told;
        self.agents[agent].told = state;
        if changed {
            self.agents[agent].since = self.now;
        }
        if !changed && requests.is_empty() {
            return;
        }
        let transition = self.state_transition(agent, call);
        if changed {
            self.tell_answering(transition, requests);
        } else {
            self.answer_only(transition, requests);
        }
    }

    pub(super) fn state_transition(&self, agent: AgentIx, call: Option<CallIx>) -> Transition {
        let mut transition = Transition::new(TransitionKind::AgentState).agent(agent);
        transition.call = call;
        let entry = &self.agents[agent];
        transition.details.state =
            entry.told.or(if entry.logged_on == Some(false) { Some(AgentState::LoggedOff) } else { None });
        transition
    }

    // ── between calls ─────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn add_agent_call(&mut self, agent: AgentIx, call: CallIx) {
        let entry = &mut self.agents[agent];
        entry.settling = None;
        entry.hint = None;
        if !entry.calls.contains(&call) {
            entry.calls.push(call);
        }
    }

    pub(super) fn remove_agent_call(&mut self, agent: AgentIx, call: CallIx) {
        let entry = &mut self.agents[agent];
        entry.calls.retain(|known| *known != call);
        entry.hint = None;
        if entry.calls.is_empty() {
            entry.activity = None;
            entry.free_since = self.now;
            self.settle_state(agent);
        }
    }

    /// The state stands until the platform says the next, or for the time of grace.
    pub(super) fn settle_state(&mut self, agent: AgentIx) {
        self.agents[agent].settling = Some(self.now);
        self.timers.set(self.now + self.settings.state_grace, Timer::StateGrace(agent));
    }

    pub(super) fn state_grace_over(&mut self, agent: AgentIx) {
        let entry = &mut self.agents[agent];
        let Some(since) = entry.settling else { return };
        if since + self.settings.state_grace > self.now {
            return;
        }
        entry.settling = None;
        if entry.told.is_none() && entry.readiness.is_none() {
            return;
        }
        // An agent who was given calls and of whose readiness nothing is known takes calls.
        let readiness = *entry.readiness.get_or_insert(Readiness::Ready);
        let requests = self.requests_shown(Expect::Readiness(agent, readiness));
        self.tell_state_answering(agent, None, requests);
    }

    // ── statistics and configuration ──────────────────────────────────────────────────────────────────────────────────

    pub(super) fn agent_seen(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        // The agent was told as logged off with the link: this is the only message that shows the agent logged on
        // again.
        let is_news = self.agents[agent].lost;
        self.presume(is_news, |model| model.see_agent(agent, change))
    }

    fn see_agent(&mut self, agent: AgentIx, change: &Change) -> Effect {
        let service = self.service_of(&change.service);
        self.link.statistics_seen = true;
        self.show(agent);
        let since = time::parse(change.text(Fact::Since)).and_then(|since| since.moment(self.ahead));
        let entry = &mut self.agents[agent];
        entry.stamp = self.stamp;
        entry.seen_epoch = self.link.epoch;
        // Statistics lag: what began before the last event about the agent is old.
        let known_better = since.zip(entry.last_word).is_some_and(|(since, last)| since <= last);
        let state = change.int(Fact::State).and_then(AgentState::from_code).filter(|_| !known_better);
        if state == Some(AgentState::LoggedOff) {
            match self.agents[agent].logged_on {
                Some(true) => self.log_off(agent),
                _ => self.agents[agent].logged_on = Some(false),
            }
            return Effect::Taken;
        }
        if state.is_some() {
            // While the platform repeats all its statistics, they are read only until the agent is known.
            let known = |service| self.agents[agent].services.contains(&service) || !self.link.resynced;
            let joins = service.is_some_and(|service| !known(service));
            self.log_on(agent, change.text(Fact::Station), joins);
        }
        if let Some(service) = service {
            self.join_service(agent, service);
        }
        let Some(state) = state else { return Effect::Taken };
        if change.fact(Fact::Free).as_bool() == Some(true) && matches!(state, AgentState::Idle | AgentState::NotReady) {
            self.doubt_calls_of(agent, None);
        }
        if let Some(underlying) = change.int(Fact::Underlying).and_then(AgentState::from_code) {
            self.set_state(agent, underlying);
        }
        self.set_state(agent, state);
        self.tell_agent_state(Some(agent), None);
        Effect::Taken
    }

    pub(super) fn agent_known(&mut self, change: &Change) -> Effect {
        match self.agent_of(change) {
            Ok(agent) => {
                self.agents[agent].stamp = self.stamp;
                self.show(agent);
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    fn show(&mut self, agent: AgentIx) {
        if !std::mem::replace(&mut self.agents[agent].shown, true) {
            self.tell(Transition::new(TransitionKind::AgentAdded).agent(agent));
        }
    }

    /// The platform has no such agent any more.
    fn unshow(&mut self, agent: AgentIx) {
        if self.agents[agent].is_logged_on() {
            self.log_off(agent);
        }
        if std::mem::take(&mut self.agents[agent].shown) {
            self.tell(Transition::new(TransitionKind::AgentRemoved).agent(agent));
        }
    }

    pub(super) fn agent_removed(&mut self, change: &Change) -> Effect {
        match self.agent_by_id(change.party.id) {
            Some(agent) => {
                self.unshow(agent);
                Effect::Taken
            }
            None => Effect::UnknownAgent,
        }
    }

    /// Whoever was not in this message is not there: not in the service that it lists, or not at all.
    pub(super) fn agents_listed(&mut self, change: &Change) -> Effect {
        let service = self.service_of(&change.service);
        self.link.statistics_seen |= service.is_some();
        if let Some(service) = service {
            self.services[service].listed_epoch = self.link.epoch;
        }
        for agent in self.agents.indices() {
            if self.agents[agent].stamp == self.stamp {
                continue;
            }
            match service {
                Some(service) => self.is_not_at(agent, service),
                None => self.unshow(agent),
            }
        }
        Effect::Taken
    }

    /// The service was listed without the agent. Where that was the last that could have shown the agent, nobody is there.
    fn is_not_at(&mut self, agent: AgentIx, service: ServiceIx) {
        let services = &mut self.agents[agent].services;
        let before = services.len();
        services.retain(|known| *known != service);
        if services.len() == before {
            return;
        }
        self.restaffed.push(service);
        if !self.link.resynced || !self.agents[agent].is_logged_on() {
            return;
        }
        if self.is_gone(agent) {
            self.presume(true, |model| model.log_off(agent));
        } else {
            self.tell_services(agent);
        }
    }

    fn join_service(&mut self, agent: AgentIx, service: ServiceIx) {
        let services = &mut self.agents[agent].services;
        if !services.contains(&service) {
            services.push(service);
            self.restaffed.push(service);
        }
    }

    // ── link ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The platform is gone for good and will show anew who is logged on: until then, all agents are logged off.
    pub(super) fn lose_agents(&mut self) {
        for agent in self.agents.indices() {
            if self.agents[agent].is_logged_on() {
                self.log_off(agent);
            }
            let entry = &mut self.agents[agent];
            entry.lost |= entry.logged_on == Some(false);
            (entry.logged_on, entry.told, entry.readiness, entry.activity) = (None, None, None, None);
            (entry.logging_on, entry.settling, entry.last_word) = (false, None, None);
            entry.wraps.clear();
            entry.calls.clear();
        }
    }

    /// Agents whom the platform should have shown by now are not logged on any more.
    pub(super) fn log_off_unseen(&mut self) {
        for agent in self.agents.indices() {
            if self.is_gone(agent) {
                self.presume(true, |model| model.log_off(agent));
            }
        }
    }

    /// Whether the platform has listed, since the link is back, every service where the agent was, and not the agent.
    fn is_gone(&self, agent: AgentIx) -> bool {
        let (entry, epoch) = (&self.agents[agent], self.link.epoch);
        let unseen = entry.is_logged_on() && entry.stale && entry.seen_epoch != epoch;
        unseen && entry.services.iter().all(|service| self.services[*service].listed_epoch == epoch)
    }
}
