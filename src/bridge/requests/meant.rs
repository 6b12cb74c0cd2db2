//! The calls and the agent that a request means: known on a platform, not shown so far, or over. `requests` finds them by the ids.

use crate::model::{AgentIx, CallIx};

/// The call or agent that a request names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named<I> {
    Nothing,
    /// The platform's picture has it.
    Known(usize, I),
    /// No application has been told of it. Holds the platform, where the id tells which one, and the platform's own
    /// number.
    Unseen(Option<usize>, i64),
    /// It is known not to exist: the call is over, or the id was minted by an earlier run of the bridge.
    Over,
}

impl<I: Copy> Named<I> {
    pub fn owner(self) -> Option<usize> {
        match self {
            Named::Known(platform, _) => Some(platform),
            Named::Unseen(platform, _) => platform,
            Named::Nothing | Named::Over => None,
        }
    }

    pub fn known_on(self, platform: usize) -> Option<I> {
        match self {
            Named::Known(owner, found) => (owner == platform).then_some(found),
            Named::Nothing | Named::Unseen(..) | Named::Over => None,
        }
    }

    pub fn is_over(self) -> bool {
        matches!(self, Named::Over)
    }
}

pub(in crate::bridge) struct Meant {
    pub(super) call: Named<CallIx>,
    pub(super) second: Named<CallIx>,
    pub(super) agent: Named<AgentIx>,
}

impl Meant {
    /// The platform that has the call, otherwise the one that has the agent.
    pub fn owner(&self) -> Option<usize> {
        self.call.owner().or(self.agent.owner())
    }
}
