//! Which call a change means: the one that has its names, the one that this became part of, or a new one. Whether a known
//! name begins another call is decided in `beginnings`.

use super::Calls;
use crate::model::*;

impl Calls {
    /// The call that these names mean: what the call of these names became part of, or itself.
    pub fn named(&self, names: &CallNames) -> Option<CallIx> {
        self.bearer(names).map(|call| self.result_of(call))
    }

    /// The call that bears these names. A more authoritative name that the call contradicts makes it another call.
    pub fn bearer(&self, names: &CallNames) -> Option<CallIx> {
        names.iter().find_map(|name| {
            let index = *self.names.bearers.get(&name)?;
            let call = &self[index];
            let contradicts =
                |better: SpacedRef| call.name(better.space).is_some_and(|known| known.as_id() != better.id);
            let contradicted = names.iter().take_while(|better| better.space < name.space).any(contradicts);
            (!contradicted).then_some(index)
        })
    }

    /// The call that this one became part of, or itself.
    pub fn result_of(&self, call: CallIx) -> CallIx {
        let mut index = call;
        while let Some(next) = self.get(index).and_then(|call| call.joined_into)
            && self.get(next).is_some()
        {
            index = next;
        }
        index
    }
}

impl Model {
    /// The call that bears this name, whatever it became part of. `space` is the name's number space.
    pub fn call_bearing(&self, space: u8, id: Id<'_>) -> Option<CallIx> {
        self.calls.names.bearers.get(&SpacedRef { space, id }).copied()
    }

    /// The call that this one became part of, or itself.
    pub fn result_of(&self, call: CallIx) -> CallIx {
        self.calls.result_of(call)
    }

    /// The call of a change that only follows or ends something: it must be known, and not over.
    pub(super) fn live_call(&mut self, change: &Change) -> Result<CallIx, Effect> {
        self.follow(self.calls.named(&change.call), change)
    }

    /// The call of a change that takes somebody out of it. A name from before a join means the call that ended then, not
    /// what it became part of: nobody who stays is cleared.
    pub(super) fn call_left(&mut self, change: &Change) -> Result<CallIx, Effect> {
        self.follow(self.calls.bearer(&change.call), change)
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
        self.calls.learn_names(index, names);
        Ok(())
    }

    /// The platform says something of the call.
    pub(super) fn hear_of(&mut self, index: CallIx) {
        self.calls.renew(index, self.moment.now);
        self.calls[index].seen_epoch = self.link.epoch;
    }

    /// The call of a change that shows it alive: where it is not known, it starts here, begun by an agent or from outside.
    pub(in crate::model) fn call_for(&mut self, change: &Change, begun_by: Option<AgentIx>) -> Result<CallIx, Effect> {
        if let Some(index) = self.calls.bearer(&change.call) {
            let result = self.calls.result_of(index);
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
        self.calls.drop_names(index, &names);
    }

    pub(super) fn new_call(&mut self, names: &CallNames) -> Result<CallIx, Effect> {
        if self.calls.len() >= self.settings.max_calls {
            self.evict_call(None);
        }
        if self.calls.len() >= self.settings.max_calls + self.calls.forgotten.len() {
            self.bounds.calls += 1;
            return Err(Effect::Full);
        }
        let index = self.calls.table.insert(Call::new(self.moment.now));
        self.calls.begin_age(index);
        self.hear_of(index);
        let again_at = self.calls.names.note_used(names, self.moment.clock);
        let renamed = self.calls.names.spent.has_any(names, self.moment.now);
        let call = &mut self.calls[index];
        call.renamed = renamed;
        call.again_at = if renamed { Some(self.moment.clock.unwrap_or(self.moment.now.0)) } else { again_at };
        self.calls.learn_names(index, names);
        self.requests.call_shown(index, names);
        self.watch_expiry();
        Ok(index)
    }
}
