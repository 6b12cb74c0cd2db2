//! Sockets, TLS, timers and metrics: everything that waits. One task owns the bridge and drives it (`engine`, `perform`); all others
//! bring it inputs (`input`) and carry out its outputs. Dialects are not known here, only transports. Queues between tasks are
//! bounded, and the bridge never waits for anybody.

mod accept;
mod accepted;
mod admin;
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
mod engine;
mod exchange;
pub(crate) mod http;
pub(crate) mod input;
mod inspection;
mod metrics;
mod orders;
mod peers;
mod perform;
mod post;
mod reload;
mod room;
pub(crate) mod service;
mod store;
mod strangers;
mod stream;
pub mod supervisor;
mod telemetry;
mod tls;
mod web;
mod websocket;

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    bridge::Owner,
    config::{self, Config},
    log,
    mapping::Mappings,
    port::Notice,
    time::{Time, Zone},
};
use accepted::Streams;
use assemble::{Assembly, Door, Serving, assemble};
use called::Callee;
use engine::{Channels, Engine};
use input::Input;
pub use input::PlatformLink;
use metrics::{Metrics, Places};
pub use orders::{Done, Order};
use peers::Peers;
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
    orders: Option<mpsc::Receiver<Order>>,
}

/// Opens all listeners and starts everything. An address that cannot be had, or a certificate that cannot be read, is an
/// error, and nothing runs.
pub async fn start(mut config: Config, mappings: &Mappings) -> Result<Running, String> {
    let (inputs, receiver) = mpsc::channel(INPUTS);
    let shutdown = CancellationToken::new();
    let tasks = TaskTracker::new();
    let (grace, store) = (config.shutdown_grace, config.store.clone());
    let config::Admin { listen: admin, socket } = std::mem::take(&mut config.admin);
    let (trace, hold_limit) = (config.trace, config.hold_limit);
    let telemetry = config.telemetry.clone();
    let certificates = config.certificates();
    let ends = Ends::from(NewEnds::of(&config)?);
    let Assembly { mut bridge, ways, streams, carriers, callees, doors } =
        assemble(config, mappings, &ends, &inputs).await?;
    let mut places = Vec::new();
    let epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    bridge.set_epoch(u64::try_from(epoch.as_millis()).unwrap_or_default());
    if let Some(trace) = trace {
        bridge.remember_stories(trace.memory, trace.values);
    }
    bridge.tell_stories(log::notices::shows_stories());
    bridge.set_zone(&Zone::new(jiff::tz::TimeZone::system()));
    let store = match store {
        Some(path) => {
            let (store, keeper, left) = store::open(&path)?;
            keeper.run(inputs.clone(), &tasks);
            bridge.keep_routes(Time(0), left);
            Some(store)
        }
        None => None,
    };
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
        places.push(limits.places.clone());
        let peers = Peers { inputs: inputs.clone(), about: None };
        tasks.spawn(http::serve(listener, None, limits, handler, Some(peers), shutdown.clone(), tasks.clone()));
    }
    let mut platforms = vec![None; ways.len()];
    for streams in streams {
        let address = streams.listener.local_addr().map_err(|error| error.to_string())?;
        if let Owner::Platform(index) = streams.owner {
            let notice = Notice::Awaiting { address: address.to_string() };
            log::notices::write(Some(&bridge.platforms()[index].name), None, &notice);
            platforms[index] = Some(address);
        }
        places.push(streams.places.clone());
        tasks.spawn(streams.serve(shutdown.clone(), tasks.clone()));
    }
    for callee in callees {
        let Callee { name, platform, listener, address, acceptor, strangers, service } = callee;
        log::notices::write(Some(&name), None, &Notice::Awaiting { address: address.to_string() });
        platforms[platform] = Some(address);
        let limits = &service.reads.limits;
        let limits = http::Limits::of(limits, format!("platform.{name}"), "callback_connections", strangers);
        places.push(limits.places.clone());
        let peers = Some(Peers { inputs: inputs.clone(), about: Some(service.to.owner) });
        let service = Arc::new(service);
        tasks.spawn(http::serve(listener, acceptor, limits, service, peers, shutdown.clone(), tasks.clone()));
    }
    for carrier in carriers {
        tasks.spawn(carrier.run());
    }
    let mut callbacks = Vec::new();
    let mut applications = Vec::new();
    for (application, door) in doors.into_iter().enumerate() {
        let Door { name, listener, address, acceptor, strangers, serving } = door;
        log::notices::write(None, Some(&name), &Notice::Serving { address: address.to_string() });
        applications.push(address);
        match serving {
            Serving::Http { service, limits, callbacks: own } => {
                callbacks.push(own);
                let limits = http::Limits::of(&limits, format!("application.{name}"), "connections", strangers);
                places.push(limits.places.clone());
                let service = Arc::new(*service);
                let peers = Some(Peers { inputs: inputs.clone(), about: Some(Owner::Application(application)) });
                tasks.spawn(http::serve(listener, acceptor, limits, service, peers, shutdown.clone(), tasks.clone()));
            }
            Serving::Streams { queue, connections, web } => {
                callbacks.push(None);
                let (owner, inputs) = (Owner::Application(application), inputs.clone());
                // The conversation counts connections itself, so that it can refuse the ones that are too many.
                let places = Places::new(format!("application.{name}"), "listener", connections);
                let read = READ;
                let streams = Streams { owner, listener, acceptor, queue, places, strangers, read, web, inputs };
                tasks.spawn(streams.serve(shutdown.clone(), tasks.clone()));
            }
        }
    }
    let names: Vec<String> = bridge.applications().iter().map(|application| application.name.clone()).collect();
    let metrics = Metrics::new(&names, places);
    let telemetry = match &telemetry {
        Some(settings) => {
            let connector = ends.connector("telemetry", "", "tls").ok_or("telemetry: there is no TLS")?;
            let peers = Peers { inputs: inputs.clone(), about: None };
            let (telemetry, exporter) = Exporter::start(settings, connector, peers)?;
            tasks.spawn(exporter.run());
            Some(telemetry)
        }
        None => None,
    };
    let channels = Channels { ways, store, callbacks, certificates, telemetry };
    let engine = Engine::new(bridge, channels, hold_limit, inputs.clone(), metrics, tasks.clone());
    let engine = tokio::spawn(engine.run(receiver, shutdown.clone()));
    let orders = Some(orders);
    Ok(Running { platforms, applications, admin: admin_address, shutdown, grace, engine, tasks, inputs, ends, orders })
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
