//! The end of a call, told once and last. When silence ends a call is decided in `expiry`; work after it is in `wrap_up`.
//!
//! Invariant: nothing but wrap-up is told of a call after its end (`no_order_of_events_breaks_a_life`).

use crate::model::{timers::Timer, *};

impl Model {
    pub(in crate::model) fn ended(&mut self, change: &Change) -> Effect {
        self.code_after_end(change);
        match self.call_left(change) {
            Ok(index) => {
                self.calls[index].said_abandoned = change.fact(Fact::Abandoned).as_bool();
                // A code that comes with the call's end belongs to the agent who was connected last.
                let agent = self.calls[index].answering_agent();
                if let (true, Some(agent)) = (self.set_disposition(index, agent, change), agent) {
                    self.tell_disposed(index, agent);
                }
                self.end_call(index);
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    /// Takes the code that comes with the end of a call which is known to be over, and whose wrap-up is not.
    fn code_after_end(&mut self, change: &Change) {
        let Some(index) = self.calls.bearer(&change.call) else { return };
        let call = &self.calls[index];
        let Some(agent) = call.answering_agent().filter(|_| !call.is_live() && !call.completed) else { return };
        if self.set_disposition(index, Some(agent), change) {
            self.tell_disposed(index, agent);
        }
    }

    /// Nobody on the platform's side is in the call any more: it is over.
    pub(in crate::model) fn deserted(&mut self, change: &Change) -> Effect {
        match self.call_left(change) {
            Ok(index) => {
                if self.calls[index].agents_in().next().is_none() {
                    self.end_call(index);
                }
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    /// The call is over: everyone in it leaves, every agent who has not been told is, and what it still owes runs out.
    pub(super) fn end_call(&mut self, index: CallIx) {
        let in_it: Vec<usize> = (0..self.calls[index].parties.len()).collect();
        for place in in_it {
            let party = &mut self.calls[index].parties[place];
            if party.is_in() && party.device.is_agent() {
                // The platform did not say who left first.
                self.take_out(index, place);
                self.calls[index].parties[place].left_first = false;
            } else {
                // That the call is over says it.
                party.state = PartyState::Left;
            }
        }
        self.finish_call(index);
    }

    /// Says that a call that everyone has left is over.
    pub(super) fn finish_call(&mut self, index: CallIx) {
        self.unreserve(index);
        let call = &mut self.calls[index];
        call.phase = Phase::Ended;
        call.queue = None;
        self.calls.end_age(index, self.moment.now);
        self.tell(Transition::new(TransitionKind::CallEnded).call(index));
        self.fail_requests_of(index);
        if self.calls.is_leaving(index) {
            return;
        }
        if self.calls[index].owed.is_empty() {
            self.complete(index);
        } else {
            self.timers.set(self.moment.now + self.settings.wrap_grace, Timer::WrapGrace(index));
        }
    }

    /// Nothing shows the call alive any more. It is told to be over, without a cause.
    pub(in crate::model) fn presume_over(&mut self, index: CallIx) {
        self.calls[index].presumed_over = true;
        let names = self.calls[index].names.clone();
        self.calls.names.spent.add(&names, self.moment.now, self.moment.now + self.settings.call_expiry);
        self.presume(true, |model| model.end_call(index));
    }

    pub(in crate::model) fn drop_call(&mut self, index: CallIx) {
        let Some(call) = self.calls.remove(index, self.moment.now) else { return };
        self.calls.weight -= call.weighs;
        self.calls.drop_names(index, &call.names);
        for party in call.parties {
            if let Some(agent) = party.device.agent.and_then(|agent| self.agents.get_mut(agent)) {
                agent.calls.retain(|known| *known != index);
                agent.owes.retain(|known| *known != index);
                // The work goes on; it is not known any more after what.
                agent.wraps.iter_mut().filter(|known| **known == Some(index)).for_each(|known| *known = None);
            }
        }
        self.requests.forget_call(index);
    }
}
