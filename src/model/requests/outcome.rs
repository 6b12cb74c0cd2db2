//! Decides when a request is done. Some platforms show it: the request is done once the platform has accepted it and
//! events, or the picture, show what was asked for. Others tell outcomes by events that name the request: only those
//! end it, and the picture counts only if none came in time.

use smallvec::smallvec;

use super::{Expect, Request, Requests};
use crate::model::{timers::Timer, *};

impl Expect {
    /// True for a state of an agent: it may come about without the request, and may be told to an asker who asks again.
    fn is_state(self) -> bool {
        match self {
            Expect::Readiness(..)
            | Expect::Wrap(_)
            | Expect::WrapOver(_)
            | Expect::LoggedOn(_)
            | Expect::LoggedOff(_)
            | Expect::Disposed(_) => true,
            Expect::Acceptance
            | Expect::Unseen
            | Expect::Originated(_)
            | Expect::Connected(..)
            | Expect::Moved(..)
            | Expect::Left(..)
            | Expect::Joined(_)
            | Expect::DataSet(_)
            | Expect::Routed(_)
            | Expect::Nothing => false,
        }
    }
}

/// True if a change that names a request says that the platform carried out this order.
fn tells_done(change: ChangeKind, order: TransitionKind) -> bool {
    use {ChangeKind as C, TransitionKind as T};
    match order {
        _ if change == C::RequestAccepted => true,
        T::LogOn => change == C::LoggedOn,
        T::LogOff => change == C::LoggedOff,
        T::SetReady | T::SetNotReady | T::StartWrap | T::EndWrap | T::Dispose => is_of_state(change),
        T::Answer => change == C::Connected,
        T::Reject | T::HangUp => change == C::Left,
        T::Hold => change == C::Held,
        T::Retrieve => change == C::Retrieved,
        T::MakeCall | T::Consult => change == C::Originated,
        T::Conference => change == C::Conferenced,
        T::Transfer | T::Deflect => matches!(change, C::Transferred | C::Diverted),
        T::SetData => change == C::DataSet,
        _ => false,
    }
}

fn is_of_state(change: ChangeKind) -> bool {
    use ChangeKind as C;
    matches!(change, C::Ready | C::NotReady | C::WrapStarted | C::Activity)
}

/// True if a change can be the outcome of a request.
fn is_outcome(change: ChangeKind) -> bool {
    use ChangeKind as C;
    let of_agent = matches!(change, C::LoggedOn | C::LoggedOff) || is_of_state(change);
    let of_call = matches!(
        change,
        C::Connected
            | C::Left
            | C::Held
            | C::Retrieved
            | C::Originated
            | C::Conferenced
            | C::Transferred
            | C::Diverted
            | C::DataSet
    );
    of_agent || of_call || change == C::RequestAccepted
}

impl Model {
    // ── requests that events and the picture show done ────────────────────────────────────────────────────────────────

    /// The requests that this shows done; they end with the transition that tells it. For other requests it may
    /// complete a step and let the next one follow.
    pub(in crate::model) fn requests_shown(&mut self, shown: Expect) -> Requests {
        for request in self.requests.values_mut().filter(|request| request.awaits == Some(shown)) {
            (request.awaits, request.undo) = (None, Some(TransitionKind::Retrieve));
        }
        self.requests_where(|_, request| request.expect == shown)
    }

    /// Requests to join two calls in the way in which they joined. A transfer does not fulfil a request for a
    /// conference, nor the other way round.
    pub(in crate::model) fn joins_shown(&mut self, transfers: bool, calls: [CallIx; 2]) -> Requests {
        self.requests_where(|_, request| {
            let joins = matches!(request.expect, Expect::Joined(call) if calls.contains(&call));
            joins && (request.kind != ChangeKind::AskConference) == transfers
        })
    }

    /// Requests to end an agent's wrap-up, if it is over.
    pub(in crate::model) fn wrap_ups_shown(&mut self, agent: AgentIx) -> Requests {
        self.requests_where(|model, request| {
            request.expect == Expect::WrapOver(agent) && model.is_wrap_up_over(agent, request.call)
        })
    }

    /// Requests to give a call a disposition, if the platform shows theirs, or shows any and has accepted theirs.
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

    /// Requests that are done. A request of several orders is not done while the platform may still refuse the last
    /// one. A request for a state is not done until the platform answers, because the state may be a coincidence; that
    /// it came about is remembered.
    fn requests_where(&mut self, is_shown: impl Fn(&Model, &Request) -> bool) -> Requests {
        if self.requests.is_empty() {
            return Requests::new();
        }
        let shown = self.requests.iter().filter(|(_, request)| {
            request.expect != Expect::Nothing && is_shown(self, request) && self.is_where_asked(request)
        });
        let shown: Requests = shown.map(|(index, _)| *index).collect();
        let mut done = Requests::new();
        for index in shown {
            let (told, answers) = (self.outcomes_told, self.answering.is_some_and(|(named, _)| named == index));
            let request = self.request_mut(index);
            let counts = match told {
                true => answers || request.named,
                false if request.pending && request.steps.is_empty() && request.expect.is_state() => {
                    request.shown = true;
                    false
                }
                false => request.steps.is_empty() || !request.pending,
            };
            if counts {
                done.push(index);
            }
        }
        for index in &done {
            self.close(*index);
            self.tell_accepted(*index);
        }
        self.follow_ups.extend_from_slice(&done);
        done
    }

    /// True if an agent who is to log on has done so at the station that was asked for.
    fn is_where_asked(&self, request: &Request) -> bool {
        let Expect::LoggedOn(agent) = request.expect else { return true };
        let (asked, known) = (&request.station, &self.agents[agent].station);
        let (asked_digits, known_digits) = (digits(asked), digits(known));
        let same_digits = || {
            let longer_and_shorter = [(&asked_digits, &known_digits), (&known_digits, &asked_digits)];
            !asked_digits.is_empty()
                && !known_digits.is_empty()
                && longer_and_shorter.into_iter().any(|(longer, shorter)| longer.ends_with(shorter))
        };
        // A platform that tells outcomes says itself whether a request is done.
        asked.is_empty()
            || known.is_empty()
            || asked == known
            || same_digits()
            || (self.outcomes_told && self.answering.is_some())
    }

    /// The transition for the asker, if the picture already shows what was asked for.
    pub(super) fn done_already(&self, index: RequestIx) -> Option<Transition> {
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
                let is_there = self.agents[agent].is_logged_on() && self.is_where_asked(request);
                is_there.then(|| Transition::new(TransitionKind::AgentLoggedOn).agent(agent))
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
            Expect::Acceptance
            | Expect::Unseen
            | Expect::Originated(_)
            | Expect::Joined(_)
            | Expect::Routed(_)
            | Expect::Nothing => None,
        }
    }

    /// The transition for the asker of a request that the platform says it has carried out.
    fn success(&self, index: RequestIx) -> Transition {
        use TransitionKind as T;
        let request = &self.requests[&index];
        let order = request.ordered.unwrap_or(T::RequestAccepted);
        let state = match order {
            T::SetReady => Some(AgentState::Idle),
            T::SetNotReady => Some(AgentState::NotReady),
            T::StartWrap => Some(AgentState::Wrap),
            _ => None,
        };
        let kind = match order {
            T::LogOn => T::AgentLoggedOn,
            T::LogOff => T::AgentLoggedOff,
            T::SetReady | T::SetNotReady | T::StartWrap | T::EndWrap | T::Dispose => T::AgentState,
            T::Answer => T::Connected,
            T::Reject | T::HangUp => T::AgentCleared,
            T::Hold => T::Held,
            T::Retrieve => T::Retrieved,
            T::MakeCall | T::Consult => T::CallOriginated,
            T::Conference => T::Conferenced,
            T::Transfer | T::Deflect => T::Transferred,
            T::SendDigits => T::DigitsSent,
            T::SetData => T::CallDataSet,
            T::SelectRoute => T::RouteUsed,
            _ => T::RequestAccepted,
        };
        let mut transition = match (kind, request.agent) {
            (T::AgentState, Some(agent)) => self.state_transition(agent, request.call),
            _ => Transition::new(kind).agent(request.agent),
        };
        transition.call = request.call;
        transition.details.state = transition.details.state.or(state);
        if kind == T::AgentCleared {
            transition.details.end = Some(End::Near);
        }
        if matches!(kind, T::Conferenced | T::Transferred) {
            transition.second = request.second.or(request.call);
            transition.result = request.call.map(|call| self.result_of(call));
            transition.details.blind = order == T::Deflect;
        }
        let place = request.call.zip(request.agent).and_then(|(call, agent)| {
            let place = self.calls.get(call)?.party_of(agent)?;
            Some((call, place as u8))
        });
        transition.party = place;
        transition
    }

    pub(super) fn done(&mut self, index: RequestIx, transition: Transition) {
        self.tell_accepted(index);
        self.close(index);
        self.follow_ups.push(index);
        self.answer_only(transition, smallvec![index]);
    }

    // ── outcomes that the platform tells ──────────────────────────────────────────────────────────────────────────────

    /// The platform has taken the request. Its outcome is unknown, whatever the picture already shows.
    pub(in crate::model) fn request_taken(&mut self, change: &Change) -> Effect {
        let Some(index) = self.open_request(change) else { return Effect::UnknownRequest };
        self.is_taken(index);
        Effect::Taken
    }

    pub(in crate::model) fn request_accepted(&mut self, change: &Change) -> Effect {
        let Some(index) = self.open_request(change) else { return self.over_or_unknown(change) };
        if !self.outcomes_told {
            self.request_mut(index).pending = false;
            self.advance(index);
        }
        Effect::Taken
    }

    /// A message that shows a request done may also say that it answers the request.
    fn over_or_unknown(&self, change: &Change) -> Effect {
        let index = change.request.as_int().and_then(|handle| u32::try_from(handle - 1).ok()).map(RequestIx);
        let is_over = index.is_some_and(|index| self.closed.contains(&index));
        if is_over { Effect::Taken } else { Effect::UnknownRequest }
    }

    /// An event of a platform that tells outcomes names a request without ending it. The request is done if the event
    /// says what was ordered, or if the picture shows it now; otherwise the next step may follow.
    pub(in crate::model) fn outcome_heard(&mut self, change: &Change) {
        let Some((index, _)) = self.answering.filter(|_| self.outcomes_told && is_outcome(change.kind)) else { return };
        if self.open_request(change).is_none() {
            return;
        }
        let request = self.request_mut(index);
        request.named = true;
        let is_done = request.ordered.is_some_and(|order| tells_done(change.kind, order));
        match (request.steps.is_empty(), is_done) {
            (true, true) => {
                let transition = self.done_already(index).unwrap_or_else(|| self.success(index));
                self.done(index, transition);
            }
            (true, false) => match self.done_already(index) {
                Some(transition) => self.done(index, transition),
                None => self.is_taken(index),
            },
            (false, true) => {
                request.pending = false;
                self.advance(index);
            }
            (false, false) => self.is_taken(index),
        }
    }

    /// The platform took the request, and nobody is told: where a reply answers a request, the reply gives the outcome.
    fn is_taken(&mut self, index: RequestIx) {
        let now = self.now;
        self.request_mut(index).accepted.get_or_insert(now);
        self.wait_for_outcome(index);
    }

    /// The request about an agent's state that the current event names: the event tells the state, so that the request
    /// is done, whatever the state is.
    pub(in crate::model) fn outcome_as_state(&mut self, agent: AgentIx) -> Option<RequestIx> {
        let (index, change) = self.answering.filter(|_| self.outcomes_told)?;
        let request = &self.requests[&index];
        let is_open = request.expect != Expect::Nothing && request.steps.is_empty() && request.agent == Some(agent);
        let is_done = is_of_state(change) && request.ordered.is_some_and(|order| tells_done(change, order));
        (is_open && is_done).then(|| {
            self.finish(index);
            self.follow_ups.push(index);
            index
        })
    }

    pub(in crate::model) fn finish(&mut self, index: RequestIx) {
        self.close(index);
        self.tell_accepted(index);
    }

    /// The platform has accepted everything ordered so far. A request that the picture shows done ends. Otherwise the
    /// event that shows the last order or the request done is waited for, or the next order is given as soon as it
    /// makes sense.
    pub(super) fn advance(&mut self, index: RequestIx) {
        let request = &self.requests[&index];
        let is_last = request.steps.is_empty();
        let is_done = is_last && (request.shown || request.expect == Expect::Acceptance);
        if let Some(transition) = self.done_already(index).or_else(|| is_done.then(|| self.success(index))) {
            return self.done(index, transition);
        }
        let request = &self.requests[&index];
        let wraps = || request.agent.is_none_or(|agent| self.is_wrapping(agent, request.call));
        match request.steps.first() {
            Some(_) if request.awaits.is_some() => self.wait_for_outcome(index),
            None => {
                self.tell_accepted(index);
                self.wait_for_outcome(index);
            }
            Some(TransitionKind::EndWrap) if !wraps() => {}
            Some(_) => self.next_step(index),
        }
    }

    pub(super) fn wait_for_outcome(&mut self, index: RequestIx) {
        let due = self.now + self.settings.request_grace;
        self.request_mut(index).due = due;
        self.timers.set(due, Timer::Request(index));
    }

    /// The platform took the request, as its answer says or as events show: the asker is told once.
    pub(super) fn tell_accepted(&mut self, index: RequestIx) {
        let now = self.now;
        let request = self.request_mut(index);
        request.accepted.get_or_insert(now);
        if std::mem::replace(&mut request.told_accepted, true) || request.quiet {
            return;
        }
        let mut transition = Transition::new(TransitionKind::RequestAccepted).agent(request.agent).request(index);
        transition.audience = Audience::Asker(request.client);
        transition.call = request.call;
        self.tell(transition);
    }
}
