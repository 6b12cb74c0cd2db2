//! The services that an agent works for. Services themselves are kept in `services`; an agent's log-on is in `log_on`.

use smallvec::SmallVec;

use crate::model::*;

impl Model {
    pub(in crate::model) fn agent_serves(&mut self, change: &Change) -> Effect {
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
        let before = self.services.restaffed.len();
        self.services.restaffed.extend(left.chain(joined));
        if self.services.restaffed.len() > before && self.agents[agent].is_logged_on() {
            self.tell_services(agent);
        }
        Effect::Taken
    }

    pub(super) fn join_service(&mut self, agent: AgentIx, service: ServiceIx) {
        let services = &mut self.agents[agent].services;
        if !services.contains(&service) {
            services.push(service);
            self.services.restaffed.push(service);
        }
    }

    /// The service was listed without the agent. Where that was the last that could have shown the agent, nobody is there.
    pub(super) fn is_not_at(&mut self, agent: AgentIx, service: ServiceIx) {
        let services = &mut self.agents[agent].services;
        let before = services.len();
        services.retain(|known| *known != service);
        if services.len() == before {
            return;
        }
        self.services.restaffed.push(service);
        if !self.link.resynced || !self.agents[agent].is_logged_on() {
            return;
        }
        if self.is_gone(agent) {
            self.presume(true, |model| model.log_off(agent));
        } else {
            self.tell_services(agent);
        }
    }

    /// The agent's services have changed. The log-on is told again, because it is the message that names them.
    fn tell_services(&mut self, agent: AgentIx) {
        self.tell(Transition::new(TransitionKind::AgentLoggedOn).agent(agent));
    }
}
