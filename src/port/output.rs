//! What conversations of both sides want of the shell.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use secrecy::SecretString;

use super::{Notice, Origin};

/// A connection of one conversation: a stream, or the queue of calls to a session's callback address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Connection(pub u32);

/// Set in the numbers of connections that a conversation asked for.
const ASKED: u32 = 1 << 31;

impl Connection {
    /// The conversation's connection of this number: it asks for it.
    pub fn asked(number: u32) -> Connection {
        Connection(number | ASKED)
    }

    /// The shell's connection of this number: it accepted it.
    pub fn accepted(number: u32) -> Connection {
        Connection(number & !ASKED)
    }

    /// Whether the conversation asked for it.
    pub fn is_asked(self) -> bool {
        self.0 & ASKED != 0
    }

    pub fn number(self) -> u32 {
        self.0 & !ASKED
    }
}

/// One thing for the shell to do.
#[derive(Debug)]
pub enum Output {
    /// Open a stream to the platform's address. `Opened` follows, or `Closed` with the reason.
    Connect {
        connection: Connection,
    },
    /// Open a queue of calls to this address. Calls are made in order, one at a time. `Closed` follows if an event may
    /// or may not have been taken.
    Call {
        connection: Connection,
        url: String,
        /// For how long a call is tried again while nothing of it was sent.
        give_up: Duration,
    },
    /// Write bytes to a stream.
    Write {
        connection: Connection,
        bytes: Bytes,
    },
    /// Write a message to several streams, to each under its own number.
    WriteEach {
        message: Shared,
        to: Vec<(Connection, u32)>,
    },
    /// Make a call of a queue.
    Deliver {
        connection: Connection,
        delivery: Delivery,
    },
    /// Close the connection. Everything that waits on a stream is written first; what waits in a queue of calls is
    /// dropped.
    Close {
        connection: Connection,
    },
    /// The peer of a stream that the shell accepted has authenticated: the connection keeps its place. Until then, it gives
    /// way when the listener is full.
    Admit {
        connection: Connection,
    },
    /// Post a request, once or not at all. `Answered` follows.
    Post(Box<Post>),
    /// Answer the HTTP request of this token.
    Respond {
        token: u64,
        reply: Reply,
    },
    /// Read the WSDL of the service at this address. `Described` follows, once.
    Describe(Arc<str>),
    /// Verify a password: that takes long. `Verified` follows, once.
    Verify(Box<Verification>),
    Notice(Box<Notice>),
}

impl From<Notice> for Output {
    fn from(notice: Notice) -> Output {
        Output::Notice(notice.into())
    }
}

/// A message that several connections get, each under a number of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The message without the number.
    pub text: Bytes,
    /// Where the number stands; none in a message that has no number.
    pub number_at: Option<usize>,
}

impl Shared {
    /// The message as a connection gets it that numbers it so.
    pub fn numbered(&self, number: u32) -> Vec<u8> {
        let Some(at) = self.number_at else { return self.text.to_vec() };
        let (before, after) = self.text.split_at(at);
        [before, itoa::Buffer::new().format(number).as_bytes(), after].concat()
    }
}

/// One call to a session's callback address.
#[derive(Debug)]
pub struct Delivery {
    /// With a token, the call is made once and `Delivered` tells its outcome. Without one, it is an event: it is tried
    /// again while nothing of it was sent, and its success is not told.
    pub token: Option<u64>,
    /// The SOAPAction, without quotes.
    pub action: Arc<str>,
    pub body: Bytes,
}

/// One request for the shell to post. It is posted once or not at all.
#[derive(Clone, PartialEq, Eq)]
pub struct Post {
    /// The conversation's own number, which comes back with the outcome.
    pub token: u64,
    pub url: Arc<str>,
    /// The SOAPAction, without quotes.
    pub action: Arc<str>,
    pub body: Vec<u8>,
    /// How long all of it may take, waiting for its turn included.
    pub timeout: Duration,
}

/// The body stays out of every log: it may hold secrets.
impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Post { token, url, action, body, timeout } = self;
        write!(f, "Post {token} of {} bytes to {url} ({action}) within {timeout:?}", body.len())
    }
}

/// A password that somebody gave, for the shell to verify.
#[derive(Debug)]
pub struct Verification {
    /// The conversation's own number, which comes back with the outcome.
    pub token: u64,
    /// Where the password comes from: those of one address must not make others wait.
    pub origin: Origin,
    /// The hash that stands in place of the user's password.
    pub hash: SecretString,
    pub password: SecretString,
}

/// The answer to one HTTP request that was made to the bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}
