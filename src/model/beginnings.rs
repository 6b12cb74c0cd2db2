//! Call numbers are used again: whether a message that names a call is about the call that is known by that number, or begins
//! another one. And what is remembered of numbers whose calls are gone.

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet};

use super::{finding::same_number, *};

impl Model {
    /// Whether a change that shows a call alive begins another one under the number of this one.
    pub(super) fn begins_anew(&self, index: CallIx, change: &Change) -> bool {
        let result = &self.calls[self.result_of(index)];
        if self.has_own_name(index, &change.call) {
            // The platform's own name for one call only: it ended in silence, and goes on.
            return result.presumed_over;
        }
        let call = &self.calls[index];
        if result.is_live() {
            let is_in_doubt = self.is_unconfirmed(result) || result.is_orphan();
            let is_over = call.joined_into.is_some() && self.is_beginning(call, change);
            return (is_in_doubt || is_over) && self.is_of_another_caller(result, change)
                || self.contradicts(result, change);
        }
        result.presumed_over || self.is_beginning(call, change)
    }

    /// Whether the names have the one that the platform gives to one call only, and the call has it too.
    fn has_own_name(&self, index: CallIx, names: &CallNames) -> bool {
        let Some(space) = self.unique_names else { return false };
        let own = names.0[space as usize];
        !own.is_none() && self.calls[index].name(space).is_some_and(|known| known.as_id() == own)
    }

    /// Whether this happens at the beginning of a call only, seen from a call that is over.
    fn is_beginning(&self, call: &Call, change: &Change) -> bool {
        use ChangeKind::*;
        match change.kind {
            Started | RouteAsked | Originated | Allocated => true,
            // An agent who puts a call back into a queue had it.
            Queued => change.party.is_empty(),
            // Somebody who had left the call before its end cannot be alerted by it once more.
            Alerted => {
                self.agent_meant(&change.party).is_some_and(|agent| {
                    call.parties
                        .iter()
                        .find(|party| party.device.agent == Some(agent))
                        .is_none_or(|party| party.left_first)
                }) || self.is_new_agent(&change.party)
            }
            _ => false,
        }
    }

    /// Whether the platform has said nothing of the call since events may have been missed.
    pub(super) fn is_unconfirmed(&self, call: &Call) -> bool {
        call.seen_epoch != self.link.epoch
    }

    /// Whether a call of which nothing has been heard since cannot have come to this.
    fn contradicts(&self, call: &Call, change: &Change) -> bool {
        if !self.is_unconfirmed(call) {
            return false;
        }
        let answered = call.parties.iter().any(|party| party.answered);
        match change.kind {
            ChangeKind::Started | ChangeKind::RouteAsked => answered,
            ChangeKind::Originated => {
                answered || (call.originator.is_some() && call.originator != self.agent_meant(&change.party))
            }
            _ => false,
        }
    }

    /// Whether somebody else calls than called before.
    fn is_of_another_caller(&self, call: &Call, change: &Change) -> bool {
        let told = change.text(Fact::Ani);
        let opposite = change.kind == ChangeKind::Alerted
            && call.originator.is_none()
            && self.agent_meant(&change.other).is_none()
            && matches!(change.other.kind, None | Some(DeviceKind::Device));
        let number = if told.is_empty() && opposite { change.other.number } else { told };
        !number.is_empty() && !call.ani.is_empty() && !same_number(number, &call.ani)
    }

    pub fn has_spent_names(&self) -> bool {
        !self.names_spent.until.is_empty()
    }

    /// Whether a call of these names was told to be over though the platform did not say so; and whether it goes on as another.
    pub fn is_spent(&self, names: &CallNames) -> Option<bool> {
        let known = self.named_call(names).map(|call| &self.calls[call]);
        match known {
            Some(call) if call.renamed => Some(call.is_live()),
            Some(call) if call.is_live() => None,
            _ => self.names_spent.has_any(names, self.now).then_some(false),
        }
    }

    /// The agent that a device is, where one is known.
    fn agent_meant(&self, device: &Device) -> Option<AgentIx> {
        match device.kind {
            Some(DeviceKind::Agent) if !device.id.is_none() => self.agent_by_id(device.id),
            Some(DeviceKind::Agent | DeviceKind::Device) | None => self.agent_by_station(device.number),
            Some(_) => None,
        }
    }

    fn is_new_agent(&self, device: &Device) -> bool {
        device.kind == Some(DeviceKind::Agent) && !device.id.is_none() && self.agent_by_id(device.id).is_none()
    }
}

/// The most names of calls that are remembered of a day, and of calls that were told to be over.
const MOST: usize = 1 << 16;

/// Which names calls had today. A further call of one name has its moment of beginning besides.
#[derive(Debug, Default)]
pub struct NamesUsed {
    day: u64,
    names: HashSet<SpacedId>,
}

impl NamesUsed {
    /// Notes the names of a new call. Hands back its moment, if another call had the first of them that day; also where so many
    /// calls began that nobody can tell.
    pub fn note(&mut self, names: &CallNames, unique: Option<u8>, clock: Option<u64>) -> Option<u64> {
        let clock = clock?;
        // Of a call that has a name of its own nobody asks.
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

/// Names of calls that were told to be over because the link was lost or time ran out. If the platform goes on with such a
/// call, it is told as another one, under other names. They are remembered until a time, and the oldest give way.
#[derive(Debug, Default)]
pub struct NamesSpent {
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
            // It may have been noted again since.
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
