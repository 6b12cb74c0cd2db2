//! Log-on and log-off, as events and snapshots tell them. Which services the agent then works for is decided in
//! `serving`; whether an agent exists at all, in `presence`.

use smallvec::SmallVec;

use crate::model::{requests::Expect, *};

impl Model {
    pub(in crate::model) fn logged_on(&mut self, change: &Change) -> Effect {
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
        self.agents[agent].last_word = self.moment.clock;
        if let Some(state) = change.int(Fact::State).and_then(AgentState::from_code) {
            self.show_state(agent, state);
        }
        if let Some(readiness) = change.int(Fact::Underlying).and_then(AgentState::from_code) {
            self.learn_readiness(agent, readiness, was_on);
        }
        self.tell_agent_state(Some(agent), None);
        Effect::Taken
    }

    /// Some platforms tell a log-on twice, and only once who it is: that is waited for, but not for long.
    pub(in crate::model) fn log_on_begun(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        if self.agents[agent].number.is_empty() && !self.agents[agent].is_logged_on() {
            self.agents.learn_station(agent, change.text(Fact::Station));
            self.agents[agent].logging_on = true;
            self.timers.set(self.moment.now + self.settings.state_grace, Timer::LogOn(agent));
            return Effect::Taken;
        }
        self.show(agent);
        self.log_on(agent, change.text(Fact::Station), false);
        self.tell_agent_state(Some(agent), None);
        Effect::Taken
    }

    pub(in crate::model) fn log_on_grace_over(&mut self, agent: AgentIx) {
        if self.agents[agent].logging_on {
            self.show(agent);
            self.log_on(agent, "", false);
            self.tell_agent_state(Some(agent), None);
        }
    }

    pub(in crate::model) fn agent_present(&mut self, change: &Change) -> Effect {
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

    /// An agent who was told to be gone with the link, and does something, is there.
    pub(in crate::model) fn is_found_again(&mut self, agent: Option<AgentIx>) {
        if let Some(agent) = agent.filter(|agent| self.agents[*agent].lost) {
            self.presume(true, |model| model.log_on(agent, "", false));
        }
    }

    /// Everything told of the agent since the last log-off still holds, because messages of one moment come in any
    /// order. The caller tells the state afterwards. If an agent who is logged on `joins` a service, the log-on is told
    /// once more, with all services.
    pub(super) fn log_on(&mut self, agent: AgentIx, station: &str, joins: bool) {
        let moved = self.agents.learn_station(agent, station);
        let now = self.moment.now;
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
            self.agents.claim_station(agent);
        }
        self.requests.agent_shown(agent, &self.agents[agent]);
        let requests = self.requests_shown(Expect::LoggedOn(agent));
        let transition = Transition::new(TransitionKind::AgentLoggedOn).agent(agent);
        if was_on && !moved && !joins {
            self.answer_only(transition, requests);
        } else {
            self.tell_answering(transition, requests);
        }
    }

    pub(in crate::model) fn logged_off(&mut self, change: &Change) -> Effect {
        match self.agent_of(change) {
            Ok(agent) => {
                self.agents[agent].last_word = self.moment.clock;
                self.log_off(agent);
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    pub(in crate::model) fn log_off(&mut self, agent: AgentIx) {
        self.doubt_calls_of(agent, None);
        self.wrap_up_over(agent, |_| true);
        let entry = &mut self.agents[agent];
        let was_off = entry.logged_on == Some(false) || entry.lost;
        entry.log_off();
        let requests = self.requests_shown(Expect::LoggedOff(agent));
        let transition = Transition::new(TransitionKind::AgentLoggedOff).agent(agent);
        if was_off {
            self.answer_only(transition, requests);
        } else {
            self.tell_answering(transition, requests);
        }
        self.fail_requests_of_agent(agent);
    }
}
