//! Desktops that went away: their connection is lost, or the Agent beside the relay is gone. Their agents and calls are kept
//! for a while. A desktop that comes back shows its present state; otherwise its calls end and its agent is logged off.

use std::time::Duration;

use super::{Client, desk::Name, fields::made};
use crate::{
    port::{Notice, PlatformOutput},
    time::Time,
};

/// So many desktops are given up at a time, and the next ones a little later: many may go away together.
const AT_A_TIME: usize = 50;
const PAUSE: Duration = Duration::from_millis(100);

impl Client {
    /// Nothing is heard of a desktop. Its agent and calls are kept for a while, from the first time on.
    pub(super) fn goes_away(&mut self, now: Time, desk: usize) {
        let away = &mut self.desks[desk];
        away.picture = None;
        // An agent who was not shown need not be logged off.
        if away.away_until.is_none() && away.is_there {
            let until = now + self.settings.link_grace;
            away.away_until = Some(until);
            self.away.insert((until, desk));
        }
    }

    /// The relay is there, and the Agent is not.
    pub(super) fn agent_away(&mut self, now: Time, desk: usize) {
        if self.desks[desk].away_until.is_none() {
            let reason = "the Agent is away".to_owned();
            self.say(Notice::DesktopLost { user: self.desks[desk].agent.clone(), reason });
        }
        if let Some(line) = &mut self.desks[desk].line {
            // The present state follows when the Agent is back.
            (line.is_known, line.has_shown) = (false, false);
        }
        self.goes_away(now, desk);
    }

    /// Something was heard of the desktop's agent.
    pub(super) fn is_back(&mut self, desk: usize) {
        self.desks[desk].is_there = true;
        if let Some(until) = self.desks[desk].away_until.take() {
            self.away.remove(&(until, desk));
        }
    }

    /// Gives up desktops that did not come back in time.
    pub(super) fn expire_away(&mut self, now: Time) {
        for _ in 0..AT_A_TIME {
            let Some((_, desk)) = self.away.first().copied().filter(|(until, _)| *until <= now) else { return };
            self.leave(desk);
        }
        // The others stay due, and have their turn after a pause.
        let late: Vec<(Time, usize)> = self.away.iter().copied().take_while(|(until, _)| *until <= now).collect();
        for (until, desk) in late {
            self.away.remove(&(until, desk));
            self.away.insert((now + PAUSE, desk));
            self.desks[desk].away_until = Some(now + PAUSE);
        }
    }

    /// The calls of a desktop end, and its agent is logged off.
    pub(super) fn leave(&mut self, desk: usize) {
        if let Some(until) = self.desks[desk].away_until.take() {
            self.away.remove(&(until, desk));
        }
        self.release(desk);
        let calls: Vec<Name> = self.desks[desk].calls.keys().cloned().collect();
        calls.iter().for_each(|name| self.say_gone(desk, name));
        let left = &mut self.desks[desk];
        left.known.clear();
        left.named.clear();
        left.picture = None;
        left.is_there = false;
        if let Some(line) = &mut left.line {
            (line.is_known, line.has_shown) = (false, false);
        }
        if let Some(record) = left.record {
            let closed = made(&self.vocabulary, "OnApplicationClosed", &[("agent", &record.to_string())]);
            self.outputs.push_back(PlatformOutput::Event(closed));
        }
    }
}
