//! The platform redirects a call: blind transfers, and calls taken from an agent who does not answer. Transfers that join
//! two calls are in `joins`.
//!
//! Invariant: an alerting agent from whom a call is taken is told no transfer
//! (`an_alerting_agent_from_whom_the_call_is_diverted_is_cleared_without_a_transfer`).

use crate::model::*;

impl Model {
    /// The platform redirected the call: from a connected agent, a blind transfer; from an alerting one, a call that was
    /// not answered; from anyone else, nothing that anybody is told, but who is in the call.
    pub(in crate::model) fn diverted(&mut self, change: &Change) -> Effect {
        let index = match self.call_left(change) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        let from = self.device(&change.party);
        if from.agent.is_none() {
            self.taken_from(index, &change.party);
            return Effect::Taken;
        }
        let destination = self.device(if change.other.is_empty() { &change.to } else { &change.other });
        let place = from.agent.and_then(|agent| self.calls[index].party_of(agent));
        let (Some(agent), Some(place)) = (from.agent, place) else { return Effect::Taken };
        let party = &mut self.calls[index].parties[place];
        let told = std::mem::replace(&mut party.diverted, true);
        let is_to_service = self.is_number_of_service(&destination.number);
        if change.fact(Fact::WaitsUnseen).as_bool() == Some(true) && is_to_service {
            self.calls[index].waits_unseen = true;
        }
        let party = &mut self.calls[index].parties[place];
        let hands_on = match party.state {
            PartyState::Connected | PartyState::Held => true,
            // The agent's leaving was told first.
            PartyState::Left => party.answered && !told,
            PartyState::Initiated | PartyState::Dialled | PartyState::Alerting => false,
        };
        if hands_on {
            self.calls[index].destination = destination;
            let requests = self.joins_shown(true, [index, index]);
            let mut transition = Transition::new(TransitionKind::Transferred).call(index).agent(agent);
            transition.second = Some(index);
            transition.result = Some(index);
            transition.party = Some((index, place as u8));
            transition.details.blind = true;
            self.tell_answering(transition, requests);
        }
        if self.calls[index].parties[place].is_in() {
            self.leave(index, place);
        }
        Effect::Taken
    }

    /// The call goes on without a device that is no agent, such as the IVR that had it. The caller stays: without the
    /// caller there is no call to redirect.
    fn taken_from(&mut self, index: CallIx, device: &Device) {
        let call = &mut self.calls[index];
        if let Some(place) = call.party_like(device).filter(|place| !call.is_caller(*place)) {
            call.parties[place].state = PartyState::Left;
            self.watch_orphan(index);
        }
    }
}
