//! Calls that wait at a service, for the agent whom the platform chooses, or once more because a callback reached nobody.
//! Services themselves are kept in `services`.

use smallvec::SmallVec;

use crate::model::*;

impl Model {
    pub(in crate::model) fn queued(&mut self, change: &Change) -> Effect {
        let service = self.service_of(&change.service);
        let index = match self.call_for(change, None) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        // A repeat names the same moment, even if the call has been on its way since.
        let (call, since) = (&self.calls[index], self.waits_since(change));
        let waited_there = since.is_some() && call.queued_at == since && (service.is_none() || call.service == service);
        if !waited_there {
            let agent = self.device(&change.party).agent;
            self.wait_at(index, service, agent, change);
        }
        Effect::Taken
    }

    /// Since when the call waits, by the platform's clock.
    fn waits_since(&self, change: &Change) -> Option<u64> {
        let waited = change.int(Fact::Waited).and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0);
        self.moment.clock.map(|clock| clock.saturating_sub(waited.saturating_mul(1000)))
    }

    /// The call waits at a service: at the last one, where none is named. An agent who is in it put it there.
    fn wait_at(&mut self, index: CallIx, service: Option<ServiceIx>, agent: Option<AgentIx>, change: &Change) {
        let since = self.waits_since(change);
        let call = &self.calls[index];
        let service = service.or(call.service);
        if call.queue.is_some() && call.queue == service {
            return;
        }
        self.nobody_answered(index);
        let call = &mut self.calls[index];
        call.cause = change.int(Fact::Cause).and_then(Cause::from_code);
        call.drop_dialled();
        call.queue = service;
        call.service = service;
        call.has_waited = true;
        call.queued_at = since;
        call.ty = call.ty.or(Some(CallType::Acd));
        let mut transition = Transition::new(TransitionKind::CallQueued).call(index);
        transition.service = service;
        transition.party = agent.and_then(|agent| call.live_party_of(agent)).map(|place| (index, place as u8));
        self.tell(transition);
    }

    /// Told once per agent: an agent who has the call already, or is about to, is not chosen anew.
    pub(in crate::model) fn allocated(&mut self, change: &Change) -> Effect {
        let service = self.service_of(&change.service);
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let index = match self.call_for(change, None) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        if let Some(service) = service.filter(|_| self.calls[index].originator.is_none()) {
            self.services.learn_number(service, change.text(Fact::Dnis));
        }
        let call = &mut self.calls[index];
        call.waits_unseen = false;
        if call.reserved_for == Some(agent) {
            return Effect::Taken;
        }
        if call.live_party_of(agent).is_some() {
            self.has_waited(index, service, change);
            return Effect::Taken;
        }
        self.doubt_calls_of(agent, Some(index));
        self.unreserve(index);
        self.wait_at(index, service, None, change);
        self.wait_over(index);
        self.calls[index].reserved_for = Some(agent);
        self.reserve(agent, index);
        Effect::Taken
    }

    /// The agent has the call before the platform told that it was queued. It was a service's call nevertheless, and
    /// this is told late.
    fn has_waited(&mut self, index: CallIx, service: Option<ServiceIx>, change: &Change) {
        let since = self.waits_since(change);
        let call = &mut self.calls[index];
        if call.has_waited && (service.is_none() || call.service == service) {
            return;
        }
        call.service = service.or(call.service);
        (call.has_waited, call.queued_at) = (true, since);
        call.ty = call.ty.or(Some(CallType::Acd));
        for kind in [TransitionKind::CallQueued, TransitionKind::CallDequeued] {
            let mut transition = Transition::new(kind).call(index);
            transition.service = self.calls[index].service;
            self.tell(transition);
        }
    }

    /// The agent who was chosen for the call is not any more.
    pub(super) fn unreserve(&mut self, index: CallIx) {
        if let Some(agent) = self.calls[index].reserved_for.take() {
            self.release(agent, index);
        }
    }

    /// The call waits again: the agents whom it alerted did not answer.
    fn nobody_answered(&mut self, index: CallIx) {
        let call = &self.calls[index];
        if !call.has_waited {
            return;
        }
        let alerted = |place: &usize| call.parties[*place].state == PartyState::Alerting;
        let places: SmallVec<[usize; 4]> = call.agents_in().map(|(place, _)| place).filter(alerted).collect();
        for place in places {
            self.leave(index, place);
        }
    }

    pub(in crate::model) fn dequeued(&mut self, change: &Change) -> Effect {
        match self.live_call(change) {
            Ok(index) => {
                self.wait_over(index);
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    /// The call waits no longer; it is still known where it did.
    pub(super) fn wait_over(&mut self, index: CallIx) {
        let Some(service) = self.calls[index].queue.take() else { return };
        let mut transition = Transition::new(TransitionKind::CallDequeued).call(index);
        transition.service = Some(service);
        self.tell(transition);
    }

    pub(in crate::model) fn reinserted(&mut self, change: &Change) -> Effect {
        let Some(index) = self.calls.named(&change.call) else { return Effect::UnknownCall };
        if std::mem::replace(&mut self.calls[index].reinserted, true) {
            return Effect::Late;
        }
        if self.calls[index].is_live() {
            return self.queued(change);
        }
        let agent = self.device(&change.party).agent;
        let service = self.service_of(&change.service);
        let call = &mut self.calls[index];
        call.cause = change.int(Fact::Cause).and_then(Cause::from_code).or(call.cause);
        let mut transition = Transition::new(TransitionKind::CallReinserted).call(index).agent(agent);
        transition.service = service.or(call.service);
        transition.party = agent.and_then(|agent| call.party_of(agent)).map(|place| (index, place as u8));
        self.tell(transition);
        Effect::Taken
    }
}
