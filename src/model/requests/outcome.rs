//! Outcomes that the platform tells: its answer to a request, and events that name one. Where a platform tells outcomes,
//! only those end a request. Requests that the picture shows done are in `shown`, those that nothing ended in `time_out`.

use super::Expect;
use crate::model::*;

/// True if a change that names a request says that the platform carried out this order.
fn tells_done(change: ChangeKind, order: OrderKind) -> bool {
    use {ChangeKind as C, OrderKind as O};
    if change == C::RequestAccepted {
        return true;
    }
    let sets_state = matches!(order, O::SetReady | O::SetNotReady | O::StartWrap | O::EndWrap | O::Dispose);
    sets_state && is_of_state(change)
        || matches!(
            (order, change),
            (O::LogOn, C::LoggedOn)
                | (O::LogOff, C::LoggedOff)
                | (O::Answer, C::Connected)
                | (O::Reject | O::HangUp, C::Left)
                | (O::Hold, C::Held)
                | (O::Retrieve, C::Retrieved)
                | (O::MakeCall | O::Consult, C::Originated)
                | (O::Conference, C::Conferenced)
                | (O::Transfer | O::Deflect, C::Transferred | C::Diverted)
                | (O::SetData, C::DataSet)
        )
}

/// The transition that tells that the platform carried out an order. Of all other orders it is told that the platform
/// accepted the request.
const SUCCESSES: [(OrderKind, TransitionKind); 20] = {
    use {OrderKind as O, TransitionKind as T};
    [
        (O::LogOn, T::AgentLoggedOn),
        (O::LogOff, T::AgentLoggedOff),
        (O::SetReady, T::AgentState),
        (O::SetNotReady, T::AgentState),
        (O::StartWrap, T::AgentState),
        (O::EndWrap, T::AgentState),
        (O::Dispose, T::AgentState),
        (O::Answer, T::Connected),
        (O::Reject, T::AgentCleared),
        (O::HangUp, T::AgentCleared),
        (O::Hold, T::Held),
        (O::Retrieve, T::Retrieved),
        (O::MakeCall, T::CallOriginated),
        (O::Consult, T::CallOriginated),
        (O::Conference, T::Conferenced),
        (O::Transfer, T::Transferred),
        (O::Deflect, T::Transferred),
        (O::SendDigits, T::DigitsSent),
        (O::SetData, T::CallDataSet),
        (O::SelectRoute, T::RouteUsed),
    ]
};

/// The states that orders bring about.
const STATES: [(OrderKind, AgentState); 3] = [
    (OrderKind::SetReady, AgentState::Idle),
    (OrderKind::SetNotReady, AgentState::NotReady),
    (OrderKind::StartWrap, AgentState::Wrap),
];

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
    /// The platform has taken the request. Its outcome is unknown, whatever the picture already shows.
    pub(in crate::model) fn request_taken(&mut self, change: &Change) -> Effect {
        let Some(index) = self.requests.answered_by(change) else { return Effect::UnknownRequest };
        self.is_taken(index);
        Effect::Taken
    }

    pub(in crate::model) fn request_accepted(&mut self, change: &Change) -> Effect {
        let Some(index) = self.requests.answered_by(change) else { return self.over_or_unknown(change) };
        if !self.requests.outcomes_told {
            self.requests[index].pending = false;
            self.advance(index);
        }
        Effect::Taken
    }

    /// A message that shows a request done may also say that it answers the request.
    fn over_or_unknown(&self, change: &Change) -> Effect {
        let index = change.request.as_int().and_then(|handle| u32::try_from(handle - 1).ok()).map(RequestIx);
        let is_over = index.is_some_and(|index| self.requests.closed.contains(&index));
        if is_over { Effect::Taken } else { Effect::UnknownRequest }
    }

    /// An event of a platform that tells outcomes names a request without ending it. The request is done if the event
    /// says what was ordered, or if the picture shows it now; otherwise the next step may follow.
    pub(in crate::model) fn outcome_heard(&mut self, change: &Change) {
        let Some((index, _)) =
            self.requests.answering.filter(|_| self.requests.outcomes_told && is_outcome(change.kind))
        else {
            return;
        };
        if self.requests.answered_by(change).is_none() {
            return;
        }
        let request = &mut self.requests[index];
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

    /// The request about an agent's state that the current event names: the event tells the state, so that the request
    /// is done, whatever the state is.
    pub(in crate::model) fn outcome_as_state(&mut self, agent: AgentIx) -> Option<RequestIx> {
        let (index, change) = self.requests.answering.filter(|_| self.requests.outcomes_told)?;
        let request = &self.requests[index];
        let is_open = request.expect != Expect::Nothing && request.steps.is_empty() && request.agent == Some(agent);
        let is_done = is_of_state(change) && request.ordered.is_some_and(|order| tells_done(change, order));
        (is_open && is_done).then(|| {
            self.finish(index);
            self.requests.follow_ups.push(index);
            index
        })
    }

    /// The platform took the request, and nobody is told: where a reply answers a request, the reply gives the outcome.
    fn is_taken(&mut self, index: RequestIx) {
        let now = self.moment.now;
        self.requests[index].accepted.get_or_insert(now);
        self.wait_for_outcome(index);
    }

    /// The transition for the asker of a request that the platform says it has carried out.
    pub(super) fn success(&self, index: RequestIx) -> Transition {
        use TransitionKind as T;
        let request = &self.requests[index];
        let order = request.ordered;
        let state = STATES.iter().find(|(of, _)| order == Some(*of)).map(|(_, state)| *state);
        let kind = SUCCESSES.iter().find(|(of, _)| order == Some(*of)).map_or(T::RequestAccepted, |(_, kind)| *kind);
        let mut transition = if let (T::AgentState, Some(agent)) = (kind, request.agent) {
            self.state_transition(agent, request.call)
        } else {
            Transition::new(kind).agent(request.agent)
        };
        transition.call = request.call;
        transition.details.state = transition.details.state.or(state);
        if kind == T::AgentCleared {
            transition.details.end = Some(End::Near);
        }
        if matches!(kind, T::Conferenced | T::Transferred) {
            transition.second = request.second.or(request.call);
            transition.result = request.call.map(|call| self.calls.result_of(call));
            transition.details.blind = order == Some(OrderKind::Deflect);
        }
        let place = request.call.zip(request.agent).and_then(|(call, agent)| {
            let place = self.calls.get(call)?.party_of(agent)?;
            Some((call, place as u8))
        });
        transition.party = place;
        transition
    }
}
