//! The Mitel Connect event feed.

mod client;
mod commands;

pub use client::{Client, Settings};
