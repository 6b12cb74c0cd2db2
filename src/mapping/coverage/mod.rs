//! The fate of every message and field between two dialects, found by putting `from-` and `to-` rules together, and what of it is
//! a loss. Nothing here decides anything: the compiled rules are only read.

mod heard;
mod losses;
mod page;
mod pairing;
mod report;
mod said;
mod theme;
mod usage;

pub use losses::Losses;
pub use report::{Coverage, Fate};
pub use usage::Usage;
