//! The task that owns the bridge: inputs in, outputs out, timers kept. It waits for inputs and deadlines, for nothing else.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::{
    sync::{mpsc, oneshot},
    time::sleep_until,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    callback::{self, Callbacks, Post},
    line::Line,
    metrics::Metrics,
    post::Posts,
    socket::Writer,
    store::Store,
};
use crate::{
    bridge::{About, Bridge, Output},
    dialect::{Level, Notice, PostOutcome, Reply, ctips},
    model::LinkState,
    one_line::one_line,
    time::Time,
    vocabulary::wsdl::Fitted,
};

/// What others bring.
pub enum Input {
    Connected {
        platform: usize,
        generation: u64,
        writer: mpsc::Sender<Vec<u8>>,
    },
    /// A relay was let in; the answer is its number, and what ends it.
    Relay {
        platform: usize,
        reply: oneshot::Sender<(u64, CancellationToken)>,
    },
    Read {
        platform: usize,
        generation: u64,
        bytes: Bytes,
        at: Instant,
    },
    Closed {
        platform: usize,
        generation: u64,
        reason: String,
    },
    /// What became of something that was posted to a platform.
    Posted {
        platform: usize,
        token: u64,
        outcome: PostOutcome,
    },
    /// A platform called the bridge: `path` is what follows the address that it was told.
    Called {
        platform: usize,
        path: String,
        body: Bytes,
        charset: Option<String>,
        reply: oneshot::Sender<Reply>,
        at: Instant,
    },
    /// Records of open routes are kept, or could not be.
    Kept {
        routes: Vec<u64>,
        result: Result<(), String>,
    },
    Request {
        application: usize,
        body: Bytes,
        charset: Option<String>,
        reply: oneshot::Sender<Reply>,
    },
    Started {
        application: usize,
        session: u32,
        result: Result<(), String>,
    },
    HeartbeatAnswered {
        application: usize,
        session: u32,
        answered: bool,
    },
    Lost {
        application: usize,
        session: u32,
        reason: String,
        cause: &'static str,
    },
    /// An application opened a connection; the answer is its session, where it may have one.
    Opened {
        application: usize,
        peer: String,
        writer: Writer,
        reply: oneshot::Sender<Option<u32>>,
    },
    Heard {
        application: usize,
        session: u32,
        bytes: Bytes,
        at: Instant,
    },
    Hung {
        application: usize,
        session: u32,
        reason: String,
    },
    /// What the WSDL of a platform's service came to.
    Described {
        platform: usize,
        url: Arc<str>,
        found: Result<Box<Fitted>, String>,
    },
    /// A peer, or a task's work, has a problem that is to be logged.
    Complaint {
        about: About,
        notice: Notice,
    },
    Metrics(oneshot::Sender<String>),
    /// Whether every platform is there; else which are not.
    Ready(oneshot::Sender<Vec<String>>),
}

struct Session {
    posts: mpsc::Sender<Post>,
    /// Bytes that wait.
    waiting: Arc<AtomicUsize>,
    stop: CancellationToken,
}

/// By what the bridge reaches others.
pub struct Channels {
    pub lines: Vec<Line>,
    /// By platform; none for those that have a line.
    pub posts: Vec<Option<Posts>>,
    /// Where records of open routes are kept.
    pub store: Option<Store>,
    /// By application; none for those whose clients keep a connection.
    pub callbacks: Vec<Option<Arc<Callbacks>>>,
}

pub struct Engine {
    bridge: Bridge,
    lines: Vec<Line>,
    /// By platform; none for those that have a line.
    posts: Vec<Option<Posts>>,
    /// Where records of open routes are kept.
    store: Option<Store>,
    /// By application; none for those whose clients keep a connection.
    callbacks: Vec<Option<Arc<Callbacks>>>,
    sessions: HashMap<(usize, u32), Session>,
    writers: HashMap<(usize, u32), Writer>,
    /// HTTP requests that wait for their answers.
    requests: HashMap<u64, oneshot::Sender<Reply>>,
    next_token: u64,
    /// Ends the reading of WSDLs.
    describing: CancellationToken,
    inputs: mpsc::Sender<Input>,
    metrics: Arc<Metrics>,
    tasks: TaskTracker,
    start: Instant,
}

/// How many inputs are taken in before timers are looked at again.
const BATCH: usize = 64;

impl Engine {
    pub fn new(
        bridge: Bridge,
        Channels { lines, posts, store, callbacks }: Channels,
        inputs: mpsc::Sender<Input>,
        metrics: Arc<Metrics>,
        tasks: TaskTracker,
    ) -> Engine {
        let start = Instant::now();
        Engine {
            bridge,
            lines,
            posts,
            store,
            callbacks,
            sessions: HashMap::new(),
            writers: HashMap::new(),
            requests: HashMap::new(),
            next_token: 0,
            describing: CancellationToken::new(),
            inputs,
            metrics,
            tasks,
            start,
        }
    }

    fn now(&self) -> Time {
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
                        let heard = match input {
                            Input::Read { at, .. } | Input::Heard { at, .. } | Input::Called { at, .. } => Some(at),
                            _ => None,
                        };
                        self.take(input);
                        self.perform(heard);
                    }
                }
            }
        }
        self.bridge.shut_down(self.now());
        self.perform(None);
        for line in &mut self.lines {
            line.disconnect();
        }
        // Without their senders the sessions' tasks end when they have delivered what waits.
        self.sessions.clear();
        self.writers.clear();
        self.posts.clear();
        self.store = None;
        self.describing.cancel();
    }

    fn take(&mut self, input: Input) {
        let now = self.now();
        match input {
            Input::Connected { platform, generation, writer } => {
                if self.lines[platform].connected(generation, writer) {
                    self.bridge.platform_connected(now, platform);
                }
            }
            Input::Relay { platform, reply } => {
                if self.lines[platform].is_open() {
                    self.bridge.platform_closed(now, platform, "another connection takes its place");
                }
                let _ = reply.send(self.lines[platform].renew());
            }
            Input::Read { platform, generation, bytes, .. } => {
                if self.lines[platform].generation == generation {
                    tracing::debug!(platform = self.bridge.platforms()[platform].name, "heard {}", Shown(&bytes));
                    self.bridge.platform_read(now, platform, &bytes);
                }
            }
            Input::Closed { platform, generation, reason } => {
                if self.lines[platform].closed(generation) {
                    self.bridge.platform_closed(now, platform, &reason);
                }
            }
            Input::Posted { platform, token, outcome } => {
                self.bridge.platform_answered(now, platform, token, outcome);
            }
            Input::Kept { routes, result } => {
                for route in routes {
                    self.bridge.route_kept(now, route, result.clone());
                }
            }
            Input::Called { platform, path, body, charset, reply, .. } => {
                let _ = reply.send(self.bridge.platform_called(now, platform, &path, &body, charset.as_deref()));
            }
            Input::Request { application, body, charset, reply } => {
                self.next_token += 1;
                self.requests.insert(self.next_token, reply);
                self.bridge.request(now, application, self.next_token, &body, charset.as_deref());
            }
            Input::Started { application, session, result } => {
                self.bridge.session_started(now, application, session, result);
            }
            Input::HeartbeatAnswered { application, session, answered } => {
                self.bridge.heartbeat_answered(now, application, session, answered);
            }
            Input::Lost { application, session, reason, cause } => {
                self.bridge.session_lost(now, application, session, &reason, cause);
            }
            Input::Opened { application, peer, writer, reply } => {
                let session = self.bridge.application_connected(now, application, &peer);
                if let Some(session) = session {
                    self.writers.insert((application, session), writer);
                }
                let _ = reply.send(session);
            }
            Input::Heard { application, session, bytes, .. } => {
                self.bridge.application_read(now, application, session, &bytes);
            }
            Input::Hung { application, session, reason } => {
                self.writers.remove(&(application, session));
                self.bridge.application_closed(now, application, session, &reason);
            }
            Input::Described { platform, url, found } => {
                self.bridge.described(now, platform, &url, found.map(|fitted| *fitted));
            }
            Input::Complaint { about, notice } => self.bridge.complain(now, about, notice),
            Input::Metrics(reply) => {
                let posts = self.sessions.iter().map(|(key, session)| (*key, queued(&session.posts)));
                let messages = self.writers.iter().map(|(key, writer)| (*key, writer.queued()));
                let waiting = posts.chain(messages).collect();
                let to_platforms: Vec<_> = self.posts.iter().map(|posts| posts.as_ref().map(Posts::queued)).collect();
                let _ = reply.send(self.metrics.render(&self.bridge, &waiting, &to_platforms));
            }
            Input::Ready(reply) => {
                let platforms = self.bridge.platforms().iter();
                let missing = platforms.filter(|platform| platform.model.link() != LinkState::Up);
                let _ = reply.send(missing.map(|platform| platform.name.clone()).collect());
            }
        }
    }

    /// Does what the bridge says. `heard` is when the bytes were read that caused it.
    fn perform(&mut self, heard: Option<Instant>) {
        while let Some(output) = self.bridge.poll() {
            match output {
                Output::Connect { platform } => self.lines[platform].connect(platform, &self.inputs, &self.tasks),
                Output::Send { platform, bytes } => {
                    if !self.lines[platform].send(bytes) {
                        self.lines[platform].disconnect();
                        let now = self.now();
                        self.bridge.platform_closed(now, platform, "the platform does not read");
                    }
                }
                Output::Disconnect { platform } => self.lines[platform].disconnect(),
                Output::Describe { platform, url } => self.describe(platform, url),
                Output::Post { platform, post } => {
                    let Some(posts) = &self.posts[platform] else { continue };
                    let token = post.token;
                    if let Err(reason) = posts.send(post) {
                        let now = self.now();
                        self.bridge.platform_answered(now, platform, token, PostOutcome::Crowded(reason));
                    }
                }
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
                        let (now, notice) = (self.now(), Notice::warn(reason).one_of("records that stay"));
                        self.bridge.complain(now, About::Nobody, notice);
                    }
                }
                Output::Respond { token, reply, .. } => {
                    if let Some(waiting) = self.requests.remove(&token) {
                        let _ = waiting.send(reply);
                    }
                }
                Output::Start { application, session, callback, body } => {
                    self.start_session(application, session, *callback, body);
                }
                Output::Publish { application, session, body } => {
                    self.publish(application, session, body, heard);
                }
                Output::Heartbeat { application, session, body } => {
                    if let Some(known) = self.sessions.get(&(application, session)) {
                        // A queue that is full has no room for a heartbeat either: the next event ends the session.
                        let _ = known.posts.try_send(Post::Heartbeat { body });
                    }
                }
                Output::End { application, session } => {
                    if let Some(session) = self.sessions.remove(&(application, session)) {
                        session.stop.cancel();
                    }
                }
                Output::Notice { about, notice } => self.log(about, &notice),
                Output::Write { application, session, bytes } => self.write(application, session, bytes, heard),
                Output::Close { application, session } => {
                    self.writers.remove(&(application, session));
                }
                Output::Line(_) => {}
            }
        }
    }

    /// Has a WSDL read. It ends when the bridge does.
    fn describe(&mut self, platform: usize, url: Arc<str>) {
        let Some(describer) = self.posts[platform].as_ref().and_then(|posts| posts.describer.clone()) else {
            let now = self.now();
            return self.bridge.described(now, platform, &url, Err(format!("{url}: nobody reads it")));
        };
        let stop = self.describing.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = describer.describe(url) => {}
            }
        });
    }

    fn start_session(&mut self, application: usize, session: u32, callback: ctips::Callback, body: Bytes) {
        let Some(callbacks) = self.callbacks[application].clone() else { return };
        let (posts, receiver) = mpsc::channel(callbacks.settings.queue.messages);
        let (waiting, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let poster = callback::Poster {
            callbacks,
            application,
            session,
            inputs: self.inputs.clone(),
            waiting: waiting.clone(),
            metrics: self.metrics.clone(),
            give_up: callback.give_up,
        };
        self.tasks.spawn(poster.run(callback, body, receiver, stop.clone()));
        self.sessions.insert((application, session), Session { posts, waiting, stop });
    }

    /// Hands an event to the session's queue; where that is full, the session has fallen behind and ends.
    fn publish(&mut self, application: usize, session: u32, body: Bytes, heard: Option<Instant>) {
        let Some(known) = self.sessions.get(&(application, session)) else { return };
        let Some(callbacks) = &self.callbacks[application] else { return };
        tracing::debug!(application = self.bridge.applications()[application].name, session, "told {}", Shown(&body));
        let queue = callbacks.settings.queue;
        let length = body.len();
        let waiting = known.waiting.fetch_add(length, Ordering::Relaxed) + length;
        let at = Instant::now();
        let full = waiting > queue.bytes || known.posts.try_send(Post::Event { body, at }).is_err();
        if full {
            let reason = format!("it fell behind: {} events or {} bytes wait", queue.messages, queue.bytes);
            self.bridge.session_lost(self.now(), application, session, &reason, "fell-behind");
        } else if let Some(heard) = heard {
            self.metrics.translation.observe(at.duration_since(heard).as_secs_f64());
        }
    }

    /// Hands bytes to a connection's queue; where that is full, the connection has fallen behind and ends.
    fn write(&mut self, application: usize, session: u32, bytes: Bytes, heard: Option<Instant>) {
        let Some(writer) = self.writers.get(&(application, session)) else { return };
        tracing::debug!(application = self.bridge.applications()[application].name, session, "told {}", Shown(&bytes));
        if writer.send(bytes) {
            if let Some(heard) = heard {
                self.metrics.translation.observe(heard.elapsed().as_secs_f64());
            }
            return;
        }
        writer.stop.cancel();
        self.writers.remove(&(application, session));
        self.bridge.session_lost(
            self.now(),
            application,
            session,
            "it does not read what it subscribed to",
            "fell-behind",
        );
    }

    fn log(&self, about: About, notice: &Notice) {
        let (kind, name) = match about {
            About::Platform(index) => ("platform", self.bridge.platforms()[index].name.as_str()),
            About::Application(index) => ("application", self.bridge.applications()[index].name.as_str()),
            About::Nobody => ("bridge", ""),
        };
        match notice.level {
            Level::Info => tracing::info!(kind, name, "{}", notice.text),
            Level::Warn => tracing::warn!(kind, name, "{}", notice.text),
            Level::Error => tracing::error!(kind, name, "{}", notice.text),
        }
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

fn queued(posts: &mpsc::Sender<Post>) -> usize {
    posts.max_capacity() - posts.capacity()
}
