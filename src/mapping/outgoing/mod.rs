//! `to-<dialect>.toml`: the way in which a dialect says things. `load` compiles the rules into a `plan`, `run` makes messages
//! of transitions by it. The receivers of a message are chosen by `bridge`.

mod complete;
mod fields;
mod load;
mod names;
mod picture;
mod plan;
mod refusal;
mod run;
mod says;
mod setting;
mod signature;
mod trial;
mod untold;

pub use load::load;
pub use picture::{Item, Picture};
pub use plan::{CallPart, Leaf, Outgoing, Rule, ValuePlan};
