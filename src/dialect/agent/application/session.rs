//! One program's connection: its frames, its liveness, the calls of methods that wait for their results, and what it has
//! subscribed to.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use super::{
    super::{PING, SILENCE},
    waiting::Subscriptions,
};
use crate::{
    dialect::strangers::PATIENCE,
    port::{Codec, Stream},
    time::Time,
};

/// The most calls of one connection that wait for their results.
pub const MOST_CALLS: usize = 1000;
/// The most calls that were answered with true and whose failure would be told.
const MOST_ANSWERED: usize = 200;
/// How long a desktop may take for a result.
pub const RESULT: Duration = Duration::from_secs(10);

/// How a call of a method waits for its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// True, unless the bridge refuses it while it is asked.
    Sent(Time),
    /// A desktop's own result, until then.
    Desktop(Time),
    /// It was answered.
    Answered,
}

/// A method's call that went to the bridge.
#[derive(Debug)]
pub struct Call {
    pub method: String,
    /// The method returns nothing.
    pub is_void: bool,
    pub wait: Wait,
}

/// See the module.
#[derive(Debug)]
pub struct Session {
    pub peer: String,
    stream: Stream,
    /// The connection keeps messages apart by itself, and its own pings show whether it is alive.
    pub is_web: bool,
    /// The logon id of the agent whose connection it is; none before a good hello.
    pub login: Option<String>,
    /// That agent's id, once a platform has shown the agent.
    pub agent: Option<i64>,
    /// Without a good hello until then, it is over.
    hello_until: Time,
    heard: Time,
    next_ping: Time,
    pings: u64,
    pub calls: BTreeMap<i64, Call>,
    answered: VecDeque<i64>,
    pub subscriptions: Subscriptions,
    /// The abilities that it was told of last, as JSON.
    pub abilities: BTreeMap<&'static str, String>,
}

impl Session {
    pub fn new(now: Time, peer: &str, max_frame: usize) -> Session {
        Session {
            peer: peer.to_owned(),
            stream: Stream::new(Codec::Lines, max_frame),
            is_web: false,
            login: None,
            agent: None,
            hello_until: now + PATIENCE,
            heard: now,
            next_ping: now,
            pings: 0,
            calls: BTreeMap::new(),
            answered: VecDeque::new(),
            subscriptions: Subscriptions::default(),
            abilities: BTreeMap::new(),
        }
    }

    /// The next frame of a stream; an error if it is too long.
    pub fn next_frame(&mut self, bytes: &mut &[u8]) -> Option<Result<String, ()>> {
        Some(self.stream.next_text(bytes)?.map_err(drop))
    }

    pub fn hears(&mut self, now: Time) {
        self.heard = now;
    }

    /// The number of a ping, if one is due.
    pub fn ping(&mut self, now: Time) -> Option<u64> {
        if self.login.is_none() || now < self.next_ping {
            return None;
        }
        self.next_ping = now + PING;
        self.pings += 1;
        Some(self.pings)
    }

    pub fn deadline(&self) -> Time {
        if self.login.is_none() {
            return self.hello_until;
        }
        let calls = self.calls.values().filter_map(|call| match call.wait {
            Wait::Sent(until) | Wait::Desktop(until) => Some(until),
            Wait::Answered => None,
        });
        let lost = if self.is_web { None } else { Some(self.heard + SILENCE) };
        calls.chain(lost).fold(self.next_ping, Time::min)
    }

    /// The reason why it is over, with its cause for the metrics.
    pub fn is_late(&self, now: Time) -> Option<(&'static str, String)> {
        if self.login.is_none() {
            let seconds = PATIENCE.as_secs();
            return (now >= self.hello_until).then(|| ("login", format!("no hello in {seconds} s")));
        }
        let is_silent = !self.is_web && now >= self.heard + SILENCE;
        is_silent.then(|| ("silence", format!("no frame in {} s", SILENCE.as_secs())))
    }

    /// A call goes to the bridge. Returns false if its number is taken, or too many wait.
    pub fn begin(&mut self, id: i64, call: Call) -> bool {
        let is_open = |call: &Call| call.wait != Wait::Answered;
        let waiting = self.calls.len() - self.answered.len();
        if self.calls.get(&id).is_some_and(is_open) || waiting >= MOST_CALLS {
            return false;
        }
        self.answered.retain(|known| *known != id);
        self.calls.insert(id, call);
        true
    }

    /// A call was answered with true: only its failure is told after that.
    pub fn answer(&mut self, id: i64) {
        if let Some(call) = self.calls.get_mut(&id)
            && call.wait != Wait::Answered
        {
            call.wait = Wait::Answered;
            self.answered.push_back(id);
            if self.answered.len() > MOST_ANSWERED
                && let Some(oldest) = self.answered.pop_front()
            {
                self.calls.remove(&oldest);
            }
        }
    }

    pub fn end(&mut self, id: i64) -> Option<Call> {
        self.answered.retain(|known| *known != id);
        self.calls.remove(&id)
    }
}
