//! Inputs to the engine task.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::{orders::Done, reload::Changes, stream::Writer, supervisor::Pulse};
use crate::{
    bridge::{Owner, Query},
    port::{Connection, HttpRequest, Notice, PostOutcome, Reply},
    vocabulary::wsdl::Fitted,
};

impl Input {
    /// Whose peer this is of, where it is a peer's own doing: its connection, or what it says, and then when that was read.
    pub fn of_peer(&self) -> Option<(Owner, Option<Instant>)> {
        match self {
            Input::Opened { owner, .. } | Input::Closed { owner, .. } => Some((*owner, None)),
            Input::Read { owner, at, .. } | Input::Text { owner, at, .. } | Input::Request { owner, at, .. } => {
                Some((*owner, Some(*at)))
            }
            Input::Room { .. }
            | Input::Answered { .. }
            | Input::Delivered { .. }
            | Input::Described { .. }
            | Input::Verified { .. }
            | Input::Kept { .. }
            | Input::StoreFailed(_)
            | Input::Complaint { .. }
            | Input::Exchange { .. }
            | Input::Watched(_)
            | Input::Metrics(_)
            | Input::Complaints(_)
            | Input::Stories(_)
            | Input::Trace { .. }
            | Input::Ready(_) => None,
        }
    }
}

/// The link to a platform, for those who operate the bridge.
#[derive(Debug, Clone)]
pub struct PlatformLink {
    pub name: String,
    pub is_up: bool,
    /// Nothing is read of it for now.
    pub is_held_back: bool,
    /// Why it is away, once it was there.
    pub away: Option<String>,
    /// The words of the latest notice about it of level warn and above.
    pub last_complaint: Option<String>,
}

/// One input to the engine task.
pub enum Input {
    /// A stream is open: dialled, or accepted.
    Opened {
        owner: Owner,
        connection: Connection,
        peer: String,
        writer: Writer,
    },
    /// Bytes of a stream. The stream is read on once the place of enough such inputs is given back.
    Read {
        owner: Owner,
        connection: Connection,
        bytes: Bytes,
        at: Instant,
        place: Option<OwnedSemaphorePermit>,
    },
    /// One message of a WebSocket. The WebSocket is read on once the place of enough such inputs is given back.
    Text {
        owner: Owner,
        connection: Connection,
        text: Utf8Bytes,
        at: Instant,
        place: OwnedSemaphorePermit,
    },
    /// A connection's queue has more room than it had of late.
    Room {
        owner: Owner,
        connection: Connection,
    },
    /// A stream ended, could not be opened, or a queue of calls ended. `cause` is set if the shell gave it up.
    Closed {
        owner: Owner,
        connection: Connection,
        reason: String,
        cause: Option<&'static str>,
    },
    /// Another configuration is put in force.
    Exchange {
        changes: Box<Changes>,
        reply: oneshot::Sender<usize>,
    },
    /// Somebody made an HTTP request.
    Request {
        owner: Owner,
        request: Request,
        reply: oneshot::Sender<Reply>,
        at: Instant,
    },
    /// The outcome of a post to a platform.
    Answered {
        owner: Owner,
        token: u64,
        outcome: PostOutcome,
    },
    /// The outcome of a call to a callback address.
    Delivered {
        owner: Owner,
        connection: Connection,
        token: u64,
        result: Result<(), String>,
    },
    /// The result of reading the WSDL of a platform's service.
    Described {
        platform: usize,
        url: Arc<str>,
        found: Result<Box<Fitted>, String>,
    },
    /// The outcome of verifying a password.
    Verified {
        owner: Owner,
        token: u64,
        is_right: bool,
    },
    /// Records of open routes are kept, or could not be.
    Kept {
        routes: Vec<u64>,
        result: Result<(), String>,
    },
    /// Records of routes cannot be written, for this reason; without one, they can again.
    StoreFailed(Option<String>),
    /// A peer, or a task's work, has a problem that is to be logged.
    Complaint {
        about: Option<Owner>,
        notice: Box<Notice>,
    },
    /// Somebody wants signs of life.
    Watched(Pulse),
    Metrics(oneshot::Sender<String>),
    /// Asks for the latest notices of level warn and above.
    Complaints(oneshot::Sender<Vec<String>>),
    /// The log tells the stories of calls from now on, or not any more.
    Stories(bool),
    /// Asks for the stories of something that were, and as `live`, of those to come.
    Trace {
        query: Query,
        live: Option<mpsc::Sender<String>>,
        reply: oneshot::Sender<Done>,
    },
    /// Asks how the platforms and the store stand.
    Ready(oneshot::Sender<Readiness>),
}

/// What the bridge needs to be ready.
#[derive(Default)]
pub struct Readiness {
    pub platforms: Vec<PlatformLink>,
    /// Why records of routes cannot be written for now.
    pub store_failed: Option<String>,
}

/// An HTTP request, with everything that it consists of.
pub struct Request {
    pub connection: Connection,
    pub method: String,
    pub path: String,
    pub query: String,
    pub peer: String,
    pub headers: Vec<(String, String)>,
    pub charset: Option<String>,
    pub body: Bytes,
}

impl Request {
    /// The request as conversations see it, under the shell's number of it.
    pub fn numbered(&self, token: u64) -> HttpRequest<'_> {
        HttpRequest {
            connection: self.connection,
            token,
            method: &self.method,
            path: &self.path,
            query: &self.query,
            peer: &self.peer,
            headers: &self.headers,
            charset: self.charset.as_deref(),
            body: &self.body,
        }
    }
}
