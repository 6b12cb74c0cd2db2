//! A configuration that is right → a bridge, the lines to its platforms, and the doors for its applications, all listeners
//! open. Nothing runs yet.

use std::{net::SocketAddr, sync::Arc};

use tokio::{net::TcpListener, sync::mpsc};
use tokio_rustls::TlsAcceptor;

use super::{
    callback::Callbacks,
    engine::Input,
    line::Line,
    relay::Relays,
    service::{Service, ToBridge},
    tls,
};
use crate::{
    bridge::{ApplicationParts, Bridge, PlatformParts},
    config::{Application, Config, Face, Limits, Platform, Queue, Reach},
    dialect::{Client, Server, ccas, ctips, event_feed},
    mapping::{Incoming, Mappings, Outgoing},
    model::Model,
    time::Time,
};

pub struct Assembly {
    pub bridge: Bridge,
    pub lines: Vec<Line>,
    pub relays: Vec<Relays>,
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
    Http { service: Box<Service<ToBridge>>, limits: Limits, callbacks: Arc<Callbacks> },
    /// Clients keep a connection.
    Sockets { queue: Queue, connections: usize },
}

pub async fn assemble(config: Config, mappings: &Mappings, inputs: &mpsc::Sender<Input>) -> Result<Assembly, String> {
    let mut bridge = Bridge::default();
    let mut lines = Vec::new();
    let mut relays = Vec::new();
    // Statistics cost a platform work: they are subscribed to where an application may want them, which gets those of its
    // first platform.
    let feed_applications = config.applications.iter().filter(|a| matches!(a.face, Face::EventFeed { .. }));
    let wanted: Vec<String> = feed_applications.filter_map(|a| a.platforms.first().cloned()).collect();
    for platform in config.platforms {
        let statistics = wanted.contains(&platform.name);
        let index = bridge.platforms().len();
        let (parts, line, relay) = platform_parts(index, platform, statistics, mappings, inputs).await?;
        bridge.add_platform(parts);
        lines.push(line);
        relays.extend(relay);
    }
    let mut doors = Vec::new();
    for (index, application) in config.applications.into_iter().enumerate() {
        doors.push(door(index, application, mappings, inputs, &mut bridge).await?);
    }
    Ok(Assembly { bridge, lines, relays, doors })
}

fn rules(mappings: &Mappings, dialect: &str) -> Result<(Arc<Incoming>, Arc<Outgoing>), String> {
    let dialect_of = |name: &str| mappings.dialects.get(name);
    let rules = dialect_of(dialect).and_then(|dialect| dialect.from.clone().zip(dialect.to.clone()));
    rules.ok_or_else(|| format!("{dialect} has no rules"))
}

/// What a platform is made of, the line to it, and where its relay connects, if it has one.
async fn platform_parts(
    index: usize,
    platform: Platform,
    statistics: bool,
    mappings: &Mappings,
    inputs: &mpsc::Sender<Input>,
) -> Result<(PlatformParts, Line, Option<Relays>), String> {
    let (incoming, outgoing) = rules(mappings, &platform.dialect)?;
    let vocabulary = incoming.vocabulary.clone();
    let name = platform.name;
    let (client, line, relays): (Box<dyn Client>, _, _) = match platform.reach {
        Reach::Feed { dial, settings } => {
            if platform.exposed {
                let address = &dial.address;
                tracing::warn!(platform = name, "plaintext to {address}: bytes leave this machine unprotected");
            }
            let settings = event_feed::Settings { seed: seed(), statistics, ..settings };
            (Box::new(event_feed::Client::new(settings, vocabulary, Time(0))), Line::dialled(dial)?, None)
        }
        Reach::Relay { listen: address, tls, token, settings } => {
            if platform.exposed {
                tracing::warn!(platform = name, "plaintext on {address}: bytes leave this machine unprotected");
            }
            let listener = listen(address, &name).await?;
            let acceptor = tls.as_ref().map(tls::server).transpose()?;
            let inputs = inputs.clone();
            let relays = Relays { name: name.clone(), platform: index, listener, acceptor, token, inputs };
            (Box::new(ccas::Client::new(settings, vocabulary)), Line::awaited(), Some(relays))
        }
    };
    let (model, knobs, max_frame) = (Model::new(platform.model), platform.knobs, platform.max_frame);
    Ok((PlatformParts { name, client, model, incoming, outgoing, knobs, max_frame }, line, relays))
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
            let asked = ToBridge { application: index, inputs };
            let path = "/AgentCallService";
            let service = Service { path, asked, vocabulary, profile: *profile, secure, limits: limits.clone() };
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
