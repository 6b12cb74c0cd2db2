//! A connection of HTTP/1.1 that is worked by whoever waits for it: a task of its own would have to be woken for each request and
//! each answer. Nothing is read or written while nobody waits.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper_util::rt::TokioIo;

use super::dial::Stream;

type Http = Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>;

/// The connection; none once it has ended, so that requests that wait for it fail.
pub struct Driven(Option<Pin<Box<Http>>>);

impl Driven {
    pub async fn shake_hands(stream: Box<dyn Stream>) -> hyper::Result<(SendRequest<Full<Bytes>>, Driven)> {
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        Ok((sender, Driven(Some(Box::pin(connection)))))
    }

    /// Works the connection as far as it goes. Ready once it has ended.
    pub fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(connection) = &mut self.0 else { return Poll::Ready(()) };
        if connection.as_mut().poll(cx).is_ready() {
            self.0 = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Waits for something that the connection brings about.
    pub async fn until<F: Future>(&mut self, wanted: F) -> F::Output {
        let mut wanted = pin!(wanted);
        poll_fn(|cx| {
            // The wanted one sees at once what the connection has brought, also its end.
            let _ = self.poll_ended(cx);
            wanted.as_mut().poll(cx)
        })
        .await
    }
}
