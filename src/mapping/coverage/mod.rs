//! The fate of every message and field between two dialects, found by putting `from-` and `to-` rules together. Nothing here
//! decides anything: the compiled rules are only read.

mod heard;
mod pairing;
mod report;
mod said;

pub use report::{Coverage, Fate};
