//! Rules about the source that no compiler holds.

mod faults;
mod layers;
mod lengths;
mod names;
mod reference;
mod rust_source;
