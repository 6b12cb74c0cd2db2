//! How long to wait before trying again: twice as long each time, up to the longest, with jitter.

use std::time::Duration;

/// A wait as notices tell it: in seconds, to a tenth.
pub fn tenths(wait: Duration) -> f64 {
    (wait.as_secs_f64() * 10.0).round() / 10.0
}

#[derive(Debug)]
pub struct Backoff {
    shortest: Duration,
    longest: Duration,
    attempts: u32,
    random: u64,
}

impl Backoff {
    /// The shortest and the longest wait; `seed` is where the randomness begins.
    pub fn new((shortest, longest): (Duration, Duration), seed: u64) -> Backoff {
        Backoff { shortest, longest, attempts: 0, random: seed | 1 }
    }

    /// The next wait: between half of its time and all of it, so that many do not come at once.
    pub fn next(&mut self) -> Duration {
        let wait = self.shortest.saturating_mul(1 << self.attempts.min(16)).min(self.longest);
        self.attempts += 1;
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        wait.mul_f64(0.5 + (self.random % 1000) as f64 / 2000.0)
    }

    /// It worked: the next wait is the shortest again.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }
}
