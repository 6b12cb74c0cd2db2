//! How long requests take, as counts by length. It owns the lengths that are told apart; the metrics write them out.

use std::time::Duration;

/// The upper bounds of the lengths that are told apart, in milliseconds.
pub const BOUNDS: [u64; 14] = [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000];

/// The times of the requests that have ended.
#[derive(Debug, Clone, Default)]
pub struct Latency {
    /// By bound; the last one is of those that took longer.
    pub counts: [u64; BOUNDS.len() + 1],
    pub total: Duration,
}

impl Latency {
    pub fn observe(&mut self, length: Duration) {
        let millis = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let place = BOUNDS.iter().position(|bound| millis <= *bound).unwrap_or(BOUNDS.len());
        self.counts[place] += 1;
        self.total += length;
    }
}
