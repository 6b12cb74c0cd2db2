//! Sockets, TLS, timers and metrics: everything that waits. One task owns the bridge and drives it; all others bring it what
//! they hear and carry away what it says. Queues between them are bounded, and the bridge never waits for anybody.

mod admin;
mod allow;
mod callback;
mod engine;
mod feed;
pub(crate) mod http;
mod metrics;
mod service;
mod tls;

use std::{net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, sync::mpsc, task::JoinHandle, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    bridge::{ApplicationParts, Bridge, PlatformParts},
    config::Config,
    dialect::{Server, ctips, event_feed},
    mapping::Mappings,
    model::Model,
    time::Time,
};
use engine::{Engine, Input};
use metrics::Metrics;

/// How much may wait for the task that owns the bridge; whoever brings more waits itself.
const INPUTS: usize = 64;

/// A bridge that runs.
pub struct Running {
    /// Where each application is served, in the order of the configuration.
    pub applications: Vec<SocketAddr>,
    pub admin: Option<SocketAddr>,
    shutdown: CancellationToken,
    grace: std::time::Duration,
    engine: JoinHandle<()>,
    tasks: TaskTracker,
}

/// Opens all listeners and starts everything. An address that cannot be had, or a certificate that cannot be read, is an
/// error, and nothing runs.
pub async fn start(config: Config, mappings: &Mappings) -> Result<Running, String> {
    let (inputs, receiver) = mpsc::channel(INPUTS);
    let shutdown = CancellationToken::new();
    let tasks = TaskTracker::new();
    let metrics = Arc::new(Metrics::default());
    let mut bridge = Bridge::default();
    let mut feeds = Vec::new();
    for platform in config.platforms {
        if platform.exposed {
            tracing::warn!(
                platform = platform.name,
                "plaintext to {}: bytes leave this machine unprotected",
                platform.address
            );
        }
        let rules =
            mappings.dialects.get(&platform.dialect).and_then(|dialect| dialect.from.clone().zip(dialect.to.clone()));
        let (incoming, outgoing) = rules.ok_or_else(|| format!("{} has no rules", platform.dialect))?;
        let mut settings = platform.feed.clone();
        settings.seed = seed();
        bridge.add_platform(PlatformParts {
            name: platform.name.clone(),
            client: Box::new(event_feed::Client::new(settings, incoming.vocabulary.clone(), Time(0))),
            model: Model::new(platform.model.clone()),
            incoming,
            outgoing,
            knobs: platform.knobs.clone(),
            max_frame: platform.max_frame,
        });
        feeds.push(feed::Feed::new(platform)?);
    }
    let mut listeners = Vec::new();
    let mut applications = Vec::new();
    let mut callbacks = Vec::new();
    for (index, application) in config.applications.into_iter().enumerate() {
        if application.exposed {
            tracing::warn!(
                application = application.name,
                "plaintext on {}: bytes leave this machine unprotected",
                application.listen
            );
        }
        let dialect = mappings.dialects.get(&application.dialect);
        let rules = dialect.and_then(|dialect| dialect.from.clone().zip(dialect.to.clone()));
        let (from, to) = rules.ok_or_else(|| format!("{} has no rules", application.dialect))?;
        let new_id = Box::new(|| uuid::Uuid::new_v4().to_string());
        let server = ctips::Server::new(application.server, to.vocabulary.clone(), application.profile.clone(), new_id);
        let names: Vec<&str> = bridge.platforms().iter().map(|platform| platform.name.as_str()).collect();
        let platforms =
            application.platforms.iter().filter_map(|name| names.iter().position(|known| known == name)).collect();
        let listener = listen(application.listen, &application.name).await?;
        applications.push(listener.local_addr().map_err(|error| error.to_string())?);
        let service = service::Service {
            application: index,
            inputs: inputs.clone(),
            vocabulary: to.vocabulary.clone(),
            profile: application.profile,
            secure: application.tls.is_some(),
            limits: application.limits.clone(),
        };
        let server_tls = application.tls.as_ref().map(tls::server).transpose()?;
        listeners.push((listener, service, server_tls, application.limits, application.name.clone()));
        callbacks.push(Arc::new(callback::Callbacks::new(application.callback)?));
        bridge.add_application(ApplicationParts {
            name: application.name,
            server: Some(Server::Ctips(Box::new(server))),
            from,
            to,
            knobs: application.knobs,
            platforms,
            id_step: application.id_step,
            route_timeout: application.route_timeout,
            media: application.media,
            read_only: Default::default(),
            labels: Vec::new(),
        });
    }
    let admin = match config.admin {
        Some(address) => Some(listen(address, "admin").await?),
        None => None,
    };
    let admin_address = admin.as_ref().and_then(|listener| listener.local_addr().ok());
    if let Some(listener) = admin {
        let admin = admin::Admin { inputs: inputs.clone() };
        tasks.spawn(http::serve(
            listener,
            None,
            http::Limits::admin(),
            Arc::new(admin),
            shutdown.clone(),
            tasks.clone(),
        ));
    }
    for ((listener, service, acceptor, limits, name), address) in listeners.into_iter().zip(&applications) {
        tracing::info!(application = name, "serving {address}");
        let limits = http::Limits { connections: limits.connections, header_timeout: limits.header_timeout };
        tasks.spawn(http::serve(listener, acceptor, limits, Arc::new(service), shutdown.clone(), tasks.clone()));
    }
    let engine = Engine::new(bridge, feeds, callbacks, inputs, metrics, tasks.clone());
    let engine = tokio::spawn(engine.run(receiver, shutdown.clone()));
    let grace = config.shutdown_grace;
    Ok(Running { applications, admin: admin_address, shutdown, grace, engine, tasks })
}

async fn listen(address: SocketAddr, name: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| format!("{name}: cannot listen on {address}: {error}"))
}

/// Something that differs from process to process, for the jitter of waits.
fn seed() -> u64 {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    high ^ low
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

    /// Ends when the bridge does, which it never should before it is told to.
    pub async fn ended(&mut self) {
        let _ = (&mut self.engine).await;
    }
}

/// Sends an input; an engine that has ended needs none.
async fn bring(inputs: &mpsc::Sender<Input>, input: Input) {
    let _ = inputs.send(input).await;
}
