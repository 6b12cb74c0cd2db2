//! A time limit that is set again and again and seldom reached. Setting a timer anew for each request wakes the thread that waits
//! for timers and sockets; so one timer is left as it is if it rings too early, and set anew only then.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::time::{Instant, Sleep, sleep_until};

#[derive(Default)]
pub struct Alarm {
    /// When it is to ring; never without one.
    at: Option<Instant>,
    /// Rings then, or earlier.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    /// It rings at this time, and at no other that was set before.
    pub fn set(&mut self, at: Option<Instant>) {
        self.at = at;
    }

    /// Ready once it is to ring.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() > at {
            timer.as_mut().reset(at);
        }
        while timer.deadline() < at {
            ready!(timer.as_mut().poll(cx));
            timer.as_mut().reset(at);
        }
        timer.as_mut().poll(cx)
    }

    /// Ends when it rings.
    pub async fn ring(&mut self) {
        poll_fn(|cx| self.poll(cx)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_rings_when_it_was_set_to_last() {
        let mut alarm = Alarm::default();
        let start = Instant::now();
        let at = |seconds| Some(start + Duration::from_secs(seconds));
        for (first, last, expected) in [(10, 30, 30), (60, 40, 40), (50, 55, 55), (90, 20, 55), (70, 80, 80)] {
            alarm.set(at(first));
            assert!(poll_fn(|cx| Poll::Ready(alarm.poll(cx))).await.is_pending());
            alarm.set(at(last));
            alarm.ring().await;
            assert_eq!(start.elapsed().as_secs(), expected);
        }
        alarm.set(None);
        assert!(poll_fn(|cx| Poll::Ready(alarm.poll(cx))).await.is_pending());
    }
}
