//! The Mitel Connect event feed.

mod client;
mod entities;
mod server;
mod settings;
mod subscriptions;

pub use client::{Client, Settings};
pub use entities::EMAIL_QUEUE;
pub use server::{Output, Server, ServerSettings, Session, Step};
pub use settings::entry;
pub use subscriptions::{Entity, Known, Subject, World};

use md5::{Digest, Md5};

/// A password as the feed's authentication carries it: its MD5, in lower-case hexadecimal digits (guide, chapter 3,
/// Authenticate).
pub fn digest(password: &str) -> String {
    Md5::digest(password.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
