//! Tries to log on: how many wrong ones an address has for free, and how long it waits after that. Limits are per address, and
//! per address with user; never per user alone, so that nobody can lock another one's user out. Passwords are compared by
//! the conversations.

use std::{hash::BuildHasher, time::Duration};

use hashbrown::HashMap;

use super::Origin;
use crate::{settings::TryLimits, time::Time};

/// The most addresses, and addresses with users, that are remembered. Of more, the one that was heard of least lately is
/// forgotten.
const MOST: usize = 4096;
/// An address may have so many times as many wrong tries as a user at it.
const OF_ADDRESS: u32 = 4;
/// The first wait; each further wrong try doubles it.
const FIRST: Duration = Duration::from_secs(1);
/// After so long without a try, wrong ones are forgotten.
const FORGET: Duration = Duration::from_secs(10 * 60);

/// What becomes of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    Right,
    Wrong,
    /// Nobody looked whether it is right: there were too many wrong ones.
    TooSoon(Duration),
}

impl Try {
    /// What the peer of a try that came too soon is told.
    pub fn refusal(wait: Duration) -> String {
        format!("too many wrong log-ons from this address: try again in {} s", wait.as_millis().div_ceil(1000))
    }
}

/// An address, and the hash of a user at it.
type Key = (Origin, Option<u64>);

#[derive(Debug, Clone, Copy)]
struct Past {
    wrong: u32,
    until: Time,
    last: Time,
    /// The last right try is not forgotten: what others do at the address does not hold the user up.
    is_trusted: bool,
}

/// The tries at one listener.
#[derive(Debug, Default)]
pub struct Tries {
    limits: TryLimits,
    past: HashMap<Key, Past>,
}

impl Tries {
    pub fn new(limits: TryLimits) -> Tries {
        Tries { limits, past: HashMap::new() }
    }

    /// Judges a try; `is_right` is asked unless there were too many wrong ones before.
    pub fn judge(&mut self, now: Time, peer: &str, user: &str, is_right: impl FnOnce() -> bool) -> Try {
        if let Some(wait) = self.wait(now, peer, user) {
            return Try::TooSoon(wait);
        }
        if is_right() {
            let (pair, _) = self.keys(peer, user);
            self.trust(now, pair);
            return Try::Right;
        }
        self.count(now, peer, user);
        Try::Wrong
    }

    /// Begins a try whose outcome comes later, unless it has to wait. Until then it counts as wrong, so that nobody tries many
    /// at the same time. [`Tries::succeed`] or [`Tries::withdraw`] says otherwise.
    pub fn begin(&mut self, now: Time, peer: &str, user: &str) -> Option<Duration> {
        let wait = self.wait(now, peer, user);
        if wait.is_none() {
            self.count(now, peer, user);
        }
        wait
    }

    /// A try that began was right.
    pub fn succeed(&mut self, now: Time, peer: &str, user: &str) {
        let (pair, address) = self.keys(peer, user);
        self.trust(now, pair);
        self.forgive(now, address, self.limits.free.saturating_mul(OF_ADDRESS));
    }

    /// A try that began came to nothing: nobody looked whether it was right.
    pub fn withdraw(&mut self, now: Time, peer: &str, user: &str) {
        let (pair, address) = self.keys(peer, user);
        self.forgive(now, pair, self.limits.free);
        self.forgive(now, address, self.limits.free.saturating_mul(OF_ADDRESS));
    }

    /// A user at an address, and the address.
    fn keys(&self, peer: &str, user: &str) -> (Key, Key) {
        let origin = Origin::of_peer(peer);
        ((origin, Some(self.past.hasher().hash_one(user))), (origin, None))
    }

    /// How long a user at an address has to wait.
    fn wait(&self, now: Time, peer: &str, user: &str) -> Option<Duration> {
        let (pair, address) = self.keys(peer, user);
        let of_pair = self.past.get(&pair);
        let of_address = self.past.get(&address).filter(|_| of_pair.is_none_or(|past| !past.is_trusted));
        let until = of_pair.into_iter().chain(of_address).map(|past| past.until).max();
        until.filter(|until| *until > now).map(|until| until - now)
    }

    fn trust(&mut self, now: Time, pair: Key) {
        self.remember(pair, Past { wrong: 0, until: now, last: now, is_trusted: true });
    }

    fn count(&mut self, now: Time, peer: &str, user: &str) {
        let (pair, address) = self.keys(peer, user);
        self.wrong(now, pair, self.limits.free);
        self.wrong(now, address, self.limits.free.saturating_mul(OF_ADDRESS));
    }

    /// One try less was wrong, and the wait is over if too few are left for one.
    fn forgive(&mut self, now: Time, key: Key, free: u32) {
        if let Some(past) = self.past.get_mut(&key) {
            past.wrong = past.wrong.saturating_sub(1);
            if past.wrong < free {
                past.until = now;
            }
        }
    }

    fn wrong(&mut self, now: Time, key: Key, free: u32) {
        let past = self.past.get(&key).filter(|past| now - past.last < FORGET);
        let (wrong, is_trusted) = past.map_or((1, false), |past| (past.wrong.saturating_add(1), past.is_trusted));
        let wait = wrong.checked_sub(free).map(|more| FIRST.saturating_mul(1 << more.min(20)).min(self.limits.longest));
        self.remember(key, Past { wrong, until: now + wait.unwrap_or_default(), last: now, is_trusted });
    }

    fn remember(&mut self, key: Key, past: Past) {
        if self.past.len() >= MOST && !self.past.contains_key(&key) {
            let oldest = self.past.iter().min_by_key(|(_, past)| past.last).map(|(key, _)| *key);
            oldest.and_then(|oldest| self.past.remove(&oldest));
        }
        self.past.insert(key, past);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: TryLimits = TryLimits { free: 3, longest: Duration::from_secs(60) };

    fn at(seconds: u64) -> Time {
        Time(seconds * 1000)
    }

    fn waits(seconds: u64) -> Try {
        Try::TooSoon(Duration::from_secs(seconds))
    }

    #[test]
    fn wrong_tries_wait_longer_and_longer_and_a_right_one_ends_that() {
        let mut tries = Tries::new(LIMITS);
        let mut attempt = |second, is_right| tries.judge(at(second), "192.0.2.1:5", "ann", || is_right);
        for _ in 0..3 {
            assert_eq!(attempt(0, false), Try::Wrong);
        }
        assert_eq!(attempt(0, true), waits(1), "nobody looks whether it is right");
        assert_eq!(attempt(1, false), Try::Wrong);
        assert_eq!(attempt(1, true), waits(2));
        assert_eq!(attempt(3, true), Try::Right);
        assert_eq!(attempt(3, false), Try::Wrong);
        assert_eq!(attempt(3, true), Try::Right);
        let mut second = 100;
        for wait in [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60] {
            assert_eq!(attempt(second, false), Try::Wrong, "after {second} s");
            second += wait;
        }
        assert_eq!(attempt(second + 700, false), Try::Wrong);
        assert_eq!(attempt(second + 700, true), Try::Right, "what is long past is forgotten");
    }

    #[test]
    fn nobody_locks_out_a_user_elsewhere_or_one_who_has_logged_on_here_before() {
        let mut tries = Tries::new(LIMITS);
        assert_eq!(tries.judge(at(0), "192.0.2.1:5", "ben", || true), Try::Right);
        for number in 0..12 {
            tries.judge(at(0), "192.0.2.1:5", &format!("user {number}"), || false);
        }
        assert_eq!(tries.judge(at(0), "192.0.2.1:6", "ann", || true), waits(1), "whoever it is at this address");
        assert_eq!(tries.judge(at(0), "192.0.2.1:6", "ben", || true), Try::Right);
        for _ in 0..3 {
            tries.judge(at(0), "192.0.2.7:5", "ann", || false);
        }
        assert_eq!(tries.judge(at(0), "192.0.2.8:5", "ann", || true), Try::Right, "never per user alone");
    }

    #[test]
    fn a_try_that_is_under_way_counts_as_wrong_until_it_is_known() {
        let mut tries = Tries::new(LIMITS);
        let begin = |tries: &mut Tries| tries.begin(at(0), "192.0.2.1:5", "ann");
        for _ in 0..3 {
            assert_eq!(begin(&mut tries), None);
        }
        assert_eq!(begin(&mut tries), Some(Duration::from_secs(1)));
        tries.withdraw(at(0), "192.0.2.1:5", "ann");
        assert_eq!(begin(&mut tries), None);
        tries.succeed(at(0), "192.0.2.1:5", "ann");
        for _ in 0..3 {
            assert_eq!(begin(&mut tries), None);
        }
        assert_eq!(begin(&mut tries), Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_table_has_a_bound_and_those_heard_of_last_stay() {
        let mut tries = Tries::new(LIMITS);
        for number in 0..MOST as u64 {
            let peer = format!("10.0.{}.{}:1", number / 256, number % 256);
            tries.judge(at(number), &peer, "ann", || false);
            assert!(tries.past.len() <= MOST);
        }
        for _ in 0..2 {
            assert_eq!(tries.judge(at(MOST as u64), "10.0.15.255:1", "ann", || false), Try::Wrong);
        }
        assert_eq!(tries.judge(at(MOST as u64), "10.0.15.255:1", "ann", || true), waits(1));
    }
}
