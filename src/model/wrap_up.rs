//! Work after calls: who owes it, which call it belongs to where calls have joined, and how it begins and ends.

use smallvec::SmallVec;

use super::{call::MAX_DISPOSITIONS, requests::Expect, *};

impl Model {
    pub(super) fn owe_wrap(&mut self, agent: AgentIx, call: CallIx) {
        let owed = &mut self.calls[call].owed;
        if !owed.contains(&agent) {
            owed.push(agent);
            self.agents[agent].owes.push(call);
        }
    }

    /// The agent's wrap-up is over for the calls that are meant and that the agent is not in any more.
    pub(super) fn wrap_up_over(&mut self, agent: AgentIx, meant: impl Fn(CallIx) -> bool) {
        for call in self.agents[agent].owes.clone() {
            if !meant(call) || self.calls[call].live_party_of(agent).is_some() {
                continue;
            }
            let wrapped =
                self.agents[agent].wraps.iter().flatten().any(|wrap| *wrap == call || self.result_of(*wrap) == call);
            let kind = if wrapped { TransitionKind::WrapEnded } else { TransitionKind::WrapSkipped };
            self.tell(Transition::new(kind).call(call).agent(agent));
            let entry = &mut self.calls[call];
            entry.owed.retain(|known| *known != agent);
            let over = entry.owed.is_empty();
            self.agents[agent].owes.retain(|known| *known != call);
            if over {
                self.complete(call);
            }
        }
    }

    /// The call after which an agent works where the platform names this one. After a join it may name any of the three:
    /// whoever left by the join works after the old call, whoever stayed after the result.
    pub(super) fn call_worked_on(&self, agent: AgentIx, named: CallIx) -> CallIx {
        let result = self.result_of(named);
        let owes = &self.agents[agent].owes;
        let same = owes.iter().find(|owed| **owed == named);
        if let Some(owed) = same.or_else(|| owes.iter().find(|owed| self.result_of(**owed) == result)) {
            return *owed;
        }
        let was_in = |call: CallIx| self.calls.get(call).is_some_and(|call| call.party_of(agent).is_some());
        if was_in(named) && !was_in(result) { named } else { result }
    }

    pub(super) fn wrap_started(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let named = self.bearer(&change.call);
        let call = match named {
            Some(named) => Some(self.call_worked_on(agent, named)),
            None => self.agents[agent].owes.last().copied().filter(|_| change.call.is_empty()),
        };
        if let Some(index) = call {
            // Work after a call: the agent is not in it any more, whatever was not said. Only of what a call became part
            // of it says nothing.
            if let Some(place) = self.calls[index].live_party_of(agent) {
                if named.is_some_and(|named| named != index) {
                    return Effect::Late;
                }
                self.leave(index, place);
            }
            let answered = |party: &Party| party.device.agent == Some(agent) && party.answered;
            if self.calls[index].parties.iter().any(answered) && !self.agents[agent].owes.contains(&index) {
                return Effect::Late;
            }
            if self.calls[index].is_live() {
                self.note(index, change);
            }
        }
        let entry = &mut self.agents[agent];
        entry.last_word = self.clock;
        entry.settling = None;
        entry.end_activity(self.now);
        if !entry.wraps.contains(&call) {
            entry.wraps.push(call);
        }
        let requests = self.requests_shown(Expect::Wrap(agent));
        self.tell_state_answering(agent, call, requests);
        // An agent may wrap up without a call, and end that.
        if call.is_none() && !change.call.is_empty() { Effect::UnknownCall } else { Effect::Taken }
    }

    pub(super) fn wrap_ended(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let call = self.named_call(&change.call);
        let requests = self.dispositions_shown(call, agent, change);
        if let Some(call) = call {
            self.set_disposition(call, Some(agent), change);
            let meant: SmallVec<[CallIx; 2]> =
                self.agents[agent].owes.iter().copied().filter(|owed| self.result_of(*owed) == call).collect();
            self.wrap_up_over(agent, |owed| meant.contains(&owed));
        }
        let mut wraps = std::mem::take(&mut self.agents[agent].wraps);
        let wrapped = !wraps.is_empty();
        // Whatever the platform works after that is not known is over, too.
        wraps.retain(|wrap| wrap.is_some_and(|wrap| Some(self.result_of(wrap)) != call));
        let entry = &mut self.agents[agent];
        entry.last_word = self.clock;
        entry.wraps = wraps;
        if wrapped && entry.wraps.is_empty() && entry.calls.is_empty() {
            self.settle_state(agent);
        }
        self.tell_state_answering(agent, None, requests);
        if call.is_none() && !change.call.is_empty() { Effect::UnknownCall } else { Effect::Taken }
    }

    /// Whatever the agent works after, that work is over. Other calls' may not have begun.
    pub(super) fn all_wraps_over(&mut self, agent: AgentIx) {
        let owes = self.agents[agent].owes.iter().copied();
        let worked_on: SmallVec<[CallIx; 2]> = owes.filter(|owed| self.is_wrapping(agent, Some(*owed))).collect();
        self.wrap_up_over(agent, |owed| worked_on.contains(&owed));
        self.agents[agent].wraps.clear();
    }

    /// Whether an agent works after this call, or, of whom that is not known, after any.
    pub(super) fn is_wrapping(&self, agent: AgentIx, call: Option<CallIx>) -> bool {
        let same = |wrap: CallIx| call.is_none_or(|call| self.result_of(call) == self.result_of(wrap));
        self.agents[agent].wraps.iter().any(|wrap| wrap.is_none_or(same))
    }

    /// Whether nothing is left to do after this call, and the platform has said what comes next, or had its time to.
    pub(super) fn is_wrap_up_over(&self, agent: AgentIx, call: Option<CallIx>) -> bool {
        let entry = &self.agents[agent];
        let same = |other: &CallIx| call.is_some_and(|call| self.result_of(call) == self.result_of(*other));
        let is_open = entry.calls.iter().any(same) || entry.owes.iter().any(same) || self.is_wrapping(agent, call);
        !is_open && entry.settling.is_none()
    }

    pub(super) fn disposed(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let Some(call) = self.named_call(&change.call) else { return Effect::UnknownCall };
        if self.set_disposition(call, Some(agent), change) {
            let mut transition = Transition::new(TransitionKind::Disposed).call(call).agent(agent);
            transition.details.code = self.calls[call].disposition;
            self.tell(transition);
        }
        let requests = self.dispositions_shown(Some(call), agent, change);
        let transition = self.state_transition(agent, Some(call));
        self.answer_only(transition, requests);
        Effect::Taken
    }

    /// Whether there is a new one. Once the call's end was told it only answers whoever asked.
    pub(super) fn set_disposition(&mut self, call: CallIx, agent: Option<AgentIx>, change: &Change) -> bool {
        let Some(code) = change.int(Fact::Code).filter(|code| *code != 0) else { return false };
        let call = &mut self.calls[call];
        let given = agent.map(|agent| (agent, code)).filter(|given| !call.dispositions.contains(given));
        if call.dispositions.len() < MAX_DISPOSITIONS {
            call.dispositions.extend(given);
        }
        call.disposition.replace(code) != Some(code)
    }
}
