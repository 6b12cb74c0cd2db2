//! An agent's state: [`Model::state_of`] decides it, [`Model::set_state`] takes in what the platform says of it, and
//! [`Model::tell_state_answering`] tells it. The facts that it depends on come from the other modules of this folder, from
//! `calls` and from `wrap_up`.
//!
//! Invariant: a state is told when it changes, and to the session that asked (`repeats_say_nothing_and_an_end_of_the_unknown_starts_nothing`).

use crate::model::{
    requests::{Answered, Expect},
    timers::Timer,
    *,
};

impl Model {
    /// The state that applications should see, where anything is known: what the agent's calls show comes first, then the
    /// activity that the platform tells, work after calls, a reservation, and last the readiness. An agent whose last call
    /// is gone keeps the state until the platform says the next (`settling`).
    fn state_of(&self, agent: AgentIx) -> Option<AgentState> {
        let entry = &self.agents[agent];
        if entry.logged_on == Some(false) {
            return None;
        }
        let party_states = entry.calls.iter().filter_map(|index| {
            let call = &self.calls[*index];
            call.live_party_of(agent).map(|place| call.parties[place].state)
        });
        let mut alerting = entry.activity == Some(AgentState::PendingActive);
        for state in party_states {
            match state {
                PartyState::Connected | PartyState::Held => return Some(AgentState::Active),
                PartyState::Alerting => alerting = true,
                PartyState::Initiated | PartyState::Dialled | PartyState::Left => {}
            }
        }
        if entry.activity == Some(AgentState::Active) {
            return Some(AgentState::Active);
        }
        if alerting {
            return Some(AgentState::PendingActive);
        }
        if !entry.wraps.is_empty() {
            return Some(AgentState::Wrap);
        }
        if entry.activity == Some(AgentState::Reserved) {
            return Some(AgentState::Reserved);
        }
        if entry.settling.is_some() {
            return entry.told;
        }
        match entry.readiness {
            Some(Readiness::Ready) => Some(AgentState::Idle),
            Some(Readiness::NotReady) => Some(AgentState::NotReady),
            None => entry.told,
        }
    }

    /// Takes in a state that the platform shows the agent in: readiness ends all wrap-up, activity leaves it alone.
    pub(super) fn set_state(&mut self, agent: AgentIx, state: AgentState) {
        self.agents[agent].settling = None;
        self.agents[agent].hint = None;
        match state {
            AgentState::Idle | AgentState::NotReady => {
                self.wrap_up_over(agent, |_| true);
                let entry = &mut self.agents[agent];
                entry.wraps.clear();
                entry.end_activity(self.moment.now);
                entry.readiness = Some(if state == AgentState::Idle { Readiness::Ready } else { Readiness::NotReady });
            }
            AgentState::Wrap => {
                let entry = &mut self.agents[agent];
                entry.end_activity(self.moment.now);
                if entry.wraps.is_empty() {
                    entry.wraps.push(None);
                }
            }
            AgentState::Reserved | AgentState::PendingActive | AgentState::Active => {
                self.agents[agent].activity = Some(state);
            }
            AgentState::LoggedOff | AgentState::Other => {}
        }
    }

    /// The platform shows the agent in this state. If it is not a state of a call, the agent is on no call.
    pub(super) fn show_state(&mut self, agent: AgentIx, state: AgentState) {
        if matches!(state, AgentState::Idle | AgentState::NotReady | AgentState::LoggedOff) {
            self.doubt_calls_of(agent, None);
        }
        self.set_state(agent, state);
    }

    pub(in crate::model) fn tell_agent_state(&mut self, agent: Option<AgentIx>, call: Option<CallIx>) {
        if let Some(agent) = agent {
            self.tell_state_answering(agent, call, Answered::new());
        }
    }

    /// Tells the state where it changed. A session that asked for the state is answered in any case, and so is one that
    /// asked for the end of a wrap-up after which this is the first state.
    pub(in crate::model) fn tell_state_answering(
        &mut self,
        agent: AgentIx,
        call: Option<CallIx>,
        mut requests: Answered,
    ) {
        requests.extend(self.wrap_ups_shown(agent));
        requests.extend(self.outcome_as_state(agent));
        let mut state = self.state_of(agent);
        if self.agents[agent].lost && state.is_some() {
            self.is_found_again(Some(agent));
            state = self.state_of(agent);
        }
        let changed = state.is_some() && state != self.agents[agent].told;
        self.agents[agent].told = state;
        if changed {
            self.agents[agent].since = self.moment.now;
        }
        if !changed && requests.is_empty() {
            return;
        }
        let transition = self.state_transition(agent, call);
        if changed {
            self.tell_answering(transition, requests);
        } else {
            self.answer_only(transition, requests);
        }
    }

    pub(in crate::model) fn state_transition(&self, agent: AgentIx, call: Option<CallIx>) -> Transition {
        let mut transition = Transition::new(TransitionKind::AgentState).agent(agent);
        transition.call = call;
        let entry = &self.agents[agent];
        transition.details.state =
            entry.told.or(if entry.logged_on == Some(false) { Some(AgentState::LoggedOff) } else { None });
        transition
    }

    /// The state stands until the platform says the next, or for the time of grace.
    pub(in crate::model) fn settle_state(&mut self, agent: AgentIx) {
        self.agents[agent].settling = Some(self.moment.now);
        self.timers.set(self.moment.now + self.settings.state_grace, Timer::StateGrace(agent));
    }

    pub(in crate::model) fn state_grace_over(&mut self, agent: AgentIx) {
        let entry = &mut self.agents[agent];
        let Some(since) = entry.settling else { return };
        if since + self.settings.state_grace > self.moment.now {
            return;
        }
        entry.settling = None;
        if entry.told.is_none() && entry.readiness.is_none() {
            return;
        }
        // If nothing is known of the readiness, the agent takes calls: there was a call.
        let readiness = *entry.readiness.get_or_insert(Readiness::Ready);
        let requests = self.requests_shown(Expect::Readiness(agent, readiness));
        self.tell_state_answering(agent, None, requests);
    }
}
