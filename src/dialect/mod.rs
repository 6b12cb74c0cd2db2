//! How each dialect converses: who speaks first, what must be answered, what is done about silence. No I/O, no clock: each
//! folder holds the conversations of one dialect, behind the traits of [`crate::port`].

mod backoff;
pub mod ccas;
mod commands;
pub mod ctips;
pub mod event_feed;
pub mod open_media;

use std::sync::Arc;

use crate::{port::PlatformConversation, vocabulary::Vocabulary};

/// A conversation with a platform that is a file: it is over before it began.
pub fn replaying(vocabulary: Arc<Vocabulary>) -> Box<dyn PlatformConversation> {
    match vocabulary.dialect.as_str() {
        "ccas" => Box::new(ccas::Client::replaying(vocabulary)),
        "open-media" => Box::new(open_media::Client::replaying(vocabulary)),
        "ctips" => Box::new(ctips::Client::replaying(vocabulary)),
        _ => Box::new(event_feed::Client::replaying(vocabulary)),
    }
}
