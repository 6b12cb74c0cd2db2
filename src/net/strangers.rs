//! Strangers: connections of a listener whose peers have not authenticated yet. It owns which of them are there, and which one
//! gives way when the listener is full or an address has too many of them. Who has authenticated is decided by conversations
//! and services.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::port::Origin;

/// For so long, nobody takes a stranger's place: many clients that log on at once do not disturb each other.
pub const GRACE: Duration = Duration::from_millis(250);

const STRANGER: u8 = 0;
/// A whole request is being answered.
const BUSY: u8 = 1;
const KNOWN: u8 = 2;
const LEAVING: u8 = 3;

/// Whether the peer of one connection has authenticated. It is shared by those who serve the connection.
#[derive(Debug, Clone, Default)]
pub struct Standing(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: AtomicU8,
    /// It has made a whole request.
    is_heard: AtomicBool,
    leave: CancellationToken,
}

impl Standing {
    fn change(&self, from: u8, to: u8) -> bool {
        self.0.state.compare_exchange(from, to, Relaxed, Relaxed).is_ok()
    }

    /// The peer has authenticated: it keeps its place from now on.
    pub fn admit(&self) {
        let _ = self.change(STRANGER, KNOWN) || self.change(BUSY, KNOWN);
    }

    /// A whole request of the peer is being answered: until the guard is gone, it keeps its place.
    pub fn busy(&self) -> Busy {
        self.heard();
        Busy(self.change(STRANGER, BUSY).then(|| self.clone()))
    }

    /// The peer has made a whole request, whatever came of it.
    pub fn heard(&self) {
        self.0.is_heard.store(true, Relaxed);
    }

    /// Has a stranger leave. Returns false if it is none.
    fn dismiss(&self) -> bool {
        let is_one = self.change(STRANGER, LEAVING);
        if is_one {
            self.0.leave.cancel();
        }
        is_one
    }

    /// Ends when the connection has to leave.
    pub async fn dismissed(&self) {
        self.0.leave.cancelled().await;
    }

    /// Ends when the peer has not made a whole request in this time, and then has to leave.
    pub async fn overdue(&self, limit: Duration) {
        sleep(limit).await;
        if !self.dismiss_unheard() {
            std::future::pending::<()>().await;
        }
    }

    fn dismiss_unheard(&self) -> bool {
        !self.0.is_heard.load(Relaxed) && self.dismiss()
    }
}

/// Ends when an accepted connection has to leave, and never for another one.
pub async fn dismissed(standing: Option<&Standing>) {
    match standing {
        Some(standing) => standing.dismissed().await,
        None => std::future::pending().await,
    }
}

/// Why a connection that had to leave ended.
pub const GAVE_WAY: &str = "it had not authenticated when others needed its place";

/// Keeps the place of a connection whose request is being answered.
pub struct Busy(Option<Standing>);

impl Drop for Busy {
    fn drop(&mut self) {
        if let Some(standing) = &self.0 {
            let _ = standing.change(BUSY, STRANGER);
        }
    }
}

#[derive(Debug)]
struct Stranger {
    peer: SocketAddr,
    since: Instant,
    standing: Standing,
}

impl Stranger {
    /// Whether its place can be given to others.
    fn may_go(&self, now: Instant) -> bool {
        self.standing.0.state.load(Relaxed) == STRANGER && now - self.since >= GRACE
    }

    fn is_gone(&self) -> bool {
        let state = self.standing.0.state.load(Relaxed);
        state == KNOWN || state == LEAVING || Arc::strong_count(&self.standing.0) == 1
    }
}

/// The strangers of one listener, the oldest first. It has at most as many as the listener has places.
#[derive(Debug, Default)]
pub struct Strangers(VecDeque<Stranger>);

impl Strangers {
    /// A connection was accepted.
    pub fn came(&mut self, now: Instant, peer: SocketAddr) -> Standing {
        self.0.retain(|stranger| !stranger.is_gone());
        let standing = Standing::default();
        self.0.push_back(Stranger { peer, since: now, standing: standing.clone() });
        standing
    }

    /// Has the oldest leave that may. Returns which.
    pub fn dismiss_oldest(&mut self, now: Instant) -> Option<SocketAddr> {
        let oldest = self.0.iter().find(|stranger| stranger.may_go(now) && stranger.standing.dismiss());
        oldest.map(|stranger| stranger.peer)
    }

    /// Has the oldest leave of the peer's address, if that has so many already.
    pub fn dismiss_beyond(&mut self, now: Instant, most: usize, peer: SocketAddr) -> Option<SocketAddr> {
        let origin = Origin::of(peer.ip());
        let of_origin = |stranger: &&Stranger| stranger.may_go(now) && Origin::of(stranger.peer.ip()) == origin;
        if self.0.iter().filter(of_origin).count() < most {
            return None;
        }
        let oldest = self.0.iter().filter(of_origin).find(|stranger| stranger.standing.dismiss());
        oldest.map(|stranger| stranger.peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(host: u8, port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, host], port))
    }

    #[test]
    fn the_oldest_stranger_gives_way_and_nobody_who_is_known_or_being_answered() {
        let (mut strangers, now) = (Strangers::default(), Instant::now());
        let all: Vec<Standing> = (1..=5).map(|port| strangers.came(now, peer(1, port))).collect();
        assert_eq!(strangers.dismiss_oldest(now), None, "each has a moment for itself");
        let now = now + GRACE;
        all[0].admit();
        let busy = all[1].busy();
        assert_eq!(strangers.dismiss_oldest(now), Some(peer(1, 3)));
        assert!(all[2].0.leave.is_cancelled());
        drop(busy);
        assert_eq!(strangers.dismiss_oldest(now), Some(peer(1, 2)), "a request alone makes nobody known");
        all[2].admit();
        assert_eq!(strangers.dismiss_oldest(now), Some(peer(1, 4)), "who has to leave cannot stay");
        assert_eq!(strangers.dismiss_oldest(now), Some(peer(1, 5)));
        assert_eq!(strangers.dismiss_oldest(now), None);
        drop(all);
        strangers.came(now, peer(1, 6));
        assert_eq!(strangers.0.len(), 1);
    }

    #[test]
    fn an_address_has_so_many_strangers_and_others_are_not_touched() {
        let (mut strangers, now) = (Strangers::default(), Instant::now());
        let _other = strangers.came(now, peer(2, 1));
        let _all: Vec<Standing> = (1..=3).map(|port| strangers.came(now, peer(1, port))).collect();
        assert_eq!(strangers.dismiss_beyond(now, 3, peer(1, 9)), None, "they have just come");
        let now = now + GRACE;
        assert_eq!(strangers.dismiss_beyond(now, 4, peer(1, 9)), None);
        assert_eq!(strangers.dismiss_beyond(now, 3, peer(1, 9)), Some(peer(1, 1)));
        assert_eq!(strangers.dismiss_beyond(now, 3, peer(1, 9)), None);
    }

    #[test]
    fn only_a_first_request_can_be_overdue() {
        let (silent, heard) = (Standing::default(), Standing::default());
        drop(heard.busy());
        assert!(silent.dismiss_unheard() && !heard.dismiss_unheard());
        assert!(!silent.dismiss_unheard(), "once");
    }
}
