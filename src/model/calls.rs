//! What happens to a call: it starts, waits, alerts, connects, is held, is left, ends. The order in which things are told
//! is decided here and in `joins`.

use super::{
    call::{MAX_DATA, MAX_NAMES, MAX_PARTIES},
    requests::{Expect, Requests},
    timers::Timer,
    *,
};
use crate::message::Value;
use smallvec::SmallVec;

/// How many of the oldest calls are looked for at a time.
const MAX_OLDEST: usize = 256;

impl Model {
    // ── finding and starting ──────────────────────────────────────────────────────────────────────────────────────────

    /// The call that these names mean. A more authoritative name that the call contradicts makes it another call.
    pub(super) fn named_call(&self, names: &CallNames) -> Option<CallIx> {
        names.iter().find_map(|name| {
            let index = *self.call_names.get(&name)?;
            let call = &self.calls[index];
            let contradicts =
                |better: SpacedRef| call.name(better.space).is_some_and(|known| known.as_id() != better.id);
            let contradicted = names.iter().take_while(|better| better.space < name.space).any(contradicts);
            (!contradicted).then_some(index)
        })
    }

    /// The call of a change that only follows or ends something: it must be known, and not over.
    pub(super) fn live_call(&mut self, change: &Change) -> Result<CallIx, Effect> {
        let index = self.named_call(&change.call).ok_or(Effect::UnknownCall)?;
        self.touch(index, &change.call)?;
        self.note(index, change);
        Ok(index)
    }

    fn touch(&mut self, index: CallIx, names: &CallNames) -> Result<(), Effect> {
        if !self.calls[index].is_live() {
            return Err(Effect::Late);
        }
        self.calls[index].last_event = self.now;
        self.learn_names(index, names);
        Ok(())
    }

    /// The call of a change that shows it alive: where it is not known, it starts here, begun by an agent or from outside.
    pub(super) fn call_for(&mut self, change: &Change, begun_by: Option<AgentIx>) -> Result<CallIx, Effect> {
        if let Some(index) = self.named_call(&change.call) {
            self.touch(index, &change.call)?;
            self.note(index, change);
            return Ok(index);
        }
        if change.call.is_empty() {
            return Err(Effect::UnknownCall);
        }
        let index = self.new_call(&change.call)?;
        self.note(index, change);
        self.tell_start(index, begun_by);
        Ok(index)
    }

    pub(super) fn new_call(&mut self, names: &CallNames) -> Result<CallIx, Effect> {
        if self.calls.len() >= self.settings.max_calls {
            self.evict_call(None);
        }
        if self.calls.len() >= self.settings.max_calls + self.forgotten.len() {
            return Err(Effect::Full);
        }
        let index = self.calls.insert(Call::new(self.now));
        self.learn_names(index, names);
        if !std::mem::replace(&mut self.expiry_watch, true) {
            self.timers.set(self.now + self.settings.call_expiry, Timer::CallExpiry);
        }
        Ok(index)
    }

    fn tell_start(&mut self, index: CallIx, begun_by: Option<AgentIx>) {
        let call = &mut self.calls[index];
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

    /// Makes room: the oldest call that is over, else the one that has been silent longest, which ends properly. Whether
    /// there was any but the one to spare.
    fn evict_call(&mut self, spare: Option<CallIx>) -> bool {
        let Some(index) = self.oldest_call(spare).or_else(|| {
            self.look_for_oldest(spare);
            self.oldest_call(spare)
        }) else {
            return false;
        };
        self.forgotten.push(index);
        if self.calls[index].is_live() {
            self.end_call(index);
        }
        self.complete(index);
        self.weight -= std::mem::take(&mut self.calls[index].weighs);
        true
    }

    /// The next of those that were found to be oldest, if it still is as it was.
    fn oldest_call(&mut self, spare: Option<CallIx>) -> Option<CallIx> {
        while let Some((index, last_event)) = self.oldest.pop_front() {
            let same = self.calls.get(index).is_some_and(|call| call.last_event == last_event);
            if same && Some(index) != spare && !self.forgotten.contains(&index) {
                return Some(index);
            }
        }
        None
    }

    /// Looks through all calls for the oldest, for many evictions to come: nothing that happens makes another call older.
    fn look_for_oldest(&mut self, spare: Option<CallIx>) {
        let others = self.calls.iter().filter(|(index, _)| Some(*index) != spare && !self.forgotten.contains(index));
        let mut others: Vec<_> = others.map(|(index, call)| (call.is_live(), call.last_event, index)).collect();
        let count = others.len().min(MAX_OLDEST);
        if count < others.len() {
            others.select_nth_unstable(count);
            others.truncate(count);
        }
        others.sort_unstable();
        self.oldest = others.into_iter().map(|(_, last_event, index)| (index, last_event)).collect();
    }

    fn learn_names(&mut self, index: CallIx, names: &CallNames) {
        for name in names.iter() {
            let call = &mut self.calls[index];
            if call.names.iter().any(|known| known.space == name.space && known.id.as_id() == name.id) {
                continue;
            }
            let Some(id) = NativeId::new(name.id) else { continue };
            if call.names.len() < MAX_NAMES {
                let known = SpacedId { space: name.space, id };
                call.names.push(known.clone());
                self.call_names.insert(known, index);
            }
        }
    }

    /// Remembers what a change says of its call.
    pub(super) fn note(&mut self, index: CallIx, change: &Change) {
        let service = self.service_of(&change.service);
        let call = &mut self.calls[index];
        note_number(&mut call.ani, change.text(Fact::Ani), change.is_weak(Fact::Ani), call.ani_weak, call.numbers_kept);
        if !change.is_weak(Fact::Ani) && !change.text(Fact::Ani).is_empty() {
            call.ani_weak = false;
        }
        note_number(&mut call.dnis, change.text(Fact::Dnis), change.is_weak(Fact::Dnis), true, call.numbers_kept);
        note_text(&mut call.caller_name, change.text(Fact::CallerName));
        if let Some(media) = change.int(Fact::Media).and_then(Media::from_code) {
            call.media = Some(media);
        }
        if let Some(ty) = change.int(Fact::Type).and_then(CallType::from_code) {
            call.ty = Some(ty);
        }
        let sequence = Id::from_value(change.fact(Fact::Sequence));
        if !sequence.is_none() && call.sequence.as_ref().is_none_or(|known| known.as_id() != sequence) {
            call.sequence = NativeId::new(sequence);
        }
        if call.service.is_none() {
            call.service = service;
        }
        if let Some(data) = &change.data {
            data.iter().for_each(|(key, value)| note_item(&mut call.data, *key, *value));
        }
        self.weigh(index);
    }

    /// Keeps count of what all calls are remembered by, and makes room where it is too much.
    fn weigh(&mut self, index: CallIx) {
        let weight = self.calls[index].weight();
        let before = std::mem::replace(&mut self.calls[index].weighs, weight);
        self.weight = self.weight + weight - before;
        while self.weight > self.settings.max_memory && self.evict_call(Some(index)) {}
    }

    // ── the life of a call ────────────────────────────────────────────────────────────────────────────────────────────

    pub(super) fn noted(&mut self, change: &Change) -> Effect {
        self.live_call(change).map_or_else(|effect| effect, |_| Effect::Taken)
    }

    pub(super) fn started(&mut self, change: &Change) -> Effect {
        self.call_for(change, None).map_or_else(|effect| effect, |_| Effect::Taken)
    }

    pub(super) fn originated(&mut self, change: &Change) -> Effect {
        let party = self.device(&change.party);
        let Some(agent) = party.agent else { return self.started(change) };
        let known = self.named_call(&change.call).is_some();
        let index = match self.call_for(change, Some(agent)) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        if !known {
            self.originate(index, party, &change.other);
        }
        Effect::Taken
    }

    /// An agent began this call: who is called, and whether it is about another call of the agent's.
    fn originate(&mut self, index: CallIx, party: KnownDevice, towards: &Device) {
        let Some(agent) = party.agent else { return };
        let destination = self.device(towards);
        let consults = self.call_of(agent, |_, party| {
            matches!(party.state, PartyState::Held | PartyState::Connected) && party.device.agent == Some(agent)
        });
        let call = &mut self.calls[index];
        call.parties.push(Party::new(party, PartyState::Initiated));
        call.direction = match (consults, destination.agent) {
            (Some(_), _) => Direction::Consultation,
            (None, Some(_)) => Direction::Internal,
            (None, None) => Direction::Outbound,
        };
        call.consults = consults;
        call.destination = destination;
        self.add_agent_call(agent, index);
        let request = self.requests_shown(Expect::Originated(agent));
        let transition = Transition::new(TransitionKind::CallOriginated).call(index).agent(agent);
        self.tell_answering(transition, request);
    }

    pub(super) fn route_asked(&mut self, change: &Change) -> Effect {
        match self.call_for(change, None) {
            Ok(index) => {
                self.tell(Transition::new(TransitionKind::RouteRequested).call(index));
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    pub(super) fn routed(&mut self, change: &Change) -> Effect {
        let destination = self.device(&change.other);
        match self.call_for(change, None) {
            Ok(index) => {
                self.calls[index].destination = destination;
                self.tell(Transition::new(TransitionKind::Routed).call(index));
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    pub(super) fn queued(&mut self, change: &Change) -> Effect {
        let service = self.service_of(&change.service);
        let index = match self.call_for(change, None) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        let call = &mut self.calls[index];
        if call.queue.is_some() && call.queue == service {
            return Effect::Taken;
        }
        call.queue = service;
        call.service = service.or(call.service);
        let waited = change.int(Fact::Waited).and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0);
        call.queued_at = self.clock.map(|clock| clock.saturating_sub(waited.saturating_mul(1000)));
        call.ty = call.ty.or(Some(CallType::Acd));
        let mut transition = Transition::new(TransitionKind::CallQueued).call(index);
        transition.service = service;
        self.tell(transition);
        Effect::Taken
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
        }
        let alerting = |party: &Party| matches!(party.state, PartyState::Initiated | PartyState::Left);
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
        let index = match self.call_between(change, &party) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        // On an agent's own call any party that connects is the far end, or shows that it has connected.
        let originator = self.calls[index].originator;
        if party.agent.is_none() || party.agent != originator {
            self.connect_party(index, &party, &change.party);
        }
        if let Some(agent) = originator {
            self.connect_far_end(index, agent);
        }
        Effect::Taken
    }

    fn connect_party(&mut self, index: CallIx, party: &KnownDevice, device: &Device) {
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
        call.parties[place].state = PartyState::Connected;
        call.parties[place].answered = true;
        self.owe_wrap(agent, index);
        let mut transition = Transition::new(TransitionKind::FarEndConnected).call(index).agent(agent);
        transition.party = Some((index, place as u8));
        transition.other = self.companion(index, Some(agent));
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
        let index = match self.call_for(change, None) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        let moves = |party: &Party| party.state != to;
        let Some(place) = self.enter(index, &party, &change.party, to, moves) else { return Effect::Taken };
        self.calls[index].parties[place].answered = true;
        let mut request = Requests::new();
        if let Some(agent) = party.agent {
            self.add_agent_call(agent, index);
            self.owe_wrap(agent, index);
            request = self.requests_shown(Expect::Moved(index, agent, to));
        }
        let transition = Transition::new(kind).call(index).agent(party.agent).party((index, place as u8));
        self.tell_answering(transition, request);
        self.tell_agent_state(party.agent, Some(index));
        Effect::Taken
    }

    /// A party leaves the call.
    pub(super) fn left(&mut self, change: &Change) -> Effect {
        let index = match self.live_call(change) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        let party = self.device(&change.party);
        match party.agent {
            Some(agent) => {
                if let Some(place) = self.calls[index].live_party_of(agent) {
                    self.leave(index, place);
                }
            }
            None => self.other_leaves(index, &change.party),
        }
        Effect::Taken
    }

    fn other_leaves(&mut self, index: CallIx, device: &Device) {
        let Some(place) = self.party_leaving(index, device) else { return };
        self.leave(index, place);
        let call = &self.calls[index];
        let agents: SmallVec<[(usize, AgentIx); 4]> = call.agents_in().collect();
        let was_last = call.others_in().next().is_none();
        if let ([(place, agent)], true) = (&agents[..], was_last) {
            self.clear_agent(index, *place, *agent, End::Far, None);
        }
    }

    /// The party in the call that this device, no agent, is. A number may be written in another way than before: where
    /// only one party can be meant, it is that one.
    fn party_leaving(&self, index: CallIx, device: &Device) -> Option<usize> {
        let call = &self.calls[index];
        let like = call.party_like(device).filter(|place| call.parties[*place].is_in());
        let dialable = matches!(device.kind, None | Some(DeviceKind::Device));
        let mut others = call.others_in();
        let only = others.next().filter(|_| dialable && others.next().is_none());
        like.or(only)
    }

    /// A party leaves. An agent is told so, near end, unless it was told already.
    pub(super) fn leave(&mut self, index: CallIx, place: usize) {
        let party = &mut self.calls[index].parties[place];
        party.state = PartyState::Left;
        let agent = party.device.agent;
        let mut transition = Transition::new(TransitionKind::PartyLeft).call(index).party((index, place as u8));
        transition.agent = agent;
        self.tell(transition);
        if let Some(agent) = agent {
            self.clear_agent(index, place, agent, End::Near, None);
            self.remove_agent_call(agent, index);
            self.tell_agent_state(Some(agent), Some(index));
        }
        self.watch_orphan(index);
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
        match self.live_call(change) {
            Ok(index) => {
                self.end_call(index);
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    /// The call is over: everyone in it leaves, every agent who has not been told is, and what it still owes runs out.
    pub(super) fn end_call(&mut self, index: CallIx) {
        let in_it: Vec<usize> = (0..self.calls[index].parties.len()).collect();
        for place in in_it {
            if self.calls[index].parties[place].is_in() {
                self.leave(index, place);
            }
        }
        self.finish_call(index);
    }

    /// Says that a call that everyone has left is over.
    pub(super) fn finish_call(&mut self, index: CallIx) {
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
        self.timers.set(self.now + self.settings.id_grace, Timer::IdGrace(index));
    }

    /// The call and all wrap-up after it are over.
    pub(super) fn complete(&mut self, index: CallIx) {
        let call = &mut self.calls[index];
        if call.is_live() || call.completed {
            return;
        }
        call.completed = true;
        for agent in std::mem::take(&mut call.owed) {
            self.agents[agent].owes.retain(|owed| *owed != index);
        }
        self.tell(Transition::new(TransitionKind::CallCompleted).call(index));
    }

    // ── parties ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The call of an event between a party and an opposite one: where an agent calls and the call is new, the agent began
    /// it; else the one who calls is whoever calls from outside.
    fn call_between(&mut self, change: &Change, party: &KnownDevice) -> Result<CallIx, Effect> {
        let caller = self.device(&change.other);
        let known = self.named_call(&change.call).is_some();
        let begun_by = caller.agent.filter(|agent| Some(*agent) != party.agent);
        let index = self.call_for(change, begun_by)?;
        match caller.agent {
            Some(_) if begun_by.is_some() && !known => self.originate(index, caller, &change.party),
            Some(_) => {}
            None => self.name_caller(index, caller),
        }
        Ok(index)
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
        let place = match party.agent {
            Some(agent) => call.party_of(agent),
            None => call.party_like(device),
        };
        match place {
            Some(place) => {
                let party = &mut call.parties[place];
                if !changes(party) {
                    return None;
                }
                if party.state == PartyState::Left {
                    party.cleared = false;
                }
                party.state = state;
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
            self.timers.set(self.now + self.settings.orphan_grace, Timer::OrphanGrace(index));
        }
    }

    pub(super) fn orphan_grace_over(&mut self, index: CallIx) {
        let Some(call) = self.calls.get_mut(index) else { return };
        call.orphan_watch = false;
        if !call.is_live() || call.is_held_by_platform() {
            return;
        }
        let due = call.last_event + self.settings.orphan_grace;
        if due <= self.now {
            self.end_call(index);
        } else {
            self.calls[index].orphan_watch = true;
            self.timers.set(due, Timer::OrphanGrace(index));
        }
    }

    /// Ends the calls that have been silent for too long, and looks again when the next may be.
    pub(super) fn call_expiry_over(&mut self) {
        let due = |call: &Call| call.last_event + self.settings.call_expiry;
        let silent = self.calls.iter().filter(|(_, call)| call.is_live() && due(call) <= self.now);
        for index in silent.map(|(index, _)| index).collect::<Vec<_>>() {
            self.end_call(index);
        }
        let next = self.calls.iter().filter(|(_, call)| call.is_live()).map(|(_, call)| call.last_event).min();
        self.expiry_watch = next.is_some();
        if let Some(next) = next {
            self.timers.set(next + self.settings.call_expiry, Timer::CallExpiry);
        }
    }

    pub(super) fn wrap_grace_over(&mut self, index: CallIx) {
        if self.calls.get(index).is_some() {
            self.complete(index);
        }
    }

    /// The ids of an ended call lead nowhere any more, unless the call became part of one that lives.
    pub(super) fn id_grace_over(&mut self, index: CallIx) {
        let Some(call) = self.calls.get(index) else { return };
        if call.is_live() {
            return;
        }
        let result_lives = call.joined_into.is_some_and(|result| self.calls.get(result).is_some());
        if result_lives || !call.completed {
            self.timers.set(self.now + self.settings.id_grace, Timer::IdGrace(index));
        } else if !self.forgotten.contains(&index) {
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
                agent.wraps.retain(|known| *known != Some(index));
                agent.owes.retain(|known| *known != index);
            }
        }
    }

    pub(super) fn drop_names(&mut self, index: CallIx, names: &[SpacedId]) {
        for name in names {
            if self.call_names.get(name) == Some(&index) {
                self.call_names.remove(name);
            }
        }
    }
}

fn note_text(known: &mut String, new: &str) {
    if !new.is_empty() && known != new {
        known.clear();
        known.push_str(new);
    }
}

/// A number is replaced by a better one: never by a guess, and never once two calls have joined.
fn note_number(known: &mut String, new: &str, new_is_weak: bool, known_is_weak: bool, kept: bool) {
    let settled = !known.is_empty() && (kept || new_is_weak || (!known_is_weak && known == new));
    if !settled {
        note_text(known, new);
    }
}

fn note_item(data: &mut Vec<(String, String)>, key: Value, value: Value) {
    let (mut buffer, mut value_buffer) = (itoa::Buffer::new(), itoa::Buffer::new());
    let key = key.as_text(&mut buffer).unwrap_or_default();
    let value = value.as_text(&mut value_buffer).unwrap_or_default();
    match data.iter().position(|(known, _)| known == key) {
        Some(place) => note_text(&mut data[place].1, value),
        None if data.len() < MAX_DATA => data.push((key.to_owned(), value.to_owned())),
        None => {}
    }
}
