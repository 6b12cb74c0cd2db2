//! How a call begins: from outside, or by an agent, who may consult about another call. Which names begin a call is
//! decided in `finding`.

use super::facts::note_number;
use crate::model::{requests::Expect, *};

impl Model {
    pub(in crate::model) fn started(&mut self, change: &Change) -> Effect {
        self.call_for(change, None).map_or_else(|effect| effect, |_| Effect::Taken)
    }

    pub(super) fn tell_start(&mut self, index: CallIx, begun_by: Option<AgentIx>) {
        let call = &mut self.calls[index];
        call.sequence_kept = true;
        match begun_by {
            Some(agent) => {
                call.originator = Some(agent);
                call.direction = Direction::Outbound;
            }
            // Somebody outside calls, known by number or not.
            None => {
                let device = KnownDevice { number: call.ani.clone(), ..KnownDevice::default() };
                call.parties.push(Party::new(device, PartyState::Initiated));
            }
        }
        self.tell(Transition::new(TransitionKind::CallStarted).call(index));
    }

    pub(in crate::model) fn originated(&mut self, change: &Change) -> Effect {
        let party = self.device(&change.party);
        let Some(agent) = party.agent else { return self.started(change) };
        self.is_found_again(Some(agent));
        let known = self.calls.named(&change.call);
        let index = match self.call_for(change, Some(agent)) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        if known != Some(index) || self.calls[index].may_be_begun_by(agent) {
            self.originate(index, party, &change.other);
        }
        if let Some(direction) = change.int(Fact::Direction).and_then(Direction::from_code) {
            self.calls[index].direction = direction;
        }
        match self.calls.named(&change.result).filter(|other| *other != index && self.calls[*other].is_live()) {
            // It was heard of by its new name before this was told.
            Some(_) => self.end_call(index),
            None => self.calls.rename(index, &change.result),
        }
        Effect::Taken
    }

    /// An agent began this call: who is called, and whether it is about another call of the agent's.
    fn originate(&mut self, index: CallIx, party: KnownDevice, towards: &Device) {
        let Some(agent) = party.agent else { return };
        self.doubt_calls_of(agent, Some(index));
        let destination = self.called_by(index, agent, towards);
        let consults = self.call_of(agent, |_, party| {
            matches!(party.state, PartyState::Held | PartyState::Connected) && party.device.agent == Some(agent)
        });
        let call = &mut self.calls[index];
        call.originator = Some(agent);
        call.far_end_told = false;
        match call.party_of(agent) {
            // It alerts, so that the agent is about to be active.
            Some(place) if call.parties[place].is_in() => {}
            Some(place) => call.parties[place].enter(PartyState::Initiated),
            None => call.parties.push(Party::new(party, PartyState::Initiated)),
        }
        call.direction = match (consults, destination.agent) {
            (Some(_), _) => Direction::Consultation,
            (None, Some(_)) => Direction::Internal,
            (None, None) => Direction::Outbound,
        };
        call.consults = consults;
        call.dial(&destination);
        // Where nobody is named, it is whom the agent was offered to call.
        let is_named = destination.agent.is_some() || !destination.number.is_empty();
        let offered = call.dialled().filter(|_| !is_named).map(|place| call.parties[place].device.clone());
        call.destination = offered.unwrap_or(destination);
        if call.ty.is_some_and(CallType::is_made_by_agents) {
            self.wait_over(index);
        }
        self.add_agent_call(agent, index);
        let request = self.requests_shown(Expect::Originated(agent));
        let transition = Transition::new(TransitionKind::CallOriginated).call(index).agent(agent);
        self.tell_answering(transition, request);
    }

    /// The call of an event between a party and an opposite one: if an agent calls and the call is new, the agent began
    /// it; otherwise the caller is somebody outside.
    pub(super) fn call_between(&mut self, change: &Change, party: &KnownDevice) -> Result<CallIx, Effect> {
        let caller = self.device(&change.other);
        let known = self.calls.named(&change.call);
        let begun_by = caller.agent.filter(|agent| Some(*agent) != party.agent);
        let index = self.call_for(change, begun_by)?;
        self.know_caller(index, &caller);
        match caller.agent {
            Some(_) if begun_by.is_some() && known != Some(index) => self.originate(index, caller, &change.party),
            Some(_) => {}
            None => self.name_caller(index, caller),
        }
        Ok(index)
    }

    /// Where nobody said the calling number, it is the caller's own.
    fn know_caller(&mut self, index: CallIx, caller: &KnownDevice) {
        let call = &mut self.calls[index];
        let is_dialable = matches!(caller.kind, None | Some(DeviceKind::Device));
        let number = match (call.originator, caller.agent) {
            (Some(agent), _) => self.agents[agent].station.as_str(),
            (None, None) if is_dialable => caller.number.as_str(),
            (None, _) => return,
        };
        note_number(&mut call.ani, number, true, true, false);
    }

    /// The caller's number is known now: of the party that was there without one, or of a new one.
    fn name_caller(&mut self, index: CallIx, caller: KnownDevice) {
        let call = &mut self.calls[index];
        let from_outside = call.originator.is_none() && matches!(caller.kind, None | Some(DeviceKind::Device));
        if caller.number.is_empty() || !from_outside {
            return;
        }
        let asked = Device { kind: caller.kind, id: Id::None, number: &caller.number };
        if call.party_like(&asked).is_some() {
            return;
        }
        let nameless = |party: &&mut Party| {
            party.state == PartyState::Initiated && !party.device.is_agent() && party.device.kind.is_none()
        };
        if let Some(party) = call.parties.iter_mut().find(nameless) {
            party.device = caller;
        }
    }
}
