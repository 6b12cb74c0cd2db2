//! The Mitel Connect event feed: JSON over TCP. `platform` converses with a feed, `application` serves programs that were written
//! for one, `subscriptions` and `entities` hold what each of their connections wants and which entities there are. The meaning of
//! the feed's messages belongs to rules.

mod application;
mod entities;
mod platform;
mod settings;
mod subscriptions;

pub use application::{Server, ServerSettings};
pub use platform::{Client, Settings};
pub use settings::entry;

use md5::{Digest, Md5};

/// A password as the feed's authentication carries it: its MD5, in lower-case hexadecimal digits (guide, chapter 3,
/// Authenticate).
pub fn digest(password: &str) -> String {
    Md5::digest(password.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
