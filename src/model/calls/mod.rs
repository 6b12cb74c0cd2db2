//! The platform's calls: the table of them, and what changes do to them. Which call a change means is decided in `finding`
//! and `beginnings`; the other modules each own a part of a call's life. Agents' states are not decided here.

mod beginnings;
mod call;
mod connection;
mod data;
mod diversion;
mod end;
mod expiry;
mod facts;
mod finding;
mod hold;
mod inheritance;
mod joins;
mod leaving;
mod names;
mod origination;
mod party;
mod room;
mod waiting;

pub use call::{Call, Phase};
pub use names::{NamesSpent, NamesUsed};
pub use party::{Party, PartyState};

use crate::model::*;

/// The most parties one call keeps; one more is not a party.
pub const MAX_PARTIES: usize = 64;

/// The most names one call keeps.
pub const MAX_NAMES: usize = 16;

/// The most items of call data one call keeps.
pub const MAX_DATA: usize = 128;

/// The most dispositions one call keeps.
pub const MAX_DISPOSITIONS: usize = 32;
