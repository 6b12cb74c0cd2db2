//! The parts that the benches share: the messages of a feed, bridges between it and its applications, those who listen, how two ways are
//! compared, and the tables that are made of it.

#![allow(dead_code, reason = "each bench uses a part of it")]

pub mod bridge;
pub mod crowd;
pub mod feed;
pub mod measure;
pub mod sink;
pub mod table;
