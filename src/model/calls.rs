//! What happens to a call: it starts, waits, alerts, connects, is held, is left, ends. The order in which things are told
//! is decided here and in `joins`.

use super::{
    call::MAX_PARTIES,
    finding::note_number,
    requests::{Expect, Requests},
    timers::Timer,
    *,
};
use smallvec::SmallVec;

impl Model {
    // ── the life of a call ────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn noted(&mut self, change: &Change) -> Effect {
        self.live_call(change).map_or_else(|effect| effect, |_| Effect::Taken)
    }

    /// Data that somebody set. Who did not ask for it is not told: it goes with the call's next event.
    pub(super) fn data_set(&mut self, change: &Change) -> Effect {
        let index = match self.live_call(change) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        let requests = self.requests_shown(Expect::DataSet(index));
        if !requests.is_empty() {
            self.tell_answering(Transition::new(TransitionKind::CallDataSet).call(index), requests);
        }
        Effect::Taken
    }

    pub(super) fn started(&mut self, change: &Change) -> Effect {
        self.call_for(change, None).map_or_else(|effect| effect, |_| Effect::Taken)
    }

    pub(super) fn originated(&mut self, change: &Change) -> Effect {
        let party = self.device(&change.party);
        let Some(agent) = party.agent else { return self.started(change) };
        self.is_found_again(Some(agent));
        let known = self.named_call(&change.call);
        let index = match self.call_for(change, Some(agent)) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        if known != Some(index) || self.begins_known_call(index, agent) {
            self.originate(index, party, &change.other);
        }
        if let Some(direction) = change.int(Fact::Direction).and_then(Direction::from_code) {
            self.calls[index].direction = direction;
        }
        match self.named_call(&change.result).filter(|other| *other != index && self.calls[*other].is_live()) {
            // It was heard of by its new name before this was told.
            Some(_) => self.end_call(index),
            None => self.rename(index, &change.result),
        }
        Effect::Taken
    }

    /// Whether the agent begins a call that was there before: one that waited for an agent who calls back, or that was
    /// offered to the agent, to be placed. Nobody in it has
    /// begun it, and the agent is not in it, or it alerts at the agent.
    fn begins_known_call(&self, index: CallIx, agent: AgentIx) -> bool {
        let call = &self.calls[index];
        let begun = call.originator.is_some_and(|other| other == agent || call.live_party_of(other).is_some());
        let place = call.live_party_of(agent);
        !begun && place.is_none_or(|place| call.parties[place].state == PartyState::Alerting)
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

    pub(super) fn queued(&mut self, change: &Change) -> Effect {
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
        self.clock.map(|clock| clock.saturating_sub(waited.saturating_mul(1000)))
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
    pub(super) fn allocated(&mut self, change: &Change) -> Effect {
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
            self.learn_number(service, change.text(Fact::Dnis));
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

    /// Whoever was chosen for the call is not any more.
    fn unreserve(&mut self, index: CallIx) {
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

    pub(super) fn dequeued(&mut self, change: &Change) -> Effect {
        match self.live_call(change) {
            Ok(index) => {
                self.wait_over(index);
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    /// The call waits no longer; it is still known where it did.
    fn wait_over(&mut self, index: CallIx) {
        let Some(service) = self.calls[index].queue.take() else { return };
        let mut transition = Transition::new(TransitionKind::CallDequeued).call(index);
        transition.service = Some(service);
        self.tell(transition);
    }

    pub(super) fn alerted(&mut self, change: &Change) -> Effect {
        let mut device = change.party;
        let mut party = self.device(&device);
        self.begin_again(change);
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

    pub(super) fn connected(&mut self, change: &Change) -> Effect {
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
        transition.other = self.companion(index, Some(agent));
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

    pub(super) fn held(&mut self, change: &Change) -> Effect {
        self.hold_or_retrieve(change, PartyState::Held, TransitionKind::Held)
    }

    pub(super) fn retrieved(&mut self, change: &Change) -> Effect {
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
        let mut request = Requests::new();
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

    /// Who it is that `told` is told of: whoever is opposite holds, and whoever held retrieves. None where that is known.
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

    /// A party leaves the call.
    pub(super) fn left(&mut self, change: &Change) -> Effect {
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
    pub(super) fn observed(&mut self, change: &Change) -> Effect {
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
        let Some(place) = self.party_leaving(index, device) else { return };
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

    /// The party in the call that this device, no agent, is. A number may be written in another way than before: where
    /// only one party can be meant, it is that one; but a device that has left already is nobody else.
    fn party_leaving(&self, index: CallIx, device: &Device) -> Option<usize> {
        let call = &self.calls[index];
        if let Some(place) = call.party_like(device) {
            return Some(place).filter(|place| call.parties[*place].is_in());
        }
        let dialable = matches!(device.kind, None | Some(DeviceKind::Device));
        let mut others = call.others_in();
        others.next().filter(|_| dialable && others.next().is_none())
    }

    /// A party leaves. If an agent remains alone, the agent is told.
    pub(super) fn leave(&mut self, index: CallIx, place: usize) {
        self.take_out(index, place);
        if let Some(agent) = self.calls[index].parties[place].device.agent {
            self.left_alone(index, place, agent);
        }
        self.watch_orphan(index);
    }

    /// Removes a party from the call. An agent who has not been told yet is told the connection cleared: near end,
    /// unless everybody else has left before.
    fn take_out(&mut self, index: CallIx, place: usize) {
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

    pub(super) fn ended(&mut self, change: &Change) -> Effect {
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
        let Some(index) = self.bearer(&change.call) else { return };
        let call = &self.calls[index];
        let Some(agent) = call.answering_agent().filter(|_| !call.is_live() && !call.completed) else { return };
        if self.set_disposition(index, Some(agent), change) {
            self.tell_disposed(index, agent);
        }
    }

    /// Nobody on the platform's side is in the call any more: it is over.
    pub(super) fn deserted(&mut self, change: &Change) -> Effect {
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
        call.last_event = self.now;
        self.tell(Transition::new(TransitionKind::CallEnded).call(index));
        self.fail_requests_of(index);
        if self.forgotten.contains(&index) {
            return;
        }
        self.oldest.clear();
        if self.calls[index].owed.is_empty() {
            self.complete(index);
        } else {
            self.timers.set(self.now + self.settings.wrap_grace, Timer::WrapGrace(index));
        }
    }

    // ── parties ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The call of an event between a party and an opposite one: where an agent calls and the call is new, the agent began
    /// it; else the one who calls is whoever calls from outside.
    fn call_between(&mut self, change: &Change, party: &KnownDevice) -> Result<CallIx, Effect> {
        let caller = self.device(&change.other);
        let known = self.named_call(&change.call);
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
        let number = match (call.originator, caller.agent, caller.kind) {
            (Some(agent), ..) => &self.agents[agent].station,
            (None, None, None | Some(DeviceKind::Device)) => &caller.number,
            _ => return,
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

    /// Puts a party into a state, as a new party or where it stands already; none where that changes nothing.
    fn enter(
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

    /// A live call of the agent's that fits; a held one before a connected one, a later one before an earlier.
    pub(super) fn call_of(&self, agent: AgentIx, fits: impl Fn(&Call, &Party) -> bool) -> Option<CallIx> {
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

    // ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn watch_orphan(&mut self, index: CallIx) {
        let call = &mut self.calls[index];
        if call.is_live() && !call.orphan_watch && !call.is_held_by_platform() {
            call.orphan_watch = true;
            let grace = self.orphan_grace_of(&self.calls[index]);
            self.timers.set(self.now + grace, Timer::OrphanGrace(index));
        }
    }

    /// The longest silence of a call that nobody is known to be in.
    fn orphan_grace_of(&self, call: &Call) -> Duration {
        if call.waits_unseen { self.settings.unseen_wait } else { self.settings.orphan_grace }
    }

    /// Nothing shows the call alive any more. It is told to be over, without a cause.
    pub(super) fn presume_over(&mut self, index: CallIx) {
        self.calls[index].presumed_over = true;
        let names = self.calls[index].names.clone();
        self.names_spent.add(&names, self.now, self.now + self.settings.call_expiry);
        self.presume(true, |model| model.end_call(index));
    }

    pub(super) fn orphan_grace_over(&mut self, index: CallIx) {
        let Some(call) = self.calls.get_mut(index) else { return };
        call.orphan_watch = false;
        let call = &self.calls[index];
        if !call.is_live() || call.is_held_by_platform() {
            return;
        }
        let grace = self.orphan_grace_of(call);
        let due = call.last_event + grace;
        if due <= self.now {
            // An agent who works after the call shows that it is over. The platform may tell its end, with the code, once that
            // work is over, too.
            let is_worked_on = call.owed.iter().any(|agent| self.is_wrapping(*agent, Some(index)));
            if is_worked_on {
                self.presume(true, |model| model.end_call(index));
            } else {
                self.presume_over(index);
            }
        } else {
            self.calls[index].orphan_watch = true;
            self.timers.set(due, Timer::OrphanGrace(index));
        }
    }

    /// Ends calls, and work after calls, that have been silent for too long, and sets the timer for the next one.
    pub(super) fn call_expiry_over(&mut self) {
        let due = |call: &Call| call.last_event + self.settings.call_expiry;
        let goes_on = |call: &Call| call.is_live() || !call.completed || !call.owed.is_empty();
        let silent = self.calls.iter().filter(|(_, call)| goes_on(call) && due(call) <= self.now);
        for index in silent.map(|(index, _)| index).collect::<Vec<_>>() {
            if self.calls[index].is_live() {
                self.presume_over(index);
            } else {
                self.give_up_wrap(index);
            }
        }
        let next = self.calls.iter().filter(|(_, call)| goes_on(call)).map(|(_, call)| call.last_event).min();
        self.expiry_watch = next.is_some();
        if let Some(next) = next {
            self.timers.set(next + self.settings.call_expiry, Timer::CallExpiry);
        }
    }

    /// Sets a timer that looks for calls that have been silent for too long.
    pub(super) fn watch_expiry(&mut self) {
        if !std::mem::replace(&mut self.expiry_watch, true) {
            self.timers.set(self.now + self.settings.call_expiry, Timer::CallExpiry);
        }
    }

    /// Removes the ids of a call that is complete, unless the call has joined into one that is still live.
    pub(super) fn id_grace_over(&mut self, index: CallIx) {
        let Some(call) = self.calls.get(index) else { return };
        if !call.completed || !call.owed.is_empty() {
            return;
        }
        let result_lives = call.joined_into.is_some_and(|result| self.calls.get(result).is_some());
        let due = call.over_since + self.settings.id_grace;
        if result_lives {
            self.timers.set(self.now + self.settings.id_grace, Timer::IdGrace(index));
        } else if due <= self.now && !self.forgotten.contains(&index) {
            self.forgotten.push(index);
        }
    }

    pub(super) fn drop_call(&mut self, index: CallIx) {
        let Some(call) = self.calls.remove(index) else { return };
        self.weight -= call.weighs;
        self.drop_names(index, &call.names);
        for party in call.parties {
            if let Some(agent) = party.device.agent.and_then(|agent| self.agents.get_mut(agent)) {
                agent.calls.retain(|known| *known != index);
                agent.owes.retain(|known| *known != index);
                // The work goes on; it is not known any more after what.
                agent.wraps.iter_mut().filter(|known| **known == Some(index)).for_each(|known| *known = None);
            }
        }
        self.forget_call_of_requests(index);
    }

    pub(super) fn drop_names(&mut self, index: CallIx, names: &[SpacedId]) {
        for name in names {
            if self.call_names.get(name) == Some(&index) {
                self.call_names.remove(name);
            }
        }
    }
}
