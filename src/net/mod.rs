//! Sockets, TLS, timers and metrics: everything that waits. One task owns the bridge and drives it (`engine`, `perform`); all others
//! bring it inputs (`input`) and carry out its outputs. Dialects are not known here, only transports. Queues between tasks are
//! bounded, and the bridge never waits for anybody.

mod accept;
mod accepted;
mod admin;
mod allow;
mod assemble;
mod batch;
mod callback;
mod called;
mod content;
pub(crate) mod describe;
mod dial;
mod engine;
mod exchange;
pub(crate) mod http;
pub(crate) mod input;
mod metrics;
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
mod tls;
mod web;
mod websocket;

use std::{net::SocketAddr, sync::Arc};

use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    bridge::Owner,
    config::Config,
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
use metrics::Metrics;
use peers::Peers;
use supervisor::Supervisor;

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
}

/// Opens all listeners and starts everything. An address that cannot be had, or a certificate that cannot be read, is an
/// error, and nothing runs.
pub async fn start(config: Config, mappings: &Mappings) -> Result<Running, String> {
    let (inputs, receiver) = mpsc::channel(INPUTS);
    let shutdown = CancellationToken::new();
    let tasks = TaskTracker::new();
    let (grace, admin, store) = (config.shutdown_grace, config.admin, config.store.clone());
    let hold_limit = config.hold_limit;
    let Assembly { mut bridge, ways, streams, carriers, callees, doors } = assemble(config, mappings, &inputs).await?;
    let epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    bridge.set_epoch(u64::try_from(epoch.as_millis()).unwrap_or_default());
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
    let admin_address = admin.as_ref().and_then(|listener| listener.local_addr().ok());
    if let Some(listener) = admin {
        let handler = Arc::new(admin::Admin { inputs: inputs.clone() });
        let limits = http::Limits::admin();
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
        tasks.spawn(streams.serve(shutdown.clone(), tasks.clone()));
    }
    for callee in callees {
        let Callee { name, platform, listener, address, acceptor, strangers, service } = callee;
        log::notices::write(Some(&name), None, &Notice::Awaiting { address: address.to_string() });
        platforms[platform] = Some(address);
        let limits = http::Limits::of(&service.reads.limits, strangers);
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
                let limits = http::Limits::of(&limits, strangers);
                let service = Arc::new(*service);
                let peers = Some(Peers { inputs: inputs.clone(), about: Some(Owner::Application(application)) });
                tasks.spawn(http::serve(listener, acceptor, limits, service, peers, shutdown.clone(), tasks.clone()));
            }
            Serving::Streams { queue, connections, web } => {
                callbacks.push(None);
                let (owner, inputs) = (Owner::Application(application), inputs.clone());
                let read = READ;
                let streams = Streams { owner, listener, acceptor, queue, connections, strangers, read, web, inputs };
                tasks.spawn(streams.serve(shutdown.clone(), tasks.clone()));
            }
        }
    }
    let metrics = Arc::new(Metrics::default());
    let engine =
        Engine::new(bridge, Channels { ways, store, callbacks }, hold_limit, inputs.clone(), metrics, tasks.clone());
    let engine = tokio::spawn(engine.run(receiver, shutdown.clone()));
    Ok(Running { platforms, applications, admin: admin_address, shutdown, grace, engine, tasks, inputs })
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

    /// Ends when the bridge does, which it never should before it is told to.
    pub async fn ended(&mut self) {
        let _ = (&mut self.engine).await;
    }
}

/// Sends an input; an engine that has ended needs none.
async fn bring(inputs: &mpsc::Sender<Input>, input: Input) {
    let _ = inputs.send(input).await;
}
