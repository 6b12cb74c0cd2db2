//! Two calls become one: transfer and conference. The result is announced by the joining event alone, nobody who stays is
//! cleared, the old calls end right after, and their names lead to the result from then on: only whoever leaves an old call
//! or ends it means the old call itself.

use smallvec::SmallVec;

use super::{
    call::{MAX_DISPOSITIONS, MAX_PARTIES},
    *,
};

impl Model {
    pub(super) fn joined(&mut self, change: &Change) -> Effect {
        let transfers = change.kind == ChangeKind::Transferred;
        let mut who = self.device(&change.party);
        if change.party.is_empty() {
            who = self.who_joined(change).unwrap_or(who);
        }
        let known = [&change.call, &change.second].map(|names| self.named_call(names));
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
        let (other, to) = (self.companion(first, who.agent), self.companion(second, who.agent));
        // What is known of a call that is over already is not lost with it.
        let (old_first, old_second) = (known[0].unwrap_or(first), known[1].unwrap_or(second));
        self.inherit(old_first, old_second, result, leaver);
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
        let (first, second) = (self.named_call(&change.call)?, self.named_call(&change.second)?);
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

    /// Who handed the call on is known only now: that agent leaves.
    fn handed_on_by(&mut self, change: &Change, who: Option<AgentIx>) {
        let Some(index) = self.named_call(&change.call).filter(|index| self.calls[*index].handed_on) else { return };
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
        let known_first = self.named_call(&change.call);
        let known_second = self.named_call(&change.second);
        let result = self.named_call(&change.result);
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
        // The consultation was begun by whoever joins it to the other call.
        let second = self.old_call(known_second, &change.second, who)?;
        let (first, second) = match (first, second) {
            (Some(first), Some(second)) => (first, second),
            (Some(only), None) | (None, Some(only)) => (only, only),
            (None, None) => return Err(Effect::UnknownCall),
        };
        let result = match result.or_else(|| self.named_call(&change.result)) {
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
        let known = self.named_call(names);
        let result = match known {
            Some(result) if self.calls[result].is_live() => result,
            Some(_) => return Err(Effect::Late),
            None => self.new_call(names)?,
        };
        self.inherit(first, second, result, None);
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
                let start = Change::of_call(ChangeKind::Started, *names);
                self.call_for(&start, begun_by).map(Some)
            }
        }
    }

    /// Whoever else is in a call.
    pub(super) fn companion(&self, call: CallIx, who: Option<AgentIx>) -> Option<PartyRef> {
        let parties = &self.calls[call].parties;
        let place = parties.iter().position(|party| party.is_in() && (who.is_none() || party.device.agent != who))?;
        Some((call, place as u8))
    }

    /// The result takes over the data of the customer's call, which is the one that no agent began. The codes of an
    /// agent who leaves stay with the call that the agent left.
    fn inherit(&mut self, first: CallIx, second: CallIx, result: CallIx, leaver: Option<AgentIx>) {
        let from_agent = |call: CallIx| self.calls[call].originator.is_some();
        let customer = if from_agent(first) && !from_agent(second) { second } else { first };
        if customer != result {
            let from = &self.calls[customer];
            let (ani, dnis, caller_name) = (from.ani.clone(), from.dnis.clone(), from.caller_name.clone());
            let (data, service, priority) = (from.data.clone(), from.service, from.priority);
            let own = from.dispositions.iter().filter(|(agent, _)| Some(*agent) != leaver);
            let dispositions: SmallVec<[(AgentIx, i64); 2]> = own.copied().collect();
            let of_nobody = from.disposition.filter(|_| from.dispositions.is_empty());
            let disposition = dispositions.last().map(|(_, code)| *code).or(of_nobody);
            let (media, ty, queued_at) = (from.media, from.ty, from.queued_at);
            let (direction, originator) = (from.direction, from.originator);
            let to = &mut self.calls[result];
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
        let to = &mut self.calls[result];
        to.far_end_told = true;
        to.consultation_told = true;
        to.numbers_kept = true;
    }

    /// Everyone in an old call is in the result now, except whoever leaves. What they owe, they owe there.
    fn move_parties(&mut self, old: CallIx, result: CallIx, leaver: Option<AgentIx>) {
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
            self.add_party(result, moved);
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
        self.calls[old].joined_into = Some(result);
    }

    /// The call that this one became part of, or itself.
    pub fn result_of(&self, call: CallIx) -> CallIx {
        let mut index = call;
        while let Some(next) = self.calls.get(index).and_then(|call| call.joined_into)
            && self.calls.get(next).is_some()
        {
            index = next;
        }
        index
    }

    /// Adds a party, or the part of it that is there already joins in.
    fn add_party(&mut self, call: CallIx, party: Party) {
        let entry = &mut self.calls[call];
        let asked = Device {
            kind: party.device.kind,
            id: party.device.id.as_ref().map_or(Id::None, NativeId::as_id),
            number: &party.device.number,
        };
        let place = match party.device.agent {
            Some(agent) => entry.party_of(agent),
            None => entry.party_like(&asked),
        };
        match place {
            Some(place) => {
                let there = &mut entry.parties[place];
                there.state = party.state;
                there.answered |= party.answered;
                there.cleared = false;
            }
            None if entry.parties.len() < MAX_PARTIES => entry.parties.push(party),
            None => {}
        }
    }

    /// Whoever the event names as being in a call is in it; a queue is where it waits.
    fn bring_in(&mut self, result: CallIx, device: &Device) {
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

    /// Who transferred leaves: cleared once, from the call that was handed on.
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

    /// The platform redirected the call: from a connected agent, a blind transfer; from an alerting one, a call that was
    /// not answered; from anyone else, nothing that anybody is told, but who is in the call.
    pub(super) fn diverted(&mut self, change: &Change) -> Effect {
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
            _ => false,
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

    /// The call goes on without a device that is no agent, such as the IVR that had it. Whoever calls stays: without the
    /// caller there is no call to redirect.
    fn taken_from(&mut self, index: CallIx, device: &Device) {
        let call = &mut self.calls[index];
        if let Some(place) = call.party_like(device).filter(|place| !call.is_caller(*place)) {
            call.parties[place].state = PartyState::Left;
            self.watch_orphan(index);
        }
    }
}
