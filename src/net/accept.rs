//! Accepting connections, for every listener alike: no more at a time than there are places, until told to stop. If all places
//! are taken, the oldest stranger gives way to a new connection; among known peers only, new ones wait.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::OwnedSemaphorePermit,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    metrics::Places,
    peers::Peers,
    strangers::{GRACE, Standing, Strangers},
};
use crate::{port::Notice, settings};

pub struct Accept<'l> {
    listener: &'l TcpListener,
    places: Places,
    settings: settings::Strangers,
    strangers: Strangers,
    peers: Option<Peers>,
}

/// A connection, and the place that it takes for as long as this lives.
pub struct Accepted {
    pub stream: TcpStream,
    pub peer: SocketAddr,
    pub place: OwnedSemaphorePermit,
    pub standing: Standing,
}

impl<'l> Accept<'l> {
    pub fn new(
        listener: &'l TcpListener,
        places: Places,
        settings: settings::Strangers,
        peers: Option<Peers>,
    ) -> Accept<'l> {
        Accept { listener, places, settings, strangers: Strangers::default(), peers }
    }

    async fn complain(&self, notice: impl FnOnce(Option<String>) -> Notice) {
        let Some(peers) = &self.peers else { return };
        let address = self.listener.local_addr().ok().map(|address| address.to_string());
        peers.complain(notice(address)).await;
    }

    /// The next connection; none once it is time to stop.
    pub async fn next(&mut self, shutdown: &CancellationToken) -> Option<Accepted> {
        loop {
            let accepted = tokio::select! {
                // A listener may be taken over by another section: no connection of that one is to be accepted here.
                biased;
                () = shutdown.cancelled() => return None,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    let keepalive = self.settings.keepalive;
                    let probes = TcpKeepalive::new().with_time(keepalive).with_interval(keepalive / 3);
                    let _ = SockRef::from(&stream).set_tcp_keepalive(&probes);
                    let place = tokio::select! {
                        () = shutdown.cancelled() => return None,
                        place = self.place(peer) => place?,
                    };
                    let standing = self.strangers.came(Instant::now(), peer);
                    return Some(Accepted { stream, peer, place, standing });
                }
                Err(error) => {
                    // Out of files, most likely: waiting may help, giving up does not.
                    self.complain(|address| Notice::AcceptFailed { address, reason: error.to_string() }).await;
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    /// A place for a new connection of this peer.
    async fn place(&mut self, peer: SocketAddr) -> Option<OwnedSemaphorePermit> {
        if let Some(gone) = self.strangers.dismiss_beyond(Instant::now(), self.settings.per_address, peer) {
            self.dismissed(gone, "its address has too many connections that have not authenticated").await;
            return self.places.free.clone().acquire_owned().await.ok();
        }
        let mut is_told = false;
        loop {
            if let Ok(place) = self.places.free.clone().try_acquire_owned() {
                return Some(place);
            }
            match self.strangers.dismiss_oldest(Instant::now()) {
                Some(gone) => {
                    self.dismissed(gone, "all places are taken, and a new connection needs one").await;
                    return self.places.free.clone().acquire_owned().await.ok();
                }
                None if !is_told => {
                    is_told = true;
                    self.complain(|address| Notice::ListenerFull { address, limit: self.places.limit }).await;
                }
                None => {}
            }
            // Those who have just come, or are being answered, may be strangers in a moment.
            if let Ok(place) = timeout(GRACE / 5, self.places.free.clone().acquire_owned()).await {
                return place.ok();
            }
        }
    }

    async fn dismissed(&self, gone: SocketAddr, cause: &'static str) {
        self.complain(|address| Notice::StrangerDismissed { cause, address, peer: gone.to_string() }).await;
    }
}
