//! Call numbers are used again. This module decides whether a message about a known number is about the known call or
//! begins another one. It also remembers the numbers of calls that are over.

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet};

use super::{finding::same_number, *};

impl Model {
    /// True if a change that shows a call alive begins another call under this call's number.
    pub(super) fn begins_anew(&self, index: CallIx, change: &Change) -> bool {
        let result = &self.calls[self.result_of(index)];
        if self.has_own_name(index, &change.call) {
            // This name is given to one call only. If that call was ended for its silence, it goes on.
            return result.presumed_over;
        }
        let call = &self.calls[index];
        if result.is_live() {
            // A call that became part of this one is over, and its number is free. What the platform still says of it comes from
            // those who are in the result.
            let is_other = || !self.is_one_of(result, &change.party) || self.is_of_another_caller(result, change);
            if call.joined_into.is_some() && self.is_beginning(call, change) && is_other() {
                return true;
            }
            let is_in_doubt = self.is_unconfirmed(result) || result.is_orphan();
            return is_in_doubt && self.is_of_another_caller(result, change) || self.contradicts(result, change);
        }
        result.presumed_over || self.is_beginning(call, change)
    }

    /// True if the names contain the one that the platform gives to one call only, and this call has it.
    fn has_own_name(&self, index: CallIx, names: &CallNames) -> bool {
        let Some(space) = self.unique_names else { return false };
        let own = names.0[space as usize];
        !own.is_none() && self.calls[index].name(space).is_some_and(|known| known.as_id() == own)
    }

    /// True if the change, seen from a call that is over, can only happen at the beginning of a call.
    fn is_beginning(&self, call: &Call, change: &Change) -> bool {
        use ChangeKind::*;
        match change.kind {
            Started | RouteAsked | Originated | Allocated => true,
            // An agent who queues a call again had it before, so that only a change without an agent begins a call.
            Queued => change.party.is_empty(),
            // An agent who was still in the call at its end may be alerted late. One who had left it before cannot be
            // alerted by it again.
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

    /// True if the platform has not mentioned the call since events may have been missed.
    pub(super) fn is_unconfirmed(&self, call: &Call) -> bool {
        call.seen_epoch != self.link.epoch
    }

    /// True if the change cannot have happened to a call of which nothing has been heard since events may have been
    /// missed.
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

    /// True if the caller is another one than before.
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

    /// Tells whether a call of these names was told to be over although the platform had not said so; the value is true
    /// if the call goes on as another one.
    pub fn is_spent(&self, names: &CallNames) -> Option<bool> {
        let known = self.named_call(names).map(|call| &self.calls[call]);
        match known {
            Some(call) if call.renamed => Some(call.is_live()),
            Some(call) if call.is_live() => None,
            _ => self.names_spent.has_any(names, self.now).then_some(false),
        }
    }

    fn is_one_of(&self, call: &Call, device: &Device) -> bool {
        self.agent_meant(device).is_some_and(|agent| call.live_party_of(agent).is_some())
    }

    /// The agent that a device belongs to, where one is known.
    pub(super) fn agent_meant(&self, device: &Device) -> Option<AgentIx> {
        match device.kind {
            Some(DeviceKind::Agent) if device.names_agent() => self.agent_by_id(device.id),
            Some(DeviceKind::Agent | DeviceKind::Device) | None => self.agent_by_station(device.number),
            Some(_) => None,
        }
    }

    fn is_new_agent(&self, device: &Device) -> bool {
        device.names_agent() && self.agent_by_id(device.id).is_none()
    }
}

/// The most names remembered of one day's calls, and of calls that were told to be over.
const MOST: usize = 1 << 16;

/// The names that calls had today. A further call of the same name is told apart by the moment of its beginning.
#[derive(Debug, Default)]
pub struct NamesUsed {
    day: u64,
    names: HashSet<SpacedId>,
}

impl NamesUsed {
    /// Notes the names of a new call. Returns the call's moment if an earlier call of that day had its first name, or
    /// if so many calls began that this cannot be known.
    pub fn note(&mut self, names: &CallNames, unique: Option<u8>, clock: Option<u64>) -> Option<u64> {
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
