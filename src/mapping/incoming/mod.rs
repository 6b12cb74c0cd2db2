//! `from-<dialect>.toml`: the meaning of a dialect's messages. `load` compiles the rules into a `plan`, `run` makes changes of
//! messages by it. The effect of a change belongs to `model`.

mod load;
mod names;
mod parts;
mod plan;
mod reads;
mod run;
mod signature;
mod trial;
mod wanted;

pub use load::load;
pub use parts::PARTS;
pub use plan::{Incoming, KindPlan};
pub use reads::settable;
