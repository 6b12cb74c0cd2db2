//! Connections that have not said a good hello yet. It owns their deadlines and first lines. What follows from a good
//! hello is the conversation's business.

use std::{collections::BTreeMap, time::Duration};

use secrecy::SecretString;

use super::greet;
use crate::{
    port::{Codec, Connection, Stream, Tries, Try},
    settings::TryLimits,
    time::Time,
};

/// How long a hello may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest hello in bytes.
const HELLO: usize = 4096;

#[derive(Debug)]
struct Stranger {
    peer: String,
    until: Time,
    stream: Stream,
}

/// The reason why a peer is not a relay.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// The last line that it is sent; empty if it is gone, or said nothing.
    pub line: String,
    pub peer: String,
    pub cause: &'static str,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Strangers {
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

    /// Reads the first line, and leaves everything after it. None while the line is not whole.
    pub fn greet(
        &mut self,
        now: Time,
        connection: Connection,
        bytes: &mut &[u8],
        token: &SecretString,
    ) -> Option<Result<(), Refused>> {
        let line = self.waiting.get_mut(&connection)?.stream.next_text(bytes)?;
        let peer = self.waiting.remove(&connection)?.peer;
        let mut greeted = Ok(());
        // A relay has no user: all of one address are one.
        let judged = self.tries.judge(now, &peer, "", || {
            greeted = greet(line.unwrap_or_default().as_bytes(), token);
            greeted.is_ok()
        });
        let cause = match judged {
            Try::Right | Try::Wrong => "its hello or its token is wrong",
            Try::TooSoon(wait) => {
                greeted = Err(serde_json::json!({ "error": Try::refusal(wait) }).to_string() + "\n");
                "too many wrong hellos came from its address"
            }
        };
        Some(greeted.map_err(|line| Refused { line, peer, cause }))
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
