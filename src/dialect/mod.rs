//! How each dialect converses: who speaks first, which messages need an answer, and how silence is handled. Each folder holds the
//! conversations of one dialect behind the traits of [`crate::port`], and reads its own settings. `registry` lists the dialects;
//! `replay` is the conversation for files of those that have none of their own. There is no I/O and no clock here, and the meaning
//! of messages belongs to rules.

pub mod agent;
mod awaited;
mod backoff;
pub mod ccas;
mod commands;
pub mod ctips;
pub mod event_feed;
mod log_ons;
pub mod open_media;
pub mod registry;
pub mod replay;
mod strangers;

pub use registry::Registry;
