//! Verifying passwords by their hashes, beside the engine: it takes tens of milliseconds and of MiB each, the costliest that are
//! allowed half a second and 64 MiB. Few are verified at the same time, and few wait; a further one is turned away at once.

use std::sync::Arc;

use secrecy::ExposeSecret;
use tokio::{
    sync::{Semaphore, mpsc},
    task::spawn_blocking,
};

use super::{bring, input::Input};
use crate::{bridge::Owner, port::Verification, settings::hashes};

/// How many are verified at the same time. A hash may ask for 64 MiB.
const AT_ONCE: usize = 2;
/// How many are verified or wait for that.
const MOST: usize = 64;

pub(super) struct Verifier {
    at_once: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Default for Verifier {
    fn default() -> Verifier {
        Verifier { at_once: Arc::new(Semaphore::new(AT_ONCE)), places: Arc::new(Semaphore::new(MOST)) }
    }
}

impl Verifier {
    /// Verifies a password, in its turn, and brings the outcome; none if too many wait.
    pub fn verify(
        &self,
        owner: Owner,
        Verification { token, hash, password }: Verification,
        inputs: &mpsc::Sender<Input>,
    ) -> Option<impl Future<Output = ()> + Send + use<>> {
        let place = self.places.clone().try_acquire_owned().ok()?;
        let (at_once, inputs) = (self.at_once.clone(), inputs.clone());
        Some(async move {
            let Ok(turn) = at_once.acquire_owned().await else { return };
            // A verification that has begun is not given up: both places stay taken until it has ended.
            let verified = spawn_blocking(move || {
                let _places = (place, turn);
                hashes::verify(hash.expose_secret(), password.expose_secret())
            });
            let is_right = verified.await.unwrap_or(false);
            bring(&inputs, Input::Verified { owner, token, is_right }).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn few_are_verified_at_once_and_one_too_many_is_turned_away() {
        let (verifier, (inputs, mut brought)) = (Verifier::default(), mpsc::channel(MOST));
        let hash = hashes::make("right").unwrap();
        let verify = |token, password: &str| {
            let verification = Verification { token, hash: hash.clone().into(), password: password.to_owned().into() };
            verifier.verify(Owner::Application(0), verification, &inputs)
        };
        let mut waiting: Vec<_> =
            (0..MOST as u64).map(|token| verify(token, "wrong").expect("there is room")).collect();
        assert!(verify(99, "right").is_none());
        waiting.truncate(1);
        waiting.pop().unwrap().await;
        assert!(matches!(brought.recv().await, Some(Input::Verified { token: 0, is_right: false, .. })));
        verify(1, "right").expect("there is room again").await;
        assert!(matches!(brought.recv().await, Some(Input::Verified { token: 1, is_right: true, .. })));
        assert_eq!((verifier.at_once.available_permits(), verifier.places.available_permits()), (AT_ONCE, MOST));
    }
}
