//! Listeners for streams of both sides: applications that keep a connection, and platforms that connect to the bridge.

use std::{sync::Arc, sync::atomic::AtomicU32, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::mpsc,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    accept::{Accept, Accepted},
    input::Input,
    metrics::Places,
    peers::Peers,
    stream::{Route, converse},
    tls::{Acceptor, shake_hands},
    web::{Endpoint, First},
    websocket,
};
use crate::{
    bridge::Owner,
    port::{Connection, Notice},
    settings::Queue,
};

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// One listener.
pub struct Streams {
    pub owner: Owner,
    pub listener: TcpListener,
    pub acceptor: Option<Acceptor>,
    pub queue: Queue,
    /// For connections; at the limit, further ones wait.
    pub places: Places,
    /// How much is read at a time, in bytes.
    pub read: usize,
    /// What is served over HTTP; none where all connections are lines.
    pub web: Option<Arc<Endpoint>>,
    pub inputs: mpsc::Sender<Input>,
}

impl Streams {
    /// Accepts until told to stop.
    pub async fn serve(self, shutdown: CancellationToken, tasks: TaskTracker) {
        let peers = Peers { inputs: self.inputs.clone(), about: Some(self.owner) };
        let accept = Accept::new(&self.listener, self.places, Some(peers.clone()));
        let numbers = Arc::new(AtomicU32::new(0));
        while let Some(Accepted { stream, peer, place }) = accept.next(&shutdown).await {
            let number = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            let route = Route {
                owner: self.owner,
                connection: Connection::accepted(number),
                peer: peer.to_string(),
                queue: self.queue,
                read: self.read,
            };
            let receiver = Receiver { route, web: self.web.clone(), peers: peers.clone(), shutdown: shutdown.clone() };
            let acceptor = self.acceptor.clone();
            tasks.spawn(async move {
                let _place = place;
                match acceptor {
                    None => receiver.receive(stream).await,
                    Some(acceptor) => {
                        let peers = Some(receiver.peers.clone());
                        if let Some(stream) = shake_hands(&acceptor, stream, HANDSHAKE, peer, peers).await {
                            receiver.receive(stream).await;
                        }
                    }
                }
            });
        }
    }
}

/// One connection.
struct Receiver {
    route: Route,
    web: Option<Arc<Endpoint>>,
    peers: Peers,
    shutdown: CancellationToken,
}

impl Receiver {
    async fn receive(self, stream: impl AsyncRead + AsyncWrite + Send + Unpin) {
        let Receiver { route, web, peers, shutdown } = self;
        let Some(web) = web else { return converse(stream, route, &peers.inputs).await };
        let first = tokio::select! {
            first = First::of(stream) => first,
            () = shutdown.cancelled() => return,
        };
        let served = match first {
            Ok(None) => return,
            Ok(Some(First::Lines(stream))) => return converse(stream, route, &peers.inputs).await,
            Ok(Some(First::Http(stream))) => tokio::select! {
                served = Box::pin(web.serve(stream, &route.peer, &peers)) => served,
                () = shutdown.cancelled() => return,
            },
            Err(error) => Err(error.to_string()),
        };
        match served {
            Ok(None) => {}
            Ok(Some(socket)) => websocket::converse(socket, route, &peers, &shutdown).await,
            Err(reason) => peers.complain(Notice::ConnectionEnded { peer: route.peer, reason }).await,
        }
    }
}

#[cfg(test)]
mod tests;
