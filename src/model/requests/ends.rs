//! The end of requests, each once: who is told, what follows from it, and failures with their reasons. The module
//! `outcome` decides when a request is done.

use smallvec::smallvec;

use super::{Expect, Request, Requests};
use crate::{
    model::{timers::Timer, *},
    time::Time,
};

impl Model {
    pub(super) fn close(&mut self, index: RequestIx) {
        let request = self.request_mut(index);
        if request.expect != Expect::Nothing {
            (request.expect, request.awaits) = (Expect::Nothing, None);
            self.closed.push(index);
        }
    }

    /// What follows from requests that are done, once that is told, and those that waited for what has happened now.
    pub(in crate::model) fn follow_up_all(&mut self) {
        if self.requests.is_empty() {
            return;
        }
        loop {
            for index in std::mem::take(&mut self.follow_ups) {
                self.follow_up(index);
            }
            let waits = |request: &Request| !request.pending && request.awaits.is_none() && !request.steps.is_empty();
            let open = self.requests.iter().filter(|(_, request)| request.expect != Expect::Nothing);
            let waiting: Requests = open.filter(|(_, request)| waits(request)).map(|(index, _)| *index).collect();
            for index in waiting {
                self.advance(index);
            }
            // Those that were done thereby are there only as long as this batch is.
            if self.follow_ups.is_empty() {
                return;
            }
        }
    }

    /// After a log-on the agent is brought into the state that was asked for.
    fn follow_up(&mut self, index: RequestIx) {
        let request = &self.requests[&index];
        let Some(initial) = request.initial.filter(|_| request.kind == ChangeKind::AskLogOn) else { return };
        let Some(agent) = request.agent else { return };
        let (kind, readiness, order) = match initial {
            AgentState::NotReady => (ChangeKind::AskNotReady, Readiness::NotReady, TransitionKind::SetNotReady),
            _ => (ChangeKind::AskReady, Readiness::Ready, TransitionKind::SetReady),
        };
        let expect = Expect::Readiness(agent, readiness);
        let follow_up = Request { call: None, steps: smallvec![order], ..self.after(index, kind, expect) };
        let index = self.add_request(follow_up);
        self.next_step(index);
    }

    /// Tells everyone; the first request that this answers goes with it, the askers of others are told apart.
    pub(in crate::model) fn tell_answering(&mut self, transition: Transition, mut requests: Requests) {
        if requests.is_empty() {
            return self.tell(transition);
        }
        requests.retain(|request| !self.requests[request].quiet);
        let mut told = transition.clone();
        told.request = requests.first().copied();
        self.tell(told);
        requests.drain(..requests.len().min(1));
        self.answer_only(transition, requests);
    }

    /// Tells those who asked, and nobody else.
    pub(in crate::model) fn answer_only(&mut self, transition: Transition, requests: Requests) {
        for index in requests {
            let request = &self.requests[&index];
            if !request.quiet {
                let client = request.client;
                let answer = Transition { audience: Audience::Asker(client), ..transition.clone() };
                self.tell(answer.request(index));
            }
        }
    }

    pub(super) fn finish_with(&mut self, index: RequestIx, transition: Transition) {
        self.close(index);
        self.answer_only(transition, smallvec![index]);
    }

    /// The open request that a platform's answer belongs to.
    pub(in crate::model) fn open_request(&self, change: &Change) -> Option<RequestIx> {
        let index = RequestIx(u32::try_from(change.request.as_int()? - 1).ok()?);
        self.requests.get(&index).filter(|request| request.expect != Expect::Nothing).map(|_| index)
    }

    pub(in crate::model) fn request_failed(&mut self, change: &Change) -> Effect {
        let Some(index) = self.open_request(change) else { return Effect::UnknownRequest };
        let mut buffer = itoa::Buffer::new();
        let reason = match change.fact(Fact::Reason).as_text(&mut buffer) {
            Some(reason) => reason.to_owned(),
            None => format!("{} refused it without a reason", self.settings.platform),
        };
        let failure = change.int(Fact::Failure).and_then(Failure::from_code).unwrap_or(Failure::Failed);
        self.fail_saying(index, failure, reason, change.int(Fact::Result));
        Effect::Taken
    }

    /// Ends a request with a failure, if it has not ended.
    pub fn fail_request(&mut self, now: Time, index: RequestIx, reason: String) {
        self.begin(now, None);
        if self.requests.get(&index).is_some_and(|request| request.expect != Expect::Nothing) {
            self.fail(index, Failure::Failed, reason);
        }
    }

    pub(super) fn fail(&mut self, index: RequestIx, failure: Failure, reason: String) {
        self.fail_saying(index, failure, reason, None);
    }

    /// `result` is the platform's own number for the failure, where it gave one.
    fn fail_saying(&mut self, index: RequestIx, failure: Failure, reason: String, result: Option<i64>) {
        self.close(index);
        self.undo(index);
        let request = &self.requests[&index];
        if request.undoes {
            return;
        }
        let mut transition = Transition::new(TransitionKind::RequestFailed).agent(request.agent).request(index);
        transition.audience = Audience::Asker(request.client);
        transition.call = request.call;
        transition.details.failure = Some(failure);
        transition.details.about = Some(request.about);
        transition.details.reason = Some(reason);
        transition.details.result = result;
        self.tell(transition);
    }

    fn fail_where(&mut self, concerned: impl Fn(&Request) -> bool, reason: &str) {
        let open = self.requests.iter().filter(|(_, request)| request.expect != Expect::Nothing);
        let failing: Vec<RequestIx> = open.filter(|(_, request)| concerned(request)).map(|(index, _)| *index).collect();
        for index in failing {
            self.fail(index, Failure::Failed, reason.to_owned());
        }
    }

    /// The call is over: what was asked for it cannot be done any more. A disposition can.
    pub(in crate::model) fn fail_requests_of(&mut self, call: CallIx) {
        let concerned = |request: &Request| {
            let about_it = request.call == Some(call) || request.second == Some(call);
            about_it && request.about == About::Call
        };
        self.fail_where(concerned, "the call ended");
    }

    /// The calls were transferred: a conference of them that was asked for will not come about.
    pub(in crate::model) fn fail_conferences_of(&mut self, calls: [CallIx; 2]) {
        let concerned = |request: &Request| {
            let joins = matches!(request.expect, Expect::Joined(call) if calls.contains(&call));
            joins && request.kind == ChangeKind::AskConference
        };
        self.fail_where(concerned, "the call was transferred instead");
    }

    /// The call is not known any more; what becomes of a disposition is told nevertheless.
    pub(in crate::model) fn forget_call_of_requests(&mut self, call: CallIx) {
        for request in self.requests.values_mut() {
            request.call = request.call.filter(|known| *known != call);
            request.second = request.second.filter(|known| *known != call);
        }
    }

    pub(in crate::model) fn fail_requests_of_agent(&mut self, agent: AgentIx) {
        let concerned = |request: &Request| {
            request.agent == Some(agent) && request.about == About::Agent && request.kind != ChangeKind::AskLogOn
        };
        self.fail_where(concerned, "the agent logged off");
    }

    pub(in crate::model) fn fail_all_requests(&mut self, reason: &str) {
        let reason = format!("{}: {reason}", self.settings.platform);
        // Nobody is there to take anything back.
        self.requests.values_mut().for_each(|request| request.undo = None);
        self.fail_where(|_| true, &reason);
    }

    /// The platform accepted the request, and no event showed or told it done in time. The asker is told, so that every
    /// request ends. On a platform that tells outcomes, the picture counts now.
    pub(in crate::model) fn request_grace_over(&mut self, index: RequestIx) {
        let Some(request) = self.requests.get(&index) else { return };
        let waits = request.accepted.is_some() || request.awaits.is_some();
        if !waits || request.expect == Expect::Nothing || request.due > self.now {
            return;
        }
        let may_be_done = self.outcomes_told && (request.steps.is_empty() || request.named);
        if let Some(transition) = self.done_already(index).filter(|_| may_be_done) {
            return self.done(index, transition);
        }
        let due = self.grace_of(request);
        if due > self.now {
            self.request_mut(index).due = due;
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
    fn grace_of(&self, request: &Request) -> Time {
        let (agent, may_wrap) = match request.expect {
            Expect::Readiness(agent, _) | Expect::Wrap(agent) | Expect::WrapOver(agent) => (agent, false),
            Expect::Disposed(agent) => (agent, true),
            _ => return self.now,
        };
        let entry = &self.agents[agent];
        let is_busy = entry.is_on_call() || (may_wrap && self.is_wrapping(agent, request.call));
        let from = if is_busy { self.now } else { entry.free_since };
        let latest = request.accepted.map_or(self.now, |accepted| accepted + self.settings.call_expiry);
        (from + self.settings.request_grace).min(latest)
    }
}
