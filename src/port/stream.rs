//! The messages of a stream: a codec says where one ends, the vocabulary what it says.

use std::borrow::Cow;

use super::Unread;
use crate::{
    message::Message,
    vocabulary::{Decoded, JsonError, Vocabulary, Wanted},
    wire::{
        nul::{Frame, Frames},
        replaced::Replaced,
        tolerant::{self, Rest},
    },
};

/// Where a message of a stream ends. What a message says is not the codec's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// At a NUL.
    Nul,
    /// At a line feed.
    Lines,
}

impl Codec {
    /// The byte that ends a message.
    pub fn end(self) -> u8 {
        match self {
            Codec::Nul => 0,
            Codec::Lines => b'\n',
        }
    }
}

/// How messages are read: the words, and what of them somebody wants. The owner of a conversation hands this in with each
/// input, so that rules can be exchanged between two messages.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'r> {
    pub vocabulary: &'r Vocabulary,
    /// The fields that are read, by kind of message.
    pub wanted: &'r Wanted,
}

/// The messages of one stream. A frame may hold several JSON objects, one right after the other.
#[derive(Debug)]
pub struct Stream {
    frames: Frames,
    /// Further messages of the same frame that are not read yet.
    rest: Rest,
    /// The longest frame in bytes.
    most: usize,
}

/// One message of a stream, or what stood in the place of one.
#[derive(Debug)]
pub enum Next {
    /// A message, now in the caller's `message`.
    Message(Decoded),
    /// A text that is no message.
    Unread { text: String, unread: Unread, replaced: Replaced },
}

impl Stream {
    pub fn new(codec: Codec, most: usize) -> Stream {
        Stream { frames: Frames::new(most, codec.end()), rest: Rest::default(), most }
    }

    /// Reads the next message of the bytes. None if they hold no further one.
    ///
    /// `asks` says who speaks: the side that sends requests, or the one that answers and sends events.
    pub fn next(
        &mut self,
        bytes: &mut &[u8],
        reading: &Reading<'_>,
        asks: bool,
        message: &mut Message,
    ) -> Option<Next> {
        let Stream { frames, rest, most } = self;
        let (text, replaced) = match rest.take_next() {
            Some(next) => (Cow::Owned(next), Replaced::default()),
            None => match frames.next_frame(bytes)? {
                Frame::Whole(frame) => tolerant::decode(frame),
                Frame::TooLong => {
                    let unread = Unread::TooLong(*most);
                    return Some(Next::Unread { text: String::new(), unread, replaced: Replaced::default() });
                }
            },
        };
        let mut read = reading.vocabulary.read_json(&text, asks, reading.wanted, message);
        if let Err(JsonError::Syntax(_)) = &read
            && let Some((first, more)) = tolerant::split(&text)
        {
            rest.keep(more);
            read = reading.vocabulary.read_json(first, asks, reading.wanted, message);
        }
        Some(match read {
            Ok(mut decoded) => {
                decoded.join(replaced);
                Next::Message(decoded)
            }
            Err(error) => Next::Unread { text: text.into_owned(), unread: Unread::Json(error), replaced },
        })
    }

    /// The next frame's text as it stands, for messages that no vocabulary has.
    pub fn next_text(&mut self, bytes: &mut &[u8]) -> Option<Result<String, Unread>> {
        Some(match self.frames.next_frame(bytes)? {
            Frame::Whole(frame) => Ok(tolerant::decode(frame).0.into_owned()),
            Frame::TooLong => Err(Unread::TooLong(self.most)),
        })
    }
}
