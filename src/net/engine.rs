//! The task that owns the bridge: inputs in, outputs out, timers kept. It waits for inputs and deadlines, for nothing else.
//! How outputs are carried out is the business of `perform`.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use hashbrown::HashMap;
use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    alarm::Alarm, callback::Callbacks, dial::Dialler, input::Input, inspection::Complaint, metrics::Metrics,
    outbox::Wake, perform::Calls, post::Posts, room::Crowds, series::Gathered, store::Store, stream::Writer,
    supervisor::Pulse, telemetry::Telemetry, verify::Verifier,
};
use crate::{
    bridge::{Bridge, Owner, Watch},
    config::certificates::Certificate,
    log,
    port::{self, Connection, Notice, Reply},
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
#[derive(Default)]
pub struct Channels {
    /// By platform.
    pub ways: Vec<Way>,
    /// Where records of open routes are kept.
    pub store: Option<Store>,
    /// By application; none for those whose clients are not called back.
    pub callbacks: Vec<Option<Arc<Callbacks>>>,
    /// The files of certificates, for the metrics.
    pub certificates: Vec<Certificate>,
    /// Where spans of calls go.
    pub telemetry: Option<Telemetry>,
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
    /// How often each platform was made anew.
    pub(super) eras: Vec<u32>,
    pub(super) store: Option<Store>,
    /// Why records of routes cannot be written for now.
    pub(super) store_failed: Option<String>,
    pub(super) callbacks: Vec<Option<Arc<Callbacks>>>,
    pub(super) links: HashMap<(Owner, Connection), Link>,
    /// Messages for several streams that are not handed out yet, by owner.
    pub(super) gathered: Vec<(Owner, Gathered)>,
    /// Tasks of streams that sleep and have something to write.
    pub(super) asleep: Vec<Wake>,
    /// Queues of calls to callback addresses.
    pub(super) calls: HashMap<(Owner, Connection), Calls>,
    pub(super) crowds: Crowds,
    /// Inputs of platforms of which nothing is read for now, in their order.
    pub(super) held: HashMap<usize, VecDeque<Input>>,
    /// HTTP requests that wait for their answers.
    pub(super) requests: HashMap<u64, (Owner, oneshot::Sender<Reply>)>,
    next_token: u64,
    /// Ends the tasks that only find something out: WSDLs, and whether passwords are right.
    pub(super) finding: CancellationToken,
    pub(super) verifier: Verifier,
    pub(super) inputs: mpsc::Sender<Input>,
    pub(super) metrics: Metrics,
    pub(super) certificates: Vec<Certificate>,
    /// The latest notices of level warn and above, as lines.
    pub(super) complaints: VecDeque<Complaint>,
    /// Stories that somebody follows.
    watches: Vec<(Watch, mpsc::Sender<String>)>,
    pub(super) telemetry: Option<Telemetry>,
    pub(super) tasks: TaskTracker,
    /// Given as long as the loop turns.
    pulse: Option<Pulse>,
    start: Instant,
}

/// How many inputs are taken in before timers are looked at again.
const BATCH: usize = 64;
/// How long what is told in portions goes on before inputs are looked at again.
const PORTION: Duration = Duration::from_millis(2);
/// How much of a platform's stream is taken in at a time while somebody's queue is filled, in bytes.
const PIECE: usize = 2 << 10;

impl Engine {
    pub fn new(
        bridge: Bridge,
        Channels { ways, store, callbacks, certificates, telemetry }: Channels,
        (start, hold_limit): (Instant, Duration),
        inputs: mpsc::Sender<Input>,
        metrics: Metrics,
        tasks: TaskTracker,
    ) -> Engine {
        Engine {
            bridge,
            eras: vec![0; ways.len()],
            ways,
            store,
            store_failed: None,
            callbacks,
            links: HashMap::new(),
            gathered: Vec::new(),
            asleep: Vec::new(),
            calls: HashMap::new(),
            crowds: Crowds::new(hold_limit),
            held: HashMap::new(),
            requests: HashMap::new(),
            next_token: 0,
            finding: CancellationToken::new(),
            verifier: Verifier::default(),
            inputs,
            metrics,
            certificates,
            complaints: VecDeque::new(),
            watches: Vec::new(),
            telemetry,
            tasks,
            pulse: None,
            start,
        }
    }

    pub(super) fn now(&self) -> Time {
        Time(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    pub async fn run(mut self, mut receiver: mpsc::Receiver<Input>, shutdown: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut alarm = Alarm::default();
        loop {
            self.release_all();
            let goes_on = self.go_on();
            self.tell_watches();
            self.follow_calls();
            alarm.set(self.due());
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                () = alarm.ring() => self.expire(),
                count = receiver.recv_many(&mut batch, BATCH) => {
                    if count == 0 {
                        break;
                    }
                    batch.drain(..).for_each(|input| self.take_or_hold(input));
                }
                // Other tasks have their turn first, above all those that write what was told.
                () = yield_now(), if goes_on => {}
            }
        }
        self.shut_down(&mut receiver, alarm).await;
    }

    /// Tells everybody that the bridge stops, as their queues have room; then lets all tasks end.
    async fn shut_down(mut self, receiver: &mut mpsc::Receiver<Input>, mut alarm: Alarm) {
        self.bridge.shut_down(self.now());
        self.perform(None);
        loop {
            let goes_on = self.go_on();
            if !self.bridge.is_ending() {
                break;
            }
            alarm.set(self.due());
            tokio::select! {
                biased;
                () = alarm.ring() => self.expire(),
                input = receiver.recv() => match input {
                    Some(input @ (Input::Room { .. } | Input::Delivered { .. })) => self.take_in(input),
                    Some(input @ Input::Closed { owner: Owner::Application(_), .. }) => self.take_in(input),
                    // Nothing else changes anything any more.
                    Some(_) => {}
                    None => break,
                },
                () = yield_now(), if goes_on => {}
            }
        }
        if let Some(notice) = self.telemetry.take().and_then(|telemetry| telemetry.finish(&self.bridge)) {
            log::notices::write(None, None, &notice);
        }
        // Without their senders, the tasks end once they have delivered everything that waits.
        self.links.clear();
        self.calls.clear();
        self.ways.clear();
        self.store = None;
        self.finding.cancel();
    }

    /// When something is due next.
    fn due(&self) -> Option<tokio::time::Instant> {
        let deadline = self.bridge.deadline().map(|Time(millis)| self.start + Duration::from_millis(millis));
        let pulse = self.pulse.as_ref().map(Pulse::due);
        deadline.into_iter().chain(self.crowds.deadline()).chain(pulse).min().map(Into::into)
    }

    fn expire(&mut self) {
        if let Some(pulse) = &mut self.pulse {
            pulse.beat(Instant::now());
        }
        if self.crowds.deadline().is_some_and(|deadline| deadline <= Instant::now()) {
            self.look_at_crowds();
        }
        self.bridge.expire(self.now());
        self.perform(None);
    }

    /// Goes on with what is told in portions, for a short time. Returns true if more could be told at once.
    fn go_on(&mut self) -> bool {
        let begun = Instant::now();
        while self.bridge.go_on(self.now()) {
            self.perform(None);
            if begun.elapsed() >= PORTION {
                return true;
            }
        }
        false
    }

    /// Takes in an input, unless it is a platform's of which nothing is read for now.
    fn take_or_hold(&mut self, input: Input) {
        let Some(input) = input.arrived(&self.eras) else { return };
        if input.of_peer().is_some_and(|(owner, _)| !self.bridge.is_there(owner)) {
            return;
        }
        let Some((Owner::Platform(platform), _)) = input.of_peer() else { return self.take_in(input) };
        // Nearly always, everybody keeps up.
        if self.crowds.are_none() && self.held.is_empty() {
            return self.take_in(input);
        }
        self.held.entry(platform).or_default().push_back(input);
        self.release(platform);
        if self.held.contains_key(&platform) && self.bridge.hold_back(self.now(), platform) {
            self.perform(None);
        }
    }

    /// Takes in what was held of a platform, as far as it need not be held any longer, little by little: queues that are
    /// nearly full have no room for much.
    fn release(&mut self, platform: usize) {
        while !self.is_held(platform) {
            let Some(held) = self.held.get_mut(&platform) else { return };
            match held.pop_front() {
                Some(Input::Read { owner, connection, mut bytes, at, place }) if bytes.len() > PIECE => {
                    let piece = bytes.split_to(PIECE);
                    held.push_front(Input::Read { owner, connection, bytes, at, place });
                    self.take_in(Input::Read { owner, connection, bytes: piece, at, place: None });
                }
                Some(input) => self.take_in(input),
                None => {
                    self.held.remove(&platform);
                    if self.bridge.go_on_reading(self.now(), platform) {
                        self.perform(None);
                    }
                }
            }
        }
    }

    fn release_all(&mut self) {
        if !self.held.is_empty() {
            self.held.keys().copied().collect::<Vec<_>>().into_iter().for_each(|platform| self.release(platform));
        }
    }

    /// Takes in an input, and lets everything follow from it.
    fn take_in(&mut self, input: Input) {
        let heard = input.of_peer().and_then(|(_, at)| at);
        self.take(input);
        self.perform(heard);
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
            Input::Text { owner, connection, text, at: _, place } => {
                if self.links.contains_key(&(owner, connection)) {
                    self.show(owner, connection, "heard", text.as_bytes());
                    self.bridge.handle(now, owner, port::Input::Text { connection, text: &text });
                }
                drop(place);
            }
            Input::Closed { owner, connection, reason, cause } => {
                if self.has(owner, connection) {
                    self.discard(owner, connection, cause.unwrap_or("closed"));
                    self.bridge.handle(now, owner, port::Input::Closed { connection, reason: &reason, cause });
                }
            }
            Input::Room { owner, connection } => self.has_room(owner, connection),
            Input::Request { owner, request, reply, .. } => {
                self.next_token += 1;
                self.requests.insert(self.next_token, (owner, reply));
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
            Input::Verified { owner, token, is_right } => {
                self.bridge.handle(now, owner, port::Input::Verified { token, is_right: Some(is_right) });
            }
            Input::Kept { routes, result } => {
                for route in routes {
                    self.bridge.route_kept(now, route, result.clone());
                }
            }
            Input::StoreFailed(reason) => self.store_failed = reason,
            Input::Complaint { about, notice } => {
                // Of one who is gone, it is the process's.
                let about = about.filter(|owner| self.bridge.is_there(*owner));
                if let (Some(owner), Notice::WebsocketRefused { cause, .. } | Notice::WebsocketBroken { cause, .. }) =
                    (about, &*notice)
                {
                    self.metrics.refuse(owner, self.name(owner), cause);
                }
                self.bridge.complain(now, about, *notice);
            }
            Input::Exchange { changes, reply } => {
                let _ = reply.send(self.exchange(*changes));
            }
            Input::Watched(pulse) => self.pulse = Some(pulse),
            Input::Metrics(reply) => {
                let _ = reply.send(self.report());
            }
            Input::Complaints(reply) => {
                let _ = reply.send(self.complaint_lines());
            }
            Input::Stories(told) => self.bridge.tell_stories(told),
            Input::Trace { query, live, reply } => {
                if self.bridge.history_fill().is_none() {
                    let _ = reply.send(Err(
                        "no stories are remembered: the configuration says `remember = false` in [trace]".into(),
                    ));
                    return;
                }
                let told = self.bridge.story(query).map(|(lines, watch)| {
                    // A client that follows the story hears of everything after this.
                    self.watches.extend(live.map(|live| (watch, live)));
                    lines
                });
                let _ = reply.send(told);
            }
            Input::Ready(reply) => {
                let _ = reply.send(self.readiness());
            }
        }
    }

    /// Tells those who follow a story how it goes on. Whoever does not read is followed no longer.
    fn tell_watches(&mut self) {
        let bridge = &self.bridge;
        self.watches.retain_mut(|(watch, live)| {
            let mut lines = bridge.story_goes_on(watch).into_iter();
            !live.is_closed() && lines.all(|line| live.try_send(line).is_ok())
        });
    }

    /// Has the calls followed that become spans.
    fn follow_calls(&mut self) {
        if let Some(notice) = self.telemetry.as_mut().and_then(|telemetry| telemetry.observe(&self.bridge)) {
            let now = self.now();
            self.bridge.complain(now, None, notice);
            self.perform(None);
        }
    }
}
