//! Rules about the source that no compiler holds.

mod layers;
mod lengths;
mod names;
mod rust_source;
