//! Listeners for streams of both sides: applications that keep a connection, and platforms that connect to the bridge.

use std::{sync::Arc, sync::atomic::AtomicU32};

use tokio::{net::TcpListener, sync::mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    accept::{Accept, Accepted},
    input::Input,
    peers::Peers,
    stream::{Route, converse},
    tls::shake_hands,
};
use crate::{
    bridge::Owner,
    port::Connection,
    settings::{Queue, Strangers},
};

/// One listener.
pub struct Streams {
    pub owner: Owner,
    pub listener: TcpListener,
    pub acceptor: Option<TlsAcceptor>,
    pub queue: Queue,
    /// How many connections may be open at a time.
    pub connections: usize,
    pub strangers: Strangers,
    /// How much is read at a time, in bytes.
    pub read: usize,
    pub inputs: mpsc::Sender<Input>,
}

impl Streams {
    /// Accepts until told to stop.
    pub async fn serve(self, shutdown: CancellationToken, tasks: TaskTracker) {
        let peers = Peers { inputs: self.inputs.clone(), about: Some(self.owner) };
        let mut accept = Accept::new(&self.listener, self.connections, self.strangers, Some(peers.clone()));
        let first_timeout = self.strangers.first_timeout;
        let numbers = Arc::new(AtomicU32::new(0));
        while let Some(Accepted { stream, peer, place, standing }) = accept.next(&shutdown).await {
            let number = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            let route = Route {
                owner: self.owner,
                connection: Connection::accepted(number),
                peer: peer.to_string(),
                queue: self.queue,
                read: self.read,
                standing: Some(standing.clone()),
            };
            let (acceptor, peers, inputs) = (self.acceptor.clone(), peers.clone(), self.inputs.clone());
            tasks.spawn(async move {
                let _place = place;
                match acceptor {
                    None => converse(stream, route, &inputs).await,
                    Some(acceptor) => {
                        let shaken = tokio::select! {
                            () = standing.dismissed() => None,
                            shaken = shake_hands(&acceptor, stream, first_timeout, peer, Some(peers)) => shaken,
                        };
                        if let Some(stream) = shaken {
                            converse(stream, route, &inputs).await;
                        }
                    }
                }
            });
        }
    }
}
