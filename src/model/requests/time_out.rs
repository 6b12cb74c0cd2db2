//! The time-out of a request: how long its outcome is waited for after the platform accepted it ([`Model::grace_of`]), and
//! how it ends then. All timers are kept in `timers`.

use std::time::Duration;

use super::Expect;
use crate::{
    model::{timers::Timer, *},
    time::Time,
};

impl Model {
    pub(super) fn wait_for_outcome(&mut self, index: RequestIx) {
        let due = self.moment.now + self.settings.request_grace;
        self.requests[index].due = due;
        self.timers.set(due, Timer::Request(index));
    }

    /// Nothing was read of the platform for so long: the outcome of every open request may come so much later.
    pub fn wait_longer(&mut self, now: Time, held: Duration) {
        self.begin(now, None);
        for (index, request) in self.requests.table.iter_mut().filter(|(_, request)| request.due != Time(0)) {
            request.due = request.due + held;
            self.timers.set(request.due, Timer::Request(*index));
        }
    }

    /// The platform accepted the request, and no event showed or told it done in time. The asker is told, so that every
    /// request ends. On a platform that tells outcomes, the picture counts now.
    pub(in crate::model) fn request_grace_over(&mut self, index: RequestIx) {
        let Some(request) = self.requests.table.get(&index) else { return };
        let waits = request.accepted.is_some() || request.awaits.is_some();
        if !waits || request.expect == Expect::Nothing || request.due > self.moment.now {
            return;
        }
        let may_be_done = self.requests.outcomes_told && (request.steps.is_empty() || request.named);
        if let Some(transition) = self.done_already(index).filter(|_| may_be_done) {
            return self.done(index, transition);
        }
        let due = self.grace_of(request);
        if due > self.moment.now {
            self.requests[index].due = due;
            self.timers.set(due, Timer::Request(index));
        } else {
            let seconds = self.settings.request_grace.as_secs_f64();
            let reason = format!("{} accepted it, and nothing showed it done in {seconds} s", self.settings.platform);
            self.fail(index, Failure::Failed, reason);
        }
    }

    /// The time until which an accepted request is waited for. A request about an agent may have to wait until the
    /// agent's calls are over, and a disposition until the platform tells it with the end of the wrap-up. No request
    /// waits longer than a call may be silent: the platform may show an agent on a call that nobody ever ends.
    pub(super) fn grace_of(&self, request: &Request) -> Time {
        let (agent, may_wrap) = match request.expect {
            Expect::Readiness(agent, _) | Expect::Wrap(agent) | Expect::WrapOver(agent) => (agent, false),
            Expect::Disposed(agent) => (agent, true),
            Expect::Acceptance
            | Expect::Unseen
            | Expect::LoggedOn(_)
            | Expect::LoggedOff(_)
            | Expect::Originated(_)
            | Expect::Connected(..)
            | Expect::Moved(..)
            | Expect::Left(..)
            | Expect::Joined(_)
            | Expect::DataSet(_)
            | Expect::Routed(_)
            | Expect::Nothing => return self.moment.now,
        };
        let entry = &self.agents[agent];
        let is_busy = entry.is_on_call() || (may_wrap && self.is_wrapping(agent, request.call));
        let from = if is_busy { self.moment.now } else { entry.free_since };
        let latest = request.accepted.map_or(self.moment.now, |accepted| accepted + self.settings.call_expiry);
        (from + self.settings.request_grace).min(latest)
    }
}
