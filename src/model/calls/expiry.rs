//! The time-outs of calls: orphans, calls that are silent for too long, and ids that are kept for a while. How a call ends
//! is in `end`; the time-out of work after it is in `wrap_up`.
//!
//! Invariant: every call ends (`no_order_of_events_breaks_a_life`).

use std::time::Duration;

use crate::model::{backlog::Cause, timers::Timer, *};

impl Model {
    pub(super) fn watch_orphan(&mut self, index: CallIx) {
        let call = &mut self.calls[index];
        if call.is_live() && !call.orphan_watch && !call.is_held_by_platform() {
            call.orphan_watch = true;
            let grace = self.orphan_grace_of(&self.calls[index]);
            self.timers.set(self.moment.now + grace, Timer::OrphanGrace(index));
        }
    }

    /// The longest silence of a call that nobody is known to be in.
    fn orphan_grace_of(&self, call: &Call) -> Duration {
        if call.waits_unseen { self.settings.unseen_wait } else { self.settings.orphan_grace }
    }

    pub(in crate::model) fn orphan_grace_over(&mut self, index: CallIx) {
        let Some(call) = self.calls.get_mut(index) else { return };
        call.orphan_watch = false;
        let call = &self.calls[index];
        if !call.is_live() || call.is_held_by_platform() {
            return;
        }
        let grace = self.orphan_grace_of(call);
        let due = call.last_event + grace;
        if due <= self.moment.now {
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

    /// Sets a timer that looks for calls that have been silent for too long.
    pub(in crate::model) fn watch_expiry(&mut self) {
        if !std::mem::replace(&mut self.calls.expiry_watch, true) {
            self.timers.set(self.moment.now + self.settings.call_expiry, Timer::CallExpiry);
        }
    }

    /// Has calls, and work after calls, end that have been silent for too long, and sets the timer for the next one.
    pub(in crate::model) fn call_expiry_over(&mut self) {
        let mut next = None;
        for ages in self.calls.by_age() {
            for index in ages {
                let call = &self.calls[index];
                if !(call.is_live() || !call.completed || !call.owed.is_empty()) {
                    continue;
                }
                // The others of the list were heard of later.
                if call.last_event + self.settings.call_expiry > self.moment.now {
                    next = next.into_iter().chain([call.last_event]).min();
                    break;
                }
                self.backlog.end_call(index, Cause::Silent);
            }
        }
        self.calls.expiry_watch = next.is_some();
        if let Some(next) = next {
            self.timers.set(next + self.settings.call_expiry, Timer::CallExpiry);
        }
    }

    /// Ends a call, or the work after it, that is silent still. A call that was heard of is looked at again in its time.
    pub(in crate::model) fn end_if_silent(&mut self, index: CallIx) {
        if self.calls[index].last_event + self.settings.call_expiry > self.moment.now {
            return self.watch_expiry();
        }
        if self.calls[index].is_live() {
            self.presume_over(index);
        } else {
            self.give_up_wrap(index);
        }
        // Agents may still work after it.
        if !self.calls[index].completed {
            self.watch_expiry();
        }
    }

    /// Removes the ids of a call that is complete, unless the call has joined into one that is still live.
    pub(in crate::model) fn id_grace_over(&mut self, index: CallIx) {
        let Some(call) = self.calls.get(index) else { return };
        if !call.completed || !call.owed.is_empty() {
            return;
        }
        let result_lives = call.joined_into.is_some_and(|result| self.calls.get(result).is_some());
        let due = call.over_since + self.settings.id_grace;
        if result_lives {
            self.timers.set(self.moment.now + self.settings.id_grace, Timer::IdGrace(index));
        } else if due <= self.moment.now {
            self.calls.leave(index);
        }
    }
}
