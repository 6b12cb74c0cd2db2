//! Bytes ⇄ frames and envelopes, each with its limits. Texts are taken tolerantly, structure strictly: an unreadable
//! character becomes U+FFFD ([`replaced`]), and the message is still used. The meaning of the content belongs to
//! `vocabulary`.

mod characters;
pub mod encoding;
pub mod json;
pub mod nul;
pub mod references;
pub mod replaced;
pub mod soap;
pub mod tolerant;
pub mod xml;
