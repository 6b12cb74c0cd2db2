//! Which call a message means: the one that bears its names, or what that one became part of, or a new one. And what is
//! remembered of calls, and how much: the oldest make room.

use super::{call::MAX_NAMES, data, *};

/// How many of the oldest calls are looked for at a time.
const MAX_OLDEST: usize = 256;

impl Model {
    /// The call that these names mean: what the call of these names became part of, or itself.
    pub(super) fn named_call(&self, names: &CallNames) -> Option<CallIx> {
        self.bearer(names).map(|call| self.result_of(call))
    }

    /// The call that bears these names. A more authoritative name that the call contradicts makes it another call.
    pub(super) fn bearer(&self, names: &CallNames) -> Option<CallIx> {
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
        self.follow(self.named_call(&change.call), change)
    }

    /// The call of a change that takes somebody out of it. A name from before a join means the call that ended then, not
    /// what it became part of: nobody who stays is cleared.
    pub(super) fn call_left(&mut self, change: &Change) -> Result<CallIx, Effect> {
        self.follow(self.bearer(&change.call), change)
    }

    fn follow(&mut self, known: Option<CallIx>, change: &Change) -> Result<CallIx, Effect> {
        let index = known.ok_or(Effect::UnknownCall)?;
        self.touch(index, &change.call)?;
        self.note(index, change);
        Ok(index)
    }

    fn touch(&mut self, index: CallIx, names: &CallNames) -> Result<(), Effect> {
        if !self.calls[index].is_live() {
            return Err(Effect::Late);
        }
        self.hear_of(index);
        self.learn_names(index, names);
        Ok(())
    }

    /// The platform says something of the call.
    pub(super) fn hear_of(&mut self, index: CallIx) {
        let call = &mut self.calls[index];
        (call.last_event, call.seen_epoch) = (self.now, self.link.epoch);
    }

    /// The call of a change that shows it alive: where it is not known, it starts here, begun by an agent or from outside.
    pub(super) fn call_for(&mut self, change: &Change, begun_by: Option<AgentIx>) -> Result<CallIx, Effect> {
        if let Some(index) = self.bearer(&change.call) {
            let result = self.result_of(index);
            if !self.begins_anew(index, change) {
                self.touch(result, &change.call)?;
                self.note(result, change);
                return Ok(result);
            }
            self.give_up_names(index);
        }
        if change.call.is_empty() {
            return Err(Effect::UnknownCall);
        }
        let index = self.new_call(&change.call)?;
        self.note(index, change);
        self.tell_start(index, begun_by);
        Ok(index)
    }

    /// Gives the old call's names to a newer call. If the old call was live, it ends without a known cause.
    fn give_up_names(&mut self, index: CallIx) {
        if self.calls[index].is_live() {
            self.presume_over(index);
        }
        let names = self.calls[index].names.clone();
        self.drop_names(index, &names);
    }

    pub(super) fn new_call(&mut self, names: &CallNames) -> Result<CallIx, Effect> {
        if self.calls.len() >= self.settings.max_calls {
            self.evict_call(None);
        }
        if self.calls.len() >= self.settings.max_calls + self.forgotten.len() {
            return Err(Effect::Full);
        }
        let index = self.calls.insert(Call::new(self.now));
        self.hear_of(index);
        let again_at = self.names_used.note(names, self.unique_names, self.clock);
        let renamed = self.names_spent.has_any(names, self.now);
        let call = &mut self.calls[index];
        call.renamed = renamed;
        call.again_at = if renamed { Some(self.clock.unwrap_or(self.now.0)) } else { again_at };
        self.learn_names(index, names);
        self.call_seen(index, names);
        self.watch_expiry();
        Ok(index)
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
            self.presume_over(index);
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
        // The ids of a call that became part of a live one are needed for as long as that one.
        let is_needed = |index| self.calls[self.result_of(index)].is_live();
        let mut others: Vec<_> = others.map(|(index, call)| (is_needed(index), call.last_event, index)).collect();
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
            let call = &self.calls[index];
            let is_own = call.names.iter().any(|known| known.space == name.space && known.id.as_id() == name.id);
            // A name from before a join stays the old call's.
            let is_old = || self.call_names.get(&name).is_some_and(|known| self.result_of(*known) == index);
            if is_own || is_old() {
                continue;
            }
            let Some(id) = NativeId::new(name.id) else { continue };
            let call = &mut self.calls[index];
            if call.names.len() < MAX_NAMES {
                let known = SpacedId { space: name.space, id };
                call.names.push(known.clone());
                self.call_names.insert(known, index);
            }
        }
    }

    /// The platform has other names for the call from now on; the old ones still lead to it.
    pub(super) fn rename(&mut self, index: CallIx, names: &CallNames) {
        for name in names.iter() {
            let Some(id) = NativeId::new(name.id) else { continue };
            let new = SpacedId { space: name.space, id };
            let known = &mut self.calls[index].names;
            known.retain(|known| *known != new);
            if known.len() < MAX_NAMES {
                known.insert(0, new.clone());
                self.call_names.insert(new, index);
            }
        }
    }

    /// A call that an agent is to place is another each time that it is offered, whatever ended under its name before.
    pub(super) fn begin_again(&mut self, change: &Change) {
        use CallType::{Callback, Campaign, WebCallback};
        let ty = change.int(Fact::Type).and_then(CallType::from_code);
        let over = |index: &CallIx| !self.calls[self.result_of(*index)].is_live();
        let known = self.bearer(&change.call).filter(over);
        if let (Some(index), Some(Callback | WebCallback | Campaign)) = (known, ty) {
            let names = self.calls[index].names.clone();
            self.drop_names(index, &names);
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
        let priority = change.int(Fact::Priority).and_then(|number| u8::try_from(number).ok());
        call.priority = priority.filter(|number| (1..=100).contains(number)).or(call.priority);
        if let Some(media) = change.int(Fact::Media).and_then(Media::from_code)
            && (call.media.is_none() || !change.is_weak(Fact::Media))
        {
            call.media = Some(media);
        }
        if let Some(ty) = change.int(Fact::Type).and_then(CallType::from_code) {
            call.ty = Some(ty);
        }
        if let Some(cause) = change.int(Fact::Cause).and_then(Cause::from_code) {
            call.cause = Some(cause);
        }
        let sequence = Id::from_value(change.fact(Fact::Sequence));
        if !call.sequence_kept && !sequence.is_none() {
            (call.sequence, call.sequence_kept) = (NativeId::new(sequence), true);
        }
        if call.service.is_none() {
            call.service = service;
        }
        if let Some(data) = &change.data {
            self.data_cut += data::note(&mut call.data, data);
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
}

pub(super) fn note_text(known: &mut String, new: &str) {
    if !new.is_empty() && known != new {
        known.clear();
        known.push_str(new);
    }
}

/// A number is replaced by a better one: never by a guess, and never once two calls have joined.
pub(super) fn note_number(known: &mut String, new: &str, new_is_weak: bool, known_is_weak: bool, kept: bool) {
    let settled = !known.is_empty() && (kept || new_is_weak || (!known_is_weak && known == new));
    if !settled {
        note_text(known, new);
    }
}

/// True if two numbers may be the same, written with and without a prefix.
pub(super) fn same_number(one: &str, other: &str) -> bool {
    /// The number of equal digits at the end that identifies a number.
    const ENOUGH: usize = 5;
    if one == other {
        return true;
    }
    let (one, other) = (digits(one), digits(other));
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    short == long || (short.len() >= ENOUGH && long.ends_with(&short))
}
