//! The task that owns the bridge: inputs in, outputs out, timers kept. It waits for inputs and deadlines, for nothing else.
//! How outputs are carried out is the business of `perform`.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{mpsc, oneshot},
    time::sleep_until,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    callback::Callbacks, dial::Dialler, input::Input, metrics::Metrics, perform::Calls, post::Posts, store::Store,
    stream::Writer,
};
use crate::{
    bridge::{Bridge, Owner},
    model::LinkState,
    port::{self, Connection, Reply},
    time::Time,
};

/// The way to one platform.
#[derive(Default)]
pub struct Way {
    /// Of platforms that the bridge connects to.
    pub dialler: Option<Dialler>,
    /// Of platforms that are posted to.
    pub posts: Option<Posts>,
}

/// Handles to the I/O tasks.
pub struct Channels {
    /// By platform.
    pub ways: Vec<Way>,
    /// Where records of open routes are kept.
    pub store: Option<Store>,
    /// By application; none for those whose clients are not called back.
    pub callbacks: Vec<Option<Arc<Callbacks>>>,
}

/// A stream, as far as it has come.
pub(super) enum Link {
    /// It is being dialled; the token gives that up.
    Dialling(CancellationToken),
    Open(Writer),
}

/// The engine. It owns the bridge, and the ways to everybody outside.
pub struct Engine {
    pub(super) bridge: Bridge,
    pub(super) ways: Vec<Way>,
    pub(super) store: Option<Store>,
    pub(super) callbacks: Vec<Option<Arc<Callbacks>>>,
    pub(super) links: HashMap<(Owner, Connection), Link>,
    /// Queues of calls to callback addresses.
    pub(super) calls: HashMap<(Owner, Connection), Calls>,
    /// HTTP requests that wait for their answers.
    pub(super) requests: HashMap<u64, oneshot::Sender<Reply>>,
    next_token: u64,
    /// Ends the reading of WSDLs.
    pub(super) describing: CancellationToken,
    pub(super) inputs: mpsc::Sender<Input>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) tasks: TaskTracker,
    start: Instant,
}

/// How many inputs are taken in before timers are looked at again.
const BATCH: usize = 64;

impl Engine {
    pub fn new(
        bridge: Bridge,
        Channels { ways, store, callbacks }: Channels,
        inputs: mpsc::Sender<Input>,
        metrics: Arc<Metrics>,
        tasks: TaskTracker,
    ) -> Engine {
        Engine {
            bridge,
            ways,
            store,
            callbacks,
            links: HashMap::new(),
            calls: HashMap::new(),
            requests: HashMap::new(),
            next_token: 0,
            describing: CancellationToken::new(),
            inputs,
            metrics,
            tasks,
            start: Instant::now(),
        }
    }

    pub(super) fn now(&self) -> Time {
        Time(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    pub async fn run(mut self, mut receiver: mpsc::Receiver<Input>, shutdown: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let deadline = self.bridge.deadline().map(|Time(millis)| self.start + Duration::from_millis(millis));
            let timer = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                () = timer => {
                    let now = self.now();
                    self.bridge.expire(now);
                    self.perform(None);
                }
                count = receiver.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        break;
                    }
                    for input in batch.drain(..) {
                        let heard = match &input {
                            Input::Read { at, .. } | Input::Request { at, .. } => Some(*at),
                            Input::Opened { .. }
                            | Input::Closed { .. }
                            | Input::Answered { .. }
                            | Input::Delivered { .. }
                            | Input::Described { .. }
                            | Input::Kept { .. }
                            | Input::Complaint { .. }
                            | Input::Metrics(_)
                            | Input::Ready(_) => None,
                        };
                        self.take(input);
                        self.perform(heard);
                    }
                }
            }
        }
        self.bridge.shut_down(self.now());
        self.perform(None);
        // Without their senders, the tasks end once they have delivered everything that waits.
        self.links.clear();
        self.calls.clear();
        self.ways.clear();
        self.store = None;
        self.describing.cancel();
    }

    fn take(&mut self, input: Input) {
        let now = self.now();
        match input {
            Input::Opened { owner, connection, peer, writer } => {
                // A connection that was given up while it was dialled is not wanted any more: its writer closes it.
                if connection.is_asked() && !self.links.contains_key(&(owner, connection)) {
                    return;
                }
                self.links.insert((owner, connection), Link::Open(writer));
                self.bridge.handle(now, owner, port::Input::Opened { connection, peer: &peer });
            }
            Input::Read { owner, connection, bytes, .. } => {
                if self.links.contains_key(&(owner, connection)) {
                    self.show(owner, connection, "heard", &bytes);
                    self.bridge.handle(now, owner, port::Input::Bytes { connection, bytes: &bytes });
                }
            }
            Input::Closed { owner, connection, reason, cause } => {
                let key = (owner, connection);
                if self.links.remove(&key).is_some() || self.calls.remove(&key).is_some() {
                    self.bridge.handle(now, owner, port::Input::Closed { connection, reason: &reason, cause });
                }
            }
            Input::Request { owner, request, reply, .. } => {
                self.next_token += 1;
                self.requests.insert(self.next_token, reply);
                self.bridge.handle(now, owner, port::Input::Request(request.numbered(self.next_token)));
            }
            Input::Answered { owner, token, outcome } => {
                self.bridge.handle(now, owner, port::Input::Answered { token, outcome });
            }
            Input::Delivered { owner, connection, token, result } => {
                if self.calls.contains_key(&(owner, connection)) {
                    self.bridge.handle(now, owner, port::Input::Delivered { connection, token, result });
                }
            }
            Input::Described { platform, url, found } => {
                self.bridge.described(now, platform, &url, found.map(|fitted| *fitted));
            }
            Input::Kept { routes, result } => {
                for route in routes {
                    self.bridge.route_kept(now, route, result.clone());
                }
            }
            Input::Complaint { about, notice } => self.bridge.complain(now, about, *notice),
            Input::Metrics(reply) => {
                let waiting = self.waiting();
                let to_platforms =
                    self.ways.iter().map(|way| way.posts.as_ref().map(Posts::queued)).collect::<Vec<_>>();
                let _ = reply.send(self.metrics.render(&self.bridge, &waiting, &to_platforms));
            }
            Input::Ready(reply) => {
                let platforms = self.bridge.platforms().iter();
                let missing = platforms.filter(|platform| platform.model.link() != LinkState::Up);
                let _ = reply.send(missing.map(|platform| platform.name.clone()).collect());
            }
        }
    }

    /// How many messages wait for each session of each application.
    fn waiting(&self) -> HashMap<(usize, u32), usize> {
        let of = |(owner, connection): &(Owner, Connection), count| match owner {
            Owner::Application(index) => Some(((*index, connection.number()), count)),
            Owner::Platform(_) => None,
        };
        let calls = self.calls.iter().filter_map(|(key, calls)| of(key, calls.queued()));
        let links = self.links.iter().filter_map(|(key, link)| match link {
            Link::Open(writer) => of(key, writer.queued()),
            Link::Dialling(_) => None,
        });
        calls.chain(links).collect()
    }
}
