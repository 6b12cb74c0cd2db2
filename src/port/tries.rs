//! Tries to log on: how many wrong ones an address has for free, and how long it waits after that. Limits are per address, and
//! per address with user; never per user alone, so that nobody can lock another one's user out. Tries whose outcome comes later
//! have a bound of their own meanwhile. Passwords are compared by the conversations.

use std::{hash::BuildHasher, time::Duration};

use hashbrown::HashMap;

use super::Origin;
use crate::{settings::TryLimits, time::Time};

/// The most addresses, and addresses with users, that are remembered. Of more, the one that was heard of least lately is
/// forgotten.
const MOST: usize = 4096;
/// An address may have so many times as many wrong tries as a user at it.
const OF_ADDRESS: u32 = 4;
/// The most tries of an address whose outcomes are awaited.
const AWAITED: u32 = 16;
/// The first wait; each further wrong try doubles it.
const FIRST: Duration = Duration::from_secs(1);
/// After so long without a try, wrong ones are forgotten.
const FORGET: Duration = Duration::from_secs(10 * 60);

/// The outcome of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    Right,
    Wrong,
    /// Nobody looked whether it is right: there were too many wrong ones.
    TooSoon(Duration),
}

impl Try {
    /// The text for the peer of a try that came too soon.
    pub fn refusal(wait: Duration) -> String {
        format!("too many wrong log-ons from this address: try again in {} s", wait.as_millis().div_ceil(1000))
    }
}

/// The reason why a try does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// There were too many wrong ones.
    TooSoon(Duration),
    /// The outcomes of too many others are awaited. It does not count as wrong.
    Crowded,
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
    /// The number of tries whose outcome comes later.
    awaited: HashMap<Key, u32>,
}

impl Tries {
    pub fn new(limits: TryLimits) -> Tries {
        Tries { limits, past: HashMap::new(), awaited: HashMap::new() }
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

    /// Begins a try whose outcome comes later: one of [`Tries::succeed`], [`Tries::fail`] and [`Tries::withdraw`] ends it. No more
    /// may begin at the same time than could be wrong before the next wait, so that nobody gets further by trying many at once.
    pub fn begin(&mut self, now: Time, peer: &str, user: &str) -> Result<(), Held> {
        if let Some(wait) = self.wait(now, peer, user) {
            return Err(Held::TooSoon(wait));
        }
        let (pair, address) = self.keys(peer, user);
        let is_trusted = self.past.get(&pair).is_some_and(|past| past.is_trusted);
        let of_address = if is_trusted { AWAITED } else { self.left(now, address).min(AWAITED) };
        let awaited = |key: &Key| self.awaited.get(key).copied().unwrap_or_default();
        if awaited(&pair) >= self.left(now, pair) || awaited(&address) >= of_address {
            return Err(Held::Crowded);
        }
        for key in [pair, address] {
            *self.awaited.entry(key).or_default() += 1;
        }
        Ok(())
    }

    /// A try that began was right.
    pub fn succeed(&mut self, now: Time, peer: &str, user: &str) {
        self.withdraw(peer, user);
        let (pair, _) = self.keys(peer, user);
        self.trust(now, pair);
    }

    /// A try that began was wrong.
    pub fn fail(&mut self, now: Time, peer: &str, user: &str) {
        self.withdraw(peer, user);
        self.count(now, peer, user);
    }

    /// A try that began came to nothing: nobody looked whether it was right.
    pub fn withdraw(&mut self, peer: &str, user: &str) {
        let (pair, address) = self.keys(peer, user);
        for key in [pair, address] {
            if let Some(awaited) = self.awaited.get_mut(&key) {
                *awaited -= 1;
                if *awaited == 0 {
                    self.awaited.remove(&key);
                }
            }
        }
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
        self.wrong(now, pair);
        self.wrong(now, address);
    }

    /// The wrong tries that need no wait.
    fn free(&self, (_, user): Key) -> u32 {
        if user.is_some() { self.limits.free } else { self.limits.free.saturating_mul(OF_ADDRESS) }
    }

    /// The tries that may still be wrong before the next wait.
    fn left(&self, now: Time, key: Key) -> u32 {
        let wrong = self.recent(now, key).map_or(0, |past| past.wrong);
        self.free(key).saturating_sub(wrong).max(1)
    }

    fn recent(&self, now: Time, key: Key) -> Option<&Past> {
        self.past.get(&key).filter(|past| now - past.last < FORGET)
    }

    fn wrong(&mut self, now: Time, key: Key) {
        let past = self.recent(now, key);
        let (wrong, is_trusted) = past.map_or((1, false), |past| (past.wrong.saturating_add(1), past.is_trusted));
        let more = wrong.checked_sub(self.free(key));
        let wait = more.map(|more| FIRST.saturating_mul(1 << more.min(20)).min(self.limits.longest));
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

    const ADDRESS: &str = "192.0.2.1:5";

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
    fn no_more_tries_are_under_way_than_may_be_wrong_before_the_next_wait() {
        let mut tries = Tries::new(LIMITS);
        let begin = |tries: &mut Tries, second| tries.begin(at(second), ADDRESS, "ann");
        for _ in 0..3 {
            assert_eq!(begin(&mut tries, 0), Ok(()));
        }
        assert_eq!(begin(&mut tries, 0), Err(Held::Crowded));
        tries.withdraw(ADDRESS, "ann");
        assert_eq!(begin(&mut tries, 0), Ok(()));
        for _ in 0..3 {
            assert_eq!(tries.wait(at(0), ADDRESS, "ann"), None, "not all are wrong yet");
            tries.fail(at(0), ADDRESS, "ann");
        }
        assert_eq!(begin(&mut tries, 0), Err(Held::TooSoon(FIRST)));
        assert_eq!(begin(&mut tries, 1), Ok(()));
        assert_eq!(begin(&mut tries, 1), Err(Held::Crowded), "one at a time after a wait");
        tries.succeed(at(1), ADDRESS, "ann");
        for _ in 0..3 {
            assert_eq!(begin(&mut tries, 1), Ok(()));
        }
        assert_eq!(begin(&mut tries, 1), Err(Held::Crowded));
    }

    #[test]
    fn tries_that_are_not_wrong_leave_no_wait_and_keep_no_old_ones_from_being_forgotten() {
        let mut tries = Tries::new(LIMITS);
        for number in 0..14 {
            tries.judge(at(number * 100), ADDRESS, &format!("user {number}"), || false);
        }
        let past = |tries: &Tries, user| {
            let (pair, address) = tries.keys(ADDRESS, user);
            [pair, address].map(|key| tries.past.get(&key).map(|past| (past.wrong, past.until, past.last)))
        };
        let before = past(&tries, "user 13");
        assert_eq!(tries.begin(at(1400), ADDRESS, "user 13"), Ok(()));
        tries.withdraw(ADDRESS, "user 13");
        assert_eq!(past(&tries, "user 13"), before);
        assert_eq!(tries.begin(at(1400), ADDRESS, "ann"), Ok(()));
        tries.succeed(at(1400), ADDRESS, "ann");
        assert_eq!(past(&tries, "ann")[1], before[1], "what the address had done");
        assert_eq!(tries.begin(at(1400), ADDRESS, "ben"), Ok(()));
        assert_eq!(tries.begin(at(1400), ADDRESS, "cleo"), Err(Held::Crowded), "of an address that has waited");
        assert_eq!(tries.begin(at(1400), ADDRESS, "ann"), Ok(()), "a user who is trusted here");
    }

    #[test]
    fn many_right_tries_at_one_address_are_no_wrong_ones() {
        let mut tries = Tries::new(TryLimits { free: 5, longest: Duration::from_secs(60) });
        let user = |number| format!("user {number}");
        for number in 0..AWAITED {
            assert_eq!(tries.begin(at(0), ADDRESS, &user(number)), Ok(()));
        }
        assert_eq!(tries.begin(at(0), ADDRESS, "ann"), Err(Held::Crowded));
        assert_eq!(tries.begin(at(0), "192.0.2.2:5", "ann"), Ok(()), "another address");
        for number in 0..40 {
            tries.succeed(at(0), ADDRESS, &user(number));
            assert_eq!(tries.begin(at(0), ADDRESS, &user(AWAITED + number)), Ok(()));
        }
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
