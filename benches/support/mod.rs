//! What the benches share: the messages of a feed, a bridge between it and one CTIPS session, and how two ways are compared.

#![allow(dead_code, reason = "each bench uses a part of it")]

pub mod bridge;
pub mod feed;
pub mod measure;
