//! Requests whose reply is their only answer, because the events of the application's dialect carry no request ids.

use super::Application;
use crate::{
    bridge::platform::Platform,
    model::{Transition, TransitionKind},
};

impl Application {
    /// Whether the reply has told the asker alone all that there is to tell: transitions that everybody was told are not told
    /// again, and a failure after the reply is reported only to who hears late failures.
    pub(super) fn has_replied(&self, platform: &Platform, transition: &Transition) -> bool {
        if self.answers_by_events {
            return false;
        }
        let request = transition.request.map(|request| platform.model.request(request));
        let is_answered = || request.is_some_and(|request| request.told_accepted);
        let hears_late = || self.server.as_ref().is_some_and(|server| server.hears_late_failures());
        let is_late = transition.kind == TransitionKind::RequestFailed && is_answered() && !hears_late();
        let is_repeat = !transition.kind.is_answer() && transition.kind != TransitionKind::GroupAgents;
        is_late || is_repeat
    }
}
