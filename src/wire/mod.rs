//! Bytes ⇄ frames and envelopes, each with its limits. What stands inside them is `vocabulary`'s business.

pub mod json;
pub mod nul;
pub mod soap;
pub mod xml;
