//! The orders that a request makes of the platform, or the reason why there are none. Nothing is ordered here: `steps` does.

use smallvec::{SmallVec, smallvec};

use crate::model::*;

/// The orders of a request, or the reason why there are none.
pub(super) type Plan = Result<SmallVec<[OrderKind; 2]>, (Failure, &'static str)>;

const NO_AGENT: (Failure, &str) = (Failure::InvalidAgent, "no such agent is known");

const NO_CALL: (Failure, &str) = (Failure::InvalidCall, "no such call is known");

impl Model {
    /// The orders to give; none if the picture already answers the request. A call or an agent that the platform has
    /// not shown is named as the application named it: the platform decides whether it exists.
    pub(super) fn plan(&mut self, index: RequestIx, kind: RequestKind) -> Plan {
        use {OrderKind as Order, RequestKind as R};
        let request = &self.requests[index];
        let end_wrap = request.ends_wrap;
        let named_call = request.call;
        let call = named_call.map(|call| self.calls.result_of(call)).filter(|call| self.calls[*call].is_live());
        let second = request.second.map(|second| self.calls.result_of(second));
        let (agent, unseen) = (request.agent, &request.unseen);
        let has_call = call.is_some() || (named_call.is_none() && unseen.call.is_some());
        let has_agent = agent.is_some() || unseen.agent.is_some();
        let initial = request.initial;
        let request = &mut self.requests[index];
        (request.call, request.second) = (call, second);
        let needs_call = matches!(
            kind,
            R::Answer
                | R::Reject
                | R::HangUp
                | R::Hold
                | R::Retrieve
                | R::Consult
                | R::Conference
                | R::Transfer
                | R::Deflect
                | R::Digits
                | R::SetData
                | R::Route
        );
        if needs_call && !has_call {
            return Err(NO_CALL);
        }
        if !has_agent && !matches!(kind, R::LogOn | R::Route) {
            return Err(NO_AGENT);
        }
        let steps: SmallVec<[OrderKind; 2]> = match kind {
            R::LogOn if initial == Some(AgentState::Other) => {
                return Err((Failure::InvalidState, "nobody can log on into this state"));
            }
            R::LogOn if !has_agent && self.requests[index].number.is_empty() => return Err(NO_AGENT),
            R::LogOn => smallvec![Order::LogOn],
            R::LogOff => smallvec![Order::LogOff],
            R::NotReady => smallvec![Order::SetNotReady],
            R::Ready => agent.map_or(smallvec![Order::SetReady], |agent| self.steps_to_ready(index, agent)),
            R::Wrap => {
                let worked_on = || agent.and_then(|agent| self.agents[agent].call_to_wrap());
                self.requests[index].call = named_call.or_else(worked_on);
                smallvec![Order::StartWrap]
            }
            R::EndWrap => {
                let wrapped = || agent.and_then(|agent| self.agents[agent].wraps.first().copied().flatten());
                self.requests[index].call = named_call.or_else(wrapped);
                smallvec![Order::EndWrap]
            }
            R::State => {
                let agent = agent.ok_or((Failure::Failed, "the platform has not shown this agent so far"))?;
                let transition = self.state_transition(agent, self.agents[agent].call_of_state());
                self.finish_with(index, transition);
                SmallVec::new()
            }
            R::Answer => smallvec![Order::Answer],
            R::Reject => smallvec![Order::Reject],
            R::HangUp => smallvec![Order::HangUp],
            R::Hold => smallvec![Order::Hold],
            R::Retrieve => smallvec![Order::Retrieve],
            R::MakeCall => smallvec![Order::MakeCall],
            R::Consult => smallvec![Order::Consult],
            R::Conference => smallvec![Order::Conference],
            R::Transfer => {
                if let (Some(call), Some(agent)) = (call, agent) {
                    self.held_first(index, call, agent);
                }
                smallvec![Order::Transfer]
            }
            R::Deflect => smallvec![Order::Deflect],
            R::Digits => smallvec![Order::SendDigits],
            R::SetData => {
                if let Some(call) = call {
                    self.label_data(index, call);
                }
                smallvec![Order::SetData]
            }
            R::Route => smallvec![Order::SelectRoute],
            R::Data => {
                // A call's data are available until the end of the work after it, which is also when CallEnd, or its
                // like, is told.
                let worked_on = named_call.filter(|call| !self.calls[*call].completed);
                if !has_call && worked_on.is_none() {
                    return Err(NO_CALL);
                }
                let call =
                    call.or(worked_on).ok_or((Failure::Failed, "the platform has not shown this call so far"))?;
                self.finish_with(index, Transition::new(TransitionKind::CallData).call(call));
                SmallVec::new()
            }
            R::Dispose => {
                // A disposition can be given while the call goes on, or in the wrap-up after it.
                if named_call.is_none() && !has_call {
                    return Err(NO_CALL);
                }
                self.requests[index].call = named_call;
                if end_wrap { smallvec![Order::Dispose, Order::EndWrap] } else { smallvec![Order::Dispose] }
            }
            R::LogOffAll | R::Snapshot | R::Refuse => {
                return Err((Failure::Failed, "this cannot be asked"));
            }
        };
        let expect = self.requests[index].expectation();
        if !steps.is_empty() {
            self.requests[index].expect = expect;
        }
        Ok(steps)
    }

    /// Data without labels replace the call's items one by one; empty items at the end are not meant.
    pub(super) fn label_data(&mut self, index: RequestIx, call: CallIx) {
        let labels = self.calls[call].data.iter().map(|(label, _)| label);
        let Some(request) = self.requests.table.get_mut(&index) else { return };
        while request.data.pop_if(|(label, value)| label.is_empty() && value.is_empty()).is_some() {}
        for ((label, _), known) in request.data.iter_mut().zip(labels).filter(|((label, _), _)| label.is_empty()) {
            *label = known.to_string();
        }
        // Items for which the call has no label are labelled by their number, so that none replaces another.
        for place in 0..request.data.len() {
            if request.data[place].0.is_empty() {
                let free = |label: &String| request.data.iter().all(|(known, _)| known != label);
                let label = (place + 1..).map(|number| number.to_string()).find(free).unwrap_or_default();
                request.data[place].0 = label;
            }
        }
    }

    /// The order in which the two calls are named does not matter: the agent's held call is transferred to the other
    /// one.
    fn held_first(&mut self, index: RequestIx, call: CallIx, agent: AgentIx) {
        let holds = |call: &Call| {
            let place = call.live_party_of(agent);
            place.is_some_and(|place| call.parties[place].state == PartyState::Held)
        };
        let held = self.call_of(agent, |call, _| holds(call)).filter(|_| !holds(&self.calls[call]));
        if let Some(held) = held {
            let request = &mut self.requests[index];
            (request.call, request.second) = (Some(held), Some(call));
        }
    }

    /// Ends the wrap-up first if the agent is in it, and then sets the agent ready, unless that follows by itself.
    fn steps_to_ready(&mut self, index: RequestIx, agent: AgentIx) -> SmallVec<[OrderKind; 2]> {
        let entry = &self.agents[agent];
        let wrap = entry.wraps.first().copied();
        let not_ready = entry.readiness == Some(Readiness::NotReady);
        match wrap {
            None => smallvec![OrderKind::SetReady],
            Some(call) => {
                self.requests[index].call = call;
                match not_ready {
                    true => smallvec![OrderKind::EndWrap, OrderKind::SetReady],
                    false => smallvec![OrderKind::EndWrap],
                }
            }
        }
    }
}
