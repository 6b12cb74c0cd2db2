//! The model's deadlines. A timer is never taken back: when it fires, its owner looks whether it still matters, and most
//! often sets it anew. So an event costs no work here.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{AgentIx, CallIx, RequestIx};
use crate::time::Time;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

#[derive(Debug, Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(Time, u64, Timer)>>,
    /// Keeps timers of one moment in the order in which they were set.
    count: u64,
}

impl Timers {
    pub fn set(&mut self, at: Time, timer: Timer) {
        self.count += 1;
        self.heap.push(Reverse((at, self.count, timer)));
    }

    pub fn deadline(&self) -> Option<Time> {
        self.heap.peek().map(|Reverse((at, _, _))| *at)
    }

    pub fn due(&mut self, now: Time) -> Option<Timer> {
        if self.deadline()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, _, timer))| timer)
    }
}
