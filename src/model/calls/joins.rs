//! Two calls become one: transfer and conference. The result is announced by the joining event alone, nobody who stays is
//! cleared, the old calls end right after, and their names lead to the result from then on: only a party that leaves
//! an old call, or its end, means the old call itself. Blind transfers are in `diversion`.

use crate::model::*;

impl Model {
    pub(in crate::model) fn joined(&mut self, change: &Change) -> Effect {
        let transfers = change.kind == ChangeKind::Transferred;
        let mut who = self.device(&change.party);
        if change.party.is_empty() {
            who = self.who_joined(change).unwrap_or(who);
        }
        let known = [&change.call, &change.second].map(|names| self.calls.named(names));
        let (first, second, result) = match self.joining_calls(change, who.agent) {
            Ok(Some(calls)) => calls,
            Ok(None) => {
                if transfers {
                    self.handed_on_by(change, who.agent);
                }
                return Effect::Taken;
            }
            Err(effect) => return effect,
        };
        self.bring_in(first, &change.party);
        let leaver = who.agent.filter(|_| transfers);
        self.calls[result].handed_on = transfers && leaver.is_none();
        self.calls[result].conferenced |= !transfers;
        let (other, to) = (self.calls.companion(first, who.agent), self.calls.companion(second, who.agent));
        // Facts about a call that is over already are not lost with it.
        let (old_first, old_second) = (known[0].unwrap_or(first), known[1].unwrap_or(second));
        self.calls.inherit(old_first, old_second, result, leaver);
        for old in [old_first, old_second] {
            if old != result {
                self.move_parties(old, result, leaver);
            }
        }
        self.note(result, change);
        self.hear_of(result);
        self.bring_in(result, &change.other);
        self.bring_in(result, &change.to);

        let kind = if transfers { TransitionKind::Transferred } else { TransitionKind::Conferenced };
        let requests = self.joins_shown(transfers, [first, second]);
        let mut transition = Transition::new(kind).call(first).agent(who.agent);
        transition.second = Some(second);
        transition.result = Some(result);
        transition.party = who.agent.and_then(|agent| self.calls[first].party_of(agent)).map(|p| (first, p as u8));
        transition.other = other;
        transition.to = to.filter(|_| first != second);
        self.tell_answering(transition, requests);
        if transfers {
            self.fail_conferences_of([first, second]);
        }
        if let Some(agent) = leaver {
            self.leave_join(agent, first, second, result);
        }
        for old in [first, second] {
            if old != result && self.calls[old].is_live() {
                self.finish_call(old);
            }
        }
        // The agent who leaves works after the call that was handed on, and owes the other call no work.
        if let Some(agent) = leaver.filter(|_| second != first) {
            if second == result {
                self.owes_no_more(agent, second);
            } else {
                self.wrap_up_over(agent, |call| call == second);
            }
        }
        let staying: Vec<AgentIx> = self.calls[result].agents_in().map(|(_, agent)| agent).collect();
        for agent in staying {
            self.tell_agent_state(Some(agent), Some(result));
        }
        Effect::Taken
    }

    /// The agent who is in both calls.
    fn who_joined(&mut self, change: &Change) -> Option<KnownDevice> {
        let (first, second) = (self.calls.named(&change.call)?, self.calls.named(&change.second)?);
        if first == second {
            return None;
        }
        let (_, agent) = self.calls[first].agents_in().find(|(_, agent)| {
            let other = self.calls[second].live_party_of(*agent);
            other.is_some()
        })?;
        let place = self.calls[first].live_party_of(agent)?;
        Some(self.calls[first].parties[place].device.clone())
    }

    /// The agent who handed the call on is known only now, and leaves.
    fn handed_on_by(&mut self, change: &Change, who: Option<AgentIx>) {
        let Some(index) = self.calls.named(&change.call).filter(|index| self.calls[*index].handed_on) else { return };
        if let Some(place) = who.and_then(|agent| self.calls[index].live_party_of(agent)) {
            self.calls[index].handed_on = false;
            self.leave(index, place);
        }
    }

    /// The two calls and the result, or none where they have joined already. A call that is over takes no part any more:
    /// the other one stands for it.
    fn joining_calls(
        &mut self,
        change: &Change,
        who: Option<AgentIx>,
    ) -> Result<Option<(CallIx, CallIx, CallIx)>, Effect> {
        let known_first = self.calls.named(&change.call);
        let known_second = self.calls.named(&change.second);
        let result = self.calls.named(&change.result);
        if known_first.is_some() && known_first == known_second && (result.is_none() || result == known_first) {
            return Ok(None);
        }
        let is_over = |call: CallIx| !self.calls[call].is_live();
        if let (Some(first), Some(second)) = (known_first, known_second)
            && is_over(first)
            && is_over(second)
        {
            return self.start_result(change, first, second).map(|()| None);
        }
        let first = self.old_call(known_first, &change.call, None)?;
        // The consultation was begun by the agent who joins it to the other call.
        let second = self.old_call(known_second, &change.second, who)?;
        let (first, second) = match (first, second) {
            (Some(first), Some(second)) => (first, second),
            (Some(only), None) | (None, Some(only)) => (only, only),
            (None, None) => return Err(Effect::UnknownCall),
        };
        let result = match result.or_else(|| self.calls.named(&change.result)) {
            Some(result) if self.calls[result].is_live() => result,
            Some(_) => return Err(Effect::Late),
            None if change.result.is_empty() => first,
            None => self.new_call(&change.result)?,
        };
        Ok(Some((first, second, result)))
    }

    /// Both calls are over already: what they became starts like any other call, with what is known of theirs and with
    /// everyone whom the event names.
    fn start_result(&mut self, change: &Change, first: CallIx, second: CallIx) -> Result<(), Effect> {
        let names = if change.result.is_empty() { &change.call } else { &change.result };
        let known = self.calls.named(names);
        let result = match known {
            Some(result) if self.calls[result].is_live() => result,
            Some(_) => return Err(Effect::Late),
            None => self.new_call(names)?,
        };
        self.calls.inherit(first, second, result, None);
        for old in [first, second] {
            self.move_parties(old, result, None);
        }
        self.note(result, change);
        if known.is_none() {
            self.tell_start(result, None);
        }
        let stays = (change.kind == ChangeKind::Conferenced).then_some(&change.party);
        for device in stays.into_iter().chain([&change.other, &change.to]) {
            let party = self.device(device);
            match party.agent {
                Some(_) => self.connect_party(result, &party, device),
                None => self.bring_in(result, device),
            }
        }
        Ok(())
    }

    /// One of the two calls; it starts now if nobody has been told of it. None where it is over or not named at all.
    fn old_call(
        &mut self,
        known: Option<CallIx>,
        names: &CallNames,
        begun_by: Option<AgentIx>,
    ) -> Result<Option<CallIx>, Effect> {
        match known {
            Some(call) => Ok(Some(call).filter(|call| self.calls[*call].is_live())),
            None if names.is_empty() => Ok(None),
            None => {
                let start = Attributes::of_call(*names);
                self.call_for(&Change::new(ChangeKind::Started, &start), begun_by).map(Some)
            }
        }
    }

    /// The agent who transferred leaves, and is cleared once, from the call that was handed on.
    fn leave_join(&mut self, agent: AgentIx, first: CallIx, second: CallIx, result: CallIx) {
        for call in [first, second] {
            if let Some(place) = self.calls[call].party_of(agent) {
                let party = &mut self.calls[call].parties[place];
                let (was_in, answered) = (party.is_in(), party.answered);
                (party.state, party.diverted) = (PartyState::Left, true);
                if call == first {
                    let mut left = Transition::new(TransitionKind::PartyLeft).call(first).party((first, place as u8));
                    left.agent = Some(agent);
                    if was_in {
                        self.tell(left);
                    }
                    if answered {
                        self.calls[first].last_agent = Some(agent);
                    }
                    self.clear_agent(first, place, agent, End::Near, Some(second).filter(|second| *second != first));
                } else {
                    party.cleared = true;
                }
            }
            self.remove_agent_call(agent, call);
        }
        if self.calls[result].agents_in().next().is_none() {
            self.watch_orphan(result);
        }
    }
}
