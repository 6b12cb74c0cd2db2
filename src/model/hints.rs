//! What platforms tell of agents besides their log-ons, their readiness and the events of their calls: who works at a
//! telephone alone, and messages that duplicate the events of calls and come in any order with them.

use super::{timers::Timer, *};

impl Model {
    /// The note neither logs the agent on nor outlives the log-on.
    pub(super) fn agent_noted(&mut self, change: &Change) -> Effect {
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

    /// A hint takes effect once it has stood for a while and nothing else explains it.
    pub(super) fn activity_hinted(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let entry = &mut self.agents[agent];
        if let Some(state) = change.int(Fact::State).and_then(AgentState::from_code) {
            entry.hint = Some((state, self.now));
            self.timers.set(self.now + self.settings.state_grace, Timer::Hint(agent));
            return Effect::Taken;
        }
        entry.hint = None;
        // A state that came from a hint only ends with another hint.
        let of_no_call = entry.calls.is_empty() && entry.wraps.iter().all(Option::is_none);
        let is_hinted = entry.activity == Some(AgentState::Active) || !entry.wraps.is_empty();
        if of_no_call && is_hinted { self.freed(change) } else { Effect::Taken }
    }

    pub(super) fn hint_over(&mut self, agent: AgentIx) {
        let Some(entry) = self.agents.get_mut(agent) else { return };
        let Some((state, since)) = entry.hint else { return };
        if since + self.settings.state_grace > self.now {
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
}
