//! Listeners for streams of both sides: applications that keep a connection, and platforms that connect to the bridge.

use std::{sync::Arc, time::Duration};

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
    strangers::dismissed,
    stream::{Route, converse},
    tls::{Acceptor, shake_hands},
    web::{Endpoint, First},
    websocket,
};
use crate::{
    bridge::Owner,
    port::{Connection, Notice},
    settings::{Queue, Strangers},
};

/// One listener.
pub struct Streams {
    pub owner: Owner,
    pub listener: Arc<TcpListener>,
    pub acceptor: Option<Acceptor>,
    pub queue: Queue,
    /// For connections.
    pub places: Places,
    pub strangers: Strangers,
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
        let mut accept = Accept::new(&self.listener, self.places, self.strangers, Some(peers.clone()));
        let first_timeout = self.strangers.first_timeout;
        let mut number = 0;
        while let Some(Accepted { stream, peer, place, standing }) = accept.next(&shutdown).await {
            number += 1;
            let route = Route {
                owner: self.owner,
                connection: Connection::accepted(number),
                peer: peer.to_string(),
                queue: self.queue,
                read: self.read,
                standing: Some(standing.clone()),
            };
            let (web, peers, shutdown) = (self.web.clone(), peers.clone(), shutdown.clone());
            let receiver = Receiver { route, web, first_timeout, peers, shutdown };
            let acceptor = self.acceptor.clone();
            tasks.spawn(async move {
                let _place = place;
                match acceptor {
                    None => receiver.receive(stream).await,
                    Some(acceptor) => {
                        let peers = Some(receiver.peers.clone());
                        let shaken = shake_hands(&acceptor, stream, first_timeout, peer, &standing, peers).await;
                        if let Some(stream) = shaken {
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
    /// The most time for the first byte, where it decides what the connection is.
    first_timeout: Duration,
    peers: Peers,
    shutdown: CancellationToken,
}

impl Receiver {
    async fn receive(self, stream: impl AsyncRead + AsyncWrite + Send + Unpin) {
        let Receiver { route, web, first_timeout, peers, shutdown } = self;
        let Some(web) = web else { return converse(stream, route, &peers.inputs).await };
        let standing = route.standing.clone();
        let first = tokio::select! {
            first = First::of(stream, first_timeout) => first,
            () = dismissed(standing.as_ref()) => return,
            () = shutdown.cancelled() => return,
        };
        let served = match first {
            Ok(None) => return,
            Ok(Some(First::Lines(stream))) => return converse(stream, route, &peers.inputs).await,
            Ok(Some(First::Http(stream))) => tokio::select! {
                served = Box::pin(web.serve(stream, &route.peer, &peers, first_timeout)) => served,
                () = dismissed(standing.as_ref()) => return,
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
