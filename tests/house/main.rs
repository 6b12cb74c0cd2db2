//! Rules about the source that no compiler holds.

mod layers;
