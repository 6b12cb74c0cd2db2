//! Connections that applications keep open: accepted, read until they end, written from a bounded queue that nobody else
//! waits for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    accept::{Accept, Accepted},
    bring,
    engine::Input,
    read_on,
};
use crate::config::Queue;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How much is read at a time.
const READ: usize = 16 << 10;
/// Connections that may be open beyond those that are served, only to be told so.
const REFUSALS: usize = 8;

/// The way to one connection, as the engine knows it.
pub struct Writer {
    messages: mpsc::Sender<Bytes>,
    /// Bytes that wait.
    waiting: Arc<AtomicUsize>,
    limit: Queue,
    /// Ends the connection at once, whatever waits.
    pub stop: CancellationToken,
}

impl Writer {
    /// Whether there was room.
    pub fn send(&self, bytes: Bytes) -> bool {
        let waiting = self.waiting.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len();
        waiting <= self.limit.bytes && self.messages.try_send(bytes).is_ok()
    }

    /// How many messages wait.
    pub fn queued(&self) -> usize {
        self.messages.max_capacity() - self.messages.capacity()
    }
}

/// Where connections of one application come in.
pub struct Sockets {
    pub application: usize,
    pub listener: TcpListener,
    pub acceptor: Option<TlsAcceptor>,
    pub queue: Queue,
    pub connections: usize,
    pub inputs: mpsc::Sender<Input>,
}

impl Sockets {
    /// Accepts until told to stop.
    pub async fn serve(self, shutdown: CancellationToken, tasks: TaskTracker) {
        let accept = Accept::new(&self.listener, self.connections + REFUSALS);
        while let Some(Accepted { stream, peer, place }) = accept.next(&shutdown).await {
            let (application, queue, inputs) = (self.application, self.queue, self.inputs.clone());
            let acceptor = self.acceptor.clone();
            tasks.spawn(async move {
                let _place = place;
                let connection = Connection { application, queue, inputs, peer: peer.to_string() };
                match acceptor {
                    None => connection.converse(stream).await,
                    Some(acceptor) => {
                        if let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await {
                            connection.converse(stream).await;
                        }
                    }
                }
            });
        }
    }
}

struct Connection {
    application: usize,
    queue: Queue,
    inputs: mpsc::Sender<Input>,
    peer: String,
}

impl Connection {
    async fn converse(self, stream: impl AsyncRead + AsyncWrite + Send) {
        let (messages, receiver) = mpsc::channel(self.queue.messages);
        let (waiting, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let writer = Writer { messages, waiting: waiting.clone(), limit: self.queue, stop: stop.clone() };
        let (reply, session) = oneshot::channel();
        let (application, peer) = (self.application, self.peer);
        bring(&self.inputs, Input::Opened { application, peer, writer, reply }).await;
        let Ok(Some(session)) = session.await else { return };
        let (mut reader, socket) = tokio::io::split(stream);
        let heard = |bytes, at| Input::Heard { application, session, bytes, at };
        let ended = tokio::select! {
            () = stop.cancelled() => None,
            () = write(socket, receiver, &waiting) => None,
            reason = read_on(&mut reader, READ, "closed by the application", &self.inputs, heard) => Some(reason),
        };
        if let Some(reason) = ended {
            bring(&self.inputs, Input::Hung { application, session, reason }).await;
        }
    }
}

/// Writes until there is nothing more to write: the queue was closed and is empty. A connection that can't be written to is
/// left to its reader, who finds out why.
async fn write(mut socket: impl AsyncWrite + Unpin, mut messages: mpsc::Receiver<Bytes>, waiting: &AtomicUsize) {
    while let Some(bytes) = messages.recv().await {
        if socket.write_all(&bytes).await.is_err() {
            return std::future::pending().await;
        }
        waiting.fetch_sub(bytes.len(), Ordering::Relaxed);
    }
    let _ = socket.shutdown().await;
}
