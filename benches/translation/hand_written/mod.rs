//! A translator as somebody would write it by hand for this one pair of dialects, knowing it to be the only one: one typed
//! structure for all frames, the same tables of ids, each event's text around its values. It knows the flows that are
//! measured and keeps the state that other flows would need; it has no rules, no other dialects and no requests.

mod agent;
mod call;
mod event;
mod frame;
mod progress;
mod route;
mod wrap_up;

use std::{collections::VecDeque, time::Duration};

use agent::Agent;
use bytes::Bytes;
use call::Call;
use event::Session;
use frame::Frame;
use hashbrown::HashMap;

use crate::support::bridge::Translate;

/// How long an ended call's ids lead to it.
const ID_GRACE: Duration = Duration::from_secs(60);
/// How long a call waits for an agent who does not say that the work after it is over.
const WRAP_GRACE: Duration = Duration::from_secs(30);
const MAX_FRAME: usize = 1 << 20;

pub struct HandWritten {
    now: Duration,
    buffer: Vec<u8>,
    sequence: Option<u32>,
    calls: Vec<Option<Call>>,
    free: Vec<usize>,
    guids: HashMap<String, usize>,
    numbers: HashMap<i64, usize>,
    pbx: HashMap<i64, usize>,
    /// By the application's number.
    ids: HashMap<i64, usize>,
    minted: i64,
    agents: HashMap<i64, Agent>,
    logins: HashMap<String, i64>,
    stations: HashMap<String, i64>,
    ended: VecDeque<(Duration, usize)>,
    wrapping: VecDeque<(Duration, usize)>,
    session: Session,
}

impl HandWritten {
    pub fn new() -> HandWritten {
        HandWritten {
            now: Duration::ZERO,
            buffer: Vec::new(),
            sequence: None,
            calls: Vec::new(),
            free: Vec::new(),
            guids: HashMap::new(),
            numbers: HashMap::new(),
            pbx: HashMap::new(),
            ids: HashMap::new(),
            minted: 1_900_000_000,
            agents: HashMap::new(),
            logins: HashMap::new(),
            stations: HashMap::new(),
            ended: VecDeque::new(),
            wrapping: VecDeque::new(),
            session: Session { tenant: 1, classes: [false, true, true, true, true] },
        }
    }
}

impl Translate for HandWritten {
    fn read(&mut self, mut bytes: &[u8], publish: &mut impl FnMut(Bytes)) {
        while let Some(end) = memchr::memchr(0, bytes) {
            if self.buffer.is_empty() {
                self.frame(&bytes[..end], publish);
            } else {
                let mut buffer = std::mem::take(&mut self.buffer);
                buffer.extend_from_slice(&bytes[..end]);
                self.frame(&buffer, publish);
                buffer.clear();
                self.buffer = buffer;
            }
            bytes = &bytes[end + 1..];
        }
        assert!(self.buffer.len() + bytes.len() <= MAX_FRAME, "a frame is too long");
        self.buffer.extend_from_slice(bytes);
    }

    fn pass(&mut self, time: Duration, publish: &mut impl FnMut(Bytes)) {
        self.now += time;
        while let Some((_, place)) = self.wrapping.pop_front_if(|(due, _)| *due <= self.now) {
            if self.calls[place].as_mut().is_some_and(|call| !std::mem::take(&mut call.owed).is_empty()) {
                self.completed(place, publish);
            }
        }
        while let Some((_, place)) = self.ended.pop_front_if(|(due, _)| *due <= self.now) {
            let Some(call) = self.calls[place].take() else { continue };
            self.guids.remove(&call.guid);
            self.numbers.remove(&call.number);
            self.pbx.remove(&call.pbx);
            self.ids.remove(&call.id);
            self.free.push(place);
        }
    }
}

impl HandWritten {
    fn frame(&mut self, bytes: &[u8], publish: &mut impl FnMut(Bytes)) {
        let text = std::str::from_utf8(bytes).expect("a frame in UTF-8");
        let frame: Frame = serde_json::from_str(text).expect("a frame that is understood");
        if let Some(sequence) = frame.sequence {
            let expected = self.sequence.replace(sequence.wrapping_add(1));
            assert!(expected.is_none_or(|expected| expected == sequence), "events were missed");
        }
        match &*frame.message {
            "route-request" => self.route_request(&frame, publish),
            "routed" => self.routed(&frame, publish),
            "queued" => self.queued(&frame, publish),
            "delivered" => self.delivered(&frame, publish),
            "established" => self.established(&frame, publish),
            "conn-cleared" => self.conn_cleared(&frame, publish),
            "call-cleared" => self.call_cleared(&frame, publish),
            "agent-wrap" => self.agent_wrap(&frame, publish),
            "wrap-ended" => self.wrap_ended(&frame, publish),
            "agent-login" => self.agent_login(&frame, publish),
            "agent-idle" => self.agent_idle(&frame, publish),
            "group-stats" | "daily-group-stats" | "dnis-stats" => {}
            other => panic!("unknown message {other:?}"),
        }
    }
}
