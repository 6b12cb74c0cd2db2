//! How requests end, each once: by the event that shows it done, by what the picture shows already, or by a failure with its
//! reason.

use smallvec::smallvec;

use super::{Expect, Requests};
use crate::{
    model::{timers::Timer, *},
    time::Time,
};
impl Model {
    /// The requests that this shows done; they end with the transition that tells it. Of others it may be what they waited
    /// for between two steps.
    pub(in crate::model) fn requests_shown(&mut self, shown: Expect) -> Requests {
        for request in self.requests.values_mut().filter(|request| request.awaits == Some(shown)) {
            (request.awaits, request.undo) = (None, Some(TransitionKind::Retrieve));
        }
        self.requests_where(|_, request| request.expect == shown)
    }

    /// Those that wanted an agent's wrap-up to be over, where it is.
    pub(in crate::model) fn wrap_ups_shown(&mut self, agent: AgentIx) -> Requests {
        self.requests_where(|model, request| {
            request.expect == Expect::WrapOver(agent) && model.is_wrap_up_over(agent, request.call)
        })
    }

    /// Those that gave a call a disposition, where the platform shows one: theirs, or any that it has accepted.
    pub(in crate::model) fn dispositions_shown(
        &mut self,
        call: Option<CallIx>,
        agent: AgentIx,
        change: &Change,
    ) -> Requests {
        let Some(code) = change.int(Fact::Code).filter(|code| *code != 0) else { return Requests::new() };
        self.requests_where(|model, request| {
            let result = |call: Option<CallIx>| call.map(|call| model.result_of(call));
            let same_call = result(request.call) == result(call);
            let shown = request.code == Some(code) || !request.pending;
            request.expect == Expect::Disposed(agent) && same_call && shown
        })
    }

    /// Requests that are done. One of several orders is not, while the platform may still refuse the last.
    fn requests_where(&mut self, is_shown: impl Fn(&Model, &Request) -> bool) -> Requests {
        if self.requests.is_empty() {
            return Requests::new();
        }
        let showable = |request: &Request| request.steps.is_empty() || !request.pending;
        let waiting = self.requests.iter().filter(|(_, request)| showable(request) && is_shown(self, request));
        let done: Requests = waiting.map(|(index, _)| *index).collect();
        for index in &done {
            self.close(*index);
            self.tell_accepted(*index);
        }
        self.follow_ups.extend_from_slice(&done);
        done
    }

    fn close(&mut self, index: RequestIx) {
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
        match initial {
            AgentState::Idle | AgentState::NotReady => self.next_step(index),
            _ => self.fail(index, Failure::InvalidState, "nobody can log on into this state".into()),
        }
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

    /// The platform has it. What it comes to is not known, whatever the picture shows already.
    pub(in crate::model) fn request_taken(&mut self, change: &Change) -> Effect {
        let Some(index) = self.open_request(change) else { return Effect::UnknownRequest };
        self.request_mut(index).pending = false;
        self.tell_accepted(index);
        self.timers.set(self.now + self.settings.request_grace, Timer::Request(index));
        Effect::Taken
    }

    pub(in crate::model) fn finish(&mut self, index: RequestIx) {
        self.close(index);
        self.tell_accepted(index);
    }

    pub(in crate::model) fn request_accepted(&mut self, change: &Change) -> Effect {
        let Some(index) = self.open_request(change) else { return self.over_or_unknown(change) };
        self.request_mut(index).pending = false;
        self.advance(index);
        Effect::Taken
    }

    /// A message that shows a request done may say besides that it answers it.
    fn over_or_unknown(&self, change: &Change) -> Effect {
        let index = change.request.as_int().and_then(|handle| u32::try_from(handle - 1).ok()).map(RequestIx);
        let is_over = index.is_some_and(|index| self.closed.contains(&index));
        if is_over { Effect::Taken } else { Effect::UnknownRequest }
    }

    /// The platform has accepted what was ordered so far: what the picture shows done has ended, else what shows it done, or
    /// the step ordered last, is waited for, or the next is ordered as soon as it makes sense.
    fn advance(&mut self, index: RequestIx) {
        if let Some(transition) = self.done_already(index) {
            self.tell_accepted(index);
            self.close(index);
            self.follow_ups.push(index);
            return self.answer_only(transition, smallvec![index]);
        }
        let request = &self.requests[&index];
        let wraps = || request.agent.is_some_and(|agent| self.is_wrapping(agent, request.call));
        match request.steps.first() {
            Some(_) if request.awaits.is_some() => {
                self.timers.set(self.now + self.settings.request_grace, Timer::Request(index));
            }
            None => {
                self.tell_accepted(index);
                self.timers.set(self.now + self.settings.request_grace, Timer::Request(index));
            }
            Some(TransitionKind::EndWrap) if !wraps() => {}
            Some(_) => self.next_step(index),
        }
    }

    /// The platform took it, as its answer says, or as what happened shows: told once.
    fn tell_accepted(&mut self, index: RequestIx) {
        let request = self.request_mut(index);
        if std::mem::replace(&mut request.accepted, true) || request.quiet {
            return;
        }
        let mut transition = Transition::new(TransitionKind::RequestAccepted).agent(request.agent).request(index);
        transition.audience = Audience::Asker(request.client);
        transition.call = request.call;
        self.tell(transition);
    }

    /// What to tell the asker where the picture shows already what was asked for.
    fn done_already(&self, index: RequestIx) -> Option<Transition> {
        let request = &self.requests[&index];
        let party = |call: CallIx, agent| self.calls[call].party_of(agent).map(|place| (call, place as u8));
        let in_state = |call: CallIx, agent, state| {
            let place = self.calls[call].party_of(agent)?;
            (self.calls[call].parties[place].state == state).then_some(())
        };
        match request.expect {
            Expect::Readiness(agent, readiness) => {
                let entry = &self.agents[agent];
                let settled = entry.wraps.is_empty() && entry.settling.is_none();
                (entry.readiness == Some(readiness) && settled).then(|| self.state_transition(agent, None))
            }
            Expect::Wrap(agent) => {
                (!self.agents[agent].wraps.is_empty()).then(|| self.state_transition(agent, request.call))
            }
            Expect::LoggedOn(agent) => {
                self.agents[agent].is_logged_on().then(|| Transition::new(TransitionKind::AgentLoggedOn).agent(agent))
            }
            Expect::LoggedOff(agent) => (self.agents[agent].logged_on == Some(false))
                .then(|| Transition::new(TransitionKind::AgentLoggedOff).agent(agent)),
            Expect::Connected(call, agent) => {
                in_state(call, agent, PartyState::Connected)?;
                let transition = Transition::new(TransitionKind::Connected).call(call).agent(agent);
                Some(transition.party(party(call, agent)?))
            }
            Expect::Moved(call, agent, state) => {
                in_state(call, agent, state)?;
                let held = state == PartyState::Held;
                let kind = if held { TransitionKind::Held } else { TransitionKind::Retrieved };
                Some(Transition::new(kind).call(call).agent(agent).party(party(call, agent)?))
            }
            Expect::Left(call, agent) => {
                in_state(call, agent, PartyState::Left)?;
                let mut transition = Transition::new(TransitionKind::AgentCleared).call(call).agent(agent);
                transition.details.end = Some(End::Near);
                Some(transition.party(party(call, agent)?))
            }
            Expect::Acceptance => {
                Some(Transition::new(TransitionKind::DigitsSent).call(request.call?).agent(request.agent))
            }
            Expect::DataSet(call) => {
                let set = request.data.iter().all(|item| self.calls[call].data.contains(item));
                set.then(|| Transition::new(TransitionKind::CallDataSet).call(call).agent(request.agent))
            }
            Expect::WrapOver(agent) => {
                self.is_wrap_up_over(agent, request.call).then(|| self.state_transition(agent, None))
            }
            Expect::Disposed(agent) => {
                let call = self.calls.get(self.result_of(request.call?))?;
                let shown = request.code.is_some() && call.disposition == request.code;
                shown.then(|| self.state_transition(agent, request.call))
            }
            Expect::Originated(_) | Expect::Joined(_) | Expect::Routed(_) | Expect::Nothing => None,
        }
    }

    pub(in crate::model) fn request_failed(&mut self, change: &Change) -> Effect {
        let Some(index) = self.open_request(change) else { return Effect::UnknownRequest };
        let mut buffer = itoa::Buffer::new();
        let reason = match change.fact(Fact::Reason).as_text(&mut buffer) {
            Some(reason) => reason.to_owned(),
            None => format!("{} refused it without a reason", self.settings.platform),
        };
        let failure = change.int(Fact::Failure).and_then(Failure::from_code).unwrap_or(Failure::Failed);
        self.fail(index, failure, reason);
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

    /// Accepted, and nothing showed it done: whoever asked is told, so that everything ends.
    pub(in crate::model) fn request_grace_over(&mut self, index: RequestIx) {
        let Some(request) = self.requests.get(&index) else { return };
        if (!request.accepted && request.awaits.is_none()) || request.expect == Expect::Nothing {
            return;
        }
        let due = self.grace_of(request);
        if due > self.now {
            self.timers.set(due, Timer::Request(index));
        } else {
            let seconds = self.settings.request_grace.as_secs_f64();
            let reason = format!("{} accepted it, and nothing showed it done in {seconds} s", self.settings.platform);
            self.fail(index, Failure::Failed, reason);
        }
    }

    /// Until when a request that was accepted long enough ago is waited for: what it asks of an agent may have to wait until
    /// the agent's calls are over, and a disposition until the platform tells it with the end of the wrap-up.
    fn grace_of(&self, request: &Request) -> Time {
        let (agent, may_wrap) = match request.expect {
            Expect::Readiness(agent, _) | Expect::Wrap(agent) | Expect::WrapOver(agent) => (agent, false),
            Expect::Disposed(agent) => (agent, true),
            _ => return self.now,
        };
        let entry = &self.agents[agent];
        let is_busy = entry.is_on_call() || (may_wrap && self.is_wrapping(agent, request.call));
        let from = if is_busy { self.now } else { entry.free_since };
        from + self.settings.request_grace
    }
}
