//! The orders that a request makes of the platform, or the reason why there are none. Nothing is ordered here: `steps` does.

use smallvec::{SmallVec, smallvec};

use crate::model::*;

/// The orders of a request, or the reason why there are none.
pub(super) type Plan = Result<SmallVec<[TransitionKind; 2]>, (Failure, &'static str)>;

const NO_AGENT: (Failure, &str) = (Failure::InvalidAgent, "no such agent is known");

const NO_CALL: (Failure, &str) = (Failure::InvalidCall, "no such call is known");

impl Model {
    /// The orders to give; none if the picture already answers the request. A call or an agent that the platform has
    /// not shown is named as the application named it: the platform decides whether it exists.
    pub(super) fn plan(&mut self, index: RequestIx, kind: ChangeKind) -> Plan {
        use ChangeKind::*;
        use TransitionKind as Order;
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
            AskAnswer
                | AskReject
                | AskHangUp
                | AskHold
                | AskRetrieve
                | AskConsult
                | AskConference
                | AskTransfer
                | AskDeflect
                | AskDigits
                | AskSetData
                | AskRoute
        );
        if needs_call && !has_call {
            return Err(NO_CALL);
        }
        if !has_agent && !matches!(kind, AskLogOn | AskRoute) {
            return Err(NO_AGENT);
        }
        let steps: SmallVec<[Order; 2]> = match kind {
            AskLogOn if initial == Some(AgentState::Other) => {
                return Err((Failure::InvalidState, "nobody can log on into this state"));
            }
            AskLogOn if !has_agent && self.requests[index].number.is_empty() => return Err(NO_AGENT),
            AskLogOn => smallvec![Order::LogOn],
            AskLogOff => smallvec![Order::LogOff],
            AskNotReady => smallvec![Order::SetNotReady],
            AskReady => agent.map_or(smallvec![Order::SetReady], |agent| self.steps_to_ready(index, agent)),
            AskWrap => {
                let worked_on = || agent.and_then(|agent| self.agents[agent].call_to_wrap());
                self.requests[index].call = named_call.or_else(worked_on);
                smallvec![Order::StartWrap]
            }
            AskEndWrap => {
                let wrapped = || agent.and_then(|agent| self.agents[agent].wraps.first().copied().flatten());
                self.requests[index].call = named_call.or_else(wrapped);
                smallvec![Order::EndWrap]
            }
            AskState => {
                let agent = agent.ok_or((Failure::Failed, "the platform has not shown this agent so far"))?;
                let transition = self.state_transition(agent, self.agents[agent].call_of_state());
                self.finish_with(index, transition);
                SmallVec::new()
            }
            AskAnswer => smallvec![Order::Answer],
            AskReject => smallvec![Order::Reject],
            AskHangUp => smallvec![Order::HangUp],
            AskHold => smallvec![Order::Hold],
            AskRetrieve => smallvec![Order::Retrieve],
            AskMakeCall => smallvec![Order::MakeCall],
            AskConsult => smallvec![Order::Consult],
            AskConference => smallvec![Order::Conference],
            AskTransfer => {
                if let (Some(call), Some(agent)) = (call, agent) {
                    self.held_first(index, call, agent);
                }
                smallvec![Order::Transfer]
            }
            AskDeflect => smallvec![Order::Deflect],
            AskDigits => smallvec![Order::SendDigits],
            AskSetData => {
                if let Some(call) = call {
                    self.label_data(index, call);
                }
                smallvec![Order::SetData]
            }
            AskRoute => smallvec![Order::SelectRoute],
            AskData => {
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
            AskDispose => {
                // A disposition can be given while the call goes on, or in the wrap-up after it.
                if named_call.is_none() && !has_call {
                    return Err(NO_CALL);
                }
                self.requests[index].call = named_call;
                if end_wrap { smallvec![Order::Dispose, Order::EndWrap] } else { smallvec![Order::Dispose] }
            }
            AskLogOffAll | AskSnapshot | Refuse | of_picture!() | of_route!() => {
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
            label.clone_from(known);
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
    fn steps_to_ready(&mut self, index: RequestIx, agent: AgentIx) -> SmallVec<[TransitionKind; 2]> {
        let entry = &self.agents[agent];
        let wrap = entry.wraps.first().copied();
        let not_ready = entry.readiness == Some(Readiness::NotReady);
        match wrap {
            None => smallvec![TransitionKind::SetReady],
            Some(call) => {
                self.requests[index].call = call;
                match not_ready {
                    true => smallvec![TransitionKind::EndWrap, TransitionKind::SetReady],
                    false => smallvec![TransitionKind::EndWrap],
                }
            }
        }
    }
}
