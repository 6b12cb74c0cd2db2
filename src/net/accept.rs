//! Accepting connections, for every listener alike: no more at a time than there are places, until told to stop.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::OwnedSemaphorePermit,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

use super::{metrics::Places, peers::Peers};
use crate::port::Notice;

pub struct Accept<'l> {
    listener: &'l TcpListener,
    places: Places,
    peers: Option<Peers>,
}

/// A connection, and the place that it takes for as long as this lives.
pub struct Accepted {
    pub stream: TcpStream,
    pub peer: SocketAddr,
    pub place: OwnedSemaphorePermit,
}

impl<'l> Accept<'l> {
    pub fn new(listener: &'l TcpListener, places: Places, peers: Option<Peers>) -> Accept<'l> {
        Accept { listener, places, peers }
    }

    async fn complain(&self, notice: impl FnOnce(Option<String>) -> Notice) {
        let Some(peers) = &self.peers else { return };
        let address = self.listener.local_addr().ok().map(|address| address.to_string());
        peers.complain(notice(address)).await;
    }

    /// The next connection; none once it is time to stop. At the limit further ones wait.
    pub async fn next(&self, shutdown: &CancellationToken) -> Option<Accepted> {
        loop {
            if self.places.free.available_permits() == 0 {
                self.complain(|address| Notice::ListenerFull { address, limit: self.places.limit }).await;
            }
            let accepted = async {
                let place = self.places.free.clone().acquire_owned().await.ok()?;
                Some((place, self.listener.accept().await))
            };
            let (place, accepted) = tokio::select! {
                () = shutdown.cancelled() => return None,
                accepted = accepted => accepted?,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    return Some(Accepted { stream, peer, place });
                }
                Err(error) => {
                    // Out of files, most likely: waiting may help, giving up does not.
                    self.complain(|address| Notice::AcceptFailed { address, reason: error.to_string() }).await;
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}
