//! Bytes ⇄ frames and envelopes, each with its limits. Texts are taken tolerantly, structure strictly: a character that cannot be
//! read becomes U+FFFD ([`replaced`]), and its message counts. What stands inside them is `vocabulary`'s business.

pub mod encoding;
pub mod json;
pub mod nul;
pub mod references;
pub mod replaced;
pub mod soap;
pub mod tolerant;
pub mod xml;
