//! Requests that went to the platform whole. They are not kept here; the picture is only asked whether it shows one done that
//! the platform took and no event answered.

use super::{Ask, Expect};
use crate::{model::*, time::Time};

/// What the picture says of such a request.
#[derive(Debug)]
pub enum Verdict {
    /// It is done. Holds what is to be told to the asker.
    Done(Box<Transition>),
    /// It may be done only when the agent is free. Holds the time until which that is waited for.
    Pending(Time),
    NotShown,
}

impl Model {
    pub fn judge(&mut self, now: Time, ask: &Ask, taken: Time) -> Verdict {
        self.begin(now, None);
        let index = self.new_request(ask, ask.asks.kind);
        if let (RequestKind::SetData, Some(call)) = (ask.asks.kind, ask.call) {
            self.label_data(index, call);
        }
        let request = &mut self.requests[index];
        request.call = ask.call.map(|call| self.calls.result_of(call));
        request.accepted = Some(taken);
        request.expect = request.expectation();
        let expect = request.expect;
        let verdict = match self.done_already(index) {
            Some(transition) => Verdict::Done(Box::new(transition)),
            None if expect == Expect::Acceptance => Verdict::NotShown,
            None => match self.grace_of(&self.requests[index]) {
                due if due > self.moment.now => Verdict::Pending(due),
                _ => Verdict::NotShown,
            },
        };
        self.requests.table.remove(&index);
        verdict
    }
}
