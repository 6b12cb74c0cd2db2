//! Ends that may be many at once: of calls, log-ons and services after a lost link, after a long silence, or where the platform
//! shows them no more. They wait here, by index, and are carried out one at a time, so that they can be told in portions. Until its
//! turn comes, a call or an agent stays in the picture as applications know it. Whether there is room to tell more is not
//! known here.
//!
//! Invariant: what a message says of a call or an agent whose end waits is told after that end
//! (`no_order_of_events_breaks_a_life`).

use std::collections::VecDeque;

use hashbrown::HashMap;

use super::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ending {
    Call(CallIx),
    Agent(AgentIx),
    Service(ServiceIx),
}

/// Why something ends. Whether that still holds is looked at when its turn comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The link is lost for good, or the bridge stops.
    Lost,
    /// A call, or the work after it, has been silent for too long.
    Silent,
    /// The platform has shown everything since this epoch began, and not this.
    Unseen(u64),
    /// The platform has shown all agents, and not this one.
    Unlisted,
}

#[derive(Debug, Default)]
pub(super) struct Backlog {
    order: VecDeque<Ending>,
    /// Those whose end still waits. One that was carried out before its turn is not in here any more.
    waiting: HashMap<Ending, Cause>,
    /// The link goes down, for this reason, once nothing waits any more.
    then_down: Option<String>,
}

impl Backlog {
    fn add(&mut self, ending: Ending, cause: Cause) {
        match self.waiting.insert(ending, cause) {
            None => self.order.push_back(ending),
            // What is lost stays lost, whatever else would end it.
            Some(Cause::Lost) => drop(self.waiting.insert(ending, Cause::Lost)),
            Some(Cause::Silent | Cause::Unseen(_) | Cause::Unlisted) => {}
        }
    }

    pub fn end_call(&mut self, call: CallIx, cause: Cause) {
        self.add(Ending::Call(call), cause);
    }

    pub fn end_agent(&mut self, agent: AgentIx, cause: Cause) {
        self.add(Ending::Agent(agent), cause);
    }

    pub fn end_service(&mut self, service: ServiceIx, cause: Cause) {
        self.add(Ending::Service(service), cause);
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.then_down.is_none()
    }

    /// Whether the bridge stops, and the link is told to be down at the end.
    pub fn is_last(&self) -> bool {
        self.then_down.is_some()
    }

    pub fn finish_with(&mut self, reason: &str) {
        self.then_down = Some(reason.to_owned());
    }

    fn next(&mut self) -> Option<(Ending, Cause)> {
        while let Some(ending) = self.order.pop_front() {
            if let Some(cause) = self.waiting.remove(&ending) {
                return Some((ending, cause));
            }
        }
        None
    }
}

impl Model {
    /// Whether ends wait for their turn.
    pub fn has_more(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// How many ends wait for their turn.
    pub fn waiting_ends(&self) -> usize {
        self.backlog.waiting.len()
    }

    /// Carries out the next of the ends that wait.
    pub fn go_on(&mut self, now: Time) {
        self.moment.reach(now);
        match self.backlog.next() {
            Some((ending, cause)) => self.carry_out(ending, cause),
            None => {
                if let Some(reason) = self.backlog.then_down.take() {
                    self.link_down(now, &reason);
                }
            }
        }
        self.follow_up_all();
    }

    fn carry_out(&mut self, ending: Ending, cause: Cause) {
        match (ending, cause) {
            (Ending::Call(call), cause) => self.end_waiting_call(call, cause),
            (Ending::Service(service), Cause::Unseen(epoch)) => {
                if self.link.epoch == epoch {
                    self.remove_if_unseen(service, epoch);
                }
            }
            // Services are kept.
            (Ending::Service(_), Cause::Lost | Cause::Silent | Cause::Unlisted) => {}
            (Ending::Agent(agent), Cause::Lost) => self.presume(true, |model| model.lose_agent(agent)),
            (Ending::Agent(agent), Cause::Unseen(_)) => {
                if self.is_gone(agent) {
                    self.presume(true, |model| model.log_off(agent));
                }
            }
            (Ending::Agent(agent), Cause::Unlisted | Cause::Silent) => {
                if self.agents[agent].is_logged_on() && self.agents[agent].stale {
                    self.presume(true, |model| model.log_off(agent));
                }
            }
        }
    }

    fn end_waiting_call(&mut self, index: CallIx, cause: Cause) {
        let Some(call) = self.calls.get(index) else { return };
        match cause {
            Cause::Lost => self.presume(true, |model| model.lose_call(index)),
            Cause::Silent => self.end_if_silent(index),
            Cause::Unseen(epoch) => {
                if call.is_live() && call.seen_epoch != epoch && self.link.epoch == epoch {
                    self.presume_over(index);
                }
            }
            Cause::Unlisted => {}
        }
    }

    /// Ends that wait come before what a change says of the same call or agent.
    pub(super) fn hasten(&mut self, change: &Change) {
        for names in [&change.call, &change.second, &change.result] {
            if let Some(call) = self.calls.bearer(names) {
                self.hasten_call(call);
                self.hasten_call(self.calls.result_of(call));
            }
        }
        let meant = [&change.party, &change.other, &change.to].map(|device| self.agents.meant(device));
        let party = [self.agents.by_id(change.party.id), self.agents.by_station(change.party.number)];
        let named = self.agents.by_login(change.text(Fact::Number));
        for agent in meant.into_iter().chain(party).chain([named]).flatten() {
            for call in self.agents[agent].calls.clone() {
                self.hasten_call(call);
            }
            self.hasten_one(Ending::Agent(agent));
        }
        self.follow_up_all();
    }

    fn hasten_call(&mut self, call: CallIx) {
        self.hasten_one(Ending::Call(call));
    }

    fn hasten_one(&mut self, ending: Ending) {
        if let Some(cause) = self.backlog.waiting.remove(&ending) {
            self.carry_out(ending, cause);
        }
    }
}
