//! One agent: plain data, and questions that the agent alone can answer. The agent's state is decided in `state`, because
//! it depends on the agent's calls, too.

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
    /// A log-on that is not told yet: a message that says who it is should follow.
    pub(in crate::model) logging_on: bool,
    pub readiness: Option<Readiness>,
    /// The activity that the platform tells, apart from readiness.
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

    /// Nothing that was said of the agent outlives the log-off.
    pub(super) fn log_off(&mut self) {
        self.logged_on = Some(false);
        (self.readiness, self.activity, self.hint, self.told, self.settling) = (None, None, None, None, None);
        (self.logging_on, self.phone) = (false, false);
        self.reason.clear();
        self.wraps.clear();
    }

    /// The platform is gone for good: nothing is known any more of what the agent is doing.
    pub(super) fn lose(&mut self) {
        self.lost |= self.logged_on == Some(false);
        (self.logged_on, self.told, self.readiness, self.activity) = (None, None, None, None);
        (self.logging_on, self.settling, self.last_word) = (false, None, None);
        self.wraps.clear();
        self.calls.clear();
    }

    pub(super) fn set_medium(&mut self, medium: Media, readiness: Readiness) {
        match self.media.iter_mut().find(|(known, _)| *known == medium) {
            Some((_, known)) => *known = readiness,
            None => self.media.push((medium, readiness)),
        }
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
