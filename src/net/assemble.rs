//! A configuration that is right → a bridge, the lines to its platforms, and the doors for its applications, all listeners
//! open. Nothing runs yet.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::mpsc};
use tokio_rustls::TlsAcceptor;

use super::{
    accepted::Streams,
    callback::Callbacks,
    called::{CallbackService, Callee},
    describe::{self, Describer},
    dial::Dialler,
    engine::Way,
    input::Input,
    post::{self, Carrier},
    service::{Reads, Service, ToBridge},
    tls,
};
use crate::{
    bridge::{ApplicationParts, Bridge, Owner, PlatformParts, routes},
    config::{Application, Config, Conversation, Face, Limits, Platform, Queue, Reach, Url, WsdlSource},
    dialect::{ccas, ctips, event_feed, open_media},
    mapping::{Incoming, Mappings, Outgoing},
    model::Model,
    port::{ApplicationConversation, PlatformConversation},
    time::Time,
    vocabulary::{Profile, Vocabulary, wsdl::Fitted},
};

pub struct Assembly {
    pub bridge: Bridge,
    /// The ways to the platforms, by platform.
    pub ways: Vec<Way>,
    /// Where platforms connect.
    pub streams: Vec<Streams>,
    /// What carries posts.
    pub carriers: Vec<Carrier>,
    /// Where platforms call back.
    pub callees: Vec<Callee>,
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
    /// Clients post requests, and are called back where their dialect has it.
    Http { service: Box<Service<ToBridge>>, limits: Limits, callbacks: Option<Arc<Callbacks>> },
    /// Clients keep a connection.
    Streams { queue: Queue, connections: usize },
}

/// Connections of an application that may be open beyond those that are served, only to be told so.
const REFUSALS: usize = 8;
/// Connections that a platform may open: its own, the one that takes its place, and peers that have not said who they are.
const RELAYS: usize = 10;

pub async fn assemble(config: Config, mappings: &Mappings, inputs: &mpsc::Sender<Input>) -> Result<Assembly, String> {
    let mut bridge = Bridge::default();
    let mut ways = Ways::default();
    // Statistics cost a platform work: they are subscribed to where an application may want them, which gets those of its
    // first platform.
    let feed_applications = config.applications.iter().filter(|a| matches!(a.face, Face::EventFeed { .. }));
    let wanted: Vec<String> = feed_applications.filter_map(|a| a.platforms.first().cloned()).collect();
    let answers: Vec<Option<Duration>> = config.platforms.iter().map(answers_routes).collect();
    let routed: Vec<Option<String>> = config.platforms.iter().map(|platform| platform.routed_by.clone()).collect();
    for platform in config.platforms {
        let statistics = wanted.contains(&platform.name);
        let index = bridge.platforms().len();
        let parts = platform_parts(index, platform, statistics, mappings, inputs, &mut ways).await?;
        bridge.add_platform(parts);
        if let Some((path, fitted)) = ways.described.take() {
            bridge.described(Time(0), index, &path, Ok(fitted));
        }
    }
    for (index, media) in routed.iter().enumerate() {
        let place = |name: &String| bridge.platforms().iter().position(|platform| platform.name == *name);
        if let Some(media) = media.as_ref().and_then(place) {
            let answer = answers.get(media).copied().flatten();
            let defaults = routes::Settings::default();
            bridge.route_by(index, media, routes::Settings { answer: answer.unwrap_or(defaults.answer), ..defaults });
        }
    }
    let mut doors = Vec::new();
    for (index, application) in config.applications.into_iter().enumerate() {
        doors.push(door(index, application, &answers, mappings, inputs, &mut bridge).await?);
    }
    let Ways { ways, streams, carriers, callees, .. } = ways;
    Ok(Assembly { bridge, ways, streams, carriers, callees, doors })
}

/// How long a platform that routes may take to answer.
fn answers_routes(platform: &Platform) -> Option<Duration> {
    match &platform.reach {
        Reach::Soap { conversation: Conversation::OpenMedia(settings), .. } => Some(settings.reply_timeout),
        _ => None,
    }
}

fn rules(mappings: &Mappings, dialect: &str) -> Result<(Arc<Incoming>, Arc<Outgoing>), String> {
    let dialect_of = |name: &str| mappings.dialects.get(name);
    let rules = dialect_of(dialect).and_then(|dialect| dialect.from.clone().zip(dialect.to.clone()));
    rules.ok_or_else(|| format!("{dialect} has no rules"))
}

/// The ways to the platforms, as far as they are made.
#[derive(Default)]
struct Ways {
    ways: Vec<Way>,
    streams: Vec<Streams>,
    carriers: Vec<Carrier>,
    callees: Vec<Callee>,
    /// What the file came to that the last platform's WSDL is in.
    described: Option<(Arc<str>, Fitted)>,
}

/// What a platform is made of; the way to it, and where it connects or calls back, are added to `ways`.
async fn platform_parts(
    index: usize,
    platform: Platform,
    statistics: bool,
    mappings: &Mappings,
    inputs: &mpsc::Sender<Input>,
    ways: &mut Ways,
) -> Result<PlatformParts, String> {
    let (incoming, outgoing) = rules(mappings, &platform.dialect)?;
    let vocabulary = incoming.vocabulary.clone();
    let name = platform.name;
    let mut way = Way::default();
    let conversation: Box<dyn PlatformConversation> = match platform.reach {
        Reach::Feed { dial, settings } => {
            if platform.exposed {
                let address = &dial.address;
                tracing::warn!(platform = name, "plaintext to {address}: bytes leave this machine unprotected");
            }
            let max_frame = platform.max_frame;
            let settings = event_feed::Settings { seed: seed(), statistics, max_frame, ..settings };
            way.dialler = Some(Dialler::new(dial)?);
            Box::new(event_feed::Client::new(settings, vocabulary, Time(0)))
        }
        Reach::Relay { listen: address, tls, token, settings } => {
            if platform.exposed {
                tracing::warn!(platform = name, "plaintext on {address}: bytes leave this machine unprotected");
            }
            let listener = listen(address, &name).await?;
            let acceptor = tls.as_ref().map(tls::server).transpose()?;
            let (owner, inputs) = (Owner::Platform(index), inputs.clone());
            let queue = Queue { messages: 1024, bytes: usize::MAX };
            let (connections, read) = (RELAYS, 64 << 10);
            ways.streams.push(Streams { owner, listener, acceptor, queue, connections, read, inputs });
            let settings = ccas::Settings { token, max_frame: platform.max_frame, ..settings };
            Box::new(ccas::Client::new(settings, vocabulary))
        }
        Reach::Soap { posts, callee, profile, wsdl, conversation } => {
            if platform.exposed {
                tracing::warn!(platform = name, "plaintext to other machines: bytes leave this machine unprotected");
            }
            let (mut queue, carrier) = post::posts(index, &posts, inputs.clone())?;
            match &wsdl.source {
                WsdlSource::Service => {
                    let describer = Describer::new(index, &posts, &wsdl, vocabulary.clone(), inputs.clone())?;
                    queue.describer = Some(Arc::new(describer));
                }
                WsdlSource::File(path) => {
                    let fitted =
                        describe::fit(path, &wsdl, &vocabulary).map_err(|reason| format!("{name}: {reason}"))?;
                    ways.described = Some((path.display().to_string().into(), fitted));
                }
                WsdlSource::Profile => {}
            }
            way.posts = Some(queue);
            ways.carriers.push(carrier);
            let mut address = None;
            if let Some(callee) = callee {
                let callee = called(index, &name, callee, &vocabulary, &profile, inputs).await?;
                address = Some(callee.address);
                ways.callees.push(callee);
            }
            match conversation {
                Conversation::Ctips(settings) => {
                    let callback = told(&settings.callback, address);
                    let settings = ctips::ClientSettings { seed: seed(), callback, ..settings };
                    let new_path = Box::new(|| uuid::Uuid::new_v4().simple().to_string());
                    Box::new(ctips::Client::new(settings, vocabulary, *profile, new_path))
                }
                Conversation::OpenMedia(settings) => {
                    let settings = open_media::ClientSettings { seed: seed(), ..settings };
                    Box::new(open_media::Client::new(settings, vocabulary, &profile))
                }
            }
        }
    };
    ways.ways.push(way);
    let (model, knobs) = (Model::new(platform.model), platform.knobs);
    let service_groups = platform.service_groups.into_iter().collect();
    Ok(PlatformParts { name, conversation, model, incoming, outgoing, knobs, service_groups })
}

/// The listener that a platform calls back.
async fn called(
    index: usize,
    name: &str,
    callee: crate::config::Callee,
    vocabulary: &Arc<Vocabulary>,
    profile: &Profile,
    inputs: &mpsc::Sender<Input>,
) -> Result<Callee, String> {
    let listener = listen(callee.listen, name).await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let acceptor = callee.tls.as_ref().map(tls::server).transpose()?;
    let service = CallbackService {
        to: ToBridge { owner: Owner::Platform(index), inputs: inputs.clone() },
        path: callee.path,
        vocabulary: vocabulary.clone(),
        profile: profile.clone(),
        secure: acceptor.is_some(),
        reads: Reads { limits: callee.limits, headers: &[] },
    };
    Ok(Callee { name: name.to_owned(), platform: index, listener, address, acceptor, service })
}

/// Where a platform is told to call: a port that is 0 becomes the one that was given.
fn told(callback: &str, address: Option<SocketAddr>) -> String {
    match (address, Url::to_serve(callback)) {
        (Some(address), Ok(url)) if url.port == 0 => url.with_port(address.port()),
        _ => callback.to_owned(),
    }
}

async fn door(
    index: usize,
    mut application: Application,
    answers: &[Option<Duration>],
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
    let (server, serving): (Box<dyn ApplicationConversation>, Serving) = match application.face {
        Face::Ctips { server, profile, callback, limits } => {
            let new_id = Box::new(|| uuid::Uuid::new_v4().to_string());
            let server = ctips::Server::new(server, vocabulary.clone(), (*profile).clone(), new_id);
            let (secure, inputs) = (acceptor.is_some(), inputs.clone());
            let asked = ToBridge { owner: Owner::Application(index), inputs };
            let path = "/AgentCallService";
            let service = Service {
                path,
                asked,
                vocabulary,
                profile: *profile,
                secure,
                reads: Reads { limits: limits.clone(), headers: &[] },
            };
            let callbacks = Some(Arc::new(Callbacks::new(callback)?));
            (Box::new(server), Serving::Http { service: Box::new(service), limits, callbacks })
        }
        Face::OpenMedia { server, profile, limits } => {
            let server = open_media::Server::new(*server, vocabulary.clone(), (*profile).clone());
            let (secure, asked) =
                (acceptor.is_some(), ToBridge { owner: Owner::Application(index), inputs: inputs.clone() });
            let path = "/OpenMediaService";
            let service = Service {
                path,
                asked,
                vocabulary,
                profile: *profile,
                secure,
                reads: Reads { limits: limits.clone(), headers: &[] },
            };
            (Box::new(server), Serving::Http { service: Box::new(service), limits, callbacks: None })
        }
        Face::EventFeed { server, queue } => {
            let connections = server.max_connections;
            let server = event_feed::Server::new(server, vocabulary);
            (Box::new(server), Serving::Streams { queue, connections: connections + REFUSALS })
        }
    };
    let names: Vec<&str> = bridge.platforms().iter().map(|platform| platform.name.as_str()).collect();
    let place = |wanted: &String| names.iter().position(|known| known == wanted);
    let platforms = application.platforms.iter().filter_map(place).collect();
    let media_platform = application.routed_by.as_ref().and_then(place);
    if let Some(answer) = media_platform.and_then(|media| answers.get(media).copied().flatten()) {
        application.routes.answer = answer;
    }
    bridge.add_application(ApplicationParts {
        name: name.clone(),
        server: Some(server),
        from,
        to,
        knobs: application.knobs,
        platforms,
        id_step: application.id_step,
        routes: application.routes,
        media_platform,
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
