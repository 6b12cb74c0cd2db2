//! Whether an agent is there at all: configuration, statistics and lists that show agents, and agents whom the platform
//! no longer shows. The events of a log-on are not here but in `log_on`.

use crate::{
    model::{backlog::Cause, *},
    time,
};

impl Model {
    pub(in crate::model) fn agent_known(&mut self, change: &Change) -> Effect {
        match self.agent_of(change) {
            Ok(agent) => {
                self.agents[agent].stamp = self.moment.stamp;
                self.show(agent);
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    /// The note neither logs the agent on nor outlives the log-on.
    pub(in crate::model) fn agent_noted(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let entry = &mut self.agents[agent];
        if entry.logged_on != Some(false) || entry.logging_on {
            entry.phone = change.fact(Fact::Phone).as_bool().unwrap_or(entry.phone);
        }
        Effect::Taken
    }

    pub(in crate::model) fn agent_removed(&mut self, change: &Change) -> Effect {
        match self.agents.by_id(change.party.id) {
            Some(agent) => {
                self.unshow(agent);
                Effect::Taken
            }
            None => Effect::UnknownAgent,
        }
    }

    pub(super) fn show(&mut self, agent: AgentIx) {
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

    pub(in crate::model) fn agent_seen(&mut self, change: &Change) -> Effect {
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
        let since = time::parse(change.text(Fact::Since)).and_then(|since| since.moment(self.moment.ahead));
        let entry = &mut self.agents[agent];
        entry.stamp = self.moment.stamp;
        entry.seen_epoch = self.link.epoch;
        // Statistics lag: what began before the last event about the agent is old.
        let known_better = since.zip(entry.last_word).is_some_and(|(since, last)| since <= last);
        let state = change.int(Fact::State).and_then(AgentState::from_code).filter(|_| !known_better);
        if state == Some(AgentState::LoggedOff) {
            if self.agents[agent].is_logged_on() {
                self.log_off(agent);
            } else {
                self.agents[agent].logged_on = Some(false);
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

    /// An agent whom this message does not list is not there: not in the service that it lists, or not at all.
    pub(in crate::model) fn agents_listed(&mut self, change: &Change) -> Effect {
        let service = self.service_of(&change.service);
        self.link.statistics_seen |= service.is_some();
        if let Some(service) = service {
            self.services[service].listed_epoch = self.link.epoch;
        }
        for agent in self.agents.indices() {
            if self.agents[agent].stamp == self.moment.stamp {
                continue;
            }
            match service {
                Some(service) => self.is_not_at(agent, service),
                None => self.unshow(agent),
            }
        }
        Effect::Taken
    }

    /// Agents whom the platform should have shown by now are not logged on any more.
    pub(in crate::model) fn log_off_unseen(&mut self) {
        for agent in self.agents.indices() {
            if self.is_gone(agent) {
                self.backlog.end_agent(agent, Cause::Unseen(self.link.epoch));
            }
        }
    }

    /// Whether the platform has listed, since the link is back, every service where the agent was, and not the agent.
    pub(in crate::model) fn is_gone(&self, agent: AgentIx) -> bool {
        let (entry, epoch) = (&self.agents[agent], self.link.epoch);
        let unseen = entry.is_logged_on() && entry.stale && entry.seen_epoch != epoch;
        unseen && entry.services.iter().all(|service| self.services[*service].listed_epoch == epoch)
    }

    /// The platform is gone for good and will show anew who is logged on: until then, the agent is logged off.
    pub(in crate::model) fn lose_agent(&mut self, agent: AgentIx) {
        if self.agents[agent].is_logged_on() {
            self.log_off(agent);
        }
        self.agents[agent].lose();
    }
}
