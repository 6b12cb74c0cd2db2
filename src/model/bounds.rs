//! What the bounds of the picture cost: calls that were ended to make room, and things that were left out. It only counts; the
//! bounds themselves stand where things are made.

use super::Model;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Live calls that were ended to make room for others.
    pub calls_ended: u64,
    /// Calls, agents and services for which there was no room.
    pub calls: u64,
    pub agents: u64,
    pub services: u64,
}

/// One bound that was reached: its sort, how often since, and the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    pub cause: &'static str,
    pub count: u64,
    pub limit: usize,
}

impl Bounds {
    /// The counts by their names.
    pub fn counts(&self) -> [(&'static str, u64); 4] {
        [("calls-ended", self.calls_ended), ("calls", self.calls), ("agents", self.agents), ("services", self.services)]
    }
}

impl Model {
    /// The bounds that were reached since the counts were these.
    pub fn reached_since(&self, before: &Bounds) -> impl Iterator<Item = Reached> {
        let (now, settings) = (self.bounds.counts(), &self.settings);
        let causes = [
            ("max_calls or max_memory: live calls were ended to make room", settings.max_calls),
            ("max_calls: calls are left out", settings.max_calls),
            ("max_agents: agents are left out", settings.max_agents),
            ("max_services: services are left out", settings.max_services),
        ];
        let pairs = now.into_iter().zip(before.counts()).zip(causes);
        pairs.filter(|((now, before), _)| now.1 > before.1).map(|((now, before), (cause, limit))| Reached {
            cause,
            count: now.1 - before.1,
            limit,
        })
    }
}
