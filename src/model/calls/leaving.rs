//! Parties leave a call, and agents are told that it is cleared: near end or far end. The end of the call itself is in
//! `end`.
//!
//! Invariant: an agent is cleared from a call once (`no_order_of_events_breaks_a_life`).

use smallvec::SmallVec;

use super::MAX_PARTIES;
use crate::model::{requests::Expect, *};

impl Model {
    /// A party leaves the call.
    pub(in crate::model) fn left(&mut self, change: &Change) -> Effect {
        let index = match self.call_left(change) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        let party = self.device(&change.party);
        match party.agent {
            Some(agent) => {
                self.calls[index].observers.retain(|observer| *observer != agent);
                self.note_unseen_wait(index, agent, change);
                if let Some(place) = self.calls[index].live_party_of(agent) {
                    self.leave(index, place);
                } else if self.calls[index].reserved_for == Some(agent) {
                    self.unreserve(index);
                    self.watch_orphan(index);
                }
            }
            None => self.other_leaves(index, &change.party),
        }
        Effect::Taken
    }

    /// An agent listens to the call or assists in it. If the call alerted at the agent before, it no longer does.
    pub(in crate::model) fn observed(&mut self, change: &Change) -> Effect {
        let index = match self.live_call(change) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        let Some(agent) = self.device(&change.party).agent else { return Effect::UnknownAgent };
        let call = &mut self.calls[index];
        if call.observers.len() < MAX_PARTIES && !call.observers.contains(&agent) {
            call.observers.push(agent);
        }
        let alerts = |place: &usize| call.parties[*place].state == PartyState::Alerting;
        if let Some(place) = call.live_party_of(agent).filter(alerts) {
            self.leave(index, place);
        }
        Effect::Taken
    }

    /// A service's call that an agent did not answer waits again, even if the platform does not show that.
    fn note_unseen_wait(&mut self, index: CallIx, agent: AgentIx, change: &Change) {
        let call = &mut self.calls[index];
        let answered = call.parties.iter().any(|party| party.device.agent == Some(agent) && party.answered);
        let may_wait = change.fact(Fact::WaitsUnseen).as_bool() == Some(true);
        if may_wait && !answered && call.service.is_some() {
            call.waits_unseen = true;
        }
    }

    fn other_leaves(&mut self, index: CallIx, device: &Device) {
        let Some(place) = self.calls[index].party_leaving(device) else { return };
        self.leave(index, place);
        // A party that only alerts does not count as remaining: nobody speaks with it.
        let call = &self.calls[index];
        if !call.others_in().any(|place| call.parties[place].remains()) {
            self.far_end_left(index);
        }
    }

    /// Everybody whom the agents spoke with, or were to speak with, has left. Each agent who is still in the call is
    /// told so.
    fn far_end_left(&mut self, index: CallIx) {
        let agents: SmallVec<[(usize, AgentIx); 4]> = self.calls[index].agents_in().collect();
        for (place, agent) in agents {
            if !self.calls[index].parties[place].cleared {
                self.clear_agent(index, place, agent, End::Far, None);
            }
        }
    }

    /// In a call between agents, the far end has left if only one agent remains. If the agent who left had not
    /// answered, another one may still be called.
    fn left_alone(&mut self, index: CallIx, by: usize, agent: AgentIx) {
        let call = &self.calls[index];
        let party = &call.parties[by];
        let spoke = party.answered || call.originator == Some(agent);
        if !spoke || party.diverted || call.others_in().next().is_some() {
            return;
        }
        let remaining = call.agents_in().filter(|(place, _)| call.parties[*place].remains()).count();
        if remaining <= 1 {
            self.far_end_left(index);
        }
    }

    /// A party leaves. If an agent remains alone, the agent is told.
    pub(in crate::model) fn leave(&mut self, index: CallIx, place: usize) {
        self.take_out(index, place);
        if let Some(agent) = self.calls[index].parties[place].device.agent {
            self.left_alone(index, place, agent);
        }
        self.watch_orphan(index);
    }

    /// Removes a party from the call. An agent who has not been told yet is told the connection cleared: near end,
    /// unless everybody else has left before.
    pub(super) fn take_out(&mut self, index: CallIx, place: usize) {
        let party = &mut self.calls[index].parties[place];
        (party.state, party.left_first) = (PartyState::Left, true);
        let agent = party.device.agent;
        let mut transition = Transition::new(TransitionKind::PartyLeft).call(index).party((index, place as u8));
        transition.agent = agent;
        self.tell(transition);
        if let Some(agent) = agent {
            let call = &mut self.calls[index];
            call.reserved_for.take_if(|reserved| *reserved == agent);
            if call.parties[place].answered {
                call.last_agent = Some(agent);
            }
            let end = if self.calls[index].was_left_alone(place) { End::Far } else { End::Near };
            self.clear_agent(index, place, agent, end, None);
            self.remove_agent_call(agent, index);
            self.tell_agent_state(Some(agent), Some(index));
        }
    }

    pub(super) fn clear_agent(
        &mut self,
        index: CallIx,
        place: usize,
        agent: AgentIx,
        end: End,
        second: Option<CallIx>,
    ) {
        let request = self.requests_shown(Expect::Left(index, agent));
        let party = &mut self.calls[index].parties[place];
        let told = std::mem::replace(&mut party.cleared, true);
        let mut transition = Transition::new(TransitionKind::AgentCleared).call(index).agent(agent);
        transition.party = Some((index, place as u8));
        transition.second = second;
        transition.details.end = Some(end);
        if told {
            self.answer_only(transition, request);
        } else {
            self.tell_answering(transition, request);
        }
    }
}
