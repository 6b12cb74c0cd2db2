//! Requests that events and the picture show done: what happened is what was asked for. Outcomes that the platform tells
//! by name are in `outcome`.

use super::{Answered, Expect, Request};
use crate::model::*;

impl Model {
    /// The requests that this shows done; they end with the transition that tells it. For other requests it may
    /// complete a step and let the next one follow.
    pub(in crate::model) fn requests_shown(&mut self, shown: Expect) -> Answered {
        for request in self.requests.table.values_mut().filter(|request| request.awaits == Some(shown)) {
            (request.awaits, request.undo) = (None, Some(OrderKind::Retrieve));
        }
        self.requests_where(|_, request| request.expect == shown)
    }

    /// Requests to join two calls in the way in which they joined. A transfer does not fulfil a request for a
    /// conference, nor the other way round.
    pub(in crate::model) fn joins_shown(&mut self, transfers: bool, calls: [CallIx; 2]) -> Answered {
        self.requests_where(|_, request| {
            let joins = matches!(request.expect, Expect::Joined(call) if calls.contains(&call));
            joins && (request.kind != RequestKind::Conference) == transfers
        })
    }

    /// Requests to end an agent's wrap-up, if it is over.
    pub(in crate::model) fn wrap_ups_shown(&mut self, agent: AgentIx) -> Answered {
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
    ) -> Answered {
        let Some(code) = change.int(Fact::Code).filter(|code| *code != 0) else { return Answered::new() };
        self.requests_where(|model, request| {
            let result = |call: Option<CallIx>| call.map(|call| model.calls.result_of(call));
            let same_call = result(request.call) == result(call);
            let shown = request.code == Some(code) || !request.pending;
            request.expect == Expect::Disposed(agent) && same_call && shown
        })
    }

    /// Requests that are done. A request of several orders is not done while the platform may still refuse the last
    /// one. A request for a state is not done until the platform answers, because the state may be a coincidence; that
    /// it came about is remembered.
    fn requests_where(&mut self, is_shown: impl Fn(&Model, &Request) -> bool) -> Answered {
        if self.requests.is_empty() {
            return Answered::new();
        }
        let shown =
            self.requests.all_open().filter(|(_, request)| is_shown(self, request) && self.is_where_asked(request));
        let shown: Answered = shown.map(|(index, _)| index).collect();
        let mut done = Answered::new();
        for index in shown {
            let (told, answers) =
                (self.requests.outcomes_told, self.requests.answering.is_some_and(|(named, _)| named == index));
            let request = &mut self.requests[index];
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
            self.requests.close(*index);
            self.tell_accepted(*index);
        }
        self.requests.follow_ups.extend_from_slice(&done);
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
            || (self.requests.outcomes_told && self.requests.answering.is_some())
    }

    /// The transition for the asker, if the picture already shows what was asked for.
    pub(super) fn done_already(&self, index: RequestIx) -> Option<Transition> {
        let request = &self.requests[index];
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
                let known = &self.calls[call].data;
                let set = request
                    .data
                    .iter()
                    .all(|(key, value)| known.iter().any(|known| known.0 == *key && known.1 == *value));
                set.then(|| Transition::new(TransitionKind::CallDataSet).call(call).agent(request.agent))
            }
            Expect::WrapOver(agent) => {
                self.is_wrap_up_over(agent, request.call).then(|| self.state_transition(agent, None))
            }
            Expect::Disposed(agent) => {
                let call = self.calls.get(self.calls.result_of(request.call?))?;
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
}
