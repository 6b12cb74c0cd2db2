//! Routes that the platform asks for, and its answer to each selection. Routes that a routing platform is asked for are
//! not in the picture: `bridge` follows them.

use super::{requests::Answered, *};

impl Model {
    pub(super) fn route_asked(&mut self, change: &Change) -> Effect {
        match self.call_for(change, None) {
            Ok(index) => {
                let mut transition = Transition::new(TransitionKind::RouteRequested).call(index);
                transition.details.timeout =
                    change.int(Fact::Timeout).and_then(|seconds| u32::try_from(seconds).ok()).filter(|s| *s > 0);
                self.tell(transition);
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    pub(super) fn routed(&mut self, change: &Change) -> Effect {
        let destination = self.device(&change.other);
        match self.call_for(change, None) {
            Ok(index) => {
                self.calls[index].destination = destination;
                self.tell(Transition::new(TransitionKind::Routed).call(index));
                Effect::Taken
            }
            Err(effect) => effect,
        }
    }

    pub(super) fn route_used(&mut self, change: &Change) -> Effect {
        let Some(request) = self.requests.answered_by(change) else { return Effect::UnknownRequest };
        let destination = self.device(&change.other);
        let index = match self.call_for(change, None) {
            Ok(index) => index,
            Err(effect) => return effect,
        };
        self.calls[index].destination = destination;
        let mut transition = Transition::new(TransitionKind::RouteUsed).call(index);
        transition.details.status = change.int(Fact::Status).and_then(RouteStatus::from_code);
        transition.details.route_type = change.int(Fact::RouteType).and_then(RouteType::from_code);
        self.finish(request);
        self.tell_answering(transition, Answered::from_slice(&[request]));
        Effect::Taken
    }

    pub(super) fn route_rejected(&mut self, change: &Change) -> Effect {
        let Some(request) = self.requests.answered_by(change) else { return Effect::UnknownRequest };
        let mut transition = Transition::new(TransitionKind::RouteRejected);
        transition.call = self.requests[request].call;
        transition.details.reject = change.int(Fact::RejectReason).and_then(RejectReason::from_code);
        self.finish(request);
        self.answer_only(transition, Answered::from_slice(&[request]));
        Effect::Taken
    }
}
