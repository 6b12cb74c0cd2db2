//! The frames that wait for one stream. The engine puts them in one by one; the task that writes takes all at once. It is
//! woken once for everything that follows from one input, not for each frame. How much may wait is counted in `room`.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use super::series::Frame;

#[derive(Default)]
struct Outbox {
    state: Mutex<State>,
    news: Notify,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Frame>,
    /// The taker has found nothing, and must be woken for what comes next.
    is_asleep: bool,
    is_closed: bool,
}

impl Outbox {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end at which frames are put in. Dropping it closes the outbox; what is in it is still taken.
pub struct Putter(Arc<Outbox>);

/// The end at which they are taken out.
pub struct Taker(Arc<Outbox>);

/// Wakes a taker that sleeps.
pub struct Wake(Arc<Outbox>);

pub fn outbox() -> (Putter, Taker) {
    let outbox = Arc::new(Outbox::default());
    (Putter(outbox.clone()), Taker(outbox))
}

impl Putter {
    /// Puts a frame in. A taker that sleeps has to be woken, sooner or later.
    #[must_use]
    pub fn put(&self, frame: Frame) -> Option<Wake> {
        let mut state = self.0.state();
        state.frames.push_back(frame);
        std::mem::replace(&mut state.is_asleep, false).then(|| Wake(self.0.clone()))
    }
}

impl Drop for Putter {
    fn drop(&mut self) {
        self.0.state().is_closed = true;
        self.0.news.notify_one();
    }
}

impl Wake {
    pub fn wake(self) {
        self.0.news.notify_one();
    }
}

impl Taker {
    /// Takes everything that waits, once something does, in exchange for an empty queue. Returns false if nothing is left
    /// and nothing can come.
    pub async fn take_all(&self, into: &mut VecDeque<Frame>) -> bool {
        loop {
            {
                let mut state = self.0.state();
                if !state.frames.is_empty() {
                    std::mem::swap(&mut state.frames, into);
                    return true;
                }
                if state.is_closed {
                    return false;
                }
                state.is_asleep = true;
            }
            // Whoever wakes this before it waits is not missed: the notification is kept.
            self.0.news.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn frame(text: &'static str) -> Frame {
        Bytes::from_static(text.as_bytes()).into()
    }

    #[tokio::test]
    async fn all_is_taken_at_once_and_whoever_sleeps_is_woken_once() {
        let (putter, taker) = outbox();
        assert!(putter.put(frame("a")).is_none(), "nobody sleeps yet");
        assert!(putter.put(frame("b")).is_none());
        let mut taken = VecDeque::new();
        assert!(taker.take_all(&mut taken).await);
        assert_eq!(taken, [frame("a"), frame("b")]);
        taken.clear();
        let sleeper = tokio::spawn(async move {
            let open = taker.take_all(&mut taken).await;
            (open, taken, taker)
        });
        tokio::task::yield_now().await;
        let wake = putter.put(frame("c")).expect("it sleeps");
        assert!(putter.put(frame("d")).is_none(), "it is woken already");
        wake.wake();
        let (open, mut taken, taker) = sleeper.await.unwrap();
        assert!(open);
        assert_eq!(taken, [frame("c"), frame("d")]);
        let _ = putter.put(frame("e"));
        drop(putter);
        taken.clear();
        assert!(taker.take_all(&mut taken).await, "what is in it is taken after the end");
        taken.clear();
        assert!(!taker.take_all(&mut taken).await);
    }
}
