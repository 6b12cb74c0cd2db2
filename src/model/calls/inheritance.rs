//! The data, codes and parties that the result of a join takes over from the two calls. The join itself is told in `joins`.

use smallvec::SmallVec;

use super::{Calls, MAX_DISPOSITIONS, MAX_PARTIES};
use crate::model::*;

impl Calls {
    /// The result takes over the data of the customer's call, which is the one that no agent began. The codes of an
    /// agent who leaves stay with the call that the agent left.
    pub fn inherit(&mut self, first: CallIx, second: CallIx, result: CallIx, leaver: Option<AgentIx>) {
        let from_agent = |call: CallIx| self[call].originator.is_some();
        let customer = if from_agent(first) && !from_agent(second) { second } else { first };
        if customer != result {
            let from = &self[customer];
            let (ani, dnis, caller_name) = (from.ani.clone(), from.dnis.clone(), from.caller_name.clone());
            let (data, service, priority) = (from.data.clone(), from.service, from.priority);
            let own = from.dispositions.iter().filter(|(agent, _)| Some(*agent) != leaver);
            let dispositions: SmallVec<[(AgentIx, i64); 1]> = own.copied().collect();
            let of_nobody = from.disposition.filter(|_| from.dispositions.is_empty());
            let disposition = dispositions.last().map(|(_, code)| *code).or(of_nobody);
            let (media, ty, queued_at) = (from.media, from.ty, from.queued_at);
            let (direction, originator) = (from.direction, from.originator);
            let to = &mut self[result];
            if !ani.is_empty() {
                to.ani = ani;
            }
            if !dnis.is_empty() {
                to.dnis = dnis;
            }
            to.caller_name = caller_name;
            to.priority = priority.or(to.priority);
            to.service = service.or(to.service);
            to.media = media.or(to.media);
            to.ty = ty.or(to.ty);
            to.disposition = disposition.or(to.disposition);
            let room = MAX_DISPOSITIONS.saturating_sub(to.dispositions.len());
            to.dispositions.extend(dispositions.into_iter().take(room));
            to.queued_at = queued_at.or(to.queued_at);
            to.direction = direction;
            to.originator = originator;
            for item in data {
                if !to.data.iter().any(|(key, _)| *key == item.0) {
                    to.data.push(item);
                }
            }
        }
        let to = &mut self[result];
        to.far_end_told = true;
        to.consultation_told = true;
        to.numbers_kept = true;
    }
}

impl Model {
    /// Everyone in an old call is in the result now, except the agent who leaves, and owes work after the result.
    pub(super) fn move_parties(&mut self, old: CallIx, result: CallIx, leaver: Option<AgentIx>) {
        for place in 0..self.calls[old].parties.len() {
            let party = &self.calls[old].parties[place];
            if !party.is_in() || (leaver.is_some() && party.device.agent == leaver) {
                continue;
            }
            let mut moved = party.clone();
            if moved.state == PartyState::Held || moved.state == PartyState::Initiated {
                moved.state = PartyState::Connected;
            }
            let (agent, answered) = (moved.device.agent, moved.answered);
            self.calls[old].parties[place].state = PartyState::Left;
            self.calls[result].add_party(moved);
            if let Some(agent) = agent {
                self.add_agent_call(agent, result);
                self.agents[agent].calls.retain(|call| *call != old);
                self.agents[agent].owes.retain(|call| *call != old);
                self.calls[old].owed.retain(|owing| *owing != agent);
                if answered {
                    self.owe_wrap(agent, result);
                }
            }
        }
        self.calls[result].queue = self.calls[result].queue.or(self.calls[old].queue);
        self.calls.join(old, result, self.moment.now);
    }

    /// A device that the event names as being in the call is in it; a queue is where it waits.
    pub(super) fn bring_in(&mut self, result: CallIx, device: &Device) {
        if device.is_empty() {
            return;
        }
        if let Some(service) = self.service_of(device) {
            self.calls[result].service.get_or_insert(service);
            self.calls[result].drop_dialled();
            return;
        }
        let known = self.device(device);
        let call = &self.calls[result];
        match known.agent {
            Some(agent) if call.party_of(agent).is_none() => {
                let mut party = Party::new(known, PartyState::Connected);
                party.answered = true;
                let call = &mut self.calls[result];
                match call.dialled() {
                    Some(place) => call.parties[place] = party,
                    None => call.parties.push(party),
                }
                self.add_agent_call(agent, result);
                self.owe_wrap(agent, result);
            }
            Some(_) => {}
            // A number that nobody is known by names the caller who is there without one, or somebody new.
            None if call.others_in().next().is_none() && call.parties.len() < MAX_PARTIES => {
                self.calls[result].parties.push(Party::new(known, PartyState::Connected));
            }
            None => {}
        }
    }
}
