//! Who is who: the platform's agents, and the ids, log-in numbers, names and stations that lead to each. What an agent
//! is doing stands in the modules below: `log_on`, `readiness`, `activity`, and `state`, which decides what applications
//! are told. Work after calls is not here but in `wrap_up`.

mod activity;
mod agent;
mod log_on;
mod presence;
mod readiness;
mod serving;
mod state;

pub use agent::{Agent, Readiness};

use crate::model::*;

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

    /// The agent that a device belongs to, where one is known.
    pub(in crate::model) fn agent_meant(&self, device: &Device) -> Option<AgentIx> {
        match device.kind {
            Some(DeviceKind::Agent) if device.names_agent() => self.agent_by_id(device.id),
            Some(DeviceKind::Agent | DeviceKind::Device) | None => self.agent_by_station(device.number),
            Some(_) => None,
        }
    }

    pub(in crate::model) fn is_new_agent(&self, device: &Device) -> bool {
        device.names_agent() && self.agent_by_id(device.id).is_none()
    }

    /// What a device is that an event names: an agent, who is learnt of thereby, or another.
    pub(in crate::model) fn device(&mut self, device: &Device) -> KnownDevice {
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
    pub(in crate::model) fn agent_of(&mut self, change: &Change) -> Result<AgentIx, Effect> {
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
}
