//! A configuration that is right → a bridge, the lines to its platforms, and the doors for its applications, all listeners
//! open. Nothing runs yet.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::mpsc};

use super::{
    accepted::Streams,
    callback::Callbacks,
    called::{CallbackService, Callee},
    describe::{self, Describer},
    dial::Dialler,
    engine::Way,
    input::Input,
    metrics::Places,
    post::{self, Carrier},
    service::{Reads, Service, ToBridge},
    tls::{Acceptor, Ends},
    web::Endpoint,
};
use crate::{
    bridge::{ApplicationParts, Bridge, Owner, PlatformParts, routes},
    config::{Application, Config, Platform},
    dialect::registry::{ApplicationStart, ApplicationTransport, PlatformStart, PlatformTransport, Posted, Served},
    log,
    mapping::{Incoming, Mappings, Outgoing, Site},
    model::Model,
    port::Notice,
    settings::{self, Limits, Listen, Queue, Strangers, WsdlSource},
    time::{Time, Zone},
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
    pub acceptor: Option<Acceptor>,
    pub strangers: Strangers,
    pub serving: Serving,
}

/// How an application's sessions are reached.
pub enum Serving {
    /// Clients post requests, and are called back where their dialect has it.
    Http { service: Box<Service<ToBridge>>, limits: Limits, callbacks: Option<Arc<Callbacks>> },
    /// Clients keep a connection; it may be a WebSocket where there is an endpoint.
    Streams { queue: Queue, connections: usize, web: Option<Arc<Endpoint>> },
}

/// Connections of an application that may be open beyond those that are served, only to be told so.
const REFUSALS: usize = 8;
/// How many messages may wait to be written to a platform; one that does not read is given up.
const WRITES: usize = 1024;
/// How much is read of a platform's connection at a time, in bytes.
const READ: usize = 16 << 10;

pub async fn assemble(
    config: Config,
    mappings: &Mappings,
    ends: &Ends,
    inputs: &mpsc::Sender<Input>,
) -> Result<Assembly, String> {
    let mut bridge = Bridge::default();
    let mut ways = Ways::default();
    // Statistics cost a platform work: they are subscribed to where an application may want them.
    let wanting = config.applications.iter().filter(|application| application.statistics);
    let wanted: Vec<String> = wanting.flat_map(|application| application.platforms.iter().cloned()).collect();
    let (answers, routed): (Vec<Option<Duration>>, Vec<Option<String>>) = config
        .platforms
        .iter()
        .map(|platform| (platform.settings.answer_time, platform.settings.routed_by.clone()))
        .unzip();
    for platform in config.platforms {
        let statistics = wanted.contains(&platform.name);
        let index = bridge.platforms().len();
        let parts = platform_parts(index, platform, statistics, mappings, ends, inputs, &mut ways).await?;
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
        doors.push(door(index, application, &answers, mappings, ends, inputs, &mut bridge).await?);
    }
    let Ways { ways, streams, carriers, callees, .. } = ways;
    Ok(Assembly { bridge, ways, streams, carriers, callees, doors })
}

pub(super) fn rules(mappings: &Mappings, dialect: &str, site: &Site) -> Result<(Arc<Incoming>, Arc<Outgoing>), String> {
    let zone = Zone::new(jiff::tz::TimeZone::system());
    let rules = mappings.dialects.get(dialect).and_then(|dialect| dialect.at(site, &zone));
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
    ends: &Ends,
    inputs: &mpsc::Sender<Input>,
    ways: &mut Ways,
) -> Result<PlatformParts, String> {
    let (incoming, outgoing) = rules(mappings, &platform.dialect, &platform.site)?;
    let vocabulary = incoming.vocabulary.clone();
    let Platform { name, dialect: _, settings, model, knobs, site: _ } = platform;
    let (mut way, mut called_at) = (Way::default(), None);
    match settings.transport {
        PlatformTransport::Dialled(dial) => {
            if settings.exposed {
                let address = Some(dial.address.to_string());
                log::notices::write(Some(&name), None, &Notice::Unprotected { address });
            }
            way.dialler = Some(Dialler::new(dial, ends.connector("platform", &name, "tls"))?);
        }
        PlatformTransport::Accepted { listen: Listen { address, strangers, .. }, connections, web } => {
            if settings.exposed {
                let address = Some(address.to_string());
                log::notices::write(Some(&name), None, &Notice::Unprotected { address });
            }
            let listener = listen(address, &name).await?;
            let acceptor = ends.acceptor("platform", &name, "tls");
            let places = Places::new(format!("platform.{name}"), "connections", connections);
            let (owner, inputs) = (Owner::Platform(index), inputs.clone());
            let queue = Queue { messages: WRITES, bytes: usize::MAX };
            let (web, read) = (web.map(Endpoint::new).map(Arc::new), READ);
            ways.streams.push(Streams { owner, listener, acceptor, queue, places, strangers, read, web, inputs });
        }
        PlatformTransport::Posted(service) => {
            let Posted { posts, callee, profile, wsdl } = *service;
            if settings.exposed {
                log::notices::write(Some(&name), None, &Notice::Unprotected { address: None });
            }
            let connector = || ends.connector("platform", &name, "tls").ok_or("its TLS is not set up");
            let (mut queue, carrier) = post::posts(index, connector()?, &posts, inputs.clone());
            match &wsdl.source {
                WsdlSource::Service => {
                    let describer =
                        Describer::new(index, connector()?, &posts, &wsdl, vocabulary.clone(), inputs.clone());
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
            if let Some(callee) = callee {
                let callee = called(index, &name, callee, &vocabulary, &profile, ends, inputs).await?;
                called_at = Some(callee.address);
                ways.callees.push(callee);
            }
        }
    }
    ways.ways.push(way);
    let conversation = settings.conversation.make(PlatformStart {
        vocabulary,
        now: Time(0),
        seed: seed(),
        called_at,
        statistics,
        new_path: Box::new(|| uuid::Uuid::new_v4().simple().to_string()),
    });
    let model = Model::new(model);
    let service_groups = settings.service_groups.into_iter().collect();
    Ok(PlatformParts { name, conversation, model, incoming, outgoing, knobs, service_groups })
}

/// The listener that a platform calls back.
async fn called(
    index: usize,
    name: &str,
    callee: settings::Callee,
    vocabulary: &Arc<Vocabulary>,
    profile: &Profile,
    ends: &Ends,
    inputs: &mpsc::Sender<Input>,
) -> Result<Callee, String> {
    let listener = listen(callee.listen, name).await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let acceptor = ends.acceptor("platform", name, "callback_tls");
    let service = CallbackService {
        to: ToBridge { owner: Owner::Platform(index), inputs: inputs.clone() },
        path: callee.path,
        vocabulary: vocabulary.clone(),
        profile: profile.clone(),
        secure: acceptor.is_some(),
        reads: Reads { limits: callee.limits, headers: &[] },
    };
    let (name, strangers) = (name.to_owned(), callee.strangers);
    Ok(Callee { name, platform: index, listener, address, acceptor, strangers, service })
}

async fn door(
    index: usize,
    mut application: Application,
    answers: &[Option<Duration>],
    mappings: &Mappings,
    ends: &Ends,
    inputs: &mpsc::Sender<Input>,
    bridge: &mut Bridge,
) -> Result<Door, String> {
    let name = application.name;
    let Listen { address, exposed, strangers, .. } = application.listen;
    if exposed {
        let address = Some(address.to_string());
        log::notices::write(None, Some(&name), &Notice::Unprotected { address });
    }
    let (from, to) = rules(mappings, &application.dialect, &application.site)?;
    let vocabulary = to.vocabulary.clone();
    let acceptor = ends.acceptor("application", &name, "tls");
    let settings = application.settings;
    let new_id = Box::new(|| uuid::Uuid::new_v4().to_string());
    let server = settings.conversation.make(ApplicationStart { vocabulary: vocabulary.clone(), new_id });
    let serving = match settings.transport {
        ApplicationTransport::Served(served) => {
            let Served { path, profile, limits, callback } = *served;
            let asked = ToBridge { owner: Owner::Application(index), inputs: inputs.clone() };
            let secure = acceptor.is_some();
            let service = Service {
                path,
                asked,
                vocabulary,
                profile,
                secure,
                reads: Reads { limits: limits.clone(), headers: &[] },
            };
            let connector = ends.connector("application", &name, "callback_tls");
            let callbacks = callback.zip(connector).map(|(callback, connector)| Callbacks::new(callback, connector));
            let callbacks = callbacks.map(Arc::new);
            Serving::Http { service: Box::new(service), limits, callbacks }
        }
        ApplicationTransport::Accepted { queue, connections, web } => {
            let web = web.map(Endpoint::new).map(Arc::new);
            Serving::Streams { queue, connections: connections + REFUSALS, web }
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
        read_only: settings.read_only.into_iter().collect(),
        labels: settings.labels,
    });
    let listener = listen(address, &name).await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    Ok(Door { name, listener, address, acceptor, strangers, serving })
}

pub async fn listen(address: SocketAddr, name: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| format!("{name}: cannot listen on {address}: {error}"))
}

/// Something that differs from process to process, for the jitter of waits.
fn seed() -> u64 {
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    high ^ low
}
