//! Parties hold and retrieve a call, also where the platform names only the opposite party.

use crate::model::{
    requests::{Answered, Expect},
    *,
};

impl Model {
    pub(in crate::model) fn held(&mut self, change: &Change) -> Effect {
        self.hold_or_retrieve(change, PartyState::Held, TransitionKind::Held)
    }

    pub(in crate::model) fn retrieved(&mut self, change: &Change) -> Effect {
        self.hold_or_retrieve(change, PartyState::Connected, TransitionKind::Retrieved)
    }

    fn hold_or_retrieve(&mut self, change: &Change, to: PartyState, kind: TransitionKind) -> Effect {
        let party = self.device(&change.party);
        self.is_found_again(party.agent);
        let index = match self.call_for(change, None) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        let place = if change.party.is_empty() && !change.other.is_empty() {
            self.who_moved(index, &change.other, to)
        } else {
            self.enter(index, &party, &change.party, to, |party: &Party| party.state != to)
        };
        let Some(place) = place else { return Effect::Taken };
        let party = &mut self.calls[index].parties[place];
        (party.state, party.answered) = (to, true);
        let agent = party.device.agent;
        let mut request = Answered::new();
        if let Some(agent) = agent {
            self.add_agent_call(agent, index);
            self.owe_wrap(agent, index);
            request = self.requests_shown(Expect::Moved(index, agent, to));
        }
        let transition = Transition::new(kind).call(index).agent(agent).party((index, place as u8));
        self.tell_answering(transition, request);
        self.tell_agent_state(agent, Some(index));
        Effect::Taken
    }

    /// The party that holds or retrieves, where only the party that is told of it is named: the opposite party holds, the
    /// one that held retrieves. None where that is known already.
    fn who_moved(&mut self, index: CallIx, told: &Device, to: PartyState) -> Option<usize> {
        let party = self.device(told);
        if let Some(agent) = party.agent
            && self.calls[index].live_party_of(agent).is_none()
        {
            self.connect_party(index, &party, told);
        }
        let call = &self.calls[index];
        let own = party.agent.and_then(|agent| call.live_party_of(agent));
        let mut others = (0..call.parties.len()).filter(|place| Some(*place) != own && call.parties[*place].is_in());
        let held = |place: &usize| call.parties[*place].state == PartyState::Held;
        if to == PartyState::Connected {
            return own.filter(held).or_else(|| others.find(held));
        }
        if others.clone().any(|place| held(&place)) {
            return None;
        }
        // In a conference, rather somebody outside: agents say it themselves.
        others.clone().find(|place| !call.parties[*place].device.is_agent()).or_else(|| others.next())
    }

    /// A live call of the agent's that fits; a held one before a connected one, a later one before an earlier.
    pub(in crate::model) fn call_of(&self, agent: AgentIx, fits: impl Fn(&Call, &Party) -> bool) -> Option<CallIx> {
        let calls = self.agents[agent].calls.iter().rev();
        let fitting = calls.filter_map(|index| {
            let call = self.calls.get(*index).filter(|call| call.is_live())?;
            let party = &call.parties[call.live_party_of(agent)?];
            fits(call, party).then_some((party.state == PartyState::Held, *index))
        });
        let mut best: Option<(bool, CallIx)> = None;
        for (held, index) in fitting {
            if best.is_none_or(|(best_held, _)| held && !best_held) {
                best = Some((held, index));
            }
        }
        best.map(|(_, index)| index)
    }
}
