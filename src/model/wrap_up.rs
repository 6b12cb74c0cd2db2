//! Work after calls: which agent owes it, which call it belongs to where calls have joined, and how it begins and ends. The
//! codes that agents give are in `dispositions`.
//!
//! Invariant: a call is complete once, after its end (`no_order_of_events_breaks_a_life`).

use smallvec::SmallVec;

use crate::model::{requests::Expect, timers::Timer, *};

impl Model {
    pub(super) fn owe_wrap(&mut self, agent: AgentIx, call: CallIx) {
        let owed = &mut self.calls[call].owed;
        if !owed.contains(&agent) {
            owed.push(agent);
            self.agents[agent].owes.push(call);
            self.watch_expiry();
        }
    }

    /// The agent's wrap-up is over for the calls that are meant and that the agent is not in any more.
    pub(super) fn wrap_up_over(&mut self, agent: AgentIx, meant: impl Fn(CallIx) -> bool) {
        for call in self.agents[agent].owes.clone() {
            if !meant(call) || self.calls[call].live_party_of(agent).is_some() {
                continue;
            }
            let wrapped = self.agents[agent]
                .wraps
                .iter()
                .flatten()
                .any(|wrap| *wrap == call || self.calls.result_of(*wrap) == call);
            let kind = if wrapped { TransitionKind::WrapEnded } else { TransitionKind::WrapSkipped };
            let mut transition = Transition::new(kind).call(call).agent(agent);
            transition.details.code = self.calls[call].disposition_of(agent);
            self.tell(transition);
            self.calls.renew(call, self.moment.now);
            if let Some(place) = self.calls[call].party_of(agent) {
                self.calls[call].parties[place].work_over = true;
            }
            self.owes_no_more(agent, call);
        }
    }

    /// The agent owes the call nothing more. After the last agent who did, the call is complete.
    pub(super) fn owes_no_more(&mut self, agent: AgentIx, index: CallIx) {
        self.agents[agent].owes.retain(|known| *known != index);
        let call = &mut self.calls[index];
        call.owed.retain(|known| *known != agent);
        if !call.owed.is_empty() || call.is_live() {
            return;
        }
        if call.completed {
            self.work_is_over(index);
        } else {
            self.complete(index);
        }
    }

    /// The call and all wrap-up after it are over.
    pub(super) fn complete(&mut self, index: CallIx) {
        let call = &mut self.calls[index];
        if call.is_live() || call.completed {
            return;
        }
        call.completed = true;
        for agent in std::mem::take(&mut call.owed) {
            self.agents[agent].owes.retain(|owed| *owed != index);
        }
        self.tell(Transition::new(TransitionKind::CallCompleted).call(index));
        self.work_is_over(index);
    }

    /// The work after the call has lasted longer than can be believed.
    pub(super) fn give_up_wrap(&mut self, index: CallIx) {
        for agent in self.calls[index].owed.clone() {
            self.owes_no_more(agent, index);
        }
        self.complete(index);
    }

    /// Nobody works on the call any more. Its ids lead to it for the time of grace.
    fn work_is_over(&mut self, index: CallIx) {
        self.calls[index].over_since = self.moment.now;
        self.timers.set(self.moment.now + self.settings.id_grace, Timer::IdGrace(index));
    }

    /// Agents of whom the platform has shown neither wrap-up nor its absence owe the call nothing more. An agent who is
    /// shown in wrap-up is waited for, however long that takes.
    pub(super) fn wrap_grace_over(&mut self, index: CallIx) {
        let Some(call) = self.calls.get(index).filter(|call| !call.is_live()) else { return };
        let owed = call.owed.iter().copied();
        let silent: SmallVec<[AgentIx; 2]> = owed.filter(|agent| !self.is_wrapping(*agent, Some(index))).collect();
        for agent in silent {
            self.owes_no_more(agent, index);
        }
    }

    /// The call that the beginning or end of an agent's wrap-up, or a code, is about. If a newer call has the number by
    /// now, the number still means the old call for an agent who works after that one.
    pub(super) fn call_of_work(&self, agent: AgentIx, names: &CallNames) -> Option<CallIx> {
        let named = self.calls.bearer(names);
        let is_in_named = named.is_some_and(|named| self.calls[self.calls.result_of(named)].party_of(agent).is_some());
        if !is_in_named {
            let bears = |call: &&CallIx| {
                let known = &self.calls[**call].names;
                names
                    .iter()
                    .any(|name| known.iter().any(|known| (known.space, known.id.as_id()) == (name.space, name.id)))
            };
            if let Some(old) = self.agents[agent].owes.iter().find(bears) {
                return Some(*old);
            }
        }
        named
    }

    /// The call after which an agent works where the platform names this one. After a join it may name any of the three:
    /// an agent who left by the join works after the old call, one who stayed after the result.
    pub(super) fn call_worked_on(&self, agent: AgentIx, named: CallIx) -> CallIx {
        let result = self.calls.result_of(named);
        let owes = &self.agents[agent].owes;
        let same = owes.iter().find(|owed| **owed == named);
        if let Some(owed) = same.or_else(|| owes.iter().find(|owed| self.calls.result_of(**owed) == result)) {
            return *owed;
        }
        let was_in = |call: CallIx| self.calls.get(call).is_some_and(|call| call.party_of(agent).is_some());
        if was_in(named) && !was_in(result) { named } else { result }
    }

    pub(super) fn wrap_started(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let named = self.call_of_work(agent, &change.call);
        let call = match named {
            Some(named) => Some(self.call_worked_on(agent, named)),
            None => self.agents[agent].owes.last().copied().filter(|_| change.call.is_empty()),
        };
        if let Some(index) = call {
            // Work after a call: the agent is not in it any more, whatever was not said. Only of what a call became part
            // of it says nothing.
            if let Some(place) = self.calls[index].live_party_of(agent) {
                if named.is_some_and(|named| named != index) {
                    return Effect::Late;
                }
                self.leave(index, place);
            }
            let party = self.calls[index].parties.iter().find(|party| party.device.agent == Some(agent));
            if party.is_some_and(|party| party.work_over) {
                return Effect::Late;
            }
            // An agent in work after a call owes the call that work, whether or not the agent answered it, and even if
            // the wait for it was over.
            if party.is_some() {
                self.owe_wrap(agent, index);
            }
            self.calls.renew(index, self.moment.now);
            if self.calls[index].is_live() {
                self.note(index, change);
            }
        }
        let entry = &mut self.agents[agent];
        entry.last_word = self.moment.clock;
        entry.settling = None;
        entry.end_activity(self.moment.now);
        if !entry.wraps.contains(&call) {
            entry.wraps.push(call);
        }
        let requests = self.requests_shown(Expect::Wrap(agent));
        self.tell_state_answering(agent, call, requests);
        // An agent may wrap up without a call, and end that.
        if call.is_none() && !change.call.is_empty() { Effect::UnknownCall } else { Effect::Taken }
    }

    pub(super) fn wrap_ended(&mut self, change: &Change) -> Effect {
        let agent = match self.agent_of(change) {
            Ok(agent) => agent,
            Err(effect) => return effect,
        };
        let named = self.call_of_work(agent, &change.call);
        let call = named.map(|named| self.calls.result_of(named));
        let requests = self.dispositions_shown(call, agent, change);
        if let (Some(named), Some(call)) = (named, call) {
            let worked_on = self.call_worked_on(agent, named);
            // Codes that the agent entered count; the code that comes with the end repeats one of them.
            if self.calls[worked_on].disposition_of(agent).is_none() {
                self.set_disposition(worked_on, Some(agent), change);
            }
            let meant: SmallVec<[CallIx; 2]> =
                self.agents[agent].owes.iter().copied().filter(|owed| self.calls.result_of(*owed) == call).collect();
            if meant.is_empty() {
                self.skip_wrap(agent, worked_on);
            }
            self.wrap_up_over(agent, |owed| meant.contains(&owed));
        }
        let mut wraps = std::mem::take(&mut self.agents[agent].wraps);
        let wrapped = !wraps.is_empty();
        // Whatever the platform works after that is not known is over, too.
        wraps.retain(|wrap| wrap.is_some_and(|wrap| Some(self.calls.result_of(wrap)) != call));
        let entry = &mut self.agents[agent];
        entry.last_word = self.moment.clock;
        entry.wraps = wraps;
        if wrapped && entry.wraps.is_empty() && entry.calls.is_empty() {
            self.settle_state(agent);
        }
        self.tell_state_answering(agent, None, requests);
        if call.is_none() && !change.call.is_empty() { Effect::UnknownCall } else { Effect::Taken }
    }

    /// The agent's own call, which nobody answered, is over, and the platform says that no work follows: this is told
    /// once.
    fn skip_wrap(&mut self, agent: AgentIx, call: CallIx) {
        let entry = &mut self.calls[call];
        // Only calls that no group distributed are told without work after them.
        let is_own = entry.originator == Some(agent) && entry.ty.is_none_or(|ty| ty == CallType::NonAcd);
        let Some(place) = entry.party_of(agent).filter(|_| is_own) else { return };
        let party = &mut entry.parties[place];
        if !party.answered && !party.is_in() && !std::mem::replace(&mut party.work_over, true) {
            self.tell(Transition::new(TransitionKind::WrapSkipped).call(call).agent(agent));
        }
    }

    /// Whatever the agent works after, that work is over. Other calls' may not have begun.
    pub(super) fn all_wraps_over(&mut self, agent: AgentIx) {
        let owes = self.agents[agent].owes.iter().copied();
        let worked_on: SmallVec<[CallIx; 2]> = owes.filter(|owed| self.is_wrapping(agent, Some(*owed))).collect();
        self.wrap_up_over(agent, |owed| worked_on.contains(&owed));
        self.agents[agent].wraps.clear();
    }

    /// Whether an agent works after this call, or, of whom that is not known, after any.
    pub(super) fn is_wrapping(&self, agent: AgentIx, call: Option<CallIx>) -> bool {
        let same = |wrap: CallIx| call.is_none_or(|call| self.calls.result_of(call) == self.calls.result_of(wrap));
        self.agents[agent].wraps.iter().any(|wrap| wrap.is_none_or(same))
    }

    /// Whether nothing is left to do after this call, and the platform has said what comes next, or had its time to.
    pub(super) fn is_wrap_up_over(&self, agent: AgentIx, call: Option<CallIx>) -> bool {
        let entry = &self.agents[agent];
        let same = |other: &CallIx| call.is_some_and(|call| self.calls.result_of(call) == self.calls.result_of(*other));
        let is_open = entry.calls.iter().any(same) || entry.owes.iter().any(same) || self.is_wrapping(agent, call);
        !is_open && entry.settling.is_none()
    }
}
