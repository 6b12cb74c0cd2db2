//! Sockets, TLS, timers and metrics: everything that waits. One task owns the bridge and drives it (`engine`, `perform`); all others
//! bring it inputs (`input`) and carry out its outputs. Dialects are not known here, only transports. Queues between tasks are
//! bounded, and the bridge never waits for anybody.

mod accept;
mod accepted;
mod admin;
mod alarm;
mod allow;
mod assemble;
mod batch;
pub(crate) mod build;
mod callback;
mod called;
mod content;
#[cfg(unix)]
mod control;
pub(crate) mod describe;
mod dial;
mod driven;
mod engine;
mod eras;
mod exchange;
pub(crate) mod http;
pub(crate) mod input;
mod inspection;
mod joining;
mod metrics;
mod orders;
mod outbox;
mod peers;
mod perform;
mod plan;
mod post;
mod reload;
mod room;
mod sections;
mod series;
pub(crate) mod service;
mod store;
mod strangers;
mod stream;
pub mod supervisor;
mod telemetry;
mod tls;
mod verify;
mod web;
mod websocket;

use std::{net::SocketAddr, sync::Arc, time::Instant};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    bridge::{Bridge, routes},
    config::{self, Config},
    log,
    mapping::Mappings,
    port::Notice,
    time::{Time, Zone},
};
use assemble::{NewApplication, NewPlatform, Workshop};
use engine::{Channels, Engine};
use input::Input;
pub use input::PlatformLink;
use metrics::Metrics;
pub use orders::{Done, Order};
use peers::Peers;
pub use reload::Exchanged;
use sections::Sections;
use supervisor::Supervisor;
use telemetry::Exporter;
use tls::{Ends, NewEnds};

/// How much may wait for the task that owns the bridge; whoever brings more waits itself.
const INPUTS: usize = 64;
/// How much is read of an application's connection at a time, in bytes.
const READ: usize = 16 << 10;

/// A bridge that runs.
pub struct Running {
    /// Where each platform connects, or where it calls back, in the order of the configuration; none for platforms that do
    /// neither.
    pub platforms: Vec<Option<SocketAddr>>,
    /// Where each application is served, in the order of the configuration.
    pub applications: Vec<SocketAddr>,
    pub admin: Option<SocketAddr>,
    shutdown: CancellationToken,
    grace: std::time::Duration,
    engine: JoinHandle<()>,
    tasks: TaskTracker,
    inputs: mpsc::Sender<Input>,
    /// What can be exchanged of TLS.
    ends: Ends,
    /// The platforms and applications that run.
    sections: Sections,
    /// When the bridge's clock began.
    begun: Instant,
    orders: Option<mpsc::Receiver<Order>>,
}

/// Opens all listeners and starts everything. An address that cannot be had, or a certificate that cannot be read, is an
/// error, and nothing runs.
pub async fn start(mut config: Config, mappings: &Mappings) -> Result<Running, String> {
    let (inputs, receiver) = mpsc::channel(INPUTS);
    let shutdown = CancellationToken::new();
    let tasks = TaskTracker::new();
    let begun = Instant::now();
    let (grace, store) = (config.shutdown_grace, config.store.clone());
    let config::Admin { listen: admin, socket } = std::mem::take(&mut config.admin);
    let (trace, hold_limit) = (config.trace, config.hold_limit);
    let telemetry = config.telemetry.clone();
    let certificates = config.certificates();
    let ends = Ends::from(NewEnds::of(&config)?);
    let mut shop = Workshop {
        mappings,
        ends: &ends,
        inputs: &inputs,
        shutdown: &shutdown,
        tasks: &tasks,
        now: Time(0),
        free: Vec::new(),
    };
    let mut sections = Sections::default();
    let (mut bridge, mut metrics) = (Bridge::default(), Metrics::default());
    let (mut channels, mut work) = (Channels { certificates, ..Channels::default() }, Vec::new());
    let statistics = sections::wanting_statistics(&config);
    let routed: Vec<_> = config.platforms.iter().map(|it| (it.name.clone(), it.settings.routed_by.clone())).collect();
    for platform in config.platforms {
        let (dialect, wants) = (platform.dialect.clone(), statistics.contains(&platform.name));
        let (answer, routes) = (platform.settings.answer_time, sections::routes(&platform));
        let (place, name) = (bridge.platforms().len(), platform.name.clone());
        let NewPlatform { parts, way, described, work: own } = shop.platform((place, 0), platform, wants).await?;
        sections.add_platform(&name, dialect, parts.incoming.vocabulary.clone(), (answer, routes, wants), &own);
        bridge.add_platform(parts);
        channels.ways.push(way);
        metrics.add_places(&own);
        work.push(own);
        if let Some((path, fitted)) = described {
            bridge.described(Time(0), place, &path, Ok(fitted));
        }
    }
    for (name, media) in &routed {
        if let Some((platform, media)) =
            sections.named(name).zip(media.as_ref().and_then(|media| sections.named(media)))
        {
            let defaults = routes::Settings::default();
            let answer = media.answer.unwrap_or(defaults.answer);
            bridge.route_by(platform.place, media.place, routes::Settings { answer, ..defaults });
        }
    }
    for application in config.applications {
        let (dialect, platforms) = (application.dialect.clone(), application.platforms.clone());
        let (routes, place) = (sections::asks_for_routes(&application), bridge.applications().len());
        let NewApplication { parts, callbacks, work: own } =
            shop.application(place, application, &sections.all_named()).await?;
        metrics.add_application(&parts.name);
        metrics.add_places(&own);
        sections.add_application(&parts.name, dialect, parts.to.vocabulary.clone(), (platforms, routes), &own);
        bridge.add_application(parts);
        channels.callbacks.push(callbacks);
        work.push(own);
    }
    let epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    bridge.set_epoch(u64::try_from(epoch.as_millis()).unwrap_or_default());
    if let Some(trace) = trace {
        bridge.remember_stories(trace.memory, trace.values);
    }
    bridge.tell_stories(log::notices::shows_stories());
    bridge.set_zone(&Zone::new(jiff::tz::TimeZone::system()));
    if let Some(path) = store {
        let (store, keeper, left) = store::open(&path)?;
        keeper.run(inputs.clone(), &tasks);
        bridge.keep_routes(Time(0), left);
        channels.store = Some(store);
    }
    let admin = match admin {
        Some(address) => Some(assemble::listen(address, "admin").await?),
        None => None,
    };
    let (to_orders, orders) = mpsc::channel(orders::MOST);
    #[cfg(unix)]
    if let Some(path) = &socket {
        let control = control::Control::open(path).await?;
        tasks.spawn(control.serve(to_orders.clone(), inputs.clone(), shutdown.clone(), tasks.clone()));
    }
    let admin_address = admin.as_ref().and_then(|listener| listener.local_addr().ok());
    if let Some(listener) = admin {
        let handler = Arc::new(admin::Admin { inputs: inputs.clone() });
        let limits = http::Limits::admin();
        metrics.places.push(limits.places.clone());
        let peers = Peers { inputs: inputs.clone(), about: None };
        tasks.spawn(http::serve(listener, None, limits, handler, Some(peers), shutdown.clone(), tasks.clone()));
    }
    for mut own in work {
        sections.accepts(&own.section(), own.begin(&tasks));
    }
    let (platforms, applications) = sections.addresses();
    if let Some(settings) = &telemetry {
        let connector = ends.connector("telemetry", "", "tls").ok_or("telemetry: there is no TLS")?;
        let peers = Peers { inputs: inputs.clone(), about: None };
        let (telemetry, exporter) = Exporter::start(settings, connector, peers)?;
        tasks.spawn(exporter.run());
        channels.telemetry = Some(telemetry);
    }
    let engine = Engine::new(bridge, channels, (begun, hold_limit), inputs.clone(), metrics, tasks.clone());
    let engine = tokio::spawn(engine.run(receiver, shutdown.clone()));
    let orders = Some(orders);
    let admin = admin_address;
    Ok(Running {
        platforms,
        applications,
        admin,
        shutdown,
        grace,
        engine,
        tasks,
        inputs,
        ends,
        sections,
        begun,
        orders,
    })
}

impl Running {
    /// Stops: sessions are told, queues drain within the grace time. Hands back whether all of it was done in time.
    pub async fn stop(self) -> bool {
        self.shutdown.cancel();
        self.tasks.close();
        let done = async {
            let _ = self.engine.await;
            self.tasks.wait().await;
        };
        timeout(self.grace, done).await.is_ok()
    }

    /// From now on, the engine gives the supervisor signs of life, if it wants them.
    pub async fn give_signs_of_life(&self, supervisor: &mut Supervisor) {
        if let Some(pulse) = supervisor.pulse() {
            bring(&self.inputs, Input::Watched(pulse)).await;
        }
    }

    /// Orders that come in over the Unix socket, for whoever takes them first.
    pub fn take_orders(&mut self) -> Option<mpsc::Receiver<Order>> {
        self.orders.take()
    }

    /// How the platforms stand.
    pub async fn platform_links(&self) -> Vec<PlatformLink> {
        self.ask(Input::Ready).await.unwrap_or_default().platforms
    }

    /// The metrics of this moment, as OpenMetrics.
    pub async fn metrics(&self) -> String {
        self.ask(Input::Metrics).await.unwrap_or_default()
    }

    /// The latest notices of level warn and above.
    pub async fn complaints(&self) -> Vec<String> {
        self.ask(Input::Complaints).await.unwrap_or_default()
    }

    /// Has the stories of calls told in the log, or not any more, as its level is now.
    pub async fn tell_stories(&self) {
        bring(&self.inputs, Input::Stories(log::notices::shows_stories())).await;
    }

    /// Has the bridge log and count what happens to the process.
    pub async fn complain(&self, notice: Notice) {
        bring(&self.inputs, Input::Complaint { about: None, notice: notice.into() }).await;
    }

    async fn ask<T>(&self, input: impl FnOnce(oneshot::Sender<T>) -> Input) -> Option<T> {
        let (reply, answered) = oneshot::channel();
        bring(&self.inputs, input(reply)).await;
        answered.await.ok()
    }

    /// Ends when the bridge does, which it never should before it is told to.
    pub async fn ended(&mut self) {
        let _ = (&mut self.engine).await;
    }
}

/// Sends an input; an engine that has ended needs none.
async fn bring(inputs: &mpsc::Sender<Input>, input: Input) {
    let _ = inputs.send(input).await;
}
