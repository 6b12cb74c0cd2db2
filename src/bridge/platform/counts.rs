//! The counts of a platform, of which metrics are made.

use crate::{bridge::latency::Latency, model::Effect, time::Time};

/// What a platform's messages came to, by the places of messages and rules in their plans.
#[derive(Debug, Default)]
pub struct Counts {
    pub read: Vec<u64>,
    pub rules: Vec<u64>,
    pub orders: Vec<u64>,
    pub effects: Vec<(Effect, u64)>,
    pub unknown: u64,
    pub malformed: u64,
    pub too_long: u64,
    pub unknown_fields: u64,
    /// Texts and lists that were longer than the platform takes.
    pub cut: u64,
    /// Posts that were answered, that the platform cannot have seen, and of which nobody knows.
    pub answered: u64,
    pub not_sent: u64,
    pub unknown_outcome: u64,
    /// Answered requests that were forgotten early, to make room.
    pub forgotten: u64,
    /// From a request to its outcome.
    pub latency: Latency,
    /// When the last message was read.
    pub last_read: Option<Time>,
}

impl Counts {
    pub fn add_effect(&mut self, effect: Effect) {
        match self.effects.iter_mut().find(|(known, _)| *known == effect) {
            Some((_, count)) => *count += 1,
            None => self.effects.push((effect, 1)),
        }
    }
}
