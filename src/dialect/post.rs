//! Platforms that are spoken to by HTTP POSTs, and that may call back: what the conversation wants posted, what is known
//! of it afterwards, and what a call of the platform's is answered.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;

use super::Heard;

/// One request for the shell to post. It is posted once or not at all.
#[derive(Clone, PartialEq, Eq)]
pub struct Post {
    /// What the conversation knows it by; the shell hands it back with the outcome.
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

/// What became of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostOutcome {
    /// The service answered, whatever it said.
    Answer { status: u16, charset: Option<String>, body: Bytes },
    /// The service cannot have seen it, for this reason.
    NotSent(String),
    /// The same, because others were in front of it: that says nothing of the service.
    Crowded(String),
    /// It may have seen it, or not.
    Unknown(String),
}

/// The answer to one HTTP request that was made to the bridge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

/// What became of a call that a platform made to the bridge.
#[derive(Debug)]
pub struct Called {
    pub reply: Reply,
    /// Whose the message is that was in it.
    pub heard: Heard,
}
