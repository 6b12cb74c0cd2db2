//! The steps of a request: the next order, a request that follows from one that is done, and the order that takes back a
//! hold if a later step fails. The steps themselves are chosen in `plan`.

use smallvec::smallvec;

use super::{Answered, Expect, Request};
use crate::{model::*, time::Time};

impl Model {
    pub(super) fn next_step(&mut self, index: RequestIx) {
        let request = &mut self.requests[index];
        let order = request.steps.remove(0);
        (request.pending, request.named, request.ordered) = (true, false, Some(order));
        let mut given = Order::new(order).agent(request.agent).request(index);
        let was_accepted = request.accepted.is_some();
        given.call = request.call;
        given.second = request.second;
        given.details.route_type = request.route_type;
        if let (OrderKind::Dispose | OrderKind::EndWrap, Some(agent)) = (order, given.agent) {
            given.call = given.call.map(|call| self.call_worked_on(agent, call));
        }
        self.order(given);
        if was_accepted {
            self.wait_for_outcome(index);
        }
    }

    /// The platform does what was ordered last in these steps. A hold must show before the next, and is taken back if that
    /// fails.
    pub fn take_steps(&mut self, now: Time, index: RequestIx, steps: &[OrderKind]) {
        self.begin(now, None);
        let Some(request) = self.requests.table.get_mut(&index).filter(|request| request.expect != Expect::Nothing)
        else {
            return;
        };
        let (call, agent) = (request.call, request.agent);
        request.steps = steps.iter().chain(&request.steps).copied().collect();
        if let (Some(OrderKind::Hold), Some(call), Some(agent)) = (steps.first(), call, agent) {
            let awaits = Expect::Moved(call, agent, PartyState::Held);
            let is_held = self.calls[call].is_in_state(agent, PartyState::Held);
            let request = &mut self.requests[index];
            if is_held {
                request.steps.remove(0);
            } else {
                request.awaits = Some(awaits);
            }
        }
        self.next_step(index);
    }

    /// The platform has accepted everything ordered so far. A request that the picture shows done ends. Otherwise the
    /// event that shows the last order or the request done is waited for, or the next order is given as soon as it
    /// makes sense.
    pub(super) fn advance(&mut self, index: RequestIx) {
        let request = &self.requests[index];
        let is_last = request.steps.is_empty();
        let is_done = is_last && (request.shown || request.expect == Expect::Acceptance);
        if let Some(transition) = self.done_already(index).or_else(|| is_done.then(|| self.success(index))) {
            return self.done(index, transition);
        }
        let request = &self.requests[index];
        let wraps = || request.agent.is_none_or(|agent| self.is_wrapping(agent, request.call));
        match request.steps.first() {
            Some(_) if request.awaits.is_some() => self.wait_for_outcome(index),
            None => {
                self.tell_accepted(index);
                self.wait_for_outcome(index);
            }
            Some(OrderKind::EndWrap) if !wraps() => {}
            Some(_) => self.next_step(index),
        }
    }

    /// Takes back what a request did before it failed, if there is still something to take back.
    pub(super) fn undo(&mut self, index: RequestIx) {
        let request = &mut self.requests[index];
        let (Some(order), Some(call), Some(agent)) = (request.undo.take(), request.call, request.agent) else { return };
        if !self.calls[call].is_live() || !self.calls[call].is_in_state(agent, PartyState::Held) {
            return;
        }
        let expect = Expect::Moved(call, agent, PartyState::Connected);
        let undoing =
            Request { undoes: true, steps: smallvec![order], ..self.after(index, RequestKind::Retrieve, expect) };
        let index = self.requests.add(undoing);
        self.next_step(index);
    }

    /// A request that follows from another.
    fn after(&self, index: RequestIx, kind: RequestKind, expect: Expect) -> Request {
        let request = &self.requests[index];
        Request {
            agent: request.agent,
            call: request.call,
            service: request.service,
            number: request.number.clone(),
            station: request.station.clone(),
            unseen: request.unseen.clone(),
            quiet: true,
            expect,
            ..Request::new(kind, request.client, request.id, request.asked)
        }
    }

    /// Orders that follow from requests that are done, once that is told, and the next steps of those that waited for the
    /// current change.
    pub(in crate::model) fn follow_up_all(&mut self) {
        if self.requests.is_empty() {
            return;
        }
        loop {
            for index in std::mem::take(&mut self.requests.follow_ups) {
                self.follow_up(index);
            }
            let waits = |request: &Request| !request.pending && request.awaits.is_none() && !request.steps.is_empty();
            let open = self.requests.all_open();
            let waiting: Answered = open.filter(|(_, request)| waits(request)).map(|(index, _)| index).collect();
            for index in waiting {
                self.advance(index);
            }
            // Those that were done thereby are there only as long as this batch is.
            if self.requests.follow_ups.is_empty() {
                return;
            }
        }
    }

    /// After a log-on the agent is brought into the state that was asked for.
    fn follow_up(&mut self, index: RequestIx) {
        let request = &self.requests[index];
        let Some(initial) = request.initial.filter(|_| request.kind == RequestKind::LogOn) else { return };
        let Some(agent) = request.agent else { return };
        let (kind, readiness, order) = match initial {
            AgentState::NotReady => (RequestKind::NotReady, Readiness::NotReady, OrderKind::SetNotReady),
            AgentState::LoggedOff
            | AgentState::Idle
            | AgentState::Reserved
            | AgentState::PendingActive
            | AgentState::Active
            | AgentState::Wrap
            | AgentState::Other => (RequestKind::Ready, Readiness::Ready, OrderKind::SetReady),
        };
        let expect = Expect::Readiness(agent, readiness);
        let follow_up = Request { call: None, steps: smallvec![order], ..self.after(index, kind, expect) };
        let index = self.requests.add(follow_up);
        self.next_step(index);
    }
}
