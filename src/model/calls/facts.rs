//! Facts about a call beside its parties: numbers, kind, priority, data. They go with the call's next event; only a session
//! that set data is answered here.

use smol_str::SmolStr;

use super::data;
use crate::model::{requests::Expect, *};

impl Model {
    pub(in crate::model) fn noted(&mut self, change: &Change) -> Effect {
        self.live_call(change).map_or_else(|effect| effect, |_| Effect::Taken)
    }

    /// Somebody set data. Only the session that asked for it is told; for all others it goes with the call's next event.
    pub(in crate::model) fn data_set(&mut self, change: &Change) -> Effect {
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

    /// Remembers what a change says of its call.
    pub(in crate::model) fn note(&mut self, index: CallIx, change: &Change) {
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
}

pub(super) fn note_text(known: &mut SmolStr, new: &str) {
    if !new.is_empty() && known != new {
        *known = new.into();
    }
}

/// A number is replaced by a better one: never by a guess, and never once two calls have joined.
pub(super) fn note_number(known: &mut SmolStr, new: &str, new_is_weak: bool, known_is_weak: bool, kept: bool) {
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
