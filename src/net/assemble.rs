//! A configuration that is right → a bridge, the lines to its platforms, and the doors for its applications, all listeners
//! open. Nothing runs yet.

use std::{net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, sync::mpsc};
use tokio_rustls::TlsAcceptor;

use super::{callback::Callbacks, engine::Input, feed::Feed, service::Service, tls};
use crate::{
    bridge::{ApplicationParts, Bridge, PlatformParts},
    config::{Application, Config, Face, Limits, Platform, Queue},
    dialect::{Server, ctips, event_feed},
    mapping::{Incoming, Mappings, Outgoing},
    model::Model,
    time::Time,
};

pub struct Assembly {
    pub bridge: Bridge,
    pub feeds: Vec<Feed>,
    pub doors: Vec<Door>,
}

/// Where an application is served.
pub struct Door {
    pub name: String,
    pub listener: TcpListener,
    pub address: SocketAddr,
    pub acceptor: Option<TlsAcceptor>,
    pub serving: Serving,
}

/// How an application's sessions are reached.
pub enum Serving {
    /// Clients post requests, and are called back.
    Http { service: Box<Service>, limits: Limits, callbacks: Arc<Callbacks> },
    /// Clients keep a connection.
    Sockets { queue: Queue, connections: usize },
}

pub async fn assemble(config: Config, mappings: &Mappings, inputs: &mpsc::Sender<Input>) -> Result<Assembly, String> {
    let mut bridge = Bridge::default();
    let mut feeds = Vec::new();
    // Statistics cost a platform work: they are subscribed to where an application may want them.
    let feed_applications = config.applications.iter().filter(|a| matches!(a.face, Face::EventFeed { .. }));
    let wanted: Vec<String> = feed_applications.flat_map(|application| application.platforms.clone()).collect();
    for platform in config.platforms {
        let statistics = wanted.contains(&platform.name);
        bridge.add_platform(platform_parts(&platform, statistics, mappings)?);
        feeds.push(Feed::new(platform)?);
    }
    let mut doors = Vec::new();
    for (index, application) in config.applications.into_iter().enumerate() {
        doors.push(door(index, application, mappings, inputs, &mut bridge).await?);
    }
    Ok(Assembly { bridge, feeds, doors })
}

fn rules(mappings: &Mappings, dialect: &str) -> Result<(Arc<Incoming>, Arc<Outgoing>), String> {
    let dialect_of = |name: &str| mappings.dialects.get(name);
    let rules = dialect_of(dialect).and_then(|dialect| dialect.from.clone().zip(dialect.to.clone()));
    rules.ok_or_else(|| format!("{dialect} has no rules"))
}

fn platform_parts(platform: &Platform, statistics: bool, mappings: &Mappings) -> Result<PlatformParts, String> {
    if platform.exposed {
        let address = &platform.address;
        tracing::warn!(platform = platform.name, "plaintext to {address}: bytes leave this machine unprotected");
    }
    let (incoming, outgoing) = rules(mappings, &platform.dialect)?;
    let settings = event_feed::Settings { seed: seed(), statistics, ..platform.feed.clone() };
    Ok(PlatformParts {
        name: platform.name.clone(),
        client: Box::new(event_feed::Client::new(settings, incoming.vocabulary.clone(), Time(0))),
        model: Model::new(platform.model.clone()),
        incoming,
        outgoing,
        knobs: platform.knobs.clone(),
        max_frame: platform.max_frame,
    })
}

async fn door(
    index: usize,
    application: Application,
    mappings: &Mappings,
    inputs: &mpsc::Sender<Input>,
    bridge: &mut Bridge,
) -> Result<Door, String> {
    let name = application.name;
    if application.exposed {
        let listen = application.listen;
        tracing::warn!(application = name, "plaintext on {listen}: bytes leave this machine unprotected");
    }
    let (from, to) = rules(mappings, &application.dialect)?;
    let vocabulary = to.vocabulary.clone();
    let acceptor = application.tls.as_ref().map(tls::server).transpose()?;
    let (server, serving) = match application.face {
        Face::Ctips { server, profile, callback, limits } => {
            let new_id = Box::new(|| uuid::Uuid::new_v4().to_string());
            let server = ctips::Server::new(server, vocabulary.clone(), (*profile).clone(), new_id);
            let (secure, inputs) = (acceptor.is_some(), inputs.clone());
            let service =
                Service { application: index, inputs, vocabulary, profile: *profile, secure, limits: limits.clone() };
            let callbacks = Arc::new(Callbacks::new(callback)?);
            (Server::Ctips(Box::new(server)), Serving::Http { service: Box::new(service), limits, callbacks })
        }
        Face::EventFeed { server, queue } => {
            let connections = server.max_connections;
            let server = event_feed::Server::new(server, vocabulary);
            (Server::EventFeed(Box::new(server)), Serving::Sockets { queue, connections })
        }
    };
    let names: Vec<&str> = bridge.platforms().iter().map(|platform| platform.name.as_str()).collect();
    let place = |wanted: &String| names.iter().position(|known| known == wanted);
    let platforms = application.platforms.iter().filter_map(place).collect();
    bridge.add_application(ApplicationParts {
        name: name.clone(),
        server: Some(server),
        from,
        to,
        knobs: application.knobs,
        platforms,
        id_step: application.id_step,
        route_timeout: application.route_timeout,
        media: application.media,
        read_only: application.read_only.into_iter().collect(),
        labels: application.labels,
    });
    let listener = listen(application.listen, &name).await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok(Door { name, listener, address, acceptor, serving })
}

pub async fn listen(address: SocketAddr, name: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| format!("{name}: cannot listen on {address}: {error}"))
}

/// Something that differs from process to process, for the jitter of waits.
fn seed() -> u64 {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    high ^ low
}
