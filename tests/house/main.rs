//! Rules about the source that no compiler holds.

mod deploy;
mod faults;
mod layers;
mod lengths;
mod names;
mod reference;
mod rust_source;
