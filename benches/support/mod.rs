//! What the benches share: the messages of a feed, a bridge between it and one CTIPS session, and how two ways are compared.

pub mod bridge;
pub mod feed;
pub mod measure;
