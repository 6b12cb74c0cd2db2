//! One agent: plain data, and the questions that can be asked of it. Nothing is decided or told here.

use smallvec::SmallVec;

use crate::{model::*, time::Time};

/// Whether an agent takes calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    NotReady,
}

#[derive(Debug, Default)]
pub struct Agent {
    pub id: Option<NativeId>,
    /// The login name or number.
    pub number: String,
    pub name: String,
    pub station: String,
    /// None where the platform has not said.
    pub logged_on: Option<bool>,
    /// A log-on that is not told yet: whose it is should follow.
    pub(in crate::model) logging_on: bool,
    pub readiness: Option<Readiness>,
    /// What the platform says the agent is doing, apart from readiness.
    pub activity: Option<AgentState>,
    /// The state that the platform hinted at, and when, while no event of a call shows it.
    pub(in crate::model) hint: Option<(AgentState, Time)>,
    /// True if the agent works at a telephone alone, without the platform's program.
    pub phone: bool,
    /// Why the agent is not ready.
    pub reason: String,
    /// Readiness of single media, whatever the agent's own is.
    pub media: SmallVec<[(Media, Readiness); 2]>,
    /// Calls that the agent is wrapping up; none for a wrap-up without a known call.
    pub wraps: SmallVec<[Option<CallIx>; 2]>,
    /// The state that applications were told last, and when it began.
    pub told: Option<AgentState>,
    pub since: Time,
    /// The last disposition that the agent gave to any call.
    pub disposition: Option<i64>,
    /// The last call is gone and the platform has not said what comes next: the state stands until then.
    pub settling: Option<Time>,
    /// When the last call was gone.
    pub free_since: Time,
    /// Those of the last log-on.
    pub services: SmallVec<[ServiceIx; 4]>,
    /// Live calls that the agent is in, in the order of joining them.
    pub calls: SmallVec<[CallIx; 2]>,
    /// Calls that the agent answered and whose wrap-up is not over.
    pub owes: SmallVec<[CallIx; 2]>,
    /// Applications were told that the agent exists.
    pub shown: bool,
    /// The link was lost since the platform last said anything of this agent.
    pub stale: bool,
    /// The agent was told as logged off because the link was lost: no message of the platform will correct that.
    pub(super) lost: bool,
    pub(super) seen_epoch: u64,
    pub(super) stamp: u64,
    /// When the platform last said something of the agent's state, by its clock.
    pub(in crate::model) last_word: Option<u64>,
}

impl Agent {
    pub fn is_logged_on(&self) -> bool {
        self.logged_on == Some(true)
    }

    /// Whether the agent is there: logged on, or doing something where nothing was said of that.
    pub fn is_there(&self) -> bool {
        self.logged_on.unwrap_or(self.told.is_some())
    }

    /// Whether a call keeps the agent busy, known or not.
    pub fn is_on_call(&self) -> bool {
        !self.calls.is_empty() || matches!(self.activity, Some(AgentState::Active | AgentState::PendingActive))
    }

    pub(in crate::model) fn end_activity(&mut self, now: Time) {
        if self.activity.take().is_some() {
            self.free_since = now;
        }
    }

    /// The call that occupies an agent, as the event about the agent's state names it.
    pub fn call_of_state(&self) -> Option<CallIx> {
        self.calls.last().or(self.wraps.iter().flatten().last()).copied()
    }

    /// The call that a request to wrap up is about: the one being wrapped up, otherwise the one the agent is in.
    pub fn call_to_wrap(&self) -> Option<CallIx> {
        self.wraps.iter().flatten().last().or(self.owes.last()).or(self.calls.last()).copied()
    }
}
