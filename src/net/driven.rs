//! A connection of HTTP/1.1 that is worked by whoever waits for it: a task of its own would have to be woken for each request and
//! each answer. Nothing is read or written while nobody waits.
//!
//! A request wakes whoever works the connection, and an answer whoever waits for it. Here both are the task that is at it already:
//! it goes round once more. If it woke itself, it would be queued, and another thread be woken to fetch it.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http_body_util::Full;
use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::{
        TrySendError,
        http1::{Connection, SendRequest, handshake},
    },
};
use hyper_util::rt::TokioIo;

use super::dial::Stream;

type Http = Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>;

/// How often a task goes round before it lets others run. A request needs one round, an answer two.
const ROUNDS: usize = 4;

pub struct Driven {
    sender: SendRequest<Full<Bytes>>,
    work: Work,
}

struct Work {
    /// None once it has ended, so that requests that wait for it fail.
    connection: Option<Pin<Box<Http>>>,
    bell: Arc<Bell>,
    waker: Waker,
}

/// Wakes the task that works the connection, unless it is at it.
#[derive(Default)]
struct Bell {
    task: AtomicWaker,
    is_at_it: AtomicBool,
    has_rung: AtomicBool,
}

impl Wake for Bell {
    fn wake(self: Arc<Bell>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Bell>) {
        self.has_rung.store(true, Ordering::SeqCst);
        if !self.is_at_it.load(Ordering::SeqCst) {
            self.task.wake();
        }
    }
}

impl Driven {
    pub async fn shake_hands(stream: Box<dyn Stream>) -> hyper::Result<Driven> {
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let bell = Arc::new(Bell::default());
        let waker = Waker::from(bell.clone());
        Ok(Driven { sender, work: Work { connection: Some(Box::pin(connection)), bell, waker } })
    }

    /// Works the connection as far as it goes. Ready once it has ended.
    pub fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let _ = self.work.poll_until(cx, |_| Poll::<()>::Pending);
        if self.work.connection.is_none() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Waits until a request can be sent.
    pub async fn ready(&mut self) -> hyper::Result<()> {
        self.work.until(self.sender.ready()).await
    }

    /// Sends a request, and waits for the head of its answer.
    pub async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Full<Bytes>>>> {
        let Driven { sender, work } = self;
        // It is handed over when the connection is worked, not before: that would wake the task.
        work.until(async { sender.try_send_request(request).await }).await
    }

    /// Waits for something that the connection brings about.
    pub async fn until<F: Future>(&mut self, wanted: F) -> F::Output {
        self.work.until(wanted).await
    }
}

impl Work {
    async fn until<F: Future>(&mut self, wanted: F) -> F::Output {
        let mut wanted = pin!(wanted);
        poll_fn(|cx| self.poll_until(cx, |cx| wanted.as_mut().poll(cx))).await
    }

    /// Polls until it is there, or nothing more happens. The connection is worked only for what is not there yet: that costs more
    /// than all else here.
    fn poll_until<T>(&mut self, cx: &mut Context<'_>, mut wanted: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
        let Work { connection, bell, waker } = self;
        bell.task.register(cx.waker());
        bell.is_at_it.store(true, Ordering::SeqCst);
        let mut result = Poll::Pending;
        for _ in 0..ROUNDS {
            result = wanted(&mut Context::from_waker(waker));
            if result.is_ready() {
                break;
            }
            // The connection is worked for all that rang until now. What it brings rings anew, also its end.
            bell.has_rung.store(false, Ordering::SeqCst);
            work(connection, &mut Context::from_waker(waker));
            if !bell.has_rung.load(Ordering::SeqCst) {
                break;
            }
        }
        bell.is_at_it.store(false, Ordering::SeqCst);
        // It may have rung after the last look.
        if result.is_pending() && bell.has_rung.load(Ordering::SeqCst) {
            cx.waker().wake_by_ref();
        }
        result
    }
}

fn work(connection: &mut Option<Pin<Box<Http>>>, cx: &mut Context<'_>) {
    if let Some(going) = connection
        && going.as_mut().poll(cx).is_ready()
    {
        *connection = None;
        // Its end counts as news, too.
        cx.waker().wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use http_body_util::BodyExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Wakes>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn only_what_the_other_side_does_wakes_the_task() {
        let (near, mut far) = duplex(4096);
        let mut driven = Driven::shake_hands(Box::new(near)).await.unwrap();
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(wakes.clone());
        let mut cx = Context::from_waker(&waker);
        for count in 0..3 {
            assert!(pin!(driven.ready()).poll(&mut cx).is_ready());
            let request = Request::post("/").body(Full::new(Bytes::from("hello"))).unwrap();
            let answer = {
                let mut sent = pin!(driven.send(request));
                assert!(sent.as_mut().poll(&mut cx).is_pending());
                let mut buffer = [0; 4096];
                let read = far.read(&mut buffer).await.unwrap();
                assert!(buffer[..read].ends_with(b"\r\n\r\nhello"), "it is written at once");
                assert_eq!(wakes.0.load(Ordering::SeqCst), count);
                far.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK").await.unwrap();
                let Poll::Ready(Ok(answer)) = sent.poll(&mut cx) else { panic!("no answer") };
                answer
            };
            let body = pin!(driven.until(answer.into_body().collect())).poll(&mut cx);
            let Poll::Ready(Ok(body)) = body else { panic!("no body") };
            assert_eq!(body.to_bytes(), "OK");
            assert!(driven.poll_ended(&mut cx).is_pending());
            assert_eq!(wakes.0.load(Ordering::SeqCst), count + 1, "by the answer");
        }
        drop(far);
        assert!(driven.poll_ended(&mut cx).is_ready());
    }
}
