//! The platform's calls: the table of them, and what changes do to them. Which call a change means is decided in `finding`
//! and `beginnings`; the other modules each own a part of a call's life. Agents' states are not decided here.

mod ages;
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

/// The table of calls. `finding` looks calls up by the names of `names`, `ages` keeps them in the order in
/// which they were heard of, `room` bounds how much is remembered.
#[derive(Debug, Default)]
pub(super) struct Calls {
    table: Slab<CallIx, Call>,
    names: names::Names,
    /// The weight of all calls.
    weight: usize,
    ages: ages::Ages,
    /// Calls whose time is over, dropped when their last transitions are used.
    forgotten: Vec<CallIx>,
    /// A timer looks for calls that have been silent for too long.
    expiry_watch: bool,
}

impl Calls {
    pub fn get(&self, index: CallIx) -> Option<&Call> {
        self.table.get(index)
    }

    pub fn get_mut(&mut self, index: CallIx) -> Option<&mut Call> {
        self.table.get_mut(index)
    }

    pub fn iter(&self) -> impl Iterator<Item = (CallIx, &Call)> {
        self.table.iter()
    }

    pub fn iter_from(&self, place: usize) -> impl Iterator<Item = (CallIx, &Call)> {
        self.table.iter_from(place)
    }

    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether nothing is left of any call.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty() && self.names.is_empty()
    }

    pub fn has_forgotten(&self) -> bool {
        !self.forgotten.is_empty()
    }

    pub fn take_forgotten(&mut self) -> Vec<CallIx> {
        std::mem::take(&mut self.forgotten)
    }

    /// The weight of all calls, in bytes.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// The other party in a call.
    pub fn companion(&self, call: CallIx, who: Option<AgentIx>) -> Option<PartyRef> {
        let parties = &self[call].parties;
        let place = parties.iter().position(|party| party.is_in() && (who.is_none() || party.device.agent != who))?;
        Some((call, place as u8))
    }
}

impl std::ops::Index<CallIx> for Calls {
    type Output = Call;

    fn index(&self, index: CallIx) -> &Call {
        &self.table[index]
    }
}

impl std::ops::IndexMut<CallIx> for Calls {
    fn index_mut(&mut self, index: CallIx) -> &mut Call {
        &mut self.table[index]
    }
}
