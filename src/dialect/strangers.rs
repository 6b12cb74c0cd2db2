//! Connections that have not said a good hello yet. It owns their deadlines and first lines. What a hello must say, and
//! what follows from a good one, is a conversation's business.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value};

use crate::{
    port::{Codec, Connection, Stream, Tries, Try},
    settings::TryLimits,
    time::Time,
    wire::tolerant,
};

/// How long a hello may take.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// The longest hello in bytes.
const HELLO: usize = 4096;

#[derive(Debug)]
struct Stranger {
    peer: String,
    until: Time,
    stream: Stream,
}

/// A peer that is not let in.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// The last line that it is sent; empty if it is gone, or said nothing.
    pub line: String,
    pub peer: String,
    pub cause: &'static str,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Strangers {
    waiting: BTreeMap<Connection, Stranger>,
    tries: Tries,
}

impl Strangers {
    pub fn new(limits: TryLimits) -> Strangers {
        Strangers { waiting: BTreeMap::new(), tries: Tries::new(limits) }
    }

    pub fn came(&mut self, now: Time, connection: Connection, peer: &str) {
        let stream = Stream::new(Codec::Lines, HELLO);
        self.waiting.insert(connection, Stranger { peer: peer.to_owned(), until: now + PATIENCE, stream });
    }

    /// Judges a hello, unless too many wrong ones came from the peer's address: then the wait. A relay has no user: all of one
    /// address are one.
    pub fn judge(&mut self, now: Time, peer: &str, is_right: impl FnOnce() -> bool) -> Option<Duration> {
        match self.tries.judge(now, peer, "", is_right) {
            Try::Right | Try::Wrong => None,
            Try::TooSoon(wait) => Some(wait),
        }
    }

    /// Reads the first line of a stream, and leaves everything after it. The line, empty if it is too long, and the peer;
    /// none while the line is not whole. The connection is no stranger's any more.
    pub fn first_line(&mut self, connection: Connection, bytes: &mut &[u8]) -> Option<(String, String)> {
        let line = self.waiting.get_mut(&connection)?.stream.next_text(bytes)?;
        Some((line.unwrap_or_default(), self.waiting.remove(&connection)?.peer))
    }

    /// The same of a connection that keeps messages apart by itself.
    pub fn first_text(&mut self, connection: Connection, text: &str) -> Option<(String, String)> {
        let peer = self.waiting.remove(&connection)?.peer;
        let line = if text.len() > HELLO { String::new() } else { text.to_owned() };
        Some((line, peer))
    }

    /// A connection is over. If it had not said hello, that is worth a word.
    pub fn went(&mut self, connection: Connection) -> Option<Refused> {
        let peer = self.waiting.remove(&connection)?.peer;
        Some(Refused { line: String::new(), peer, cause: "it went before it said hello" })
    }

    pub fn deadline(&self) -> Option<Time> {
        self.waiting.values().map(|stranger| stranger.until).min()
    }

    /// The connections whose time is up.
    pub fn expire(&mut self, now: Time) -> Vec<(Connection, Refused)> {
        let late = self.waiting.iter().filter(|(_, stranger)| stranger.until <= now).map(|(connection, _)| *connection);
        let late: Vec<Connection> = late.collect();
        let refused = |connection| {
            let peer = self.waiting.remove(&connection)?.peer;
            Some((connection, Refused { line: String::new(), peer, cause: "it said no hello in time" }))
        };
        late.into_iter().filter_map(refused).collect()
    }
}

/// The object that a first line holds, read as tolerantly as every other line.
pub fn object(line: &str) -> Option<Map<String, Value>> {
    let line = line.trim_start_matches('\u{feff}');
    let mended = || serde_json::from_str(&tolerant::mend(line)?.0).ok();
    serde_json::from_str(line).ok().or_else(mended)
}

/// The last line for a peer that is not let in.
pub fn refusal(reason: &str) -> String {
    serde_json::json!({ "error": reason }).to_string() + "\n"
}
