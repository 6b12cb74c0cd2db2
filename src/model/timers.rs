//! The model's deadlines, all of them. A timer is never taken back: when it is due, its owner looks whether it still
//! matters, and most often sets it anew, so that an event costs no work here. Timers of dropped calls are removed once the heap has
//! doubled. How long each lasts is in `settings`.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
};

use super::{AgentIx, CallIx, RequestIx};
use crate::time::Time;

#[derive(Debug, Clone, Copy)]
pub enum Timer {
    StateGrace(AgentIx),
    LogOn(AgentIx),
    Hint(AgentIx),
    WrapGrace(CallIx),
    CallExpiry,
    OrphanGrace(CallIx),
    IdGrace(CallIx),
    Resync(u64),
    LinkGrace(u64),
    Request(RequestIx),
}

/// A timer that is set. The earlier one comes first; of one moment, the one that was set first.
#[derive(Debug)]
struct Alarm {
    at: Time,
    /// Counts the timers that were set: no two alarms have the same.
    count: u64,
    timer: Timer,
}

impl Ord for Alarm {
    fn cmp(&self, other: &Alarm) -> Ordering {
        (self.at, self.count).cmp(&(other.at, other.count))
    }
}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Alarm) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Alarm) -> bool {
        self.count == other.count
    }
}

impl Eq for Alarm {}

#[derive(Debug, Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<Alarm>>,
    count: u64,
    /// How many there were after the last sweep.
    swept: usize,
}

/// So many timers are never swept.
const FEW: usize = 1024;

impl Timers {
    pub fn set(&mut self, at: Time, timer: Timer) {
        self.count += 1;
        self.heap.push(Reverse(Alarm { at, count: self.count, timer }));
    }

    /// Whether there are twice as many as after the last sweep.
    pub fn are_many(&self) -> bool {
        self.heap.len() >= FEW.max(2 * self.swept)
    }

    /// Takes out the timers of calls that are not there any more, once there are many.
    pub fn sweep(&mut self, is_there: impl Fn(CallIx) -> bool) {
        if !self.are_many() {
            return;
        }
        self.heap.retain(|Reverse(alarm)| match alarm.timer {
            Timer::WrapGrace(call) | Timer::OrphanGrace(call) | Timer::IdGrace(call) => is_there(call),
            Timer::StateGrace(_)
            | Timer::LogOn(_)
            | Timer::Hint(_)
            | Timer::CallExpiry
            | Timer::Resync(_)
            | Timer::LinkGrace(_)
            | Timer::Request(_) => true,
        });
        self.swept = self.heap.len();
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    pub fn deadline(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse(alarm)| alarm.at)
    }

    pub fn due(&mut self, now: Time) -> Option<Timer> {
        if self.deadline()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse(alarm)| alarm.timer)
    }
}
