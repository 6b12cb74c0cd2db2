//! The Mitel Connect event feed.

mod client;
mod commands;
mod server;
mod subscriptions;

pub use client::{Client, Settings};
pub use server::{Output, Server, ServerSettings, Session, Step};
pub use subscriptions::{Entity, Subject, World};
