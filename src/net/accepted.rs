//! Listeners for streams of both sides: applications that keep a connection, and platforms that connect to the bridge.

use std::{sync::Arc, sync::atomic::AtomicU32, time::Duration};

use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    accept::{Accept, Accepted},
    input::Input,
    metrics::Places,
    peers::Peers,
    stream::{Route, converse},
    tls::{Acceptor, shake_hands},
};
use crate::{bridge::Owner, port::Connection, settings::Queue};

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
            let (acceptor, peers, inputs) = (self.acceptor.clone(), peers.clone(), self.inputs.clone());
            tasks.spawn(async move {
                let _place = place;
                match acceptor {
                    None => converse(stream, route, &inputs).await,
                    Some(acceptor) => {
                        if let Some(stream) = shake_hands(&acceptor, stream, HANDSHAKE, peer, Some(peers)).await {
                            converse(stream, route, &inputs).await;
                        }
                    }
                }
            });
        }
    }
}
