//! The codes that agents give to calls, during the call or in the work after it. The work itself is in `wrap_up`.

use crate::model::{calls::MAX_DISPOSITIONS, *};

impl Model {
    pub(super) fn disposed(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let Some(named) = self.call_of_work(agent, &change.call) else { return Effect::UnknownCall };
        let call = self.call_worked_on(agent, named);
        self.calls.renew(call, self.moment.now);
        if self.set_disposition(call, Some(agent), change) {
            self.tell_disposed(call, agent);
        }
        let requests = self.dispositions_shown(Some(call), agent, change);
        let transition = self.state_transition(agent, Some(call));
        self.answer_only(transition, requests);
        Effect::Taken
    }

    pub(super) fn tell_disposed(&mut self, call: CallIx, agent: AgentIx) {
        let late = self.calls[call].completed;
        let kind = if late { TransitionKind::DisposedLate } else { TransitionKind::Disposed };
        let mut transition = Transition::new(kind).call(call).agent(agent);
        transition.details.code = self.calls[call].disposition_of(agent);
        self.tell(transition);
    }

    /// Sets a call's disposition. Returns true if it differs from the agent's last one.
    pub(super) fn set_disposition(&mut self, call: CallIx, agent: Option<AgentIx>, change: &Change) -> bool {
        let Some(code) = change.int(Fact::Code).filter(|code| *code != 0) else { return false };
        if let Some(agent) = agent {
            self.agents[agent].disposition = Some(code);
        }
        let call = &mut self.calls[call];
        let before = call.disposition.replace(code);
        let Some(agent) = agent else { return before != Some(code) };
        if call.disposition_of(agent) == Some(code) {
            return false;
        }
        call.dispositions.retain(|given| *given != (agent, code));
        if call.dispositions.len() < MAX_DISPOSITIONS {
            call.dispositions.push((agent, code));
        }
        true
    }
}
