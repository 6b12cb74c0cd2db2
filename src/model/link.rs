//! The link to the platform: what its loss ends, and how the picture is compared with the platform's when it is back.

use super::{timers::Timer, *};

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
}

impl Model {
    pub fn link(&self) -> LinkState {
        self.link.state
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
        self.link.epoch += 1;
        self.link.statistics_seen = false;
        self.link.resynced = false;
        for agent in self.agents.indices() {
            self.agents[agent].stale = true;
        }
        self.timers.set(self.now + self.settings.resync_grace, Timer::Resync(self.link.epoch));
    }

    /// The platform says that it has shown everything: whatever it has not shown is not there.
    pub(super) fn all_shown(&mut self) -> Effect {
        self.all_listed();
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
                        self.log_off(agent);
                    }
                }
            }
            Some(Entity::Calls) => {
                let unseen = self.calls.iter().filter(|(_, call)| call.is_live() && call.seen_epoch != epoch);
                for call in unseen.map(|(call, _)| call).collect::<Vec<_>>() {
                    self.end_call(call);
                }
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

    /// The platform is gone: its calls end, once, and its requests fail. Calls heard of again later start anew.
    pub fn link_down(&mut self, now: Time, reason: &str) {
        self.lose_link(now, reason, false);
    }

    /// The same, of a platform that will tell anew who is logged on: everyone is logged off.
    pub fn link_lost(&mut self, now: Time, reason: &str) {
        self.lose_link(now, reason, true);
    }

    fn lose_link(&mut self, now: Time, reason: &str, forget_agents: bool) {
        self.begin(now, None);
        if self.link.state == LinkState::Down {
            return;
        }
        self.fail_all_requests(reason);
        self.stale_agents();
        for call in self.calls.indices() {
            if self.calls[call].is_live() {
                self.end_call(call);
            }
            self.complete(call);
            let names = self.calls[call].names.clone();
            self.drop_names(call, &names);
        }
        self.stale_agents();
        if forget_agents {
            self.forget_agents();
        }
        self.link.state = LinkState::Down;
        self.tell(Transition::new(TransitionKind::LinkDown));
    }
}
