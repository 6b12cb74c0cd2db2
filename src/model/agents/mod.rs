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

use hashbrown::HashMap;

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

/// The table of agents, and what leads to each.
#[derive(Debug, Default)]
pub(super) struct Agents {
    table: Slab<AgentIx, Agent>,
    ids: HashMap<SpacedId, AgentIx>,
}

impl Agents {
    pub fn get_mut(&mut self, index: AgentIx) -> Option<&mut Agent> {
        self.table.get_mut(index)
    }

    pub fn iter(&self) -> impl Iterator<Item = (AgentIx, &Agent)> {
        self.table.iter()
    }

    pub fn iter_from(&self, place: usize) -> impl Iterator<Item = (AgentIx, &Agent)> {
        self.table.iter_from(place)
    }

    pub fn indices(&self) -> Vec<AgentIx> {
        self.table.indices()
    }

    fn add(&mut self, id: NativeId) -> AgentIx {
        let agent = self.table.insert(Agent { id: Some(id.clone()), ..Agent::default() });
        self.ids.insert(SpacedId { space: ID, id }, agent);
        agent
    }

    /// The agent with this record id.
    pub fn by_id(&self, id: Id) -> Option<AgentIx> {
        self.ids.get(&SpacedRef { space: ID, id }).copied().filter(|_| !id.is_none())
    }

    /// The agent who logs in with this number, else the one of this name.
    pub fn by_login(&self, login: &str) -> Option<AgentIx> {
        let by = |space| self.ids.get(&SpacedRef { space, id: Id::Text(login) }).copied();
        by(NUMBER).or_else(|| by(NAME)).filter(|_| !login.is_empty())
    }

    /// The agent who is logged on at this station.
    pub fn by_station(&self, number: &str) -> Option<AgentIx> {
        let digits = digits(number);
        let text = std::str::from_utf8(&digits).ok().filter(|text| !text.is_empty())?;
        let agent = *self.ids.get(&SpacedRef { space: STATION, id: Id::Text(text) })?;
        Some(agent).filter(|agent| self[*agent].is_logged_on())
    }

    /// The agent that a device belongs to, where one is known.
    pub fn meant(&self, device: &Device) -> Option<AgentIx> {
        match device.kind {
            Some(DeviceKind::Agent) if device.names_agent() => self.by_id(device.id),
            Some(DeviceKind::Agent | DeviceKind::Device) | None => self.by_station(device.number),
            Some(_) => None,
        }
    }

    pub fn is_new(&self, device: &Device) -> bool {
        device.names_agent() && self.by_id(device.id).is_none()
    }

    /// Whether the agent was not called so before.
    pub fn learn(&mut self, agent: AgentIx, space: u8, new: &str) -> bool {
        let new = kept(new);
        let entry = &mut self[agent];
        let known = if space == NUMBER { &mut entry.number } else { &mut entry.name };
        if new.is_empty() || known == new {
            return false;
        }
        let old = SpacedId { space, id: NativeId::Text(std::mem::replace(known, new.to_owned()).into()) };
        if self.ids.get(&old) == Some(&agent) {
            self.ids.remove(&old);
        }
        self.ids.insert(SpacedId { space, id: NativeId::Text(new.into()) }, agent);
        true
    }

    /// Whether the station is another than before.
    pub fn learn_station(&mut self, agent: AgentIx, new: &str) -> bool {
        let new = kept(new);
        let entry = &mut self[agent];
        if new.is_empty() || entry.station == new {
            return false;
        }
        let old = station_id(&std::mem::replace(&mut entry.station, new.to_owned()));
        if self.ids.get(&old) == Some(&agent) {
            self.ids.remove(&old);
        }
        self.claim_station(agent);
        true
    }

    /// The agent's station is the agent's now, even if another agent was known to be there.
    pub fn claim_station(&mut self, agent: AgentIx) {
        let station = &self[agent].station;
        if !station.is_empty() {
            self.ids.insert(station_id(station), agent);
        }
    }
}

impl std::ops::Index<AgentIx> for Agents {
    type Output = Agent;

    fn index(&self, index: AgentIx) -> &Agent {
        &self.table[index]
    }
}

impl std::ops::IndexMut<AgentIx> for Agents {
    fn index_mut(&mut self, index: AgentIx) -> &mut Agent {
        &mut self.table[index]
    }
}

impl Model {
    /// The agent with this record id.
    pub fn agent_by_id(&self, id: Id) -> Option<AgentIx> {
        self.agents.by_id(id)
    }

    /// The agent who logs in with this number, else the one of this name.
    pub fn agent_by_login(&self, login: &str) -> Option<AgentIx> {
        self.agents.by_login(login)
    }

    /// The agent who is logged on at this station.
    pub fn agent_by_station(&self, number: &str) -> Option<AgentIx> {
        self.agents.by_station(number)
    }

    /// The device that an event names. An agent is learnt of thereby.
    pub(in crate::model) fn device(&mut self, device: &Device) -> KnownDevice {
        let agent = if device.names_agent() { self.agent_or_new(device.id) } else { self.agents.meant(device) };
        if let (Some(agent), Some(DeviceKind::Agent)) = (agent, device.kind)
            && self.agents[agent].station.is_empty()
        {
            self.agents.learn_station(agent, device.number);
        }
        let kind = if agent.is_some() { Some(DeviceKind::Agent) } else { device.kind };
        KnownDevice { kind, agent, id: NativeId::new(device.id), number: kept(device.number).into() }
    }

    fn agent_or_new(&mut self, id: Id) -> Option<AgentIx> {
        if let Some(agent) = self.agents.by_id(id) {
            return Some(agent);
        }
        let native = NativeId::new(id)?;
        if self.agents.table.len() >= self.settings.max_agents {
            self.bounds.agents += 1;
            return None;
        }
        let agent = self.agents.add(native);
        self.requests.agent_shown(agent, &self.agents[agent]);
        Some(agent)
    }

    /// The agent that a change is about, with everything learnt that it says of the agent.
    pub(in crate::model) fn agent_of(&mut self, change: &Change) -> Result<AgentIx, Effect> {
        let known = if change.party.id.is_none() {
            self.agents.by_login(change.text(Fact::Number)).or_else(|| self.agents.by_station(change.party.number))
        } else {
            self.agents.by_id(change.party.id)
        };
        let agent = match known {
            Some(agent) => agent,
            None if change.party.id.is_none() => return Err(Effect::UnknownAgent),
            None => self.agent_or_new(change.party.id).ok_or(Effect::Full)?,
        };
        let renumbered = self.agents.learn(agent, NUMBER, change.text(Fact::Number));
        let renamed = self.agents.learn(agent, NAME, change.text(Fact::Name));
        self.agents[agent].stale = false;
        if (renumbered || renamed) && self.agents[agent].shown {
            self.tell(Transition::new(TransitionKind::AgentChanged).agent(agent));
        }
        Ok(agent)
    }
}
