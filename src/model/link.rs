//! The link to the platform: the end that its loss brings to calls and log-ons, and how the picture is compared with the
//! platform's when the link is back. The connection itself is not known here.
//!
//! Invariant: a lost link ends everything once (`link_loss_ends_everything_once_and_calls_start_anew`).

use smallvec::SmallVec;

use super::{backlog::Cause, timers::Timer, *};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LinkState {
    /// Never up so far: applications were told nothing.
    #[default]
    Unknown,
    Up,
    Down,
}

#[derive(Debug, Default)]
pub struct Link {
    pub state: LinkState,
    /// Counts the times that the platform had to show who is there.
    pub epoch: u64,
    /// The platform's statistics showed something since the epoch began.
    pub statistics_seen: bool,
    /// The platform had its time to show who is there.
    pub resynced: bool,
    /// The platform itself said that it has shown everybody.
    pub all_shown: bool,
}

impl Link {
    /// The platform is about to show who is there.
    fn begin_epoch(&mut self) {
        *self = Link { state: self.state, epoch: self.epoch + 1, ..Link::default() };
    }

    /// True if the platform is connected and has shown everything: it said so itself, or it has had time to.
    fn has_shown_everything(&self) -> bool {
        self.state == LinkState::Up && (self.resynced || self.all_shown)
    }
}

impl Model {
    pub fn has_shown_everything(&self) -> bool {
        self.link.has_shown_everything()
    }

    pub fn link(&self) -> LinkState {
        self.link.state
    }

    /// True if the platform has said that it has shown all its agents: an agent whom it has not shown does not exist.
    pub fn has_shown_everyone(&self) -> bool {
        self.link.all_shown
    }

    /// The platform is a file: it is there, and nobody need be told.
    pub fn assume_link(&mut self) {
        self.link.state = LinkState::Up;
    }

    /// The platform is there. What it shows from now on is compared with the picture.
    pub fn link_up(&mut self, now: Time) {
        self.begin(now, None);
        if self.link.state != LinkState::Up {
            self.link.state = LinkState::Up;
            self.tell(Transition::new(TransitionKind::LinkUp));
        }
        self.resync(now);
    }

    /// Events were missed, or may have been: the platform is about to show who is there.
    pub fn resync(&mut self, now: Time) {
        self.begin(now, None);
        self.link.begin_epoch();
        for agent in self.agents.indices() {
            self.agents[agent].stale = true;
        }
        self.timers.set(self.moment.now + self.settings.resync_grace, Timer::Resync(self.link.epoch));
    }

    /// The platform says that it has shown everything: whatever it has not shown is not there.
    pub(super) fn all_shown(&mut self) -> Effect {
        self.services.all_listed(self.link.epoch);
        self.link.all_shown = true;
        self.log_off_unseen();
        self.remove_unseen(self.link.epoch);
        Effect::Taken
    }

    /// It says so of agents, calls or services alone.
    pub(super) fn shown(&mut self, change: &Change) -> Effect {
        let epoch = self.link.epoch;
        match change.int(Fact::Entity).and_then(Entity::from_code) {
            Some(Entity::Agents) => {
                for agent in self.agents.indices() {
                    if self.agents[agent].is_logged_on() && self.agents[agent].stale {
                        self.backlog.end_agent(agent, Cause::Unlisted);
                    }
                }
            }
            Some(Entity::Calls) => {
                let unseen = self.calls.iter().filter(|(_, call)| call.is_live() && call.seen_epoch != epoch);
                unseen.for_each(|(call, _)| self.backlog.end_call(call, Cause::Unseen(epoch)));
            }
            Some(Entity::Services) => self.remove_unseen(epoch),
            None => {}
        }
        Effect::Taken
    }

    /// The platform had its time to show who is there. Where its statistics said nothing at all, nobody can tell.
    pub(super) fn resync_over(&mut self, epoch: u64) {
        if self.link.epoch != epoch || self.link.state != LinkState::Up {
            return;
        }
        self.link.resynced = true;
        if self.link.statistics_seen {
            self.log_off_unseen();
        }
    }

    /// The platform is not connected, and requests to it fail. Its calls may still go on: calls and agents are kept for
    /// a while.
    pub fn link_down(&mut self, now: Time, reason: &str) {
        self.begin(now, None);
        // A bridge that stops tells it last.
        if self.link.state == LinkState::Down || self.backlog.is_last() {
            return;
        }
        self.fail_all_requests(reason);
        for agent in self.agents.indices() {
            let agent = &mut self.agents[agent];
            (agent.stale, agent.phone, agent.hint) = (true, false, None);
        }
        // Everything heard from now on belongs to a new epoch.
        self.link.epoch += 1;
        self.link.state = LinkState::Down;
        self.tell(Transition::new(TransitionKind::LinkDown));
        if self.settings.link_grace.is_zero() {
            return self.lose_all();
        }
        self.timers.set(self.moment.now + self.settings.link_grace, Timer::LinkGrace(self.link.epoch));
    }

    /// The platform is taken out, and nobody waits for it to come back: the end of its link, its calls and its log-ons.
    pub fn part(&mut self, now: Time) {
        self.begin(now, None);
        self.link.state = LinkState::Down;
        self.lose_all();
    }

    /// The bridge stops. Nobody will tell how the calls go on, so they end; then the link is down. Agents keep their last
    /// state.
    pub fn shut_down(&mut self, now: Time, reason: &str) {
        self.begin(now, None);
        self.lose_calls();
        self.backlog.finish_with(reason);
    }

    /// The platform did not come back in time.
    pub(super) fn link_grace_over(&mut self, epoch: u64) {
        if self.link.state == LinkState::Down && self.link.epoch == epoch {
            self.lose_all();
        }
    }

    /// Has every call end, once, and every agent logged off, in their turns. Calls that are heard of again start anew, and
    /// so do agents.
    fn lose_all(&mut self) {
        self.lose_calls();
        for agent in self.agents.indices() {
            self.backlog.end_agent(agent, Cause::Lost);
        }
    }

    fn lose_calls(&mut self) {
        self.calls.iter().for_each(|(call, _)| self.backlog.end_call(call, Cause::Lost));
    }

    pub(super) fn lose_call(&mut self, call: CallIx) {
        if self.calls[call].is_live() {
            self.presume_over(call);
        }
        self.give_up_wrap(call);
        let names = self.calls[call].names.clone();
        self.calls.drop_names(call, &names);
    }

    /// The platform shows an agent ready, logged off, or on the call `but`. Calls of which nothing was heard since
    /// events may have been missed are then no longer the agent's. Beside another call, the agent may still have held
    /// calls.
    pub(super) fn doubt_calls_of(&mut self, agent: AgentIx, but: Option<CallIx>) {
        let is_doubtful = |index: &CallIx| {
            let call = &self.calls[*index];
            let holds = call.live_party_of(agent).is_some_and(|place| call.parties[place].state == PartyState::Held);
            Some(*index) != but && self.is_unconfirmed(call) && !(holds && but.is_some())
        };
        let doubtful: SmallVec<[CallIx; 2]> = self.agents[agent].calls.iter().copied().filter(is_doubtful).collect();
        for index in doubtful {
            let others = self.calls[index].agents_in().filter(|(_, other)| *other != agent).count();
            if let Some(place) = self.calls[index].live_party_of(agent).filter(|_| others > 0) {
                self.presume(true, |model| model.leave(index, place));
            } else {
                self.presume_over(index);
            }
        }
    }
}
