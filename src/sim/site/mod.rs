//! A small site with MiCC Enterprise, as its CCAS tells it through a relay: the agents Ann and Ben, and customers who call the
//! service group Sales whenever Ann is free. It has no socket and no clock: calls of methods go in, results and events come
//! out, time is a parameter. `sim::demo::desktop` connects it to the bridge.
//!
//! Ann is whoever sits at the desk. Ben is played by the site: he answers what reaches him, and hangs up after a while.

mod events;
mod methods;

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use crate::time::Time;

/// Record ids of the two agents.
pub const ANN: i64 = 40;
pub const BEN: i64 = 41;
/// Their logon ids and stations.
pub const ANN_LOGON: &str = "140";
pub const ANN_STATION: &str = "4040";
pub const BEN_STATION: &str = "4041";
/// The service group of the customers' calls.
pub const SALES: i64 = 9;

/// How long Ann is free before the next customer calls.
const BETWEEN_CALLS: Duration = Duration::from_secs(2);
/// How long a call rings at an agent.
const RINGS: Duration = Duration::from_secs(30);
/// How long somebody takes to answer whom Ann calls, and how long Ben stays in a call that Ann has left.
const ANSWERS: Duration = Duration::from_millis(1200);
const STAYS: Duration = Duration::from_secs(6);

/// Customers, in the order in which they call: name, number, and the level and order number that the IVR asked for.
const CUSTOMERS: [[&str; 4]; 4] = [
    ["Maria Lopez", "5550142", "gold", "4711"],
    ["John Smith", "5550177", "silver", "5012"],
    ["Aiko Tanaka", "5550119", "gold", "4733"],
    ["Peter Novak", "5550163", "standard", "4987"],
];

/// Ann's part in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Dialing,
    Ringing,
    Connected,
    Held,
}

#[derive(Debug, Clone)]
struct Call {
    part: Part,
    /// The number of whoever else is in it.
    opposite: String,
    /// A customer's call of the group: work after it follows.
    of_group: bool,
}

/// What happens by itself, once its time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    CustomerCalls,
    RingsTooLong(i64),
    FarEndRings(i64),
    FarEndAnswers(i64),
    BenHangsUp(i64),
}

/// See the module.
#[derive(Debug)]
pub struct Site {
    /// So many times as fast as in life.
    pace: u32,
    ready: bool,
    /// The call after which Ann is at work.
    clerical: Option<i64>,
    calls: BTreeMap<i64, Call>,
    /// The number of calls so far, and of customers who called.
    last_call: i64,
    customers: usize,
    /// By time, and in the order in which they were planned.
    steps: BTreeMap<(Time, u64), Step>,
    planned: u64,
    events: Vec<Value>,
}

impl Site {
    /// Nobody has called yet, and Ann is not ready. All waits are `pace` times shorter than in life.
    pub fn new(pace: u32) -> Site {
        Site {
            pace: pace.max(1),
            ready: false,
            clerical: None,
            calls: BTreeMap::new(),
            last_call: 0,
            customers: 0,
            steps: BTreeMap::new(),
            planned: 0,
            events: Vec::new(),
        }
    }

    /// The events that show who is there. A relay sends them right after its hello.
    pub fn present(&self) -> Vec<Value> {
        events::present(self.ready)
    }

    /// The events since this was asked last.
    pub fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    /// When something happens by itself.
    pub fn deadline(&self) -> Option<Time> {
        self.steps.keys().next().map(|(at, _)| *at)
    }

    /// Lets happen whatever has come due.
    pub fn expire(&mut self, now: Time) {
        while let Some(entry) = self.steps.first_entry().filter(|entry| entry.key().0 <= now) {
            match entry.remove() {
                Step::CustomerCalls => self.customer_calls(now),
                Step::RingsTooLong(call) => self.rings_too_long(call),
                Step::FarEndRings(call) => self.far_end_rings(now, call),
                Step::FarEndAnswers(call) => self.far_end_answers(call),
                Step::BenHangsUp(call) => self.events.push(events::cleared(BEN, call, false)),
            }
        }
    }

    fn plan(&mut self, now: Time, wait: Duration, step: Step) {
        self.planned += 1;
        self.steps.insert((now + wait / self.pace, self.planned), step);
    }

    fn forget(&mut self, step: Step) {
        self.steps.retain(|_, planned| *planned != step);
    }

    /// The next customer calls once Ann is free for a while.
    fn wait_for_customer(&mut self, now: Time) {
        self.forget(Step::CustomerCalls);
        if self.is_free() {
            self.plan(now, BETWEEN_CALLS, Step::CustomerCalls);
        }
    }

    fn is_free(&self) -> bool {
        self.ready && self.calls.is_empty() && self.clerical.is_none()
    }

    fn new_call(&mut self, part: Part, opposite: &str, of_group: bool) -> i64 {
        self.last_call += 1;
        let number = 899 + self.last_call;
        self.calls.insert(number, Call { part, opposite: opposite.to_owned(), of_group });
        number
    }

    fn customer_calls(&mut self, now: Time) {
        if !self.is_free() {
            return;
        }
        let customer = CUSTOMERS[self.customers % CUSTOMERS.len()];
        self.customers += 1;
        let call = self.new_call(Part::Ringing, customer[1], true);
        self.events.extend([events::information(call, customer), events::delivered(ANN, call, customer[1])]);
        self.plan(now, RINGS, Step::RingsTooLong(call));
    }

    /// Nobody answers: the call goes elsewhere, and Ann is not ready any more.
    fn rings_too_long(&mut self, call: i64) {
        if self.calls.get(&call).is_some_and(|found| found.part == Part::Ringing) {
            self.calls.remove(&call);
            self.ready = false;
            self.events.extend([events::rejected(call, "Ring Timeout"), events::not_ready(0)]);
        }
    }

    fn far_end_rings(&mut self, now: Time, call: i64) {
        let Some(found) = self.calls.get(&call) else { return };
        let to_ben = found.opposite == BEN_STATION;
        self.events.extend(to_ben.then(|| events::delivered(BEN, call, ANN_STATION)));
        self.events.push(events::delivered(ANN, call, &found.opposite));
        self.plan(now, ANSWERS, Step::FarEndAnswers(call));
    }

    fn far_end_answers(&mut self, call: i64) {
        let Some(found) = self.calls.get_mut(&call).filter(|found| found.part == Part::Dialing) else { return };
        found.part = Part::Connected;
        let to_ben = found.opposite == BEN_STATION;
        self.events.extend(to_ben.then(|| events::established(BEN, call, ANN_STATION)));
        self.events.push(events::established(ANN, call, &found.opposite));
    }
}

#[cfg(test)]
mod tests;
