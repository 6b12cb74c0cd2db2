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
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    accept::{Accept, Accepted},
    batch::Batch,
    bring,
    engine::Input,
    peers::Peers,
    read_on,
    tls::shake_hands,
};
use crate::{bridge::About, config::Queue};

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How much is read at a time.
const READ: usize = 16 << 10;
/// Connections that may be open beyond those that are served, only to be told so.
const REFUSALS: usize = 8;

/// The way to one connection, as the engine knows it.
pub struct Writer {
    messages: mpsc::Sender<Bytes>,
    waiting: Arc<Waiting>,
    limit: Queue,
    /// Ends the connection at once, whatever waits.
    pub stop: CancellationToken,
}

/// Data that is not written yet.
#[derive(Default)]
struct Waiting {
    messages: AtomicUsize,
    bytes: AtomicUsize,
}

impl Writer {
    /// Whether there was room.
    pub fn send(&self, bytes: Bytes) -> bool {
        let Waiting { messages, bytes: waiting } = &*self.waiting;
        let messages = messages.fetch_add(1, Ordering::Relaxed) + 1;
        let waiting = waiting.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len();
        messages <= self.limit.messages && waiting <= self.limit.bytes && self.messages.try_send(bytes).is_ok()
    }

    /// How many messages wait.
    pub fn queued(&self) -> usize {
        self.waiting.messages.load(Ordering::Relaxed)
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
        let peers = Peers { inputs: self.inputs.clone(), about: About::Application(self.application) };
        let accept = Accept::new(&self.listener, self.connections + REFUSALS, Some(peers.clone()));
        while let Some(Accepted { stream, peer, place }) = accept.next(&shutdown).await {
            let (application, queue, inputs) = (self.application, self.queue, self.inputs.clone());
            let (acceptor, peers) = (self.acceptor.clone(), peers.clone());
            tasks.spawn(async move {
                let _place = place;
                let connection = Connection { application, queue, inputs, peer: peer.to_string() };
                match acceptor {
                    None => connection.converse(stream).await,
                    Some(acceptor) => {
                        if let Some(stream) = shake_hands(&acceptor, stream, HANDSHAKE, peer, Some(peers)).await {
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
        let (waiting, stop) = (Arc::<Waiting>::default(), CancellationToken::new());
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
async fn write(mut socket: impl AsyncWrite + Unpin, mut messages: mpsc::Receiver<Bytes>, waiting: &Waiting) {
    let mut batch = Batch::default();
    while batch.fill(&mut messages).await {
        if batch.write(&mut socket).await.is_err() {
            return std::future::pending().await;
        }
        waiting.messages.fetch_sub(batch.messages, Ordering::Relaxed);
        waiting.bytes.fetch_sub(batch.len(), Ordering::Relaxed);
    }
    let _ = socket.shutdown().await;
}
