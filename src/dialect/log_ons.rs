//! Log-ons of clients that send their password itself: the users, and the outcomes of their tries. A password is compared at
//! once. Hashes are verified by the shell ([`Output::Verify`]), and the client's request waits here meanwhile. This module owns no
//! sessions and sends nothing to clients.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    port::{Held, Origin, Output, Tries, Try, Verification},
    settings::{TryLimits, hashes},
    time::Time,
};

const CROWDED: &str = "too many log-ons are verified at the same time";
const CROWDED_ADDRESS: &str = "too many log-ons from one address are verified at the same time";

/// Why somebody is not logged on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The cause for the log.
    pub cause: &'static str,
    /// The text for the client.
    pub told: String,
}

/// The outcome of a try.
#[derive(Debug)]
pub enum LogOn {
    Judged(Result<(), Refused>),
    /// The request waits until [`LogOns::verified`]. The shell is to verify this, unless another request's does for both.
    Waits(Option<Output>),
}

/// A digest of a password that was given, with the hash that it was given for.
type Given = [u8; 32];

/// A hash that is being verified.
#[derive(Debug)]
struct Open<R> {
    peer: String,
    user: String,
    hash: SecretString,
    given: Given,
    /// The requests that wait, in their order.
    requests: Vec<R>,
}

/// The users of an application whose requests are of type `R`.
#[derive(Debug)]
pub struct LogOns<R> {
    users: BTreeMap<String, SecretString>,
    tries: Tries,
    /// The refusal for a wrong password or an unknown user.
    wrong: &'static str,
    /// By user with a hash, the password that was right last. Giving it again needs no verification.
    proven: HashMap<String, Given>,
    open: BTreeMap<u64, Open<R>>,
    next: u64,
}

impl<R> LogOns<R> {
    pub fn new(users: BTreeMap<String, SecretString>, limits: TryLimits, wrong: &'static str) -> LogOns<R> {
        let tries = Tries::new(limits);
        LogOns { users, tries, wrong, proven: HashMap::new(), open: BTreeMap::new(), next: 0 }
    }

    /// Puts other users in force, for tries that come after.
    pub fn exchange(&mut self, users: Vec<(String, SecretString)>) {
        self.users = users.into_iter().collect();
        self.proven.retain(|user, _| self.users.contains_key(user));
    }

    /// Judges a try, or has it verified; then `park` makes what waits. Once any user has a hash, every wrong password is verified
    /// against one, so that the time shows neither who is a user nor who has a hash.
    pub fn judge(&mut self, now: Time, peer: &str, user: &str, password: &str, park: impl FnOnce() -> R) -> LogOn {
        let own = self.users.get(user).map(ExposeSecret::expose_secret);
        let own_hash = own.filter(|own| hashes::is_hash(own));
        let is_right: bool = match (own, own_hash) {
            (Some(_), Some(hash)) => {
                self.proven.get(user).is_some_and(|proven| proven.ct_eq(&digest(hash, password)).into())
            }
            (Some(own), None) => own.as_bytes().ct_eq(password.as_bytes()).into(),
            (None, _) => false,
        };
        let all = || self.users.values().map(ExposeSecret::expose_secret);
        let hash = own_hash.or_else(|| all().find(|hash| hashes::is_hash(hash)));
        let Some(hash) = hash.filter(|_| !is_right) else {
            let judged = self.tries.judge(now, peer, user, || is_right);
            return LogOn::Judged(outcome(judged, self.wrong));
        };
        let given = digest(hash, password);
        let is_same = |open: &&mut Open<R>| {
            open.user == user && open.given == given && Origin::of_peer(&open.peer) == Origin::of_peer(peer)
        };
        if let Some(open) = self.open.values_mut().find(is_same) {
            open.requests.push(park());
            return LogOn::Waits(None);
        }
        let (hash, password) = (SecretString::from(hash), password.to_owned().into());
        match self.tries.begin(now, peer, user) {
            Ok(()) => {}
            Err(Held::TooSoon(wait)) => return LogOn::Judged(outcome(Try::TooSoon(wait), self.wrong)),
            Err(Held::Crowded) => return LogOn::Judged(Err(crowded(CROWDED_ADDRESS))),
        }
        self.next += 1;
        let origin = Origin::of_peer(peer);
        let (peer, user, requests) = (peer.to_owned(), user.to_owned(), vec![park()]);
        self.open.insert(self.next, Open { peer, user, hash: hash.clone(), given, requests });
        LogOn::Waits(Some(Output::Verify(Box::new(Verification { token: self.next, origin, hash, password }))))
    }

    /// A hash was verified; without `is_right`, nobody had the time for it. Hands back what became of the requests that waited.
    pub fn verified(&mut self, now: Time, token: u64, is_right: Option<bool>) -> (Vec<R>, Result<(), Refused>) {
        let Some(Open { peer, user, hash, given, requests }) = self.open.remove(&token) else {
            return (Vec::new(), Ok(()));
        };
        let Some(is_right) = is_right else {
            self.tries.withdraw(&peer, &user);
            return (requests, Err(crowded(CROWDED)));
        };
        // The hash may be another user's, and the users may have been exchanged meanwhile.
        let is_own = self.users.get(&user).is_some_and(|own| own.expose_secret() == hash.expose_secret());
        if is_right && is_own {
            self.tries.succeed(now, &peer, &user);
            self.proven.insert(user, given);
            return (requests, Ok(()));
        }
        self.tries.fail(now, &peer, &user);
        (requests, outcome(Try::Wrong, self.wrong))
    }
}

fn outcome(judged: Try, wrong: &'static str) -> Result<(), Refused> {
    match judged {
        Try::Right => Ok(()),
        Try::Wrong => Err(Refused { cause: wrong, told: wrong.to_owned() }),
        Try::TooSoon(wait) => {
            Err(Refused { cause: "too many wrong log-ons from its address", told: Try::refusal(wait) })
        }
    }
}

fn crowded(cause: &'static str) -> Refused {
    Refused { cause, told: format!("{cause}: try again") }
}

fn digest(hash: &str, password: &str) -> Given {
    Sha256::new().chain_update(hash).chain_update([0]).chain_update(password).finalize().into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ADDRESS: &str = "192.0.2.1:5";

    /// `ann` has a hash of "right", and `ben` a password.
    fn log_ons() -> LogOns<u32> {
        let users = [("ann", hashes::make("right").unwrap()), ("ben", "plain".to_owned())];
        let users = users.into_iter().map(|(user, password)| (user.to_owned(), password.into())).collect();
        LogOns::new(users, TryLimits { free: 3, longest: Duration::from_secs(60) }, "wrong")
    }

    /// The token of what is to be verified, and whether it is right.
    fn asked(log_on: LogOn) -> (u64, bool) {
        match log_on {
            LogOn::Waits(Some(Output::Verify(it))) => {
                (it.token, hashes::verify(it.hash.expose_secret(), it.password.expose_secret()))
            }
            other => panic!("nothing is verified: {other:?}"),
        }
    }

    fn cause(log_on: LogOn) -> &'static str {
        match log_on {
            LogOn::Judged(judged) => judged.map_or_else(|refused| refused.cause, |()| "right"),
            LogOn::Waits(_) => "waits",
        }
    }

    #[test]
    fn a_password_is_verified_once_for_all_who_give_it_and_again_only_when_it_changes() {
        let (mut log_ons, now) = (log_ons(), Time(0));
        let (token, is_right) = asked(log_ons.judge(now, ADDRESS, "ann", "right", || 1));
        assert!(is_right);
        assert_eq!(cause(log_ons.judge(now, "192.0.2.1:6", "ann", "right", || 2)), "waits");
        assert_eq!(log_ons.verified(now, token, Some(true)), (vec![1, 2], Ok(())));
        assert_eq!(cause(log_ons.judge(now, ADDRESS, "ann", "right", || 3)), "right");
        assert_eq!(cause(log_ons.judge(now, ADDRESS, "ben", "plain", || 4)), "right");
        log_ons.exchange(vec![("ann".to_owned(), hashes::make("other").unwrap().into())]);
        let (token, is_right) = asked(log_ons.judge(now, ADDRESS, "ann", "right", || 5));
        assert!(!is_right);
        assert_eq!(log_ons.verified(now, token, Some(false)).1.unwrap_err().cause, "wrong");
        assert_eq!(log_ons.verified(now, token, Some(true)), (vec![], Ok(())), "nobody waits for it any more");
    }

    #[test]
    fn a_password_that_a_reload_revoked_while_it_was_verified_is_wrong() {
        let (mut log_ons, now) = (log_ons(), Time(0));
        let (token, is_right) = asked(log_ons.judge(now, ADDRESS, "ann", "right", || 1));
        assert!(is_right);
        log_ons.exchange(vec![("ann".to_owned(), hashes::make("other").unwrap().into())]);
        assert_eq!(log_ons.verified(now, token, Some(true)).1.unwrap_err().cause, "wrong");
        assert_eq!(cause(log_ons.judge(now, ADDRESS, "ann", "right", || 2)), "waits", "it is not remembered as right");
    }

    #[test]
    fn a_throttled_address_verifies_nothing_not_even_while_others_of_it_are_verified() {
        let (mut log_ons, now) = (log_ons(), Time(0));
        let open: Vec<u64> = (0..3)
            .map(|number| asked(log_ons.judge(now, ADDRESS, "ann", &format!("guess {number}"), || number)).0)
            .collect();
        assert_eq!(cause(log_ons.judge(now, ADDRESS, "ann", "right", || 9)), CROWDED_ADDRESS);
        assert_eq!(cause(log_ons.judge(now, "192.0.2.2:5", "ann", "right", || 9)), "waits", "another address");
        assert_eq!(log_ons.verified(now, open[0], None).1.unwrap_err().cause, CROWDED);
        let last = asked(log_ons.judge(now, ADDRESS, "ann", "guess 3", || 3)).0;
        for token in [open[1], open[2], last] {
            assert_eq!(log_ons.verified(now, token, Some(false)).1.unwrap_err().cause, "wrong");
        }
        let soon = "too many wrong log-ons from its address";
        assert_eq!(cause(log_ons.judge(now, ADDRESS, "ann", "right", || 9)), soon);
        let now = Time(1000);
        let (token, _) = asked(log_ons.judge(now, ADDRESS, "ann", "right", || 10));
        assert_eq!(log_ons.verified(now, token, Some(true)).1, Ok(()));
    }

    #[test]
    fn users_without_a_hash_are_verified_against_another_ones_and_never_right() {
        let (mut log_ons, now) = (log_ons(), Time(0));
        for user in ["eve", "ben"] {
            let (token, is_right) = asked(log_ons.judge(now, ADDRESS, user, "right", || 1));
            assert!(is_right, "it takes as long");
            assert_eq!(log_ons.verified(now, token, Some(is_right)).1.unwrap_err().cause, "wrong");
        }
        log_ons.exchange(vec![("ben".to_owned(), "plain".to_owned().into())]);
        for user in ["eve", "ben"] {
            assert_eq!(cause(log_ons.judge(now, ADDRESS, user, "right", || 2)), "wrong", "nobody has a hash");
        }
    }
}
