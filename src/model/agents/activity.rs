//! An agent's activity: the agent's calls, a call that the agent is reserved for, and what the platform says or
//! hints besides. Hints duplicate the events of calls and come in any order with them. Readiness is not here.

use crate::model::{timers::Timer, *};

impl Model {
    pub(in crate::model) fn activity(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let call = self.calls.named(&change.call).filter(|call| self.calls[*call].is_live());
        if call.is_none() && self.calls.named(&change.call).is_some() {
            return Effect::Late;
        }
        self.agents[agent].last_word = self.moment.clock;
        if let Some(state) = change.int(Fact::State).and_then(AgentState::from_code) {
            self.set_state(agent, state);
        }
        self.tell_agent_state(Some(agent), call);
        Effect::Taken
    }

    /// A hint takes effect once it has stood for a while and nothing else explains it.
    pub(in crate::model) fn activity_hinted(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let entry = &mut self.agents[agent];
        if let Some(state) = change.int(Fact::State).and_then(AgentState::from_code) {
            entry.hint = Some((state, self.moment.now));
            self.timers.set(self.moment.now + self.settings.state_grace, Timer::Hint(agent));
            return Effect::Taken;
        }
        entry.hint = None;
        // A state that came from a hint only ends with another hint.
        let of_no_call = entry.calls.is_empty() && entry.wraps.iter().all(Option::is_none);
        let is_hinted = entry.activity == Some(AgentState::Active) || !entry.wraps.is_empty();
        if of_no_call && is_hinted { self.freed(change) } else { Effect::Taken }
    }

    pub(in crate::model) fn hint_over(&mut self, agent: AgentIx) {
        let Some(entry) = self.agents.get_mut(agent) else { return };
        let Some((state, since)) = entry.hint else { return };
        if since + self.settings.state_grace > self.moment.now {
            return;
        }
        entry.hint = None;
        // An earlier hint does not explain this one.
        let is_known = !entry.calls.is_empty()
            || entry.wraps.iter().any(Option::is_some)
            || entry.settling.is_some()
            || matches!(entry.activity, Some(AgentState::Reserved | AgentState::PendingActive));
        if entry.is_logged_on() && !is_known {
            self.set_state(agent, state);
            self.tell_agent_state(Some(agent), None);
        }
    }

    /// The agent waits for the call, which is to alert next.
    pub(in crate::model) fn reserve(&mut self, agent: AgentIx, call: CallIx) {
        self.agents[agent].last_word = self.moment.clock;
        self.set_state(agent, AgentState::Reserved);
        self.tell_agent_state(Some(agent), Some(call));
    }

    /// The agent does not wait for the call any more. The state stands until the platform says the next.
    pub(in crate::model) fn release(&mut self, agent: AgentIx, call: CallIx) {
        let entry = &mut self.agents[agent];
        if entry.activity == Some(AgentState::Reserved) && entry.calls.is_empty() {
            entry.end_activity(self.moment.now);
            self.settle_state(agent);
            self.tell_agent_state(Some(agent), Some(call));
        }
    }

    pub(in crate::model) fn add_agent_call(&mut self, agent: AgentIx, call: CallIx) {
        let entry = &mut self.agents[agent];
        entry.settling = None;
        entry.hint = None;
        if !entry.calls.contains(&call) {
            entry.calls.push(call);
        }
    }

    pub(in crate::model) fn remove_agent_call(&mut self, agent: AgentIx, call: CallIx) {
        let entry = &mut self.agents[agent];
        entry.calls.retain(|known| *known != call);
        entry.hint = None;
        if entry.calls.is_empty() {
            entry.activity = None;
            entry.free_since = self.moment.now;
            self.settle_state(agent);
        }
    }
}
