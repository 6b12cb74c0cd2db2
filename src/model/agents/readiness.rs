//! Whether an agent takes calls: what the platform says of it, of single media, and of an agent whom nothing keeps any
//! more. What follows for the agent's state is decided in `state`.

use crate::{
    message::Value,
    model::{requests::Expect, *},
};

impl Model {
    pub(in crate::model) fn readiness(&mut self, change: &Change, readiness: Readiness) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        self.agents[agent].last_word = self.moment.clock;
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

    /// Notes the readiness of an agent whose state is not shown otherwise. An agent who was logged on before may be on
    /// a call, or in work after a call.
    pub(super) fn learn_readiness(&mut self, agent: AgentIx, state: AgentState, was_on: bool) {
        match state {
            AgentState::Idle if was_on => self.agents[agent].readiness = Some(Readiness::Ready),
            AgentState::NotReady if was_on => self.agents[agent].readiness = Some(Readiness::NotReady),
            AgentState::Idle
            | AgentState::NotReady
            | AgentState::LoggedOff
            | AgentState::Reserved
            | AgentState::PendingActive
            | AgentState::Active
            | AgentState::Wrap
            | AgentState::Other => self.set_state(agent, state),
        }
    }

    /// Nothing keeps the agent any more: the last readiness holds, and who never said otherwise is ready. Unless there is
    /// another call, or the work after one.
    pub(in crate::model) fn freed(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        if change.call.is_empty() {
            self.doubt_calls_of(agent, None);
        }
        let entry = &mut self.agents[agent];
        entry.last_word = self.moment.clock;
        entry.end_activity(self.moment.now);
        // The work after a call that nobody knows is any work that is known.
        if self.calls.named(&change.call).is_none() {
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

    pub(in crate::model) fn medium_readiness(&mut self, change: &Change, readiness: Readiness) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let Some(medium) = change.int(Fact::Media).and_then(Media::from_code) else { return Effect::Taken };
        self.agents[agent].set_medium(medium, readiness);
        Effect::Taken
    }
}
