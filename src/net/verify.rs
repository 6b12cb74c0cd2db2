//! Verifying passwords by their hashes, beside the engine: it takes tens of milliseconds and of MiB each, the costliest that are
//! allowed half a second and 64 MiB. Few are verified at the same time, and few wait; a further one is turned away at once.
//!
//! Nobody is kept out or kept waiting by what others send: an address has at most as many places as are left for others, and
//! whose address has fewer under way goes first.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hashbrown::HashMap;
use secrecy::ExposeSecret;
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};

use super::{bring, input::Input};
use crate::{
    bridge::Owner,
    port::{Origin, Verification},
    settings::hashes,
};

/// How many are verified at the same time. A hash may ask for 64 MiB.
const AT_ONCE: usize = 2;
/// How many are verified or wait for that.
const MOST: usize = 64;

#[derive(Default)]
pub(super) struct Verifier(Arc<Mutex<Places>>);

#[derive(Default)]
struct Places {
    /// How many are verified now.
    at_it: usize,
    /// How many of each address are verified or wait.
    taken: HashMap<Origin, usize>,
    /// Who waits, in the order in which they go on: by how many of their address were there before them, then as they came.
    waiting: BTreeMap<Rank, oneshot::Sender<()>>,
    next: u64,
}

type Rank = (usize, u64);

/// A place that is taken, until it is dropped.
struct Place {
    places: Arc<Mutex<Places>>,
    origin: Origin,
    rank: Rank,
}

impl Verifier {
    /// Verifies a password, in its turn, and brings the outcome; none if too many wait.
    pub fn verify(
        &self,
        owner: Owner,
        Verification { token, origin, hash, password }: Verification,
        inputs: &mpsc::Sender<Input>,
    ) -> Option<impl Future<Output = ()> + Send + use<>> {
        let (place, turn) = self.take(origin)?;
        let inputs = inputs.clone();
        Some(async move {
            if turn.await.is_err() {
                return;
            }
            // A verification that has begun is not given up: its place stays taken until it has ended.
            let verified = spawn_blocking(move || {
                let _place = place;
                hashes::verify(hash.expose_secret(), password.expose_secret())
            });
            let is_right = verified.await.unwrap_or(false);
            bring(&inputs, Input::Verified { owner, token, is_right }).await;
        })
    }

    /// A place, and its turn; none if there is none for this address.
    fn take(&self, origin: Origin) -> Option<(Place, oneshot::Receiver<()>)> {
        let mut places = lock(&self.0);
        let free = MOST - places.taken.values().sum::<usize>();
        let before = places.taken.get(&origin).copied().unwrap_or_default();
        if free <= before {
            return None;
        }
        *places.taken.entry(origin).or_default() += 1;
        places.next += 1;
        let (rank, (turn, has_come)) = ((before, places.next), oneshot::channel());
        places.waiting.insert(rank, turn);
        places.go_on();
        Some((Place { places: self.0.clone(), origin, rank }, has_come))
    }
}

impl Places {
    /// Has the first of those who wait go on, while there is room.
    fn go_on(&mut self) {
        while self.at_it < AT_ONCE
            && let Some((_, turn)) = self.waiting.pop_first()
        {
            self.at_it += 1;
            let _ = turn.send(());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut places = lock(&self.places);
        // A place that does not wait any more has its turn, seen or not.
        if places.waiting.remove(&self.rank).is_none() {
            places.at_it -= 1;
        }
        if let Some(taken) = places.taken.get_mut(&self.origin) {
            *taken -= 1;
            if *taken == 0 {
                places.taken.remove(&self.origin);
            }
        }
        places.go_on();
    }
}

fn lock(places: &Mutex<Places>) -> MutexGuard<'_, Places> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn origin(number: u8) -> Origin {
        Origin::of(Ipv4Addr::new(192, 0, 2, number).into())
    }

    fn has_come(turn: &mut oneshot::Receiver<()>) -> bool {
        turn.try_recv().is_ok()
    }

    #[tokio::test]
    async fn a_password_is_verified_and_its_place_is_free_again() {
        let (verifier, (inputs, mut brought)) = (Verifier::default(), mpsc::channel(MOST));
        let hash = hashes::make("right").unwrap();
        for (token, password, expected) in [(0, "wrong", false), (1, "right", true)] {
            let (hash, password) = (hash.clone().into(), password.to_owned().into());
            let verification = Verification { token, origin: origin(1), hash, password };
            verifier.verify(Owner::Application(0), verification, &inputs).expect("there is room").await;
            let Some(Input::Verified { token: of, is_right, .. }) = brought.recv().await else { panic!("no outcome") };
            assert_eq!((of, is_right), (token, expected));
        }
        let places = lock(&verifier.0);
        assert_eq!((places.at_it, places.taken.len(), places.waiting.len()), (0, 0, 0));
    }

    #[test]
    fn few_are_verified_at_once_and_an_address_leaves_others_as_many_places_as_it_has() {
        let verifier = Verifier::default();
        let mut taken: Vec<_> = std::iter::from_fn(|| verifier.take(origin(1))).collect();
        assert_eq!(taken.len(), MOST / 2);
        assert_eq!(taken.iter_mut().filter_map(|(_, turn)| has_come(turn).then_some(())).count(), AT_ONCE);
        for number in 2..8 {
            let more: Vec<_> = std::iter::from_fn(|| verifier.take(origin(number))).collect();
            assert!(!more.is_empty(), "the others leave no place for {number}");
            taken.extend(more);
        }
        assert_eq!(taken.len(), MOST);
        assert!(verifier.take(origin(8)).is_none());
        drop(taken);
        assert!(verifier.take(origin(8)).is_some());
    }

    #[test]
    fn whose_address_has_fewer_under_way_goes_first() {
        let verifier = Verifier::default();
        let take = |number| verifier.take(origin(number)).expect("there is room");
        let (at_it, mut second) = (take(1), take(1));
        let (mut third, mut other) = (take(1), take(2));
        assert!(has_come(&mut second.1) && !has_come(&mut other.1));
        drop(at_it);
        assert!(has_come(&mut other.1) && !has_come(&mut third.1), "the other did not wait for all of the first");
        drop(other);
        assert!(has_come(&mut third.1));
        // A place that is left while it waits, or before its turn was seen, leaves nothing behind.
        let (waits, mut next) = (take(1), take(1));
        drop(waits);
        drop(third);
        assert!(has_come(&mut next.1));
        drop((second, next));
        assert_eq!(lock(&verifier.0).at_it, 0);
    }
}
