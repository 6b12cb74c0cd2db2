//! A call alerts at a party, and connects. The far end of an agent's own call and consultations belong here, too; how such
//! a call begins is in `origination`.

use super::{MAX_PARTIES, facts::note_number};
use crate::model::{requests::Expect, *};

impl Model {
    pub(in crate::model) fn alerted(&mut self, change: &Change) -> Effect {
        let mut device = change.party;
        let mut party = self.device(&device);
        self.is_found_again(party.agent);
        let index = match self.call_between(change, &party) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        // Some platforms tell it to the agent who called: it alerts at the other one.
        if party.agent.is_some() && party.agent == self.calls[index].originator {
            device = change.other;
            party = self.device(&device);
            if device.is_empty() {
                return Effect::Taken;
            }
            let call = &mut self.calls[index];
            if call.destination.agent.is_none() && call.destination.number.is_empty() {
                call.destination = party.clone();
            }
            note_number(&mut call.dnis, &party.number, true, true, call.numbers_kept);
        }
        if party.agent.is_some_and(|agent| self.calls[index].observers.contains(&agent)) {
            return Effect::Taken;
        }
        self.calls[index].waits_unseen = false;
        // A service's call alerts only at agents who are on no other call.
        if let Some(agent) = party.agent.filter(|_| self.calls[index].service.is_some()) {
            self.doubt_calls_of(agent, Some(index));
        }
        let alerting =
            |party: &Party| matches!(party.state, PartyState::Initiated | PartyState::Dialled | PartyState::Left);
        let Some(place) = self.enter(index, &party, &device, PartyState::Alerting, alerting) else {
            return Effect::Taken;
        };
        if party.agent.is_some() {
            self.wait_over(index);
        }
        let call = &mut self.calls[index];
        if let Some(agent) = party.agent {
            if call.originator.is_some() && call.direction == Direction::Outbound {
                call.direction = Direction::Internal;
            }
            self.add_agent_call(agent, index);
        }
        let transition = Transition::new(TransitionKind::Alerting).call(index).agent(party.agent);
        self.tell(transition.party((index, place as u8)));
        self.tell_agent_state(party.agent, Some(index));
        Effect::Taken
    }

    pub(in crate::model) fn connected(&mut self, change: &Change) -> Effect {
        let party = self.device(&change.party);
        self.is_found_again(party.agent);
        let index = match self.call_between(change, &party) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        // On an agent's own call any party that connects is the far end, or shows that it has connected: the opposite one,
        // where it is told to the agent who called.
        let originator = self.calls[index].originator;
        if party.agent.is_none() || party.agent != originator {
            self.connect_party(index, &party, &change.party);
        } else {
            let other = self.device(&change.other);
            if !change.other.is_empty() && other.agent != originator {
                self.connect_party(index, &other, &change.other);
            }
        }
        if let Some(agent) = originator {
            self.connect_far_end(index, agent);
        }
        Effect::Taken
    }

    pub(super) fn connect_party(&mut self, index: CallIx, party: &KnownDevice, device: &Device) {
        if let Some(agent) = party.agent {
            self.doubt_calls_of(agent, Some(index));
        }
        let connects = |party: &Party| !matches!(party.state, PartyState::Connected | PartyState::Held);
        let Some(place) = self.enter(index, party, device, PartyState::Connected, connects) else { return };
        if let Some(agent) = party.agent {
            self.add_agent_call(agent, index);
            self.owe_wrap(agent, index);
            self.wait_over(index);
        }
        self.calls[index].parties[place].answered = true;
        let request = party.agent.map(|agent| self.requests_shown(Expect::Connected(index, agent))).unwrap_or_default();
        let transition = Transition::new(TransitionKind::Connected).call(index).agent(party.agent);
        self.tell_answering(transition.party((index, place as u8)), request);
        self.tell_agent_state(party.agent, Some(index));
    }

    /// The far end of the call that `agent` began is there: the agent is connected, too.
    fn connect_far_end(&mut self, index: CallIx, agent: AgentIx) {
        let call = &mut self.calls[index];
        let Some(place) = call.live_party_of(agent) else { return };
        if call.far_end_told {
            return;
        }
        call.far_end_told = true;
        let far_end = |party: &Party| party.device.agent != Some(agent) && party.state == PartyState::Connected;
        let told = call.parties.iter().any(far_end);
        for place in [Some(place), call.dialled()].into_iter().flatten() {
            call.parties[place].state = PartyState::Connected;
            call.parties[place].answered = true;
        }
        self.owe_wrap(agent, index);
        self.wait_over(index);
        let mut transition = Transition::new(TransitionKind::FarEndConnected).call(index).agent(agent);
        transition.party = Some((index, place as u8));
        transition.other = self.calls.companion(index, Some(agent));
        transition.details.told = told;
        self.tell(transition);
        self.tell_agent_state(Some(agent), Some(index));
        self.tell_consultation(index, agent);
    }

    fn tell_consultation(&mut self, index: CallIx, agent: AgentIx) {
        let call = &self.calls[index];
        let Some(about) = call.consults.filter(|about| self.calls.get(*about).is_some_and(Call::is_live)) else {
            return;
        };
        if call.consultation_told {
            return;
        }
        self.calls[index].consultation_told = true;
        let mut transition = Transition::new(TransitionKind::Consultation).call(about).agent(agent);
        transition.second = Some(index);
        self.tell(transition);
    }

    /// Puts a party into a state, as a new party or where it stands already; none where that changes nothing.
    pub(super) fn enter(
        &mut self,
        index: CallIx,
        party: &KnownDevice,
        device: &Device,
        state: PartyState,
        changes: impl Fn(&Party) -> bool,
    ) -> Option<usize> {
        let call = &mut self.calls[index];
        // Why somebody left is not why the call ends that goes on with somebody else.
        call.cause = None;
        let place = match party.agent {
            Some(agent) => call.party_of(agent),
            None => call.party_like(device),
        };
        match place.or_else(|| call.identify_called(party, state)) {
            Some(place) => {
                let party = &mut call.parties[place];
                if !changes(party) {
                    return None;
                }
                party.enter(state);
                Some(place)
            }
            None if call.parties.len() >= MAX_PARTIES => None,
            None => {
                call.parties.push(Party::new(party.clone(), state));
                Some(call.parties.len() - 1)
            }
        }
    }
}
