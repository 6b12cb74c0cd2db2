//! How each dialect converses: who speaks first, what must be answered, what is done about silence. No I/O, no clock: each
//! folder holds the conversations of one dialect, behind the traits of [`crate::port`], and reads its own settings. `registry`
//! lists the dialects; `replay` is the conversation for files of those that have none of their own.

mod backoff;
pub mod ccas;
mod commands;
pub mod ctips;
pub mod event_feed;
pub mod open_media;
pub mod registry;
pub mod replay;

pub use registry::Registry;
