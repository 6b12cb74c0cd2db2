//! Call numbers are used again. This module decides whether a message about a known number is about the known call or
//! begins another one. It changes nothing.

use super::facts::same_number;
use crate::model::*;

impl Model {
    /// True if a change that shows a call alive begins another call under this call's number.
    pub(super) fn begins_anew(&self, index: CallIx, change: &Change) -> bool {
        let result = &self.calls[self.calls.result_of(index)];
        if !result.is_live() && is_offer(change) {
            return true;
        }
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
        let Some(space) = self.calls.names.unique else { return false };
        let own = names.0[space as usize];
        !own.is_none() && self.calls[index].name(space).is_some_and(|known| known.as_id() == own)
    }

    /// True if the change, seen from a call that is over, can only happen at the beginning of a call.
    fn is_beginning(&self, call: &Call, change: &Change) -> bool {
        use ChangeKind::*;
        // An agent who queues a call again had it before, so that only a change without an agent begins a call.
        let is_queued = change.kind == Queued && change.party.is_empty();
        let begins = matches!(change.kind, Started | RouteAsked | Originated | Allocated);
        begins || is_queued || (change.kind == Alerted && self.alerts_anew(call, &change.party))
    }

    /// True if the call, which is over, cannot alert at this agent any more. An agent who was still in it at its end may
    /// be alerted late. One who had left it before cannot be alerted by it again.
    fn alerts_anew(&self, call: &Call, device: &Device) -> bool {
        let may_be_another = |agent: AgentIx| call.party_of(agent).is_none_or(|place| call.parties[place].left_first);
        self.agents.meant(device).is_some_and(may_be_another) || self.agents.is_new(device)
    }

    /// True if the platform has not mentioned the call since events may have been missed.
    pub(in crate::model) fn is_unconfirmed(&self, call: &Call) -> bool {
        call.seen_epoch != self.link.epoch
    }

    /// True if the change cannot have happened to a call of which nothing has been heard since events may have been
    /// missed.
    fn contradicts(&self, call: &Call, change: &Change) -> bool {
        if !self.is_unconfirmed(call) {
            return false;
        }
        let answered = call.parties.iter().any(|party| party.answered);
        let starts = matches!(change.kind, ChangeKind::Started | ChangeKind::RouteAsked);
        let is_begun_by_another = || call.originator.is_some() && call.originator != self.agents.meant(&change.party);
        starts && answered || change.kind == ChangeKind::Originated && (answered || is_begun_by_another())
    }

    /// True if the caller is another one than before.
    fn is_of_another_caller(&self, call: &Call, change: &Change) -> bool {
        let told = change.text(Fact::Ani);
        let opposite = change.kind == ChangeKind::Alerted
            && call.originator.is_none()
            && self.agents.meant(&change.other).is_none()
            && matches!(change.other.kind, None | Some(DeviceKind::Device));
        let number = if told.is_empty() && opposite { change.other.number } else { told };
        !number.is_empty() && !call.ani.is_empty() && !same_number(number, &call.ani)
    }

    fn is_one_of(&self, call: &Call, device: &Device) -> bool {
        self.agents.meant(device).is_some_and(|agent| call.live_party_of(agent).is_some())
    }
}

/// True if a call that an agent is to place is offered: it is another each time, whatever ended under its name before.
fn is_offer(change: &Change) -> bool {
    use CallType::{Callback, Campaign, WebCallback};
    let ty = change.int(Fact::Type).and_then(CallType::from_code);
    change.kind == ChangeKind::Alerted && matches!(ty, Some(Callback | WebCallback | Campaign))
}
