//! How each dialect converses: who speaks first, what must be answered, what is done about silence. No I/O, no clock: they
//! take an input and the time, and hand back outputs and their next deadline.

pub mod ctips;
pub mod event_feed;

use std::time::Duration;

use crate::{message::Message, model::RequestIx, time::Time};

/// The conversation with a platform.
pub trait Client: std::fmt::Debug + Send {
    /// The line is open: it says what it has to say first.
    fn connected(&mut self, now: Time);
    /// The line is closed, or could not be opened.
    fn closed(&mut self, now: Time, why: &str);
    /// A message was read: whose it is.
    fn heard(&mut self, now: Time, message: &Message) -> Heard;
    /// Something was read that is no message; it shows that somebody is there.
    fn heard_something(&mut self, now: Time);
    /// Has the platform do something. `wish` is the number that the application gave the request.
    fn command(&mut self, now: Time, message: &mut Message, request: RequestIx, wish: i64);
    fn poll(&mut self) -> Option<ClientOutput>;
    /// When [`Client::expire`] wants to be called next.
    fn deadline(&self) -> Option<Time>;
    fn expire(&mut self, now: Time);
    fn troubles(&self) -> Troubles;
}

/// What a conversation with a platform wants the shell to do, or others to know.
#[derive(Debug)]
pub enum ClientOutput {
    Connect,
    /// Bytes for the socket.
    Send(Vec<u8>),
    Disconnect,
    Up,
    Down(String),
    /// Events were missed, or may have been.
    Resync,
    /// A command failed without an answer of the platform.
    Failed(RequestIx, String),
    Notice(Notice),
}

/// What a message of a platform was.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// An event, now in the message.
    Event,
    /// The answer to a command, now in the message.
    Answer(RequestIx),
    /// The conversation's own.
    Nothing,
}

/// What went wrong on a line since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Troubles {
    /// Places where messages are missing.
    pub gaps: u64,
    /// Lines that were lost.
    pub disconnects: u64,
}

/// Something that an operator should read, with how much it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub level: Level,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Info,
    Warn,
    Error,
}

impl Notice {
    pub fn info(text: impl Into<String>) -> Notice {
        Notice { level: Level::Info, text: text.into() }
    }

    pub fn warn(text: impl Into<String>) -> Notice {
        Notice { level: Level::Warn, text: text.into() }
    }

    pub fn error(text: impl Into<String>) -> Notice {
        Notice { level: Level::Error, text: text.into() }
    }
}

/// Complaints about one peer are told one by one as long as they are few, and only counted when they are not.
#[derive(Debug, Default)]
pub struct Complaints {
    since: Time,
    told: u32,
    held_back: u64,
}

impl Complaints {
    const MOST: u32 = 10;
    const LONGEST: usize = 400;
    const SPAN: Duration = Duration::from_secs(10);

    /// The complaint as it is to be told, if it is.
    pub fn about(&mut self, now: Time, mut text: String) -> Option<String> {
        if text.len() > Complaints::LONGEST {
            text.truncate(text.floor_char_boundary(Complaints::LONGEST));
            text.push('…');
        }
        if now - self.since >= Complaints::SPAN {
            let held_back = std::mem::take(&mut self.held_back);
            (self.since, self.told) = (now, 1);
            let more = if held_back > 0 { format!(" (and {held_back} more before)") } else { String::new() };
            return Some(text + &more);
        }
        self.told += 1;
        if self.told > Complaints::MOST {
            self.held_back += 1;
            return None;
        }
        Some(text)
    }
}
