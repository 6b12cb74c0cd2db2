//! One party of a call: plain data. Agents themselves are kept in `agents`.

use crate::model::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartyState {
    /// Began the call, or is known to be calling, and is not connected yet.
    Initiated,
    /// No agent; was called, and nothing has been heard of it.
    Dialled,
    Alerting,
    Connected,
    Held,
    Left,
}

#[derive(Debug, Clone)]
pub struct Party {
    pub device: KnownDevice,
    pub state: PartyState,
    /// Was connected at some time.
    pub answered: bool,
    /// An agent who has been told that the call is cleared.
    pub cleared: bool,
    /// An agent from whom the platform took the call elsewhere.
    pub diverted: bool,
    /// The agent's work after the call is over, or there was none.
    pub work_over: bool,
    /// The party left by an event of its own, before the end of the call.
    pub left_first: bool,
}

impl Party {
    pub fn new(device: KnownDevice, state: PartyState) -> Party {
        Party { device, state, answered: false, cleared: false, diverted: false, work_over: false, left_first: false }
    }

    pub fn is_in(&self) -> bool {
        self.state != PartyState::Left
    }

    /// True if the party does more than alert: it is connected, or it is the caller.
    pub fn remains(&self) -> bool {
        matches!(self.state, PartyState::Initiated | PartyState::Connected | PartyState::Held)
    }

    /// A party that left and is back can leave once more.
    pub fn enter(&mut self, state: PartyState) {
        if !self.is_in() {
            (self.cleared, self.diverted, self.left_first) = (false, false, false);
        }
        self.state = state;
    }
}
