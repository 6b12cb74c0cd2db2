//! The names of calls: those that lead to a call, and those that are remembered of calls that are over. What a name means
//! in a message is decided in `finding` and `beginnings`.

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet, hash_map::EntryRef};

use super::{Calls, MAX_NAMES};
use crate::{model::*, time::Time};

/// The most names remembered of one day's calls, and of calls that were told to be over.
const MOST: usize = 1 << 16;

/// Every name that leads to a call, and those that led to one.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) bearers: HashMap<SpacedId, CallIx>,
    /// The number space in which the platform names one call only, ever; none if it uses all names again.
    pub(super) unique: Option<u8>,
    used: NamesUsed,
    pub(super) spent: NamesSpent,
}

impl Names {
    pub fn is_empty(&self) -> bool {
        self.bearers.is_empty()
    }

    /// Notes the names of a new call. Returns the call's moment if an earlier call of that day had its first name, or
    /// if so many calls began that this cannot be known.
    pub fn note_used(&mut self, names: &CallNames, clock: Option<u64>) -> Option<u64> {
        self.used.note(names, self.unique, clock)
    }
}

impl Calls {
    pub fn learn_names(&mut self, index: CallIx, names: &CallNames) {
        for name in names.iter() {
            let call = &self[index];
            let is_own = call.names.iter().any(|known| known.space == name.space && known.id.as_id() == name.id);
            // A name from before a join stays the old call's.
            let is_old = || self.names.bearers.get(&name).is_some_and(|known| self.result_of(*known) == index);
            if is_own || is_old() {
                continue;
            }
            let Some(id) = NativeId::new(name.id) else { continue };
            let call = &mut self[index];
            if call.names.len() < MAX_NAMES {
                let known = SpacedId { space: name.space, id };
                call.names.push(known.clone());
                self.names.bearers.insert(known, index);
            }
        }
    }

    /// The platform has other names for the call from now on; the old ones still lead to it.
    pub fn rename(&mut self, index: CallIx, names: &CallNames) {
        for name in names.iter() {
            let Some(id) = NativeId::new(name.id) else { continue };
            let new = SpacedId { space: name.space, id };
            let known = &mut self[index].names;
            known.retain(|known| *known != new);
            if known.len() < MAX_NAMES {
                known.insert(0, new.clone());
                self.names.bearers.insert(new, index);
            }
        }
    }

    pub fn drop_names(&mut self, index: CallIx, names: &[SpacedId]) {
        for name in names {
            if let EntryRef::Occupied(bearer) = self.names.bearers.entry_ref(name)
                && *bearer.get() == index
            {
                bearer.remove();
            }
        }
    }
}

/// The names that calls had today. A further call of the same name is told apart by the moment of its beginning.
#[derive(Debug, Default)]
pub(super) struct NamesUsed {
    day: u64,
    names: HashSet<SpacedId>,
}

impl NamesUsed {
    fn note(&mut self, names: &CallNames, unique: Option<u8>, clock: Option<u64>) -> Option<u64> {
        let clock = clock?;
        // A call that has a name of its own needs no moment.
        if unique.is_some_and(|space| !names.0[space as usize].is_none()) {
            return None;
        }
        let first = names.iter().next()?;
        let day = clock / (24 * 3600 * 1000);
        if self.day != day {
            self.day = day;
            self.names.clear();
        }
        if self.names.contains(&first) || self.names.len() >= MOST {
            return Some(clock);
        }
        self.names.insert(SpacedId { space: first.space, id: NativeId::new(first.id)? });
        None
    }
}

/// Names of calls that were told to be over because the link was lost or time ran out. If the platform goes on with
/// such a call, it is told as another call, under other names. Each name is remembered until a time; if there are too
/// many, the oldest are dropped first.
#[derive(Debug, Default)]
pub(super) struct NamesSpent {
    until: HashMap<SpacedId, Time>,
    order: VecDeque<(SpacedId, Time)>,
}

impl NamesSpent {
    pub fn add(&mut self, names: &[SpacedId], now: Time, until: Time) {
        for name in names {
            self.until.insert(name.clone(), until);
            self.order.push_back((name.clone(), until));
        }
        while let Some((name, until)) = self.order.front()
            && (*until <= now || self.order.len() > MOST)
        {
            // The name may have been added again since, with a later time.
            if self.until.get(name) == Some(until) {
                self.until.remove(name);
            }
            self.order.pop_front();
        }
    }

    pub fn has_any(&self, names: &CallNames, now: Time) -> bool {
        !self.until.is_empty() && names.iter().any(|name| self.until.get(&name).is_some_and(|until| *until > now))
    }
}

impl Model {
    /// The platform gives each name in this space to one call only, ever.
    pub fn name_calls_uniquely(&mut self, space: u8) {
        self.calls.names.unique = Some(space);
    }

    /// True if the platform's own messages give this call a name that no other call ever has.
    pub fn is_named_uniquely(&self, call: &Call) -> bool {
        self.calls.names.unique.is_some_and(|space| call.name(space).is_some())
    }

    pub fn has_spent_names(&self) -> bool {
        !self.calls.names.spent.until.is_empty()
    }

    /// Tells whether the call of these names was told to be over although the platform had not said so, and did not go on
    /// as another one since.
    pub fn is_spent(&self, names: &CallNames) -> bool {
        let known = self.calls.named(names).map(|call| &self.calls[call]);
        match known {
            Some(call) if call.renamed => call.presumed_over,
            Some(call) if call.is_live() => false,
            Some(_) | None => self.calls.names.spent.has_any(names, self.moment.now),
        }
    }
}
