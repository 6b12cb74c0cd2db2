//! Carrying out what the bridge says. Every queue is bounded; a connection whose queue is full has fallen behind and ends.

use std::{sync::Arc, time::Instant};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    callback::Caller,
    engine::{Engine, Link},
    eras,
    metrics::Fill,
    outbox::Wake,
    room::Waiting,
    series::{Frame, Gathered},
    stream::Queued,
};
use crate::{
    bridge::{Output, Owner},
    log,
    one_line::one_line,
    port::{self, Connection, Delivery, Notice, Post, PostOutcome, Shared, Verification},
};

/// The cause of ending a connection that reads too slowly.
const FELL_BEHIND: &str = "fell-behind";

/// A queue of calls to one callback address.
pub(super) struct Calls {
    deliveries: mpsc::Sender<(Delivery, Instant)>,
    /// Events that wait.
    waiting: Arc<Waiting>,
    stop: CancellationToken,
}

impl Calls {
    pub fn waiting(&self) -> &Arc<Waiting> {
        &self.waiting
    }

    pub fn fill(&self) -> Fill {
        // Heartbeats wait in the queue, too, and are not events.
        Fill { messages: self.deliveries.max_capacity() - self.deliveries.capacity(), ..self.waiting.fill() }
    }
}

impl Engine {
    /// Does what the bridge says. `heard` is when the bytes were read that caused it.
    pub(super) fn perform(&mut self, heard: Option<Instant>) {
        loop {
            self.perform_all(heard);
            // A stream that has no room for its messages ends, and more may follow from that.
            let Some((owner, gathered)) = self.gathered.pop() else { break };
            self.hand_out(owner, gathered, heard);
        }
        self.asleep.drain(..).for_each(Wake::wake);
    }

    fn perform_all(&mut self, heard: Option<Instant>) {
        while let Some(output) = self.bridge.poll() {
            match output {
                Output::Wire { owner, output } => self.carry_out(owner, output, heard),
                Output::Notice { about, notice } => self.log(about, &notice),
                Output::Keep { route, record } => {
                    let Some(store) = &self.store else { continue };
                    if let Err(reason) = store.keep(route, *record) {
                        let now = self.now();
                        self.bridge.route_kept(now, route, Err(reason));
                    }
                }
                Output::Drop { route } => {
                    let forgotten = self.store.as_ref().map_or(Ok(()), |store| store.forget(route));
                    if let Err(reason) = forgotten {
                        let now = self.now();
                        self.bridge.complain(now, None, Notice::RecordStays { route, reason });
                    }
                }
                // No application is a file here.
                Output::Line(_) => {}
            }
        }
    }

    fn carry_out(&mut self, owner: Owner, output: port::Output, heard: Option<Instant>) {
        if !matches!(output, port::Output::WriteEach { .. }) {
            self.hand_out_of(owner, heard);
        }
        match output {
            port::Output::Connect { connection } => self.connect(owner, connection),
            port::Output::Call { connection, url, give_up } => self.open_calls(owner, connection, url, give_up),
            port::Output::Write { connection, bytes } => {
                if self.write(owner, connection, bytes.into()) {
                    self.measure(owner, 1, heard);
                }
            }
            port::Output::WriteEach { message, to } => self.gather(owner, &message, to, heard),
            port::Output::Deliver { connection, delivery } => self.deliver(owner, connection, delivery, heard),
            port::Output::Close { connection } => {
                // A writer that is dropped writes everything that waits before it closes.
                if let Some(Link::Dialling(stop)) = self.links.remove(&(owner, connection)) {
                    stop.cancel();
                }
                self.discard(owner, connection, "closed");
            }
            port::Output::Admit { connection } => {
                if let Some(Link::Open(writer)) = self.links.get(&(owner, connection))
                    && let Some(standing) = &writer.standing
                {
                    standing.admit();
                }
            }
            port::Output::Post(post) => self.post(owner, *post),
            port::Output::Respond { token, reply } => {
                if let Some((_, waiting)) = self.requests.remove(&token) {
                    let _ = waiting.send(reply);
                }
            }
            port::Output::Describe(url) => self.describe(owner, url),
            port::Output::Verify(verification) => self.verify(owner, *verification),
            port::Output::Notice(notice) => self.log(Some(owner), &notice),
        }
    }

    fn connect(&mut self, owner: Owner, connection: Connection) {
        let Some(dialler) = self.way(owner).and_then(|way| way.dialler.clone()) else { return };
        let stop = CancellationToken::new();
        self.links.insert((owner, connection), Link::Dialling(stop.clone()));
        // What the stream brings is of this era.
        let owner = match owner {
            Owner::Platform(index) => Owner::Platform(eras::of(index, self.eras[index])),
            Owner::Application(_) => owner,
        };
        self.tasks.spawn(dialler.run(owner, connection, self.inputs.clone(), stop));
    }

    fn way(&self, owner: Owner) -> Option<&super::engine::Way> {
        match owner {
            Owner::Platform(index) => self.ways.get(index),
            Owner::Application(_) => None,
        }
    }

    fn post(&mut self, owner: Owner, post: Post) {
        let Some(posts) = self.way(owner).and_then(|way| way.posts.as_ref()) else { return };
        let token = post.token;
        if let Err(reason) = posts.send(post) {
            let outcome = PostOutcome::Crowded(reason);
            self.bridge.handle(self.now(), owner, port::Input::Answered { token, outcome });
        }
    }

    /// Has a WSDL read. The reading ends when the bridge does.
    fn describe(&mut self, owner: Owner, url: Arc<str>) {
        let Owner::Platform(platform) = owner else { return };
        let describer = self.way(owner).and_then(|way| way.posts.as_ref()).and_then(|posts| posts.describer.clone());
        let Some(describer) = describer else {
            let now = self.now();
            return self.bridge.described(now, platform, &url, Err(format!("{url}: nobody reads it")));
        };
        let stop = self.finding.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = describer.describe(url) => {}
            }
        });
    }

    /// Has a password verified, unless too many are.
    fn verify(&mut self, owner: Owner, verification: Verification) {
        let token = verification.token;
        match self.verifier.verify(owner, verification, &self.inputs) {
            Some(verifying) => {
                let stop = self.finding.clone();
                self.tasks.spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = verifying => {}
                    }
                });
            }
            None => self.bridge.handle(self.now(), owner, port::Input::Verified { token, is_right: None }),
        }
    }

    fn open_calls(&mut self, owner: Owner, connection: Connection, url: String, give_up: std::time::Duration) {
        let Owner::Application(index) = owner else { return };
        let Some(callbacks) = self.callbacks.get(index).cloned().flatten() else { return };
        let (deliveries, receiver) = mpsc::channel(callbacks.settings.queue.messages);
        let waiting = Arc::new(Waiting::new(callbacks.settings.queue));
        let stop = CancellationToken::new();
        let caller = Caller {
            callbacks,
            owner,
            connection,
            inputs: self.inputs.clone(),
            waiting: waiting.clone(),
            measured: self.metrics.of_application(index).clone(),
            give_up,
        };
        self.tasks.spawn(caller.run(url, receiver, stop.clone()));
        self.calls.insert((owner, connection), Calls { deliveries, waiting, stop });
    }

    /// Hands a call to its queue.
    fn deliver(&mut self, owner: Owner, connection: Connection, delivery: Delivery, heard: Option<Instant>) {
        let Owner::Application(index) = owner else { return };
        let Some(calls) = self.calls.get(&(owner, connection)) else { return };
        let Some(callbacks) = self.callbacks.get(index).and_then(Option::as_ref) else { return };
        let at = Instant::now();
        if delivery.token.is_some() {
            // A queue that is full has no room for such a call either: the next event ends the session.
            let _ = calls.deliveries.try_send((delivery, at));
            return;
        }
        self.show(owner, connection, "told", &delivery.body);
        let has_risen = calls.waiting.add(1, delivery.body.len());
        let Some(has_risen) = has_risen.filter(|_| calls.deliveries.try_send((delivery, at)).is_ok()) else {
            let queue = callbacks.settings.queue;
            let reason = format!("it fell behind: {} events or {} bytes wait", queue.messages, queue.bytes);
            return self.give_up(owner, connection, &reason);
        };
        if let Some(heard) = heard {
            self.metrics.of_application(index).translation.observe(at.duration_since(heard), 1);
        }
        if has_risen {
            let waiting = calls.waiting.clone();
            self.crowd(owner, connection, &waiting);
        }
    }

    /// Measures how long it took from bytes that were read to so many events that are queued.
    fn measure(&self, owner: Owner, events: usize, heard: Option<Instant>) {
        if let (Some(heard), Owner::Application(index)) = (heard, owner) {
            self.metrics.of_application(index).translation.observe(heard.elapsed(), events);
        }
    }

    /// Keeps a message for several streams until it is known whether they get the next one, too.
    fn gather(&mut self, owner: Owner, message: &Shared, to: Vec<(Connection, u32)>, heard: Option<Instant>) {
        let known = self.gathered.iter_mut().find(|(known, _)| *known == owner);
        if known.is_some_and(|(_, gathered)| gathered.join(message, &to)) {
            return;
        }
        self.hand_out_of(owner, heard);
        self.gathered.push((owner, Gathered::new(message, to)));
    }

    fn hand_out_of(&mut self, owner: Owner, heard: Option<Instant>) {
        if let Some(place) = self.gathered.iter().position(|(known, _)| *known == owner) {
            let (_, gathered) = self.gathered.swap_remove(place);
            self.hand_out(owner, gathered, heard);
        }
    }

    fn hand_out(&mut self, owner: Owner, gathered: Gathered, heard: Option<Instant>) {
        let messages = gathered.messages();
        let written = gathered
            .frames()
            .filter_map(|(connection, frame)| self.write(owner, connection, frame).then_some(messages));
        let written = written.sum();
        self.measure(owner, written, heard);
    }

    /// Hands a frame to a stream's queue. The stream's task is woken once everything is handed out.
    fn write(&mut self, owner: Owner, connection: Connection, frame: Frame) -> bool {
        let Some(Link::Open(writer)) = self.links.get(&(owner, connection)) else { return false };
        if let Owner::Application(_) = owner
            && tracing::enabled!(tracing::Level::TRACE)
        {
            self.show(owner, connection, "told", &frame.clone().into_bytes());
        }
        if let Some(Queued { has_risen, wake }) = writer.queue(frame) {
            self.asleep.extend(wake);
            if has_risen {
                let waiting = writer.waiting.clone();
                self.crowd(owner, connection, &waiting);
            }
            return true;
        }
        writer.stop.cancel();
        let reason = match owner {
            Owner::Platform(_) => "the platform does not read",
            Owner::Application(_) => "it does not read what it subscribed to",
        };
        self.give_up(owner, connection, reason);
        false
    }

    /// Ends a connection that has fallen behind.
    fn give_up(&mut self, owner: Owner, connection: Connection, reason: &str) {
        self.discard(owner, connection, FELL_BEHIND);
        let cause = Some(FELL_BEHIND);
        self.bridge.handle(self.now(), owner, port::Input::Closed { connection, reason, cause });
    }

    pub(super) fn has(&self, owner: Owner, connection: Connection) -> bool {
        let key = (owner, connection);
        self.links.contains_key(&key) || self.calls.contains_key(&key)
    }

    /// Forgets a connection. What waits for it is discarded, and said.
    pub(super) fn discard(&mut self, owner: Owner, connection: Connection, cause: &'static str) {
        let mut count = 0;
        if let Some(Link::Open(writer)) = self.links.remove(&(owner, connection)) {
            count += writer.waiting.messages();
        }
        if let Some(calls) = self.calls.remove(&(owner, connection)) {
            calls.stop.cancel();
            count += calls.waiting.messages();
        }
        self.left(owner, connection);
        if let (Owner::Application(index), true) = (owner, count > 0) {
            let now = self.now();
            self.bridge.discarded(now, index, connection.number(), count as u64, cause);
        }
    }

    pub(super) fn name(&self, owner: Owner) -> &str {
        match owner {
            Owner::Platform(index) => &self.bridge.platforms()[index].name,
            Owner::Application(index) => &self.bridge.applications()[index].name,
        }
    }

    /// Shows bytes in the log at level trace.
    pub(super) fn show(&self, owner: Owner, connection: Connection, what: &str, bytes: &[u8]) {
        let number = connection.number();
        match owner {
            // The first line of a peer that connects by itself may hold a secret.
            Owner::Platform(_) if !connection.is_asked() => {}
            Owner::Platform(_) => {
                tracing::trace!(platform = self.name(owner), connection = number, "{what} {}", Shown(bytes));
            }
            // What applications say may hold passwords.
            Owner::Application(_) if what == "heard" => {}
            Owner::Application(_) => {
                tracing::trace!(application = self.name(owner), session = number, "{what} {}", Shown(bytes));
            }
        }
    }

    fn log(&mut self, about: Option<Owner>, notice: &Notice) {
        self.keep_complaint(about, notice);
        let name = about.map(|owner| self.name(owner));
        let (platform, application) = match about {
            Some(Owner::Platform(_)) => (name, None),
            Some(Owner::Application(_)) => (None, name),
            None => (None, None),
        };
        log::notices::write(platform, application, notice);
    }
}

/// Messages as they are, for whoever asks for them by the level of the log: customers' data, but no secret. What holds
/// secrets (log-ons, whichever way they go) does not come through here.
struct Shown<'b>(&'b [u8]);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(&one_line(String::from_utf8_lossy(self.0).trim_end_matches(['\0', '\n'])))
    }
}
