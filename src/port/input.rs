//! Inputs of the conversations of both sides: what happened on a connection.

use bytes::Bytes;

use super::{Asker, Connection};
use crate::{
    model::RequestIx,
    vocabulary::{Decoded, JsonError, Profile},
};

/// One thing that happened on a connection, or to something that the conversation asked of the shell.
#[derive(Debug)]
pub enum Input<'i> {
    /// A stream is open: the conversation asked for it, or the shell accepted it.
    Opened { connection: Connection, peer: &'i str },
    /// Bytes of a stream. What was taken is cut off the front.
    Bytes { connection: Connection, bytes: &'i [u8] },
    /// One message of a connection that keeps messages apart by itself (WebSocket).
    Text { connection: Connection, text: &'i str },
    /// An HTTP request to the bridge. [`super::Output::Respond`] answers it, at once or later.
    Request(HttpRequest<'i>),
    /// The outcome of a [`super::Post`].
    Answered { token: u64, outcome: PostOutcome },
    /// The outcome of a [`super::Delivery`] that had a token: taken, or the reason why not.
    Delivered { connection: Connection, token: u64, result: Result<(), String> },
    /// The profile that fits a service's WSDL, or the reason why there is none; then the configured one serves.
    Described { profile: Result<&'i Profile, String> },
    /// The outcome of a [`super::Verification`]; none if too many are under way, and nobody looked.
    Verified { token: u64, is_right: Option<bool> },
    /// The connection is over. `cause` is set if the shell gave it up, and names the reason for the metrics.
    Closed { connection: Connection, reason: &'i str, cause: Option<&'static str> },
}

/// One HTTP request to the bridge.
#[derive(Debug, Clone, Copy)]
pub struct HttpRequest<'r> {
    /// The connection that the request came on. Several requests may come on one, and one client may use several.
    pub connection: Connection,
    /// The shell's number of the request, which the answer names.
    pub token: u64,
    pub method: &'r str,
    /// The part of the path below the address at which the conversation is served, without slashes around it.
    pub path: &'r str,
    pub query: &'r str,
    pub peer: &'r str,
    /// The headers that the conversation's transport declares, as name (in lower case) and value.
    pub headers: &'r [(String, String)],
    /// The charset that the request's content type names.
    pub charset: Option<&'r str>,
    pub body: &'r [u8],
}

impl<'r> HttpRequest<'r> {
    /// A declared header's value.
    pub fn header(&self, name: &str) -> Option<&'r str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A POST with nothing but a body.
    pub fn post(token: u64, body: &'r [u8]) -> HttpRequest<'r> {
        HttpRequest {
            connection: Connection::accepted(0),
            token,
            method: "POST",
            path: "",
            query: "",
            peer: "",
            headers: &[],
            charset: None,
            body,
        }
    }
}

/// The outcome of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostOutcome {
    /// The service answered, whatever it said.
    Answer { status: u16, charset: Option<String>, body: Bytes },
    /// The service cannot have seen it, for this reason.
    NotSent(String),
    /// The same, because others were in front of it. This says nothing of the service.
    Crowded(String),
    /// It may have seen it, or not.
    Unknown(String),
}

/// What a conversation took of an input.
#[derive(Debug)]
pub enum Taken {
    /// A message, now in the caller's `message`, and what was noticed while reading it.
    Message { heard: Heard, decoded: Decoded },
    /// A message that could not be read. It was passed over.
    Unread(Unread),
    /// Nothing that concerns the bridge.
    Nothing,
}

impl Taken {
    /// A message that was read without anything to notice.
    pub fn heard(heard: Heard) -> Taken {
        Taken::Message { heard, decoded: Decoded::default() }
    }
}

/// Why a message could not be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Unread {
    /// It was longer than this many bytes.
    TooLong(usize),
    Json(JsonError),
    /// It was refused, and its sender was told.
    Refused,
}

/// What a message was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// An event of a platform.
    Event,
    /// An event that answers what the conversation itself asked: it is for the picture alone.
    Shown,
    /// A platform's answer to a command.
    Answer(RequestIx),
    /// The answer to the conversation's own question about an agent, by the platform's number.
    About(i64),
    /// The answer to what somebody asked, or asks to hear of.
    For(Asker),
    /// A session's request, with the number that the session gave it.
    Asked { session: u32, id: i64 },
    /// A session wants to hear events from now on.
    Online { session: u32 },
    /// The conversation's own.
    Nothing,
}
